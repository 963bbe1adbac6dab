// What the page counts of itself, for the curious and for tests: bounded, whatever the race's length.

import { write } from "../common/dom.js";

/** @typedef {import("./liverace.js").LiveRace} LiveRace */
/** @typedef {import("../scene/anystage.js").AnyStage} AnyStage */

const MEGA = 1024 * 1024;

/** @param {LiveRace} race @param {AnyStage} stage */
export function countersOf({ inbox }, stage) {
  let kept = 0;
  for (const series of inbox.store.all) {
    kept += series.length;
  }
  return {
    received: inbox.store.received,
    missed: inbox.store.missed,
    filled: inbox.backfill.filled,
    filling: inbox.backfill.pending,
    drawn: stage.drawn,
    buffer: inbox.clock.buffer,
    kept,
    bytes: inbox.store.bytes,
    said: inbox.standings.length + inbox.laps.length,
    scene: stage.load,
  };
}

/** @param {ParentNode} root @param {ReturnType<typeof countersOf>} counters */
export function writeCounters(root, { received, missed, filled, drawn, buffer, kept, bytes }) {
  const texts = {
    received, missed, filled, drawn, kept, buffer: `${Math.round(buffer * 1000)} ms`, memory: `${(bytes / MEGA).toFixed(1)} MB`,
  };
  for (const [name, text] of Object.entries(texts)) {
    const element = root.querySelector(`[data-counter="${name}"]`);
    if (element) {
      write(element, String(text));
    }
  }
}
