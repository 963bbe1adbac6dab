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

test("a bound on their number holds whatever the times", () => {
  const log = new TimedLog(1e9, 100);
  for (let time = 0; time < 1000; time += 1) {
    log.push(time, time);
  }
  assert.ok(log.length <= 101, String(log.length));
  assert.equal(log.at(2000), 999);
});
