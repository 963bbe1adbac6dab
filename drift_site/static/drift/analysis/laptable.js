// All laps of a race with their sectors: sorted by any column, of all drones or of one, and each to be chosen as A or B.

import { figure, gap, lapTime, NONE, sectorTime } from "../common/format.js";
import { markElement } from "../map/marks.js";
import { bestSectors, fastest, isFlown, lapName, pilotOf, sectorCount, sectorMark, sorted, stateOf, theoretical } from "./laprows.js";

/** @typedef {import("./laprows.js").Lap} Lap */
/** @typedef {import("./laprows.js").Bests} Bests */
/** @typedef {import("./laprows.js").Column} Column */
/** @typedef {import("./laprows.js").Direction} Direction */
/** @typedef {"a" | "b"} Side */

/** @type {Record<"" | "personal" | "overall", [string, string]>} */
const SIGNS = { "": ["", ""], personal: ["▲", "personal best "], overall: ["★", "best of the race "] };
/** Which way a column sorts when it is chosen first. @type {(column: Column) => Direction} */
const firstWay = (column) => (column === "speed" ? "descending" : "ascending");

export class LapTable {
  #table;
  #onchoose;
  /** @type {readonly Lap[]} */
  #laps = [];
  /** @type {Bests} */
  #bests = { overall: [], personal: new Map() };
  /** @type {number | null} */
  #drone = null;
  /** @type {Column} */
  #column = "time";
  /** @type {Direction} */
  #direction = "ascending";
  /** @type {{a: number | null, b: number | null}} */
  #chosen = { a: null, b: null };
  /** @type {Map<Column, HTMLTableCellElement>} */
  #heads = new Map();
  /** @type {Map<number, {row: HTMLTableRowElement, buttons: Record<Side, HTMLButtonElement>}>} */
  #rows = new Map();

  /** @param {HTMLTableElement} table @param {{onchoose: (side: Side, lap: Lap) => void}} options */
  constructor(table, { onchoose }) {
    this.#table = table;
    this.#onchoose = onchoose;
  }

  /** @param {readonly Lap[]} laps */
  set(laps) {
    this.#laps = laps;
    this.#bests = bestSectors(laps);
    this.#rows.clear();
    this.#heads.clear();
    const best = fastest(laps);
    this.#table.replaceChildren(this.#caption(), this.#head(), document.createElement("tbody"), document.createElement("tfoot"));
    laps.forEach((lap) => this.#rows.set(lap.id, this.#row(lap, best)));
    this.#show();
  }

  /** Whose laps are shown; null: everybody's. @param {number | null} drone */
  filter(drone) {
    this.#drone = drone;
    this.#show();
  }

  /** @param {number | null} a @param {number | null} b ids */
  choose(a, b) {
    this.#chosen = { a, b };
    for (const [id, { row, buttons }] of this.#rows) {
      buttons.a.setAttribute("aria-pressed", String(id === a));
      buttons.b.setAttribute("aria-pressed", String(id === b));
      row.classList.toggle("is-a", id === a);
      row.classList.toggle("is-b", id === b);
    }
  }

  #caption() {
    const caption = document.createElement("caption");
    caption.className = "unseen";
    caption.textContent = "Laps with their sectors. The headings sort; A and B choose the two laps that are compared.";
    return caption;
  }

  #head() {
    const head = document.createElement("thead");
    const row = head.insertRow();
    const pick = document.createElement("th");
    pick.scope = "col";
    pick.textContent = "Compare";
    row.append(pick);
    /** @type {Array<[Column, string]>} */
    const columns = [["pilot", "Pilot"], ["lap", "Lap"], ["time", "Time"], ["gap", "To best"], ["state", "Remarks"]];
    for (let sector = 0; sector < sectorCount(this.#laps); sector += 1) {
      columns.push([`s${sector}`, `S${sector + 1}`]);
    }
    columns.push(["speed", "Top m/s"]);
    for (const [column, text] of columns) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.className = column;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.addEventListener("click", () => this.#sort(column));
      cell.append(button);
      row.append(cell);
      this.#heads.set(column, cell);
    }
    return head;
  }

