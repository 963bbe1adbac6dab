// Frames as typed arrays: what the socket or the recording writes, and every view reads.

import { EvenClock, firstMoved, FRESH } from "./evenclock.js";

/** @typedef {import("../wire/protocol.js").FrameBatch} FrameBatch */

/** Where each value of a frame stands in its row of `values`. Units and axes are docs/protocol.md's. */
export const COLUMN = Object.freeze({
  x: 0,
  y: 1,
  z: 2,
  qx: 3,
  qy: 4,
  qz: 5,
  qw: 6,
  vx: 7,
  vy: 8,
  vz: 9,
  gyroPitch: 10,
  gyroRoll: 11,
  gyroYaw: 12,
  throttle: 13,
  yaw: 14,
  pitch: 15,
  roll: 16,
  charge: 17,
  volts: 18,
  rpm: 19, // eight of them
  motorCount: 27,
});
export const WIDTH = 28;

// Frames closer together than this are left out: 200 a second are finer than a screen shows, at whatever rate a sender sends.
export const LEAST_SPACING_S = 0.004;
// Across a longer silence nobody knows the way, and nothing flies as fast as this.
const GAP_S = 0.5;
const FASTEST_M_PER_S = 200;
// Frames that came in a burst seem faster than they were, where the sender has no clock.
const SLACK_M = 1;
const FIRST_CAPACITY = 1024;

/**
 * Write a frame of a batch as a row of COLUMN.
 * @param {Float32Array} values @param {number} at where the row begins @param {FrameBatch} batch @param {number} i
 */
export function writeRow(values, at, batch, i) {
  for (let axis = 0; axis < 3; axis += 1) {
    values[at + COLUMN.x + axis] = batch.position(i, axis);
    values[at + COLUMN.vx + axis] = batch.velocity(i, axis);
    values[at + COLUMN.gyroPitch + axis] = batch.gyro(i, axis);
  }
  for (let part = 0; part < 4; part += 1) {
    values[at + COLUMN.qx + part] = batch.attitude(i, part);
    values[at + COLUMN.throttle + part] = batch.input(i, part);
  }
  values[at + COLUMN.charge] = batch.battery(i, 0);
  values[at + COLUMN.volts] = batch.battery(i, 1);
  for (let motor = 0; motor < 8; motor += 1) {
    values[at + COLUMN.rpm + motor] = batch.motorRpm(i, motor);
  }
  values[at + COLUMN.motorCount] = batch.motorCount(i);
}

/** @typedef {{time(index: number): number, value(index: number, column: number): number}} Rows */

/**
 * Whether nobody knows the way from one frame to the next: too long a silence, or farther than anything flies.
 * @param {Rows} from @param {number} a its frame @param {Rows} to @param {number} b its frame, the later one
 */
export function isJump(from, a, to, b) {
  const elapsed = to.time(b) - from.time(a);
  const distance = Math.hypot(
    to.value(b, COLUMN.x) - from.value(a, COLUMN.x),
    to.value(b, COLUMN.y) - from.value(a, COLUMN.y),
    to.value(b, COLUMN.z) - from.value(a, COLUMN.z),
  );
  return elapsed > GAP_S || distance > SLACK_M + FASTEST_M_PER_S * elapsed;
}

/**
 * One drone's frames in the order of time. Frames have running numbers from `first` up to, not with, `end`; the oldest
 * go when there are more than `limit`.
 */
export class FrameSeries {
  #time = new Float64Array(FIRST_CAPACITY);
  /** When each came by the server's clock, race seconds. */
  #arrival = new Float64Array(FIRST_CAPACITY);
  #values = new Float32Array(FIRST_CAPACITY * WIDTH);
  #flight = new Float32Array(FIRST_CAPACITY);
  /** The server's number of each frame. */
  #seqs = new Uint32Array(FIRST_CAPACITY);
  /** 1 where the way from the frame before is not known. */
  #cut = new Uint8Array(FIRST_CAPACITY);
  #capacity = FIRST_CAPACITY;
  #limit;
  #clock = new EvenClock();
  #seq = 0;
  /** When the latest frame arrived by the server's clock, race seconds; −Infinity before the first. */
  arrival = -Infinity;
  first = 0;
  end = 0;
  /** Another number when frames were put in between, or otherwise than at the end: what was made of them is out of date. */
  version = 0;

