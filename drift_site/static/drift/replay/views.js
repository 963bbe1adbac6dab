// What the replay shows: the scene, the scrubber, standings, figures, laps, curves. It reads the session and changes it only
// where a person presses something in a view.

import { find, write } from "../common/dom.js";
import { Sample, sampleAt } from "../data/sample.js";
import { Leaderboard } from "../panels/leaderboard.js";
import { AnyStage } from "../scene/anystage.js";
import { TRAIL_COLOURS } from "../scene/choices.js";
import { Board } from "./board.js";
import { Curves } from "./curves.js";
import { Hud } from "./hud.js";
import { LapList } from "./laplist.js";
import { inWords } from "./marks.js";
import { Scrubber } from "./scrubber.js";
import { clock } from "./timetext.js";
import { troubleText } from "./trouble.js";

/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {import("./marks.js").Marks} Marks */
/** @typedef {import("./session.js").Session} Session */

// A drone without frames for so long is grey.
const STALE_S = 1;
// Waits shorter than this are not worth a word.
const PATIENCE_MS = 300;

export class Views {
  #root;
  #facts;
  #session;
  #name;
  #stage;
  #scrubber;
  #board;
  #hud;
  #laps;
  #curves;
  #sample = new Sample();
  #told = new Board();
  /** @type {Set<number>} */
  #stale = new Set();
  /** @type {Marks | null} */
  #marks = null;
  #followed = NaN;
  #loaded = -1;
  #waitingSince = NaN;

  /** @param {HTMLElement} root @param {Facts} facts @param {Session} session @param {(drone: number) => string} name */
  constructor(root, facts, session, name) {
    this.#root = root;
    this.#facts = facts;
    this.#session = session;
    this.#name = name;
    this.#stage = new AnyStage(find(root, "#stage", HTMLElement));
    this.#stage.setTrack(facts.track);
    this.#stage.setDrones(facts.drones.map(({ drone }) => ({ drone, label: name(drone) })));
    this.#stage.onpick = (drone) => session.follow(drone);
    this.#scrubber = new Scrubber(find(root, "#scrubber", HTMLElement), session.player, session.marks);
    this.#scrubber.onseek = (time) => session.seek(time);
    this.#board = new Leaderboard(find(root, "#board", HTMLElement), { onpick: (drone) => session.follow(drone) });
    this.#hud = new Hud(find(root, ".hud", HTMLElement));
    this.#laps = new LapList(find(root, "#laps", HTMLElement));
    this.#laps.onpick = (lap) => session.seek(lap.start_s);
    this.#laps.onloop = (lap) => (session.loopLap === lap.number ? session.run("clearLoop") : session.loopOver(lap));
    this.#curves = new Curves(find(root, ".curves", HTMLElement));
    this.#curves.onseek = (time) => session.seek(time);
    this.#choices();
  }

  get drawn() {
    return this.#stage.drawn;
  }

  get isScrubbing() {
    return this.#scrubber.isDragging;
  }

  #choices() {
    const trail = find(this.#root, 'select[data-field="trail"]', HTMLSelectElement);
    const colour = find(this.#root, 'select[data-field="colour"]', HTMLSelectElement);
    trail.value = String(this.#stage.trailSeconds);
    colour.value = this.#stage.trailColour;
    trail.addEventListener("change", () => (this.#stage.trailSeconds = Number(trail.value)));
    colour.addEventListener("change", () => {
      this.#stage.trailColour = TRAIL_COLOURS.find((each) => each === colour.value) ?? "pilot";
    });
  }

  /** Take up what changes seldom. */
  changed() {
    const { followed, camera, marks } = this.#session;
    this.#stage.follow = followed;
    this.#stage.camera = camera;
    if (followed !== null && followed !== this.#followed) {
      this.#followed = followed;
      this.#hud.follow(followed, this.#name(followed));
    }
    if (marks !== this.#marks) {
      this.#marks = marks;
      this.#scrubber.mark(marks);
      this.#laps.show(marks);
      write(this.#field("marks"), inWords(marks));
      this.#writeNoLaps();
    }
    this.#scrubber.changed();
  }

  /** @param {number} now */
  draw(now) {
    const { player, recording, marks, followed } = this.#session;
    const { store } = recording;
    const series = followed === null ? undefined : store.get(followed);
    if (!player.waiting) {
      this.#findStale();
      this.#stage.nextGate = this.#session.nextGate(this.#facts.track?.gates.length ?? 0);
      this.#stage.draw(player.time, store, this.#stale);
    }
    sampleAt(series, player.time, this.#sample);
    this.#hud.draw(this.#sample);
    this.#curves.draw(series, marks, player.time, player.duration, followed === null ? "" : this.#name(followed), now);
    if (recording.revision !== this.#loaded) {
      this.#loaded = recording.revision;
      this.#scrubber.showLoaded(recording.loaded);
    }
    this.#scrubber.draw();
  }

  /** At most ten times a second. @param {number} now */
  write(now) {
    const { player, standings, followed, loopLap } = this.#session;
    this.#scrubber.write();
    this.#hud.write(this.#sample);
    this.#laps.write(player.time, loopLap);
    const told = this.#told.at(standings, player.time);
    this.#board.update({
      standings: told.standings,
      drones: this.#facts.drones,
      track: this.#facts.track,
      followed,
      stale: this.#stale,
      now,
    });
    write(this.#field("as-of"), told.asOf);
    find(this.#root, "#board", HTMLElement).ariaBusy = String(told.isLoading);
    this.#writeState(now);
  }

  #findStale() {
    const { player, recording } = this.#session;
    this.#stale.clear();
    for (const { drone } of this.#facts.drones) {
      // By arrival, as on the live page: a drone's own clock may have fallen behind.
      const heard = recording.store.get(drone)?.heardBy(player.time) ?? -Infinity;
      if (player.time - heard > STALE_S) {
        this.#stale.add(drone);
      }
    }
  }

  /** @param {number} now */
  #writeState(now) {
    const { player, recording } = this.#session;
    const { fault } = recording;
    this.#waitingSince = player.waiting ? (Number.isNaN(this.#waitingSince) ? now : this.#waitingSince) : NaN;
    const isLate = now - this.#waitingSince > PATIENCE_MS;
    const state = fault ? "refused" : player.waiting ? "loading" : player.playing ? "playing" : "paused";
    if (this.#root.dataset.state !== state) {
      this.#root.dataset.state = state;
    }
    this.#say("wait", isLate && !fault ? `Loading ${clock(player.time, 0)} …` : "");
    this.#say("note", fault);
    const text = troubleText(this.#session, now);
    write(this.#field("trouble-text"), text);
    this.#field("trouble").hidden = text === "";
  }

  #writeNoLaps() {
    const { standings, marks } = this.#session;
    const none = standings === null ? "This race is on no track, so it has no laps." : "No lap was closed.";
    this.#say("no-laps", marks.laps.length > 0 ? "" : none);
  }

  /** @param {string} name @param {string} text */
  #say(name, text) {
    const element = this.#field(name);
    write(element, text);
    element.hidden = text === "";
  }

  /** @param {string} name */
  #field(name) {
    return find(this.#root, `[data-field="${name}"]`, HTMLElement);
  }
}
