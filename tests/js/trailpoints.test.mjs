import assert from "node:assert/strict";
import { test } from "node:test";

import { FrameStore } from "../../drift_site/static/drift/data/ring.js";
import { Sample, sampleAt } from "../../drift_site/static/drift/data/sample.js";
import { CAPACITY, offsetOf, POINT, spacingFor, TrailPoints } from "../../drift_site/static/drift/scene/trailpoints.js";
import { decodeFrames } from "../../drift_site/static/drift/wire/protocol.js";
import { message } from "./messages.mjs";

const START = 1_700_000_000_000_000;

/** A drone that flies 10 m/s along z, 100 frames a second. */
function flown(seconds, more = () => ({})) {
  const store = new FrameStore();
  const frames = Array.from({ length: Math.round(seconds * 100) }, (_, i) => ({
    time: START + i * 10_000, drone: 1, seq: i + 1, flight: i / 100, position: [0, 1, i / 10], velocity: [0, 0, 10], input: [0.5, 0, 0, 0], ...more(i),
  }));
  store.take(decodeFrames(message(frames)));
  return store.get(1);
}

function follow(points, series, time, seconds) {
  points.follow(series, time, seconds, sampleAt(series, time, new Sample()));
}

/** The joined segments within the trail's time, as the shader chooses them: [from z, to z], in metres. */
function drawn(points, time, seconds) {
  const segments = [];
  for (let i = 0; i < points.segments; i += 1) {
    const [a, b] = [offsetOf(i), offsetOf(i + 1)];
    const [from, to] = [points.data[a + 3], points.data[b + 3]];
    if (to > from && to > time - points.base - seconds && points.data[b + 6] < 0.5) {
      segments.push([-points.data[a + 2], -points.data[b + 2]]);
    }
  }
  return segments;
}

test("a trail goes from its length ago to the drone itself", () => {
  const points = new TrailPoints();
  follow(points, flown(20), 12.345, 5);
  const segments = drawn(points, 12.345, 5);
  assert.ok(Math.abs(segments[0][0] - 73.4) < 0.11, String(segments[0]));
  assert.ok(Math.abs(segments.at(-1)[1] - 123.45) < 1e-3, String(segments.at(-1)));
});

test("it is unbroken however it was come by: picture by picture, at once, or backwards", () => {
  const series = flown(100);
  const stepped = new TrailPoints();
  for (let time = 0.5; time < 90; time += 0.017) {
    follow(stepped, series, time, 15);
  }
  const jumped = new TrailPoints();
  follow(jumped, series, 95, 15);
  for (const points of [stepped, jumped]) {
    follow(points, series, 90, 15);
    const segments = drawn(points, 90, 15).sort((a, b) => a[0] - b[0]);
    assert.ok(segments.at(-1)[1] > 899.99 && segments[0][0] < 750.5);
    segments.slice(1).forEach(([from], i) => assert.equal(from, segments[i][1]));
  }
});

test("a minute of any rate fits, and a step uploads no more than is new", () => {
  const series = flown(200);
  const points = new TrailPoints();
  follow(points, series, 100, 60);
  points.clean();
  follow(points, series, 100.02, 60);
  assert.ok(points.dirtyTo - points.dirtyFrom < 5 * POINT);
  for (let time = 100; time < 199; time += 0.05) {
    follow(points, series, time, 60);
  }
  assert.ok(drawn(points, 198.95, 60)[0] !== undefined);
  assert.ok(points.segments <= CAPACITY);
  const length = drawn(points, 198.95, 60).reduce((sum, [from, to]) => sum + to - from, 0);
  assert.ok(Math.abs(length - 600) < 2 * 10 * spacingFor(60) + 0.2, String(length));
});

test("where the way is not known, nothing is drawn", () => {
  const series = flown(10, (i) => (i < 500 ? {} : { position: [0, 1, 500 + i / 10], flight: (i - 500) / 100 }));
  const points = new TrailPoints();
  follow(points, series, 9, 8);
  const segments = drawn(points, 9, 8);
  assert.ok(segments.every(([from, to]) => to - from < 1));
  assert.ok(segments.some(([, to]) => to < 50) && segments.some(([from]) => from > 540));
});

test("it is made anew when frames were put in between, and knows the fastest", () => {
  const series = flown(10);
  const points = new TrailPoints();
  follow(points, series, 5, 5);
  points.clean();
  series.version += 1;
  follow(points, series, 5, 5);
  assert.ok(points.dirtyTo - points.dirtyFrom > 400 * POINT);
  assert.equal(points.fastest, 10);
});

test("each point has its neighbours beside it, round the ring too", () => {
  const points = new TrailPoints();
  const series = flown(60);
  for (let time = 1; time < 59; time += 0.05) {
    follow(points, series, time, 5);
  }
  const at = (slot) => Array.from(points.data.subarray(offsetOf(slot), offsetOf(slot) + POINT));
  assert.equal(points.segments, CAPACITY);
  assert.deepEqual([at(-1), at(CAPACITY), at(CAPACITY + 1)], [at(CAPACITY - 1), at(0), at(1)]);
});

test("another lap in the place of the last one has a trail of its own", () => {
  const points = new TrailPoints();
  follow(points, flown(20), 12, 5);
  follow(points, flown(20, (i) => ({ position: [0, 1, 5000 + i / 10] })), 12.5, 5);
  assert.ok(drawn(points, 12.5, 5).every(([from]) => from > 5000));
});