  /** @param {number} drone its number in the race @param {number} [limit] the most frames that are kept */
  constructor(drone, limit = Infinity) {
    this.drone = drone;
    this.#limit = limit;
  }

  /** How many frames the server has numbered for this drone, also those that were left out here. */
  get seq() {
    return this.#seq;
  }

  get length() {
    return this.end - this.first;
  }

  /** Race seconds of a frame. @param {number} index */
  time(index) {
    return this.#time[index % this.#capacity];
  }

  /** When a frame came, by the server's clock, race seconds. @param {number} index */
  arrivalAt(index) {
    return this.#arrival[index % this.#capacity];
  }

  /** The sender's clock, s; NaN when its stream has none. @param {number} index */
  flight(index) {
    return this.#flight[index % this.#capacity];
  }

  /** The server's number of a frame. @param {number} index */
  seqAt(index) {
    return this.#seqs[index % this.#capacity];
  }

  /** @param {number} index @param {number} column of COLUMN */
  value(index, column) {
    return this.#values[(index % this.#capacity) * WIDTH + column];
  }

  /** Whether the way from the frame before to this one is not known: a reset, a jump, a gap. @param {number} index */
  isCut(index) {
    return this.#cut[index % this.#capacity] === 1;
  }

  /**
   * The last frame not later than a moment; `first − 1` when all are later.
   * @param {number} time race seconds
   */
  indexAt(time) {
    return this.#lastUpTo(time, this.#time);
  }

  /**
   * When the latest frame came that had come by a moment, race seconds; −Infinity when none had.
   * @param {number} time race seconds
   */
  heardBy(time) {
    const index = this.#lastUpTo(time, this.#arrival);
    return index < this.first ? -Infinity : this.arrivalAt(index);
  }

  /** @param {number} time @param {Float64Array} times that rise with the frames' numbers */
  #lastUpTo(time, times) {
    let low = this.first;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle % this.#capacity] <= time) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  /**
   * Add a frame; one that is known already, as after a reconnection, is passed over.
   * @param {FrameBatch} batch @param {number} i
   */
  push(batch, i) {
    const seq = batch.seq(i);
    if (seq <= this.#seq) {
      return;
    }
    this.#seq = seq;
    this.arrival = (batch.time(i) - batch.raceStart) / 1e6;
    const time = this.#clock.time(this.arrival, batch.flightTime(i));
    const reset = this.#clock.reset;
    if (this.#clock.moved > 0) {
      this.#move();
    }
    if (this.length > 0 && !reset && time - this.time(this.end - 1) < LEAST_SPACING_S) {
      return;
    }
    this.#makeRoom();
    const slot = this.end % this.#capacity;
    this.#time[slot] = time;
    this.#arrival[slot] = this.arrival;
    this.#flight[slot] = batch.flightTime(i);
    this.#seqs[slot] = seq;
    writeRow(this.#values, slot * WIDTH, batch, i);
    this.end += 1;
    this.#cut[slot] = reset || this.#isJump(this.end - 1) ? 1 : 0;
  }

  /** The clock has found out that it had stood still. */
  #move() {
    const from = firstMoved(this.#clock, this, this.first, this.end);
    for (let index = from; index < this.end; index += 1) {
      this.#time[index % this.#capacity] += this.#clock.moved;
    }
    if (from < this.end) {
      this.#cut[from % this.#capacity] = this.#isJump(from) ? 1 : 0;
      this.version += 1;
    }
  }

  /** @param {number} index */
  #isJump(index) {
    return index <= this.first || isJump(this, index - 1, this, index);
  }

