// Fills what the socket did not bring out of the recording: before the page was opened, and while the connection was lost.

import { insert } from "./insertion.js";
import { batchesOf, CHUNK_S } from "./messages.js";

/** @typedef {import("../wire/protocol.js").FrameBatch} FrameBatch */
/** @typedef {import("./ring.js").FrameStore} FrameStore */

// The recorder writes at least twice a second; by then what came before is in the recording.
const SETTLE_MS = 1200;
const AGAIN_MS = 2500;
const MOST_TRIES = 6;
const WITHIN_MS = 30_000;
const TOO_MANY = 429;

/**
 * What it needs of its surroundings, replaced in tests.
 * @typedef {object} Surroundings
 * @property {(url: string, signal: AbortSignal) => Promise<Response>} load
 * @property {(ms: number) => Promise<void>} pause
 * @property {(run: () => void, ms: number) => number} later
 * @property {(id: number) => void} cancel
 */

/** @type {Surroundings} */
const BROWSER = {
  load: (url, signal) => fetch(url, { signal }),
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  later: (run, ms) => Number(setTimeout(run, ms)),
  cancel: (id) => clearTimeout(id),
};

/** @typedef {{chunk: number, until: number, tries: number}} Want `until`: race seconds that the recording has to have reached */

export class Backfill {
  #url;
  #store;
  #around;
  /** The newest first: what is near the picture matters most. @type {Want[]} */
  #wants = [];
  /** What did not come, however often it was asked for: until when it is wanted, by chunk. @type {Map<number, number>} */
  #lost = new Map();
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
      this.#want(chunk, Math.min(to, (chunk + 1) * CHUNK_S));
    }
    this.#work();
  }

  /** Want again what did not come. @param {number} oldest race seconds: what ended before is left alone for good */
  again(oldest) {
    const lost = [...this.#lost].filter(([chunk]) => (chunk + 1) * CHUNK_S > oldest);
    this.#lost.clear();
    lost.forEach(([chunk, until]) => this.#want(chunk, until));
    if (lost.length > 0) {
      this.#work();
    }
  }

  close() {
    this.#ends.abort();
    this.#ends = new AbortController();
    this.#wants = [];
    this.#lost.clear();
  }

  /** @param {number} chunk @param {number} until race seconds */
  #want(chunk, until) {
    this.#lost.delete(chunk);
    this.#wants = this.#wants.filter((want) => want.chunk !== chunk);
    this.#wants.push({ chunk, until, tries: 0 });
    this.#wants.sort((a, b) => b.chunk - a.chunk);
  }

  async #work() {
    if (this.#working) {
      return;
    }
    this.#working = true;
    await this.#around.pause(SETTLE_MS);
    for (let want = this.#wants.shift(); want; want = this.#wants.shift()) {
      const { signal } = this.#ends;
      const isDone = await this.#fill(want, signal);
      if (isDone || signal.aborted || this.#wants.some(({ chunk }) => chunk === want.chunk)) {
        continue;
      }
      if (want.tries < MOST_TRIES) {
        want.tries += 1;
        this.#wants.push(want);
        this.#wants.sort((a, b) => a.tries - b.tries || b.chunk - a.chunk);
        await this.#around.pause(AGAIN_MS);
      } else {
        this.#lost.set(want.chunk, want.until);
      }
    }
    this.#working = false;
  }

  /** @param {Want} want @param {AbortSignal} end @returns {Promise<boolean>} false when it is worth asking again */
  async #fill({ chunk, until }, end) {
    // One that hangs must not keep the others from coming.
    const request = new AbortController();
    const stop = () => request.abort(end.reason);
    end.addEventListener("abort", stop);
    const limit = this.#around.later(() => request.abort(new Error("The server does not answer")), WITHIN_MS);
    try {
      const answer = await this.#around.load(`${this.#url}?format=binary&chunk=${chunk}`, request.signal);
      if (answer.status === 404) {
        return false; // not recorded so far
      }
      if (!answer.ok) {
        console.warn(`The recording answered ${answer.status}; trails keep a gap.`);
        return answer.status < 500 && answer.status !== TOO_MANY;
      }
      const batches = batchesOf(await answer.arrayBuffer());
      await this.#insert(batches);
      return reached(batches) >= until || chunk + 1 < Number(answer.headers.get("Drift-Chunks"));
    } catch (error) {
      if (!end.aborted) {
        console.warn("The recording did not come:", error);
      }
      return end.aborted;
    } finally {
      this.#around.cancel(limit);
      end.removeEventListener("abort", stop);
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
