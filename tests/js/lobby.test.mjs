import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { age } from "../../drift_site/static/drift/common/when.js";
import { listen, parseLobby } from "../../drift_site/static/drift/wire/lobby.js";
import { ProtocolError } from "../../drift_site/static/drift/wire/protocol.js";
import { world } from "./network.mjs";

test("what is no message of the lobby is told from what this page need not know", () => {
  assert.throws(() => parseLobby("{"), ProtocolError);
  for (const text of ["1", "null", "{}", '{"type":"news"}', '{"type":"hello"}', '{"type":"race"}', '{"type":"gone"}']) {
    assert.equal(parseLobby(text), null);
  }
  assert.deepEqual(parseLobby('{"type":"gone","race_id":"x"}'), { type: "gone", race_id: "x" });
});

/** The lobby's socket in the test's hand. */
function enter() {
  const seen = { messages: [], open: [], sockets: [] };
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(console, "error", () => {});
  globalThis.location = { protocol: "https:", host: "drift.example.org" };
  globalThis.addEventListener = () => {};
  globalThis.WebSocket = class {
    constructor(url) {
      this.url = url;
      seen.sockets.push(this);
    }
    close() {}
  };
  listen(
    (message) => seen.messages.push(message.type),
    (open) => seen.open.push(open),
  );
  return seen;
}

test.afterEach(() => mock.timers.reset());

test("it comes back by itself, and says each time whether messages come", () => {
  const seen = enter();
  assert.equal(seen.sockets[0].url, "wss://drift.example.org/ws/lobby/");
  seen.sockets[0].onopen();
  seen.sockets[0].onmessage({ data: '{"type":"hello","races":[],"server_time":1}' });
  seen.sockets[0].onmessage({ data: '{"type":"news"}' });
  seen.sockets[0].onclose({ code: 1012 });
  mock.timers.tick(1_000);
  assert.equal(seen.sockets.length, 2);
  seen.sockets[1].onopen();
  assert.deepEqual(seen.messages, ["hello"]);
  assert.deepEqual(seen.open, [true, false, true]);
});

test("a server that speaks otherwise is listened to no more", () => {
  const seen = enter();
  seen.sockets[0].onopen();
  seen.sockets[0].onmessage({ data: "news!" });
  mock.timers.tick(1_000);
  assert.deepEqual(seen.open, [true, false]);
  assert.equal(seen.sockets.length, 1);
});

test("a lobby that falls silent behind a dead connection is entered again", () => {
  globalThis.location = { protocol: "https:", host: "drift.example.org" };
  globalThis.addEventListener = () => {};
  const around = world();
  const [messages, open] = [[], []];
  listen((message) => messages.push(message.type), (is) => open.push(is), around);
  const say = (value) => around.sockets.at(-1).onmessage({ data: JSON.stringify(value) });
  around.sockets[0].onopen();
  say({ type: "hello", races: [], server_time: 1 });
  around.pass(60_000);
  say({ type: "alive", server_time: 1 });
  around.pass(20_000);
  say({ type: "alive", server_time: 1 });
  around.pass(24_999);
  assert.deepEqual(open, [true]);
  around.pass(1);
  assert.deepEqual(open, [true, false]);
  around.pass(500);
  around.sockets[1].onopen();
  assert.deepEqual(open, [true, false, true]);
  assert.deepEqual(messages, ["hello"]);
});

test("an age is as coarse as people say it", () => {
  const minute = 60;
  assert.deepEqual(
    [-5, 59, minute, 59.9 * minute, 60 * minute, 95 * minute, 47.9 * 60 * minute, 49 * 60 * minute].map(age),
    ["< 1 min", "< 1 min", "1 min", "59 min", "1 h 0 min", "1 h 35 min", "47 h 54 min", "2 days"],
  );
});
