import assert from "node:assert/strict";
import { test } from "node:test";

import { EvenClock, FRESH, isReset } from "../../drift_site/static/drift/data/evenclock.js";

const HZ = 100;

/**
 * What a clock makes of a flight.
 * @param {number} seconds by the drone's clock @param {(flight: number) => number} arrival when a frame comes
 */
function told(seconds, arrival, clock = new EvenClock()) {
  return Array.from({ length: Math.round(seconds * HZ) }, (_, i) => {
    const flight = Math.fround(i / HZ);
    const at = arrival(flight);
    return { flight, arrival: at, even: clock.time(at, flight) };
  });
}

const behind = ({ arrival, even }) => arrival - even;
/** 0..1, the same in each run. */
const scatter = (flight) => ((Math.round(flight * HZ) * 7919) % 101) / 100;
const rises = (frames) => frames.slice(1).every(({ even }, i) => even > frames[i].even);

test("a clock that stood still for twenty seconds is behind for a second at the most, and what came before stays", () => {
  const frames = told(100, (flight) => (flight < 65 ? flight : flight + 20));
  assert.ok(frames.filter(({ flight }) => flight < 65).every((frame) => Math.abs(behind(frame)) < 1e-9));
  const late = frames.filter((frame) => behind(frame) > 0.01);
  assert.ok(late.length <= HZ + 2 && late.at(-1).arrival <= 86.01, `${late.length} until ${late.at(-1).arrival}`);
  assert.ok(rises(frames));
});

test("a clock that drifts is followed however long nobody puts the drone back", () => {
  for (const part of [180e-6, -180e-6]) {
    const frames = told(2400, (flight) => flight * (1 + part) + 0.02 * scatter(flight));
    const most = frames.reduce((found, frame) => Math.max(found, behind(frame)), 0);
    assert.ok(most < 0.03, `${part}: ${most}`);
    const steps = frames.slice(1).map(({ even }, i) => even - frames[i].even);
    assert.ok(steps.every((step) => step > 0.004 && step < 0.016), `${part}: ${Math.min(...steps.slice(0, 9e4))}`);
  }
});

test("a hitch is made up for within half a minute, by nothing that anybody sees", () => {
  const frames = told(60, (flight) => (flight < 10 ? flight : flight + 0.4));
  assert.ok(behind(frames[40 * HZ]) < 0.05, String(behind(frames[40 * HZ])));
  const steps = frames.slice(1).map(({ even }, i) => even - frames[i].even);
  assert.ok(Math.max(...steps) < 0.011, String(Math.max(...steps)));
});

test("frames that were held up and come in a burst are spread as they were flown", () => {
  const frames = told(60, (flight) => (flight > 20 && flight < 22.3 ? 22.3 + (flight - 20) / 1000 : flight));
  assert.ok(frames.every(({ even, flight }) => Math.abs(even - flight) < 0.005));
});

test("uneven delays do not move the clock by what anybody sees", () => {
  const frames = told(600, (flight) => flight + 0.04 * scatter(flight) ** 2);
  const off = Math.max(...frames.map(({ even, flight }) => Math.abs(even - flight)));
  assert.ok(off < 0.004, String(off));
});

test("a clock goes on from where another stood", () => {
  const arrival = (flight) => (flight < 3 ? flight : flight + 2) + 0.01 * scatter(flight);
  let clock = new EvenClock(FRESH);
  told(10, arrival).forEach(({ arrival: at, flight, even }, i) => {
    clock = i % 50 === 7 ? new EvenClock(clock.state) : clock;
    assert.equal(clock.time(at, flight), even);
  });
});

test("a drone that is put back begins anew", () => {
  const clock = new EvenClock();
  told(10, (flight) => flight, clock);
  assert.equal(clock.time(30, 0), 30);
  assert.ok(clock.reset);
  assert.ok(Math.abs(clock.time(30.05, 0.01) - 30.01) < 1e-6);
  assert.deepEqual([isReset(10, 9.6), isReset(10, 9.4), isReset(NaN, 3), isReset(3, NaN)], [false, true, false, false]);
});

test("a sender without a clock goes by arrival", () => {
  const clock = new EvenClock();
  assert.deepEqual([clock.time(1, NaN), clock.time(1.5, NaN), clock.time(9, NaN)], [1, 1.5, 9]);
});
