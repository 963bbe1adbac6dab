// One replay: what is shown, of whom, from where, and what a person may ask for. It draws nothing.

import { crossingsAsSeen, lapsAsSeen } from "../data/behind.js";
import { StandingsHistory, lapsOf, timelineOf } from "../data/history.js";
import { Recording } from "../data/recording.js";
import { CAMERAS } from "../scene/choices.js";
import { lapAt, lapOf, marksOf, NOTHING } from "./marks.js";
import { Player } from "./player.js";

/** @typedef {import("../data/history.js").RecordedLap} RecordedLap */
/** @typedef {import("./address.js").Camera} Camera */
/** @typedef {import("./address.js").Place} Place */
/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {import("./keys.js").Command} Command */
/** @typedef {import("./marks.js").Marks} Marks */

const STEP_S = 1;
const FINE_STEP_S = 0.1;
const SAME_S = 1e-3;
const RETRY_MS = 3000;

export class Session {
  player;
  recording;
  /** Null for a race that is not timed. @type {StandingsHistory | null} */
  standings;
  /** Where they are seen. @type {RecordedLap[]} */
  laps = [];
  /** The followed drone's. @type {Marks} */
  marks = NOTHING;
  /** @type {number | null} */
  followed;
  /** @type {Camera} */
  camera;
  /** The lap that the loop is, when it is one. @type {number | null} */
  loopLap = null;
  /** Why laps and gates are not marked, in words; empty when they are. */
  trouble = "";
  /** Followed drone, camera, loop, speed or marks are others. @type {() => void} */
  onchange = () => {};
  /** @type {Place} */
  #wanted;
  #api;
  #drones;
  #asked = new AbortController();
  #seen = -1;
  #timer = 0;

  /** @param {Facts} facts @param {Place} place where to begin */
  constructor({ api, duration, drones, timed }, place) {
    this.#api = api;
    this.#wanted = place;
    this.#drones = drones.map(({ drone }) => drone).sort((a, b) => a - b);
    this.player = new Player(duration);
    this.recording = new Recording(`${api}telemetry/`, duration);
    this.standings = timed ? new StandingsHistory(`${api}timeline/standings/`, duration) : null;
    const known = place.drone !== null && this.#drones.includes(place.drone);
    this.followed = known ? place.drone : (this.#drones[0] ?? null);
    this.camera = place.camera ?? "chase";
    this.player.setSpeed(place.speed ?? 1);
    this.player.seek(place.time ?? 0);
    if (place.from !== null && place.to !== null) {
      this.player.setLoop([place.from, place.to]);
    }
  }

  get drones() {
    return this.#drones;
  }

  /** Load what happened, if the race was timed. */
  async begin() {
    if (this.standings) {
      await this.#load();
    }
  }

  /** Load around the moment; not before it is known which one that is, where the address names a lap alone. */
  aim() {
    if (this.standings && this.#wanted.lap !== null && this.#wanted.time === null && !this.trouble) {
      return;
    }
    this.recording.aim(this.player.time);
    this.standings?.aim(this.player.time);
    if (!this.standings && this.recording.revision !== this.#seen) {
      this.#seen = this.recording.revision;
      this.#markResets();
    }
  }

  /** Of a race that was not timed, only its frames tell where a drone was reset. */
  #markResets() {
    const resets = this.followed === null ? [] : (this.recording.store.get(this.followed)?.resets ?? []);
    if (resets.length !== this.marks.resets.length) {
      this.marks = { ...NOTHING, resets };
      this.onchange();
    }
  }

  retryNow() {
    this.recording.retryNow();
    this.standings?.retryNow();
    if (this.trouble) {
      this.#load();
    }
  }

  /** @returns {Place} what the address says */
  get place() {
    const { in: from, out: to } = this.player.ends;
    const { time, speed } = this.player;
    return { time, speed, drone: this.followed, camera: this.camera, lap: this.loopLap, from, to };
  }

  /**
   * The order of the gate that the followed drone flies to; null where nobody knows, and once it races no more.
   * @param {number} gates of the track
   */
  nextGate(gates) {
    const { time } = this.player;
    const line = this.standings?.at(time)?.find(({ drone }) => drone === this.followed);
    if (line && line.status !== "RUN") {
      return null;
    }
    const last = this.marks.gates.findLast((crossing) => crossing.counted && crossing.time <= time);
    const reset = this.marks.resets.findLast((moment) => moment <= time);
    if (gates === 0 || this.standings === null) {
      return null;
    }
    return last && !(reset !== undefined && reset > last.time) ? (last.gate % gates) + 1 : 1;
  }

