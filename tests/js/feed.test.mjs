import assert from "node:assert/strict";
import { test } from "node:test";

import { describe, RaceFeed } from "../../drift_site/static/drift/wire/feed.js";
import { message } from "./messages.mjs";
import { world } from "./network.mjs";

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

/** A feed whose socket is open, and what it hands on. */
function opened() {
  globalThis.location = { protocol: "http:", host: "drift.example.org" };
  const around = world();
  const got = [];
  const sink = { event: ({ type }) => got.push(type), frames: ({ count }) => got.push(count) };
  const feed = new RaceFeed("r", "live", sink, { around });
  feed.open();
  around.sockets[0].onopen();
  const say = (value) => around.sockets.at(-1).onmessage({ data: value instanceof ArrayBuffer ? value : JSON.stringify(value) });
  const hello = { type: "hello", race: { status: "live" }, drones: [] };
  say(hello);
  return { around, got, feed, say, hello, kind: () => feed.situation(around.clock).kind };
}

test("a race that falls silent behind a dead connection is asked for again, and comes back", () => {
  const { around, feed, say, hello, kind } = opened();
  say({ type: "alive", server_time: 1 });
  around.pass(5000);
  say(message([{ time: 1_700_000_000_000_000, drone: 1, seq: 1 }]));
  assert.equal(kind(), "live");
  around.pass(24_000);
  assert.equal(feed.situation(around.clock).text, "No frames for 24 s");
  around.pass(1000);
  assert.equal(feed.situation(around.clock).text, "No connection. Reconnecting in 1 s");
  around.pass(500);
  around.sockets[1].onopen();
  say(hello);
  assert.equal(kind(), "stale");
});

test("a quiet race whose server says it is there stays as it is, and nobody else hears of that", () => {
  const { around, got, say, kind } = opened();
  for (let i = 0; i < 60; i += 1) {
    around.pass(10_000);
    say({ type: "alive", server_time: 1 });
  }
  assert.equal(kind(), "stale");
  assert.equal(around.sockets.length, 1);
  assert.deepEqual(got, ["hello"]);
});

test("a quiet race of a server that never says so is left alone", () => {
  const { around, kind } = opened();
  around.pass(600_000);
  assert.equal(kind(), "stale");
  assert.equal(around.sockets.length, 1);
});
