import assert from "node:assert/strict";
import { test } from "node:test";

import { COLUMN, FrameStore } from "../../drift_site/static/drift/data/ring.js";
import { Sample, sampleAt } from "../../drift_site/static/drift/data/sample.js";
import { decodeFrames } from "../../drift_site/static/drift/wire/protocol.js";
import { message } from "./messages.mjs";

const START = 1_700_000_000_000_000;
const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-4, `${a} is not ${b}`);

function series(...frames) {
  const store = new FrameStore();
  const numbered = frames.map((frame, i) => ({ drone: 1, seq: i + 1, ...frame, time: START + Math.round(frame.at * 1e6) }));
  store.take(decodeFrames(message(numbered)));
  return store.get(1);
}

test("before the first frame, and without any, a drone is absent", () => {
  const sample = sampleAt(series({ at: 1 }), 0.9, new Sample());
  assert.equal(sample.certainty, "absent");
  assert.ok(Number.isNaN(sample.altitude));
  assert.equal(sampleAt(undefined, 1, new Sample()).certainty, "absent");
});

test("between two frames a drone is interpolated, its attitude on the arc", () => {
  const turned = [0, Math.SQRT1_2, 0, Math.SQRT1_2]; // a quarter turn
  const of = series({ at: 1, velocity: [1, 0, 0] }, { at: 1.1, position: [2, 4, 6], attitude: turned, velocity: [3, 0, 0] });
  const sample = sampleAt(of, 1.05, new Sample());
  assert.equal(sample.certainty, "known");
  close(sample.values[COLUMN.x], 1);
  close(sample.altitude, 2);
  close(sample.speed, 2);
  close(sample.values[COLUMN.qy], Math.sin(Math.PI / 8));
  close(sample.values[COLUMN.qw], Math.cos(Math.PI / 8));
});

test("a quaternion and its negative are the same attitude", () => {
  const sample = sampleAt(series({ at: 1 }, { at: 1.1, attitude: [0, 0, 0, -1] }), 1.05, new Sample());
  close(Math.abs(sample.values[COLUMN.qw]), 1);
});

test("past the last frame a drone goes on for a tenth of a second and then freezes", () => {
  const of = series({ at: 1, velocity: [10, 0, 0] });
  const sample = new Sample();
  assert.deepEqual([sampleAt(of, 1.05, sample).certainty, sample.values[COLUMN.x]], ["ahead", 0.5]);
  assert.equal(sampleAt(of, 1.5, sample).certainty, "frozen");
  close(sample.values[COLUMN.x], 1);
});

test("over a gap and a jump a drone stays where it was seen last", () => {
  const of = series({ at: 1, velocity: [10, 0, 0] }, { at: 3, position: [20, 0, 0] });
  const sample = sampleAt(of, 2, new Sample());
  assert.deepEqual([sample.certainty, sample.values[COLUMN.x]], ["frozen", 0]);
  const jump = sampleAt(series({ at: 1 }, { at: 1.02, position: [20, 0, 0] }), 1.01, new Sample());
  assert.deepEqual([jump.certainty, jump.values[COLUMN.x]], ["known", 0]);
});

test("what the stream does not carry stays absent", () => {
  const sample = sampleAt(series({ at: 1, input: [0, 0, 0, 0] }, { at: 1.1 }), 1.05, new Sample());
  assert.ok(Number.isNaN(sample.values[COLUMN.throttle]));
  assert.equal(sample.motorCount, 0);
});
