// A drone's even clock: when each of its frames was flown, although they arrive in bursts.

const RESET_S = 0.5;
// Two frames are never at one moment, so that a series can be searched by time.
const STEP_S = 1e-6;

/**
 * The race time of DESIGN's timing: the sender's own clock, moved onto the server's by the least delay that any frame
 * since the drone's last reset arrived with. docs/timing.md has the same rule for laps, so gates and laps fall on the same
 * moments as the picture.
 */
export class EvenClock {
  #flight = NaN;
  #offset = Infinity;
  #last = -Infinity;
  /** Whether the latest frame began a new flight: the drone was put back. */
  reset = false;

  /**
   * @param {number} arrival race seconds
   * @param {number} flight the sender's clock, s; NaN when its stream has none
   * @returns {number} race seconds, later than those of the frame before
   */
  time(arrival, flight) {
    this.reset = flight < this.#flight - RESET_S;
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
