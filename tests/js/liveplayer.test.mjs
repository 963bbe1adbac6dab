import assert from "node:assert/strict";
import { test } from "node:test";

import { LivePlayer } from "../../drift_site/static/drift/live/player.js";

test("live is the edge, or the chosen delay before it", () => {
  const player = new LivePlayer();
  assert.deepEqual([player.kind, player.time(100)], ["live", 100]);
  player.delay = 20;
  assert.deepEqual([player.kind, player.time(100), player.behind(100)], ["live", 80, 0]);
  player.delay = 99;
  assert.equal(player.delay, 60);
  player.delay = NaN;
  assert.equal(player.delay, 0);
});

test("a paused picture stands still and goes on where it stood", () => {
  const player = new LivePlayer();
  player.delay = 5;
  player.toggle(100);
  assert.deepEqual([player.kind, player.time(110), player.behind(110)], ["paused", 95, 10]);
  player.toggle(110);
  assert.deepEqual([player.kind, player.time(112)], ["rewound", 97]);
  player.toLive();
  assert.deepEqual([player.kind, player.time(112)], ["live", 107]);
});

test("one may go back a minute and forth to live, paused or not", () => {
  const player = new LivePlayer();
  player.step(100, -10);
  assert.deepEqual([player.kind, player.time(101)], ["rewound", 91]);
  player.step(101, -500);
  assert.equal(player.time(101), 41);
  player.step(101, 1000);
  assert.deepEqual([player.kind, player.time(101)], ["live", 101]);
  player.pause(101);
  player.step(102, -1);
  assert.deepEqual([player.kind, player.time(150)], ["paused", 100]);
  player.step(150, 3);
  assert.equal(player.time(150), 103);
});

test("what stands still for more than a minute goes along at the end of what is kept", () => {
  const player = new LivePlayer();
  player.pause(100);
  assert.equal(player.time(160), 100);
  assert.equal(player.time(170), 110);
});

test("before the first frame nothing can be paused or gone back to", () => {
  const player = new LivePlayer();
  player.toggle(NaN);
  player.step(NaN, -5);
  assert.equal(player.kind, "live");
  assert.ok(Number.isNaN(player.time(NaN)));
});
