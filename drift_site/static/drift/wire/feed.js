// A race as it comes over its socket, and in one word how that is going.

import { decodeFrames, parseMessage, ProtocolError } from "./protocol.js";
import { BROWSER, CLOSE, LiveSocket } from "./socket.js";

/** @typedef {import("./protocol.js").FrameBatch} FrameBatch */
/** @typedef {import("./protocol.js").Message} Message */
/** @typedef {import("./socket.js").SocketState} SocketState */

/** After so long a silence nothing is as it is shown. */
export const STALE_MS = 1000;

/**
 * What takes in what a race's socket says; it only writes it down. `now` is the page's clock, ms.
 * @typedef {object} Sink
 * @property {(message: Message, now: number) => void} event in their order; the first one is `hello`
 * @property {(batch: FrameBatch, now: number) => void} frames none is empty
 */

/**
 * @typedef {object} Situation what a person is told of
 * @property {"connecting" | "waiting" | "live" | "stale" | "reconnecting" | "ending" | "ended" | "refused"} kind
 * @property {string} text
 */

/**
 * @typedef {object} Facts what the situation follows from
 * @property {SocketState} socket
 * @property {string} status of the race
 * @property {number | null} helloAt when this connection's hello came
 * @property {number | null} framesAt when the last frames came, over any connection
 * @property {string} fault why the page cannot read the stream; empty when it can
 */

/** @type {Record<number, string>} */
const REFUSALS = {
  [CLOSE.SIGN_IN]: "Sign in to watch this race",
  [CLOSE.NOT_YOURS]: "This race is private, and you are not among its guests",
  [CLOSE.NO_SUCH_RACE]: "There is no such race any more",
};

/** @type {Record<number, string>} */
const LOSSES = {
  [CLOSE.TOO_SLOW]: "Too many viewers, or too slow a connection",
  [CLOSE.RESTARTING]: "The server is restarting",
};

/**
 * @param {Facts} facts
 * @param {number} now
 * @returns {Situation}
 */
export function describe({ socket, status, helloAt, framesAt, fault }, now) {
  if (fault) {
    return { kind: "refused", text: fault };
  }
  if (status === "ended" || (socket.kind === "closed" && socket.code === CLOSE.RACE_OVER)) {
    return { kind: "ended", text: "Ended" };
  }
  if (socket.kind === "closed") {
    return { kind: "refused", text: REFUSALS[socket.code] };
  }
  if (socket.kind === "waiting") {
    const seconds = Math.max(1, Math.ceil((socket.until - now) / 1000));
    const why = LOSSES[socket.code] ?? "No connection";
    return { kind: "reconnecting", text: `${why}. Reconnecting in ${seconds} s` };
  }
  if (socket.kind === "connecting" && socket.attempt > 0) {
    return { kind: "reconnecting", text: "Reconnecting…" };
  }
  if (helloAt === null) {
    return { kind: "connecting", text: "Connecting…" };
  }
  if (status === "ending") {
    return { kind: "ending", text: "Ending: the last frames are being saved" };
  }
  return flow(status, helloAt, framesAt, now);
}

/**
 * @param {string} status @param {number} helloAt @param {number | null} framesAt @param {number} now
 * @returns {Situation}
 */
function flow(status, helloAt, framesAt, now) {
  if (framesAt === null && status === "waiting") {
    return { kind: "waiting", text: "Waiting for the first frame" };
  }
  const silence = now - (framesAt ?? helloAt);
  if (silence <= STALE_MS) {
    return framesAt === null ? { kind: "connecting", text: "Connecting…" } : { kind: "live", text: "Live" };
  }
  return { kind: "stale", text: `No frames for ${duration(silence)}` };
}

/** @param {number} ms */
function duration(ms) {
  const seconds = Math.floor(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}

export class RaceFeed {
  #sink;
  #status;
  /** @type {number | null} */
  #helloAt = null;
  /** @type {number | null} */
  #framesAt = null;
  #fault = "";
  #socket;
  #now;

  /**
   * @param {string} raceId
   * @param {string} status what the page knows of it so far
   * @param {Sink} sink
   * @param {{preview?: boolean, around?: import("./socket.js").Surroundings}} [options] preview: a picture on a page about
   *   something else, which makes nobody a viewer
   */
  constructor(raceId, status, sink, { preview = false, around = BROWSER } = {}) {
    this.#status = status;
    this.#sink = sink;
    this.#now = around.now;
    const handlers = {
      text: (/** @type {string} */ text) => this.#reading(() => this.#event(text)),
      binary: (/** @type {ArrayBuffer} */ bytes) => this.#reading(() => this.#frames(bytes)),
      state: (/** @type {SocketState} */ state) => this.#moved(state),
    };
    this.#socket = new LiveSocket(address(raceId, preview), handlers, around);
  }

  get status() {
    return this.#status;
  }

  open() {
    if (this.#status !== "ended" && !this.#fault) {
      this.#socket.open();
    }
  }

  close() {
    this.#socket.close();
  }

  retryNow() {
    this.#socket.retryNow();
  }

  /** @param {number} now @returns {Situation} */
  situation(now) {
    const facts = { socket: this.#socket.state, status: this.#status, helloAt: this.#helloAt };
    return describe({ ...facts, framesAt: this.#framesAt, fault: this.#fault }, now);
  }

  /** @param {SocketState} state */
  #moved(state) {
    if (state.kind !== "open") {
      this.#helloAt = null;
    }
  }

  /** @param {() => void} read */
  #reading(read) {
    try {
      read();
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw error;
      }
      console.error(error);
      this.#fault = "This page does not fit the server. Reload it";
      this.#socket.close();
    }
  }

  /** @param {string} text */
  #event(text) {
    const message = parseMessage(text);
    if (!message) {
      return;
    }
    if (message.type === "alive") {
      this.#socket.alive();
      return;
    }
    if (message.type === "hello") {
      this.#helloAt = this.#now();
      this.#status = message.race.status;
    } else if (message.type === "race") {
      this.#status = message.status;
    }
    this.#sink.event(message, this.#now());
  }

  /** @param {ArrayBuffer} bytes */
  #frames(bytes) {
    const batch = decodeFrames(bytes);
    if (batch && batch.count > 0) {
      this.#framesAt = this.#now();
      this.#sink.frames(batch, this.#framesAt);
    }
  }
}

/** @param {string} raceId @param {boolean} preview */
function address(raceId, preview) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}/ws/races/${raceId}/?format=binary${preview ? "&preview=1" : ""}`;
}
