import assert from "node:assert/strict";
import { test } from "node:test";

import * as format from "../../drift_site/static/drift/common/format.js";

test("a lap time is m:ss.mmm", () => {
  assert.equal(format.lapTime(32_145), "0:32.145");
  assert.equal(format.lapTime(65_004), "1:05.004");
  assert.equal(format.lapTime(59_999.6), "1:00.000");
  assert.equal(format.lapTime(3_600_000), "1:00:00.000");
  assert.equal(format.lapTime(0), "0:00.000");
  assert.equal(format.lapTime(-1500), "−0:01.500");
});

test("a sector's time is in seconds, a long one in minutes", () => {
  assert.equal(format.sectorTime(9_870), "9.870");
  assert.equal(format.sectorTime(61_000), "1:01.000");
});

test("a gap is in seconds, or in whole laps", () => {
  assert.equal(format.gap(1234), "+1.234");
  assert.equal(format.gap(0), "+0.000");
  assert.equal(format.gap(-80), "−0.080");
  assert.equal(format.gap(61_000), "+1:01.000");
  assert.equal(format.gap(-61_000), "−1:01.000");
  assert.equal(format.gap(500, 1), "+1 lap");
  assert.equal(format.gap(null, 2), "+2 laps");
});

test("what rounds to nothing has no minus", () => {
  assert.equal(format.difference(-0.0004), "+0.000");
  assert.equal(format.figure(-0.04, 1), "0.0");
  assert.equal(format.figure(-0.06, 1), "−0.1");
});

test("figures have their units", () => {
  assert.equal(format.speed(23.456), "23.5 m/s");
  assert.equal(format.altitude(-1.25), "−1.3 m");
  assert.equal(format.percent(0.835), "84 %");
  assert.equal(format.volts(15.5), "15.50 V");
});

test("what does not exist is a dash", () => {
  for (const name of ["lapTime", "sectorTime", "gap", "difference", "speed", "altitude", "percent", "volts"]) {
    for (const nothing of [null, undefined, NaN]) {
      assert.equal(format[name](nothing), "–", name);
    }
  }
});
