import assert from "node:assert/strict";
import { test } from "node:test";

import { GROUPS, valuesAt } from "../../drift_site/static/drift/analysis/channels.js";
import { Duel, interpolated } from "../../drift_site/static/drift/analysis/duel.js";
import { COLUMN, FrameStore } from "../../drift_site/static/drift/data/ring.js";
import { decodeFrames } from "../../drift_site/static/drift/wire/protocol.js";
import { message } from "./messages.mjs";

const START = 1_700_000_000_000_000;
const channel = (id) => GROUPS.flatMap(({ channels }) => channels).find((each) => each.id === id);

/** Flies ten metres a second at height 2 · t. */
function series(seconds, more = () => ({})) {
  const frames = Array.from({ length: Math.round(seconds * 100) + 1 }, (_, i) => ({
    time: START + i * 10_000, drone: 1, seq: i + 1, flight: i / 100, position: [0, i / 50, i / 10], velocity: [0, 2, 10], input: [0, 0.5, -0.25, 1], rpm: [1000, 3000], ...more(i),
  }));
  const store = new FrameStore();
  store.take(decodeFrames(message(frames)));
  return store.get(1);
}

const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-4, `${a} is not ${b}`);
const lap = (duration_ms, sectors_ms) => ({ duration_ms, sectors_ms });
// A flies 100 m in 10 s, B needs a tenth more everywhere.
const COMPARED = { distance_m: [0, 50, 100], delta_s: [0, 0.5, 1], a: { time_s: [0, 5, 10] }, b: { time_s: [0, 5.5, 11] } };
const duel = (sectors = [4000, 6000]) => new Duel(lap(10_000, sectors), lap(11_000, [4500, 6500]), COMPARED, series(10), series(11));

test("a channel is on the straight line between two frames, and nowhere else", () => {
  const altitude = channel("altitude").value;
  const values = valuesAt(series(1), [-1, 0, 0.005, 0.5, 1, 1.01, 2], altitude);
  assert.deepEqual([...values].map(Number.isNaN), [true, false, false, false, false, false, true]);
  close(values[2], 0.01);
  close(values[3], 1);
  assert.ok(valuesAt(undefined, [1], altitude).every(Number.isNaN));
});

test("across a gap nothing is known", () => {
  const gap = series(3, (i) => (i > 100 ? { time: START + (i + 100) * 10_000, flight: (i + 100) / 100 } : {}));
  assert.deepEqual([...valuesAt(gap, [0.9, 1.5, 2.5], channel("altitude").value)].map(Number.isNaN), [false, true, false]);
});

test("the channels have their units", () => {
  const of = series(1);
  const value = (id) => channel(id).value(of, 50);
  close(value("speed"), Math.hypot(2, 10));
  close(value("throttle"), 50);
  close(value("yaw"), 50);
  close(value("roll"), 100);
  close(value("rpm"), 2000);
  for (const id of ["volts", "charge", "gyro-yaw"]) {
    assert.ok(Number.isNaN(value(id)), id);
  }
  assert.equal(COLUMN.motorCount, 27);
});

test("over distance both laps are read where they are at the same place", () => {
  const [x, a, b] = duel().columns(channel("altitude"), "distance");
  assert.deepEqual([...x], [0, 50, 100]);
  [0, 10, 20].forEach((value, i) => close(a[i], value));
  [0, 11, 22].forEach((value, i) => close(b[i], value));
});

test("over time both laps are read at the same time, each until its end", () => {
  const [x, a, b] = duel().columns(channel("altitude"), "time");
  assert.equal(x[x.length - 1], 11);
  const middle = x.findIndex((time) => time >= 5);
  close(a[middle], 10);
  close(b[middle], 10);
  assert.deepEqual([Number.isNaN(a[x.length - 1]), Number.isNaN(b[x.length - 1])], [true, false]);
});

test("the difference is where A is", () => {
  assert.deepEqual([...duel().delta("distance")[1]], [0, 0.5, 1]);
  const [x, delta] = duel().delta("time");
  close(delta[x.findIndex((time) => time >= 2.5)], 0.25);
  assert.ok(Number.isNaN(delta[x.length - 1]));
  close(duel().deltaAt(7.5), 0.75);
});

test("a moment and a place lead to each other", () => {
  close(duel().xOf(2.5, "distance"), 25);
  close(duel().timeOf(25, "distance"), 2.5);
  assert.deepEqual([duel().xOf(3, "time"), duel().timeOf(3, "time")], [3, 3]);
  assert.deepEqual([duel().duration, duel().length], [11, 100]);
});

test("sectors are A's, with the times of both, up to one that is not known", () => {
  assert.deepEqual(duel().sectors("distance"), [
    { text: "S1", from: 0, to: 40, aMs: 4000, bMs: 4500 },
    { text: "S2", from: 40, to: 100, aMs: 6000, bMs: 6500 },
  ]);
  assert.equal(duel([4000, null, 6000]).sectors("time").length, 1);
});

test("a curve ends where it ends, and has holes", () => {
  assert.deepEqual([interpolated([1, 2], [5, 7], 0), interpolated([1, 2], [5, 7], 9), interpolated([1, 2], [5, 7], 1.5)], [5, 7, 6]);
  assert.ok(Number.isNaN(interpolated([1, 2, 3], [5, null, 7], 1.5)));
  assert.ok(Number.isNaN(interpolated([], [], 1)));
  // A place that is reached once and left later: the moment is found on either side.
  assert.equal(interpolated([0, 1, 1, 2], [0, 10, 20, 30], 1), 20);
});
