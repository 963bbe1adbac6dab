import assert from "node:assert/strict";
import { test } from "node:test";

import { Backfill } from "../../drift_site/static/drift/data/backfill.js";
import { insert } from "../../drift_site/static/drift/data/insertion.js";
import { COLUMN, FrameStore } from "../../drift_site/static/drift/data/ring.js";
import { decodeFrames } from "../../drift_site/static/drift/wire/protocol.js";
import { message } from "./messages.mjs";

const START = 1_700_000_000_000_000;
const batch = (frames) => decodeFrames(message(frames));
/** 100 a second, 10 m/s, its clock 0.3 s behind the server's first frame; each up to 15 ms late. */
const frame = (seq, more = {}) => ({
  time: START + seq * 10_000 + (seq % 4) * 5000, drone: 1, seq, flight: seq / 100 + 7, position: [seq / 10, 0, 0], ...more,
});
const range = (from, to, more) => Array.from({ length: to - from }, (_, i) => frame(from + i, more));
const numbers = (series) => Array.from({ length: series.length }, (_, i) => series.seqAt(series.first + i));
const times = (series) => Array.from({ length: series.length }, (_, i) => series.time(series.first + i));
const cuts = (series) => numbers(series).filter((_, i) => series.isCut(series.first + i));

function store(frames, limit) {
  const made = new FrameStore(limit);
  made.take(batch(frames));
  return made;
}

function isEven(series) {
  const all = times(series);
  all.slice(1).forEach((time, i) => assert.ok(time > all[i], `${time} after ${all[i]}`));
  all.slice(1).forEach((time, i) => assert.ok(Math.abs(time - all[i] - 0.01) < 0.006, `${time - all[i]} s`));
}

test("what came before the first frame is put before it, evenly", () => {
  const series = store(range(500, 600)).get(1);
  assert.equal(insert(series, [batch(range(400, 520))]), 100);
  assert.deepEqual(numbers(series), range(400, 600).map(({ seq }) => seq));
  assert.deepEqual(cuts(series), [400]);
  isEven(series);
  assert.equal(series.version, 1);
  assert.equal(series.value(series.indexAt(series.time(3)), COLUMN.x), Math.fround(40.3));
});

test("a gap is filled, and what follows goes on as before", () => {
  const frames = store([...range(1, 200), ...range(400, 600)]);
  const series = frames.get(1);
  assert.deepEqual(cuts(series), [1, 400]);
  insert(series, [batch(range(100, 300)), batch(range(300, 500))]);
  assert.deepEqual(cuts(series), [1]);
  isEven(series);
  frames.take(batch(range(590, 700)));
  assert.deepEqual(numbers(series), range(1, 700).map(({ seq }) => seq));
  isEven(series);
});

test("nothing changes where nothing is missing, for other drones, and after the newest", () => {
  const series = store(range(1, 100)).get(1);
  assert.equal(insert(series, [batch(range(1, 100)), batch(range(1, 50, { drone: 2 })), batch(range(100, 130))]), 0);
  assert.equal(series.version, 0);
});

test("a drone that had landed before the page was opened gets its frames all the same", () => {
  const frames = store(range(1, 10, { drone: 2 }));
  insert(frames.make(1), [batch(range(1, 300))]);
  assert.equal(frames.get(1).length, 299);
  frames.take(batch(range(295, 310)));
  assert.deepEqual(numbers(frames.get(1)), range(1, 310).map(({ seq }) => seq));
  isEven(frames.get(1));
});

test("a reset within the gap stays a cut", () => {
  const back = range(300, 400).map((each) => ({ ...each, flight: (each.seq - 300) / 100 }));
  const series = store([...range(1, 100), ...back.slice(50)]).get(1);
  insert(series, [batch([...range(100, 300), ...back])]);
  assert.deepEqual(cuts(series), [1, 300]);
  const all = times(series);
  all.slice(1).forEach((time, i) => assert.ok(time > all[i]));
});

test("frames without a clock of their own go by their arrival", () => {
  const plain = (from, to) => range(from, to, { flight: NaN });
  const series = store(plain(300, 400)).get(1);
  insert(series, [batch(plain(200, 300))]);
  assert.deepEqual(cuts(series), [200]);
  assert.ok(Math.abs(series.time(0) - 2) < 1e-6);
});

test("a full ring keeps its newest frames", () => {
  const series = store(range(2000, 4000), 1500).get(1);
  insert(series, [batch(range(1000, 2000))]);
  assert.deepEqual([series.length, series.seqAt(series.first), series.seqAt(series.end - 1)], [1500, 2500, 3999]);
});

test("frames closer than anybody sees are left out", () => {
  const dense = Array.from({ length: 1000 }, (_, i) => frame(i + 1, { time: START + i * 1000, flight: i / 1000 }));
  const series = store([frame(5000, { flight: 50 })]).get(1);
  insert(series, [batch(dense)]);
  assert.ok(series.length < 260, String(series.length));
});

test("chunks of the recording are asked for, the newest first, until the recording has come so far", async () => {
  const frames = store(range(3350, 3400));
  const asked = [];
  let recorded = 3200;
  const before = frames.get(1).length;
  const load = async (url) => {
    asked.push(url);
    const chunk = Number(new URL(url, "http://x").searchParams.get("chunk"));
    const inside = range(1, recorded).filter(({ time }) => Math.floor((time - START) / 1e7) === chunk);
    return inside.length === 0
      ? new Response("{}", { status: 404 })
      : new Response(message(inside), { headers: { "Drift-Chunks": String(Math.floor(recorded / 1000) + 1) } });
  };
  const pause = async (ms) => {
    // The recorder catches up while we wait.
    recorded += ms > 2000 ? 200 : 0;
  };
  const backfill = new Backfill("/t/", frames, { load, pause });
  backfill.want(12, 33.5);
  while (backfill.pending) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(asked.map((url) => url.at(-1)), ["3", "2", "1", "3"]);
  const series = frames.get(1);
  assert.deepEqual([series.seqAt(series.first), series.seqAt(series.end - 1)], [999, 3399]);
  assert.deepEqual(cuts(series).length, 1);
  assert.equal(backfill.filled, series.length - before);
});

test("a recording that does not come is given up after some tries", async () => {
  const warn = console.warn;
  console.warn = () => {};
  let asked = 0;
  const load = async () => {
    asked += 1;
    throw new TypeError("Failed to fetch");
  };
  const backfill = new Backfill("/t/", new FrameStore(), { load, pause: async () => {} });
  backfill.want(0, 5);
  while (backfill.pending) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  console.warn = warn;
  assert.equal(asked, 7);
});
