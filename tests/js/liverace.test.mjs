import assert from "node:assert/strict";
import { test } from "node:test";

import { Sample, sampleAt } from "../../drift_site/static/drift/data/sample.js";
import { LiveRace } from "../../drift_site/static/drift/live/liverace.js";
import { decodeFrames } from "../../drift_site/static/drift/wire/protocol.js";
import { message } from "./messages.mjs";

const START = 1_700_000_000_000_000;
const HZ = 50;

/** A live race that the test tells what the socket brings; the page's clock stands at the race's seconds. */
function opened({ delay = 0, clock = 0, status: known = "live" } = {}) {
  globalThis.location = { protocol: "http:", host: "drift.example.org" };
  const race = new LiveRace("1", known);
  race.player.delay = delay;
  const wanted = [];
  race.inbox.backfill.want = (from, to) => wanted.push([from, to]);
  race.inbox.backfill.again = () => {};
  const track = { gates: [1, 2, 3, 4].map((order) => ({ order })) };
  const hello = (at, standings = [], status = "live") => {
    const info = { status, started_at: new Date(START / 1000).toISOString() };
    const drones = [1, 2].map((drone) => ({ drone, drone_id: `${drone}`, name: "", pilot: null, velocity_derived: false }));
    race.inbox.event({ type: "hello", race: info, track, drones, standings, server_time: START + (at + clock) * 1e6 }, at * 1000);
  };
  /** Frames of a drone in fifths of a second, as they arrive; `flight` by arrival. */
  const fly = (from, to, drones, look = () => {}) => {
    for (let at = from; at < to; at += 0.2) {
      for (const [drone, flight] of Object.entries(drones)) {
        const frames = Array.from({ length: HZ / 5 }, (_, i) => at + i / HZ).filter((each) => !Number.isNaN(flight(each)));
        if (frames.length > 0) {
          const rows = frames.map((each) => ({
            time: START + Math.round(each * 1e6), drone: Number(drone), seq: Math.round(each * HZ) + 1, flight: flight(each), position: [each, 1, 0],
          }));
          race.inbox.frames(decodeFrames(message(rows)), (at + 0.2) * 1000);
        }
      }
      race.draw((at + 0.2) * 1000);
      race.write((at + 0.2) * 1000);
      look(at + 0.2);
    }
  };
  return { race, hello, fly, wanted };
}

const run = (drone, more = {}) => ({ drone, status: "RUN", laps: 0, passed: 0, distance: 0, ...more });
const steady = (at) => at;

test("a drone whose game stood still has frames again as soon as they come", () => {
  const { race, hello, fly } = opened();
  hello(59.9);
  const paused = (at) => (at < 65 ? at : at < 85 ? NaN : at - 20);
  const grey = [];
  const sample = new Sample();
  const unsure = [];
  fly(60, 120, { 1: paused, 2: steady }, (now) => {
    if (race.stale.has(1)) {
      grey.push(now);
    }
    if (now > 86.5) {
      unsure.push(sampleAt(race.inbox.store.get(1), race.time, sample).certainty === "frozen");
    }
  });
  assert.ok(grey[0] > 65.9 && grey[0] < 66.5 && grey.at(-1) < 85.5, `grey from ${grey[0]} to ${grey.at(-1)}`);
  assert.ok(unsure.length > 100 && unsure.every((each) => !each), "it is drawn where it is, not where it was");
  assert.equal(race.stale.size, 0);
});

test("who is stale is told for the moment that is shown", () => {
  const { race, hello, fly } = opened({ delay: 10 });
  hello(0.9);
  fly(1, 30, { 1: (at) => (at < 12 || at > 16 ? at : NaN), 2: steady });
  race.player.step(race.edge, -5); // shows 15 s
  race.draw(30_100);
  assert.deepEqual([Math.round(race.time), [...race.stale]], [15, [1]]);
  race.player.step(race.edge, 5);
  race.draw(30_200);
  assert.deepEqual([...race.stale], []);
});

