import assert from "node:assert/strict";
import { test } from "node:test";

import { inWords, lieOf } from "../../drift_site/static/drift/panels/angles.js";

const empty = () => ({ pitch: NaN, roll: NaN, heading: NaN });

/** A turn about an axis of the drone, by the gyro's signs: x + nose down, y + nose right, z + left side down. */
function turn(axis, degrees) {
  const half = (degrees * Math.PI) / 360;
  const q = [0, 0, 0, Math.cos(half)];
  q[axis] = Math.sin(half);
  return q;
}

/** First b, in the axes that a has turned: q = a · b. */
function then([ax, ay, az, aw], [bx, by, bz, bw]) {
  return [
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
    aw * bw - ax * bx - ay * by - az * bz,
  ];
}

function assertLie(quaternion, expected) {
  const lie = lieOf(...quaternion, empty());
  for (const [name, value] of Object.entries(expected)) {
    assert.ok(Math.abs(lie[name] - value) < 1e-6, `${name} is ${lie[name]}, not ${value}`);
  }
}

test("level, along z", () => assertLie([0, 0, 0, 1], { pitch: 0, roll: 0, heading: 0 }));
test("a turn of the gyro's + pitch is nose down", () => assertLie(turn(0, 30), { pitch: -30, roll: 0, heading: 0 }));
test("nose up", () => assertLie(turn(0, -45), { pitch: 45, roll: 0, heading: 0 }));
test("a turn of the gyro's + yaw is nose right, towards x", () => assertLie(turn(1, 90), { pitch: 0, roll: 0, heading: 90 }));
test("nose left", () => assertLie(turn(1, -10), { pitch: 0, roll: 0, heading: 350 }));
test("a turn of the gyro's + roll is a bank to the left", () => assertLie(turn(2, 60), { pitch: 0, roll: -60, heading: 0 }));
test("a bank to the right", () => assertLie(turn(2, -20), { pitch: 0, roll: 20, heading: 0 }));
test("upside down by a roll", () => assertLie(turn(2, -170), { pitch: 0, roll: 170, heading: 0 }));

test("heading, then pitch, then roll are found again", () => {
  const q = then(then(turn(1, 123), turn(0, -35)), turn(2, -50));
  assertLie(q, { heading: 123, pitch: 35, roll: 50 });
  assertLie(q.map((part) => -part), { heading: 123, pitch: 35, roll: 50 });
});

test("straight up is no NaN, though rounding takes it past one", () => {
  const up = Math.SQRT1_2 + 1e-8;
  assert.equal(lieOf(-up, 0, 0, up, empty()).pitch, 90);
});

test("it is told in words", () => {
  assert.equal(inWords({ pitch: 12.4, roll: -30, heading: 271 }), "Attitude: nose up 12°, banked 30° left, heading 271°");
  assert.equal(
    inWords({ pitch: -5, roll: 175, heading: 0 }),
    "Attitude: nose down 5°, banked 175° right, upside down, heading 0°",
  );
  assert.equal(inWords(lieOf(NaN, NaN, NaN, NaN, empty())), "Attitude not known");
});
