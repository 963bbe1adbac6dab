import assert from "node:assert/strict";
import { test } from "node:test";

import { Quality } from "../../drift_site/static/drift/scene/quality.js";

/** Draw for some seconds; gives the seconds at which the quality changed. */
function draw(quality, seconds, elapsed) {
  const changes = [];
  for (let at = 0; at < seconds; at += elapsed) {
    if (quality.note(elapsed)) {
      changes.push(at);
    }
  }
  return changes;
}

test("a machine that draws fluently draws every pixel", () => {
  const quality = new Quality();
  assert.deepEqual(draw(quality, 60, 1 / 60), []);
  assert.equal(quality.share, 1);
});

test("a slow machine draws fewer, down to a bound", () => {
  const quality = new Quality();
  assert.equal(draw(quality, 1.4, 0.1).length, 0);
  draw(quality, 20, 0.1);
  assert.equal(quality.share, 0.5);
});

test("what went is tried again, less often each time that it fails", () => {
  const quality = new Quality();
  draw(quality, 2, 0.05);
  assert.equal(quality.share, 0.7);
  const [first] = draw(quality, 60, 1 / 60);
  assert.equal(quality.share, 1);
  draw(quality, 2, 0.05);
  const [second] = draw(quality, 60, 1 / 60);
  assert.ok(second > first, `${second} after ${first}`);
});

test("a hidden tab says nothing", () => {
  const quality = new Quality();
  assert.deepEqual(draw(quality, 100, 1), []);
  quality.note(NaN);
  assert.equal(quality.share, 1);
});
