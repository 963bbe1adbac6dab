// Trails as ribbons of even width on the screen, coloured by pilot, speed or throttle, fading with age.

import {
  BufferAttribute, BufferGeometry, Color, DoubleSide, DynamicDrawUsage, InterleavedBuffer, InterleavedBufferAttribute, Mesh,
  ShaderMaterial, Vector2,
} from "three";

import { roundAbove } from "./framing.js";
import { CAPACITY, POINT, TrailPoints, VERTEX } from "./trailpoints.js";

/** @typedef {import("../data/series.js").Store} Store */
/** @typedef {import("./dronemodel.js").DroneModel} DroneModel */
/** @typedef {import("./palette.js").Palette} Palette */
/** @typedef {import("./choices.js").TrailColour} TrailColour */

/**
 * What the colours mean; for pilots, the drones' marks say it.
 * @typedef {object} Legend
 * @property {TrailColour} kind
 * @property {number} min
 * @property {number} max
 * @property {string} unit
 * @property {string[]} stops CSS colours from min to max
 */

const HALF_WIDTH_PX = 1.5;
// Beyond its width a ribbon fades to nothing, which is smoother than the card's own edges.
const EDGE_PX = 0.9;
const KINDS = Object.freeze({ pilot: 0, speed: 1, throttle: 2 });

const VERTEX_SHADER = /* glsl */ `
  attribute vec3 before;
  attribute vec4 beforeMore; // time, speed, throttle, cut
  attribute vec3 here;
  attribute vec4 hereMore;
  attribute vec3 next;
  attribute vec4 nextMore;
  uniform vec2 halfView;
  uniform float width;
  uniform float edge;
  uniform float now;
  uniform float seconds;
  uniform float kind;
  uniform vec2 range;
  varying float vAge;
  varying float vValue;
  varying float vSide;
  // Of the two points of a segment, the later one speaks: its vertex is each triangle's last.
  flat varying float vHidden;
  vec4 project(vec3 at) { return projectionMatrix * viewMatrix * vec4(at, 1.0); }
  void main() {
    bool joined = hereMore.x > beforeMore.x && hereMore.w < 0.5;
    bool goesOn = nextMore.x > hereMore.x && nextMore.w < 0.5;
    vSide = 0.0;
    vHidden = joined && hereMore.x > now - seconds && beforeMore.x < now + 0.001 ? 0.0 : 1.0;
    vAge = clamp((now - hereMore.x) / seconds, 0.0, 1.0);
    vValue = clamp(((kind < 1.5 ? hereMore.y : hereMore.z) - range.x) / (range.y - range.x), 0.0, 1.0);
    if (!(hereMore.x > now - seconds * 1.2) || !(joined || goesOn)) {
      gl_Position = vec4(2.0, 2.0, 2.0, 1.0); // outside: nothing is drawn
      return;
    }
    vec4 clip = project(here);
    vec4 way = (goesOn ? project(next) : clip) - (joined ? project(before) : clip);
    // The way on the screen, times w², so that it holds behind the eye too.
    vec2 seen = (way.xy * clip.w - clip.xy * way.w) * halfView;
    float size = length(seen);
    vec2 across = size > 1e-6 ? vec2(-seen.y, seen.x) / size : vec2(0.0, 1.0);
    vSide = (float(gl_VertexID & 1) * 2.0 - 1.0) * (width + edge);
    clip.xy += across * vSide / halfView * clip.w;
    gl_Position = clip;
  }`;

const FRAGMENT_SHADER = /* glsl */ `
  uniform vec3 colour;
  uniform vec3 ramp[5];
  uniform float kind;
  uniform float opacity;
  uniform float width;
  uniform float edge;
  varying float vAge;
  varying float vValue;
  varying float vSide;
  flat varying float vHidden;
  void main() {
    if (vHidden > 0.5) discard;
    vec3 shown = colour;
    if (kind > 0.5) {
      float at = clamp(vValue, 0.0, 1.0) * 4.0;
      shown = mix(ramp[0], ramp[1], clamp(at, 0.0, 1.0));
      shown = mix(shown, ramp[2], clamp(at - 1.0, 0.0, 1.0));
      shown = mix(shown, ramp[3], clamp(at - 2.0, 0.0, 1.0));
      shown = mix(shown, ramp[4], clamp(at - 3.0, 0.0, 1.0));
    }
    float solid = 1.0 - smoothstep(width - edge, width + edge, abs(vSide));
    gl_FragColor = vec4(shown, solid * opacity * pow(1.0 - clamp(vAge, 0.0, 1.0), 0.7));
    #include <colorspace_fragment>
  }`;

/** Two triangles for each segment, each ending at the later point; the same for all ribbons. */
function trianglesOf() {
  const indices = new Uint16Array(CAPACITY * 6);
  for (let segment = 0; segment < CAPACITY; segment += 1) {
    const vertex = 2 * segment;
    indices.set([vertex, vertex + 1, vertex + 2, vertex + 1, vertex + 3, vertex + 2], 6 * segment);
  }
  return new BufferAttribute(indices, 1);
}

/** One drone's ribbon. */
class Ribbon {
  points = new TrailPoints();
  #buffer = new InterleavedBuffer(this.points.data, VERTEX);
  #range = { start: 0, count: 0 };

