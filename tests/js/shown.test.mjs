import assert from "node:assert/strict";
import { test } from "node:test";

import { insert } from "../../drift_site/static/drift/data/insertion.js";
import { FrameStore } from "../../drift_site/static/drift/data/ring.js";
import { Shown } from "../../drift_site/static/drift/map/shown.js";
import { decodeFrames } from "../../drift_site/static/drift/wire/protocol.js";
import { message } from "./messages.mjs";

const START = 1_700_000_000_000_000;
const TRAIL_S = 15;
const DRONES = [{ number: 1 }, { number: 2 }];

/** Frames of two drones, 20 a second, and whether a moment of them looks otherwise than the one before. */
function flown(seconds) {
  const store = new FrameStore();
  const add = (from, to, { drones = [1, 2], between = false } = {}) => {
    const frames = [];
    for (let i = from * 20; i < to * 20; i += 1) {
      drones.forEach((drone) => frames.push({ time: START + i * 50_000, drone, seq: i + 1, position: [i, 1, 0] }));
    }
    const batch = decodeFrames(message(frames));
    if (between) {
      drones.forEach((drone) => insert(store.make(drone), [batch]));
    } else {
      store.take(batch);
    }
  };
  add(0, seconds);
  const shown = new Shown();
  const differs = (time, { stale = [], drones = DRONES, trail = TRAIL_S } = {}) => shown.differs(time, store, drones, trail, new Set(stale));
  return { add, differs };
}

test("the first moment is always another one, and the same one is not", () => {
  const { differs } = flown(5);
  assert.deepEqual([differs(2), differs(2), differs(2.01), differs(2.01)], [true, false, true, false]);
  assert.ok(new Shown().differs(NaN, new FrameStore(), [], 15, new Set()));
});

test("a pause is not disturbed by what is flown meanwhile, but for the frame that comes next", () => {
  const { add, differs } = flown(5);
  differs(4);
  add(5, 6);
  assert.equal(differs(4), false);
  differs(5.95);
  add(6, 7);
  assert.deepEqual([differs(5.95), differs(5.95)], [true, false]);
});

test("frames that are put in between change the picture that they are in", () => {
  const { add, differs } = flown(0);
  add(5, 6);
  differs(5.5);
  add(4, 5, { between: true });
  assert.deepEqual([differs(5.5), differs(5.5)], [true, false]);
});

test("before the first frame, and without any moment, there is nothing that changes", () => {
  const { differs } = flown(5);
  assert.deepEqual([differs(-2), differs(-1), differs(NaN), differs(NaN)], [true, false, false, false]);
});

test("when all stand where they were last and their trails are gone, time changes nothing", () => {
  const { differs } = flown(5);
  assert.deepEqual([10, 15, 20].map((time) => differs(time)), [true, true, true]);
  assert.deepEqual([21, 22, 3600].map((time) => differs(time)), [true, false, false]);
  assert.ok(differs(4), "going back is another picture");
  const quick = flown(5);
  assert.deepEqual([5.05, 5.1, 5.3, 6].map((time) => quick.differs(time, { trail: 0 })), [true, true, true, false]);
});

test("one that still flies keeps the picture moving", () => {
  const { add, differs } = flown(5);
  add(5, 60, { drones: [2] });
  differs(40);
  assert.ok(differs(40.02));
});

test("a drone that turns grey, and others than before, are another picture", () => {
  const { differs } = flown(5);
  differs(4);
  assert.deepEqual([differs(4, { stale: [2] }), differs(4, { stale: [2] }), differs(4)], [true, false, true]);
  assert.ok(differs(4, { drones: [{ number: 1 }] }));
  assert.equal(differs(4, { drones: [{ number: 1 }] }), false);
});
