// Which two laps are compared, over what, and how they differ in each sector.

import { find, write } from "../common/dom.js";
import { difference, lapTime, NONE, sectorTime } from "../common/format.js";
import { isFlown, lapName } from "./laprows.js";

/** @typedef {import("./address.js").Over} Over */
/** @typedef {import("./duel.js").Duel} Duel */
/** @typedef {import("./laprows.js").Lap} Lap */
/** @typedef {"a" | "b"} Side */

export class Picker {
  #selects;
  #verdict;
  #sectors;
  #over;
  /** @type {Over} */
  over = "distance";
  /** @type {(side: Side, id: number) => void} */
  onchoose = () => {};
  onswap = () => {};
  /** @type {(over: Over) => void} */
  onover = () => {};
  /** A part of the x axis, or null for all of it. @type {(range: [number, number] | null) => void} */
  onpart = () => {};

  /** @param {HTMLElement} page */
  constructor(page) {
    this.#selects = { a: find(page, "#lap-a", HTMLSelectElement), b: find(page, "#lap-b", HTMLSelectElement) };
    this.#verdict = find(page, "#verdict", HTMLElement);
    this.#sectors = find(page, "#sectors", HTMLElement);
    this.#over = [...find(page, "#over", HTMLElement).querySelectorAll("button")];
    for (const side of /** @type {const} */ (["a", "b"])) {
      this.#selects[side].addEventListener("change", () => this.onchoose(side, Number(this.#selects[side].value)));
    }
    // The bar stays at the top of the window; what stays below it must know its height.
    const bar = find(page, "#duel", HTMLElement);
    new ResizeObserver(() => page.style.setProperty("--bar", `${bar.offsetHeight}px`)).observe(bar);
    find(page, "#swap", HTMLButtonElement).addEventListener("click", () => this.onswap());
    this.#over.forEach((button) => button.addEventListener("click", () => this.onover(button.dataset.over === "time" ? "time" : "distance")));
  }

  /** @param {readonly Lap[]} laps */
  set(laps) {
    const flown = laps.filter(isFlown).sort((a, b) => a.drone - b.drone || a.end_s - b.end_s);
    for (const select of Object.values(this.#selects)) {
      select.replaceChildren(...flown.map((lap) => new Option(`${lapName(lap)} · ${lapTime(lap.duration_ms)}${lap.valid ? "" : " (does not count)"}`, String(lap.id))));
    }
  }

  /** @param {Lap} a @param {Lap} b @param {Over} over */
  choose(a, b, over) {
    this.#selects.a.value = String(a.id);
    this.#selects.b.value = String(b.id);
    this.over = over;
    this.#over.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.over === over)));
    write(this.#verdict, verdictOf(a, b));
  }

  /** @param {Duel} duel */
  show(duel) {
    const sectors = duel.sectors(this.over);
    const all = this.#part("Whole lap", "", () => this.onpart(null));
    const parts = sectors.map(({ text, from, to, aMs, bMs }) => {
      const behind = aMs === null || bMs === null ? NONE : difference((bMs - aMs) / 1000);
      const button = this.#part(text, behind, () => this.onpart([from, to]));
      button.title = `A ${sectorTime(aMs)}, B ${sectorTime(bMs)}`;
      button.dataset.sign = aMs === null || bMs === null || aMs === bMs ? "" : bMs < aMs ? "gain" : "loss";
      return button;
    });
    this.#sectors.replaceChildren(...(sectors.length > 1 ? [all, ...parts] : []));
    this.mark(null);
  }

  /** Which part is shown: the pressed one. @param {HTMLButtonElement | null} pressed null for the whole lap */
  mark(pressed) {
    [...this.#sectors.querySelectorAll("button")].forEach((button, i) => {
      button.setAttribute("aria-pressed", String(pressed ? button === pressed : i === 0));
    });
  }

  /** The plots show something else than a part that was chosen here. */
  unmark() {
    this.#sectors.querySelectorAll("button").forEach((button) => button.setAttribute("aria-pressed", "false"));
  }

  /** @param {string} text @param {string} behind @param {() => void} onpress */
  #part(text, behind, onpress) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(text);
    if (behind) {
      const more = document.createElement("span");
      more.textContent = ` ${behind}`;
      button.append(more);
    }
    button.addEventListener("click", () => {
      onpress();
      this.mark(button);
    });
    return button;
  }
}

/** @param {Lap} a @param {Lap} b */
function verdictOf(a, b) {
  if (a === b) {
    return "The same lap twice: choose another one for B.";
  }
  const behind = b.duration_ms - a.duration_ms;
  const gap = (Math.abs(behind) / 1000).toFixed(3);
  return behind === 0 ? "Both took the same time." : `B took ${gap} s ${behind > 0 ? "longer" : "less"} than A.`;
}
