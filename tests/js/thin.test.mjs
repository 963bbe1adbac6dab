import assert from "node:assert/strict";
import { test } from "node:test";

import { extremes, nearest, spread } from "../../drift_site/static/drift/panels/thin.js";

test("places are spread evenly, with both ends", () => {
  assert.deepEqual(spread(101, 5), [0, 25, 50, 75, 100]);
  assert.deepEqual(spread(3, 24), [0, 1, 2]);
  assert.deepEqual([spread(0, 5), spread(1, 5)], [[], [0]]);
});

test("the nearest place is found, at the ends too", () => {
  const x = [0, 1, 2, 4];
  assert.deepEqual([-5, 0.4, 0.6, 2.9, 3.1, 9].map((at) => nearest(x, at)), [0, 0, 1, 2, 3, 3]);
  assert.equal(nearest([], 1), -1);
});

test("what is absent is neither the least nor the greatest", () => {
  assert.deepEqual(extremes([null, 3, NaN, -1]), [-1, 3]);
  assert.equal(extremes([null, NaN]), null);
  assert.equal(extremes([]), null);
});
