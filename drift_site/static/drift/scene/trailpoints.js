// A trail's points in one preallocated ring, as the shader reads them: which frames they are, and which parts are new. Pure.

import { COLUMN } from "../data/ring.js";
import { mirrored } from "./axes.js";

/** @typedef {import("../data/series.js").Series} Series */
/** @typedef {import("../data/sample.js").Sample} Sample */

/** Points of a trail, one of them the drone itself. */
export const CAPACITY = 2048;
/** Floats of a vertex: x, y, z, time, speed, throttle, whether the way to it is unknown. The scene's axes; s after `base`. */
export const VERTEX = 7;
/** A point is two vertices, one on either side of the ribbon, with the same values. */
export const POINT = 2 * VERTEX;
// Beyond a whole trail's points, some for what is behind its end until the next turn of the ring.
const SPARE = 256;
// After so long, times so far from `base` would grow coarse.
const LONGEST_S = 1800;

/** The least time between two points, so that a trail fits the ring. @param {number} seconds the trail's length */
export function spacingFor(seconds) {
  return seconds / (CAPACITY - SPARE);
}

/** Where a slot's values begin. @param {number} slot −1 … CAPACITY + 1 */
export function offsetOf(slot) {
  return (slot + 1) * POINT;
}

/**
 * Slots 0 … CAPACITY − 1 are a ring. Slots −1, CAPACITY and CAPACITY + 1 repeat its last, first and second one, so that
 * each point and each segment has its neighbours beside it.
 */
export class TrailPoints {
  data = new Float32Array((CAPACITY + 3) * POINT);
  /** Race seconds that the points' times count from: near them, so that 32 bits are enough. */
  base = 0;
  /** m/s, the most of any point since the last rebuilding. */
  fastest = 0;
  /** The floats that have changed since `clean`: from … to, not with it. */
  dirtyFrom = 0;
  dirtyTo = 0;
  #written = 0;
  /** The frame after the last one that was taken. */
  #next = 0;
  #latest = NaN;
  /** @type {Series | null} */
  #series = null;
  #version = -1;
  #lastTaken = -Infinity;
  #seconds = NaN;

  /** How many segments there are to draw. */
  get segments() {
    return Math.min(this.#written, CAPACITY);
  }

  clean() {
    this.dirtyFrom = this.dirtyTo = 0;
  }

  /** Draw nothing until there is something again. */
  clear() {
    this.#written = 0;
    this.#latest = NaN;
  }

  /**
   * Take up the frames of the `seconds` before `time`, and the drone itself as the last point.
   * @param {Series} series @param {number} time race seconds @param {number} seconds @param {Sample} head the drone at `time`
   */
  follow(series, time, seconds, head) {
    const steady = this.#series === series && this.#version === series.version && this.#seconds === seconds && time >= this.#latest
      && time - this.#latest < seconds && time - this.base < LONGEST_S && this.#next >= series.first;
    if (!steady) {
      this.#begin(series, time, seconds);
    }
    const spacing = spacingFor(seconds);
    for (; this.#next < series.end && series.time(this.#next) <= time; this.#next += 1) {
      const at = series.time(this.#next);
      if (!(at - this.#lastTaken < spacing) || series.isCut(this.#next)) {
        this.#take(series, this.#next);
      }
    }
    this.#latest = time;
    this.#head(head, time);
  }

  /** @param {Series} series @param {number} time @param {number} seconds */
  #begin(series, time, seconds) {
    this.data.fill(NaN);
    this.dirtyFrom = 0;
    this.dirtyTo = this.data.length;
    this.fastest = 0;
    this.base = Math.floor(time);
    this.#written = 0;
    this.#lastTaken = -Infinity;
    this.#series = series;
    this.#version = series.version;
    this.#seconds = seconds;
    this.#next = Math.max(series.first, series.indexAt(time - seconds));
  }

  /** @param {Series} series @param {number} index */
  #take(series, index) {
    const at = series.time(index);
    const speed = Math.hypot(series.value(index, COLUMN.vx), series.value(index, COLUMN.vy), series.value(index, COLUMN.vz));
    this.fastest = Math.max(this.fastest, speed || 0);
    const cut = this.#written === 0 || series.isCut(index) ? 1 : 0;
    const [x, y, z] = [series.value(index, COLUMN.x), series.value(index, COLUMN.y), series.value(index, COLUMN.z)];
    this.#put(x, y, z, at, speed, series.value(index, COLUMN.throttle), cut);
    this.#written += 1;
    this.#lastTaken = at;
  }

  /** The drone itself, where the next point will be. @param {Sample} sample @param {number} time */
  #head({ certainty, values, speed }, time) {
    const known = certainty === "known" || certainty === "ahead";
    const cut = known && this.#written > 0 ? 0 : 1;
    this.#put(values[COLUMN.x], values[COLUMN.y], values[COLUMN.z], time, speed, values[COLUMN.throttle], cut);
  }

  /**
   * Write the slot after the newest point.
   * @param {number} x @param {number} y @param {number} z @param {number} at @param {number} speed @param {number} throttle
   * @param {number} cut
   */
  #put(x, y, z, at, speed, throttle, cut) {
    const { data } = this;
    const slot = this.#written % CAPACITY;
    const offset = offsetOf(slot);
    data[offset] = x;
    data[offset + 1] = y;
    data[offset + 2] = mirrored(z);
    data[offset + 3] = at - this.base;
    data[offset + 4] = speed;
    data[offset + 5] = throttle;
    data[offset + 6] = cut;
    data.copyWithin(offset + VERTEX, offset, offset + VERTEX);
    this.#touch(offset, offset + POINT);
    if (slot < 2 || slot === CAPACITY - 1) {
      const copy = offsetOf(slot < 2 ? CAPACITY + slot : -1);
      data.copyWithin(copy, offset, offset + POINT);
      this.#touch(copy, copy + POINT);
    }
  }

  /** @param {number} from @param {number} to */
  #touch(from, to) {
    const empty = this.dirtyFrom === this.dirtyTo;
    this.dirtyFrom = empty ? from : Math.min(this.dirtyFrom, from);
    this.dirtyTo = empty ? to : Math.max(this.dirtyTo, to);
  }
}
