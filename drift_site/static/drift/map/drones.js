// The drones of a race as the stream tells of them: their names, latest frame, trail and rate.

import { noseFromAbove } from "../common/nose.js";
import { STALE_MS } from "../wire/feed.js";
import { Trail } from "./trail.js";

/** @typedef {import("../wire/protocol.js").FrameBatch} FrameBatch */
/** @typedef {import("../wire/protocol.js").DroneInfo} DroneInfo */
/** @typedef {import("../wire/protocol.js").Message} Message */

const RATE_WINDOW_MS = 1000;

export class Drone {
  name = "";
  trail = new Trail();
  /** Position in m; NaN until the first frame, and where the stream carries none. */
  x = NaN;
  y = NaN;
  z = NaN;
  /** Where the nose points seen from above; NaN when not known. */
  nose = { x: NaN, y: NaN, z: NaN };
  /** m/s; NaN when not known. */
  speed = NaN;
  /** µs since 1970 of the latest frame. */
  time = 0;
  seq = 0;
  /** When the latest frame came, on the page's clock. */
  arrivedAt = -Infinity;
  /** Frames a second that the sender's frames took; NaN in the first second. */
  rate = NaN;
  #rateSeq = 0;
  #rateAt = 0;

  /** @param {number} number the drone's number in its race, from 1 */
  constructor(number) {
    this.number = number;
  }

  get label() {
    return this.name || `Drone ${this.number}`;
  }

  /** @param {number} now */
  isStale(now) {
    return now - this.arrivedAt > STALE_MS;
  }

  /** @param {DroneInfo} info */
  describe(info) {
    this.name = info.name || info.pilot || "";
  }

  /** @param {FrameBatch} batch @param {number} i @param {number} now */
  take(batch, i, now) {
    const seq = batch.seq(i);
    if (seq <= this.seq) {
      return; // known from before a reconnection
    }
    if (this.seq === 0) {
      this.#rateSeq = seq;
      this.#rateAt = now;
    }
    this.seq = seq;
    this.arrivedAt = now;
    this.time = batch.time(i);
    this.x = batch.position(i, 0);
    this.y = batch.position(i, 1);
    this.z = batch.position(i, 2);
    this.speed = Math.hypot(batch.velocity(i, 0), batch.velocity(i, 1), batch.velocity(i, 2));
    noseFromAbove(batch.attitude(i, 0), batch.attitude(i, 1), batch.attitude(i, 2), batch.attitude(i, 3), this.nose);
    if (Number.isFinite(this.x) && Number.isFinite(this.z)) {
      this.trail.push(this.time, this.x, this.z);
    }
  }

  /**
   * The frame counter tells the sender's rate even where a slow connection left frames out.
   * @param {number} now
   */
  measure(now) {
    const elapsed = now - this.#rateAt;
    if (elapsed >= RATE_WINDOW_MS && this.seq > 0) {
      this.rate = ((this.seq - this.#rateSeq) * 1000) / elapsed;
      this.#rateSeq = this.seq;
      this.#rateAt = now;
    }
  }
}

export class Drones {
  /** @type {Map<number, Drone>} */
  #byNumber = new Map();
  /** @type {Drone[]} */
  #sorted = [];

  /** In the order of their numbers. */
  get all() {
    return this.#sorted;
  }

  /** µs since 1970 of the newest frame; 0 before the first. */
  newest = 0;

  /** @param {number} number */
  get(number) {
    let drone = this.#byNumber.get(number);
    if (!drone) {
      drone = new Drone(number);
      this.#byNumber.set(number, drone);
      this.#sorted = [...this.#byNumber.values()].sort((a, b) => a.number - b.number);
    }
    return drone;
  }

  /** @param {DroneInfo} info */
  describe(info) {
    this.get(info.drone).describe(info);
  }

  /** @param {Message} message */
  event(message) {
    if (message.type === "hello") {
      message.drones.forEach((info) => this.describe(info));
    } else if (message.type === "drone") {
      this.describe(message);
    }
  }

  /** @param {FrameBatch} batch @param {number} now when it came, on the page's clock */
  frames(batch, now) {
    for (let i = 0; i < batch.count; i += 1) {
      this.get(batch.drone(i)).take(batch, i, now);
      this.newest = Math.max(this.newest, batch.time(i));
    }
  }

  /**
   * Frames a second of all senders together; NaN until it is known.
   * @param {number} now
   */
  rate(now) {
    let sum = NaN;
    for (const drone of this.#sorted) {
      drone.measure(now);
      if (!Number.isNaN(drone.rate)) {
        sum = (Number.isNaN(sum) ? 0 : sum) + drone.rate;
      }
    }
    return sum;
  }
}
