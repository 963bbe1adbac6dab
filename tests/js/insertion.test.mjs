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
/** A world in which waiting takes no time, and no limit is reached. */
const world = (load, more = {}) => ({ load, pause: async () => {}, later: () => 0, cancel: () => {}, ...more });
const done = async (backfill) => {
  while (backfill.pending) {
    await new Promise((resolve) => setImmediate(resolve));
  }
};
const quietly = async (run) => {
  const { warn } = console;
  console.warn = () => {};
  await run();
  console.warn = warn;
};
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

test("a game that stood still within the gap is put where its frames came", () => {
  const late = (frames) => frames.map((each) => (each.seq < 1250 ? each : { ...each, time: each.time + 20_000_000 }));
  const series = store([...late(range(1000, 1100)), ...late(range(1500, 1700))]).get(1);
  insert(series, [batch(late(range(1100, 1500)))]);
  assert.deepEqual(numbers(series), range(1000, 1700).map(({ seq }) => seq));
  const off = late(range(1000, 1700)).map(({ time }, i) => (time - START) / 1e6 - series.time(i));
  assert.ok(off.every((each) => each > -1e-3 && each < 0.03), `${Math.max(...off)} s from where they came`);
  assert.deepEqual(cuts(series), [1000, 1250]);
  assert.ok(Math.abs(series.heardBy(30) - 12.5) < 0.02, "and it was not heard of meanwhile");
  assert.equal(series.heardBy(3), -Infinity);
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
  const backfill = new Backfill("/t/", frames, world(load, { pause }));
  backfill.want(12, 33.5);
  await done(backfill);
  assert.deepEqual(asked.map((url) => url.at(-1)), ["3", "2", "1", "3"]);
  const series = frames.get(1);
  assert.deepEqual([series.seqAt(series.first), series.seqAt(series.end - 1)], [999, 3399]);
  assert.deepEqual(cuts(series).length, 1);
  assert.equal(backfill.filled, series.length - before);
});

test("a recording that does not come is given up after some tries, and wanted again when it is asked for", async () => {
  const frames = store(range(1001, 1010));
  let [asked, fails] = [0, true];
  const load = async (url) => {
    asked += 1;
    if (fails) {
      throw new TypeError("Failed to fetch");
    }
    const chunk = Number(url.at(-1));
    return new Response(message(range(1 + chunk * 1000, 999 + chunk * 1000)), { headers: { "Drift-Chunks": "9" } });
  };
  const backfill = new Backfill("/t/", frames, world(load));
  backfill.want(0, 5);
  await quietly(() => done(backfill));
  assert.equal(asked, 7);
  fails = false;
  backfill.want(20, 25);
  await done(backfill);
  assert.equal(asked, 8, "it is not asked for without need");
  backfill.again(0);
  await done(backfill);
  assert.deepEqual([asked, numbers(frames.get(1))[0]], [9, 1]);
  backfill.again(0);
  await done(backfill);
  assert.equal(asked, 9);
});

test("what nobody can see any more is not wanted again", async () => {
  let asked = 0;
  const load = async () => {
    asked += 1;
    throw new TypeError("Failed to fetch");
  };
  const backfill = new Backfill("/t/", new FrameStore(), world(load));
  backfill.want(0, 15);
  await quietly(() => done(backfill));
  backfill.again(10);
  await quietly(() => done(backfill));
  assert.equal(asked, 14 + 7);
});

test("a server that is too busy is asked again, one that refuses is not", async () => {
  for (const [status, times] of [[429, 7], [503, 7], [403, 1]]) {
    let asked = 0;
    const load = async () => {
      asked += 1;
      return new Response("{}", { status });
    };
    const backfill = new Backfill("/t/", new FrameStore(), world(load));
    backfill.want(0, 5);
    await quietly(() => done(backfill));
    assert.equal(asked, times, String(status));
  }
});

test("a piece that hangs is given up after half a minute, and the others come", async () => {
  const frames = store(range(2500, 2510));
  const limits = new Map();
  const later = (run, ms) => (limits.set(limits.size + 1, { run, ms }), limits.size);
  const cancel = (id) => limits.delete(id);
  let hanging = 0;
  const load = (url, signal) => {
    if (url.at(-1) !== "2") {
      return Promise.resolve(new Response(message(range(1000, 1010)), { headers: { "Drift-Chunks": "9" } }));
    }
    hanging += 1;
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  const backfill = new Backfill("/t/", frames, world(load, { later, cancel }));
  backfill.want(12, 25);
  const tick = () => new Promise((resolve) => setImmediate(resolve));
  await quietly(async () => {
    for (let i = 0; i < 50 && backfill.pending; i += 1) {
      await tick();
      const [limit] = limits.values();
      assert.ok(!limit || limit.ms === 30_000);
      limit?.run();
    }
  });
  assert.deepEqual([backfill.pending, hanging, backfill.filled], [0, 7, 10]);
});

test("after closing nothing is asked for, until something is wanted again", async () => {
  const frames = store(range(500, 600));
  let aborted = 0;
  let answers = (url, signal) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        aborted += 1;
        reject(signal.reason);
      });
    });
  const backfill = new Backfill("/t/", frames, world((...asked) => answers(...asked)));
  backfill.want(0, 5);
  await new Promise((resolve) => setImmediate(resolve));
  backfill.close();
  await done(backfill);
  assert.equal(aborted, 1);
  answers = async (url, signal) => {
    signal.throwIfAborted();
    return new Response(message(range(1, 500)), { headers: { "Drift-Chunks": "9" } });
  };
  backfill.want(0, 5); // the browser has brought the page back
  await done(backfill);
  assert.equal(backfill.filled, 499);
});
