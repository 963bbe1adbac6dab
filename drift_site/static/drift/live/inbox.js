// What a race's socket has said, written down by when it was so: frames into rings, standings and events into logs.

import { Backfill } from "../data/backfill.js";
import { ServerClock } from "../data/clock.js";
import { FrameStore } from "../data/ring.js";
import { TimedLog } from "../data/timedlog.js";
import { MOST_BACK_S, MOST_DELAY_S } from "./player.js";

/** @typedef {import("../wire/protocol.js").CrossingEvent} CrossingEvent */
/** @typedef {import("../wire/protocol.js").DroneInfo} DroneInfo */
/** @typedef {import("../wire/protocol.js").FrameBatch} FrameBatch */
/** @typedef {import("../wire/protocol.js").Hello} Hello */
/** @typedef {import("../wire/protocol.js").LapEvent} LapEvent */
/** @typedef {import("../wire/protocol.js").Message} Message */
/** @typedef {import("../wire/protocol.js").Standing} Standing */
/** @typedef {import("../wire/protocol.js").Track} Track */

// One may watch a minute late, and go back a minute from there.
const KEEP_S = MOST_BACK_S + MOST_DELAY_S + 5;
const MOST_FRAMES = KEEP_S * 250;
const MOST_EVENTS = 2000;
const TRAIL_S = 60;
/** So many laps are listed, however long ago they were closed. */
export const LISTED_LAPS = 6;
// A race that sends nothing so long after its hello has drones that stand still: the clock is then the hello's.
const QUIET_MS = 1500;
// The frames' clock and that of the hello may go apart, by seconds after some days.
const APART_S = 0.25;
const LATER_S = 1e-3;

export class Inbox {
  store = new FrameStore(MOST_FRAMES);
  clock = new ServerClock();
  /** @type {Map<number, DroneInfo>} */
  drones = new Map();
  /** @type {Track | null} */
  track = null;
  /** @type {TimedLog<Standing[]>} */
  standings = new TimedLog(KEEP_S, MOST_EVENTS);
  /** @type {TimedLog<LapEvent>} */
  laps = new TimedLog(KEEP_S, MOST_EVENTS, LISTED_LAPS);
  /** @type {TimedLog<string>} */
  statuses = new TimedLog(KEEP_S, MOST_EVENTS);
  /** Each drone's gates that counted; null where some may have been missed. @type {Map<number, TimedLog<CrossingEvent | null>>} */
  #crossings = new Map();
  /** Changes with what drones there are, what they are called, and with the track. */
  revision = 0;
  backfill;
  /** @type {{hello: Hello, at: number, told: number} | null} a hello that no frames have followed yet; `told` in race seconds */
  #quiet = null;
  #heard = -Infinity;

  /** @param {string} telemetry the address of the race's recording */
  constructor(telemetry) {
    this.backfill = new Backfill(telemetry, this.store);
  }

  /** @param {Message} message @param {number} now ms */
  event(message, now) {
    switch (message.type) {
      case "hello":
        this.#hello(message, now);
        break;
      case "drone":
        this.drones.set(message.drone, message);
        this.revision += 1;
        break;
      case "standings":
        this.standings.push(this.#newest, message.standings);
        break;
      case "crossing":
        if (message.counted) {
          this.#crossingsOf(message.drone).push(this.#seconds(message.time), message);
        }
        break;
      case "lap":
        this.laps.push(this.#newest, message);
        break;
      case "race":
        this.statuses.push(this.#newest, message.status);
        break;
    }
  }

  /** @param {FrameBatch} batch @param {number} now ms */
  frames(batch, now) {
    const before = this.store.newest;
    this.store.take(batch);
    if (this.#quiet) {
      this.#begin(batch, before, now);
    }
    this.#heard = now;
    this.clock.arrive(this.store.newest, now / 1000);
  }

  /** Called now and then. @param {number} now ms */
  look(now) {
    const quiet = this.#quiet;
    if (quiet && this.#heard < quiet.at && now - quiet.at > QUIET_MS && quiet.hello.race.started_at) {
      const time = momentOf(quiet.hello);
      this.clock.arrive(time, quiet.at / 1000);
      this.#fill(Math.max(this.store.newest, time - TRAIL_S), time);
      this.#heard = now;
    }
  }

  /**
   * The last gate of a drone that counted by a moment; undefined where nobody knows.
   * @param {number} drone @param {number} time race seconds
   */
  crossingAt(drone, time) {
    return this.#crossings.get(drone)?.at(time) ?? undefined;
  }

  close() {
    this.backfill.close();
  }

  /** The moment of which the server speaks, race seconds; −Infinity before the first. */
  get #newest() {
    return Math.max(this.store.newest, this.#quiet?.told ?? -Infinity);
  }

  /**
   * How things stand now, by the server's clock: the picture may be a minute behind, and frames may have come long ago.
   * @param {Hello} hello @param {number} now ms
   */
  #hello(hello, now) {
    const told = Math.max(this.store.newest + LATER_S, momentOf(hello));
    this.track = hello.track;
    this.drones = new Map(hello.drones.map((info) => [info.drone, info]));
    this.revision += 1;
    this.standings.push(told, hello.standings);
    this.statuses.push(told, hello.race.status);
    // What was passed meanwhile was not told: the standings know.
    this.#crossings.forEach((log) => log.push(told, null));
    this.clock.restart();
    this.#quiet = { hello, at: now, told };
  }

  /**
   * The first frames after a hello: what came since the last ones before it is missing here, and may be in the recording.
   * @param {FrameBatch} batch @param {number} before race seconds of the newest frame until now @param {number} now ms
   */
  #begin(batch, before, now) {
    const first = (batch.time(0) - batch.raceStart) / 1e6;
    if (this.#quiet) {
      this.#correct(this.#quiet.told, first - (now - this.#quiet.at) / 1000);
      this.#quiet = null;
    }
    // The clock may have been guessed from the hello.
    this.clock.restart();
    this.#fill(Math.max(before, first - TRAIL_S, 0), first);
  }

  /** What was told since the hello was told by the frames' clock. @param {number} told race seconds @param {number} moment as it should be */
  #correct(told, moment) {
    if (Math.abs(told - moment) > APART_S) {
      [this.standings, this.laps, this.statuses, ...this.#crossings.values()].forEach((log) => log.move(told, moment));
    }
  }

  /** @param {number} from race seconds @param {number} to */
  #fill(from, to) {
    this.backfill.again(to - KEEP_S);
    this.backfill.want(from, to);
  }

  /** @param {number} time µs since 1970 */
  #seconds(time) {
    const seconds = (time - this.store.raceStart) / 1e6;
    return Number.isNaN(seconds) ? this.#newest : seconds;
  }

  /** @param {number} drone */
  #crossingsOf(drone) {
    let log = this.#crossings.get(drone);
    if (!log) {
      log = new TimedLog(KEEP_S, MOST_EVENTS);
      this.#crossings.set(drone, log);
    }
    return log;
  }
}

/** When a hello was said, race seconds; −Infinity before the race's first frame. @param {Hello} hello */
function momentOf({ race, server_time: time }) {
  return race.started_at ? time / 1e6 - Date.parse(race.started_at) / 1000 : -Infinity;
}
