// What a replay does with time: plays, waits, steps, loops. Pure: seconds in, seconds out.

/** @typedef {import("../data/series.js").Series} Series */
/** @typedef {readonly [number, number]} Span from, to: race seconds */

export const SLOWEST = 0.1;
export const FASTEST = 8;
/** What the page offers; an address may say any speed between. */
export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4, 8];
export const SHORTEST_LOOP_S = 0.1;
// A page that was hidden or busy goes on where it was, instead of leaping.
const LONGEST_STEP_S = 0.25;
// Less than any two frames are apart.
const SAME_S = 1e-4;
// "Previous lap" this soon after a lap's start means the one before it.
const BACK_S = 1;

export class Player {
  #time = 0;
  #speed = 1;
  #playing = false;
  #waiting = false;
  /** @type {number | null} */
  #in = null;
  /** @type {number | null} */
  #out = null;
  #duration;

  /** @param {number} duration s */
  constructor(duration) {
    this.#duration = Math.max(0, duration);
  }

  get duration() {
    return this.#duration;
  }

  /** Race seconds. */
  get time() {
    return this.#time;
  }

  get speed() {
    return this.#speed;
  }

  /** Whether it plays, or will as soon as frames are there. */
  get playing() {
    return this.#playing;
  }

  /** Whether the frames of this moment are not there yet. */
  get waiting() {
    return this.#waiting;
  }

  get atEnd() {
    return this.#time >= this.#duration;
  }

  /** What is played over and over. @returns {Span | null} */
  get loop() {
    return this.#in !== null && this.#out !== null ? [this.#in, this.#out] : null;
  }

  /** The ends that were set, of which one may be missing. @returns {{in: number | null, out: number | null}} */
  get ends() {
    return { in: this.#in, out: this.#out };
  }

  play() {
    if (this.#duration === 0) {
      return;
    }
    if (this.atEnd) {
      this.#time = this.#in ?? 0;
    }
    this.#playing = true;
  }

  pause() {
    this.#playing = false;
  }

  toggle() {
    if (this.#playing) {
      this.pause();
    } else {
      this.play();
    }
  }

  /** @param {number} time race seconds */
  seek(time) {
    this.#time = within(time, 0, this.#duration);
  }

  /** @param {number} seconds */
  step(seconds) {
    this.seek(this.#time + seconds);
  }

  /** Go to the next or the last frame of a drone, and stand there. @param {Series | undefined} series @param {1 | -1} way */
  stepFrame(series, way) {
    this.pause();
    if (!series || series.length === 0) {
      return;
    }
    const here = series.indexAt(this.#time + SAME_S);
    const isAt = here >= series.first && series.time(here) > this.#time - SAME_S;
    const next = way > 0 ? here + 1 : isAt ? here - 1 : here;
    if (next >= series.first && next < series.end) {
      this.seek(series.time(next));
    }
  }

  /** @param {number} speed */
  setSpeed(speed) {
    this.#speed = within(speed, SLOWEST, FASTEST);
  }

  /** Take the next of the offered speeds. @param {1 | -1} way */
  changeSpeed(way) {
    const others = way > 0 ? SPEEDS.filter((speed) => speed > this.#speed) : SPEEDS.filter((speed) => speed < this.#speed);
    this.#speed = (way > 0 ? others[0] : others.at(-1)) ?? this.#speed;
  }

  /** Begin the loop here; an end that is not behind it goes. */
  setIn() {
    this.#in = Math.min(this.#time, Math.max(0, this.#duration - SHORTEST_LOOP_S));
    if (this.#out !== null && this.#out - this.#in < SHORTEST_LOOP_S - SAME_S) {
      this.#out = null;
    }
  }

  /** End the loop here; a beginning that is not before it goes. */
  setOut() {
    this.#out = Math.max(this.#time, Math.min(this.#duration, SHORTEST_LOOP_S));
    if (this.#in !== null && this.#out - this.#in < SHORTEST_LOOP_S - SAME_S) {
      this.#in = null;
    }
  }

  /** @param {Span | null} span null: play on; one that is too short or not within the recording is none */
  setLoop(span) {
    const [from, to] = span ? [within(span[0], 0, this.#duration), within(span[1], 0, this.#duration)] : [0, 0];
    const isOne = to - from > SHORTEST_LOOP_S - SAME_S;
    this.#in = isOne ? from : null;
    this.#out = isOne ? to : null;
  }

  /**
   * Go to where the next lap starts.
   * @param {readonly number[]} starts of laps, race seconds, in order
   */
  nextLap(starts) {
    const next = starts.find((start) => start > this.#time + SAME_S);
    if (next !== undefined) {
      this.seek(next);
    }
  }

  /** Go to where this lap started; soon after that, to where the one before did. @param {readonly number[]} starts */
  previousLap(starts) {
    const soon = this.#playing ? BACK_S * Math.max(1, this.#speed) : SAME_S;
    const before = starts.findLast((start) => start < this.#time - soon);
    if (before !== undefined) {
      this.seek(before);
    }
  }

  /**
   * Let time pass.
   * @param {number} elapsed s, the viewer's
   * @param {(time: number) => boolean} ready whether all frames of a moment are there
   */
  advance(elapsed, ready) {
    this.#waiting = !ready(this.#time);
    if (!this.#playing || this.#waiting) {
      return;
    }
    const next = this.#after(Math.min(elapsed, LONGEST_STEP_S) * this.#speed);
    this.#waiting = !ready(next);
    // Where a loop comes round, its beginning may be held no more, and it is loaded only around the moment: so it is waited for there.
    if (!this.#waiting || next < this.#time) {
      this.#time = next;
      this.#playing = next < this.#duration;
    }
  }

  /** @param {number} seconds */
  #after(seconds) {
    const next = this.#time + seconds;
    const { loop } = this;
    if (loop && this.#time < loop[1] && next >= loop[1]) {
      const again = loop[0] + ((next - loop[1]) % (loop[1] - loop[0]));
      return again < loop[1] ? again : loop[0];
    }
    return Math.min(next, this.#duration);
  }
}

/** @param {number} value @param {number} least @param {number} most */
function within(value, least, most) {
  return Math.min(Math.max(value, least), most);
}
