// Fills what the socket did not bring out of the recording: before the page was opened, and while the connection was lost.

import { insert } from "./insertion.js";
import { batchesOf, CHUNK_S } from "./recording.js";

/** @typedef {import("../wire/protocol.js").FrameBatch} FrameBatch */
/** @typedef {import("./ring.js").FrameStore} FrameStore */

// The recorder writes at least twice a second; by then what came before is in the recording.
const SETTLE_MS = 1200;
const AGAIN_MS = 2500;
const MOST_TRIES = 6;

/**
 * What it needs of its surroundings, replaced in tests.
 * @typedef {object} Surroundings
 * @property {(url: string, signal: AbortSignal) => Promise<Response>} load
 * @property {(ms: number) => Promise<void>} pause
 */

/** @type {Surroundings} */
const BROWSER = {
  load: (url, signal) => fetch(url, { signal }),
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** @typedef {{chunk: number, until: number, tries: number}} Want `until`: race seconds that the recording has to have reached */

export class Backfill {
  #url;
  #store;
  #around;
  /** The newest first: what is near the picture matters most. @type {Want[]} */
  #wants = [];
  #working = false;
  #ends = new AbortController();
  /** Frames that were put in. */
  filled = 0;

  /** @param {string} url of the race's telemetry @param {FrameStore} store @param {Surroundings} [around] */
  constructor(url, store, around = BROWSER) {
    this.#url = url;
    this.#store = store;
    this.#around = around;
  }

  /** How many pieces are still to come. */
  get pending() {
    return this.#wants.length + (this.#working ? 1 : 0);
  }

  /** @param {number} from race seconds @param {number} to race seconds, the first frame that the socket brought */
  want(from, to) {
    const first = Math.max(0, Math.floor(from / CHUNK_S));
    for (let chunk = first; chunk * CHUNK_S <= to; chunk += 1) {
      this.#wants = this.#wants.filter((want) => want.chunk !== chunk);
      this.#wants.push({ chunk, until: Math.min(to, (chunk + 1) * CHUNK_S), tries: 0 });
    }
    this.#wants.sort((a, b) => b.chunk - a.chunk);
    this.#work();
  }

  close() {
    this.#ends.abort();
    this.#wants = [];
  }

  async #work() {
    if (this.#working) {
      return;
    }
    this.#working = true;
    await this.#around.pause(SETTLE_MS);
    for (let want = this.#wants.shift(); want; want = this.#wants.shift()) {
      if (!(await this.#fill(want)) && want.tries < MOST_TRIES && !this.#ends.signal.aborted) {
        want.tries += 1;
        this.#wants.push(want);
        this.#wants.sort((a, b) => a.tries - b.tries || b.chunk - a.chunk);
        await this.#around.pause(AGAIN_MS);
      }
    }
    this.#working = false;
  }

  /** @param {Want} want @returns {Promise<boolean>} false when it is worth asking again */
  async #fill({ chunk, until }) {
    try {
      const answer = await this.#around.load(`${this.#url}?format=binary&chunk=${chunk}`, this.#ends.signal);
      if (answer.status === 404) {
        return false; // not recorded so far
      }
      if (!answer.ok) {
        console.warn(`The recording answered ${answer.status}; trails keep a gap.`);
        return answer.status < 500;
      }
      const batches = batchesOf(await answer.arrayBuffer());
      await this.#insert(batches);
      return reached(batches) >= until || chunk + 1 < Number(answer.headers.get("Drift-Chunks"));
    } catch (error) {
      if (!this.#ends.signal.aborted) {
        console.warn("The recording did not come:", error);
      }
      return this.#ends.signal.aborted;
    }
  }

  /** Drone by drone, so that no picture waits for all of them. @param {FrameBatch[]} batches */
  async #insert(batches) {
    const drones = new Set();
    for (const batch of batches) {
      for (let i = 0; i < batch.count; i += 1) {
        drones.add(batch.drone(i));
      }
    }
    for (const drone of drones) {
      this.filled += insert(this.#store.make(drone), batches);
      await this.#around.pause(0);
    }
  }
}

/** Race seconds of the newest frame. @param {FrameBatch[]} batches */
function reached(batches) {
  const batch = batches.at(-1);
  return batch && batch.count > 0 ? (batch.time(batch.count - 1) - batch.raceStart) / 1e6 : -Infinity;
}