  /** @param {number} drone */
  follow(drone) {
    if (drone !== this.followed && this.#drones.includes(drone)) {
      this.followed = drone;
      this.loopLap = null;
      this.marks = marksOf(drone, this.laps, [], []);
      this.#seen = -1;
      this.onchange();
      this.begin();
    }
  }

  /** @param {number} time race seconds */
  seek(time) {
    this.player.seek(time);
  }

  /** Play a lap of the followed drone over and over. @param {RecordedLap} lap */
  loopOver(lap) {
    this.player.setLoop([lap.start_s, lap.end_s]);
    this.loopLap = lap.number;
    this.player.seek(lap.start_s);
    this.onchange();
  }

  /**
   * Do what a key or a button asks for; what is not the session's (copy, help) is left alone.
   * @param {Command} command @param {number} [camera] of CAMERAS
   */
  run(command, camera = 0) {
    const { player } = this;
    const series = this.followed === null ? undefined : this.recording.store.get(this.followed);
    /** @type {Partial<Record<Command, () => void>>} */
    const moves = {
      toggle: () => player.toggle(),
      back: () => player.step(-STEP_S),
      forward: () => player.step(STEP_S),
      backFine: () => player.step(-FINE_STEP_S),
      forwardFine: () => player.step(FINE_STEP_S),
      previousFrame: () => player.stepFrame(series, -1),
      nextFrame: () => player.stepFrame(series, 1),
      start: () => player.seek(0),
      end: () => player.seek(player.duration),
      nextLap: () => player.nextLap(this.marks.starts),
      previousLap: () => player.previousLap(this.marks.starts),
      slower: () => player.changeSpeed(-1),
      faster: () => player.changeSpeed(1),
      setIn: () => this.#loop(() => player.setIn()),
      setOut: () => this.#loop(() => player.setOut()),
      clearLoop: () => this.#loop(() => player.setLoop(null)),
      camera: () => (this.camera = CAMERAS[camera]),
      previousDrone: () => this.#followNext(-1),
      nextDrone: () => this.#followNext(1),
    };
    moves[command]?.();
    this.onchange();
  }

  /** @param {() => void} change */
  #loop(change) {
    change();
    const { loop } = this.player;
    const lap = loop && lapAt(this.marks, (loop[0] + loop[1]) / 2);
    const isLap = loop && lap && Math.abs(lap.start_s - loop[0]) < SAME_S && Math.abs(lap.end_s - loop[1]) < SAME_S;
    this.loopLap = isLap ? lap.number : null;
  }

  /** @param {1 | -1} way */
  #followNext(way) {
    const count = this.#drones.length;
    if (count > 0 && this.followed !== null) {
      this.follow(this.#drones[(this.#drones.indexOf(this.followed) + way + count) % count]);
    }
  }

  async #load() {
    this.#asked.abort();
    const asked = (this.#asked = new AbortController());
    const drone = this.followed;
    clearTimeout(this.#timer);
    try {
      const [laps, timeline] = await Promise.all([
        this.laps.length > 0 ? this.laps : lapsOf(`${this.#api}laps/`, asked.signal).then(lapsAsSeen),
        drone === null ? { crossings: [], resets: [] } : timelineOf(`${this.#api}timeline/`, drone, asked.signal),
      ]);
      if (asked.signal.aborted) {
        return;
      }
      this.laps = laps;
      const crossings = crossingsAsSeen(timeline.crossings, laps, timeline.resets);
      this.marks = drone === null ? NOTHING : marksOf(drone, laps, crossings, timeline.resets);
      this.trouble = "";
      this.#goToWantedLap();
    } catch (error) {
      if (asked.signal.aborted) {
        return;
      }
      this.trouble = error instanceof Error ? error.message : String(error);
      this.#timer = Number(setTimeout(() => this.#load(), RETRY_MS));
    }
    this.onchange();
  }

  /** A link may name a lap: it is the loop, and without a time its beginning is the moment. */
  #goToWantedLap() {
    const { lap: number, time, drone } = this.#wanted;
    this.#wanted = { ...this.#wanted, lap: null };
    const lap = number === null || (drone !== null && drone !== this.followed) ? undefined : lapOf(this.marks, number);
    if (lap) {
      this.loopOver(lap);
      if (time !== null) {
        this.player.seek(time);
      }
    }
  }
}
