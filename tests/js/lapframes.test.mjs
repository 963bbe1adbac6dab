import assert from "node:assert/strict";
import { test } from "node:test";

import { chunksOf, earliestChunk, isWhole, lapMessage } from "../../drift_site/static/drift/analysis/lapframes.js";
import { decodeFrames } from "../../drift_site/static/drift/wire/protocol.js";
import { message } from "./messages.mjs";

const START = 1_700_000_000_000_000; // the messages' race start
const SPAN = { drone: 2, start_s: 1.005, arrival_s: 1.99, start_flight: 11.005, end_flight: 11.985 };
/** A frame that arrives at a race second, by a sender whose clock is ten seconds further. */
const frame = (at, more = {}) => ({ time: START + Math.round(at * 1e6), drone: 2, seq: Math.round(at * 100) + 1, flight: at + 10, position: [at, 0, 0], ...more });
const range = (from, to) => Array.from({ length: Math.round((to - from) * 100) }, (_, i) => frame(from + i / 100));
const read = (...buffers) => readOf(SPAN, ...buffers);
const readOf = (span, ...buffers) => {
  const batch = decodeFrames(lapMessage(buffers, span, 6));
  return Array.from({ length: batch.count }, (_, i) => ({ flight: batch.flightTime(i), time: batch.time(i), drone: batch.drone(i), seq: batch.seq(i), x: batch.position(i, 0) }));
};
const close = (a, b) => assert.ok(Math.abs(a - b) < 2e-6, `${a} is not ${b}`);

test("the chunks of a lap hold its frames by when they came", () => {
  const span = (start_s, arrival_s, seconds) => ({ drone: 1, start_s, arrival_s, start_flight: 3, end_flight: 3 + seconds });
  assert.deepEqual(chunksOf(span(12, 17, 5)), [1, 1]);
  assert.deepEqual(chunksOf(span(0.2, 9, 8.8)), [0, 1]);
  assert.deepEqual(chunksOf(span(10.2, 31, 20.8)), [0, 3]);
  // A game that has stood still for twenty seconds before the lap.
  assert.deepEqual(chunksOf(span(12, 37, 5)), [3, 3]);
  assert.equal(earliestChunk(span(12, 37, 5)), 1);
  assert.equal(earliestChunk(span(0.2, 9, 8.8)), 0);
});

/** A lap of thirty seconds, of which the frames came twenty seconds late from a moment of the drone's clock on. */
function pausedLap(from) {
  const flown = (at) => (at >= from ? at + 20 : at);
  const frames = Array.from({ length: 6000 }, (_, i) => i / 50).map((at, i) => frame(flown(at), { flight: at, seq: i + 1, position: [at, 0, 0] }));
  const chunk = (number) => message(frames.filter(({ time }) => Math.floor((time - START) / 1e7) === number));
  return { span: { drone: 2, start_s: 70.01, arrival_s: flown(100.02), start_flight: 70.01, end_flight: 100.01 }, chunk };
}

test("a lap after the game stood still is whole, out of the chunks that it came in", () => {
  const { span, chunk } = pausedLap(65);
  const [first, last] = chunksOf(span);
  const buffers = Array.from({ length: last - first + 1 }, (_, i) => chunk(first + i));
  assert.deepEqual([first, last], [8, 12]);
  assert.ok(isWhole(buffers, span));
  const rows = readOf(span, ...buffers);
  assert.equal(rows.length, 1502);
  close(rows[0].flight, -0.01);
  assert.ok(Math.abs(rows.at(-1).flight - 30.01) < 1e-5);
});

test("of a lap in which the game stood still, the beginning came longer ago", () => {
  const { span, chunk } = pausedLap(85);
  const [first, last] = chunksOf(span);
  const buffers = Array.from({ length: last - first + 1 }, (_, i) => chunk(first + i));
  assert.equal(isWhole(buffers, span), false);
  const before = Array.from({ length: first - earliestChunk(span) }, (_, i) => chunk(earliestChunk(span) + i));
  assert.ok(isWhole([...before, ...buffers], span));
  assert.equal(readOf(span, ...before, ...buffers).length, 1502);
});

test("what was cut off on its way is told, in words", () => {
  const whole = message(range(0, 3));
  assert.throws(() => read(whole.slice(0, whole.byteLength - 9)), /cut off/);
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
