// The analysis page: all laps of a race, and two of them side by side.

import { getJson, Refusal } from "../common/api.js";
import { find, write } from "../common/dom.js";
import { difference, figure } from "../common/format.js";
import * as loop from "../common/loop.js";
import { Seldom } from "../common/seldom.js";
import { readAddress, searchOf } from "./address.js";
import { LapFilter } from "./lapfilter.js";
import { LapMap } from "./lapmap.js";
import { LapPlots } from "./lapplots.js";
import { chosen, isFlown, lapName } from "./laprows.js";
import { LapTable } from "./laptable.js";
import { load } from "./loading.js";
import { Picker } from "./picker.js";
import { LapScene } from "./scene.js";
import { setUp } from "./setup.js";
import { Transport } from "./transport.js";

/** @typedef {import("./address.js").Over} Over */
/** @typedef {import("./laprows.js").Lap} Lap */
/** @typedef {import("./loading.js").Loaded} Loaded */
/** @typedef {import("../wire/protocol.js").Track} Track */

const PLOTS_EVERY_MS = 50;

class AnalysisPage {
  #page;
  #urls;
  #table;
  #filter;
  #picker;
  #plots;
  #map;
  #transport;
  /** @type {LapScene | null} */
  #scene = null;
  /** @type {Track | null} */
  #track = null;
  /** @type {readonly Lap[]} */
  #laps = [];
  /** @type {{a: Lap, b: Lap} | null} */
  #chosen = null;
  /** @type {Over} */
  #over;
  /** @type {Loaded | null} */
  #loaded = null;
  #loading = new AbortController();
  #plotsDue = new Seldom(PLOTS_EVERY_MS);
  #plotted = NaN;

  /** @param {HTMLElement} page */
  constructor(page) {
    this.#page = page;
    const { results = "", compare = "", telemetry = "", track = "" } = page.dataset;
    this.#urls = { results, compare, telemetry, track };
    this.#over = readAddress(location.search).over;
    this.#table = new LapTable(find(page, "#laps", HTMLTableElement), { onchoose: (side, lap) => this.#choose({ [side]: lap }) });
    this.#filter = new LapFilter(find(page, "#filter", HTMLElement), (drone) => this.#table.filter(drone));
    this.#picker = new Picker(page);
    this.#plots = new LapPlots(find(page, "#plots", HTMLElement));
    this.#map = new LapMap(find(page, "#map", HTMLCanvasElement));
    this.#transport = new Transport(page);
    this.#listen();
  }

