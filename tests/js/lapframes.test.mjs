import assert from "node:assert/strict";
import { test } from "node:test";

import { chunksOf, lapMessage } from "../../drift_site/static/drift/analysis/lapframes.js";
import { decodeFrames } from "../../drift_site/static/drift/wire/protocol.js";
import { message } from "./messages.mjs";

const START = 1_700_000_000_000_000; // the messages' race start
const SPAN = { drone: 2, start_s: 1.005, end_s: 1.985, start_flight: 11.005, end_flight: 11.985 };
/** A frame that arrives at a race second, by a sender whose clock is ten seconds further. */
const frame = (at, more = {}) => ({ time: START + Math.round(at * 1e6), drone: 2, seq: Math.round(at * 100) + 1, flight: at + 10, position: [at, 0, 0], ...more });
const range = (from, to) => Array.from({ length: Math.round((to - from) * 100) }, (_, i) => frame(from + i / 100));
const read = (...buffers) => {
  const batch = decodeFrames(lapMessage(buffers, SPAN, 6));
  return Array.from({ length: batch.count }, (_, i) => ({ flight: batch.flightTime(i), time: batch.time(i), drone: batch.drone(i), seq: batch.seq(i), x: batch.position(i, 0) }));
};
const close = (a, b) => assert.ok(Math.abs(a - b) < 2e-6, `${a} is not ${b}`);

test("the chunks of a lap hold the frames that arrive late too", () => {
  assert.deepEqual(chunksOf({ start_s: 12, end_s: 17 }), [1, 1]);
  assert.deepEqual(chunksOf({ start_s: 0.2, end_s: 9 }), [0, 1]);
  assert.deepEqual(chunksOf({ start_s: 10.2, end_s: 31 }), [0, 3]);
});

test("a lap's frames, with one more on each side, count from the line", () => {
  const rows = read(message(range(0, 3)));
  assert.equal(rows.length, 100);
  close(rows[0].flight, -0.005);
  close(rows[0].time / 1e6, -0.005);
  close(rows[99].flight, 0.985);
  assert.deepEqual([rows[0].drone, rows[0].seq, rows[99].seq], [6, 1, 100]);
  close(rows[0].x, 1);
});

test("messages that follow one another, in several chunks, are one flight; other drones are passed over", () => {
  const both = new Uint8Array([...new Uint8Array(message(range(0.9, 1.2))), ...new Uint8Array(message([frame(1.2, { drone: 3 }), ...range(1.2, 1.5)]))]);
  assert.equal(read(both.buffer, message(range(1.5, 2.1))).length, 100);
});

test("a frame that came twice or late is left out", () => {
  const frames = range(0, 3);
  frames.splice(150, 0, frames[149], frames[140]);
  assert.equal(read(message(frames)).length, 100);
});

test("a flight before a reset and one behind it are other flights", () => {
  const before = range(0.6, 0.9).map((each) => ({ ...each, flight: each.flight + 40 }));
  const behind = range(1.99, 2.5).map((each) => ({ ...each, flight: each.flight - 11.9 }));
  const rows = read(message([...before, ...range(0.9, 1.99), ...behind]));
  assert.equal(rows.length, 99);
  close(rows[0].flight, -0.005);
});

test("without the drone's frames there are none", () => {
  assert.deepEqual(read(message([frame(1.5, { drone: 1 })])), []);
  assert.deepEqual(read(), []);
});
