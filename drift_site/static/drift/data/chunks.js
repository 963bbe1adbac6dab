// Which chunks of a recording are loaded, which go, and what happens when one does not come. It knows no frames.

const AT_ONCE = 3;
const WITHIN_MS = 30_000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;
// A chunk whose size is not known yet is taken for as large as those that are, or for this.
const FIRST_GUESS_BYTES = 1_000_000;

/** What cannot be mended by asking again; the text is for people. */
export class Refused extends Error {}

/**
 * What the loader needs of its surroundings, replaced in tests.
 * @typedef {object} Surroundings
 * @property {() => number} now ms
 * @property {() => number} random
 * @property {(run: () => void, ms: number) => number} later
 * @property {(id: number) => void} cancel
 */

/** @type {Surroundings} */
const BROWSER = {
  now: () => performance.now(),
  random: () => Math.random(),
  later: (run, ms) => Number(setTimeout(run, ms)),
  cancel: (id) => clearTimeout(id),
};

/**
 * @typedef {object} Source
 * @property {(chunk: number, signal: AbortSignal) => Promise<number>} load gives the bytes that the chunk now holds;
 *   raises Refused where asking again is of no use
 * @property {(chunk: number) => void} drop
 */

/** @typedef {{attempts: number, until: number, why: string}} Failure `until` is on the clock of `now` */

export class ChunkLoader {
  /** The bytes of those that are held. @type {Map<number, number>} */
  #held = new Map();
  /** The bytes that chunks had, also those that have gone. @type {Map<number, number>} */
  #sizes = new Map();
  /** @type {Map<number, AbortController>} */
  #loading = new Map();
  /** @type {Map<number, Failure>} */
  #failures = new Map();
  /** What is wanted, the most wanted first. @type {number[]} */
  #wanted = [];
  #timer = 0;
  #around = 0;
  #source;
  #count;
  #budget;
  #env;
  /** Why nothing is loaded any more, in words; empty when all is well. */
  fault = "";
  /** Rises with each chunk that comes or goes. */
  revision = 0;

  /**
   * @param {number} count how many chunks there are @param {Source} source
   * @param {number} budget bytes that may be held, but for the three around the moment
   * @param {Surroundings} [env]
   */
  constructor(count, source, budget, env = BROWSER) {
    this.#count = count;
    this.#source = source;
    this.#budget = budget;
    this.#env = env;
  }

  /** @param {number} chunk */
  has(chunk) {
    return this.#held.has(chunk);
  }

  get isLoading() {
    return this.#loading.size > 0;
  }

  /** Runs of chunks that are held, as [first, last]. @returns {Array<[number, number]>} */
  get runs() {
    /** @type {Array<[number, number]>} */
    const runs = [];
    for (const chunk of [...this.#held.keys()].sort((a, b) => a - b)) {
      const last = runs.at(-1);
      if (last && last[1] === chunk - 1) {
        last[1] = chunk;
      } else {
        runs.push([chunk, chunk]);
      }
    }
    return runs;
  }

  /** The failure of a chunk that is waited for, when one failed. @returns {Failure & {chunk: number} | null} */
  get failure() {
    const chunk = this.#wanted.find((each) => this.#failures.has(each));
    const failure = chunk === undefined ? undefined : this.#failures.get(chunk);
    return failure && chunk !== undefined ? { chunk, ...failure } : null;
  }

  /** Load what is nearest to a chunk first. @param {number} around */
  aim(around) {
    const isNew = around !== this.#around || this.#wanted.length === 0;
    if (isNew && this.#count > 0) {
      this.#around = around;
      this.#next();
    }
  }

  /** Ask for what failed now instead of at the end of the wait, and for what was refused. */
  retryNow() {
    this.fault = "";
    this.#failures.forEach((failure) => (failure.until = 0));
    this.#next();
  }

  /** Stop loading. */
  close() {
    this.#env.cancel(this.#timer);
    this.#loading.forEach((request) => request.abort());
    this.#loading.clear();
    this.#wanted = [];
    this.#count = 0;
  }

  #next() {
    this.#choose();
    for (const [chunk, request] of this.#loading) {
      if (!this.#wanted.includes(chunk)) {
        request.abort();
        this.#loading.delete(chunk);
      }
    }
    this.#env.cancel(this.#timer);
    const now = this.#env.now();
    let wake = Infinity;
    for (const chunk of this.#wanted) {
      const until = this.#failures.get(chunk)?.until ?? 0;
      if (this.#held.has(chunk) || this.#loading.has(chunk) || this.fault) {
        continue;
      }
      if (until > now) {
        wake = Math.min(wake, until);
      } else if (this.#loading.size < AT_ONCE) {
        this.#load(chunk);
      }
    }
    if (wake < Infinity) {
      this.#timer = this.#env.later(() => this.#next(), wake - now);
    }
  }

