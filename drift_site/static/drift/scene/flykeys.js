// Which way the keys that somebody holds move the free camera. Pure.

/** @type {Readonly<Record<string, readonly [number, number, number]>>} right, up, back */
const WAYS = Object.freeze({
  KeyW: [0, 0, -1], ArrowUp: [0, 0, -1], KeyS: [0, 0, 1], ArrowDown: [0, 0, 1],
  KeyA: [-1, 0, 0], ArrowLeft: [-1, 0, 0], KeyD: [1, 0, 0], ArrowRight: [1, 0, 0],
  KeyQ: [0, -1, 0], KeyE: [0, 1, 0],
});

/** @typedef {{code: string, shiftKey: boolean, ctrlKey: boolean, altKey: boolean, metaKey: boolean}} Key */

export class FlyKeys {
  /** @type {Set<string>} */
  #held = new Set();
  isFast = false;
  right = 0;
  up = 0;
  back = 0;

  get isMoving() {
    return this.#held.size > 0;
  }

  /** @param {Key} key @returns {boolean} whether it is one of these */
  press({ code, shiftKey, ctrlKey, altKey, metaKey }) {
    this.isFast = shiftKey;
    if (!(code in WAYS) || ctrlKey || altKey || metaKey) {
      return false;
    }
    this.#held.add(code);
    this.#sum();
    return true;
  }

  /** Whatever else is held by now: it moves nothing any more. @param {Key} key @returns {boolean} whether it was held */
  release({ code, shiftKey }) {
    this.isFast = shiftKey;
    if (code.startsWith("Meta")) {
      this.clear(); // macOS tells of no key that is let go while Command is held
      return false;
    }
    const was = this.#held.delete(code);
    this.#sum();
    return was;
  }

  clear() {
    this.#held.clear();
    this.#sum();
  }

  #sum() {
    this.right = this.up = this.back = 0;
    for (const code of this.#held) {
      const [right, up, back] = WAYS[code];
      this.right += right;
      this.up += up;
      this.back += back;
    }
  }
}
