// The frames of one lap out of the recording, on the lap's own clock: 0 is the moment over the line. Pure: bytes in, bytes out.

import { isReset } from "../data/evenclock.js";
import { CHUNK_S, HEADER_BYTES, messagesOf } from "../data/messages.js";
import { OFFSETS } from "../wire/protocol.js";

/**
 * A lap, by when it was flown and when its frames came: a drone's clock may be far behind the server's.
 * @typedef {object} Span
 * @property {number} drone
 * @property {number} start_s race time, s: no frame of the lap came earlier
 * @property {number} arrival_s race seconds: when the frame came that closed it
 * @property {number} start_flight s of the drone's own clock
 * @property {number} end_flight
 */

// A frame from just before the start is wanted too, and a marshal's lap ends when it was flown, not when its frames came.
const EARLY_S = 0.5;
const LATE_S = 2;

/** Which chunks of the recording hold a lap, if its game never stood still: the first and the last. @param {Span} span @returns {[number, number]} */
export function chunksOf({ arrival_s: arrival, start_flight: start, end_flight: end }) {
  return [chunkAt(arrival - (end - start) - EARLY_S), chunkAt(arrival + LATE_S)];
}

/** The first chunk that may hold a frame of the lap. @param {Span} span */
export function earliestChunk({ start_s: start }) {
  return chunkAt(start - EARLY_S);
}

/** @param {number} time race seconds */
function chunkAt(time) {
  return Math.max(0, Math.floor(time / CHUNK_S));
}

/** Whether chunks have the lap from its start on. @param {readonly ArrayBuffer[]} buffers @param {Span} span */
export function isWhole(buffers, span) {
  const [row] = collected(buffers, span);
  return row !== undefined && row.flight <= span.start_flight;
}

/** @typedef {{record: Uint8Array, flight: number}} Row the bytes of a frame, and its drone's clock */

/**
 * Give the lap's frames as one binary message of docs/protocol.md, with one more frame on each side. Time and the sender's
 * clock count from the lap's start, so that laps of different moments, or of one drone, can be shown together.
 * @param {readonly ArrayBuffer[]} buffers chunks of the recording in their order, each messages one behind the other
 * @param {Span} span
 * @param {number} as the number that the drone has in the message
 * @returns {ArrayBuffer}
 * @throws {Error} for chunks that are not; the text is for people
 */
export function lapMessage(buffers, span, as) {
  const rows = trimmed(collected(buffers, span), span);
  const recordBytes = rows[0]?.record.byteLength ?? 0;
  const message = new ArrayBuffer(HEADER_BYTES + rows.length * recordBytes);
  const out = new DataView(message);
  out.setUint8(0, 1);
  out.setUint8(1, 1);
  out.setUint16(2, recordBytes || 127, true);
  out.setUint32(4, rows.length, true);
  const bytes = new Uint8Array(message);
  rows.forEach(({ record, flight }, i) => {
    const to = HEADER_BYTES + i * recordBytes;
    const since = flight - span.start_flight;
    bytes.set(record, to);
    out.setBigInt64(to + OFFSETS.time, BigInt(Math.round(since * 1e6)), true);
    out.setFloat32(to + OFFSETS.flightTime, since, true);
    out.setUint16(to + OFFSETS.drone, as, true);
    out.setUint32(to + OFFSETS.seq, i + 1, true);
  });
  return message;
}

/**
 * The frames of the flight in which the lap was flown, its clock rising: of the flights between two resets the one that
 * has the most frames in the lap.
 * @param {readonly ArrayBuffer[]} buffers @param {Span} span
 */
function collected(buffers, span) {
  /** @type {Row[][]} */
  const flights = [[]];
  let last = NaN;
  for (const row of rowsOf(buffers, span)) {
    if (isReset(last, row.flight)) {
      flights.push([]);
    } else if (row.flight <= last) {
      continue; // came twice, or late
    }
    last = row.flight;
    flights[flights.length - 1].push(row);
  }
  const inside = (/** @type {Row[]} */ rows) => rows.filter(({ flight }) => flight >= span.start_flight && flight <= span.end_flight).length;
  return flights.reduce((best, rows) => (inside(rows) > inside(best) ? rows : best));
}

/** The drone's frames that came while the lap may have been flown. @param {readonly ArrayBuffer[]} buffers @param {Span} span @returns {Generator<Row>} */
function* rowsOf(buffers, { drone, start_s: start, arrival_s: end }) {
  for (const buffer of buffers) {
    for (const { message, batch } of messagesOf(buffer)) {
      const bytes = (message.byteLength - HEADER_BYTES) / batch.count;
      for (let i = 0; i < batch.count; i += 1) {
        const arrival = (batch.time(i) - batch.raceStart) / 1e6;
        const flight = batch.flightTime(i);
        if (batch.drone(i) === drone && !Number.isNaN(flight) && arrival >= start - EARLY_S && arrival <= end + LATE_S) {
          yield { record: new Uint8Array(message, HEADER_BYTES + i * bytes, bytes), flight };
        }
      }
    }
  }
}

/** @param {Row[]} rows @param {Span} span */
function trimmed(rows, { start_flight: start, end_flight: end }) {
  const first = rows.findIndex(({ flight }) => flight > start);
  const past = rows.findIndex(({ flight }) => flight >= end);
  return first < 0 ? [] : rows.slice(Math.max(0, first - 1), past < 0 ? rows.length : past + 1);
}