  /** Choose what is wanted: from the moment outwards, ahead before behind, as far as the budget goes. */
  #choose() {
    this.#wanted = [];
    let bytes = 0;
    for (const chunk of outwards(this.#around, this.#count)) {
      bytes += this.#size(chunk);
      if (bytes > this.#budget && Math.abs(chunk - this.#around) > 1) {
        return;
      }
      this.#wanted.push(chunk);
    }
  }

  /** @param {number} chunk */
  #size(chunk) {
    const known = this.#sizes.get(chunk);
    if (known !== undefined) {
      return known;
    }
    let [sum, count] = [0, 0];
    this.#sizes.forEach((bytes) => {
      sum += bytes;
      count += 1;
    });
    return count > 0 ? sum / count : FIRST_GUESS_BYTES;
  }

  /** @param {number} chunk */
  async #load(chunk) {
    const request = new AbortController();
    this.#loading.set(chunk, request);
    const timer = this.#env.later(() => request.abort(new Error("The server does not answer")), WITHIN_MS);
    try {
      const bytes = await this.#source.load(chunk, request.signal);
      if (this.#loading.get(chunk) === request) {
        this.#failures.delete(chunk);
        this.#sizes.set(chunk, bytes);
        this.#held.set(chunk, bytes);
        this.revision += 1;
        this.#evict();
      }
    } catch (error) {
      if (this.#loading.get(chunk) === request) {
        this.#failed(chunk, request.signal.aborted ? request.signal.reason : error);
      }
    } finally {
      this.#env.cancel(timer);
      if (this.#loading.get(chunk) === request) {
        this.#loading.delete(chunk);
        this.#next();
      }
    }
  }

  /** @param {number} chunk @param {unknown} error */
  #failed(chunk, error) {
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof Refused) {
      this.fault = why;
      return;
    }
    const attempts = (this.#failures.get(chunk)?.attempts ?? 0) + 1;
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempts - 1)) * (0.75 + this.#env.random() / 4);
    this.#failures.set(chunk, { attempts, until: this.#env.now() + wait, why });
  }

  /** Let the farthest go until the rest fits. */
  #evict() {
    let bytes = 0;
    this.#held.forEach((own) => (bytes += own));
    const farthest = [...this.#held.keys()].sort((a, b) => distance(b, this.#around) - distance(a, this.#around));
    for (const chunk of farthest) {
      if (bytes <= this.#budget || Math.abs(chunk - this.#around) <= 1) {
        return;
      }
      bytes -= this.#held.get(chunk) ?? 0;
      this.#held.delete(chunk);
      this.#source.drop(chunk);
    }
  }
}

/** How far a chunk is, by when it will be wanted: what is behind matters for trails only. @param {number} chunk @param {number} around */
function distance(chunk, around) {
  return chunk >= around ? chunk - around : 1.5 * (around - chunk);
}

/** @param {number} around @param {number} count */
function* outwards(around, count) {
  let ahead = around;
  let behind = around - 1;
  while (ahead < count || behind >= 0) {
    const forward = ahead < count && (behind < 0 || distance(ahead, around) <= distance(behind, around));
    yield forward ? ahead : behind;
    ahead += forward ? 1 : 0;
    behind -= forward ? 0 : 1;
  }
}
