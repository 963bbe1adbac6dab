// Trails as ribbons of even width on the screen, coloured by pilot, speed or throttle, fading with age.

import {
  BufferAttribute, Color, DynamicDrawUsage, InstancedBufferGeometry, InstancedInterleavedBuffer, InterleavedBufferAttribute, Mesh, ShaderMaterial, Vector2,
} from "three";

import { roundAbove } from "./framing.js";
import { POINT, TrailPoints } from "./trailpoints.js";

/** @typedef {import("../data/series.js").Store} Store */
/** @typedef {import("./dronemodel.js").DroneModel} DroneModel */
/** @typedef {import("./palette.js").Palette} Palette */
/** @typedef {"pilot" | "speed" | "throttle"} TrailColour */

/**
 * What the colours mean; for pilots, the drones' marks say it.
 * @typedef {object} Legend
 * @property {TrailColour} kind
 * @property {number} min
 * @property {number} max
 * @property {string} unit
 * @property {string[]} stops CSS colours from min to max
 */

const WIDTH_PX = 3;
const KINDS = Object.freeze({ pilot: 0, speed: 1, throttle: 2 });

const VERTEX = /* glsl */ `
  attribute vec3 from;
  attribute vec4 fromMore; // time, speed, throttle, cut
  attribute vec3 to;
  attribute vec4 toMore;
  uniform vec2 halfView;
  uniform float width;
  uniform float now;
  uniform float seconds;
  uniform float kind;
  uniform vec2 range;
  varying float vAge;
  varying float vValue;
  const float NEAR = -0.05;
  void main() {
    vAge = vValue = 0.0;
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0); // outside: nothing is drawn
    bool joined = toMore.x > fromMore.x && toMore.x > now - seconds && fromMore.x < now + 0.001 && toMore.w < 0.5;
    vec4 a = viewMatrix * vec4(from, 1.0);
    vec4 b = viewMatrix * vec4(to, 1.0);
    if (!joined || (a.z > NEAR && b.z > NEAR)) return;
    if (a.z > NEAR) a = mix(a, b, (NEAR - a.z) / (b.z - a.z));
    else if (b.z > NEAR) b = mix(b, a, (NEAR - b.z) / (a.z - b.z));
    vec4 start = projectionMatrix * a;
    vec4 end = projectionMatrix * b;
    vec2 way = (end.xy / end.w - start.xy / start.w) * halfView;
    float size = length(way);
    vec2 across = size > 1e-4 ? vec2(-way.y, way.x) / size : vec2(0.0, 1.0);
    vec4 clip = mix(start, end, position.x);
    clip.xy += across * position.y * width / halfView * clip.w;
    gl_Position = clip;
    vec4 more = mix(fromMore, toMore, position.x);
    vAge = (now - more.x) / seconds;
    vValue = ((kind < 1.5 ? more.y : more.z) - range.x) / (range.y - range.x);
  }`;

const FRAGMENT = /* glsl */ `
  uniform vec3 colour;
  uniform vec3 ramp[5];
  uniform float kind;
  uniform float opacity;
  varying float vAge;
  varying float vValue;
  void main() {
    vec3 shown = colour;
    if (kind > 0.5) {
      float at = clamp(vValue, 0.0, 1.0) * 4.0;
      shown = mix(ramp[0], ramp[1], clamp(at, 0.0, 1.0));
      shown = mix(shown, ramp[2], clamp(at - 1.0, 0.0, 1.0));
      shown = mix(shown, ramp[3], clamp(at - 2.0, 0.0, 1.0));
      shown = mix(shown, ramp[4], clamp(at - 3.0, 0.0, 1.0));
    }
    gl_FragColor = vec4(shown, opacity * pow(1.0 - clamp(vAge, 0.0, 1.0), 0.7));
    #include <colorspace_fragment>
  }`;

/** One drone's ribbon. */
class Ribbon {
  points = new TrailPoints();
  #buffer = new InstancedInterleavedBuffer(this.points.data, POINT, 1);
  #range = { start: 0, count: 0 };

  /** @param {import("three").Scene} scene @param {Record<string, {value: any}>} shared uniforms of all ribbons */
  constructor(scene, shared) {
    this.#buffer.setUsage(DynamicDrawUsage);
    const geometry = new InstancedBufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array([0, -1, 0, 0, 1, 0, 1, -1, 0, 1, 1, 0]), 3));
    geometry.setIndex([0, 2, 1, 1, 2, 3]);
    geometry.setAttribute("from", new InterleavedBufferAttribute(this.#buffer, 3, 0));
    geometry.setAttribute("fromMore", new InterleavedBufferAttribute(this.#buffer, 4, 3));
    // The next point's values are this one's, a point further on.
    geometry.setAttribute("to", new InterleavedBufferAttribute(this.#buffer, 3, POINT));
    geometry.setAttribute("toMore", new InterleavedBufferAttribute(this.#buffer, 4, POINT + 3));
    const own = { colour: { value: new Color() }, now: { value: 0 }, opacity: { value: 1 } };
    const material = new ShaderMaterial({
      uniforms: { ...shared, ...own },
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      transparent: true,
      depthWrite: false,
    });
    this.mesh = new Mesh(geometry, material);
    this.mesh.frustumCulled = false;
    scene.add(this.mesh);
  }

  /** Send what has changed. */
  upload() {
    const { points } = this;
    this.mesh.geometry.instanceCount = points.segments;
    if (points.dirtyTo > points.dirtyFrom) {
      this.#range.start = points.dirtyFrom * POINT;
      this.#range.count = (points.dirtyTo - points.dirtyFrom) * POINT;
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
  #fastest = 0;
  #shared = {
    halfView: { value: new Vector2(1, 1) }, width: { value: WIDTH_PX / 2 }, seconds: { value: 15 }, kind: { value: 0 },
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
   * @param {number} time race seconds @param {Store} store @param {DroneModel[]} models @param {{width: number, height: number}} view px
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
      ribbon = new Ribbon(this.#scene, this.#shared);
      this.#ribbons.set(drone, ribbon);
    }
    return ribbon;
  }

  dispose() {
    this.keep(() => false);
  }
}
