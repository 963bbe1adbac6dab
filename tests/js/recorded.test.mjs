import assert from "node:assert/strict";
import { test } from "node:test";

import { RecordedStore } from "../../drift_site/static/drift/data/recorded.js";
import { batchesOf } from "../../drift_site/static/drift/data/messages.js";
import { COLUMN, FrameStore } from "../../drift_site/static/drift/data/ring.js";
import { Sample, sampleAt } from "../../drift_site/static/drift/data/sample.js";
import { decodeFrames } from "../../drift_site/static/drift/wire/protocol.js";
import { message } from "./messages.mjs";

const START = 1_700_000_000_000_000;
const HZ = 20;

/** Four chunks of two drones that arrive unevenly; drone 2 is put back at 21 s, and flies only from 12 s to 33 s. */
function flight() {
  const frames = [];
  for (let i = 0; i < 40 * HZ; i += 1) {
    const at = i / HZ;
    const late = ((i * 7919) % 23) / 1000 + (at < 15 ? 0.004 : 0);
    frames.push({ time: START + Math.round((at + late) * 1e6), drone: 1, seq: i + 1, flight: at, position: [at, 2, 0] });
    if (at >= 12 && at < 33) {
      const own = at < 21 ? at : at - 21;
      frames.push({ time: START + Math.round((at + late) * 1e6), drone: 2, seq: i + 1, flight: own, position: [0, own, 0] });
    }
  }
  return frames;
}

const chunkOf = (frame) => Math.floor((frame.time - START) / 10e6);
const chunks = [0, 1, 2, 3].map((chunk) => [decodeFrames(message(flight().filter((frame) => chunkOf(frame) === chunk)))]);

function loaded(...order) {
  const store = new RecordedStore();
  order.forEach((chunk) => store.put(chunk, chunks[chunk]));
  return store;
}

function whole(series) {
  const rows = [];
  for (let index = series.first; index < series.end; index += 1) {
    rows.push([series.time(index), series.flight(index), series.value(index, COLUMN.x), series.value(index, COLUMN.y), series.isCut(index)]);
  }
  return rows;
}

const ring = new FrameStore();
ring.take(decodeFrames(message(flight())));

test("whatever order chunks come in, the frames are those of the live ring", () => {
  for (const order of [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]]) {
    const store = loaded(...order);
    for (const drone of [1, 2]) {
      assert.deepEqual(whole(store.get(drone)), whole(ring.get(drone)), `drone ${drone}, ${order}`);
    }
  }
});

test("a game that stands still while it is recorded is where it was live, and was heard of when it was", () => {
  const frames = Array.from({ length: 40 * 50 }, (_, i) => i / 50)
    .map((at, i) => ({ time: START + Math.round(at * 1e6), drone: 1, seq: i + 1, flight: at < 14 ? at : at - 3, position: [at, 2, 0], at }))
    .filter(({ at }) => at < 14 || at >= 17);
  const live = new FrameStore();
  live.take(decodeFrames(message(frames)));
  const parts = [0, 1, 2, 3].map((chunk) => [decodeFrames(message(frames.filter((frame) => chunkOf(frame) === chunk)))]);
  for (const order of [[0, 1, 2, 3], [3, 1, 2, 0]]) {
    const store = new RecordedStore();
    order.forEach((chunk) => store.put(chunk, parts[chunk]));
    const series = store.get(1);
    assert.deepEqual(whole(series), whole(live.get(1)), String(order));
    for (const time of [-1, 0, 5.01, 13.9, 15, 16.99, 17.5, 30, 99]) {
      assert.equal(series.heardBy(time), live.get(1).heardBy(time), String(time));
    }
    assert.ok(series.heardBy(16.9) < 14 && series.heardBy(17.01) >= 17);
  }
  const alone = new RecordedStore();
  alone.put(2, parts[2]);
  alone.turnTo(2);
  assert.ok(whole(alone.get(1)).every(([time, flown]) => Math.abs(time - flown - 3) < 1e-3));
  assert.deepEqual([alone.get(1).heardBy(19.9), alone.get(1).heardBy(20)], [-Infinity, 20]);
});

