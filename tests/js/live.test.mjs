import assert from "node:assert/strict";
import { test } from "node:test";

import { choicesOf, DEFAULTS, searchFor } from "../../drift_site/static/drift/live/address.js";
import { Inbox } from "../../drift_site/static/drift/live/inbox.js";
import { commandOf, HELP } from "../../drift_site/static/drift/live/keys.js";
import { nextGate } from "../../drift_site/static/drift/live/nextgate.js";
import { decodeFrames } from "../../drift_site/static/drift/wire/protocol.js";
import { message } from "./messages.mjs";

const START = 1_700_000_000_000_000;
const key = (name, more = {}) => commandOf({ key: name, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, ...more });

test("each key has its command, others have none", () => {
  assert.deepEqual([..."12345"].map((digit) => key(digit).camera), [0, 1, 2, 3, 4]);
  assert.deepEqual(
    [" ", "ArrowLeft", "ArrowRight", "l", "L", "[", "]", "t", "c", "f", "?"].map((name) => key(name).command),
    ["toggle", "back", "forward", "live", "live", "previousDrone", "nextDrone", "trail", "colour", "fullscreen", "help"],
  );
  assert.equal(key("ArrowLeft", { shiftKey: true }).command, "backFine");
  assert.deepEqual(["x", "6", "Enter", "Tab", "w"].map((name) => key(name)), [null, null, null, null, null]);
  assert.equal(key("l", { ctrlKey: true }), null);
  assert.equal(commandOf({ key: "[", shiftKey: false, ctrlKey: true, altKey: true, metaKey: false }, true).command, "previousDrone");
  assert.ok(HELP.length >= 10);
});

test("the address chooses, and nonsense in it chooses nothing", () => {
  assert.deepEqual(choicesOf(""), DEFAULTS);
  const search = "?drone=2&camera=top&trail=60&colour=speed&delay=12";
  assert.deepEqual(choicesOf(search), { drone: 2, camera: "top", trail: 60, colour: "speed", delay: 12 });
  assert.deepEqual(choicesOf("?drone=0&camera=x&trail=7&colour=&delay=61"), DEFAULTS);
  assert.deepEqual(choicesOf("?drone=-1&trail=1e1&delay=NaN"), DEFAULTS);
});

test("what is chosen stands in the address, what is usual and what is others' does not change it", () => {
  assert.equal(searchFor("?a=b", { ...DEFAULTS }), "?a=b");
  assert.equal(searchFor("?drone=3&camera=top", { ...DEFAULTS }), "");
  const chosen = { drone: 3, camera: "first", trail: 0, colour: "throttle", delay: 5 };
  assert.deepEqual(choicesOf(searchFor("?a=b", chosen)), chosen);
});

const track = { gates: [1, 2, 3].map((order) => ({ order })) };
const standing = { drone: 1, status: "RUN", laps: 0, passed: 0, distance: 0 };

test("the next gate follows the last that counted, over the line and after misses", () => {
  const crossing = (gate) => ({ gate, flight_time: 10 });
  assert.deepEqual([1, 2, 3].map((gate) => nextGate(track, crossing(gate), standing, 11)), [2, 3, 1]);
});

test("after a reset, and before anything, it is start/finish", () => {
  assert.equal(nextGate(track, { gate: 2, flight_time: 10 }, standing, 0.4), 1);
  assert.equal(nextGate(track, { gate: 2, flight_time: 10 }, standing, NaN), 3);
  assert.equal(nextGate(track, undefined, undefined, 3), 1);
  assert.equal(nextGate(track, undefined, standing, 3), 1);
});

test("what happened before the page was opened is told by the standings", () => {
  assert.equal(nextGate(track, undefined, { ...standing, laps: 2 }, 3), 2);
  assert.equal(nextGate(track, undefined, { ...standing, passed: 1 }, 3), 3);
  assert.equal(nextGate(track, undefined, { ...standing, passed: 2 }, 3), 1);
});

test("no gates, or a drone that races no more: none", () => {
  assert.equal(nextGate(null, undefined, standing, 3), null);
  assert.equal(nextGate(track, undefined, { ...standing, status: "FIN" }, 3), null);
});

function opened() {
  const inbox = new Inbox("/t/");
  const wanted = [];
  const again = [];
  inbox.backfill.want = (from, to) => wanted.push([from, to]);
  inbox.backfill.again = (oldest) => again.push(oldest);
  const frames = (from, to, now) =>
    inbox.frames(
      decodeFrames(message(Array.from({ length: to - from }, (_, i) => ({ time: START + (from + i) * 10_000, drone: 1, seq: from + i })))),
      now,
    );
  const hello = (now, more = {}) => {
    const race = { status: "live", started_at: new Date(START / 1000).toISOString() };
    const drones = [{ drone: 1, drone_id: "a", name: "", pilot: "anna", velocity_derived: false }];
    inbox.event({ type: "hello", race, track: null, drones, standings: [], server_time: START + 90e6, ...more }, now);
  };
  return { inbox, wanted, again, frames, hello };
}

test("a page asks for the minute before it was opened, and for what it missed while it was cut off", () => {
  const { wanted, again, frames, hello } = opened();
  hello(0);
  frames(9000, 9004, 40);
  frames(9004, 9100, 1000);
  assert.deepEqual(wanted, [[30, 90]]);
  hello(20_000);
  frames(11_000, 11_002, 20_100);
  assert.deepEqual(wanted[1], [90.99, 110]);
  assert.deepEqual(again, [90 - 125, 110 - 125], "as long as frames are kept");
});

test("standings, passings and laps are known by the moment at which they were told", () => {
  const { inbox, frames, hello } = opened();
  hello(0);
  frames(100, 200, 10);
  inbox.event({ type: "standings", standings: [{ drone: 1 }] }, 11);
  inbox.event({ type: "crossing", drone: 1, gate: 2, counted: true, time: START + 1.5e6, flight_time: 1 }, 12);
  inbox.event({ type: "crossing", drone: 1, gate: 1, counted: false, time: START + 1.8e6, flight_time: 1 }, 13);
  inbox.event({ type: "race", status: "ended" }, 14);
  assert.deepEqual([inbox.standings.at(1.9), inbox.standings.at(1.99)], [[], [{ drone: 1 }]]);
  assert.deepEqual([1.4, 1.6, 9].map((time) => inbox.crossingAt(1, time)?.gate), [undefined, 2, 2]);
  assert.deepEqual([inbox.statuses.at(1.9), inbox.statuses.at(2)], ["live", "ended"]);
});

test("a race whose drones stand still has its clock from the hello", () => {
  const { inbox, wanted, hello } = opened();
  hello(1000);
  inbox.look(2000);
  assert.ok(Number.isNaN(inbox.clock.server(2)));
  inbox.look(2600);
  assert.ok(Math.abs(inbox.clock.server(2.6) - 91.6) < 1e-6);
  assert.deepEqual(wanted, [[30, 90]]);
  inbox.look(9000);
  assert.equal(wanted.length, 1);
});
