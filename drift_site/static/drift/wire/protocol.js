// The wire format of /ws/races/{id}/?format=binary, as docs/protocol.md describes it. Pure: bytes in, values out.

const KIND_FRAMES = 1;
const VERSION = 1;
const HEADER_BYTES = 16;
const RECORD_BYTES = 127;

/** Where each value stands in a record; all little-endian. */
export const OFFSETS = Object.freeze({
  time: 0,
  flightTime: 8,
  drone: 12,
  seq: 14,
  position: 18,
  attitude: 30,
  velocity: 46,
  gyro: 58,
  input: 70,
  battery: 86,
  motorCount: 94,
  motorRpm: 95,
});

/**
 * @typedef {object} DroneInfo
 * @property {number} drone the drone's number in its race, from 1
 * @property {string} drone_id the sender's address
 * @property {string} name
 * @property {string | null} pilot
 * @property {boolean} velocity_derived
 */

/**
 * @typedef {object} RaceInfo
 * @property {string} race_id
 * @property {string} race_name
 * @property {string} drift_map
 * @property {string} status waiting, live, ending or ended
 * @property {number | null} udp_port
 * @property {boolean} public
 * @property {string | null} started_at ISO 8601
 */

/**
 * @typedef {object} Hello
 * @property {"hello"} type
 * @property {RaceInfo} race
 * @property {Track | null} track
 * @property {DroneInfo[]} drones
 * @property {Standing[]} standings
 * @property {number} server_time µs since 1970
 */

/** @typedef {DroneInfo & {type: "drone"}} DroneEvent */
/** @typedef {{type: "race", race_id: string, status: string}} RaceEvent */

/**
 * @typedef {object} Gate a rectangle in space that is flown through the way it faces
 * @property {number} order from 1; the first is start/finish
 * @property {number} x m, the centre
 * @property {number} y
 * @property {number} z
 * @property {number} yaw degrees
 * @property {number} pitch degrees
 * @property {number} width m
 * @property {number} height m
 * @property {string} label
 * @property {boolean} sector_end
 */

/**
 * @typedef {object} Track
 * @property {string} track_id
 * @property {string} name
 * @property {number | null} laps
 * @property {number | null} time_limit s
 * @property {number | null} grace s
 * @property {number} min_lap s
 * @property {Gate[]} gates
 */

/**
 * @typedef {object} Standing a drone's line; null for what does not exist yet
 * @property {number | null} place
 * @property {number} drone
 * @property {"RUN" | "FIN" | "DNF" | "DNS" | "DSQ"} status
 * @property {number} laps that count
 * @property {number | null} total_ms
 * @property {number} penalty_ms
 * @property {number | null} last_ms
 * @property {number | null} best_ms
 * @property {number | null} best_lap its number
 * @property {number | null} best_possible_ms
 * @property {number | null} consistency 0..1
 * @property {boolean} overall_best
 * @property {number | null} gap_ms to the leader
 * @property {number | null} interval_ms to the drone ahead
 * @property {number} laps_down
 * @property {number} passed gates of the running lap
 * @property {number} distance m along the running lap
 */

/** @typedef {{type: "standings", race_id: string, standings: Standing[]}} StandingsEvent */

/**
 * @typedef {object} CrossingEvent times without a unit are µs since 1970
 * @property {"crossing"} type
 * @property {number} drone
 * @property {number} gate its order
 * @property {number | null} lap
 * @property {boolean} counted
 * @property {number} speed m/s
 * @property {number} flight_time s
 * @property {number} race_time
 * @property {number} time
 */

/**
 * @typedef {object} LapEvent times without a unit are µs since 1970
 * @property {"lap"} type
 * @property {number} drone
 * @property {number} number
 * @property {number} start
 * @property {number} end
 * @property {number} duration_ms
 * @property {(number | null)[]} sectors ms
 * @property {boolean} valid
 * @property {string[]} flaws
 * @property {number[]} missed orders of gates
 * @property {number} top_speed m/s
 */

/** @typedef {{type: "alive", server_time: number}} Alive the server is there; said every 10 s, whatever else there is to say */

/** @typedef {Hello | DroneEvent | RaceEvent | CrossingEvent | LapEvent | StandingsEvent} Message */

/** What came does not follow the protocol that this page speaks. */
export class ProtocolError extends Error {}

/** A batch of frames, read in place: the values of frame `i` come straight out of the message's bytes. */
export class FrameBatch {
  #view;
  #recordBytes;

  /**
   * @param {DataView} view the whole message
   * @param {number} recordBytes
   * @param {number} count
   * @param {number} raceStart
   */
  constructor(view, recordBytes, count, raceStart) {
    this.#view = view;
    this.#recordBytes = recordBytes;
    /** @readonly */
    this.count = count;
    /** µs since 1970 of the race's first frame. @readonly */
    this.raceStart = raceStart;
  }

