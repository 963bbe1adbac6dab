import assert from "node:assert/strict";
import { test } from "node:test";

import { ServerClock } from "../../drift_site/static/drift/data/clock.js";

const near = (a, b, within = 1e-9) => assert.ok(Math.abs(a - b) <= within, `${a} is not ${b}`);
// The page's clock stands at 100 when the server's stands at 0, and the shortest way takes 20 ms.
const AHEAD = 100.02;

/** Frames every `gap` s of the server's from `from` to `to`, each `delay(i)` late. */
function arrive(clock, from, to, gap, delay = () => 0) {
  for (let i = 0, at = from; at < to; i += 1, at = from + i * gap) {
    clock.arrive(at, at + AHEAD + delay(i));
  }
}

test("before the first frame nobody knows the time", () => {
  const clock = new ServerClock();
  assert.ok(Number.isNaN(clock.server(5)));
  assert.ok(Number.isNaN(clock.edge(5)));
});

test("the least delay tells the server's clock, late frames do not", () => {
  const clock = new ServerClock();
  arrive(clock, 0, 10, 0.04, (i) => (i % 7 ? 0.05 + (i % 5) / 50 : 0));
  near(clock.server(AHEAD + 10), 10);
});

test("a clock that drifts is followed within half a minute", () => {
  const clock = new ServerClock();
  for (let at = 0; at < 300; at += 0.04) {
    clock.arrive(at, at * 1.001 + AHEAD);
  }
  near(clock.server(300 * 1.001 + AHEAD), 300, 0.035);
});

test("the buffer is twice the gap that nearly all arrivals keep, and 100 ms at the most", () => {
  const even = new ServerClock();
  arrive(even, 0, 10, 0.04);
  near(even.buffer, 0.08, 1e-6);
  const quick = new ServerClock();
  arrive(quick, 0, 10, 0.02);
  near(quick.buffer, 0.04, 1e-6);
  const rough = new ServerClock();
  arrive(rough, 0, 10, 0.2);
  assert.equal(rough.buffer, 0.1);
});

test("a silence says nothing about how regularly frames come", () => {
  const clock = new ServerClock();
  arrive(clock, 0, 10, 0.02);
  arrive(clock, 60, 61, 0.02);
  near(clock.buffer, 0.04, 1e-6);
});

test("the edge flows on between arrivals, never back, and runs neither fast nor slow", () => {
  const clock = new ServerClock();
  let last = NaN;
  for (let local = AHEAD; local < AHEAD + 20; local += 1 / 60) {
    const server = local - AHEAD;
    // The network's delay grows by 60 ms in the middle, and the server's clock seems behind.
    clock.arrive(server - (server > 8 && server < 12 ? 0.06 : 0), local);
    const edge = clock.edge(local);
    if (!Number.isNaN(last)) {
      const rate = (edge - last) * 60;
      assert.ok(rate > 0.91 && rate < 1.09, `${rate} at ${server}`);
    }
    last = edge;
  }
  near(last, 20 - clock.buffer, 0.02);
});

test("a clock that is another one after a new connection is believed at once", () => {
  const clock = new ServerClock();
  arrive(clock, 0, 5, 0.04);
  clock.edge(AHEAD + 5);
  clock.restart();
  clock.arrive(2, AHEAD + 6);
  near(clock.server(AHEAD + 6), 2);
  near(clock.edge(AHEAD + 6.01), 2.01 - clock.buffer);
});
