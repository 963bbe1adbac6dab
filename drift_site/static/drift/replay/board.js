// Which standings are shown at a moment, and as of when they are. Pure.

import { clock } from "./timetext.js";

/** @typedef {import("../wire/protocol.js").Standing} Standing */
/** @typedef {{at: (time: number) => Standing[] | null}} Standings null while they are not here */

/** @type {Standing[]} */
const NOBODY = [];

/** While standings are on their way the last ones stay, and say so; later ones than the picture never do. */
export class Board {
  #kept = NOBODY;
  #keptAt = Infinity;

  /**
   * @param {Standings | null} history null for a race that is not timed @param {number} time race seconds
   * @returns {{standings: Standing[], asOf: string, isLoading: boolean}}
   */
  at(history, time) {
    const here = history ? history.at(time) : NOBODY;
    if (here) {
      this.#kept = here;
      this.#keptAt = time;
      return { standings: here, asOf: clock(time, 0), isLoading: false };
    }
    if (this.#keptAt > time) {
      return { standings: NOBODY, asOf: `${clock(time, 0)}, loading…`, isLoading: true };
    }
    return { standings: this.#kept, asOf: `${clock(this.#keptAt, 0)}, loading ${clock(time, 0)}…`, isLoading: true };
  }
}
