// One WebSocket that comes back by itself. It knows close codes and waiting, and nothing of what it carries.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const OPEN_WITHIN_MS = 10_000;
// A connection that lasted this long was a good one: after it, waiting starts from the beginning.
const GOOD_AFTER_MS = 5_000;
// A server that says every 10 s that it is there, and is not heard for so long, is behind a dead connection. A browser
// takes minutes to find that out, and tells a page nothing of the pings below the messages.
const SILENT_MS = 25_000;

export const CLOSE = Object.freeze({
  RACE_OVER: 1000,
  RESTARTING: 1012,
  TOO_SLOW: 1013,
  SIGN_IN: 4401,
  NOT_YOURS: 4403,
  NO_SUCH_RACE: 4404,
});

// After these, asking again gives the same answer.
/** @type {Set<number>} */
const FINAL = new Set([CLOSE.RACE_OVER, CLOSE.SIGN_IN, CLOSE.NOT_YOURS, CLOSE.NO_SUCH_RACE]);

/**
 * @typedef {{kind: "idle"}
 *   | {kind: "connecting", attempt: number}
 *   | {kind: "open"}
 *   | {kind: "waiting", until: number, code: number, attempt: number}
 *   | {kind: "closed", code: number}} SocketState
 * `until` is on the clock of `now`; `attempt` counts from 0 for the first connection.
 */

/**
 * @typedef {object} Handlers
 * @property {(text: string) => void} text
 * @property {(bytes: ArrayBuffer) => void} binary
 * @property {(state: SocketState) => void} state
 */

/**
 * What the socket needs of its surroundings, replaced in tests.
 * @typedef {object} Surroundings
 * @property {(url: string) => WebSocket} connect
 * @property {() => number} now
 * @property {() => number} random
 * @property {(run: () => void, ms: number) => number} later
 * @property {(id: number) => void} cancel
 */

/** @type {Surroundings} */
export const BROWSER = {
  connect: (url) => new WebSocket(url),
  now: () => performance.now(),
  random: () => Math.random(),
  later: (run, ms) => Number(setTimeout(run, ms)),
  cancel: (id) => clearTimeout(id),
};

export class LiveSocket {
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {SocketState} */
  #state = { kind: "idle" };
  #timer = 0;
  #attempt = 0;
  #openedAt = 0;
  #heardAt = 0;
  /** Whether the server has said over this connection that it is there, or over the last one that there was. */
  #lively = false;
  #wasLively = false;
  #url;
  #handlers;
  #around;

  /** @param {string} url @param {Handlers} handlers @param {Surroundings} [around] */
  constructor(url, handlers, around = BROWSER) {
    this.#url = url;
    this.#handlers = handlers;
    this.#around = around;
  }

  get state() {
    return this.#state;
  }

  open() {
    if (this.#state.kind === "idle") {
      this.#connect();
    }
  }

  /** Connect now instead of at the end of the wait, as when the network is back. */
  retryNow() {
    if (this.#state.kind === "waiting") {
      this.#connect();
    }
  }

  /**
   * The server has said that it is there, as it does every 10 s: from now on silence is loss. Over a connection of which it
   * never says so, silence means nothing: an older server has a quiet race, too.
   */
  alive() {
    if (this.#state.kind === "open" && !this.#lively) {
      this.#lively = true;
      this.#watch(SILENT_MS);
    }
  }

  /** Leave for good, or until `open`. */
  close() {
    this.#lively = this.#wasLively = false;
    this.#drop();
    this.#attempt = 0;
    this.#enter({ kind: "idle" });
  }

  #connect() {
    this.#around.cancel(this.#timer);
    const socket = this.#around.connect(this.#url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#around.cancel(this.#timer);
      this.#openedAt = this.#heardAt = this.#around.now();
      this.#lively = false;
      if (this.#wasLively) {
        this.#watch(SILENT_MS);
      }
      this.#enter({ kind: "open" });
    };
    socket.onmessage = (event) => {
      this.#heardAt = this.#around.now();
      if (typeof event.data === "string") {
        this.#handlers.text(event.data);
      } else {
        this.#handlers.binary(event.data);
      }
    };
    socket.onclose = (event) => this.#lost(event.code);
    // A server that takes the connection and never answers would hold it for minutes.
    this.#timer = this.#around.later(() => this.#lost(0), OPEN_WITHIN_MS);
    this.#enter({ kind: "connecting", attempt: this.#attempt });
  }

  /** Look whether anything has come, so that not each message moves a timer. @param {number} ms from now */
  #watch(ms) {
    this.#around.cancel(this.#timer);
    this.#timer = this.#around.later(() => {
      const silent = this.#around.now() - this.#heardAt;
      if (silent >= SILENT_MS) {
        this.#lost(0);
      } else {
        this.#watch(SILENT_MS - silent);
      }
    }, ms);
  }

  /** @param {number} code */
  #lost(code) {
    const wasOpen = this.#state.kind === "open";
    if (wasOpen) {
      this.#wasLively = this.#lively;
    }
    this.#drop();
    if (FINAL.has(code)) {
      this.#enter({ kind: "closed", code });
      return;
    }
    if (wasOpen && this.#around.now() - this.#openedAt >= GOOD_AFTER_MS) {
      this.#attempt = 0;
    }
    const wait = waitMs(this.#attempt, this.#around.random());
    this.#attempt += 1;
    this.#timer = this.#around.later(() => this.#connect(), wait);
    this.#enter({ kind: "waiting", until: this.#around.now() + wait, code, attempt: this.#attempt });
  }

  #drop() {
    this.#around.cancel(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  /** @param {SocketState} state */
  #enter(state) {
    this.#state = state;
    this.#handlers.state(state);
  }
}

/**
 * Doubles with each attempt up to a bound; the jitter, a half, keeps all viewers of a restarted server from coming at once.
 * @param {number} attempt from 0
 * @param {number} random 0..1
 */
export function waitMs(attempt, random) {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * (0.5 + random / 2);
}
