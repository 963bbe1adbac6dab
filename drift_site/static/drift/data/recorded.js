// The frames of a recording, of which some chunks are held: they come in any order, and go again.

import { isReset, FRESH } from "./evenclock.js";
import { isJump } from "./ring.js";
import { Segment } from "./segment.js";

/** @typedef {import("../wire/protocol.js").FrameBatch} FrameBatch */
/** @typedef {import("./evenclock.js").ClockState} ClockState */

// Frames keep their numbers while chunks are added before and behind: numbering begins far from 0.
const MIDDLE = 2 ** 30;
// Clocks' states are kept of this many chunks of a drone: 14 hours.
const MOST_STATES = 5000;

/**
 * One drone's frames in the chunks around the moment that is shown: those that follow one another without one missing.
 * To views it is as the series of a race that goes on: see series.js.
 */
export class RecordedSeries {
  /** All chunks that are held; null where the drone has no frame. @type {Map<number, Segment | null>} */
  #held = new Map();
  /** Where the drone's clock stood at the end of each chunk. @type {Map<number, ClockState>} */
  #ends = new Map();
  /** Those around the moment, in order. @type {Segment[]} */
  #run = [];
  /** The one that was read last. @type {Segment | null} */
  #at = null;
  first = MIDDLE;
  end = MIDDLE;
  /** Another number when frames have other numbers or times than they had, or came before the others. */
  version = 0;

  /** @param {number} drone */
  constructor(drone) {
    this.drone = drone;
  }

  get length() {
    return this.end - this.first;
  }

  /** @param {number} index */
  time(index) {
    const segment = this.#find(index);
    return segment.time(index - segment.base);
  }

  /** @param {number} index */
  flight(index) {
    const segment = this.#find(index);
    return segment.flight(index - segment.base);
  }

  /** @param {number} index @param {number} column */
  value(index, column) {
    const segment = this.#find(index);
    return segment.value(index - segment.base, column);
  }

  /** @param {number} index */
  isCut(index) {
    const segment = this.#find(index);
    return segment.isCut(index - segment.base);
  }

  /** @param {number} time */
  indexAt(time) {
    let low = 0;
    let high = this.#run.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#run[middle].time(0) <= time) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low === 0 ? this.first - 1 : this.#run[low - 1].base + this.#run[low - 1].indexAt(time);
  }

  /** @param {number} time */
  heardBy(time) {
    let i = this.#run.length - 1;
    while (i >= 0 && this.#run[i].arrivalAt(0) > time) {
      i -= 1;
    }
    return i < 0 ? -Infinity : this.#run[i].heardBy(time);
  }

  /** @param {number} index @returns {Segment} */
  #find(index) {
    const at = this.#at;
    if (at && index >= at.base && index < at.base + at.count) {
      return at;
    }
    let low = 0;
    let high = this.#run.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#run[middle].base <= index) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    const found = this.#run[low];
    if (!found || index < found.base || index >= found.base + found.count) {
      throw new RangeError(`Frame ${index} is not held.`);
    }
    this.#at = found;
    return found;
  }

  /** When the drone was put back, in all chunks that are held; race seconds, in order. */
  get resets() {
    const moments = [];
    for (const segment of this.#held.values()) {
      for (let i = 0; segment && i < segment.count; i += 1) {
        if (segment.isReset(i)) {
          moments.push(segment.time(i));
        }
      }
    }
    return moments.sort((a, b) => a - b);
  }

  /**
   * Take a chunk, and let the times of those behind follow from it.
   * @param {number} chunk @param {Segment | null} segment null when the drone has no frame in it
   */
  put(chunk, segment) {
    this.#held.set(chunk, segment);
    let state = chunk === 0 ? FRESH : this.#ends.get(chunk - 1);
    for (let next = chunk; this.#held.has(next); next += 1) {
      const before = this.#ends.get(next);
      state = this.#held.get(next)?.retime(state) ?? state;
      if (!state || (next !== chunk && before && same(before, state))) {
        return;
      }
      this.#remember(next, state);
      this.version += next === chunk ? 0 : 1;
    }
  }

  /** @param {number} chunk @param {ClockState} state */
  #remember(chunk, state) {
    this.#ends.set(chunk, state);
    if (this.#ends.size > MOST_STATES) {
      this.#ends.delete(/** @type {number} */ (this.#ends.keys().next().value));
    }
  }

  /** @param {number} chunk */
  drop(chunk) {
    this.#held.delete(chunk);
  }

  /**
   * Put the series together of the chunks from `low` to `high`, which are all held.
   * @param {number} low @param {number} high
   */
  arrange(low, high) {
    const before = new Set(this.#run);
    this.#run = [];
    for (let chunk = low; chunk <= high; chunk += 1) {
      const segment = this.#held.get(chunk);
      if (segment && segment.count > 0) {
        this.#run.push(segment);
      }
    }
    this.#at = null;
    this.#number(before);
    this.#run.forEach((segment, i) => {
      const last = this.#run[i - 1];
      segment.cut = !last || !follows(last, segment);
    });
  }

  /** Number the frames, as they were where some of them were numbered `before`. @param {Set<Segment>} before */
  #number(before) {
    let anchor = this.#run.findIndex((segment) => before.has(segment));
    if (anchor < 0) {
      anchor = 0;
      this.version += before.size > 0 ? 1 : 0;
      if (this.#run.length > 0) {
        this.#run[0].base = MIDDLE;
      }
    }
    for (let i = anchor + 1; i < this.#run.length; i += 1) {
      this.#run[i].base = this.#run[i - 1].base + this.#run[i - 1].count;
    }
    this.version += anchor > 0 ? 1 : 0;
    for (let i = anchor - 1; i >= 0; i -= 1) {
      this.#run[i].base = this.#run[i + 1].base - this.#run[i].count;
    }
    const last = this.#run.at(-1);
    this.first = last ? this.#run[0].base : MIDDLE;
    this.end = last ? last.base + last.count : MIDDLE;
  }
}

