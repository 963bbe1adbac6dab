// The table beneath a plot, for those who do not see it: closed until somebody opens it, and thinned to what one reads.

import { figure } from "../common/format.js";
import { spread } from "./thin.js";

/** @typedef {import("./thin.js").Column} Column */
/** @typedef {{label: string, unit: string, digits: number}} Heading */

const MOST_ROWS = 25;

export class PlotTable {
  /** @readonly */
  element = document.createElement("details");
  #box = document.createElement("div");
  #headings;
  /** @type {readonly Column[]} */
  #columns = [];
  #fresh = false;

  /** @param {string} title @param {Heading[]} headings x, and each series */
  constructor(title, headings) {
    this.#headings = headings;
    this.element.className = "plot-table";
    const summary = document.createElement("summary");
    summary.textContent = `${title} as a table`;
    this.#box.className = "plot-table-box";
    this.#box.tabIndex = 0;
    this.#box.setAttribute("role", "region");
    this.#box.setAttribute("aria-label", `${title} as a table`);
    this.element.append(summary, this.#box);
    this.element.addEventListener("toggle", () => this.#fill());
  }

  /** @param {readonly Column[]} columns */
  set(columns) {
    this.#columns = columns;
    this.#fresh = false;
    this.#fill();
  }

  #fill() {
    if (!this.element.open || this.#fresh) {
      return;
    }
    this.#fresh = true;
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const { label, unit } of this.#headings) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = unit ? `${label}, ${unit}` : label;
      head.append(cell);
    }
    const body = table.createTBody();
    for (const index of spread(this.#columns[0]?.length ?? 0, MOST_ROWS)) {
      const row = body.insertRow();
      this.#headings.forEach(({ digits }, column) => {
        const cell = document.createElement(column === 0 ? "th" : "td");
        if (column === 0) {
          cell.setAttribute("scope", "row");
        }
        cell.textContent = figure(this.#columns[column][index], digits);
        row.append(cell);
      });
    }
    this.#box.replaceChildren(table);
  }
}
