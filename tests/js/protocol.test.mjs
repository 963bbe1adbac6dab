import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeFrames, parseMessage, ProtocolError } from "../../drift_site/static/drift/wire/protocol.js";
import { message } from "./messages.mjs";

const FRAME = { time: 1_700_000_000_000_001, drone: 3, seq: 9, position: [1, 2, 3] };

test("a batch gives each frame's values", () => {
  const batch = decodeFrames(message([FRAME, { ...FRAME, drone: 4, time: -1 }]));
  assert.equal(batch.count, 2);
  assert.equal(batch.raceStart, 1_700_000_000_000_000);
  assert.deepEqual([batch.time(0), batch.drone(0), batch.seq(0), batch.position(0, 2)], [FRAME.time, 3, 9, 3]);
  assert.deepEqual([batch.drone(1), batch.time(1)], [4, -1]);
});

test("an empty batch has no frames", () => {
  assert.equal(decodeFrames(message([])).count, 0);
});

test("longer records of a newer server are read by their known part", () => {
  const batch = decodeFrames(message([FRAME, FRAME], { recordBytes: 140 }));
  assert.equal(batch.position(1, 0), 1);
});

test("an unknown kind of message is left alone", () => {
  assert.equal(decodeFrames(message([FRAME], { kind: 2 })), null);
});

test("bytes that do not follow the protocol are refused", () => {
  for (const bytes of [
    new ArrayBuffer(0),
    new ArrayBuffer(15),
    message([FRAME], { version: 2 }),
    message([FRAME], { count: 2 }),
    message([FRAME]).slice(0, -1),
    message([], { recordBytes: 126 }),
  ]) {
    assert.throws(() => decodeFrames(bytes), ProtocolError);
  }
});

test("text messages give their event, unknown ones nothing", () => {
  assert.equal(parseMessage('{"type":"race","race_id":"x","status":"ended"}').status, "ended");
  assert.equal(parseMessage('{"type":"hello","race":{"status":"live"},"drones":[]}').race.status, "live");
  assert.equal(parseMessage('{"type":"lap","number":2}').number, 2);
  assert.equal(parseMessage('{"type":"weather"}'), null);
  assert.equal(parseMessage("null"), null);
});

test("text that is no message is refused", () => {
  assert.throws(() => parseMessage("{"), ProtocolError);
  assert.throws(() => parseMessage('{"type":"hello"}'), ProtocolError);
  assert.throws(() => parseMessage('{"type":"standings"}'), ProtocolError);
});