/** @param {Segment} before @param {Segment} after */
function follows(before, after) {
  const last = before.count - 1;
  return !isReset(before.flight(last), after.flight(0)) && !isJump(before, last, after, 0);
}

/** @param {ClockState} a @param {ClockState} b */
function same(a, b) {
  const clocks = Object.is(a.flight, b.flight) && a.offset === b.offset && a.last === b.last;
  return clocks && Object.is(a.block, b.block) && a.least === b.least && a.before === b.before;
}

/** The frames of all drones in the chunks that are held; to views as any Store of series.js. */
export class RecordedStore {
  /** @type {Map<number, RecordedSeries>} */
  #series = new Map();
  /** The bytes of each chunk that is held. @type {Map<number, number>} */
  #held = new Map();
  /** Those that were ever held. @type {Set<number>} */
  #known = new Set();
  #around = 0;
  /** Frames taken so far, those that were taken again among them. */
  received = 0;
  /** The bytes of the typed arrays that are held. */
  bytes = 0;

  get all() {
    return this.#series.values();
  }

  /** @param {number} drone */
  get(drone) {
    return this.#series.get(drone);
  }

  /** @param {number} chunk */
  has(chunk) {
    return this.#held.has(chunk);
  }

  /**
   * Take a whole chunk.
   * @param {number} chunk @param {FrameBatch[]} batches
   * @returns {number} its bytes
   */
  put(chunk, batches) {
    this.drop(chunk);
    const segments = split(batches);
    let bytes = 0;
    for (const [drone, segment] of segments) {
      this.#make(drone);
      bytes += segment.bytes;
    }
    for (const series of this.#series.values()) {
      series.put(chunk, segments.get(series.drone) ?? null);
    }
    batches.forEach((batch) => (this.received += batch.count));
    this.#held.set(chunk, bytes);
    this.bytes += bytes;
    this.#known.add(chunk);
    this.#arrange();
    return bytes;
  }

  /** @param {number} chunk */
  drop(chunk) {
    const bytes = this.#held.get(chunk);
    if (bytes !== undefined) {
      this.#held.delete(chunk);
      this.bytes -= bytes;
      for (const series of this.#series.values()) {
        series.drop(chunk);
      }
      this.#arrange();
    }
  }

  /** Give views the chunks around this one. @param {number} chunk */
  turnTo(chunk) {
    if (chunk !== this.#around) {
      this.#around = chunk;
      this.#arrange();
    }
  }

  #arrange() {
    const around = this.#around;
    let [low, high] = [around, around - 1];
    if (this.#held.has(around)) {
      high = around;
      while (this.#held.has(low - 1)) {
        low -= 1;
      }
      while (this.#held.has(high + 1)) {
        high += 1;
      }
    }
    for (const series of this.#series.values()) {
      series.arrange(low, high);
    }
  }

  /** @param {number} drone */
  #make(drone) {
    let series = this.#series.get(drone);
    if (!series) {
      series = new RecordedSeries(drone);
      this.#series.set(drone, series);
      for (let chunk = 0; this.#known.has(chunk); chunk += 1) {
        series.put(chunk, null); // it had no frame so early
      }
    }
    return series;
  }
}

/** @param {FrameBatch[]} batches @returns {Map<number, Segment>} by drone */
function split(batches) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const batch of batches) {
    for (let i = 0; i < batch.count; i += 1) {
      const drone = batch.drone(i);
      counts.set(drone, (counts.get(drone) ?? 0) + 1);
    }
  }
  const segments = new Map([...counts].map(([drone, count]) => [drone, new Segment(count)]));
  for (const batch of batches) {
    for (let i = 0; i < batch.count; i += 1) {
      segments.get(batch.drone(i))?.push(batch, i);
    }
  }
  return segments;
}
