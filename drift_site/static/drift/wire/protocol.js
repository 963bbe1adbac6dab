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
 */

/**
 * @typedef {object} Hello
 * @property {"hello"} type
 * @property {RaceInfo} race
 * @property {DroneInfo[]} drones
 * @property {number} server_time µs since 1970
 */

/** @typedef {DroneInfo & {type: "drone"}} DroneEvent */
/** @typedef {{type: "race", race_id: string, status: string}} RaceEvent */

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
 * @returns {Hello | DroneEvent | RaceEvent | null} null for a type that this page does not know and need not
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
