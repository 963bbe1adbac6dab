import assert from "node:assert/strict";
import { test } from "node:test";

import { keepsKey } from "../../drift_site/static/drift/common/keys.js";
import { commandOf, HELP } from "../../drift_site/static/drift/replay/keys.js";
import { inWords, lapAt, lapOf, marksOf, NOTHING, spanAt } from "../../drift_site/static/drift/replay/marks.js";
import { clock, spoken, times } from "../../drift_site/static/drift/replay/timetext.js";

const lap = (drone, number, start_s, end_s, more = {}) => ({ drone, number, start_s, end_s, duration_ms: (end_s - start_s) * 1000, valid: true, flaws: [], reason: "", best: null, ...more });
const crossing = (drone, time_s, gate, counted = true) => ({ drone, time_s, gate, lap: 1, counted });
const laps = [lap(1, 2, 25, 45), lap(2, 1, 6, 30), lap(1, 1, 5, 25, { valid: false })];
const crossings = [crossing(1, 5.0001, 1), crossing(1, 12, 2), crossing(1, 13, 2, false), crossing(1, 25, 1), crossing(1, 45, 1), crossing(2, 6, 1)];
const marks = marksOf(1, laps, crossings, [{ drone: 1, time_s: 50, lap: 3 }, { drone: 2, time_s: 51, lap: 2 }]);

test("the marks are the drone's own, in order; a lap that was not closed has a start too", () => {
  assert.deepEqual(marks.laps.map(({ number }) => number), [1, 2]);
  assert.deepEqual(marks.gates.map(({ gate }) => gate), [1, 2, 2, 1, 1]);
  assert.deepEqual([marks.resets, marks.starts], [[50], [5, 25, 45]]);
  assert.equal(inWords(marks), "Marked: 2 laps, 4 passings of gates, 1 reset.");
  assert.equal(inWords(NOTHING), "Marked: no laps, no passings of gates, no resets.");
});

test("a moment lies in a lap from its start up to its end", () => {
  assert.deepEqual([4.9, 5, 24.9, 25, 45].map((time) => lapAt(marks, time)?.number), [undefined, 1, 1, 2, undefined]);
  assert.equal(lapOf(marks, 2).start_s, 25);
  assert.equal(lapOf({ ...marks, laps: [lap(1, 1, 0, 9, { valid: false }), lap(1, 1, 20, 30)] }, 1).start_s, 20);
});

test("curves show the lap, or thirty seconds that stand still", () => {
  assert.deepEqual(spanAt(marks, 30, 300, 15), [25, 45]);
  assert.deepEqual(spanAt(marks, 61, 300, 15), [60, 90]);
  assert.deepEqual(spanAt(marks, 89, 300, 15), [60, 90]);
  assert.deepEqual(spanAt(marks, 299, 310.5, 15), [270, 300]);
  assert.deepEqual(spanAt(NOTHING, 3, 12, 15), [0, 12]);
});

test("moments are told as people read and hear them, never too early", () => {
  assert.deepEqual([0, 9.99, 61.26, 3725.5].map((time) => clock(time)), ["0:00.0", "0:09.9", "1:01.2", "1:02:05.5"]);
  assert.deepEqual([clock(0.1 + 0.2, 1), clock(59.9996, 3), clock(75, 0)], ["0:00.3", "0:59.999", "1:15"]);
  assert.deepEqual([spoken(0), spoken(83.45), spoken(3661)], ["0.0 s", "1 min 23.4 s", "1 h 1 min 1.0 s"]);
  assert.deepEqual([times(1), times(0.25)], ["1×", "0.25×"]);
});

const key = (name, more = {}) => ({ key: name, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, ...more });

test("every key of the help is one", () => {
  const typed = { Space: " ", "←": "ArrowLeft", "→": "ArrowRight", "−": "-", "…": "3" };
  for (const { shown } of HELP) {
    for (const each of shown.filter((name) => name !== "Shift")) {
      assert.ok(commandOf(key(typed[each] ?? each)), each);
    }
  }
  assert.deepEqual(commandOf(key("4")), { command: "camera", camera: 3 });
  assert.equal(commandOf(key("ArrowLeft", { shiftKey: true })).command, "backFine");
  assert.equal(commandOf(key("N", { shiftKey: true })).command, "nextLap");
  assert.equal(commandOf(key("q")), null);
});

test("the browser's own keys stay its own, and brackets that need AltGr are typed", () => {
  assert.equal(commandOf(key("c", { ctrlKey: true })), null);
  assert.equal(commandOf(key("ArrowLeft", { altKey: true })), null);
  assert.equal(commandOf(key("[", { ctrlKey: true, altKey: true }), true).command, "previousDrone");
});

test("fields and lists keep their keys, buttons the space", () => {
  assert.equal(keepsKey({ tagName: "SELECT" }, "ArrowLeft"), true);
  assert.equal(keepsKey({ tagName: "INPUT", type: "text" }, "n"), true);
  assert.equal(keepsKey({ tagName: "BUTTON" }, " "), true);
  assert.equal(keepsKey({ tagName: "BUTTON" }, "ArrowLeft"), false);
  assert.equal(keepsKey({ tagName: "DIV" }, " "), false);
});
