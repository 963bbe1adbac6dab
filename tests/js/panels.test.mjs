import assert from "node:assert/strict";
import { test } from "node:test";

import { Seldom } from "../../drift_site/static/drift/common/seldom.js";
import { levelOf } from "../../drift_site/static/drift/panels/battery.js";
import { motorName } from "../../drift_site/static/drift/panels/motors.js";
import { PlotGroup } from "../../drift_site/static/drift/panels/plotgroup.js";

test("a battery is low, then nearly empty; one that is not known gives no warning", () => {
  assert.deepEqual([1, 0.26, 0.25, 0.11, 0.1, 0, NaN].map(levelOf), ["", "", "low", "low", "empty", "empty", ""]);
});

test("motors have the names of their places, those beyond the fourth their numbers", () => {
  assert.deepEqual([0, 1, 2, 3, 4].map(motorName), ["left front", "right front", "left back", "right back", "motor 5"]);
});

test("what is seldom happens once in its time", () => {
  const seldom = new Seldom(100);
  assert.deepEqual([0, 50, 99, 100, 150, 250].map((now) => seldom.due(now)), [true, false, false, true, false, true]);
});

const member = () => {
  const seen = [];
  return { seen, showCursor: (x) => seen.push(x), showZoom: (range) => seen.push(range) };
};

test("a cursor that one plot moves goes to the others and to who follows it", () => {
  const group = new PlotGroup();
  const [a, b] = [member(), member()];
  const leave = group.add(a);
  group.add(b);
  group.oncursor = (x) => b.seen.push(`followed ${x}`);
  group.cursor(5, a);
  group.cursor(6); // by the page: nobody is told of what they asked for
  assert.deepEqual([a.seen, b.seen, group.x], [[6], [5, "followed 5", 6], 6]);
  assert.deepEqual([group.isFirst(a), group.isFirst(b)], [true, false]);
  leave();
  assert.ok(group.isFirst(b));
});

test("a zoom goes to the others", () => {
  const group = new PlotGroup();
  const [a, b] = [member(), member()];
  group.add(a);
  group.add(b);
  group.zoom([1, 2], a);
  assert.deepEqual([a.seen, b.seen, group.range], [[], [[1, 2]], [1, 2]]);
  group.zoom(null);
  assert.deepEqual([a.seen, group.range], [[null], null]);
});
