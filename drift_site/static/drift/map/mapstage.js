// The race from above out of any store of frames, with the interface of the 3D scene: for browsers without WebGL.

import { noseFromAbove } from "../common/nose.js";
import { COLUMN } from "../data/ring.js";
import { Sample, sampleAt } from "../data/sample.js";
import { Shown } from "./shown.js";
import { TopView } from "./topview.js";

/** @typedef {import("../data/series.js").Series} Series */
/** @typedef {import("../data/series.js").Store} Store */
/** @typedef {import("../wire/protocol.js").Track} Track */

const REACH_PX = 30;
const WRITE_EVERY_MS = 100;
// A point every so often is finer than the map shows.
const SPACING_S = 0.02;

/** A drone of a store at the drawn moment. */
class MapDrone {
  sample = new Sample();
  nose = { x: NaN, y: NaN, z: NaN };
  stale = false;
  /** When it was seen to be elsewhere. */
  arrivedAt = -Infinity;
  /** @type {Series | undefined} */
  series;
  seconds = 0;

  /** @param {number} number @param {string} label */
  constructor(number, label) {
    this.number = number;
    this.label = label;
    this.trail = { forEach: this.#forEach.bind(this) };
  }

  get x() {
    return this.sample.values[COLUMN.x];
  }

  get z() {
    return this.sample.values[COLUMN.z];
  }

  get speed() {
    return this.sample.speed;
  }

  isStale() {
    return this.stale || this.sample.certainty === "frozen";
  }

  /** @param {Series | undefined} series @param {number} time race seconds @param {number} seconds of trail */
  take(series, time, seconds) {
    this.series = series;
    this.seconds = seconds;
    const { values } = sampleAt(series, time, this.sample);
    noseFromAbove(values[COLUMN.qx], values[COLUMN.qy], values[COLUMN.qz], values[COLUMN.qw], this.nose);
  }

  /** @param {number} newest race seconds @param {(age: number, x: number, z: number, cut: boolean) => void} point */
  #forEach(newest, point) {
    const { series } = this;
    if (!series) {
      return;
    }
    let last = -Infinity;
    let cut = true;
    for (let index = Math.max(series.first, series.indexAt(newest - this.seconds) + 1); index <= this.sample.index; index += 1) {
      const time = series.time(index);
      cut ||= series.isCut(index);
      if (time - last >= SPACING_S || cut) {
        point(newest - time, series.value(index, COLUMN.x), series.value(index, COLUMN.z), cut);
        last = time;
        cut = false;
      }
    }
    if (last > -Infinity) {
      point(0, this.x, this.z, this.sample.certainty === "frozen");
    }
  }
}

export class MapStage {
  /** @type {(drone: number) => void} */
  onpick = () => {};
  /** @type {number | null} */
  follow = null;
  /** @type {number | null} */
  nextGate = null;
  camera = "top";
  trailSeconds = 15;
  trailColour = "pilot";
  drawn = 0;
  #canvas = document.createElement("canvas");
  #drones = { all: /** @type {MapDrone[]} */ ([]), newest: 0 };
  #shown = new Shown();
  #view;
  #wroteAt = -Infinity;

  /** @param {HTMLElement} container gets the canvas and fills with it */
  constructor(container) {
    this.#canvas.className = "stage-canvas stage-map";
    this.#canvas.setAttribute("role", "img");
    this.#canvas.setAttribute("aria-label", "The race from above");
    container.append(this.#canvas);
    this.#view = new TopView(this.#canvas, this.#drones);
    this.#canvas.addEventListener("click", ({ offsetX, offsetY }) => {
      const drone = this.#view.at(offsetX, offsetY, REACH_PX);
      if (drone !== null) {
        this.onpick(drone);
      }
    });
  }

  /** Trails have their pilots' colours here. */
  get legend() {
    return { kind: "pilot", min: NaN, max: NaN, unit: "", stops: [] };
  }

  /** @param {Track | null} track */
  setTrack(track) {
    this.#view.setGates(track?.gates ?? []);
  }

  /** @param {{drone: number, label: string}[]} infos */
  setDrones(infos) {
    this.#drones.all = infos.map(({ drone, label }) => new MapDrone(drone, label));
    this.#shown = new Shown();
  }

  /** @param {number} time race seconds @param {Store} store @param {ReadonlySet<number>} stale drones shown grey */
  draw(time, store, stale) {
    const now = performance.now();
    if (this.#shown.differs(time, store, this.#drones.all, this.trailSeconds, stale)) {
      this.#drones.newest = time;
      for (const drone of this.#drones.all) {
        drone.take(store.get(drone.number), time, this.trailSeconds);
        drone.stale = stale.has(drone.number);
        drone.arrivedAt = now;
      }
    }
    this.#view.trailSeconds = this.trailSeconds;
    this.#view.nextGate = this.nextGate ?? NaN;
    if (now - this.#wroteAt >= WRITE_EVERY_MS) {
      this.#wroteAt = now;
      this.#view.write(now);
    }
    this.drawn += this.#view.draw(now) ? 1 : 0;
  }

  /** @param {number} drone */
  whereIs(drone) {
    return this.#view.whereIs(drone);
  }

  dispose() {
    this.#view.dispose();
    this.#canvas.remove();
  }
}
