// The frames of one lap out of the recording, on the lap's own clock: 0 is the moment over the line. Pure: bytes in, bytes out.

import { OFFSETS } from "../wire/protocol.js";

/**
 * @typedef {object} Span of a lap
 * @property {number} drone
 * @property {number} start_s race seconds
 * @property {number} end_s
 * @property {number} start_flight s of the drone's own clock
 * @property {number} end_flight
 */

/** The server's, see docs/api.md. */
export const CHUNK_S = 10;
const HEADER_BYTES = 16;
const RESET_S = 0.5;
// A frame arrives later than it was flown, by so much at most; and one from just before the start is wanted too.
const LATE_S = 2;
const EARLY_S = 0.5;

/** Which chunks of the recording hold a lap: the first and the last. @param {Span} span @returns {[number, number]} */
export function chunksOf({ start_s: start, end_s: end }) {
  return [Math.max(0, Math.floor((start - EARLY_S) / CHUNK_S)), Math.floor((end + LATE_S) / CHUNK_S)];
}

/** @typedef {{view: DataView, at: number, bytes: number, flight: number}} Row where a record stands, and its drone's clock */

/**
 * Give the lap's frames as one binary message of docs/protocol.md, with one more frame on each side. Time and the sender's
 * clock count from the lap's start, so that laps of different moments, or of one drone, can be shown together.
 * @param {readonly ArrayBuffer[]} buffers chunks of the recording in their order, each messages one behind the other
 * @param {Span} span
 * @param {number} as the number that the drone has in the message
 * @returns {ArrayBuffer}
 */
export function lapMessage(buffers, span, as) {
  const rows = trimmed(collected(buffers, span), span);
  const recordBytes = rows[0]?.bytes ?? 0;
  const message = new ArrayBuffer(HEADER_BYTES + rows.length * recordBytes);
  const out = new DataView(message);
  out.setUint8(0, 1);
  out.setUint8(1, 1);
  out.setUint16(2, recordBytes || 127, true);
  out.setUint32(4, rows.length, true);
  const bytes = new Uint8Array(message);
  rows.forEach(({ view, at, flight }, i) => {
    const to = HEADER_BYTES + i * recordBytes;
    const since = flight - span.start_flight;
    bytes.set(new Uint8Array(view.buffer, view.byteOffset + at, recordBytes), to);
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
  for (const { view, at, bytes, raceStart } of recordsOf(buffers)) {
    const flight = view.getFloat32(at + OFFSETS.flightTime, true);
    const arrival = (Number(view.getBigInt64(at + OFFSETS.time, true)) - raceStart) / 1e6;
    const apart = arrival < span.start_s - EARLY_S || arrival > span.end_s + LATE_S;
    if (apart || view.getUint16(at + OFFSETS.drone, true) !== span.drone || Number.isNaN(flight)) {
      continue;
    }
    if (flight < last - RESET_S) {
      flights.push([]);
    } else if (flight <= last) {
      continue; // came twice, or late
    }
    last = flight;
    flights[flights.length - 1].push({ view, at, bytes, flight });
  }
  const inside = (/** @type {Row[]} */ rows) => rows.filter(({ flight }) => flight >= span.start_flight && flight <= span.end_flight).length;
  return flights.reduce((best, rows) => (inside(rows) > inside(best) ? rows : best));
}

/** @param {Row[]} rows @param {Span} span */
function trimmed(rows, { start_flight: start, end_flight: end }) {
  const first = rows.findIndex(({ flight }) => flight > start);
  const past = rows.findIndex(({ flight }) => flight >= end);
  return first < 0 ? [] : rows.slice(Math.max(0, first - 1), past < 0 ? rows.length : past + 1);
}

/** @param {readonly ArrayBuffer[]} buffers */
function* recordsOf(buffers) {
  for (const buffer of buffers) {
    const view = new DataView(buffer);
    let at = 0;
    while (at + HEADER_BYTES <= view.byteLength) {
      const bytes = view.getUint16(at + 2, true);
      const count = view.getUint32(at + 4, true);
      const raceStart = Number(view.getBigInt64(at + 8, true));
      at += HEADER_BYTES;
      for (let i = 0; i < count; i += 1) {
        yield { view, at, bytes, raceStart };
        at += bytes;
      }
    }
  }
}
