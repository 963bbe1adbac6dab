// One race on the page: its feed, its top view, its figures. The markup is templates/drift_site/race_card.html.

import { find, write } from "../common/dom.js";
import * as loop from "../common/loop.js";
import { RaceFeed } from "../wire/feed.js";
import { Drones } from "../map/drones.js";
import { markElement } from "../map/marks.js";
import { TopView } from "../map/topview.js";

/** @typedef {import("../map/drones.js").Drone} Drone */
/** @typedef {import("../wire/feed.js").Situation} Situation */

export class RaceView {
  #root;
  #drones = new Drones();
  #feed;
  #topView;
  /** @type {Map<Drone, HTMLTableRowElement>} */
  #rows = new Map();
  /** @type {Situation["kind"] | ""} */
  #kind = "";
  #open = false;

  /**
   * @param {HTMLElement} root
   * @param {string} raceId
   * @param {string} status
   * @param {{preview?: boolean}} [options] preview: a picture on a page about something else, which makes nobody a viewer
   */
  constructor(root, raceId, status, options = {}) {
    this.#root = root;
    this.#feed = new RaceFeed(raceId, status, this.#drones, options);
    this.#topView = new TopView(find(root, "canvas", HTMLCanvasElement), this.#drones);
    addEventListener("online", this.#online);
  }

  open() {
    if (!this.#open) {
      this.#open = true;
      this.#feed.open();
      loop.add(this);
    }
  }

  close() {
    this.#open = false;
    this.#feed.close();
    loop.remove(this);
  }

  dispose() {
    this.close();
    this.#topView.dispose();
    removeEventListener("online", this.#online);
  }

  #online = () => this.#feed.retryNow();

  /** @param {string} name @param {string} text */
  set(name, text) {
    write(find(this.#root, `[data-field="${name}"]`, HTMLElement), text);
  }

  /** How many drones the server counts: more are shown once their frames come. @param {number} count */
  drones(count) {
    this.set("drones", String(Math.max(count, this.#drones.all.length)));
  }

  /** @param {string} text why no frames can arrive; empty when they can */
  problem(text) {
    this.set("problem", text);
    find(this.#root, '[data-field="problem"]', HTMLElement).hidden = text === "";
  }

  /** @param {number} now */
  draw(now) {
    this.#topView.draw(now);
  }

  /** @param {number} now */
  write(now) {
    const situation = this.#feed.situation(now);
    this.set("state", situation.text);
    if (situation.kind !== this.#kind) {
      this.#kind = situation.kind;
      this.#root.dataset.state = situation.kind;
    }
    const drones = this.#drones;
    const rate = drones.rate(now);
    this.set("rate", situation.kind === "live" && !Number.isNaN(rate) ? rate.toFixed(0) : "–");
    if (drones.all.length > 0) {
      this.set("drones", String(drones.all.length));
    }
    this.#writeTable(drones.all, now);
    this.#topView.write(now);
  }

  /** @param {Drone[]} drones @param {number} now */
  #writeTable(drones, now) {
    const table = find(this.#root, "table", HTMLTableElement);
    table.hidden = drones.length === 0;
    if (table.parentElement) {
      table.parentElement.hidden = table.hidden;
    }
    drones.forEach((drone, index) => {
      const row = this.#rows.get(drone) ?? this.#addRow(drone, table.tBodies[0], index);
      const stale = drone.isStale(now);
      const texts = [drone.label, figure(drone.speed, 1, stale), figure(drone.y, 1, stale), figure(drone.rate, 0, stale)];
      texts.forEach((text, column) => {
        const cell = column === 0 ? find(row, "span", HTMLElement) : row.cells[column];
        write(cell, text);
      });
      row.classList.toggle("stale", stale);
    });
  }

  /** @param {Drone} drone @param {HTMLTableSectionElement} body @param {number} index */
  #addRow(drone, body, index) {
    const row = body.insertRow(index);
    const name = document.createElement("th");
    name.scope = "row";
    const pilot = document.createElement("div");
    pilot.className = "pilot";
    pilot.append(markElement(drone.number), document.createElement("span"));
    name.append(pilot);
    row.append(name);
    for (let column = 1; column <= 3; column += 1) {
      row.insertCell();
    }
    this.#rows.set(drone, row);
    return row;
  }
}

/** @param {number} value @param {number} digits @param {boolean} stale */
function figure(value, digits, stale) {
  return stale || Number.isNaN(value) ? "–" : value.toFixed(digits);
}
