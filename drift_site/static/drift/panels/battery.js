// The charge and the voltage of one drone.

import { write } from "../common/dom.js";
import { percent, volts } from "../common/format.js";
import { COLUMN } from "../data/ring.js";

/** @typedef {import("../data/sample.js").Sample} Sample */
/** @typedef {"" | "low" | "empty"} Level */

const LOW = 0.25;
const EMPTY = 0.1;

/** How much reason for worry a charge is. @param {number} charge 0..1, NaN when not known @returns {Level} */
export function levelOf(charge) {
  return charge <= EMPTY ? "empty" : charge <= LOW ? "low" : "";
}

/** @type {Record<Level, string>} */
const WARNINGS = { "": "", low: "⚠ low", empty: "⚠ nearly empty" };

export class Battery {
  #root;
  #fill = part("span", "battery-fill");
  #charge = part("span", "battery-charge");
  #volts = part("span", "battery-volts");
  #warning = part("span", "battery-warning");

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    root.classList.add("battery");
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "Battery");
    const body = part("span", "battery-body");
    body.setAttribute("aria-hidden", "true");
    body.append(this.#fill);
    root.append(body, this.#charge, this.#volts, this.#warning);
  }

  /** @param {Sample} sample */
  write({ values }) {
    const charge = values[COLUMN.charge];
    const level = levelOf(charge);
    write(this.#charge, percent(charge));
    write(this.#volts, volts(values[COLUMN.volts]));
    write(this.#warning, WARNINGS[level]);
    this.#root.dataset.level = level;
    const shown = Number.isNaN(charge) ? 0 : Math.max(0, Math.min(1, charge));
    this.#fill.style.width = `${(shown * 100).toFixed(0)}%`;
  }
}

/** @param {string} tag @param {string} name */
function part(tag, name) {
  const element = document.createElement(tag);
  element.className = name;
  return element;
}
