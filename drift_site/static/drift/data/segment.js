// One drone's frames of one chunk of a recording, and their even times.

import { EvenClock, firstMoved, FRESH, isReset } from "./evenclock.js";
import { isJump, LEAST_SPACING_S, WIDTH, writeRow } from "./ring.js";

/** @typedef {import("../wire/protocol.js").FrameBatch} FrameBatch */
/** @typedef {import("./evenclock.js").ClockState} ClockState */

export class Segment {
  #arrival;
  #flight;
  #values;
  #time;
  /** 1 where the drone was put back since the frame before. */
  #reset;
  /** 1 where the way from the frame before is not known; of the first frame the series knows it. */
  #cut;
  /** How many frames there are. */
  count = 0;
  /** The number of its first frame in the series; changes when the series is put together anew. */
  base = 0;
  /** Whether the way from the last frame of the segment before to the first of this one is not known. */
  cut = true;

  /** @param {number} room the most frames that will be added */
  constructor(room) {
    this.#arrival = new Float64Array(room);
    this.#flight = new Float32Array(room);
    this.#values = new Float32Array(room * WIDTH);
    this.#time = new Float64Array(room);
    this.#reset = new Uint8Array(room);
    this.#cut = new Uint8Array(room);
  }

  get bytes() {
    return this.#values.byteLength + this.#time.byteLength * 2 + this.#flight.byteLength + this.#reset.byteLength * 2;
  }

  /** Race seconds. @param {number} i counted within the segment, as everywhere here */
  time(i) {
    return this.#time[i];
  }

  /** When it came, by the server's clock, race seconds. @param {number} i */
  arrivalAt(i) {
    return this.#arrival[i];
  }

  /** @param {number} i */
  flight(i) {
    return this.#flight[i];
  }

  /** @param {number} i @param {number} column */
  value(i, column) {
    return this.#values[i * WIDTH + column];
  }

  /** Whether the drone was put back since the frame before. @param {number} i */
  isReset(i) {
    return this.#reset[i] === 1;
  }

  /** @param {number} i */
  isCut(i) {
    return i === 0 ? this.cut : this.#cut[i] === 1;
  }

  /**
   * Add the next frame. Frames closer together than anybody sees are left out, by the sender's clock where there is one:
   * so it is always the same ones that stay, however the chunks come.
   * @param {FrameBatch} batch @param {number} i
   */
  push(batch, i) {
    const at = this.count;
    const arrival = (batch.time(i) - batch.raceStart) / 1e6;
    const flight = batch.flightTime(i);
    if (at > 0) {
      const reset = isReset(this.#flight[at - 1], flight);
      const elapsed = Number.isNaN(flight) ? arrival - this.#arrival[at - 1] : flight - this.#flight[at - 1];
      if (!reset && elapsed < LEAST_SPACING_S) {
        return;
      }
      this.#reset[at] = reset ? 1 : 0;
    }
    this.#arrival[at] = arrival;
    this.#flight[at] = flight;
    writeRow(this.#values, at * WIDTH, batch, i);
    this.count += 1;
  }

  /**
   * Give all frames their even times.
   * @param {ClockState | undefined} start where the drone's clock stood at the end of the chunk before; undefined when
   *   nobody knows. Then the least delay of the chunk's first flight is taken for that of all of it so far
   * @returns {ClockState} where it stands at the end of this one
   */
  retime(start) {
    const clock = new EvenClock(start ?? this.#guess());
    for (let i = 0; i < this.count; i += 1) {
      this.#time[i] = clock.time(this.#arrival[i], this.#flight[i]);
      if (clock.moved > 0) {
        this.#move(clock, i);
      }
      this.#reset[i] = clock.reset ? 1 : 0;
      this.#cut[i] = clock.reset || (i > 0 && isJump(this, i - 1, this, i)) ? 1 : 0;
    }
    return clock.state;
  }

  /** The clock has found out that it had stood still; a chunk before this one is left as it is. @param {EvenClock} clock @param {number} end */
  #move(clock, end) {
    const from = firstMoved(clock, this, 0, end);
    for (let i = from; i < end; i += 1) {
      this.#time[i] += clock.moved;
    }
    if (from > 0 && from < end) {
      this.#cut[from] = this.#reset[from] === 1 || isJump(this, from - 1, this, from) ? 1 : 0;
    }
  }

  /** The last frame not later than a moment; −1 when all are later. @param {number} time */
  indexAt(time) {
    return this.#lastUpTo(time, this.#time);
  }

  /** When the latest frame came that had come by a moment; −Infinity when none had. @param {number} time */
  heardBy(time) {
    const i = this.#lastUpTo(time, this.#arrival);
    return i < 0 ? -Infinity : this.#arrival[i];
  }

  /** @param {number} time @param {Float64Array} times that rise */
  #lastUpTo(time, times) {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] <= time) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  /** @returns {ClockState} */
  #guess() {
    let offset = Infinity;
    for (let i = 0; i < this.count && this.#reset[i] === 0; i += 1) {
      const delay = this.#arrival[i] - this.#flight[i];
      if (delay < offset) {
        offset = delay;
      }
    }
    return { ...FRESH, offset };
  }
}
