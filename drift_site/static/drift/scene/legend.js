// What lies over a corner of the scene: how large a square of the ground is, and what the trails' colours mean.

import { write } from "../common/dom.js";

/** @typedef {import("./trails3d.js").Legend} Legend */

const TITLES = Object.freeze({ pilot: "", speed: "Speed", throttle: "Throttle" });

export class LegendView {
  #root = document.createElement("div");
  #scale = document.createElement("p");
  #ramp = document.createElement("div");
  #title = document.createElement("span");
  #bar = document.createElement("span");
  #ends = [document.createElement("span"), document.createElement("span"), document.createElement("span")];
  #stops = "";

  /** @param {HTMLElement} container */
  constructor(container) {
    this.#root.className = "stage-legend";
    this.#ramp.className = "stage-ramp";
    this.#bar.className = "stage-ramp-bar";
    this.#title.className = "stage-ramp-title";
    const figures = document.createElement("span");
    figures.className = "stage-ramp-figures";
    figures.append(...this.#ends);
    this.#ramp.append(this.#title, this.#bar, figures);
    this.#scale.className = "stage-scale";
    this.#root.append(this.#ramp, this.#scale);
    container.append(this.#root);
  }

  /** @param {Legend} legend @param {boolean} trails whether there are any @param {number} square m */
  write({ kind, min, max, unit, stops }, trails, square) {
    write(this.#scale, `Square: ${square} m`);
    this.#ramp.hidden = kind === "pilot" || !trails;
    write(this.#title, TITLES[kind]);
    [String(min), String((min + max) / 2), `${max} ${unit}`].forEach((text, index) => write(this.#ends[index], text));
    const wanted = stops.join(", ");
    if (wanted !== this.#stops && stops.length > 1) {
      this.#stops = wanted;
      this.#bar.style.backgroundImage = `linear-gradient(to right, ${wanted})`;
    }
  }

  dispose() {
    this.#root.remove();
  }
}
