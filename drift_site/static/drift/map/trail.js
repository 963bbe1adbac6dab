// Where a drone has been in the last seconds: a ring of typed arrays that is written while frames arrive.

export const TRAIL_SECONDS = 5;
// A point every 10 ms is finer than a screen shows, at whatever rate a sender sends.
const SPACING_US = 10_000;
const CAPACITY = (TRAIL_SECONDS * 1e6) / SPACING_US + 2;
// Across a longer silence nobody knows the way, and nothing flies as fast as this: such a step is not drawn.
const GAP_US = 500_000;
const FASTEST_M_PER_S = 200;

export class Trail {
  /** µs since 1970. */
  #time = new Float64Array(CAPACITY);
  #x = new Float32Array(CAPACITY);
  #z = new Float32Array(CAPACITY);
  /** 1 where the way from the point before is not known. */
  #cut = new Uint8Array(CAPACITY);
  /** How many points were ever written; the newest stands at (#written − 1) % CAPACITY. */
  #written = 0;

  get length() {
    return Math.min(this.#written, CAPACITY);
  }

  /**
   * @param {number} time µs since 1970
   * @param {number} x m
   * @param {number} z m
   */
  push(time, x, z) {
    let cut = true;
    if (this.#written > 0) {
      const last = (this.#written - 1) % CAPACITY;
      const elapsed = time - this.#time[last];
      if (elapsed < SPACING_US) {
        return;
      }
      const distance = Math.hypot(x - this.#x[last], z - this.#z[last]);
      cut = elapsed > GAP_US || distance * 1e6 > FASTEST_M_PER_S * elapsed;
    }
    const slot = this.#written % CAPACITY;
    this.#time[slot] = time;
    this.#x[slot] = x;
    this.#z[slot] = z;
    this.#cut[slot] = cut ? 1 : 0;
    this.#written += 1;
  }

  /**
   * Call back for each point not older than TRAIL_SECONDS before `now`, the oldest first.
   * @param {number} now µs since 1970
   * @param {(age: number, x: number, z: number, cut: boolean) => void} point age in seconds
   */
  forEach(now, point) {
    let first = true;
    for (let index = this.#written - this.length; index < this.#written; index += 1) {
      const slot = index % CAPACITY;
      const age = (now - this.#time[slot]) / 1e6;
      if (age <= TRAIL_SECONDS) {
        point(age, this.#x[slot], this.#z[slot], first || this.#cut[slot] === 1);
        first = false;
      }
    }
  }
}
