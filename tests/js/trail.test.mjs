import assert from "node:assert/strict";
import { test } from "node:test";

import { Trail, TRAIL_SECONDS } from "../../drift_site/static/drift/map/trail.js";

const SECOND = 1_000_000;

function points(trail, now) {
  const seen = [];
  trail.forEach(now, (age, x, z, cut) => seen.push({ age, x, z, cut }));
  return seen;
}

test("points come back oldest first with their age", () => {
  const trail = new Trail();
  trail.push(0, 1, 2);
  trail.push(SECOND / 10, 3, 4);
  assert.deepEqual(points(trail, SECOND / 10), [
    { age: 0.1, x: 1, z: 2, cut: true },
    { age: 0, x: 3, z: 4, cut: false },
  ]);
});

test("the trail keeps its seconds at any rate, and its size", () => {
  for (const rate of [50, 100, 1000]) {
    const trail = new Trail();
    const count = 20 * rate;
    for (let i = 0; i <= count; i += 1) {
      trail.push((i * SECOND) / rate, i / rate, 0);
    }
    const seen = points(trail, 20 * SECOND);
    assert.ok(trail.length <= 502);
    assert.ok(seen[0].age > TRAIL_SECONDS - 0.05 && seen[0].age <= TRAIL_SECONDS, `${rate}: ${seen[0].age}`);
    assert.ok(seen.at(-1).age < 0.011);
    assert.ok(seen.slice(1).every(({ cut }) => !cut));
  }
});

test("a silence and a jump cut the trail", () => {
  const trail = new Trail();
  trail.push(0, 0, 0);
  trail.push(SECOND, 1, 0); // after a silence
  trail.push(1.02 * SECOND, 2, 0);
  trail.push(1.04 * SECOND, 90, 0); // a reset to the start
  assert.deepEqual(points(trail, 1.04 * SECOND).map(({ cut }) => cut), [true, true, false, true]);
});
