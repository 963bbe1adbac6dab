import assert from "node:assert/strict";
import { test } from "node:test";

import { linesOf, nameOf } from "../../drift_site/static/drift/panels/lines.js";

const standing = (drone, more = {}) => ({
  place: drone, drone, status: "RUN", laps: 2, total_ms: 60_000, penalty_ms: 0, last_ms: 31_000, best_ms: 30_000, best_lap: 1,
  best_possible_ms: 29_000, consistency: 0.9, overall_best: false, gap_ms: 1500, interval_ms: 700, laps_down: 0, passed: 3,
  distance: 80, ...more,
});
const info = (drone, name = "", pilot = null) => ({ drone, drone_id: "10.0.0.1", name, pilot, velocity_derived: false });
const TRACK = { track_id: "1", name: "Oval", laps: 5, time_limit: null, grace: null, min_lap: 5, gates: Array(6).fill({}) };

test("a line has its texts, in the order of the server", () => {
  const lines = linesOf([standing(2, { place: 1, gap_ms: 0, interval_ms: null }), standing(1, { place: 2 })], [info(1, "Ann"), info(2)], TRACK);
  assert.deepEqual(lines.map(({ drone, name }) => [drone, name]), [[2, "Drone 2"], [1, "Ann"]]);
  assert.deepEqual(lines[0].texts, { place: "1", laps: "2/5", gate: "3/6", gap: "–", interval: "–", last: "0:31.000", best: "0:30.000" });
  assert.deepEqual(lines[1].texts, { place: "2", laps: "2/5", gate: "3/6", gap: "+1.500", interval: "+0.700", last: "0:31.000", best: "0:30.000" });
});

test("whole laps behind are said, and marked", () => {
  const [line] = linesOf([standing(1, { place: 3, laps_down: 2 })], [], TRACK);
  assert.deepEqual([line.texts.gap, line.lapped], ["+2 laps", true]);
});

test("the best lap of the race, one's own, and one that is neither", () => {
  const marks = (more) => linesOf([standing(1, more)], [], null).map(({ lastMark, bestMark }) => [lastMark, bestMark])[0];
  assert.deepEqual(marks({}), ["", ""]);
  assert.deepEqual(marks({ last_ms: 30_000 }), ["personal", ""]);
  assert.deepEqual(marks({ last_ms: 30_000, overall_best: true }), ["overall", "overall"]);
  assert.deepEqual(marks({ overall_best: true }), ["", "overall"]);
  assert.deepEqual(marks({ last_ms: null, best_ms: null }), ["", ""]);
});

test("a drone that races no more says how it ended", () => {
  for (const status of ["FIN", "DNF", "DNS", "DSQ"]) {
    const [line] = linesOf([standing(1, { status, place: null, gap_ms: null, interval_ms: null })], [], TRACK);
    assert.deepEqual([line.texts.gate, line.over, line.texts.place, line.texts.gap], [status, true, "–", "–"]);
  }
});

test("without a track, and before they are ranked, drones stand by their numbers", () => {
  const lines = linesOf([], [info(3), info(1, "", "zoe")], null);
  assert.deepEqual(lines.map(({ drone, name, texts }) => [drone, name, texts.place, texts.best]), [[1, "zoe", "–", "–"], [3, "Drone 3", "–", "–"]]);
});

test("a name goes before the pilot's, and that before the number", () => {
  assert.deepEqual([nameOf(1, info(1, "Red", "zoe")), nameOf(1, info(1, "", "zoe")), nameOf(1, undefined)], ["Red", "zoe", "Drone 1"]);
});