  /**
   * Take what insertion.js has put together instead: as many of the newest frames as are kept. Frames are numbered anew.
   * @param {import("./insertion.js").Columns} columns the latest frame is the series' own, or its first
   */
  adopt({ count, time, arrival, flight, seq, values, cut }) {
    const from = Math.max(0, count - this.#limit);
    const kept = count - from;
    this.#capacity = Math.min(this.#limit, Math.max(FIRST_CAPACITY, this.#capacity, kept));
    this.#time = copied(new Float64Array(this.#capacity), time.subarray(from, count));
    this.#arrival = copied(new Float64Array(this.#capacity), arrival.subarray(from, count));
    this.#flight = copied(new Float32Array(this.#capacity), flight.subarray(from, count));
    this.#seqs = copied(new Uint32Array(this.#capacity), seq.subarray(from, count));
    this.#values = copied(new Float32Array(this.#capacity * WIDTH), values.subarray(from * WIDTH, count * WIDTH));
    this.#cut = copied(new Uint8Array(this.#capacity), cut.subarray(from, count));
    if (kept > 0 && this.#seq === 0) {
      this.#seq = seq[count - 1];
      this.arrival = arrival[count - 1];
      const offset = Number.isNaN(flight[count - 1]) ? Infinity : time[count - 1] - flight[count - 1];
      this.#clock = new EvenClock({ ...FRESH, flight: flight[count - 1], offset, last: time[count - 1] });
    }
    this.first = 0;
    this.end = kept;
    this.version += 1;
  }

  /** What its arrays take. */
  get bytes() {
    const arrays = [this.#time, this.#arrival, this.#flight, this.#seqs, this.#values, this.#cut];
    return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  #makeRoom() {
    if (this.length < this.#capacity) {
      return;
    }
    if (this.#capacity < this.#limit) {
      this.#grow(Math.min(this.#limit, this.#capacity * 2));
    } else {
      this.first += 1;
    }
  }

  /** Only while the oldest frame stands in the first slot, so slots and numbers still agree. @param {number} capacity */
  #grow(capacity) {
    this.#time = copied(new Float64Array(capacity), this.#time);
    this.#arrival = copied(new Float64Array(capacity), this.#arrival);
    this.#flight = copied(new Float32Array(capacity), this.#flight);
    this.#seqs = copied(new Uint32Array(capacity), this.#seqs);
    this.#values = copied(new Float32Array(capacity * WIDTH), this.#values);
    this.#cut = copied(new Uint8Array(capacity), this.#cut);
    this.#capacity = capacity;
  }
}

/**
 * @template {Float64Array | Float32Array | Uint32Array | Uint8Array} T
 * @param {T} larger @param {ArrayLike<number>} smaller
 */
function copied(larger, smaller) {
  larger.set(smaller);
  return larger;
}

/** The frames of all drones of a race. */
export class FrameStore {
  /** @type {Map<number, FrameSeries>} */
  #series = new Map();
  #limit;
  /** µs since 1970 of the race's first frame; NaN before it is known. */
  raceStart = NaN;
  /** Frames taken out of batches, known ones among them. */
  received = 0;
  /** Frames that the server numbered and that the socket did not bring. */
  missed = 0;
  /** Race seconds of the newest frame by the server's clock; −Infinity before the first. */
  newest = -Infinity;

  /** @param {number} [limit] the most frames that are kept of a drone */
  constructor(limit = Infinity) {
    this.#limit = limit;
  }

  /** What the series' arrays take. */
  get bytes() {
    let sum = 0;
    this.#series.forEach((series) => (sum += series.bytes));
    return sum;
  }

  /** In no order. */
  get all() {
    return this.#series.values();
  }

  /** @param {number} drone */
  get(drone) {
    return this.#series.get(drone);
  }

  /** @param {FrameBatch} batch */
  take(batch) {
    this.raceStart = batch.raceStart;
    this.received += batch.count;
    for (let i = 0; i < batch.count; i += 1) {
      const series = this.make(batch.drone(i));
      if (series.seq > 0) {
        this.missed += Math.max(0, batch.seq(i) - series.seq - 1);
      }
      series.push(batch, i);
      this.newest = Math.max(this.newest, series.arrival);
    }
  }

  /** A drone's series, made where there is none yet. @param {number} drone */
  make(drone) {
    let series = this.#series.get(drone);
    if (!series) {
      series = new FrameSeries(drone, this.#limit);
      this.#series.set(drone, series);
    }
    return series;
  }
}
