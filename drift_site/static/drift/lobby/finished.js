// The races that are over: the page of the list that is open, asked for again when something has changed.

import { find, write } from "../common/dom.js";
import { localise, moment } from "../common/when.js";
import { describe } from "./cards.js";

/** @typedef {import("../wire/lobby.js").RaceCard} RaceCard */
/** @typedef {RaceCard & {winner: {label: string, laps: number} | null}} FinishedRace */

// Everybody in the lobby hears of an end at the same moment, and must not ask for the list at the same moment.
const SPREAD_MS = 1500;
const FIRST_MS = 200;

export class Finished {
  #list;
  #none;
  #blank;
  #url;
  #timer = 0;

  /**
   * @param {HTMLElement} list @param {HTMLElement} none shown while there are none
   * @param {HTMLTemplateElement} blank @param {string} url of the page of the list
   */
  constructor(list, none, blank, url) {
    this.#list = list;
    this.#none = none;
    this.#blank = blank;
    this.#url = url;
    localise(list);
  }

  /** @param {string} raceId */
  has(raceId) {
    return this.#row(raceId) !== null;
  }

  /** Ask for the list soon. */
  refresh() {
    this.#timer ||= Number(setTimeout(() => this.#load(), FIRST_MS + Math.random() * SPREAD_MS));
  }

  async #load() {
    this.#timer = 0;
    try {
      const response = await fetch(this.#url, { headers: { Accept: "application/json" } });
      if (!response.ok) {
        throw new Error(`${response.status} ${response.statusText}`);
      }
      this.#show((await response.json()).finished);
    } catch (error) {
      // The next change, or the next connection, asks again; the list says when each race ended, which stays true.
      console.warn("The list of finished races did not come:", error);
    }
  }

  /** @param {FinishedRace[]} races */
  #show(races) {
    const rows = races.map((race) => {
      const row = this.#row(race.race_id) ?? this.#add(race);
      describe(row, race);
      const texts = {
        name: race.race_name,
        where: race.track ? `${race.drift_map}, ${race.track}` : race.drift_map,
        winner: race.winner?.label ?? "–",
        laps: race.winner ? String(race.winner.laps) : "–",
        drones: String(race.drones),
        ended: race.ended_at ? moment(race.ended_at) : "",
      };
      for (const [name, text] of Object.entries(texts)) {
        write(find(row, `[data-field="${name}"]`, HTMLElement), text);
      }
      return row;
    });
    // Rows that stay where they are keep the focus.
    for (const row of this.#list.querySelectorAll("li")) {
      if (!rows.includes(row)) {
        row.remove();
      }
    }
    rows.forEach((row, index) => {
      if (this.#list.children[index] !== row) {
        this.#list.insertBefore(row, this.#list.children[index] ?? null);
      }
    });
    this.#none.hidden = rows.length > 0;
  }

  /** @param {string} raceId */
  #row(raceId) {
    return /** @type {HTMLLIElement | null} */ (this.#list.querySelector(`li[data-race="${CSS.escape(raceId)}"]`));
  }

  /** @param {FinishedRace} race */
  #add(race) {
    const copy = /** @type {DocumentFragment} */ (this.#blank.content.cloneNode(true));
    const row = find(copy, "li", HTMLLIElement);
    find(row, "h3 a", HTMLAnchorElement).href = race.url;
    for (const link of row.querySelectorAll("a[data-link]")) {
      const door = /** @type {HTMLAnchorElement} */ (link);
      door.href = race.url + door.dataset.link;
    }
    return row;
  }
}
