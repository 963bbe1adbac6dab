import assert from "node:assert/strict";
import { test } from "node:test";

import { TimedLog } from "../../drift_site/static/drift/data/timedlog.js";

test("what was said last by a moment holds at it", () => {
  const log = new TimedLog(60);
  assert.equal(log.at(99), undefined);
  log.push(1, "a");
  log.push(2, "b");
  log.push(2, "c");
  assert.deepEqual([0.9, 1, 1.99, 2, 50].map((time) => log.at(time)), [undefined, "a", "a", "c", "c"]);
  assert.deepEqual(log.lastAt(2, 2), ["c", "b"]);
  assert.deepEqual(log.lastAt(1.5, 5), ["a"]);
});

test("what comes with an earlier time was said after what came before", () => {
  const log = new TimedLog(60);
  log.push(5, "a");
  log.push(4, "b");
  assert.equal(log.at(4.5), undefined);
  assert.equal(log.at(5), "b");
});

test("it keeps its seconds and no more, and what held at the oldest of them", () => {
  const log = new TimedLog(60);
  for (let time = 0; time < 1000; time += 0.2) {
    log.push(time, Math.floor(time));
  }
  assert.ok(log.length < 60 * 5 + 70, String(log.length));
  assert.equal(log.at(999.9 - 60), 939);
});

test("the last few before the oldest moment stay, however old they are", () => {
  const log = new TimedLog(125, 2000, 6);
  for (let lap = 1; lap <= 200; lap += 1) {
    log.push(lap, lap);
  }
  const seen = [];
  for (let lap = 201; lap <= 210; lap += 1) {
    log.push(500 + lap, lap); // after a break of some minutes
    seen.push(log.lastAt(Infinity, 6).length, log.lastAt(500 + lap - 125, 6).length);
  }
  assert.deepEqual(new Set(seen), new Set([6]));
  assert.deepEqual(log.lastAt(800, 6), [210, 209, 208, 207, 206, 205]);
  assert.ok(log.length < 90, String(log.length));
});

test("what a wrong clock stamped is put where it belongs, in its order", () => {
  const log = new TimedLog(60);
  ["a", "b", "c"].forEach((value, i) => log.push([1, 5, 5][i], value));
  log.move(5, 3);
  assert.deepEqual([2.9, 3].map((time) => log.at(time)), ["a", "c"]);
  log.move(3, 0.5); // not before what was said before
  assert.deepEqual([0.9, 1].map((time) => log.at(time)), [undefined, "c"]);
  log.move(1, 8);
  assert.deepEqual([log.at(7.9), log.lastAt(8, 5)], [undefined, ["c", "b", "a"]]);
});

test("a bound on their number holds whatever the times", () => {
  const log = new TimedLog(1e9, 100);
  for (let time = 0; time < 1000; time += 1) {
    log.push(time, time);
  }
  assert.ok(log.length <= 101, String(log.length));
  assert.equal(log.at(2000), 999);
});
