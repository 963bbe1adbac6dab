// Two laps side by side, over distance or over time. Pure.

import { valuesAt } from "./channels.js";

/** @typedef {import("../data/ring.js").FrameSeries} FrameSeries */
/** @typedef {import("./address.js").Over} Over */
/** @typedef {import("./channels.js").Channel} Channel */
/** @typedef {import("./laprows.js").Lap} Lap */

/**
 * The answer of /api/races/{id}/compare/ as far as it is used: docs/api.md.
 * @typedef {object} Compared
 * @property {number[]} distance_m
 * @property {(number | null)[]} delta_s
 * @property {{time_s: number[]}} a
 * @property {{time_s: number[]}} b
 */

/** @typedef {{text: string, from: number, to: number, aMs: number | null, bMs: number | null}} Sector from and to on the x axis */

const STEP_S = 0.01;
const MOST_STEPS = 6000;

/**
 * The value of a curve at `x`, on the straight line between two of its points; at its ends beyond them.
 * @param {ArrayLike<number>} xs rising @param {ArrayLike<number | null>} ys @param {number} x
 * @returns {number} NaN where a point has no value
 */
export function interpolated(xs, ys, x) {
  const last = xs.length - 1;
  if (last < 0) {
    return NaN;
  }
  if (x <= xs[0]) {
    return ys[0] ?? NaN;
  }
  if (x >= xs[last]) {
    return ys[last] ?? NaN;
  }
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) {
      low = middle;
    } else {
      high = middle;
    }
  }
  const [from, to] = [ys[low] ?? NaN, ys[high] ?? NaN];
  return from + ((to - from) * (x - xs[low])) / (xs[high] - xs[low]);
}

export class Duel {
  #compared;
  #a;
  #b;
  #times;

  /**
   * @param {Lap} lapA @param {Lap} lapB
   * @param {Compared} compared
   * @param {FrameSeries | undefined} a frames by the lap's own clock @param {FrameSeries | undefined} b
   */
  constructor(lapA, lapB, compared, a, b) {
    this.lapA = lapA;
    this.lapB = lapB;
    this.#compared = compared;
    this.#a = a;
    this.#b = b;
    const steps = Math.min(MOST_STEPS, Math.max(1, Math.ceil(this.duration / STEP_S)));
    this.#times = Float64Array.from({ length: steps + 1 }, (_, i) => (i * this.duration) / steps);
  }

  /** s: until both have crossed the line. */
  get duration() {
    return Math.max(this.lapA.duration_ms, this.lapB.duration_ms) / 1000;
  }

  /** m. */
  get length() {
    const { distance_m: distance } = this.#compared;
    return distance[distance.length - 1] ?? 0;
  }

  /** The x axis. @param {Over} over @returns {ArrayLike<number>} */
  #x(over) {
    return over === "distance" ? this.#compared.distance_m : this.#times;
  }

  /** x and both laps' values. @param {Channel} channel @param {Over} over @returns {[ArrayLike<number>, Float64Array, Float64Array]} */
  columns({ value }, over) {
    const times = over === "distance" ? [this.#compared.a.time_s, this.#compared.b.time_s] : [this.#times, this.#times];
    return [
      this.#x(over),
      valuesAt(this.#a, times[0], value),
      valuesAt(this.#b, times[1], value),
    ];
  }

  /** x, and by how many seconds B is behind A where A is. @param {Over} over @returns {[ArrayLike<number>, ArrayLike<number | null>]} */
  delta(over) {
    const { delta_s: delta, a } = this.#compared;
    if (over === "distance") {
      return [this.#compared.distance_m, delta];
    }
    const end = this.lapA.duration_ms / 1000;
    return [this.#times, Float64Array.from(this.#times, (time) => (time > end ? NaN : interpolated(a.time_s, delta, time)))];
  }

  /** By how many seconds B is behind A, where A is at a time of the lap. @param {number} time s */
  deltaAt(time) {
    return interpolated(this.#compared.a.time_s, this.#compared.delta_s, time);
  }

  /** How far A has come, m. @param {number} time s since it crossed the line */
  distanceAt(time) {
    return interpolated(this.#compared.a.time_s, this.#compared.distance_m, time);
  }

  /** Where a time of the lap is on the x axis. @param {number} time @param {Over} over */
  xOf(time, over) {
    return over === "time" ? time : this.distanceAt(time);
  }

  /** When A is at a place of the x axis. @param {number} x @param {Over} over */
  timeOf(x, over) {
    return over === "time" ? x : interpolated(this.#compared.distance_m, this.#compared.a.time_s, x);
  }

  /** The sectors of A on the x axis, with both times; those that follow one without a time are left out. @param {Over} over @returns {Sector[]} */
  sectors(over) {
    /** @type {Sector[]} */
    const found = [];
    let from = 0;
    for (const [i, aMs] of this.lapA.sectors_ms.entries()) {
      if (aMs === null) {
        break;
      }
      const to = from + aMs / 1000;
      found.push({ text: `S${i + 1}`, from: this.xOf(from, over), to: this.xOf(to, over), aMs, bMs: this.lapB.sectors_ms[i] ?? null });
      from = to;
    }
    return found;
  }
}
