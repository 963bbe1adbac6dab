// The followed drone's laps: to go to, and to play over and over.

import { write } from "../common/dom.js";
import { lapTime } from "../common/format.js";
import { flawsOf } from "../panels/flaws.js";
import { clock } from "./timetext.js";

/** @typedef {import("../data/history.js").RecordedLap} RecordedLap */
/** @typedef {import("./marks.js").Marks} Marks */

const BESTS = { overall: "★ best of the race", personal: "▲ own best" };

export class LapList {
  #root;
  /** @type {Map<RecordedLap, {item: HTMLElement, loop: HTMLButtonElement}>} */
  #items = new Map();
  /** @type {(lap: RecordedLap) => void} */
  onpick = () => {};
  /** @type {(lap: RecordedLap) => void} */
  onloop = () => {};

  /** @param {HTMLElement} root a list */
  constructor(root) {
    this.#root = root;
  }

  /** @param {Marks} marks */
  show({ laps }) {
    this.#items.clear();
    this.#root.replaceChildren(...laps.map((lap) => this.#item(lap)));
  }

  /** Show where the replay stands. @param {number} time race seconds @param {number | null} looped the number of a lap */
  write(time, looped) {
    for (const [lap, { item, loop }] of this.#items) {
      const here = lap.start_s <= time && time < lap.end_s;
      if (item.classList.contains("here") !== here) {
        item.classList.toggle("here", here);
        item.setAttribute("aria-current", String(here));
      }
      const pressed = String(lap.number === looped);
      if (loop.getAttribute("aria-pressed") !== pressed) {
        loop.setAttribute("aria-pressed", pressed);
      }
    }
  }

  /** @param {RecordedLap} lap */
  #item(lap) {
    const item = document.createElement("li");
    item.classList.toggle("void", !lap.valid);
    const go = document.createElement("button");
    go.type = "button";
    go.className = "go";
    const [name, duration, note, at] = ["b", "span", "span", "span"].map((tag) => document.createElement(tag));
    write(name, `Lap ${lap.number}`);
    duration.className = "lap-time";
    write(duration, lapTime(lap.duration_ms));
    note.className = `note ${lap.best ?? ""}`;
    write(note, noteOf(lap));
    at.className = "soft";
    write(at, clock(lap.start_s));
    go.append(name, duration, note, at);
    go.addEventListener("click", () => this.onpick(lap));
    const loop = document.createElement("button");
    loop.type = "button";
    loop.className = "loop";
    loop.setAttribute("aria-pressed", "false");
    loop.setAttribute("aria-label", `Play lap ${lap.number} over and over`);
    loop.title = "Play it over and over";
    loop.textContent = "↻";
    loop.addEventListener("click", () => this.onloop(lap));
    item.append(go, loop);
    this.#items.set(lap, { item, loop });
    return item;
  }
}

/** @param {RecordedLap} lap */
function noteOf(lap) {
  if (lap.best) {
    return BESTS[lap.best];
  }
  if (lap.valid) {
    return "";
  }
  return `does not count: ${lap.reason || flawsOf(lap).join("; ") || "ruled out"}`;
}
