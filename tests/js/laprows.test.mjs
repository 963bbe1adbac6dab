import assert from "node:assert/strict";
import { test } from "node:test";

import { readAddress, searchOf } from "../../drift_site/static/drift/analysis/address.js";
import * as rows from "../../drift_site/static/drift/analysis/laprows.js";

let ids = 0;
const lap = (drone, duration_ms, more = {}) => ({
  id: (ids += 1), drone, drone_id: "", name: "", pilot: null, number: 1, start_s: 0, end_s: duration_ms / 1000, start_flight: 0, end_flight: 1,
  duration_ms, sectors_ms: [duration_ms / 2, duration_ms / 2], valid: true, flaws: [], missed: [], ruled: "", reason: "", best: null, top_speed: 20, ...more,
});
const A = lap(1, 30_000, { name: "Ann", sectors_ms: [10_000, 20_000] });
const B = lap(2, 31_000, { pilot: "zoe", sectors_ms: [9_000, 22_000], top_speed: 25 });
const SHORT = lap(1, 8_000, { name: "Ann", number: 2, sectors_ms: [4_000, null], valid: false, flaws: ["short", "missed_gates"], missed: [3, 5] });
const ADDED = lap(2, 29_000, { pilot: "zoe", number: 3, start_flight: null, end_flight: null, sectors_ms: [] });
const LAPS = [A, B, SHORT, ADDED];
const order = (...args) => rows.sorted(LAPS, ...args).map(({ id }) => LAPS.findIndex((each) => each.id === id));

test("laps that do not count never lead a column of times", () => {
  assert.deepEqual(order("time", "ascending"), [3, 0, 1, 2]);
  assert.deepEqual(order("time", "descending"), [1, 0, 3, 2]);
  assert.deepEqual(order("s0", "ascending"), [1, 0, 2, 3]);
});

test("every other column sorts too", () => {
  assert.deepEqual(order("pilot", "ascending"), [2, 0, 3, 1]);
  assert.deepEqual(order("lap", "descending").slice(0, 2), [3, 2]);
  assert.equal(order("speed", "descending")[0], 1);
  assert.equal(order("state", "ascending")[0], 2);
  assert.equal(order("gap", "ascending")[0], 3);
});

test("the best sectors are those of laps that count", () => {
  const bests = rows.bestSectors(LAPS);
  assert.deepEqual(bests.overall, [9_000, 20_000]);
  assert.deepEqual(bests.personal.get(1), [10_000, 20_000]);
  assert.equal(rows.theoretical(bests.overall), 29_000);
  assert.equal(rows.theoretical([1, null]), null);
  assert.equal(rows.theoretical(undefined), null);
  assert.deepEqual([rows.sectorMark(A, 0, bests), rows.sectorMark(A, 1, bests), rows.sectorMark(SHORT, 0, bests)], ["personal", "overall", ""]);
});

test("why a lap does not count is said", () => {
  assert.equal(rows.stateOf(SHORT), "too short; missed gates 3, 5");
  assert.equal(rows.stateOf({ ...A, valid: false, ruled: "invalid", reason: "cut the course" }), "ruled invalid: cut the course");
  assert.equal(rows.stateOf({ ...SHORT, valid: true, ruled: "valid", reason: "seen" }), "too short; missed gates 3, 5; ruled valid: seen");
  assert.equal(rows.stateOf({ ...A, best: "overall" }), "best of the race");
  assert.equal(rows.stateOf(A), "");
});

test("the two fastest laps that were flown are chosen, or those that were asked for", () => {
  const pick = (laps, a = null, b = null) => rows.chosen(laps, { a, b })?.map(({ id }) => id) ?? null;
  assert.deepEqual(pick(LAPS), [A.id, B.id]);
  assert.deepEqual(pick(LAPS, SHORT.id, A.id), [SHORT.id, A.id]);
  assert.deepEqual(pick(LAPS, A.id, A.id), [A.id, A.id]);
  assert.deepEqual(pick(LAPS, null, A.id), [B.id, A.id]);
  assert.deepEqual(pick(LAPS, 999, ADDED.id), [A.id, B.id]);
  assert.deepEqual(pick([A]), [A.id, A.id]);
  assert.equal(pick([ADDED]), null);
});

test("names and counts", () => {
  assert.deepEqual([rows.lapName(A), rows.lapName(B)], ["Ann · lap 1", "zoe · lap 1"]);
  assert.equal(rows.sectorCount(LAPS), 2);
  assert.equal(rows.sectorCount([]), 0);
  assert.equal(rows.fastest(LAPS).id, ADDED.id);
  assert.equal(rows.fastest([SHORT]), undefined);
});

test("the address leads back to the choice, and nonsense in it is passed over", () => {
  assert.deepEqual(readAddress(searchOf({ a: 7, b: 8, over: "time" })), { a: 7, b: 8, over: "time" });
  assert.deepEqual(readAddress(searchOf({ a: 7, b: 8, over: "distance" })), { a: 7, b: 8, over: "distance" });
  assert.deepEqual(readAddress("?a=-1&b=x&over=y"), { a: null, b: null, over: "distance" });
});
