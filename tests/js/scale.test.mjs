import assert from "node:assert/strict";
import { test } from "node:test";

import { colourOf, outlineOf } from "../../drift_site/static/drift/map/marks.js";
import { Extent, fit, roundStep, towards } from "../../drift_site/static/drift/map/scale.js";

test("a course is centred and fits with a margin, whichever way it is long", () => {
  const extent = new Extent();
  extent.include(-100, 0);
  extent.include(100, 50);
  for (const [width, height] of [[400, 300], [100, 900], [900, 100]]) {
    const { x, z, scale } = fit(extent, width, height);
    assert.deepEqual([x, z], [0, 25]);
    assert.ok(200 * scale <= 0.81 * width && 50 * scale <= 0.81 * height);
  }
});

test("nothing flown yet shows the surroundings of the origin", () => {
  const { x, z, scale } = fit(new Extent(), 200, 200);
  assert.deepEqual([x, z], [0, 0]);
  assert.ok(scale > 0 && Number.isFinite(scale));
});

test("a drone that hovers is not magnified without bound", () => {
  const extent = new Extent();
  extent.include(5, 5);
  assert.ok(fit(extent, 200, 200).scale <= 10);
});

test("grid steps are round", () => {
  assert.deepEqual([1, 0.5, 0.1, 0.01].map((scale) => roundStep(scale, 90)), [50, 100, 500, 5000]);
});

test("the view eases to its goal and arrives", () => {
  const goal = { x: 10, z: 0, scale: 2 };
  let view = { x: 0, z: 0, scale: 1 };
  for (let step = 0; step < 60 && view !== goal; step += 1) {
    view = towards(view, goal, 0.3);
  }
  assert.equal(view, goal);
});

test("forty drones differ in colour or outline", () => {
  const marks = Array.from({ length: 40 }, (_, i) => `${colourOf(i + 1)} ${outlineOf(i + 1)}`);
  assert.equal(new Set(marks).size, 40);
});
