import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { watchRaces } from "../../drift_site/static/drift/lobby/racelist.js";

/** A page in the test's hand; `answers` are given one after the other. */
function page(answers) {
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(console, "warn", () => {});
  const seen = { races: [], problems: [], requests: [] };
  globalThis.document = new EventTarget();
  document.hidden = false;
  globalThis.addEventListener = () => {};
  globalThis.fetch = (url, { signal }) =>
    new Promise((resolve, reject) => {
      seen.requests.push({ url, signal });
      signal.addEventListener("abort", () => reject(signal.reason));
      const answer = answers.shift();
      if (answer) {
        resolve(new Response(JSON.stringify(answer.body), { status: answer.status ?? 200 }));
      }
    });
  watchRaces("/races.json", (races) => seen.races.push(races), (problem) => seen.problems.push(problem));
  seen.hide = (hidden) => {
    document.hidden = hidden;
    document.dispatchEvent(new Event("visibilitychange"));
  };
  return seen;
}

/** Let promises that are settled run on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

async function pass(ms) {
  await settle();
  mock.timers.tick(ms);
  await settle();
}

test.afterEach(() => mock.timers.reset());

test("the list is asked for every two seconds", async () => {
  const seen = page([{ body: { races: [1] } }, { body: { races: [] } }]);
  await settle();
  assert.deepEqual(seen.races, [[1]]);
  await pass(1999);
  assert.equal(seen.requests.length, 1);
  await pass(1);
  assert.deepEqual(seen.races, [[1], []]);
  assert.deepEqual(seen.problems, ["", ""]);
});

test("a hidden page asks for nothing, and drops the request under way", async () => {
  const seen = page([null, { body: { races: [7] } }]);
  seen.hide(true);
  assert.ok(seen.requests[0].signal.aborted);
  await pass(60_000);
  assert.equal(seen.requests.length, 1);
  assert.deepEqual(seen.problems, []);
  seen.hide(false);
  await settle();
  assert.deepEqual(seen.races, [[7]]);
});

test("a server that fails is told of and asked less often, until it answers", async () => {
  const seen = page([{ status: 503, body: {} }, { status: 503, body: {} }, { body: { races: [] } }]);
  await settle();
  assert.match(seen.problems[0], /does not answer/);
  await pass(3999);
  assert.equal(seen.requests.length, 1);
  await pass(1);
  await pass(8000);
  assert.equal(seen.problems.at(-1), "");
  assert.equal(seen.requests.length, 3);
});

test("an answer that does not come is given up after ten seconds", async () => {
  const seen = page([null, { body: { races: [] } }]);
  await pass(10_000);
  assert.ok(seen.requests[0].signal.aborted);
  assert.match(seen.problems[0], /does not answer/);
  await pass(4000);
  assert.equal(seen.races.length, 1);
});