  #listen() {
    const picker = this.#picker;
    picker.onchoose = (side, id) => this.#choose({ [side]: this.#laps.find((lap) => lap.id === id) });
    picker.onswap = () => this.#chosen && this.#choose({ a: this.#chosen.b, b: this.#chosen.a });
    picker.onover = (over) => this.#draw(over);
    picker.onpart = (range) => this.#plots.group.zoom(range);
    this.#plots.group.onzoom = (range) => (range ? picker.unmark() : picker.mark(null));
    this.#plots.group.oncursor = (x) => this.#goTo(x === null ? null : (this.#loaded?.duel.timeOf(x, this.#over) ?? null), true);
    this.#map.onpick = (time) => this.#goTo(time, false);
    this.#transport.onmove = () => this.#point();
    this.#page.querySelector("#refresh")?.addEventListener("click", () => void this.start());
  }

  /** Read the laps; what was chosen stays where it is still there. */
  async start() {
    try {
      const [results, track] = await Promise.all([getJson(this.#urls.results), this.#track ?? getJson(this.#urls.track)]);
      this.#track = { ...track, track_id: String(track.id) };
      this.#laps = results.laps;
    } catch (error) {
      told(error);
      return;
    }
    tell("");
    this.#table.set(this.#laps);
    this.#filter.set(this.#laps);
    this.#picker.set(this.#laps);
    const address = readAddress(location.search);
    const pair = chosen(this.#laps, address);
    if (!pair) {
      tell("No lap of this race can be compared: all of them were added by a marshal.");
      return;
    }
    const lost = [address.a, address.b].some((id) => id !== null && !this.#laps.some((lap) => lap.id === id && isFlown(lap)));
    await this.#choose({ a: pair[0], b: pair[1] });
    if (lost) {
      tell("A lap of this link is no longer there; others have been chosen.");
    }
  }

  /** @param {{a?: Lap, b?: Lap}} choice */
  async #choose(choice) {
    const a = choice.a ?? this.#chosen?.a;
    const b = choice.b ?? this.#chosen?.b;
    if (!a || !b) {
      return;
    }
    this.#chosen = { a, b };
    this.#transport.stop();
    this.#table.choose(a.id, b.id);
    this.#picker.choose(a, b, this.#over);
    history.replaceState(null, "", searchOf({ a: a.id, b: b.id, over: this.#over }));
    // What was asked for before is no longer wanted.
    this.#loading.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    try {
      const loaded = await load(this.#urls, a, b, signal);
      signal.throwIfAborted();
      this.#show(loaded, a, b);
    } catch (error) {
      if (!signal.aborted) {
        // What was drawn is of other laps than those that are named now.
        this.#loaded = null;
        find(this.#page, "#bench", HTMLElement).hidden = true;
        told(error);
      }
    }
  }

  /** @param {Loaded} loaded @param {Lap} a @param {Lap} b */
  #show(loaded, a, b) {
    this.#loaded = loaded;
    tell("");
    find(this.#page, "#bench", HTMLElement).hidden = false;
    this.#transport.duration = loaded.duel.duration;
    this.#map.set(loaded.store, this.#track?.gates ?? []);
    this.#scene ??= new LapScene(this.#page, this.#track);
    this.#scene.name(lapName(a), lapName(b));
    this.#draw(this.#over);
    loop.add(this);
    write(find(document, "#spoken", HTMLElement), `${lapName(a)} beside ${lapName(b)}`);
  }

  /** @param {Over} over */
  #draw(over) {
    this.#over = over;
    if (!this.#loaded || !this.#chosen) {
      return;
    }
    const { a, b } = this.#chosen;
    this.#plots.group.x = null;
    this.#plots.group.range = null;
    this.#picker.choose(a, b, over);
    this.#picker.show(this.#loaded.duel);
    this.#plots.show(this.#loaded.duel, over);
    history.replaceState(null, "", searchOf({ a: a.id, b: b.id, over }));
    this.#point();
  }

  /** @param {number | null} time @param {boolean} plotted whether the plots show it already */
  #goTo(time, plotted) {
    if (time === null || !this.#loaded) {
      return;
    }
    this.#transport.stop();
    this.#transport.time = time;
    if (plotted) {
      this.#plotted = time;
    } else {
      this.#point();
    }
  }

  /** Bring the plots' cursor to the moment. */
  #point() {
    if (this.#loaded) {
      this.#plotted = this.#transport.time;
      this.#plots.group.cursor(this.#loaded.duel.xOf(this.#transport.time, this.#over));
    }
  }

  /** @param {number} now */
  draw(now) {
    this.#transport.advance(now);
    const { time } = this.#transport;
    if (!this.#loaded) {
      return;
    }
    this.#scene?.draw(time, this.#loaded.store);
    this.#map.draw(time, () => this.#inWords());
    if (time !== this.#plotted && this.#plotsDue.due(now)) {
      this.#point();
    }
  }

  write() {
    if (this.#loaded) {
      const { duel } = this.#loaded;
      const { time } = this.#transport;
      this.#transport.write(duel.distanceAt(time), difference(duel.deltaAt(time)));
    }
  }

  #inWords() {
    if (!this.#loaded || !this.#chosen) {
      return "The two laps from above";
    }
    const { duel } = this.#loaded;
    const { time } = this.#transport;
    const where = `${figure(time, 1)} s after the line, ${figure(duel.distanceAt(time), 0)} m along the track`;
    return `The two laps from above. A, ${lapName(this.#chosen.a)}, is ${where}; B, ${lapName(this.#chosen.b)}, is ${difference(duel.deltaAt(time))} s behind.`;
  }
}

/** @param {string} problem in words; empty when there is none */
function tell(problem) {
  const notice = find(document, "#notice", HTMLElement);
  write(notice, problem);
  notice.hidden = problem === "";
}

/** @param {unknown} error */
function told(error) {
  if (!(error instanceof Refusal)) {
    tell("This page has failed. Reload it.");
    throw error;
  }
  tell(error.message);
}

const root = document.querySelector("#analysis");
const setup = document.querySelector("#setup");
if (root instanceof HTMLElement) {
  void new AnalysisPage(root).start();
}
if (setup instanceof HTMLElement) {
  setUp(setup, tell);
}
