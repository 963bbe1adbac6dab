// What happened in a recorded race, as the server timed it: laps, crossings and resets of a drone, and the standings as
// they were at each moment. Nothing is timed or ranked here.

import { ChunkLoader } from "./chunks.js";
import { CHUNK_S } from "./messages.js";
import { fetched } from "./recording.js";

/** @typedef {import("../wire/protocol.js").Standing} Standing */

const BUDGET_BYTES = 16e6;
/** @type {Standing[]} */
const NOBODY = [];

/**
 * @typedef {object} RecordedLap of /api/races/{id}/laps/
 * @property {number} drone
 * @property {number} number
 * @property {number} start_s race seconds
 * @property {number} end_s
 * @property {number} arrival_s race seconds: when the frame came that closed it
 * @property {"auto" | "manual" | "recalc"} source
 * @property {number} [behind_s] by how much it is seen to end later than it was timed, of behind.js
 * @property {number} duration_ms
 * @property {boolean} valid
 * @property {string[]} flaws
 * @property {string} reason why it was ruled so
 * @property {"overall" | "personal" | null} best
 */

/**
 * @typedef {object} RecordedCrossing
 * @property {number} drone
 * @property {number} time_s race seconds
 * @property {number} gate its order
 * @property {number | null} lap
 * @property {boolean} counted
 */

/** @typedef {{drone: number, time_s: number, lap: number | null}} RecordedReset */
/** @typedef {{next: string | null, crossings: RecordedCrossing[], resets: RecordedReset[]}} TimelinePage */
/** @typedef {{time_s: number, standings: Standing[]}} Moment */

/** The standings of a race, ten seconds at a time. */
export class StandingsHistory {
  /** @type {Map<number, Moment[]>} */
  #moments = new Map();
  #loader;
  #chunks;

  /** @param {string} url of the race's standings by time @param {number} duration s */
  constructor(url, duration) {
    this.#chunks = Math.floor(duration / CHUNK_S) + 1;
    const load = async (/** @type {number} */ chunk, /** @type {AbortSignal} */ signal) => {
      const answer = await fetched(`${url}?chunk=${chunk}`, signal);
      const text = await answer.text();
      this.#moments.set(chunk, JSON.parse(text).moments);
      return text.length;
    };
    const drop = (/** @type {number} */ chunk) => void this.#moments.delete(chunk);
    this.#loader = new ChunkLoader(this.#chunks, { load, drop }, BUDGET_BYTES);
  }

  /** @param {number} time race seconds */
  aim(time) {
    this.#loader.aim(this.#chunkOf(time));
  }

  /** Why nothing is loaded any more, in words; empty when all is well. */
  get fault() {
    return this.#loader.fault;
  }

  /** What failed and will be asked for again: of which second on, why, and on the clock of `performance.now`, when. */
  get failure() {
    const failure = this.#loader.failure;
    return failure && { from: failure.chunk * CHUNK_S, why: failure.why, until: failure.until };
  }

  retryNow() {
    this.#loader.retryNow();
  }

  /**
   * The standings as they were told last at a moment; null while they are not here.
   * @param {number} time race seconds
   * @returns {Standing[] | null}
   */
  at(time) {
    const moments = this.#moments.get(this.#chunkOf(time));
    if (!moments) {
      return null;
    }
    return (moments.findLast((moment) => moment.time_s <= time) ?? moments[0])?.standings ?? NOBODY;
  }

  /** @param {number} time */
  #chunkOf(time) {
    return Math.max(0, Math.min(this.#chunks - 1, Math.floor(time / CHUNK_S)));
  }
}

/**
 * Load the laps of all drones of a race.
 * @param {string} url of the race's laps @param {AbortSignal} signal
 * @returns {Promise<RecordedLap[]>}
 */
export async function lapsOf(url, signal) {
  return (await fetched(url, signal)).json();
}

/**
 * Load what a drone passed, page by page.
 * @param {string} url of the race's timeline @param {number} drone @param {AbortSignal} signal
 * @returns {Promise<Omit<TimelinePage, "next">>}
 */
export async function timelineOf(url, drone, signal) {
  /** @type {RecordedCrossing[]} */
  const crossings = [];
  /** @type {RecordedReset[]} */
  const resets = [];
  /** @type {string | null} */
  let next = `${url}?drone=${drone}`;
  while (next !== null) {
    /** @type {TimelinePage} */
    const page = await (await fetched(next, signal)).json();
    crossings.push(...page.crossings);
    resets.push(...page.resets);
    next = page.next;
  }
  return { crossings, resets };
}
