// The race from above on a canvas: x to the right, z up the screen.

import { colourOf, COLOURS, outlineOf } from "./marks.js";
import { Extent, fit, roundStep, towards } from "./scale.js";
import { TRAIL_SECONDS } from "./trail.js";

/** @typedef {import("../wire/protocol.js").Gate} Gate */
/** @typedef {import("./scale.js").Fit} Fit */

/**
 * A drone as it is painted: drones.js's of the live stream, or one out of a store of frames.
 * @typedef {object} Drone
 * @property {number} number
 * @property {string} label
 * @property {number} x m; NaN when not known, as the following
 * @property {number} z
 * @property {{readonly x: number, readonly z: number}} nose where it points, of length 1
 * @property {number} speed m/s
 * @property {number} arrivedAt when it was last heard of, on the page's clock
 * @property {(now: number) => boolean} isStale
 * @property {{forEach: (newest: number, point: (age: number, x: number, z: number, cut: boolean) => void) => void}} trail
 */

/** @typedef {{readonly all: Drone[], readonly newest: number}} Drones */

const MARK_PX = 9;
// Where a name begins, from the middle of its mark: past the nose.
const BESIDE_PX = 20;
const GRID_PX = 90;
// A trail is drawn in this many strokes, fainter with age.
const FADES = 5;
const EASE_MS = 150;

