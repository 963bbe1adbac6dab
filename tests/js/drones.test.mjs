import assert from "node:assert/strict";
import { test } from "node:test";

import { Drones } from "../../drift_site/static/drift/map/drones.js";
import { decodeFrames } from "../../drift_site/static/drift/wire/protocol.js";
import { message } from "./messages.mjs";

const START = 1_700_000_000_000_000;
const batch = (...frames) => decodeFrames(message(frames));
const frame = (seq, more = {}) => ({ time: START + seq * 10_000, drone: 1, seq, ...more });

test("a drone shows its latest frame", () => {
  const drones = new Drones();
  drones.frames(batch(frame(1), frame(2, { position: [1, 2, 3], velocity: [3, 0, 4] })), 100);
  const [drone] = drones.all;
  assert.deepEqual([drone.x, drone.y, drone.z, drone.speed], [1, 2, 3, 5]);
  assert.equal(drones.newest, START + 20_000);
  assert.equal(drone.trail.length, 2);
});

test("frames known from before a reconnection change nothing", () => {
  const drones = new Drones();
  drones.frames(batch(frame(5, { position: [5, 0, 0] })), 100);
  drones.frames(batch(frame(4, { position: [4, 0, 0] })), 900);
  assert.equal(drones.all[0].x, 5);
  assert.equal(drones.all[0].arrivedAt, 100);
});

test("a drone is stale after a second without frames of its own", () => {
  const drones = new Drones();
  drones.frames(batch(frame(1), { ...frame(1), drone: 2 }), 0);
  drones.frames(batch(frame(2)), 900);
  assert.deepEqual(drones.all.map((drone) => drone.isStale(1500)), [false, true]);
});

test("drones stand in the order of their numbers, under the best name known", () => {
  const drones = new Drones();
  const info = { drone_id: "10.0.0.1", name: "", pilot: null, velocity_derived: false };
  drones.describe({ ...info, drone: 3 });
  drones.describe({ ...info, drone: 1, pilot: "anna" });
  drones.describe({ ...info, drone: 2, pilot: "bo", name: "Red" });
  assert.deepEqual(drones.all.map(({ label }) => label), ["anna", "Red", "Drone 3"]);
});

test("the rate follows the frame counter, so that frames left out count too", () => {
  const drones = new Drones();
  assert.ok(Number.isNaN(drones.rate(0)));
  drones.frames(batch(frame(1)), 0);
  assert.ok(Number.isNaN(drones.rate(500)));
  drones.frames(batch(frame(51), frame(101)), 1000);
  assert.equal(drones.rate(1000), 100);
  assert.equal(drones.rate(2000), 0);
});

test("the nose follows the attitude, and is unknown when straight up or not sent", () => {
  const drones = new Drones();
  const half = Math.SQRT1_2;
  const nose = (seq, attitude) => {
    drones.frames(batch(frame(seq, { attitude })), 0);
    return [drones.all[0].nose.x, drones.all[0].nose.z].map((value) => Math.round(value * 1000) / 1000);
  };
  assert.deepEqual(nose(1, [0, 0, 0, 1]), [0, 1]);
  assert.deepEqual(nose(2, [0, half, 0, half]), [1, 0]); // a quarter to the right
  assert.deepEqual(nose(5, [Math.sin(0.5), 0, 0, Math.cos(0.5)]), [0, 1]); // however far it leans forward
  assert.deepEqual(nose(6, [-half, 0, 0, half]), [NaN, NaN]);
  assert.deepEqual(nose(7, [NaN, NaN, NaN, NaN]), [NaN, NaN]);
});

test("a stream without positions gives figures and no trail", () => {
  const drones = new Drones();
  drones.frames(batch(frame(1, { position: [NaN, NaN, NaN], velocity: [NaN, NaN, NaN] })), 0);
  assert.equal(drones.all[0].trail.length, 0);
  assert.ok(Number.isNaN(drones.all[0].speed));
});
