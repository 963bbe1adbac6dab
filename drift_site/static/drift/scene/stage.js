// The 3D scene: a race at a moment, out of any store of frames. Live, replay and analysis draw with it.

import { DirectionalLight, HemisphereLight, Scene, WebGLRenderer } from "three";

import { Shown } from "../map/shown.js";
import { Awake } from "./awake.js";
import { Cameras } from "./cameras.js";
import { Drones3D } from "./drones3d.js";
import { Bounds } from "./framing.js";
import { Gates3D } from "./gates3d.js";
import { Ground } from "./ground.js";
import { LegendView } from "./legend.js";
import { paletteOf, watchPalette } from "./palette.js";
import { Quality } from "./quality.js";
import { Trails3D } from "./trails3d.js";

/** @typedef {import("../data/series.js").Store} Store */
/** @typedef {import("../wire/protocol.js").Track} Track */
/** @typedef {import("./drones3d.js").DroneInfo} DroneInfo */

const MOST_PIXEL_RATIO = 2;
const CLICK_PX = 6;
const LEGEND_EVERY_MS = 250;

/** This browser, or its machine, draws nothing in 3D. */
export class NoWebGL extends Error {}

/** @param {HTMLCanvasElement} canvas @param {boolean} overlay @throws {NoWebGL} */
function rendererFor(canvas, overlay) {
  const context = canvas.getContext("webgl2", { alpha: overlay, antialias: true, powerPreference: "high-performance" });
  if (!context || context.isContextLost()) {
    throw new NoWebGL("This browser gives no WebGL 2.");
  }
  const renderer = new WebGLRenderer({ canvas, context, alpha: overlay, antialias: true });
  renderer.setClearAlpha(overlay ? 0 : 1);
  return renderer;
}

export class Stage {
  /** Which drone a click means. @type {(drone: number) => void} */
  onpick = () => {};
  /** The graphics card has taken the picture away, or given it back. @type {(lost: boolean) => void} */
  onlost = () => {};
  /** The drone that cameras follow. @type {number | null} */
  follow = null;
  /** The order of the gate that the followed drone flies to. @type {number | null} */
  nextGate = null;
  /** Pictures drawn so far. */
  drawn = 0;
  isLost = false;
  #shown = new Shown();
  #awake;
  #asked = { follow: /** @type {number | null} */ (null), nextGate: /** @type {number | null} */ (null) };
  #canvas = document.createElement("canvas");
  #renderer;
  #scene = new Scene();
  #palette;
  #ground;
  #gates;
  #drones;
  #trails;
  #cameras;
  #legend;
  #bounds = new Bounds();
  #quality = new Quality();
  /** @type {Track | null} */
  #track = null;
  /** @type {DroneInfo[]} */
  #infos = [];
  #view = { width: 0, height: 0 };
  /** Whether the canvas has not the view's size yet. It gets it when it is drawn, since it is empty then. */
  #unsized = true;
  #look = { followed: /** @type {number | null} */ (null), inside: false, close: false };
  #drawnAt = NaN;
  #legendAt = -Infinity;
  #pressed = { x: NaN, y: NaN };
  #observer;
  #unwatch;
  #ends = new AbortController();

