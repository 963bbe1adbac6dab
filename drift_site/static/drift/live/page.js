// The live page put together: the race, the scene, the panels, and the hands on them.

import { find, write } from "../common/dom.js";
import { toggleFullscreen } from "../common/fullscreen.js";
import { Seldom } from "../common/seldom.js";
import { Leaderboard } from "../panels/leaderboard.js";
import { nameOf } from "../panels/lines.js";
import { ScrollingPlots } from "../panels/scrolling.js";
import { AnyStage } from "../scene/anystage.js";
import { CAMERAS, TRAIL_COLOURS, TRAILS } from "../scene/choices.js";
import { choicesOf, searchFor } from "./address.js";
import { Controls } from "./controls.js";
import { countersOf, writeCounters } from "./counters.js";
import { EventList } from "./eventlist.js";
import { Hud } from "./hud.js";
import { LiveRace } from "./liverace.js";
import { watchProblem } from "./problem.js";
import { Standing } from "./standing.js";

/** @typedef {import("./address.js").Choices} Choices */
/** @typedef {Exclude<import("./keys.js").Command, "camera" | "help">} Act */

const STEP_S = 5;
const FINE_S = 1;
const COUNT_EVERY_MS = 500;

export class LivePage {
  #root = find(document, "#race", HTMLElement);
  #race;
  #choices = choicesOf(location.search);
  #stage;
  #board;
  #hud;
  #plots;
  #events;
  #standing;
  #controls;
  #revision = -1;
  #countDue = new Seldom(COUNT_EVERY_MS);

  constructor() {
    const root = this.#root;
    const at = (/** @type {string} */ id) => find(root, `#${id}`, HTMLElement);
    this.#race = new LiveRace(root.dataset.race ?? "", root.dataset.status ?? "waiting");
    this.#stage = new AnyStage(at("stage"));
    this.#stage.onpick = (drone) => this.#choose({ drone });
    this.#board = new Leaderboard(at("leaderboard"), { onpick: (drone) => this.#choose({ drone }) });
    this.#hud = new Hud(at("hud"));
    this.#plots = new ScrollingPlots(at("plots"));
    this.#events = new EventList(at("events"), find(root, '[data-field="no-events"]', HTMLElement));
    this.#standing = new Standing(root, find(document, "#spoken", HTMLElement));
    const hands = {
      command: (/** @type {Act} */ act) => this.#perform(act),
      choose: (/** @type {Partial<Choices>} */ choice) => this.#choose(choice),
    };
    this.#controls = new Controls(root, hands, CAMERAS);
    this.#apply();
    this.#tell();
  }

  open() {
    this.#race.open();
    watchProblem(this.#root, () => this.#race.situation.kind);
  }

  /** @param {number} now */
  draw(now) {
    const race = this.#race;
    const time = race.draw(now);
    if (this.#revision !== race.inbox.revision) {
      this.#revision = race.inbox.revision;
      this.#stage.setTrack(race.inbox.track);
      this.#stage.setDrones(race.people);
    }
    this.#stage.follow = race.followed;
    this.#stage.nextGate = race.nextGate;
    this.#stage.draw(time, race.inbox.store, race.stale);
    this.#hud.draw(race.followedSeries, time);
    this.#plots.draw(race.followedSeries, time);
  }

  /** @param {number} now */
  write(now) {
    const race = this.#race;
    race.write(now);
    const { inbox, followed, stale, standings } = race;
    this.#standing.write(race);
    this.#board.update({ standings, drones: inbox.drones.values(), track: inbox.track, followed, stale, now });
    this.#hud.write(followed, this.#name(followed), followed !== null && stale.has(followed));
    this.#events.write(inbox.laps, race.time, (drone) => this.#name(drone));
    this.#root.dataset.stage = this.#stage.kind;
    this.#controls.write({ ...this.#choices, drone: followed }, race.people);
    if (this.#countDue.due(now)) {
      writeCounters(this.#root, countersOf(race, this.#stage));
      write(find(this.#root, '[data-field="drones"]', HTMLElement), String(inbox.drones.size));
    }
  }

  /** @param {number | null} drone */
  #name(drone) {
    return drone === null ? "" : nameOf(drone, this.#race.inbox.drones.get(drone));
  }

  /** @param {Partial<Choices>} choice */
  #choose(choice) {
    Object.assign(this.#choices, choice);
    this.#apply();
    history.replaceState(history.state, "", location.pathname + searchFor(location.search, this.#choices) + location.hash);
  }

  #apply() {
    const choices = this.#choices;
    this.#race.player.delay = choices.delay;
    choices.delay = this.#race.player.delay;
    if (choices.drone !== null) {
      this.#race.followed = choices.drone;
    }
    this.#stage.camera = choices.camera;
    this.#stage.trailSeconds = choices.trail;
    this.#stage.trailColour = choices.colour;
  }

  /** @param {Act} act */
  #perform(act) {
    const { player, edge } = this.#race;
    /** @type {Record<Act, () => void>} */
    const acts = {
      toggle: () => player.toggle(edge),
      back: () => player.step(edge, -STEP_S),
      forward: () => player.step(edge, STEP_S),
      backFine: () => player.step(edge, -FINE_S),
      forwardFine: () => player.step(edge, FINE_S),
      live: () => player.toLive(),
      previousDrone: () => this.#next(-1),
      nextDrone: () => this.#next(1),
      trail: () => this.#choose({ trail: after(TRAILS, this.#choices.trail) }),
      colour: () => this.#choose({ colour: after(TRAIL_COLOURS, this.#choices.colour) }),
      fullscreen: () => this.#fullscreen(),
    };
    acts[act]();
  }

  /** @param {number} step */
  #next(step) {
    this.#race.followNext(step);
    this.#choose({ drone: this.#race.followed });
  }

  async #fullscreen() {
    if (!(await toggleFullscreen(this.#root))) {
      write(find(document, "#spoken", HTMLElement), "This browser does not let the page fill the screen.");
    }
  }

  /** What the page counts, to be read from outside and not to be changed. */
  #tell() {
    const race = this.#race;
    const stage = this.#stage;
    const told = {
      get counters() {
        return countersOf(race, stage);
      },
      get shown() {
        const { time, edge, followed, nextGate } = race;
        const kinds = { player: race.player.kind, state: race.situation.kind, stage: stage.kind };
        return { time, edge, followed, nextGate, camera: stage.camera, ...kinds };
      },
      whereIs: (/** @type {number} */ drone) => stage.whereIs(drone),
      /** @param {number} drone */
      frames: (drone) => {
        const series = race.inbox.store.get(drone);
        if (!series || series.length === 0) {
          return null;
        }
        const [from, to] = [series.time(series.first), series.time(series.end - 1)];
        return { length: series.length, from, to, cuts: cutsOf(series) };
      },
    };
    Object.defineProperty(window, "drift", { value: Object.freeze(told) });
  }
}

/** @template T @param {readonly T[]} list @param {T} value */
function after(list, value) {
  return list[(list.indexOf(value) + 1) % list.length];
}

/** @param {import("../data/series.js").Series} series */
function cutsOf(series) {
  let cuts = 0;
  for (let index = series.first + 1; index < series.end; index += 1) {
    cuts += series.isCut(index) ? 1 : 0;
  }
  return cuts;
}
