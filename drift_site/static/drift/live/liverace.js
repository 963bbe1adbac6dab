// A live race at the moment that is shown: which that is, where its frames are, who leads, who is stale, whom we follow.

import { nameOf } from "../panels/lines.js";
import { RaceFeed, STALE_MS } from "../wire/feed.js";
import { Inbox } from "./inbox.js";
import { nextGate } from "./nextgate.js";
import { LivePlayer } from "./player.js";

/** @typedef {import("../wire/feed.js").Situation} Situation */
/** @typedef {import("../wire/protocol.js").Standing} Standing */

const RATE_EVERY_MS = 1000;
/** @type {Standing[]} */
const NOBODY = [];

export class LiveRace {
  player = new LivePlayer();
  inbox;
  /** @type {number | null} */
  followed = null;
  /** Drones from which nothing had come for a second, at the moment that is shown. @type {Set<number>} */
  stale = new Set();
  /** The newest moment that can be shown, race seconds, and the one that is. */
  edge = NaN;
  time = NaN;
  /** As they were at the moment that is shown. */
  standings = NOBODY;
  /** @type {Situation} */
  situation = { kind: "connecting", text: "Connecting…" };
  /** Frames a second that all senders number; NaN before it is known. */
  rate = NaN;
  #feed;
  /** Who is followed until the picture comes to where the first standings are told. @type {number | null} */
  #stopgap = null;
  #rateAt = NaN;
  /** @type {Map<number, number>} */
  #rateSeqs = new Map();

  /** @param {string} raceId @param {string} status what the page knows of it so far */
  constructor(raceId, status) {
    this.inbox = new Inbox(`/api/races/${raceId}/telemetry/`);
    this.#feed = new RaceFeed(raceId, status, this.inbox);
  }

  get followedSeries() {
    return this.followed === null ? undefined : this.inbox.store.get(this.followed);
  }

  /** The drones as the scene wants them, by their numbers. */
  get people() {
    const numbers = [...this.inbox.drones.keys()].sort((a, b) => a - b);
    return numbers.map((drone) => ({ drone, label: nameOf(drone, this.inbox.drones.get(drone)) }));
  }

  /** The order of the gate that the followed drone flies to at the moment that is shown. */
  get nextGate() {
    const { followed, standings } = this;
    if (followed === null) {
      return null;
    }
    const series = this.followedSeries;
    const index = series?.indexAt(this.time) ?? -1;
    const flight = series && index >= series.first ? series.flight(index) : NaN;
    let standing;
    for (let i = 0; i < standings.length && !standing; i += 1) {
      standing = standings[i].drone === followed ? standings[i] : undefined;
    }
    return nextGate(this.inbox.track, this.inbox.crossingAt(followed, this.time), standing, flight);
  }

  open() {
    this.#feed.open();
    addEventListener("online", () => this.#feed.retryNow());
    // A page that is left must not go on asking for recordings.
    addEventListener("pagehide", () => this.inbox.close());
  }

  /** Once a picture: give the moment to show, race seconds. @param {number} now ms */
  draw(now) {
    this.edge = this.inbox.clock.edge(now / 1000);
    this.time = this.player.time(this.edge);
    this.#findStale();
    return this.time;
  }

  /** At most ten times a second. @param {number} now ms */
  write(now) {
    this.inbox.look(now);
    this.#rank();
    this.situation = this.#shown(this.#feed.situation(now));
    this.#measure(now);
  }

  #rank() {
    const { player, inbox } = this;
    const now = inbox.standings.at(Infinity);
    // Who sees the newest picture need not wait for the buffer, nor for the first frame.
    const early = player.kind === "live" && player.delay === 0;
    this.standings = inbox.standings.at(this.time) ?? (early ? now : undefined) ?? NOBODY;
    const leader = this.standings[0]?.drone;
    if (this.followed === null || (this.followed === this.#stopgap && leader !== undefined)) {
      this.followed = leader ?? this.people[0]?.drone ?? null;
      this.#stopgap = leader === undefined && now && now.length > 0 ? this.followed : null;
    }
  }

  /** Follow the drone that is `step` further in the order of numbers. @param {number} step */
  followNext(step) {
    const numbers = this.people.map(({ drone }) => drone);
    const at = numbers.indexOf(this.followed ?? NaN);
    this.followed = numbers[(at + step + numbers.length) % numbers.length] ?? null;
  }

  /** The end is told when the picture has come to it. @param {Situation} situation @returns {Situation} */
  #shown(situation) {
    const status = this.inbox.statuses.at(this.time);
    if (isOver(situation.kind) && !isOver(status) && this.time < this.inbox.store.newest) {
      return { kind: "live", text: "Live" };
    }
    return situation;
  }

  #findStale() {
    this.stale.clear();
    for (const series of this.inbox.store.all) {
      // By arrival: a drone's own clock may have fallen behind.
      if (this.time - series.heardBy(this.time) > STALE_MS / 1000) {
        this.stale.add(series.drone);
      }
    }
  }

  /** The frame counters tell the senders' rate even where a slow connection left frames out. @param {number} now ms */
  #measure(now) {
    const elapsed = now - this.#rateAt;
    if (elapsed < RATE_EVERY_MS) {
      return;
    }
    let frames = 0;
    for (const series of this.inbox.store.all) {
      frames += series.seq - (this.#rateSeqs.get(series.drone) ?? series.seq);
      this.#rateSeqs.set(series.drone, series.seq);
    }
    this.rate = Number.isNaN(elapsed) ? NaN : (frames * 1000) / elapsed;
    this.#rateAt = now;
  }
}

/** Whether a race is over, or nearly, by its status or its situation. @param {string | undefined} kind */
function isOver(kind) {
  return kind === "ended" || kind === "ending";
}
