import assert from "node:assert/strict";
import { test } from "node:test";

import { load, SIDES } from "../../drift_site/static/drift/analysis/loading.js";
import { message } from "./messages.mjs";

const START = 1_700_000_000_000_000;
const HZ = 50;
const URLS = { compare: "/compare/", telemetry: "/telemetry/" };
const compared = { distance_m: [0, 1], delta_s: [0, 0], a: { time_s: [0, 30] }, b: { time_s: [0, 30] } };

/** A recording of two minutes of a drone whose game stood still for twenty seconds, 85 s after it began. */
function recording({ broken = false } = {}) {
  const frames = Array.from({ length: 120 * HZ }, (_, i) => i / HZ).map((flight, i) => ({
    time: START + Math.round((flight >= 85 ? flight + 20 : flight) * 1e6), drone: 3, seq: i + 1, flight, position: [flight, 0, 0],
  }));
  const asked = [];
  globalThis.fetch = async (url) => {
    if (url.startsWith(URLS.compare)) {
      return Response.json(compared);
    }
    const query = new URL(url, "http://x").searchParams;
    const chunk = Number(query.get("chunk"));
    asked.push(chunk);
    assert.deepEqual([query.get("drone"), query.get("format")], ["3", "binary"]);
    const inside = frames.filter(({ time }) => Math.floor((time - START) / 1e7) === chunk);
    const bytes = inside.length > 0 ? message(inside) : new ArrayBuffer(0);
    return new Response(broken ? bytes.slice(0, -5) : bytes, { headers: { "Drift-Chunks": "14" } });
  };
  return asked;
}

/** A lap of thirty seconds by the drone's clock, as the server tells of it. */
const lap = (number, start) => ({
  id: number, number, drone: 3, start_s: start, end_s: start + 30, arrival_s: start + 30 + (start + 30 >= 85 ? 20 : 0), start_flight: start, end_flight: start + 30,
  duration_ms: 30_000, sectors_ms: [],
});

test("laps are whole, before and behind where the game stood still, and where it did", async () => {
  const asked = recording();
  const signal = new AbortController().signal;
  const { store, duel } = await load(URLS, lap(1, 20), lap(2, 86), signal);
  const [a, b] = [store.get(SIDES.a), store.get(SIDES.b)];
  assert.deepEqual([a.length, b.length], [30 * HZ + 1, 30 * HZ + 1]);
  assert.ok(Math.abs(b.time(b.end - 1) - 30) < 0.03 && Math.abs(b.time(b.first)) < 0.03);
  assert.deepEqual([...new Set(asked)].sort((x, y) => x - y), [1, 2, 3, 4, 5, 10, 11, 12, 13]);
  assert.equal(duel.duration, 30);

  asked.length = 0;
  const { store: both } = await load(URLS, lap(3, 70), lap(1, 20), signal);
  assert.equal(both.get(SIDES.a).length, 30 * HZ + 1);
  assert.ok(asked.includes(6) && asked.includes(12) && !asked.includes(13), "its beginning came before the game stood still");
});

test("an answer that was cut off is told in words", async () => {
  recording({ broken: true });
  await assert.rejects(load(URLS, lap(1, 20), lap(2, 86), new AbortController().signal), { name: "Error", message: /did not come whole/ });
});
