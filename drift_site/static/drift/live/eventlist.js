// The laps that were closed last, the newest first.

import { lapTime } from "../common/format.js";
import { markElement } from "../map/marks.js";

/** @typedef {import("../wire/protocol.js").LapEvent} LapEvent */

const SHOWN = 6;
/** @type {Record<string, string>} */
const FLAWS = { missed_gates: "gates missed", short: "too short" };

export class EventList {
  #list;
  #none;
  /** @type {LapEvent[]} */
  #shown = [];

  /** @param {HTMLElement} list @param {HTMLElement} none what is said while there are none */
  constructor(list, none) {
    this.#list = list;
    this.#none = none;
  }

  /**
   * @param {import("../data/timedlog.js").TimedLog<LapEvent>} laps @param {number} time race seconds
   * @param {(drone: number) => string} nameOf
   */
  write(laps, time, nameOf) {
    const wanted = laps.lastAt(time, SHOWN);
    if (wanted.length === this.#shown.length && wanted.every((lap, i) => lap === this.#shown[i])) {
      return;
    }
    this.#shown = wanted;
    this.#none.hidden = wanted.length > 0;
    this.#list.replaceChildren(...wanted.map((lap) => line(lap, nameOf(lap.drone))));
  }
}

/** @param {LapEvent} lap @param {string} name */
function line({ drone, number, duration_ms: duration, valid, flaws }, name) {
  const item = document.createElement("li");
  const pilot = document.createElement("span");
  pilot.className = "live-event-pilot";
  pilot.textContent = name;
  const lap = document.createElement("span");
  lap.className = "soft";
  lap.textContent = `Lap ${number}`;
  const time = document.createElement("span");
  time.className = "live-event-time";
  time.textContent = lapTime(duration);
  item.append(markElement(drone), pilot, lap, time);
  if (!valid) {
    item.classList.add("void");
    const why = document.createElement("span");
    why.className = "live-event-why";
    why.textContent = `does not count: ${flaws.map((flaw) => FLAWS[flaw] ?? flaw).join(", ")}`;
    item.append(why);
  }
  return item;
}
