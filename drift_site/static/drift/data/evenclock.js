// A drone's even clock: when each of its frames was flown, although they arrive in bursts.

const RESET_S = 0.5;
// Two frames are never at one moment, so that a series can be searched by time.
export const STEP_S = 1e-6;
// Delays are looked at by the half second: within one, some frame comes with next to none.
const BLOCK_S = 0.5;
/** A clock that frames have been so far ahead of for two blocks has stood still: it begins anew. */
export const BEHIND_S = 0.5;
// What is less is made up for by this share of it a second: a clock that drifts is followed, and nobody sees how.
const CATCH_UP = 0.1;

/**
 * Where a clock stands: the latest flight time (s, NaN before the first), the delay that counts as none (s), the latest
 * race time (s), the running block and the least delay in it and in the one before (s).
 * @typedef {{flight: number, offset: number, last: number, block: number, least: number, before: number}} ClockState
 */

/** A clock before a drone's first frame. @type {Readonly<ClockState>} */
export const FRESH = Object.freeze({
  flight: NaN, offset: Infinity, last: -Infinity, block: NaN, least: Infinity, before: Infinity,
});

/**
 * The sender's own clock, moved onto the server's by the least delay that frames arrive with. docs/timing.md has nearly the
 * same rule for laps, so gates and laps fall on the same moments as the picture. But timing counts from the least delay since
 * the drone's last reset, so that a game that hitches, pauses or runs slow stays behind, and here nobody may: what arrives
 * is shown.
 */
export class EvenClock {
  #flight;
  #offset;
  #last;
  #block;
  #least;
  #before;
  /** Whether the latest frame began a new flight: the drone was put back. */
  reset = false;
  /** By how much the latest frame showed that it began anew, s; those before it that came since `since` belong there too. */
  moved = 0;
  since = NaN;

  /** @param {Readonly<ClockState>} [state] where an earlier clock of this drone stood */
  constructor(state = FRESH) {
    this.#flight = state.flight;
    this.#offset = state.offset;
    this.#last = state.last;
    this.#block = state.block;
    this.#least = state.least;
    this.#before = state.before;
  }

  /** @returns {ClockState} */
  get state() {
    return {
      flight: this.#flight,
      offset: this.#offset,
      last: this.#last,
      block: this.#block,
      least: this.#least,
      before: this.#before,
    };
  }

  /**
   * @param {number} arrival race seconds
   * @param {number} flight the sender's clock, s; NaN when its stream has none
   * @returns {number} race seconds, later than those of the frame before
   */
  time(arrival, flight) {
    this.reset = isReset(this.#flight, flight);
    this.moved = 0;
    if (this.reset) {
      this.#offset = this.#least = this.#before = Infinity;
    }
    let even = arrival;
    if (!Number.isNaN(flight)) {
      this.#follow(arrival, flight);
      even = flight + this.#offset;
    }
    this.#last = Math.max(even, this.#last + STEP_S);
    return this.#last;
  }

  /** @param {number} arrival @param {number} flight */
  #follow(arrival, flight) {
    const block = Math.floor(arrival / BLOCK_S);
    if (block !== this.#block) {
      const behind = this.#behind;
      if (behind > BEHIND_S && behind < Infinity) {
        this.#offset += behind;
        this.#last += behind;
        this.moved = behind;
        this.since = (this.#block - 1) * BLOCK_S;
      }
      this.#block = block;
      this.#before = this.#least;
      this.#least = Infinity;
    }
    const delay = arrival - flight;
    this.#least = Math.min(this.#least, delay);
    const behind = this.#behind;
    const elapsed = flight - this.#flight;
    if (behind > 0 && behind <= BEHIND_S && elapsed > 0) {
      this.#offset += behind * Math.min(1, CATCH_UP * elapsed);
    }
    this.#offset = Math.min(this.#offset, delay);
    this.#flight = flight;
  }

  /** How much later than by this clock all frames have come lately, s; not above 0 when one did not; Infinity before any. */
  get #behind() {
    return Math.min(this.#before, this.#least) - this.#offset;
  }
}

/**
 * Which frame is the first that a clock has just moved with its own one.
 * @param {EvenClock} clock
 * @param {{arrivalAt(index: number): number, flight(index: number): number}} frames
 * @param {number} first of them @param {number} end the frame that the clock has just told the time of
 */
export function firstMoved(clock, frames, first, end) {
  let index = end;
  while (index > first && frames.arrivalAt(index - 1) >= clock.since) {
    if (index < end && isReset(frames.flight(index - 1), frames.flight(index))) {
      break;
    }
    index -= 1;
  }
  return index;
}

/**
 * Whether a drone was put back between two frames: a smaller fall of its clock is a frame that came late.
 * @param {number} before its clock, s @param {number} after
 */
export function isReset(before, after) {
  return after < before - RESET_S;
}
