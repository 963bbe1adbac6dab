import assert from "node:assert/strict";
import { test } from "node:test";

import { flawsOf } from "../../drift_site/static/drift/panels/flaws.js";

test("each flaw is told in words, with the gates where they are known", () => {
  assert.deepEqual(flawsOf({ flaws: ["missed_gates", "short"], missed: [3, 5] }), ["missed gates 3, 5", "too short"]);
  assert.deepEqual(flawsOf({ flaws: ["missed_gates"], missed: [3] }), ["missed gate 3"]);
  assert.deepEqual(flawsOf({ flaws: ["missed_gates"] }), ["missed gates"]);
});

test("no flaw has no words, and one that the page does not know its name", () => {
  assert.deepEqual(flawsOf({ flaws: [] }), []);
  assert.deepEqual(flawsOf({ flaws: ["too_high"] }), ["too_high"]);
});
