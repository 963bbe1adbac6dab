// Ground and sky: a grid whose squares are a known number of metres, fading towards a horizon.

import { BackSide, Mesh, PlaneGeometry, ShaderMaterial, SphereGeometry, Vector3 } from "three";

import { squareFor } from "./framing.js";

/** @typedef {import("./framing.js").Bounds} Bounds */
/** @typedef {import("./palette.js").Palette} Palette */

const LEAST_REACH_M = 400;

const GROUND_VERTEX = /* glsl */ `
  varying vec3 vWorld;
  void main() {
    vec4 world = modelMatrix * vec4(position, 1.0);
    vWorld = world.xyz;
    gl_Position = projectionMatrix * viewMatrix * world;
  }`;

const GROUND_FRAGMENT = /* glsl */ `
  uniform vec3 ground;
  uniform vec3 line;
  uniform vec3 horizon;
  uniform float square;
  uniform float reach;
  uniform float alpha;
  varying vec3 vWorld;
  float lines(float side, float width) {
    vec2 at = vWorld.xz / side;
    vec2 pixel = fwidth(at);
    vec2 away = abs(fract(at - 0.5) - 0.5) / max(pixel, 1e-6);
    float ink = 1.0 - min(min(away.x, away.y) / width, 1.0);
    return ink * (1.0 - smoothstep(0.25, 0.8, max(pixel.x, pixel.y)));
  }
  void main() {
    float ink = max(0.55 * lines(square, 1.1), lines(square * 5.0, 1.6));
    float far = smoothstep(0.06 * reach, 0.7 * reach, distance(vWorld, cameraPosition));
    vec3 colour = mix(mix(ground, line, ink), horizon, far);
    gl_FragColor = vec4(colour, mix(1.0, ink * (1.0 - far), alpha));
    #include <colorspace_fragment>
  }`;

const SKY_VERTEX = /* glsl */ `
  varying vec3 vDirection;
  void main() {
    vDirection = position;
    vec4 clip = projectionMatrix * mat4(mat3(viewMatrix)) * vec4(position, 1.0);
    gl_Position = clip.xyww;
  }`;

const SKY_FRAGMENT = /* glsl */ `
  uniform vec3 zenith;
  uniform vec3 horizon;
  varying vec3 vDirection;
  void main() {
    float height = max(normalize(vDirection).y, 0.0);
    gl_FragColor = vec4(mix(horizon, zenith, pow(height, 0.6)), 1.0);
    #include <colorspace_fragment>
  }`;

export class Ground {
  /** Metres a side of a square. */
  square = 10;
  #plane;
  #sky;

  /** @param {import("three").Scene} scene @param {boolean} overlay shows lines only, over whatever lies behind */
  constructor(scene, overlay) {
    const colours = () => ({ value: new Vector3() });
    this.#plane = new Mesh(
      new PlaneGeometry(2, 2).rotateX(-Math.PI / 2),
      new ShaderMaterial({
        uniforms: {
          ground: colours(), line: colours(), horizon: colours(),
          square: { value: this.square }, reach: { value: LEAST_REACH_M }, alpha: { value: overlay ? 1 : 0 },
        },
        vertexShader: GROUND_VERTEX,
        fragmentShader: GROUND_FRAGMENT,
        transparent: overlay,
        // What lies under the ground's height stays in sight, and nothing flickers that lies on it.
        depthWrite: false,
      }),
    );
    this.#plane.renderOrder = -1;
    this.#plane.frustumCulled = false;
    this.#sky = new Mesh(
      new SphereGeometry(1, 24, 12),
      new ShaderMaterial({
        uniforms: { zenith: colours(), horizon: colours() },
        vertexShader: SKY_VERTEX,
        fragmentShader: SKY_FRAGMENT,
        side: BackSide,
        depthWrite: false,
        depthTest: false,
      }),
    );
    this.#sky.renderOrder = -2;
    this.#sky.frustumCulled = false;
    this.#sky.visible = !overlay;
    scene.add(this.#sky, this.#plane);
  }

  /** How far it reaches, m. */
  get reach() {
    return this.#plane.scale.x;
  }

  /** The height it lies at, m. */
  get height() {
    return this.#plane.position.y;
  }

  /** @param {Palette} palette */
  paint(palette) {
    const ground = this.#plane.material.uniforms;
    const sky = this.#sky.material.uniforms;
    ground.ground.value = palette.ground;
    ground.line.value = palette.line;
    ground.horizon.value = sky.horizon.value = palette.horizon;
    sky.zenith.value = palette.zenith;
  }

  /** Lie under the camera, as large as what is flown needs. @param {Bounds} bounds @param {Vector3} eye */
  place(bounds, eye) {
    const half = Math.max(bounds.half(0), bounds.half(2));
    const reach = Math.max(LEAST_REACH_M, 8 * half, 6 * eye.y);
    const { square, reach: told } = this.#plane.material.uniforms;
    this.square = square.value = squareFor(half);
    told.value = reach;
    this.#plane.scale.set(reach, 1, reach);
    this.#plane.position.set(eye.x, bounds.floor, eye.z);
  }

  dispose() {
    for (const mesh of [this.#plane, this.#sky]) {
      mesh.removeFromParent();
      mesh.geometry.dispose();
      mesh.material.dispose();
    }
  }
}
