import assert from "node:assert/strict";
import { test } from "node:test";

import { COLUMN, FrameSeries, FrameStore } from "../../drift_site/static/drift/data/ring.js";
import { decodeFrames } from "../../drift_site/static/drift/wire/protocol.js";
import { message } from "./messages.mjs";

const START = 1_700_000_000_000_000;
const batch = (...frames) => decodeFrames(message(frames));
const frame = (seq, more = {}) => ({ time: START + seq * 10_000, drone: 1, seq, flight: seq / 100, ...more });
const range = (from, to) => Array.from({ length: to - from }, (_, i) => frame(from + i));

test("every value of a frame is kept in its column", () => {
  const store = new FrameStore();
  store.take(
    batch(frame(1, { position: [1, 2, 3], attitude: [0, 1, 0, 0], velocity: [4, 5, 6], gyro: [7, 8, 9], input: [-1, 0.5, 0.25, 1], battery: [0.5, 16], rpm: [10, 20] })),
  );
  const series = store.get(1);
  const values = Object.entries(COLUMN).map(([name, column]) => [name, series.value(series.first, column)]);
  assert.deepEqual(Object.fromEntries(values), {
    x: 1, y: 2, z: 3, qx: 0, qy: 1, qz: 0, qw: 0, vx: 4, vy: 5, vz: 6, gyroPitch: 7, gyroRoll: 8, gyroYaw: 9,
    throttle: -1, yaw: 0.5, pitch: 0.25, roll: 1, charge: 0.5, volts: 16, rpm: 10, motorCount: 2,
  });
  assert.equal(series.value(series.first, COLUMN.rpm + 1), 20);
  assert.ok(Number.isNaN(series.value(series.first, COLUMN.rpm + 2)));
});

test("the oldest frames go when there are more than the limit", () => {
  const series = new FrameSeries(1, 1500);
  for (let seq = 1; seq <= 5000; seq += 1) {
    series.push(batch(frame(seq)), 0);
  }
  assert.deepEqual([series.first, series.end, series.length], [3500, 5000, 1500]);
  assert.ok(Math.abs(series.time(series.first) - 35.01) < 1e-4);
  assert.ok(Math.abs(series.time(series.end - 1) - 50) < 1e-4);
});

test("a moment leads to the last frame not later", () => {
  const store = new FrameStore();
  store.take(batch(...range(1, 301)));
  const series = store.get(1);
  assert.equal(series.indexAt(0), -1);
  assert.equal(series.indexAt(series.time(7)), 7);
  assert.equal(series.indexAt(series.time(7) + 0.005), 7);
  assert.equal(series.indexAt(99), 299);
});

test("frames known from before a reconnection are passed over", () => {
  const store = new FrameStore();
  store.take(batch(frame(1), frame(2)));
  store.take(batch(frame(1), frame(2), frame(3)));
  assert.equal(store.get(1).length, 3);
  assert.equal(store.received, 5);
});

test("frames that arrive in a burst are spread as they were flown", () => {
  const store = new FrameStore();
  store.take(batch(frame(1), ...[2, 3, 4, 5].map((seq) => frame(seq, { time: START + 50_000 + seq }))));
  const series = store.get(1);
  const times = [0, 1, 2, 3, 4].map((index) => Math.round(series.time(index) * 1000));
  assert.deepEqual(times, [10, 20, 30, 40, 50]);
});

test("a reset, a jump and a gap cut the way", () => {
  const store = new FrameStore();
  store.take(
    batch(
      frame(1), frame(2),
      frame(3, { position: [9, 0, 0] }), // a jump
      frame(4, { position: [9, 0, 0] }),
      frame(100, { position: [9, 0, 0] }), // a gap
      frame(101, { position: [9, 0, 0], flight: 0 }), // a reset
      frame(102, { position: [9, 0, 0], flight: 0.01 }),
    ),
  );
  const series = store.get(1);
  const cuts = Array.from({ length: series.end }, (_, index) => series.isCut(index));
  assert.deepEqual(cuts, [true, false, true, false, true, true, false]);
});

test("what comes after a game stood still is put where it came, from its first frame on", () => {
  const store = new FrameStore();
  const late = (frames) => frames.map((each) => (each.seq < 300 ? each : { ...each, time: each.time + 20_000_000 }));
  const series = () => store.get(1);
  const off = () => Array.from({ length: series().length }, (_, i) => series().arrivalAt(i) - series().time(i));
  store.take(batch(...late(range(1, 350))));
  assert.ok(off()[349 - 1] > 19, "it may have been held up on its way");
  const version = series().version;
  store.take(batch(...late(range(350, 500))));
  assert.ok(off().every((each) => each < 1e-3), String(Math.max(...off())));
  const cuts = off().map((_, i) => series().isCut(i));
  assert.deepEqual(cuts.flatMap((cut, i) => (cut ? [i + 1] : [])), [1, 300]);
  assert.ok(series().version > version);
  assert.deepEqual([series().heardBy(0), series().heardBy(10), series().heardBy(99)].map((each) => Math.round(each * 100) / 100), [-Infinity, 2.99, 24.99]);
});

test("moments rise also where a game seemed to have stood still, and the frames had been held up", () => {
  const store = new FrameStore();
  const held = (each) => (each.seq >= 300 && each.seq < 430 ? { ...each, time: START + 4_300_000 + (each.seq - 300) * 9000 } : each);
  store.take(batch(...range(1, 700).map(held).map((each) => (each.seq >= 430 ? { ...each, time: each.time + 1_200_000 } : each))));
  const series = store.get(1);
  for (let i = series.first + 1; i < series.end; i += 1) {
    assert.ok(series.time(i) > series.time(i - 1) && series.time(i) <= series.arrivalAt(i) + 1e-6);
  }
});

test("a drone that is put back soon after its game stood still keeps what was before", () => {
  const store = new FrameStore();
  const early = range(1, 300);
  const still = range(300, 330).map((each) => ({ ...each, time: each.time + 20_000_000 }));
  const back = range(330, 500).map((each) => ({ ...each, time: each.time + 20_000_000, flight: (each.seq - 330) / 100 }));
  store.take(batch(...early, ...still, ...back));
  const series = store.get(1);
  assert.ok(Math.abs(series.time(100) - series.arrivalAt(100)) < 1e-3);
  assert.ok(back.every((_, i) => Math.abs(series.time(329 + i) - series.arrivalAt(329 + i)) < 1e-3));
});

test("a sender of a thousand frames a second fills no more than one of two hundred and fifty", () => {
  const store = new FrameStore();
  store.take(batch(...Array.from({ length: 1000 }, (_, i) => ({ time: START + i * 1000, drone: 1, seq: i + 1, flight: i / 1000 }))));
  assert.ok(store.get(1).length <= 251 && store.get(1).length >= 190, String(store.get(1).length));
});
