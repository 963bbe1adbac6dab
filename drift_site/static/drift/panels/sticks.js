// Both sticks of the pilot's transmitter, in the mode in which the watcher reads them.

import { COLUMN } from "../data/ring.js";
import { PanelCanvas } from "./canvas.js";
import { axesOf, MODES, placesOf } from "./stickmap.js";

/** @typedef {import("../data/sample.js").Sample} Sample */
/** @typedef {import("./stickmap.js").Mode} Mode */
/** @typedef {import("./stickmap.js").Place} Place */

const KEPT = "drift.stick-mode";
const TEXT_PX = 11;

export class Sticks {
  #canvas;
  #select;
  /** @type {Mode} */
  #mode;
  #inputs = { throttle: NaN, yaw: NaN, pitch: NaN, roll: NaN };
  #drawn = { throttle: NaN, yaw: NaN, pitch: NaN, roll: NaN };
  #places = { left: { x: NaN, y: NaN }, right: { x: NaN, y: NaN } };

  /**
   * @param {HTMLElement} root gets a canvas and a choice of the mode, which this browser remembers
   * @param {{mode?: Mode}} [options] the mode where none is remembered
   */
  constructor(root, { mode = 2 } = {}) {
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "Sticks");
    this.#mode = keptMode() ?? mode;
    const holder = document.createElement("div");
    holder.className = "sticks-view";
    const label = document.createElement("label");
    label.className = "sticks-mode";
    this.#select = document.createElement("select");
    MODES.forEach((each) => this.#select.append(new Option(`Mode ${each}`, String(each))));
    this.#select.value = String(this.#mode);
    this.#select.setAttribute("aria-label", "Mode of the sticks");
    this.#select.addEventListener("change", () => this.#choose());
    label.append(this.#select);
    root.append(holder, label);
    this.#canvas = new PanelCanvas(holder, "Sticks: not known");
  }

  dispose() {
    this.#canvas.dispose();
  }

  get mode() {
    return this.#mode;
  }

  #choose() {
    this.#mode = MODES[this.#select.selectedIndex];
    this.#canvas.changed = true;
    keepMode(this.#mode);
  }

  /** @param {Sample} sample */
  draw({ values }) {
    const inputs = this.#inputs;
    inputs.throttle = values[COLUMN.throttle];
    inputs.yaw = values[COLUMN.yaw];
    inputs.pitch = values[COLUMN.pitch];
    inputs.roll = values[COLUMN.roll];
    const canvas = this.#canvas;
    canvas.say(performance.now(), () => inWords(inputs));
    const drawn = this.#drawn;
    const same = Object.is(drawn.throttle, inputs.throttle) && Object.is(drawn.yaw, inputs.yaw)
      && Object.is(drawn.pitch, inputs.pitch) && Object.is(drawn.roll, inputs.roll);
    if ((same && !canvas.changed) || canvas.width === 0) {
      return;
    }
    canvas.changed = false;
    Object.assign(drawn, inputs);
    this.#paint();
  }

  #paint() {
    const { context, width, height } = this.#canvas;
    const side = Math.min(width / 2 - 8, height - TEXT_PX - 6);
    const { left, right } = placesOf(this.#mode, this.#inputs, this.#places);
    const axes = axesOf(this.#mode);
    context.clearRect(0, 0, width, height);
    this.#paintStick(width / 4, side, left, axes.left);
    this.#paintStick((3 * width) / 4, side, right, axes.right);
  }

  /** @param {number} x the middle @param {number} side @param {Place} place @param {{x: string, y: string}} axes */
  #paintStick(x, side, place, axes) {
    const { context } = this.#canvas;
    const half = side / 2;
    const y = half + 1;
    context.strokeStyle = this.#canvas.colour("--line");
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(x - half, 1, side, side, 6);
    context.stroke();
    context.strokeStyle = this.#canvas.colour("--grid");
    context.beginPath();
    context.moveTo(x - half + 1, y);
    context.lineTo(x + half - 1, y);
    context.moveTo(x, 2);
    context.lineTo(x, side);
    context.stroke();
    context.fillStyle = this.#canvas.colour("--soft");
    context.font = this.#canvas.font(TEXT_PX);
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    context.fillText(`${axes.y} ↕ ${axes.x} ↔`, x, side + TEXT_PX + 3, side + 10);
    if (Number.isFinite(place.x) && Number.isFinite(place.y)) {
      this.#paintKnob(x, y, x + clamped(place.x) * (half - 7), y - clamped(place.y) * (half - 7));
    }
  }

  /** @param {number} x the middle @param {number} y @param {number} toX the knob @param {number} toY */
  #paintKnob(x, y, toX, toY) {
    const { context } = this.#canvas;
    context.strokeStyle = context.fillStyle = this.#canvas.colour("--accent");
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(toX, toY);
    context.stroke();
    context.beginPath();
    context.arc(toX, toY, 6, 0, 2 * Math.PI);
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = this.#canvas.colour("--ink");
    context.stroke();
  }
}

/** @param {number} value */
function clamped(value) {
  return Math.max(-1, Math.min(1, value));
}

/** @param {{throttle: number, yaw: number, pitch: number, roll: number}} inputs */
function inWords({ throttle, yaw, pitch, roll }) {
  if ([throttle, yaw, pitch, roll].every(Number.isNaN)) {
    return "Sticks: not known";
  }
  const part = (/** @type {number} */ value, /** @type {string} */ plus, /** @type {string} */ minus) =>
    Number.isNaN(value) ? "not known" : `${Math.abs(value * 100).toFixed(0)} % ${value < 0 ? minus : plus}`;
  const power = Number.isNaN(throttle) ? "not known" : `${((throttle + 1) * 50).toFixed(0)} %`;
  const parts = [`yaw ${part(yaw, "right", "left")}`, `pitch ${part(pitch, "forward", "back")}`, `roll ${part(roll, "left", "right")}`];
  return `Sticks: throttle ${power}, ${parts.join(", ")}`;
}

/** @returns {Mode | undefined} */
function keptMode() {
  try {
    return MODES.find((mode) => String(mode) === localStorage.getItem(KEPT));
  } catch {
    return undefined; // a browser that keeps nothing for this site
  }
}

/** @param {Mode} mode */
function keepMode(mode) {
  try {
    localStorage.setItem(KEPT, String(mode));
  } catch {
    // It is the mode until the page is left.
  }
}
