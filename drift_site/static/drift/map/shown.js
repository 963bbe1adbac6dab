// Whether a moment looks otherwise than the one that was asked about before, so that nothing is drawn twice. Pure.

import { EXTRAPOLATE_S } from "../data/sample.js";

/** @typedef {import("../data/series.js").Series} Series */
/** @typedef {import("../data/series.js").Store} Store */

const FACTS = 5;
// A trail is gone a little after its last point is too old for it.
const MARGIN_S = 0.1;

export class Shown {
  /** Of each drone what its picture is made of; see `factsOf`. */
  #facts = new Float64Array(0);
  #now = new Float64Array(FACTS);
  /** @type {Store | null} */
  #store = null;

  /**
   * @param {number} time race seconds @param {Store} store @param {readonly {number: number}[]} drones
   * @param {number} seconds the length of their trails @param {ReadonlySet<number>} stale
   * @returns {boolean} true the first time
   */
  differs(time, store, drones, seconds, stale) {
    let differs = store !== this.#store || this.#facts.length !== drones.length * FACTS;
    if (differs) {
      this.#store = store;
      this.#facts = new Float64Array(drones.length * FACTS);
    }
    for (let drone = 0; drone < drones.length; drone += 1) {
      const { number } = drones[drone];
      factsOf(store.get(number), time, seconds, stale.has(number), this.#now);
      for (let fact = 0; fact < FACTS; fact += 1) {
        const at = drone * FACTS + fact;
        differs ||= !Object.is(this.#facts[at], this.#now[fact]);
        this.#facts[at] = this.#now[fact];
      }
    }
    return differs;
  }
}

/**
 * The series' version, the first and the last frame that are in the picture, the moment, and whether it is grey. Of a drone
 * that stands where it was last, with its trail gone, the picture is the same at every moment.
 * @param {Series | undefined} series @param {number} time @param {number} seconds @param {boolean} stale @param {Float64Array} out
 */
function factsOf(series, time, seconds, stale, out) {
  out.fill(NaN);
  out[4] = stale ? 1 : 0;
  const index = series ? series.indexAt(time) : -1;
  if (!series || index < series.first) {
    return;
  }
  const last = series.end - 1;
  out[0] = series.version;
  if (time - series.time(last) > Math.max(seconds, EXTRAPOLATE_S) + MARGIN_S) {
    out[1] = out[2] = last;
    return;
  }
  out[1] = Math.max(series.first, series.indexAt(time - seconds));
  out[2] = Math.min(last, index + 1);
  out[3] = time;
}
