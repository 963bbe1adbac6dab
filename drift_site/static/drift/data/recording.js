// A recorded race out of /api/races/{id}/telemetry/?format=binary: its frames around the moment that is shown.

import { ChunkLoader, Refused } from "./chunks.js";
import { batchesOf, CHUNK_S } from "./messages.js";
import { RecordedStore } from "./recorded.js";

const BUDGET_BYTES = 64e6;
// A drone's even clock may be this far before a frame's arrival, and views look a little ahead.
const MARGIN_S = 0.5;

/** @type {Record<number, string>} */
const REFUSALS = {
  401: "Sign in to replay this race.",
  403: "This race is private, and you are not among its guests.",
  404: "There is no such race any more, or it is private and you are not signed in as one of its guests.",
};

export class Recording {
  store = new RecordedStore();
  #loader;
  #chunks;
  #url;
  #duration;

  /** @param {string} url of the race's telemetry @param {number} duration s */
  constructor(url, duration) {
    this.#url = url;
    this.#duration = duration;
    this.#chunks = Math.floor(duration / CHUNK_S) + 1;
    const source = {
      load: (/** @type {number} */ chunk, /** @type {AbortSignal} */ signal) => this.#load(chunk, signal),
      drop: (/** @type {number} */ chunk) => this.store.drop(chunk),
    };
    this.#loader = new ChunkLoader(this.#chunks, source, BUDGET_BYTES);
  }

  /** Rises when what is loaded changes. */
  get revision() {
    return this.#loader.revision;
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

  /** The parts that are loaded, race seconds. @returns {Array<[number, number]>} */
  get loaded() {
    return this.#loader.runs.map(([first, last]) => [
      first * CHUNK_S,
      Math.min(this.#duration, (last + 1) * CHUNK_S),
    ]);
  }

  /** Load around a moment, and give views its frames. @param {number} time race seconds */
  aim(time) {
    const chunk = this.#chunkOf(time);
    this.#loader.aim(chunk);
    this.store.turnTo(chunk);
  }

  /** Whether all frames that are shown at a moment are here. @param {number} time race seconds */
  ready(time) {
    for (let chunk = this.#chunkOf(time - MARGIN_S); chunk <= this.#chunkOf(time + MARGIN_S); chunk += 1) {
      if (!this.#loader.has(chunk)) {
        return false;
      }
    }
    return true;
  }

  retryNow() {
    this.#loader.retryNow();
  }

  /** @param {number} time */
  #chunkOf(time) {
    return Math.max(0, Math.min(this.#chunks - 1, Math.floor(time / CHUNK_S)));
  }

  /** @param {number} chunk @param {AbortSignal} signal */
  async #load(chunk, signal) {
    const bytes = await fetched(`${this.#url}?format=binary&chunk=${chunk}`, signal);
    const batches = batchesOf(await bytes.arrayBuffer());
    signal.throwIfAborted();
    return this.store.put(chunk, batches);
  }
}

/**
 * @param {string} url @param {AbortSignal} signal
 * @returns {Promise<Response>}
 * @throws {Refused | Error} whose text is for people
 */
export async function fetched(url, signal) {
  let answer;
  try {
    answer = await fetch(url, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new Error("No connection to the server", { cause: error });
  }
  if (answer.status in REFUSALS) {
    throw new Refused(REFUSALS[answer.status]);
  }
  if (!answer.ok) {
    throw new Error(`The server answered ${answer.status}`);
  }
  return answer;
}