  /** @param {number} i @param {number} offset */
  #at(i, offset) {
    return HEADER_BYTES + i * this.#recordBytes + offset;
  }

  /** µs since 1970 by the server's clock. @param {number} i */
  time(i) {
    return int64(this.#view, this.#at(i, OFFSETS.time));
  }

  /** Seconds by the sender's own clock; NaN when its stream has none. @param {number} i */
  flightTime(i) {
    return this.#view.getFloat32(this.#at(i, OFFSETS.flightTime), true);
  }

  /** @param {number} i */
  drone(i) {
    return this.#view.getUint16(this.#at(i, OFFSETS.drone), true);
  }

  /** The drone's frame counter in its race, from 1. @param {number} i */
  seq(i) {
    return this.#view.getUint32(this.#at(i, OFFSETS.seq), true);
  }

  /** Metres; axis 0 x right, 1 y up, 2 z forward. @param {number} i @param {number} axis */
  position(i, axis) {
    return this.#view.getFloat32(this.#at(i, OFFSETS.position + 4 * axis), true);
  }

  /** Unit quaternion; part 0 x, 1 y, 2 z, 3 w. @param {number} i @param {number} part */
  attitude(i, part) {
    return this.#view.getFloat32(this.#at(i, OFFSETS.attitude + 4 * part), true);
  }

  /** m/s, axes as position's. @param {number} i @param {number} axis */
  velocity(i, axis) {
    return this.#view.getFloat32(this.#at(i, OFFSETS.velocity + 4 * axis), true);
  }

  /** deg/s; 0 pitch (+ nose down), 1 roll (+ left), 2 yaw (+ nose right). @param {number} i @param {number} axis */
  gyro(i, axis) {
    return this.#view.getFloat32(this.#at(i, OFFSETS.gyro + 4 * axis), true);
  }

  /** −1..1; stick 0 throttle (−1 idle), 1 yaw, 2 pitch, 3 roll (+ left). @param {number} i @param {number} stick */
  input(i, stick) {
    return this.#view.getFloat32(this.#at(i, OFFSETS.input + 4 * stick), true);
  }

  /** 0 the charge 0..1, 1 volts. @param {number} i @param {number} part */
  battery(i, part) {
    return this.#view.getFloat32(this.#at(i, OFFSETS.battery + 4 * part), true);
  }

  /** 0..8. @param {number} i */
  motorCount(i) {
    return this.#view.getUint8(this.#at(i, OFFSETS.motorCount));
  }

  /** Rounds a minute; left front, right front, left back, right back, …; NaN past the count. @param {number} i @param {number} motor */
  motorRpm(i, motor) {
    return this.#view.getFloat32(this.#at(i, OFFSETS.motorRpm + 4 * motor), true);
  }
}

/**
 * Read a binary message.
 * @param {ArrayBuffer} buffer
 * @returns {FrameBatch | null} null for a kind of message that this page does not know and need not
 * @throws {ProtocolError}
 */
export function decodeFrames(buffer) {
  const view = new DataView(buffer);
  if (view.byteLength < HEADER_BYTES) {
    throw new ProtocolError(`A message of ${view.byteLength} bytes has no room for its header.`);
  }
  if (view.getUint8(0) !== KIND_FRAMES) {
    return null;
  }
  if (view.getUint8(1) !== VERSION) {
    throw new ProtocolError(`Frames of version ${view.getUint8(1)}; this page reads version ${VERSION}.`);
  }
  const recordBytes = view.getUint16(2, true);
  // A longer record has new values after the known ones; a shorter one lacks some.
  if (recordBytes < RECORD_BYTES) {
    throw new ProtocolError(`Records of ${recordBytes} bytes; they have at least ${RECORD_BYTES}.`);
  }
  const count = view.getUint32(4, true);
  if (view.byteLength !== HEADER_BYTES + count * recordBytes) {
    throw new ProtocolError(`${view.byteLength} bytes are not ${count} records of ${recordBytes} bytes.`);
  }
  return new FrameBatch(view, recordBytes, count, int64(view, 8));
}

/**
 * Read a text message.
 * @param {string} text
 * @returns {Message | Alive | null} null for a type that this page does not know and need not
 * @throws {ProtocolError}
 */
export function parseMessage(text) {
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    throw new ProtocolError("A text message is not JSON.");
  }
  switch (message?.type) {
    case "hello":
      if (!message.race || !Array.isArray(message.drones)) {
        throw new ProtocolError("A hello without its race or its drones.");
      }
      return message;
    case "drone":
    case "race":
    case "crossing":
    case "lap":
    case "alive":
      return message;
    case "standings":
      if (!Array.isArray(message.standings)) {
        throw new ProtocolError("Standings without their lines.");
      }
      return message;
    default:
      return null;
  }
}

/**
 * Exact up to 2^53, which in µs is the year 2255.
 * @param {DataView} view @param {number} offset
 */
function int64(view, offset) {
  return view.getInt32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
}
