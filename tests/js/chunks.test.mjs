import assert from "node:assert/strict";
import { test } from "node:test";

import { ChunkLoader, Refused } from "../../drift_site/static/drift/data/chunks.js";

/** A server and a clock in the test's hand. */
function world(count, { budget = Infinity, bytes = 100 } = {}) {
  const asked = [];
  const dropped = [];
  const timers = new Map();
  const around = {
    clock: 0,
    now: () => around.clock,
    random: () => 1,
    later: (run, ms) => (timers.set(timers.size + 1, { run, at: around.clock + ms }), timers.size),
    cancel: (id) => timers.has(id) && (timers.get(id).run = () => {}),
  };
  const source = {
    load: (chunk, signal) =>
      new Promise((resolve, reject) => {
        asked.push({ chunk, signal, give: () => resolve(bytes), fail: reject });
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
    drop: (chunk) => dropped.push(chunk),
  };
  const loader = new ChunkLoader(count, source, budget, around);
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const pass = async (ms) => {
    around.clock += ms;
    const due = [...timers.values()].filter((timer) => timer.at <= around.clock);
    due.forEach((timer) => {
      const { run } = timer;
      timer.run = () => {};
      run();
    });
    await settle();
  };
  const pending = () => asked.filter((each) => !each.done && !each.signal.aborted).map(({ chunk }) => chunk);
  const answer = async (chunk, how = (request) => request.give()) => {
    const request = asked.findLast((each) => each.chunk === chunk && !each.done);
    request.done = true;
    how(request);
    await settle();
  };
  const all = async () => {
    while (pending().length > 0) {
      await answer(pending()[0]);
    }
  };
  return { loader, asked, dropped, pass, pending, answer, all };
}

test("the nearest comes first, ahead before behind, three at a time", async () => {
  const { loader, asked, pending, all } = world(7);
  loader.aim(3);
  assert.deepEqual(pending(), [3, 4, 2]);
  await all();
  assert.deepEqual(asked.map(({ chunk }) => chunk), [3, 4, 2, 5, 6, 1, 0]);
  assert.deepEqual(loader.runs, [[0, 6]]);
  assert.equal(loader.isLoading, false);
});

test("after a jump what is not near any more is given up", async () => {
  const { loader, asked, pending, answer } = world(1000, { budget: 500 });
  loader.aim(0);
  await answer(0);
  loader.aim(500);
  assert.deepEqual(pending(), [500, 501, 499]);
  assert.ok(asked.filter(({ chunk }) => [1, 2].includes(chunk)).every(({ signal }) => signal.aborted));
  assert.equal(loader.failure, null);
});

test("no more is held than the budget, whatever the length; the farthest goes first", async () => {
  const { loader, dropped, all } = world(1000, { budget: 1000, bytes: 100 });
  for (const around of [0, 5, 400, 999]) {
    loader.aim(around);
    await all();
    const held = loader.runs.reduce((sum, [first, last]) => sum + last - first + 1, 0);
    assert.ok(held <= 10 && loader.has(around), `${held} around ${around}`);
  }
  assert.ok(dropped.includes(0) && !loader.has(0));
});

test("the three around the moment are held although they are larger than the budget", async () => {
  const { loader, all } = world(50, { budget: 10, bytes: 1000 });
  loader.aim(20);
  await all();
  assert.deepEqual(loader.runs, [[19, 21]]);
  loader.aim(21);
  await all();
  assert.deepEqual(loader.runs, [[20, 22]]);
});

test("a chunk that fails is asked for again, later each time, and the others come meanwhile", async () => {
  const { loader, asked, answer, pass, pending } = world(4);
  loader.aim(0);
  await answer(0, ({ fail }) => fail(new Error("No connection")));
  assert.deepEqual([loader.failure.chunk, loader.failure.why, loader.failure.until], [0, "No connection", 1000]);
  await answer(1);
  await answer(2);
  assert.deepEqual(pending(), [3]);
  await answer(3);
  for (const wait of [1000, 2000, 4000, 8000, 15_000, 15_000]) {
    await pass(wait - 1);
    assert.equal(pending().includes(0), false);
    await pass(1);
    assert.equal(pending().includes(0), true);
    await answer(0, ({ fail }) => fail(new Error("No connection")));
  }
  loader.retryNow();
  await answer(0);
  assert.equal(loader.failure, null);
  assert.equal(asked.filter(({ chunk }) => chunk === 0).length, 8);
});

test("a server that does not answer is asked again", async () => {
  const { loader, pass, pending } = world(1);
  loader.aim(0);
  await pass(30_000);
  assert.equal(loader.failure.why, "The server does not answer");
  await pass(1000);
  assert.deepEqual(pending(), [0]);
});

test("what the server refuses for good is not asked for again", async () => {
  const { loader, asked, answer, pass } = world(9);
  loader.aim(0);
  await answer(0, ({ fail }) => fail(new Refused("There is no such race any more.")));
  await answer(1);
  await pass(60_000);
  assert.equal(loader.fault, "There is no such race any more.");
  assert.equal(asked.length, 3);
});

test("after closing nothing is asked for", async () => {
  const { loader, asked, pending } = world(9);
  loader.aim(0);
  loader.close();
  loader.aim(5);
  assert.deepEqual([pending(), asked.length, loader.failure], [[], 3, null]);
});
