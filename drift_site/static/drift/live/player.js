// Which moment a watcher of a live race sees: the newest one, one that stands still, or one that lies behind. Pure.

/** How far back one may go, and how late one may watch, s. */
export const MOST_BACK_S = 60;
export const MOST_DELAY_S = 60;

/** @typedef {"live" | "paused" | "rewound"} PlayerKind */

/**
 * The edge is the newest moment that can be shown. The chosen delay takes everything that many seconds before it: that is
 * "live" here. From there one may pause and go back.
 */
export class LivePlayer {
  #delay = 0;
  /** s behind the delayed edge; 0 is live. */
  #behind = 0;
  /** The race's second at which it stands still; NaN when it plays. */
  #still = NaN;

  /** @type {PlayerKind} */
  get kind() {
    if (!Number.isNaN(this.#still)) {
      return "paused";
    }
    return this.#behind > 0 ? "rewound" : "live";
  }

  get delay() {
    return this.#delay;
  }

  set delay(seconds) {
    this.#delay = Math.max(0, Math.min(MOST_DELAY_S, Number.isFinite(seconds) ? seconds : 0));
  }

  /**
   * The moment to show, race seconds; NaN as long as the edge is. What stands still for too long goes along at the end of
   * what is kept.
   * @param {number} edge race seconds
   */
  time(edge) {
    const newest = edge - this.#delay;
    if (Number.isNaN(this.#still)) {
      return newest - this.#behind;
    }
    return Math.min(newest, Math.max(newest - MOST_BACK_S, this.#still));
  }

  /** s that the shown moment is behind live. @param {number} edge */
  behind(edge) {
    return edge - this.#delay - this.time(edge);
  }

  /** @param {number} edge */
  pause(edge) {
    if (Number.isFinite(edge)) {
      this.#still = this.time(edge);
    }
  }

  /** Go on from where it stands. @param {number} edge */
  play(edge) {
    if (!Number.isNaN(this.#still)) {
      this.#behind = this.behind(edge);
      this.#still = NaN;
    }
  }

  /** @param {number} edge */
  toggle(edge) {
    if (this.kind === "paused") {
      this.play(edge);
    } else {
      this.pause(edge);
    }
  }

  /** Go by some seconds, at most to live and to the oldest. @param {number} edge @param {number} seconds */
  step(edge, seconds) {
    if (!Number.isFinite(edge)) {
      return;
    }
    const behind = Math.max(0, Math.min(MOST_BACK_S, this.behind(edge) - seconds));
    if (Number.isNaN(this.#still)) {
      this.#behind = behind;
    } else {
      this.#still = edge - this.#delay - behind;
    }
  }

  toLive() {
    this.#behind = 0;
    this.#still = NaN;
  }
}
