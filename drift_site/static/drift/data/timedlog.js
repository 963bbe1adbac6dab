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
  #older;

  /**
   * @param {number} keep s, before the newest
   * @param {number} [most] values
   * @param {number} [older] values that stay although they are older: what holds at the oldest moment
   */
  constructor(keep, most = Infinity, older = 1) {
    this.#keep = keep;
    this.#most = most;
    this.#older = older;
  }

  get length() {
    return this.#values.length;
  }

  /** Never before the one before. @param {number} time race seconds @param {T} value */
  push(time, value) {
    const at = Math.max(time, this.#times.at(-1) ?? -Infinity);
    this.#times.push(at);
    this.#values.push(value);
    const { length } = this.#times;
    let old = 0;
    while (old + this.#older < length && (this.#times[old + this.#older] < at - this.#keep || length - old > this.#most)) {
      old += 1;
    }
    // In larger pieces, since each takes the whole list.
    if (old > 64 || length - old >= this.#most) {
      this.#times.splice(0, old);
      this.#values.splice(0, old);
    }
  }

  /**
   * What was said from a moment on was said from another one on: the clock that told it went wrong.
   * @param {number} from race seconds @param {number} to
   */
  move(from, to) {
    let first = this.#times.length;
    while (first > 0 && this.#times[first - 1] >= from) {
      first -= 1;
    }
    this.#times.fill(Math.max(to, this.#times[first - 1] ?? -Infinity), first);
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
