// What must not happen too often.

export class Seldom {
  #every;
  #last = -Infinity;

  /** @param {number} every ms at the least from one time to the next */
  constructor(every) {
    this.#every = every;
  }

  /** Whether it is time; when it is, the next time is counted from now. @param {number} now ms, of any clock */
  due(now) {
    if (now - this.#last < this.#every) {
      return false;
    }
    this.#last = now;
    return true;
  }
}
