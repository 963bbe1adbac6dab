// The artificial horizon of one drone.

import { COLUMN } from "../data/ring.js";
import { inWords, lieOf } from "./angles.js";
import { PanelCanvas } from "./canvas.js";

/** @typedef {import("../data/sample.js").Sample} Sample */

const RADIANS = Math.PI / 180;
// From the middle to the rim.
const SPAN_DEGREES = 45;
const LADDER_DEGREES = [-60, -50, -40, -30, -20, -10, 10, 20, 30, 40, 50, 60];
const BANK_DEGREES = [-60, -45, -30, -20, -10, 0, 10, 20, 30, 45, 60];

export class AttitudeIndicator {
  #canvas;
  #lie = { pitch: NaN, roll: NaN, heading: NaN };
  #drawn = { pitch: NaN, roll: NaN };

  /** @param {HTMLElement} root a canvas, or an element that gets one */
  constructor(root) {
    this.#canvas = new PanelCanvas(root, "Attitude not known");
  }

  dispose() {
    this.#canvas.dispose();
  }

  /** @param {Sample} sample */
  draw({ values }) {
    const { qx, qy, qz, qw } = COLUMN;
    const lie = lieOf(values[qx], values[qy], values[qz], values[qw], this.#lie);
    const canvas = this.#canvas;
    canvas.say(performance.now(), () => inWords(lie));
    const same = Object.is(lie.pitch, this.#drawn.pitch) && Object.is(lie.roll, this.#drawn.roll);
    if ((same && !canvas.changed) || canvas.width === 0) {
      return;
    }
    canvas.changed = false;
    this.#drawn.pitch = lie.pitch;
    this.#drawn.roll = lie.roll;
    this.#paint();
  }

  #paint() {
    const { context, width, height } = this.#canvas;
    const radius = Math.min(width, height) / 2 - 2;
    context.clearRect(0, 0, width, height);
    context.save();
    context.translate(width / 2, height / 2);
    context.beginPath();
    context.arc(0, 0, radius, 0, 2 * Math.PI);
    context.save();
    context.clip();
    if (Number.isNaN(this.#lie.pitch)) {
      this.#paintUnknown(radius);
    } else {
      this.#paintWorld(radius);
    }
    context.restore();
    context.strokeStyle = this.#canvas.colour("--line");
    context.lineWidth = 2;
    context.beginPath();
    context.arc(0, 0, radius, 0, 2 * Math.PI);
    context.stroke();
    if (!Number.isNaN(this.#lie.pitch)) {
      this.#paintBank(radius);
      this.#paintDrone(radius);
    }
    context.restore();
  }

  /** @param {number} radius */
  #paintUnknown(radius) {
    const { context } = this.#canvas;
    context.fillStyle = this.#canvas.colour("--grid");
    context.fillRect(-radius, -radius, 2 * radius, 2 * radius);
    context.fillStyle = this.#canvas.colour("--soft");
    context.font = this.#canvas.font(radius / 2);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText("–", 0, 0);
  }

  /** Sky, ground and the ladder of pitch: they turn against the drone. @param {number} radius */
  #paintWorld(radius) {
    const { context } = this.#canvas;
    const step = radius / SPAN_DEGREES;
    const far = radius * 6;
    context.rotate(-this.#lie.roll * RADIANS);
    context.translate(0, this.#lie.pitch * step);
    context.fillStyle = this.#canvas.colour("--sky");
    context.fillRect(-far, -far, 2 * far, far);
    context.fillStyle = this.#canvas.colour("--earth");
    context.fillRect(-far, 0, 2 * far, far);
    context.strokeStyle = context.fillStyle = "#ffffff";
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(-far, 0);
    context.lineTo(far, 0);
    context.stroke();
    context.lineWidth = 1.25;
    context.font = this.#canvas.font(Math.max(9, radius / 8));
    context.textBaseline = "middle";
    context.beginPath();
    for (const degrees of LADDER_DEGREES) {
      const half = radius * (degrees % 20 === 0 ? 0.3 : 0.15);
      context.moveTo(-half, -degrees * step);
      context.lineTo(half, -degrees * step);
      if (degrees % 20 === 0) {
        const text = String(Math.abs(degrees));
        context.textAlign = "right";
        context.fillText(text, -half - 3, -degrees * step);
        context.textAlign = "left";
        context.fillText(text, half + 3, -degrees * step);
      }
    }
    context.stroke();
  }

  /** The scale of bank at the rim stands still, its pointer turns with the world. @param {number} radius */
  #paintBank(radius) {
    const { context } = this.#canvas;
    context.strokeStyle = context.fillStyle = "#ffffff";
    context.lineWidth = 1.5;
    context.beginPath();
    for (const degrees of BANK_DEGREES) {
      const angle = (degrees - 90) * RADIANS;
      const from = radius * (degrees % 30 === 0 ? 0.86 : 0.92);
      context.moveTo(from * Math.cos(angle), from * Math.sin(angle));
      context.lineTo(radius * Math.cos(angle), radius * Math.sin(angle));
    }
    context.stroke();
    context.save();
    context.rotate(-this.#lie.roll * RADIANS);
    context.beginPath();
    context.moveTo(0, -radius * 0.84);
    context.lineTo(-radius * 0.06, -radius * 0.72);
    context.lineTo(radius * 0.06, -radius * 0.72);
    context.fill();
    context.restore();
  }

  /** The drone itself: it always lies level. @param {number} radius */
  #paintDrone(radius) {
    const { context } = this.#canvas;
    const wing = radius * 0.5;
    const drop = radius * 0.12;
    for (const [colour, width] of /** @type {const} */ ([["#000000", 6], ["#f0e442", 3.5]])) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.lineCap = context.lineJoin = "round";
      context.beginPath();
      context.moveTo(-wing, 0);
      context.lineTo(-wing / 2.2, 0);
      context.lineTo(0, drop);
      context.lineTo(wing / 2.2, 0);
      context.lineTo(wing, 0);
      context.moveTo(0, 0);
      context.lineTo(0, 0.01);
      context.stroke();
    }
    context.lineCap = "butt";
  }
}
