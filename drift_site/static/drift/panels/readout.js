// How fast and how high one drone flies.

import { write } from "../common/dom.js";
import { figure } from "../common/format.js";
import { COLUMN } from "../data/ring.js";

/** @typedef {import("../data/sample.js").Sample} Sample */

const KMH = 3.6;

export class Readout {
  #speed;
  #kmh;
  #altitude;
  #climb;

  /** @param {HTMLElement} root */
  constructor(root) {
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "Speed and altitude");
    const list = document.createElement("dl");
    list.className = "readout";
    this.#speed = row(list, "Speed", "m/s", "large");
    this.#kmh = row(list, "Speed", "km/h");
    this.#altitude = row(list, "Altitude", "m", "large");
    this.#climb = row(list, "Climb", "m/s");
    root.append(list);
  }

  /** @param {Sample} sample */
  write(sample) {
    write(this.#speed, figure(sample.speed, 1));
    write(this.#kmh, figure(sample.speed * KMH, 0));
    write(this.#altitude, figure(sample.altitude, 1));
    write(this.#climb, figure(sample.values[COLUMN.vy], 1));
  }
}

/** @param {HTMLElement} list @param {string} name @param {string} unit @param {string} [size] */
function row(list, name, unit, size = "") {
  const group = document.createElement("div");
  group.className = size;
  const term = document.createElement("dt");
  term.textContent = name;
  const value = document.createElement("dd");
  const number = document.createElement("span");
  number.className = "number";
  const of = document.createElement("span");
  of.className = "unit";
  of.textContent = ` ${unit}`;
  value.append(number, of);
  group.append(term, value);
  list.append(group);
  return number;
}
