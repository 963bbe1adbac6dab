// Whose laps the table shows: everybody's, or those of one pilot, each with the best lap and what it could have been.

import { lapTime } from "../common/format.js";
import { markElement } from "../map/marks.js";
import { bestSectors, fastest, pilotOf, theoretical } from "./laprows.js";

/** @typedef {import("./laprows.js").Lap} Lap */

export class LapFilter {
  #root;
  #onfilter;
  /** @type {Map<number | null, HTMLButtonElement>} */
  #buttons = new Map();
  /** @type {number | null} */
  #drone = null;

  /** @param {HTMLElement} root @param {(drone: number | null) => void} onfilter */
  constructor(root, onfilter) {
    this.#root = root;
    this.#onfilter = onfilter;
  }

  /** @param {readonly Lap[]} laps */
  set(laps) {
    const drones = [...new Set(laps.map(({ drone }) => drone))].sort((a, b) => a - b);
    const { personal } = bestSectors(laps);
    this.#buttons.clear();
    this.#buttons.set(null, this.#button(null, "Everybody", `${laps.length} laps`));
    for (const drone of drones) {
      const own = laps.filter((lap) => lap.drone === drone);
      const best = fastest(own);
      const could = theoretical(personal.get(drone));
      const text = best ? `best ${lapTime(best.duration_ms)}${could === null ? "" : ` · could be ${lapTime(could)}`}` : "no lap that counts";
      this.#buttons.set(drone, this.#button(drone, pilotOf(own[0]), text));
    }
    this.#root.replaceChildren(...this.#buttons.values());
    this.#press(this.#buttons.has(this.#drone) ? this.#drone : null);
  }

  /** @param {number | null} drone @param {string} name @param {string} text */
  #button(drone, name, text) {
    const button = document.createElement("button");
    button.type = "button";
    const title = document.createElement("strong");
    title.textContent = name;
    const more = document.createElement("span");
    more.textContent = text;
    const words = document.createElement("span");
    words.className = "lap-filter-text";
    words.append(title, " ", more);
    button.append(...(drone === null ? [] : [markElement(drone)]), words);
    button.addEventListener("click", () => this.#press(drone));
    return button;
  }

  /** @param {number | null} drone */
  #press(drone) {
    this.#drone = drone;
    this.#buttons.forEach((button, of) => button.setAttribute("aria-pressed", String(of === drone)));
    this.#onfilter(drone);
  }
}