const dark = matchMedia("(prefers-color-scheme: dark)");
const contrast = matchMedia("(prefers-contrast: more)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** @param {Element} element the canvas, whose style the colours come from */
function paletteOf(element) {
  const style = getComputedStyle(element);
  const value = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const numbers = Array.from({ length: COLOURS }, (_, index) => index);
  return {
    grid: value("--grid"),
    ink: value("--ink"),
    accent: value("--accent"),
    faint: value("--faint"),
    ground: value("--ground"),
    drones: numbers.map((index) => value(`--drone-${index}`)),
    digits: numbers.map((index) => value(`--digit-${index}`)),
    font: value("font-family"),
  };
}

export class TopView {
  #canvas;
  #context;
  #drones;
  #extent = new Extent();
  /** @type {Fit | null} */
  #fit = null;
  #width = 0;
  #height = 0;
  #palette;
  #changed = true;
  #drawnAt = 0;
  #trailSeconds = TRAIL_SECONDS;
  #nextGate = NaN;
  /** @type {Gate[]} */
  #gates = [];
  /** Written ten times a second, so that figures can be read. @type {WeakMap<Drone, {text: string, stale: boolean}>} */
  #labels = new WeakMap();
  /** @type {ResizeObserver} */
  #observer;
  #recolour = () => {
    this.#palette = paletteOf(this.#canvas);
    this.#changed = true;
  };

  /** @param {HTMLCanvasElement} canvas @param {Drones} drones */
  constructor(canvas, drones) {
    this.#canvas = canvas;
    this.#drones = drones;
    const context = canvas.getContext("2d");
    if (!context) {
      throw new Error("This browser gives no 2D canvas.");
    }
    this.#context = context;
    this.#palette = paletteOf(canvas);
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(canvas);
    dark.addEventListener("change", this.#recolour);
    contrast.addEventListener("change", this.#recolour);
    this.#resize();
  }

  dispose() {
    this.#observer.disconnect();
    dark.removeEventListener("change", this.#recolour);
    contrast.removeEventListener("change", this.#recolour);
  }

  /** How long the trails are, s; 0 for none. */
  get trailSeconds() {
    return this.#trailSeconds;
  }

  set trailSeconds(seconds) {
    this.#changed ||= seconds !== this.#trailSeconds;
    this.#trailSeconds = seconds;
  }

  /** The order of the gate that stands out; NaN for none. */
  get nextGate() {
    return this.#nextGate;
  }

  set nextGate(order) {
    this.#changed ||= !Object.is(order, this.#nextGate);
    this.#nextGate = order;
  }

  /** @param {Gate[]} gates */
  setGates(gates) {
    this.#gates = gates;
    gates.forEach(({ x, z }) => this.#extent.include(x, z));
    this.#changed = true;
  }

  /**
   * The drone that is painted nearest to a point within `reach`, else null.
   * @param {number} x px @param {number} y px @param {number} reach px
   */
  at(x, y, reach) {
    const view = this.#fit;
    if (!view) {
      return null;
    }
    const away = (/** @type {Drone} */ drone) => Math.hypot(this.#px(view, drone.x) - x, this.#py(view, drone.z) - y);
    const near = this.#drones.all.filter((drone) => away(drone) <= reach).sort((a, b) => away(a) - away(b));
    return near[0]?.number ?? null;
  }

  /** Where a drone is painted, px; null when it is not. @param {number} number */
  whereIs(number) {
    const drone = this.#drones.all.find((each) => each.number === number);
    if (!this.#fit || !drone || !Number.isFinite(drone.x)) {
      return null;
    }
    return { x: this.#px(this.#fit, drone.x), y: this.#py(this.#fit, drone.z) };
  }

  /** Take up new text beside the drones; called at most ten times a second. @param {number} now */
  write(now) {
    for (const drone of this.#drones.all) {
      const stale = drone.isStale(now);
      const text = drone.label + (Number.isNaN(drone.speed) || stale ? "" : ` ${drone.speed.toFixed(0)} m/s`);
      const before = this.#labels.get(drone);
      if (before?.text !== text || before.stale !== stale) {
        this.#labels.set(drone, { text, stale });
        this.#changed = true;
      }
    }
  }

  /**
   * Take up where the drones are. Nothing is drawn where nothing has changed.
   * @param {number} now
   * @returns {boolean} whether it was drawn
   */
  draw(now) {
    for (const drone of this.#drones.all) {
      if (Number.isFinite(drone.x) && Number.isFinite(drone.z)) {
        this.#extent.include(drone.x, drone.z);
      }
    }
    this.#changed ||= this.#drones.all.some((drone) => drone.arrivedAt >= this.#drawnAt);
    if (!this.#changed || this.#width === 0) {
      return false;
    }
    const goal = fit(this.#extent, this.#width, this.#height);
    const jump = this.#fit === null || still.matches;
    this.#fit = jump ? goal : towards(/** @type {Fit} */ (this.#fit), goal, Math.min(1, (now - this.#drawnAt) / EASE_MS));
    this.#changed = this.#fit !== goal;
    this.#drawnAt = now;
    this.#paint(this.#fit, now);
    return true;
  }

  #resize() {
    this.#width = this.#canvas.clientWidth;
    this.#height = this.#canvas.clientHeight;
    this.#fit = null;
    this.#changed = true;
  }

  /** Only before it is painted, since a canvas that gets another size is empty. */
  #size() {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(this.#width * ratio), Math.round(this.#height * ratio)];
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
  }

  /** @param {Fit} view @param {number} now */
  #paint(view, now) {
    this.#size();
    const context = this.#context;
    const ratio = this.#canvas.width / this.#width;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.#width, this.#height);
    this.#paintGrid(view);
    this.#gates.forEach((gate) => this.#paintGate(view, gate));
    const shown = this.#drones.all.filter((drone) => Number.isFinite(drone.x) && Number.isFinite(drone.z));
    shown.forEach((drone) => this.#paintTrail(view, drone, drone.isStale(now)));
    shown.forEach((drone) => this.#paintMark(view, drone, drone.isStale(now)));
    this.#paintLabels(view, shown);
  }

  /** @param {Fit} view @param {number} x */
  #px(view, x) {
    return this.#width / 2 + (x - view.x) * view.scale;
  }

  /** @param {Fit} view @param {number} z */
  #py(view, z) {
    return this.#height / 2 - (z - view.z) * view.scale;
  }

  /** @param {Fit} view */
  #paintGrid(view) {
    const context = this.#context;
    const step = roundStep(view.scale, GRID_PX);
    const halfX = this.#width / 2 / view.scale;
    const halfZ = this.#height / 2 / view.scale;
    context.beginPath();
    for (let x = Math.ceil((view.x - halfX) / step) * step; x <= view.x + halfX; x += step) {
      const px = Math.round(this.#px(view, x)) + 0.5;
      context.moveTo(px, 0);
      context.lineTo(px, this.#height);
    }
    for (let z = Math.ceil((view.z - halfZ) / step) * step; z <= view.z + halfZ; z += step) {
      const py = Math.round(this.#py(view, z)) + 0.5;
      context.moveTo(0, py);
      context.lineTo(this.#width, py);
    }
    context.strokeStyle = this.#palette.grid;
    context.lineWidth = 1;
    context.stroke();
    this.#paintScaleBar(step, step * view.scale);
  }

  /** @param {number} metres @param {number} px */
  #paintScaleBar(metres, px) {
    const context = this.#context;
    const [x, y] = [12.5, this.#height - 12.5];
    context.beginPath();
    context.moveTo(x, y - 5);
    context.lineTo(x, y);
    context.lineTo(x + px, y);
    context.lineTo(x + px, y - 5);
    context.strokeStyle = context.fillStyle = this.#palette.faint;
    context.lineWidth = 1;
    context.stroke();
    context.font = `12px ${this.#palette.font}`;
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.fillText(`${metres} m`, x + 6, y - 5);
  }

  /** A gate from above: its width, its number, and an arrow the way it is flown. @param {Fit} view @param {Gate} gate */
  #paintGate(view, { x, z, yaw, width, order }) {
    const context = this.#context;
    const [sine, cosine] = [Math.sin((yaw * Math.PI) / 180), Math.cos((yaw * Math.PI) / 180)];
    const half = Math.max(width / 2, 6 / view.scale);
    const at = (/** @type {number} */ right, /** @type {number} */ ahead) => /** @type {const} */ ([
      this.#px(view, x + cosine * right + sine * ahead), this.#py(view, z - sine * right + cosine * ahead),
    ]);
    context.beginPath();
    context.moveTo(...at(-half, 0));
    context.lineTo(...at(half, 0));
    const tip = 8 / view.scale;
    context.moveTo(...at(-tip / 2, tip / 2));
    context.lineTo(...at(0, tip));
    context.lineTo(...at(tip / 2, tip / 2));
    context.strokeStyle = context.fillStyle = order === this.nextGate ? this.#palette.accent : this.#palette.faint;
    context.lineWidth = order === this.nextGate ? 4 : 2.5;
    context.stroke();
    context.font = `bold 12px ${this.#palette.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(String(order), ...at(half + 10 / view.scale, 0));
  }

  /** @param {Fit} view @param {Drone} drone @param {boolean} stale */
  #paintTrail(view, drone, stale) {
    if (this.trailSeconds === 0) {
      return;
    }
    const context = this.#context;
    context.strokeStyle = stale ? this.#palette.faint : this.#palette.drones[colourOf(drone.number)];
    context.lineWidth = 2.5;
    context.lineJoin = context.lineCap = "round";
    let fade = -1;
    let [lastX, lastY] = [0, 0];
    drone.trail.forEach(this.#drones.newest, (age, x, z, cut) => {
      const [px, py] = [this.#px(view, x), this.#py(view, z)];
      const next = Math.min(FADES - 1, Math.floor((age / this.trailSeconds) * FADES));
      if (next !== fade) {
        if (fade >= 0) {
          context.lineTo(cut ? lastX : px, cut ? lastY : py);
          context.stroke();
        }
        fade = next;
        context.globalAlpha = 0.9 * (1 - fade / FADES);
        context.beginPath();
        context.moveTo(px, py);
      } else if (cut) {
        context.moveTo(px, py);
      } else {
        context.lineTo(px, py);
      }
      [lastX, lastY] = [px, py];
    });
    if (fade >= 0) {
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  /** @param {Fit} view @param {Drone} drone @param {boolean} stale */
  #paintMark(view, drone, stale) {
    const context = this.#context;
    const [px, py] = [this.#px(view, drone.x), this.#py(view, drone.z)];
    const index = colourOf(drone.number);
    context.lineWidth = 1.5;
    context.strokeStyle = this.#palette.ink;
    if (!stale && !Number.isNaN(drone.nose.x)) {
      context.beginPath();
      context.moveTo(px + drone.nose.x * MARK_PX, py - drone.nose.z * MARK_PX);
      context.lineTo(px + drone.nose.x * MARK_PX * 2, py - drone.nose.z * MARK_PX * 2);
      context.stroke();
    }
    context.beginPath();
    outlineOf(drone.number).forEach(([x, y]) => context.lineTo(px + x * MARK_PX, py + y * MARK_PX));
    context.closePath();
    context.fillStyle = stale ? this.#palette.grid : this.#palette.drones[index];
    context.fill();
    context.stroke();
    context.font = `bold 11px ${this.#palette.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = stale ? this.#palette.ink : this.#palette.digits[index];
    context.fillText(String(drone.number), px, py + 1);
  }

  /** Names beside the marks, left out where they would cover another one. @param {Fit} view @param {Drone[]} shown */
  #paintLabels(view, shown) {
    const context = this.#context;
    context.font = `13px ${this.#palette.font}`;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 4;
    context.strokeStyle = this.#palette.ground;
    context.fillStyle = this.#palette.ink;
    const taken = shown.map((drone) => box(this.#px(view, drone.x) - MARK_PX, this.#py(view, drone.z), 2 * MARK_PX));
    for (const drone of shown) {
      const text = this.#labels.get(drone)?.text ?? drone.label;
      const width = context.measureText(text).width;
      const [px, py] = [this.#px(view, drone.x), this.#py(view, drone.z)];
      const places = [px + BESIDE_PX, px - BESIDE_PX - width].map((x) => box(x, py, width));
      const free = places.find(
        (place) => place.left > 0 && place.right < this.#width && !taken.some((other) => overlap(place, other)),
      );
      if (free) {
        taken.push(free);
        context.strokeText(text, free.left, py);
        context.fillText(text, free.left, py);
      }
    }
  }
}

/** @param {number} left @param {number} y the middle @param {number} width */
function box(left, y, width) {
  return { left, right: left + width, y };
}

/** @param {ReturnType<typeof box>} a @param {ReturnType<typeof box>} b */
function overlap(a, b) {
  return a.left < b.right && b.left < a.right && Math.abs(a.y - b.y) < 16;
}