  /**
   * @param {import("three").Scene} scene @param {BufferAttribute} triangles
   * @param {Record<string, {value: any}>} shared uniforms of all ribbons
   */
  constructor(scene, triangles, shared) {
    this.#buffer.setUsage(DynamicDrawUsage);
    const geometry = new BufferGeometry();
    geometry.setIndex(triangles);
    // One and the same values, looked at from one point before and one point behind.
    ["before", "here", "next"].forEach((name, point) => {
      geometry.setAttribute(name, new InterleavedBufferAttribute(this.#buffer, 3, POINT * point));
      geometry.setAttribute(`${name}More`, new InterleavedBufferAttribute(this.#buffer, 4, POINT * point + 3));
    });
    geometry.setDrawRange(0, 0);
    const own = { colour: { value: new Color() }, now: { value: 0 }, opacity: { value: 1 } };
    const material = new ShaderMaterial({
      uniforms: { ...shared, ...own },
      vertexShader: VERTEX_SHADER,
      fragmentShader: FRAGMENT_SHADER,
      transparent: true,
      depthWrite: false,
      side: DoubleSide,
    });
    this.mesh = new Mesh(geometry, material);
    this.mesh.frustumCulled = false;
    scene.add(this.mesh);
  }

  /** Send what has changed. */
  upload() {
    const { points } = this;
    this.mesh.geometry.setDrawRange(0, points.segments * 6);
    if (points.dirtyTo > points.dirtyFrom) {
      this.#range.start = points.dirtyFrom;
      this.#range.count = points.dirtyTo - points.dirtyFrom;
      this.#buffer.updateRanges.length = 0;
      this.#buffer.updateRanges.push(this.#range);
      this.#buffer.needsUpdate = true;
      points.clean();
    }
  }

  dispose() {
    this.mesh.removeFromParent();
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }
}

export class Trails3D {
  /** s; 0 is off. */
  seconds = 15;
  /** @type {TrailColour} */
  colour = "pilot";
  #scene;
  /** @type {Map<number, Ribbon>} */
  #ribbons = new Map();
  #triangles = trianglesOf();
  #fastest = 0;
  #shared = {
    halfView: { value: new Vector2(1, 1) }, width: { value: HALF_WIDTH_PX }, edge: { value: EDGE_PX },
    seconds: { value: 15 }, kind: { value: 0 },
    range: { value: new Vector2(0, 1) }, ramp: { value: Array.from({ length: 5 }, () => new Color()) },
  };

  /** @param {import("three").Scene} scene */
  constructor(scene) {
    this.#scene = scene;
  }

  /** @param {Palette} palette @returns {Legend} */
  legend(palette) {
    const { kind, min, max, unit } = {
      pilot: { kind: this.colour, min: NaN, max: NaN, unit: "" },
      speed: { kind: this.colour, min: 0, max: roundAbove(this.#fastest), unit: "m/s" },
      throttle: { kind: this.colour, min: 0, max: 100, unit: "%" },
    }[this.colour];
    return { kind, min, max, unit, stops: this.colour === "pilot" ? [] : palette.stops };
  }

  /**
   * @param {number} time race seconds @param {Store} store @param {DroneModel[]} models
   * @param {{width: number, height: number}} view px
   * @param {Palette} palette
   */
  draw(time, store, models, view, palette) {
    const { halfView, seconds, kind, range, ramp } = this.#shared;
    halfView.value.set(view.width / 2, view.height / 2);
    seconds.value = this.seconds || 1;
    kind.value = KINDS[this.colour];
    ramp.value = palette.ramp;
    let fastest = 0;
    for (let index = 0; index < models.length; index += 1) {
      const model = models[index];
      const ribbon = this.#ribbonOf(model.number);
      const series = store.get(model.number);
      ribbon.mesh.visible = this.seconds > 0 && model.visible && series !== undefined;
      if (ribbon.mesh.visible && series) {
        ribbon.points.follow(series, time, this.seconds, model.sample);
        ribbon.upload();
        const { uniforms } = ribbon.mesh.material;
        uniforms.now.value = time - ribbon.points.base;
        uniforms.colour.value = model.stale ? palette.grey : model.colour;
        uniforms.opacity.value = model.ghost ? 0.45 : 0.9;
        fastest = Math.max(fastest, ribbon.points.fastest);
      }
    }
    this.#fastest = fastest;
    range.value.set(this.colour === "speed" ? 0 : -1, this.colour === "speed" ? roundAbove(fastest) : 1);
  }

  /** Forget the ribbons of drones that are gone. @param {(drone: number) => boolean} isThere */
  keep(isThere) {
    for (const [drone, ribbon] of this.#ribbons) {
      if (!isThere(drone)) {
        ribbon.dispose();
        this.#ribbons.delete(drone);
      }
    }
  }

  /** @param {number} drone */
  #ribbonOf(drone) {
    let ribbon = this.#ribbons.get(drone);
    if (!ribbon) {
      ribbon = new Ribbon(this.#scene, this.#triangles, this.#shared);
      this.#ribbons.set(drone, ribbon);
    }
    return ribbon;
  }

  dispose() {
    this.keep(() => false);
  }
}
