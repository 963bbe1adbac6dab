// What was said, and when: to be told later, when the picture has come to that moment. Pure.

/**
 * Values in the order of time; those that are older than anybody can go back to are forgotten.
 * @template T
 */
export class TimedLog {
  /** @type {number[]} */
  #times = [];
  /** @type {T[]} */
  #values = [];
  #keep;
  #most;

  /** @param {number} keep s, before the newest @param {number} [most] values */
  constructor(keep, most = Infinity) {
    this.#keep = keep;
    this.#most = most;
  }

  get length() {
    return this.#values.length;
  }

  /** Never before the one before. @param {number} time race seconds @param {T} value */
  push(time, value) {
    const at = Math.max(time, this.#times.at(-1) ?? -Infinity);
    this.#times.push(at);
    this.#values.push(value);
    // One that is older stays: it is what holds at the oldest moment.
    let old = 0;
    while (old + 1 < this.#times.length && (this.#times[old + 1] < at - this.#keep || this.#times.length - old > this.#most)) {
      old += 1;
    }
    // In larger pieces, since each takes the whole list.
    if (old > 64 || this.#times.length - old >= this.#most) {
      this.#times.splice(0, old);
      this.#values.splice(0, old);
    }
  }

  /** How many had been said by a moment. @param {number} time race seconds */
  countAt(time) {
    let low = 0;
    let high = this.#times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#times[middle] <= time) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** What was said last by a moment; undefined before the first. @param {number} time race seconds @returns {T | undefined} */
  at(time) {
    return this.#values[this.countAt(time) - 1];
  }

  /** The last few by a moment, the newest first. @param {number} time race seconds @param {number} count @returns {T[]} */
  lastAt(time, count) {
    const end = this.countAt(time);
    return this.#values.slice(Math.max(0, end - count), end).reverse();
  }
}