  /** @param {Column} column */
  #sort(column) {
    const other = this.#direction === "ascending" ? "descending" : "ascending";
    this.#direction = column === this.#column ? other : firstWay(column);
    this.#column = column;
    this.#show();
  }

  #show() {
    for (const [column, cell] of this.#heads) {
      if (column === this.#column) {
        cell.setAttribute("aria-sort", this.#direction);
      } else {
        cell.removeAttribute("aria-sort");
      }
    }
    const shown = this.#laps.filter((lap) => this.#drone === null || lap.drone === this.#drone);
    const rows = sorted(shown, this.#column, this.#direction).map((lap) => this.#rows.get(lap.id)?.row ?? "");
    this.#table.tBodies[0].replaceChildren(...rows);
    this.#table.tFoot?.replaceChildren(this.#foot());
    this.choose(this.#chosen.a, this.#chosen.b);
  }

  /** @param {Lap} lap @param {Lap | undefined} best */
  #row(lap, best) {
    const row = document.createElement("tr");
    row.dataset.lap = String(lap.id);
    row.classList.toggle("invalid", !lap.valid);
    const buttons = { a: this.#button(lap, "a"), b: this.#button(lap, "b") };
    const pick = row.insertCell();
    pick.className = "pick";
    pick.append(buttons.a, buttons.b);
    const pilot = document.createElement("th");
    pilot.scope = "row";
    pilot.className = "pilot-cell";
    const box = document.createElement("div");
    box.className = "pilot";
    const name = document.createElement("span");
    name.textContent = pilotOf(lap);
    box.append(markElement(lap.drone), name);
    pilot.append(box);
    row.append(pilot);
    textCell(row, String(lap.number));
    timeCell(row, lapTime(lap.duration_ms), lap, lap.best ?? "");
    textCell(row, best && lap.valid ? (lap === best ? NONE : gap(lap.duration_ms - best.duration_ms)) : NONE);
    textCell(row, stateOf(lap)).className = "state-cell";
    for (let sector = 0; sector < sectorCount(this.#laps); sector += 1) {
      timeCell(row, sectorTime(lap.sectors_ms[sector]), lap, sectorMark(lap, sector, this.#bests));
    }
    textCell(row, figure(lap.top_speed, 1));
    return { row, buttons };
  }

  /** @param {Lap} lap @param {Side} side */
  #button(lap, side) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `side side-${side}`;
    button.textContent = side.toUpperCase();
    button.setAttribute("aria-label", `${side.toUpperCase()}: ${lapName(lap)}`);
    button.setAttribute("aria-pressed", "false");
    button.disabled = !isFlown(lap);
    button.addEventListener("click", () => this.#onchoose(side, lap));
    return button;
  }

  #foot() {
    const row = document.createElement("tr");
    const sectors = this.#drone === null ? this.#bests.overall : this.#bests.personal.get(this.#drone);
    const sum = theoretical(sectors);
    const best = fastest(this.#laps);
    row.insertCell();
    const name = document.createElement("th");
    name.scope = "row";
    name.textContent = "Theoretical best";
    row.append(name);
    textCell(row, "");
    textCell(row, lapTime(sum));
    textCell(row, sum !== null && best ? gap(sum - best.duration_ms) : NONE);
    textCell(row, "sum of the best sectors").className = "state-cell";
    for (let sector = 0; sector < sectorCount(this.#laps); sector += 1) {
      textCell(row, sectorTime(sectors?.[sector] ?? null));
    }
    textCell(row, "");
    return row;
  }
}

/** @param {HTMLTableRowElement} row @param {string} text */
function textCell(row, text) {
  const cell = row.insertCell();
  cell.textContent = text;
  return cell;
}

/** @param {HTMLTableRowElement} row @param {string} text @param {Lap} lap @param {"" | "personal" | "overall"} best */
function timeCell(row, text, lap, best) {
  const cell = row.insertCell();
  cell.dataset.best = best;
  if (best) {
    const sign = document.createElement("span");
    sign.className = "sign";
    sign.setAttribute("aria-hidden", "true");
    sign.textContent = SIGNS[best][0];
    const words = document.createElement("span");
    words.className = "unseen";
    words.textContent = SIGNS[best][1];
    cell.append(sign, words);
  }
  const time = document.createElement(lap.valid || text === NONE ? "span" : "s");
  time.textContent = text;
  cell.append(time);
}
