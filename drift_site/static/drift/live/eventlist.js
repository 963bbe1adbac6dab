// The laps that were closed last, the newest first.

import { lapTime } from "../common/format.js";
import { markElement } from "../map/marks.js";
import { flawsOf } from "../panels/flaws.js";
import { LISTED_LAPS } from "./inbox.js";

/** @typedef {import("../wire/protocol.js").LapEvent} LapEvent */

export class EventList {
  #list;
  #none;
  /** @type {Array<{lap: LapEvent, name: string}>} */
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
    const wanted = laps.lastAt(time, LISTED_LAPS).map((lap) => ({ lap, name: nameOf(lap.drone) }));
    const shown = this.#shown;
    if (wanted.length === shown.length && wanted.every(({ lap, name }, i) => lap === shown[i].lap && name === shown[i].name)) {
      return;
    }
    this.#shown = wanted;
    this.#none.hidden = wanted.length > 0;
    this.#list.replaceChildren(...wanted.map(({ lap, name }) => line(lap, name)));
  }
}

/** @param {LapEvent} lap @param {string} name */
function line(lap, name) {
  const { drone, number, duration_ms: duration, valid } = lap;
  const item = document.createElement("li");
  const pilot = document.createElement("span");
  pilot.className = "live-event-pilot";
  pilot.textContent = name;
  const which = document.createElement("span");
  which.className = "soft";
  which.textContent = `Lap ${number}`;
  const time = document.createElement("span");
  time.className = "live-event-time";
  time.textContent = lapTime(duration);
  item.append(markElement(drone), pilot, which, time);
  if (!valid) {
    item.classList.add("void");
    const why = document.createElement("span");
    why.className = "live-event-why";
    why.textContent = `does not count: ${flawsOf(lap).join("; ")}`;
    item.append(why);
  }
  return item;
}