test("a chunk that comes alone has times that rise, and close to the true ones", () => {
  const store = loaded(2);
  store.turnTo(2);
  const series = store.get(1);
  const rows = whole(series);
  assert.ok(rows.length === 10 * HZ && rows.every((row, i) => i === 0 || row[0] > rows[i - 1][0]));
  assert.ok(rows.every(([time, flown]) => Math.abs(time - flown) < 0.005));
  assert.equal(series.isCut(series.first), true);
});

test("only chunks that follow one another are shown, around the moment", () => {
  const store = loaded(0, 2, 3);
  const spans = [0, 1, 2, 3].map((chunk) => {
    store.turnTo(chunk);
    const series = store.get(1);
    return series.length === 0 ? null : [series.time(series.first), series.time(series.end - 1)].map(Math.round);
  });
  assert.deepEqual(spans, [[0, 10], null, [20, 40], [20, 40]]);
});

test("frames keep their numbers while chunks come before and behind, and when far ones go", () => {
  const store = loaded(2);
  store.turnTo(2);
  const series = store.get(1);
  const number = series.first + 5;
  const at = series.flight(number);
  const version = series.version;
  store.put(3, chunks[3]);
  assert.deepEqual([series.flight(number), series.version], [at, version]);
  store.put(1, chunks[1]);
  assert.ok(series.version > version, "a trail that ended at the chunk's border is longer now");
  store.put(0, chunks[0]);
  store.drop(0);
  store.drop(3);
  assert.equal(series.flight(number), at);
  assert.throws(() => series.time(series.end), RangeError);
  store.turnTo(0);
  assert.equal(series.length, 0);
});

test("a chunk that went and came again has the times that it had", () => {
  const store = loaded(0, 1, 2, 3);
  store.turnTo(2);
  const before = whole(store.get(1));
  const bytes = store.bytes;
  [0, 1, 3].forEach((chunk) => store.drop(chunk));
  assert.ok(store.bytes < bytes);
  [3, 1, 0].forEach((chunk) => store.put(chunk, chunks[chunk]));
  assert.deepEqual(whole(store.get(1)), before);
  assert.equal(store.bytes, bytes);
});

test("a moment is found and sampled as in the ring, over a chunk's border too", () => {
  const store = loaded(1, 0, 3, 2);
  const [one, other] = [new Sample(), new Sample()];
  for (const drone of [1, 2]) {
    for (let time = -1; time < 41; time += 0.0371) {
      sampleAt(store.get(drone), time, one);
      sampleAt(ring.get(drone), time, other);
      assert.deepEqual([one.certainty, [...one.values]], [other.certainty, [...other.values]], `drone ${drone} at ${time}`);
    }
  }
});

test("a sender of a thousand frames a second fills no more than one of two hundred and fifty", () => {
  const store = new RecordedStore();
  const frames = Array.from({ length: 1000 }, (_, i) => ({ time: START + i * 1000, drone: 1, seq: i + 1, flight: i / 1000 }));
  store.put(0, [decodeFrames(message(frames))]);
  assert.ok(store.get(1).length <= 251 && store.get(1).length >= 190, String(store.get(1).length));
});

test("messages that stand one behind the other are cut apart; a broken one is refused in words", () => {
  const one = new Uint8Array(message([{ time: START, drone: 1, seq: 1 }]));
  const both = new Uint8Array([...one, ...one]);
  assert.deepEqual(batchesOf(both.buffer).map(({ count }) => count), [1, 1]);
  assert.deepEqual(batchesOf(new ArrayBuffer(0)), []);
  assert.throws(() => batchesOf(both.buffer.slice(0, -1)), /cut off/);
  assert.throws(() => batchesOf(both.buffer.slice(0, 150)), /cut off/);
  assert.throws(() => batchesOf(message([], { version: 9 })), /does not fit/);
});