  /**
   * @param {HTMLElement} container gets the canvas and fills with it
   * @param {{overlay?: boolean}} [options] overlay: transparent, and nobody's hands on it
   * @throws {NoWebGL}
   */
  constructor(container, { overlay = false } = {}) {
    this.#canvas.className = "stage-canvas";
    this.#renderer = rendererFor(this.#canvas, overlay);
    this.#canvas.tabIndex = overlay ? -1 : 0;
    this.#canvas.setAttribute("role", overlay ? "img" : "application");
    this.#canvas.setAttribute("aria-label", "The race in 3D");
    container.append(this.#canvas);
    this.#palette = paletteOf(container);
    this.#ground = new Ground(this.#scene, overlay);
    this.#gates = new Gates3D(this.#scene);
    this.#drones = new Drones3D(this.#scene);
    this.#trails = new Trails3D(this.#scene);
    this.#cameras = new Cameras(this.#canvas);
    this.#legend = overlay ? null : new LegendView(container);
    const sun = new DirectionalLight(0xffffff, 2.2);
    sun.position.set(0.5, 1, 0.35);
    this.#scene.add(sun, new HemisphereLight(0xffffff, 0x667788, 1.5));
    this.#ground.paint(this.#palette);
    this.#awake = new Awake(container);
    this.#unwatch = watchPalette(() => this.#repaint(container));
    this.#observer = new ResizeObserver(() => this.#resize(container));
    this.#observer.observe(container);
    this.#resize(container);
    this.#listen();
  }

  get camera() {
    return this.#cameras.mode;
  }

  set camera(mode) {
    this.#cameras.mode = mode;
    this.#awake.wake();
  }

  get trailSeconds() {
    return this.#trails.seconds;
  }

  set trailSeconds(seconds) {
    if (seconds !== this.#trails.seconds) {
      this.#trails.seconds = seconds;
      this.#awake.wake();
    }
  }

  get trailColour() {
    return this.#trails.colour;
  }

  set trailColour(colour) {
    if (colour !== this.#trails.colour) {
      this.#trails.colour = colour;
      this.#awake.wake();
    }
  }

  /** What the trails' colours mean. */
  get legend() {
    return this.#trails.legend(this.#palette);
  }

  /** What the graphics card holds and drew last, for the page's counters. */
  get load() {
    const { memory, render } = this.#renderer.info;
    const { geometries, textures } = memory;
    return { geometries, textures, calls: render.calls, triangles: render.triangles, share: this.#quality.share };
  }

  /** @param {Track | null} track */
  setTrack(track) {
    this.#track = track;
    const gates = track?.gates ?? [];
    this.#gates.set(gates, this.#palette);
    for (const { x, y, z, width, height } of gates) {
      this.#bounds.include(x - width / 2, y - height / 2, z - width / 2);
      this.#bounds.include(x + width / 2, y + height / 2, z + width / 2);
    }
    this.#awake.wake();
  }

  /** @param {DroneInfo[]} infos ghost: half transparent */
  setDrones(infos) {
    this.#infos = infos;
    this.#drones.set(infos, this.#palette);
    this.#trails.keep((drone) => this.#drones.get(drone) !== undefined);
    this.#awake.wake();
  }

  /**
   * Draw the race as it was at a moment; once a picture of the screen. Where nothing changes any more, nothing is drawn.
   * @param {number} time race seconds @param {Store} store @param {ReadonlySet<number>} stale drones shown grey
   */
  draw(time, store, stale) {
    const now = performance.now();
    const passed = (now - this.#drawnAt) / 1000;
    const elapsed = Math.min(0.25, passed) || 0;
    this.#drawnAt = now;
    if (this.#isOther(time, store, stale)) {
      this.#awake.wake();
    }
    const { width, height } = this.#view;
    if (this.isLost || width === 0 || height === 0 || !this.#awake.isAwake(now)) {
      return;
    }
    if (this.#quality.note(passed) || this.#unsized) {
      this.#size();
    }
    this.#drones.place(time, store, stale, this.#palette);
    this.#measure();
    const followed = this.follow === null ? undefined : this.#drones.get(this.follow);
    this.#cameras.move(elapsed, followed, this.#bounds, width / height);
    const { camera } = this.#cameras;
    const pixelsAtOneMetre = height / (2 * Math.tan((camera.fov * Math.PI) / 360));
    this.#ground.place(this.#bounds, camera.position);
    camera.far = this.#ground.reach * 3;
    camera.updateProjectionMatrix();
    this.#look.followed = this.follow;
    this.#look.inside = this.#cameras.isInside;
    this.#look.close = this.#cameras.isClose;
    this.#drones.look(camera, this.#view, pixelsAtOneMetre, this.#ground.height, this.#look);
    this.#gates.highlight(this.nextGate ?? NaN, this.#palette);
    this.#gates.draw(pixelsAtOneMetre);
    this.#trails.draw(time, store, this.#drones.models, this.#view, this.#palette);
    this.#renderer.render(this.#scene, camera);
    this.drawn += 1;
    if (this.#legend && now - this.#legendAt > LEGEND_EVERY_MS) {
      this.#legendAt = now;
      this.#legend.write(this.legend, this.trailSeconds > 0, this.#ground.square);
    }
  }

  /** Where a drone was drawn last, px from the left and top of the picture; null out of sight. @param {number} drone */
  whereIs(drone) {
    const screen = this.#drones.get(drone)?.screen;
    return screen && !Number.isNaN(screen.x) ? { x: screen.x, y: screen.y } : null;
  }

  /**
   * Whether what is to be drawn is other than at the last call.
   * @param {number} time @param {Store} store @param {ReadonlySet<number>} stale
   */
  #isOther(time, store, stale) {
    const asked = this.#asked;
    const another = this.follow !== asked.follow || this.nextGate !== asked.nextGate;
    asked.follow = this.follow;
    asked.nextGate = this.nextGate;
    return this.#shown.differs(time, store, this.#drones.models, this.trailSeconds, stale) || another || this.#cameras.isFlying;
  }

  #measure() {
    const { models } = this.#drones;
    for (let index = 0; index < models.length; index += 1) {
      if (models[index].visible) {
        const { values } = models[index].sample;
        this.#bounds.include(values[0], values[1], values[2]);
      }
    }
  }

  /** @param {HTMLElement} container */
  #resize(container) {
    this.#view.width = container.clientWidth;
    this.#view.height = container.clientHeight;
    this.#unsized = true;
    this.#awake.wake();
  }