test("with a delay, what is told on opening waits for the picture", () => {
  const { race, hello, fly } = opened({ delay: 20 });
  const board = [run(2, { laps: 3 }), run(1, { laps: 2 })];
  race.write(99_000);
  hello(100, board);
  race.write(100_010);
  assert.deepEqual(race.standings, [], "nobody is ranked before the picture is there");
  const seen = [];
  fly(100.2, 125, { 1: steady, 2: steady }, (now) => seen.push([now, race.time, race.standings.length]));
  const first = seen.find(([, , count]) => count > 0);
  assert.ok(Math.abs(first[1] - 100) < 0.3, `told at the picture of ${first[1]} s`);
  assert.deepEqual([race.standings, race.followed], [board, 2]);
});

test("without a delay the standings are there at once, also before any frame", () => {
  const { race, hello } = opened();
  hello(100, [run(2)]);
  race.write(100_010);
  assert.deepEqual(race.standings, [run(2)]);
  assert.equal(race.followed, 2);
});

test("with a delay, what is told after a loss of the connection waits for the picture too, and laps with it", () => {
  const { race, hello, fly } = opened({ delay: 20 });
  const [old, now] = [[run(1, { laps: 1 }), run(2)], [run(2, { laps: 4 }), run(1, { laps: 3 })]];
  hello(10, old);
  fly(10.2, 50, { 1: steady, 2: steady });
  assert.deepEqual(race.standings, old);
  hello(80, now);
  const lap = { type: "lap", drone: 2, number: 5, duration_ms: 20_000, valid: true, flaws: [] };
  const seen = [];
  fly(80.2, 105, { 1: steady, 2: steady }, (at) => {
    if (at > 82 && at < 82.3) {
      race.inbox.event(lap, at * 1000);
    }
    seen.push([race.time, race.standings === now, race.inbox.laps.lastAt(race.time, 6).length]);
  });
  const told = seen.find(([, isNow]) => isNow)[0];
  assert.ok(told >= 80 && told < 80.5, `told at the picture of ${told} s`);
  assert.ok(seen.find(([, , laps]) => laps > 0)[0] > 81.9);
});

test("a hello by a clock that is not the frames' is told when it came", () => {
  for (const clock of [12, -12]) {
    const { race, hello, fly } = opened({ clock, delay: 5 });
    hello(100, [run(1)]);
    const seen = [];
    fly(100.2, 110, { 1: steady }, () => seen.push([race.time, race.standings.length]));
    const told = seen.find(([, count]) => count > 0)[0];
    assert.ok(Math.abs(told - 100) < 0.5, `${clock}: told at the picture of ${told} s`);
  }
});

test("with a delay, a race that is over already when the page opens ends when the picture does", () => {
  const { race, hello, fly } = opened({ delay: 10, status: "ended" });
  hello(100, [], "ended");
  const seen = [];
  fly(100.2, 101, { 1: steady });
  fly(101, 115, { 1: () => NaN }, () => seen.push([race.time, race.situation.kind]));
  assert.equal(seen[0][1], "live");
  assert.ok(Math.abs(seen.find(([, kind]) => kind === "ended")[0] - 100) < 0.3);
});

test("after a loss of the connection the gate is the one that the standings tell, until the next passing", () => {
  const { race, hello, fly } = opened();
  race.followed = 1;
  const passes = (gate, at) => race.inbox.event({ type: "crossing", drone: 1, gate, counted: true, time: START + at * 1e6, flight_time: at }, at * 1000);
  hello(10, [run(1)]);
  fly(10.2, 20, { 1: steady });
  passes(2, 19.9);
  fly(20, 21, { 1: steady });
  assert.equal(race.nextGate, 3);
  hello(40, [run(1, { laps: 1, passed: 0 })]);
  fly(40.2, 42, { 1: steady });
  assert.equal(race.nextGate, 2, "it has closed a lap since");
  passes(2, 42.1);
  fly(42, 44, { 1: steady });
  assert.equal(race.nextGate, 3);
  race.player.step(race.edge, -23); // what was known then is known still
  race.draw(44_000);
  race.write(44_000);
  assert.equal(race.nextGate, 3);
});
