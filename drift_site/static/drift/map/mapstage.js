// The race from above out of any store of frames, with the interface of the 3D scene: for browsers without WebGL.

import { COLUMN } from "../data/ring.js";
import { Sample, sampleAt } from "../data/sample.js";
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
  stale = false;
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

  get noseX() {
    const { values } = this.sample;
    return 2 * (values[COLUMN.qx] * values[COLUMN.qz] + values[COLUMN.qw] * values[COLUMN.qy]);
  }

  get noseZ() {
    const { values } = this.sample;
    return 1 - 2 * (values[COLUMN.qx] ** 2 + values[COLUMN.qy] ** 2);
  }

  isStale() {
    return this.stale || this.sample.certainty === "frozen";
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
  }

  /** @param {number} time race seconds @param {Store} store @param {ReadonlySet<number>} stale drones shown grey */
  draw(time, store, stale) {
    const now = performance.now();
    this.#drones.newest = time;
    for (const drone of this.#drones.all) {
      drone.series = store.get(drone.number);
      sampleAt(drone.series, time, drone.sample);
      drone.stale = stale.has(drone.number);
      drone.seconds = this.trailSeconds;
      drone.arrivedAt = now;
    }
    this.#view.trailSeconds = this.trailSeconds;
    this.#view.nextGate = this.nextGate ?? NaN;
    if (now - this.#wroteAt >= WRITE_EVERY_MS) {
      this.#wroteAt = now;
      this.#view.write(now);
    }
    this.#view.draw(now);
    this.drawn += 1;
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