  #size() {
    this.#unsized = false;
    this.#renderer.setPixelRatio(Math.min(MOST_PIXEL_RATIO, window.devicePixelRatio || 1) * this.#quality.share);
    this.#renderer.setSize(this.#view.width, this.#view.height, false);
  }

  /** @param {HTMLElement} container */
  #repaint(container) {
    this.#palette = paletteOf(container);
    this.#ground.paint(this.#palette);
    this.#gates.set(this.#track?.gates ?? [], this.#palette);
    this.#drones.set(this.#infos, this.#palette, true);
    this.#awake.wake();
  }

  #listen() {
    const { signal } = this.#ends;
    const canvas = this.#canvas;
    canvas.addEventListener("webglcontextlost", (event) => {
      // Without this the browser never gives it back.
      event.preventDefault();
      this.isLost = true;
      this.onlost(true);
    }, { signal });
    canvas.addEventListener("webglcontextrestored", () => {
      this.isLost = false;
      this.#awake.wake();
      this.onlost(false);
    }, { signal });
    canvas.addEventListener("pointerdown", ({ offsetX, offsetY }) => {
      this.#pressed.x = offsetX;
      this.#pressed.y = offsetY;
    }, { signal });
    canvas.addEventListener("pointerup", (event) => this.#release(event), { signal });
  }

  /** A press that went nowhere is a click; one that moved turned the camera. @param {PointerEvent} event */
  #release({ offsetX, offsetY }) {
    if (Math.hypot(offsetX - this.#pressed.x, offsetY - this.#pressed.y) <= CLICK_PX) {
      const drone = this.#drones.at(offsetX, offsetY);
      if (drone !== null) {
        this.onpick(drone);
      }
    }
  }

  dispose() {
    this.#ends.abort();
    this.#observer.disconnect();
    this.#unwatch();
    this.#awake.dispose();
    this.#cameras.dispose();
    this.#trails.dispose();
    this.#drones.dispose();
    this.#gates.dispose();
    this.#ground.dispose();
    this.#legend?.dispose();
    this.#renderer.dispose();
    this.#canvas.remove();
  }
}
