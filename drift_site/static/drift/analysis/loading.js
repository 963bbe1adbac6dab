// Two laps out of the server: their comparison, and their frames on the laps' own clocks.

import { getBytes, getJson, Refusal } from "../common/api.js";
import { Refused } from "../data/chunks.js";
import { FrameStore } from "../data/ring.js";
import { decodeFrames } from "../wire/protocol.js";
import { Duel } from "./duel.js";
import { chunksOf, earliestChunk, isWhole, lapMessage } from "./lapframes.js";

/** @typedef {import("./laprows.js").Lap} Lap */
/** @typedef {import("./lapframes.js").Span} Span */

/**
 * The numbers that the two laps have as drones in the store: they give each its colour and its outline, whoever flew it,
 * since both may be one drone's.
 */
export const SIDES = Object.freeze({ a: 2, b: 6 });

/** @typedef {{duel: Duel, store: FrameStore}} Loaded */

/**
 * @param {{compare: string, telemetry: string}} urls @param {Lap} a @param {Lap} b @param {AbortSignal} signal
 * @returns {Promise<Loaded>}
 * @throws {Refusal}
 */
export async function load(urls, a, b, signal) {
  const [compared, messageA, messageB] = await Promise.all([
    getJson(`${urls.compare}?a=${a.id}&b=${b.id}`, signal),
    framesOf(urls.telemetry, a, SIDES.a, signal),
    framesOf(urls.telemetry, b, SIDES.b, signal),
  ]);
  const store = new FrameStore();
  for (const message of [messageA, messageB]) {
    const batch = decodeFrames(message);
    if (batch && batch.count > 0) {
      store.take(batch);
    }
  }
  return { duel: new Duel(a, b, compared, store.get(SIDES.a), store.get(SIDES.b)), store };
}

/** @param {string} url @param {Lap} lap @param {number} as @param {AbortSignal} signal */
async function framesOf(url, lap, as, signal) {
  const { start_flight: start, end_flight: end } = lap;
  if (start === null || end === null) {
    throw new Refusal(`Lap ${lap.number} was added by a marshal: there is no flight to compare.`);
  }
  /** @type {Span} */
  const span = { drone: lap.drone, start_s: lap.start_s, arrival_s: lap.arrival_s, start_flight: start, end_flight: end };
  const [first, last] = chunksOf(span);
  const chunk = (/** @type {number} */ number) => getBytes(`${url}?format=binary&drone=${lap.drone}&chunk=${number}`, signal);
  const opening = await chunk(first);
  // The recording may end before the last frame could have arrived.
  const behind = Math.min(last, Number(opening.headers.get("Drift-Chunks") ?? Infinity) - 1);
  const rest = await Promise.all(range(first + 1, behind + 1).map(chunk));
  const buffers = [opening, ...rest].map(({ bytes }) => bytes);
  try {
    const earliest = earliestChunk(span);
    if (first > earliest && !isWhole(buffers, span)) {
      // The game stood still, or ran slow, while the lap was flown: its beginning came longer ago.
      const before = await Promise.all(range(earliest, first).map(chunk));
      buffers.unshift(...before.map(({ bytes }) => bytes));
    }
    return lapMessage(buffers, span, as);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Refusal) {
      throw error;
    }
    const text = error instanceof Refused ? error.message : "The recording did not come whole. Choose the lap again.";
    throw new Refusal(text, { cause: error });
  }
}

/** The whole numbers from `from` up to, not with, `end`. @param {number} from @param {number} end */
function range(from, end) {
  return Array.from({ length: Math.max(0, end - from) }, (_, i) => from + i);
}
