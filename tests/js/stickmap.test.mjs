import assert from "node:assert/strict";
import { test } from "node:test";

import { axesOf, MODES, placesOf } from "../../drift_site/static/drift/panels/stickmap.js";

const INPUTS = { throttle: -1, yaw: 0.25, pitch: 0.5, roll: 0.75 };
const places = (mode) => placesOf(mode, INPUTS, { left: { x: 0, y: 0 }, right: { x: 0, y: 0 } });

test("each mode has each stick where its pilots hold it; + roll of the stream is to the left", () => {
  assert.deepEqual(places(1), { left: { x: 0.25, y: 0.5 }, right: { x: -0.75, y: -1 } });
  assert.deepEqual(places(2), { left: { x: 0.25, y: -1 }, right: { x: -0.75, y: 0.5 } });
  assert.deepEqual(places(3), { left: { x: -0.75, y: 0.5 }, right: { x: 0.25, y: -1 } });
  assert.deepEqual(places(4), { left: { x: -0.75, y: -1 }, right: { x: 0.25, y: 0.5 } });
});

test("the names of the axes are those of the values", () => {
  for (const mode of MODES) {
    for (const side of ["left", "right"]) {
      const { x, y } = axesOf(mode)[side];
      const at = places(mode)[side];
      assert.deepEqual([at.x, at.y], [x === "roll" ? -INPUTS.roll : INPUTS[x], INPUTS[y]]);
    }
  }
});
