// A drone's even clock: when each of its frames was flown, although they arrive in bursts.

const RESET_S = 0.5;
// Two frames are never at one moment, so that a series can be searched by time.
const STEP_S = 1e-6;

/**
 * Where a clock stands: the latest flight time (s, NaN before the first), the least delay since the reset (s) and the
 * latest race time (s).
 * @typedef {{flight: number, offset: number, last: number}} ClockState
 */

/** A clock before a drone's first frame. @type {Readonly<ClockState>} */
export const FRESH = Object.freeze({ flight: NaN, offset: Infinity, last: -Infinity });

/**
 * The race time of DESIGN's timing: the sender's own clock, moved onto the server's by the least delay that any frame
 * since the drone's last reset arrived with. docs/timing.md has the same rule for laps, so gates and laps fall on the same
 * moments as the picture.
 */
export class EvenClock {
  #flight;
  #offset;
  #last;
  /** Whether the latest frame began a new flight: the drone was put back. */
  reset = false;

  /** @param {Readonly<ClockState>} [state] where an earlier clock of this drone stood */
  constructor(state = FRESH) {
    this.#flight = state.flight;
    this.#offset = state.offset;
    this.#last = state.last;
  }

  /** @returns {ClockState} */
  get state() {
    return { flight: this.#flight, offset: this.#offset, last: this.#last };
  }

  /**
   * @param {number} arrival race seconds
   * @param {number} flight the sender's clock, s; NaN when its stream has none
   * @returns {number} race seconds, later than those of the frame before
   */
  time(arrival, flight) {
    this.reset = isReset(this.#flight, flight);
    if (this.reset) {
      this.#offset = Infinity;
    }
    let even = arrival;
    if (!Number.isNaN(flight)) {
      this.#flight = flight;
      this.#offset = Math.min(this.#offset, arrival - flight);
      even = flight + this.#offset;
    }
    this.#last = Math.max(even, this.#last + STEP_S);
    return this.#last;
  }
}

/**
 * Whether a drone was put back between two frames: a smaller fall of its clock is a frame that came late.
 * @param {number} before its clock, s @param {number} after
 */
export function isReset(before, after) {
  return after < before - RESET_S;
}
