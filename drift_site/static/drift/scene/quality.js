// How fine the picture is drawn: as fine as the machine draws it fluently. Pure.

const WINDOW_S = 1.5;
const TOO_SLOW_S = 1 / 24;
const FLUENT_S = 1 / 50;
const COARSER = 0.7;
const LEAST = 0.5;
// A tab that was hidden has not been drawn, which says nothing of the machine.
const PAUSE_S = 0.5;
const FIRST_PATIENCE_S = 6;
const LONGEST_PATIENCE_S = 120;

export class Quality {
  /** Share of the screen's pixels in each direction. */
  share = 1;
  #sum = 0;
  #count = 0;
  #fluentFor = 0;
  /** s of fluent pictures before a finer one is tried; longer each time that failed. */
  #patience = FIRST_PATIENCE_S;

  /**
   * @param {number} elapsed s since the last picture
   * @returns {boolean} whether `share` is another one now
   */
  note(elapsed) {
    if (!(elapsed < PAUSE_S)) {
      return false;
    }
    this.#sum += elapsed;
    this.#count += 1;
    if (this.#sum < WINDOW_S) {
      return false;
    }
    const [mean, window] = [this.#sum / this.#count, this.#sum];
    this.#sum = this.#count = 0;
    this.#fluentFor = mean < FLUENT_S ? this.#fluentFor + window : 0;
    if (mean > TOO_SLOW_S && this.share > LEAST) {
      this.#patience = Math.min(LONGEST_PATIENCE_S, this.#patience * 2);
      this.share = Math.max(LEAST, this.share * COARSER);
      return true;
    }
    if (this.#fluentFor >= this.#patience && this.share < 1) {
      this.#fluentFor = 0;
      this.share = Math.min(1, this.share / COARSER);
      return true;
    }
    return false;
  }
}
