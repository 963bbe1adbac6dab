import assert from "node:assert/strict";
import { test } from "node:test";

import {
  Bounds, easedPart, enlargement, fitDistance, headingOf, propPlaces, roundAbove, squareFor, turnTowards,
} from "../../drift_site/static/drift/scene/framing.js";

const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);
const half = Math.SQRT1_2;

test("what is flown near height 0 has its ground there, what is flown far from it has it below the lowest", () => {
  const bounds = new Bounds();
  assert.equal(bounds.floor, 0);
  bounds.include(0, 4, 0);
  assert.equal(bounds.floor, 0);
  bounds.include(0, -7.3, 0);
  assert.equal(bounds.floor, -7.5);
  const high = new Bounds();
  high.include(0, 212.2, 0);
  assert.equal(high.floor, 212);
});

test("the extent grows with what is seen, and is never that of a point", () => {
  const bounds = new Bounds();
  assert.ok(bounds.isEmpty);
  bounds.include(10, 0, 10);
  assert.deepEqual([bounds.middle(0), bounds.half(0)], [10, 12]);
  bounds.include(-90, 0, 10);
  assert.deepEqual([bounds.middle(0), bounds.half(0)], [-40, 50]);
});

test("easing does not depend on how often pictures are drawn", () => {
  const once = easedPart(0.2, 0.3);
  const twice = 1 - (1 - easedPart(0.1, 0.3)) ** 2;
  near(once, twice);
  assert.equal(easedPart(0.1, 0), 1);
  assert.equal(easedPart(-1, 0.3), 0);
});

test("a heading is where the nose points over the ground, and stays when it points up", () => {
  near(headingOf(0, 0, 0, 1, 9), 0);
  near(headingOf(0, half, 0, half, 9), Math.PI / 2);
  assert.equal(headingOf(-half, 0, 0, half, 1.25), 1.25);
  assert.equal(headingOf(NaN, NaN, NaN, NaN, 0.5), 0.5);
});

test("a camera turns the short way round", () => {
  near(turnTowards(3, -3, 0.5), 3 + (2 * Math.PI - 6) / 2);
  near(turnTowards(0, 1, 0.25), 0.25);
});

test("all of a field is in sight, in a wide picture and in a tall one", () => {
  const wide = fitDistance(50, 10, 60, 2);
  assert.ok(Math.tan(Math.PI / 6) * wide * 2 >= 50 && Math.tan(Math.PI / 6) * wide >= 10);
  assert.ok(fitDistance(50, 10, 60, 0.5) > wide);
});

test("a drone far away is drawn larger, up to a bound, and a near one as it is", () => {
  assert.equal(enlargement(0.5, 2, 1000, 20, 10), 1);
  near(enlargement(0.5, 100, 1000, 20, 10), 4);
  assert.equal(enlargement(0.5, 5000, 1000, 20, 10), 10);
});

test("squares and scales have round figures", () => {
  assert.deepEqual([12, 40, 80, 200, 400].map(squareFor), [2, 5, 10, 20, 50]);
  assert.deepEqual([0, 12, 21, 47, 51].map(roundAbove), [10, 15, 30, 50, 60]);
});

test("propellers stand left and right in the stream's order, an odd one at the tail", () => {
  const signs = (count) => propPlaces(count).map(({ x, z }) => [Math.sign(Math.round(x * 1e6)) + 0, Math.sign(Math.round(z * 1e6)) + 0]);
  assert.deepEqual(signs(0), []);
  assert.deepEqual(signs(1), [[0, 0]]);
  assert.deepEqual(signs(3), [[-1, 1], [1, 1], [0, -1]]);
  assert.deepEqual(signs(4), [[-1, 1], [1, 1], [-1, -1], [1, -1]]);
  assert.deepEqual(signs(6), [[-1, 1], [1, 1], [-1, 0], [1, 0], [-1, -1], [1, -1]]);
  assert.equal(new Set(propPlaces(8).map(({ x, z }) => `${x.toFixed(3)} ${z.toFixed(3)}`)).size, 8);
});
