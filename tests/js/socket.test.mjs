import assert from "node:assert/strict";
import { test } from "node:test";

import { CLOSE, LiveSocket, waitMs } from "../../drift_site/static/drift/wire/socket.js";
import { world } from "./network.mjs";

function watched(around) {
  const seen = [];
  const got = [];
  const socket = new LiveSocket(
    "ws://x/",
    { text: (text) => got.push(text), binary: (bytes) => got.push(bytes), state: (state) => seen.push(state) },
    around,
  );
  return { socket, seen, got, kinds: () => seen.map(({ kind }) => kind) };
}

test("messages go to their handlers by their type", () => {
  const around = world();
  const { socket, got } = watched(around);
  socket.open();
  const bytes = new ArrayBuffer(1);
  around.sockets[0].onopen();
  around.sockets[0].onmessage({ data: "text" });
  around.sockets[0].onmessage({ data: bytes });
  assert.deepEqual(got, ["text", bytes]);
  assert.equal(around.sockets[0].binaryType, "arraybuffer");
});

test("a lost connection comes back after a wait that doubles", () => {
  const around = world();
  const { socket, seen } = watched(around);
  socket.open();
  for (const wait of [500, 1000, 2000, 4000, 8000, 15_000, 15_000]) {
    around.sockets.at(-1).onclose({ code: 1006 });
    assert.equal(seen.at(-1).kind, "waiting");
    assert.equal(seen.at(-1).until, around.clock + wait);
    around.pass(wait - 1);
    assert.equal(seen.at(-1).kind, "waiting");
    around.pass(1);
    assert.equal(seen.at(-1).kind, "connecting");
  }
});

test("the jitter takes up to half of the wait away", () => {
  assert.equal(waitMs(0, 0), 250);
  assert.equal(waitMs(0, 1), 500);
  assert.equal(waitMs(1000, 1), 15_000);
});

test("a connection that lasted starts the waits anew, one that did not goes on doubling", () => {
  const around = world();
  const { socket, seen } = watched(around);
  socket.open();
  for (const [lasted, wait] of [[0, 500], [4999, 1000], [5000, 500]]) {
    around.sockets.at(-1).onopen();
    around.pass(lasted);
    around.sockets.at(-1).onclose({ code: CLOSE.TOO_SLOW });
    assert.equal(seen.at(-1).until - around.clock, wait);
    around.pass(wait);
  }
});

test("a final close code ends it", () => {
  for (const code of [CLOSE.RACE_OVER, CLOSE.SIGN_IN, CLOSE.NOT_YOURS, CLOSE.NO_SUCH_RACE]) {
    const around = world();
    const { socket, seen } = watched(around);
    socket.open();
    around.sockets[0].onopen();
    around.sockets[0].onclose({ code });
    assert.deepEqual(seen.at(-1), { kind: "closed", code });
    around.pass(60_000);
    assert.equal(around.sockets.length, 1);
  }
});

test("a server that does not answer is given up after ten seconds and asked again", () => {
  const around = world();
  const { socket, kinds } = watched(around);
  socket.open();
  around.pass(10_000);
  assert.ok(around.sockets[0].closed);
  around.pass(500);
  assert.deepEqual(kinds(), ["connecting", "waiting", "connecting"]);
});

test("an open connection is not cut by the time limit of its opening", () => {
  const around = world();
  const { socket, kinds } = watched(around);
  socket.open();
  around.sockets[0].onopen();
  around.pass(60_000);
  assert.deepEqual(kinds(), ["connecting", "open"]);
});

test("the network's return cuts the wait short", () => {
  const around = world();
  const { socket, kinds } = watched(around);
  socket.open();
  around.sockets[0].onclose({ code: 1006 });
  socket.retryNow();
  assert.deepEqual(kinds(), ["connecting", "waiting", "connecting"]);
  around.pass(5000); // past the end of the wait that was cut short
  assert.equal(around.sockets.length, 2);
});

test("closing ends everything, and opening starts anew", () => {
  const around = world();
  const { socket, kinds } = watched(around);
  socket.open();
  socket.open();
  around.sockets[0].onclose({ code: 1006 });
  socket.close();
  around.pass(60_000);
  assert.equal(around.sockets.length, 1);
  socket.open();
  assert.deepEqual(kinds(), ["connecting", "waiting", "idle", "connecting"]);
});

/** A socket that is open, and what comes over it. */
function open() {
  const around = world();
  const opened = watched(around);
  opened.socket.open();
  around.sockets[0].onopen();
  return { around, ...opened, hear: () => around.sockets.at(-1).onmessage({ data: "text" }) };
}

test("a server that said it was there is given up after 25 s without a word, and asked again", () => {
  const { around, socket, seen, hear } = open();
  hear();
  socket.alive();
  around.pass(24_999);
  assert.equal(seen.at(-1).kind, "open");
  around.pass(1);
  assert.ok(around.sockets[0].closed);
  assert.deepEqual(seen.at(-1), { kind: "waiting", until: 25_500, code: 0, attempt: 1 });
  around.pass(500);
  assert.equal(around.sockets.length, 2);
});

test("whatever comes puts the end of patience off", () => {
  const { around, socket, kinds, hear } = open();
  hear();
  socket.alive();
  for (let i = 0; i < 10; i += 1) {
    around.pass(20_000);
    hear();
  }
  assert.deepEqual(kinds(), ["connecting", "open"]);
  around.pass(25_000);
  assert.equal(kinds().at(-1), "waiting");
});

test("a server that never said it was there may be quiet for ever", () => {
  const { around, kinds, hear } = open();
  hear();
  around.pass(3_600_000);
  assert.deepEqual(kinds(), ["connecting", "open"]);
});

test("the connection after one that was alive is watched from its beginning", () => {
  const { around, socket, kinds, hear } = open();
  hear();
  socket.alive();
  around.sockets[0].onclose({ code: 1006 });
  around.pass(500);
  around.sockets[1].onopen();
  around.pass(25_000);
  assert.equal(kinds().at(-1), "waiting");
});

test("a server that says it no longer costs one connection, and may be quiet after that", () => {
  const { around, socket, kinds, hear } = open();
  hear();
  socket.alive();
  around.sockets[0].onclose({ code: CLOSE.RESTARTING });
  around.pass(500);
  around.sockets[1].onopen();
  around.pass(25_000 + 1000);
  around.sockets[2].onopen();
  around.pass(3_600_000);
  assert.deepEqual(kinds().slice(-2), ["connecting", "open"]);
});

test("tries that find no server do not end the watch over the next connection", () => {
  const { around, socket, kinds, hear } = open();
  hear();
  socket.alive();
  around.sockets[0].onclose({ code: 1006 });
  around.pass(500);
  around.sockets[1].onclose({ code: 1006 });
  around.pass(1000);
  around.sockets[2].onopen();
  around.pass(25_000);
  assert.equal(kinds().at(-1), "waiting");
});

test("closing ends the watch too", () => {
  const { around, socket, kinds } = open();
  socket.alive();
  socket.close();
  around.pass(60_000);
  assert.deepEqual(kinds(), ["connecting", "open", "idle"]);
});
