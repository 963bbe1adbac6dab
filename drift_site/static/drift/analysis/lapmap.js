// Both laps from above: the whole ways, the gates, and where both were at the cursor.

import { COLUMN } from "../data/ring.js";
import { Sample, sampleAt } from "../data/sample.js";
import { outlineOf } from "../map/marks.js";
import { Extent, fit, roundStep } from "../map/scale.js";
import { PanelCanvas } from "../panels/canvas.js";
import { SIDES } from "./loading.js";

/** @typedef {import("../data/ring.js").FrameSeries} FrameSeries */
/** @typedef {import("../data/ring.js").FrameStore} FrameStore */
/** @typedef {import("../map/scale.js").Fit} Fit */
/** @typedef {import("../wire/protocol.js").Gate} Gate */

const MARK_PX = 9;
const REACH_PX = 40;
const GRID_PX = 90;
/** The reference is a full line below, the ghost a dashed one above it. */
const LOOKS = Object.freeze([
  { drone: SIDES.a, name: "A", colour: "--lap-a", dash: [] },
  { drone: SIDES.b, name: "B", colour: "--lap-b", dash: [8, 5] },
]);

export class LapMap {
  #canvas;
  #sample = new Sample();
  /** @type {FrameStore | null} */
  #store = null;
  /** @type {readonly Gate[]} */
  #gates = [];
  #extent = new Extent();
  /** @type {Fit} */
  #fit = { x: 0, z: 0, scale: 1 };
  #drawn = NaN;
  #stepped = new Path2D();
  /** @type {Path2D[]} */
  #ways = [];
  /** The moment at which A was where somebody pointed. @type {(time: number) => void} */
  onpick = () => {};

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = new PanelCanvas(canvas, "The two laps from above");
    const point = (/** @type {PointerEvent} */ event) => {
      if (event.buttons === 1) {
        this.#pick(event.offsetX, event.offsetY);
      }
    };
    canvas.addEventListener("pointerdown", point);
    canvas.addEventListener("pointermove", point);
  }

  /** @param {FrameStore} store @param {readonly Gate[]} gates */
  set(store, gates) {
    this.#store = store;
    this.#gates = gates;
    this.#extent = new Extent();
    for (const series of store.all) {
      for (let i = series.first; i < series.end; i += 1) {
        this.#extent.include(series.value(i, COLUMN.x), series.value(i, COLUMN.z));
      }
    }
    gates.forEach(({ x, z }) => this.#extent.include(x, z));
    this.#canvas.changed = true;
  }

  /** @param {number} time s since the line @param {() => string} text what is to be seen */
  draw(time, text) {
    const canvas = this.#canvas;
    canvas.say(performance.now(), text);
    if (!this.#store || canvas.width === 0 || (time === this.#drawn && !canvas.changed)) {
      return;
    }
    if (canvas.changed) {
      this.#fit = fit(this.#extent, canvas.width, canvas.height);
      this.#trace(this.#store);
    }
    canvas.changed = false;
    this.#drawn = time;
    this.#paint(this.#store, time);
  }

  /** @param {number} x */
  #px(x) {
    return this.#canvas.width / 2 + (x - this.#fit.x) * this.#fit.scale;
  }

  /** @param {number} z */
  #py(z) {
    return this.#canvas.height / 2 - (z - this.#fit.z) * this.#fit.scale;
  }

  /** What stands still while the cursor moves is traced once. @param {FrameStore} store */
  #trace(store) {
    this.#ways = LOOKS.map(({ drone }) => this.#wayOf(store.get(drone)));
    this.#stepped = new Path2D();
    const { width, height } = this.#canvas;
    const step = roundStep(this.#fit.scale, GRID_PX);
    for (let x = Math.ceil((this.#fit.x - width / 2 / this.#fit.scale) / step) * step; this.#px(x) <= width; x += step) {
      this.#stepped.moveTo(Math.round(this.#px(x)) + 0.5, 0);
      this.#stepped.lineTo(Math.round(this.#px(x)) + 0.5, height);
    }
    for (let z = Math.ceil((this.#fit.z - height / 2 / this.#fit.scale) / step) * step; this.#py(z) >= 0; z += step) {
      this.#stepped.moveTo(0, Math.round(this.#py(z)) + 0.5);
      this.#stepped.lineTo(width, Math.round(this.#py(z)) + 0.5);
    }
  }

  /** @param {FrameSeries | undefined} series */
  #wayOf(series) {
    const way = new Path2D();
    for (let i = series?.first ?? 0; series && i < series.end; i += 1) {
      const [x, y] = [this.#px(series.value(i, COLUMN.x)), this.#py(series.value(i, COLUMN.z))];
      if (i === series.first || series.isCut(i)) {
        way.moveTo(x, y);
      } else {
        way.lineTo(x, y);
      }
    }
    return way;
  }

  /** @param {FrameStore} store @param {number} time */
  #paint(store, time) {
    const canvas = this.#canvas;
    const { context } = canvas;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.lineWidth = 1;
    context.strokeStyle = canvas.colour("--grid");
    context.stroke(this.#stepped);
    this.#paintScale();
    context.lineJoin = "round";
    LOOKS.forEach(({ colour, dash }, i) => {
      context.strokeStyle = canvas.colour(colour);
      context.lineWidth = 2.5;
      context.setLineDash(dash);
      context.stroke(this.#ways[i]);
    });
    context.setLineDash([]);
    this.#gates.forEach((gate) => this.#paintGate(gate));
    [...LOOKS].reverse().forEach(({ drone, name, colour }) => {
      const { values, certainty } = sampleAt(store.get(drone), time, this.#sample);
      if (certainty !== "absent") {
        this.#paintMark(this.#px(values[COLUMN.x]), this.#py(values[COLUMN.z]), drone, name, colour);
      }
    });
  }

  #paintScale() {
    const { context, height } = this.#canvas;
    const metres = roundStep(this.#fit.scale, GRID_PX);
    context.strokeStyle = context.fillStyle = this.#canvas.colour("--faint");
    context.beginPath();
    context.moveTo(10.5, height - 14.5);
    context.lineTo(10.5, height - 10.5);
    context.lineTo(10.5 + metres * this.#fit.scale, height - 10.5);
    context.lineTo(10.5 + metres * this.#fit.scale, height - 14.5);
    context.stroke();
    context.font = this.#canvas.font(11);
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.fillText(`${metres} m`, 15, height - 15);
  }

  /** @param {Gate} gate */
  #paintGate({ order, x, z, yaw, width }) {
    const { context } = this.#canvas;
    const angle = (yaw * Math.PI) / 180;
    const half = Math.max(width / 2, 6 / this.#fit.scale);
    const [right, back] = [Math.cos(angle) * half, -Math.sin(angle) * half];
    context.strokeStyle = this.#canvas.colour("--ink");
    context.lineWidth = order === 1 ? 5 : 3;
    context.beginPath();
    context.moveTo(this.#px(x - right), this.#py(z - back));
    context.lineTo(this.#px(x + right), this.#py(z + back));
    context.stroke();
    context.font = this.#canvas.font(11);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 4;
    context.strokeStyle = this.#canvas.colour("--ground");
    context.fillStyle = this.#canvas.colour("--soft");
    // Beside the gate's right end, outside of what is flown through.
    const beside = 1 + 10 / (half * this.#fit.scale);
    const [px, py] = [this.#px(x + right * beside), this.#py(z + back * beside)];
    context.strokeText(String(order), px, py);
    context.fillText(String(order), px, py);
  }

  /** @param {number} px @param {number} py @param {number} drone @param {string} name @param {string} colour */
  #paintMark(px, py, drone, name, colour) {
    const { context } = this.#canvas;
    context.beginPath();
    outlineOf(drone).forEach(([x, y]) => context.lineTo(px + x * MARK_PX, py + y * MARK_PX));
    context.closePath();
    context.fillStyle = this.#canvas.colour(colour);
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = this.#canvas.colour("--ink");
    context.stroke();
    context.font = `bold ${this.#canvas.font(11)}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = this.#canvas.colour("--on-lap");
    context.fillText(name, px, py + 1);
  }

  /** @param {number} x px @param {number} y */
  #pick(x, y) {
    const series = this.#store?.get(SIDES.a);
    let [found, least] = [-1, REACH_PX];
    for (let i = series?.first ?? 0; series && i < series.end; i += 1) {
      const away = Math.hypot(this.#px(series.value(i, COLUMN.x)) - x, this.#py(series.value(i, COLUMN.z)) - y);
      if (away < least) {
        [found, least] = [i, away];
      }
    }
    if (series && found >= 0) {
      this.onpick(Math.max(0, series.time(found)));
    }
  }
}
