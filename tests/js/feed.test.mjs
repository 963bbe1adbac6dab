import assert from "node:assert/strict";
import { test } from "node:test";

import { describe } from "../../drift_site/static/drift/wire/feed.js";

const OPEN = { socket: { kind: "open" }, status: "live", helloAt: 0, framesAt: 10_000, fault: "" };
const at = (facts, now = 10_500) => describe({ ...OPEN, ...facts }, now);

test("frames within the last second are live", () => {
  assert.deepEqual(at({}, 11_000), { kind: "live", text: "Live" });
});

test("more than a second without frames is stale, and says for how long", () => {
  assert.deepEqual(at({}, 13_100), { kind: "stale", text: "No frames for 3 s" });
  assert.equal(at({}, 10_000 + 600_000).text, "No frames for 10 min");
});

test("before the hello it is connecting", () => {
  assert.equal(at({ helloAt: null, socket: { kind: "connecting", attempt: 0 } }).kind, "connecting");
  assert.equal(at({ helloAt: null }).kind, "connecting");
});

test("a race without frames waits for the first one", () => {
  assert.equal(at({ status: "waiting", framesAt: null }).kind, "waiting");
});

test("frames make a race live before its status is told", () => {
  assert.equal(at({ status: "waiting" }).kind, "live");
});

test("a live race that sends nothing to a newcomer is stale after a second", () => {
  assert.equal(at({ framesAt: null, helloAt: 10_000 }, 10_900).kind, "connecting");
  assert.equal(at({ framesAt: null, helloAt: 10_000 }, 12_000).kind, "stale");
});

test("a wait for the next connection counts down and says why", () => {
  const socket = { kind: "waiting", until: 12_400, code: 1013, attempt: 2 };
  const text = "Too many viewers, or too slow a connection. Reconnecting in 2 s";
  assert.deepEqual(at({ socket }), { kind: "reconnecting", text });
  assert.match(at({ socket: { ...socket, code: 1012 } }).text, /^The server is restarting/);
  assert.match(at({ socket: { ...socket, code: 1006 } }, 20_000).text, /^No connection. Reconnecting in 1 s/);
  assert.equal(at({ socket: { kind: "connecting", attempt: 3 } }).text, "Reconnecting…");
});

test("a race that ends says so, over whatever the connection does", () => {
  assert.equal(at({ status: "ending" }).kind, "ending");
  assert.equal(at({ status: "ended" }).kind, "ended");
  assert.equal(at({ status: "ended", socket: { kind: "waiting", until: 0, code: 1006, attempt: 1 } }).kind, "ended");
  assert.equal(at({ socket: { kind: "closed", code: 1000 } }).kind, "ended");
});

test("a refusal is told in words", () => {
  for (const code of [4401, 4403, 4404]) {
    const { kind, text } = at({ socket: { kind: "closed", code } });
    assert.equal(kind, "refused");
    assert.ok(text.length > 10);
  }
  assert.deepEqual(at({ fault: "Reload it" }), { kind: "refused", text: "Reload it" });
});
