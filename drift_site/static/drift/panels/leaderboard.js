// Who is where in the race: a table whose rows follow a drone when they are pressed.

import { write } from "../common/dom.js";
import { markElement } from "../map/marks.js";
import { COLUMNS, linesOf, STATUSES } from "./lines.js";

/** @typedef {import("../wire/protocol.js").Standing} Standing */
/** @typedef {import("../wire/protocol.js").DroneInfo} DroneInfo */
/** @typedef {import("../wire/protocol.js").Track} Track */
/** @typedef {import("./lines.js").Best} Best */
/** @typedef {import("./lines.js").Line} Line */

/**
 * @typedef {object} Board
 * @property {readonly Standing[]} standings as the server ranked them
 * @property {Iterable<DroneInfo>} drones
 * @property {Track | null} track
 * @property {number | null} followed
 * @property {ReadonlySet<number>} stale drones that no frames come from
 * @property {number} now ms of the page's clock
 */

const MOVE_MS = 300;
// For so long a new lap's time stands out.
const FRESH_MS = 4000;
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** @type {Array<[string, string, string]>} name of the class, heading, its meaning where that is short */
const HEADINGS = [
  ["place", "#", "Place"],
  ["pilot", "Pilot", ""],
  ["laps", "Laps", ""],
  ["gate", "Gate", ""],
  ["gap", "Gap", ""],
  ["interval", "Int", "Interval"],
  ["last", "Last", ""],
  ["best", "Best", ""],
];
/** @type {Record<Best, [string, string]>} a sign, and what it means */
const BESTS = { "": ["", ""], personal: ["▲", "personal best"], overall: ["★", "best of the race"] };

class Row {
  element = document.createElement("tr");
  button = document.createElement("button");
  /** @type {Map<string, HTMLElement>} */
  #texts = new Map();
  /** @type {Map<string, HTMLElement>} */
  #signs = new Map();
  #name = document.createElement("span");
  #status = document.createElement("span");
  #last = "";
  #lastAt = -Infinity;

  /** @param {number} drone @param {() => void} onpick */
  constructor(drone, onpick) {
    this.button.type = "button";
    this.button.append(markElement(drone), this.#name);
    this.#status.className = "unseen";
    this.element.dataset.drone = String(drone);
    for (const [column] of HEADINGS) {
      const cell = document.createElement(column === "pilot" ? "th" : "td");
      cell.className = column;
      if (column === "pilot") {
        cell.setAttribute("scope", "row");
        cell.append(this.button, this.#status);
      } else {
        this.#fill(cell, column);
      }
      this.element.append(cell);
    }
    this.button.addEventListener("click", onpick);
    // For the pointer the whole row is the target; the keyboard has the button.
    this.element.addEventListener("click", (event) => {
      if (!(event.target instanceof Node && this.button.contains(event.target))) {
        onpick();
      }
    });
  }

  /** @param {HTMLElement} cell @param {string} column */
  #fill(cell, column) {
    const text = document.createElement("span");
    cell.append(text);
    this.#texts.set(column, text);
    if (column === "last" || column === "best") {
      const sign = document.createElement("span");
      sign.className = "sign";
      const hidden = document.createElement("span");
      hidden.setAttribute("aria-hidden", "true");
      const words = document.createElement("span");
      words.className = "unseen";
      sign.append(hidden, words);
      cell.prepend(sign);
      this.#signs.set(column, sign);
    }
  }

  /** @param {Line} line @param {Board} board */
  update(line, { followed, stale, standings, now }) {
    write(this.#name, line.name);
    for (const column of COLUMNS) {
      write(/** @type {HTMLElement} */ (this.#texts.get(column)), line.texts[column]);
    }
    this.#mark("last", line.lastMark);
    this.#mark("best", line.bestMark);
    if (this.#last !== line.texts.last) {
      this.#lastAt = this.#last === "" ? -Infinity : now;
      this.#last = line.texts.last;
    }
    const isStale = stale.has(line.drone);
    const status = line.over ? standings.find(({ drone }) => drone === line.drone)?.status : undefined;
    write(this.#status, [status ? STATUSES[status] : "", isStale ? "no frames" : ""].filter(Boolean).join(", "));
    const { classList } = this.element;
    classList.toggle("stale", isStale);
    classList.toggle("lapped", line.lapped);
    classList.toggle("over", line.over);
    classList.toggle("fresh", now - this.#lastAt < FRESH_MS);
    classList.toggle("followed", followed === line.drone);
    const pressed = String(followed === line.drone);
    if (this.button.getAttribute("aria-pressed") !== pressed) {
      this.button.setAttribute("aria-pressed", pressed);
    }
  }

  /** @param {string} column @param {Best} best */
  #mark(column, best) {
    const sign = /** @type {HTMLElement} */ (this.#signs.get(column));
    if (sign.dataset.best !== best) {
      sign.dataset.best = best;
      const cell = /** @type {HTMLElement} */ (sign.parentElement);
      cell.dataset.best = best;
      write(sign.children[0], BESTS[best][0]);
      write(sign.children[1], BESTS[best][1] && `${BESTS[best][1]} `);
    }
  }
}

export class Leaderboard {
  #body;
  #table;
  #onpick;
  /** @type {Map<number, Row>} */
  #rows = new Map();

  /** @param {HTMLElement} root @param {{onpick?: (drone: number) => void}} [options] */
  constructor(root, { onpick = () => {} } = {}) {
    this.#onpick = onpick;
    this.#table = document.createElement("table");
    this.#table.className = "leaderboard";
    const caption = this.#table.createCaption();
    caption.className = "unseen";
    caption.textContent = "Standings. A pilot's button follows the drone.";
    const head = this.#table.createTHead().insertRow();
    for (const [column, text, meaning] of HEADINGS) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.className = column;
      cell.textContent = text;
      if (meaning) {
        cell.setAttribute("aria-label", meaning);
        cell.title = meaning;
      }
      head.append(cell);
    }
    this.#body = this.#table.createTBody();
    root.append(this.#table);
  }

  /** At most ten times a second. @param {Board} board */
  update(board) {
    const lines = linesOf(board.standings, board.drones, board.track);
    const rows = lines.map((line) => this.#row(line.drone));
    lines.forEach((line, index) => rows[index].update(line, board));
    const shown = new Set(lines.map(({ drone }) => drone));
    for (const [drone, row] of this.#rows) {
      if (!shown.has(drone)) {
        row.element.remove();
        this.#rows.delete(drone);
      }
    }
    if (rows.some(({ element }, index) => this.#body.rows[index] !== element)) {
      this.#arrange(rows);
    }
  }

  /** @param {number} drone */
  #row(drone) {
    let row = this.#rows.get(drone);
    if (!row) {
      row = new Row(drone, () => this.#onpick(drone));
      this.#rows.set(drone, row);
    }
    return row;
  }

  /** Put the rows into their order; those that were there glide to their new place. @param {Row[]} rows */
  #arrange(rows) {
    const focused = document.activeElement;
    const before = new Map(rows.map(({ element }) => [element, element.isConnected ? element.offsetTop : NaN]));
    rows.forEach(({ element }, index) => {
      if (this.#body.rows[index] !== element) {
        this.#body.insertBefore(element, this.#body.rows[index] ?? null);
      }
    });
    // A row that is moved loses the focus within it.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.#body.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
    if (still.matches) {
      return;
    }
    for (const [element, top] of before) {
      const way = top - element.offsetTop;
      if (way) {
        element.animate([{ transform: `translateY(${way}px)` }, { transform: "none" }], { duration: MOVE_MS, easing: "ease-out" });
      }
    }
  }
}
