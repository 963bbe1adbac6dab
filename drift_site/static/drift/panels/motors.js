// How fast each motor of one drone turns.

import { write } from "../common/dom.js";
import { figure, NONE } from "../common/format.js";
import { Seldom } from "../common/seldom.js";
import { COLUMN } from "../data/ring.js";

/** @typedef {import("../data/sample.js").Sample} Sample */

const MOST = 8;
const TEXT_EVERY_MS = 100;
const NAMES = ["left front", "right front", "left back", "right back"];
const SHORT = ["LF", "RF", "LB", "RB"];
// A full bar is the fastest that was seen, on round steps, so that bars of different drones can be compared.
const STEP_RPM = 10_000;

/** @param {number} motor from 0 */
export function motorName(motor) {
  return NAMES[motor] ?? `motor ${motor + 1}`;
}

export class Motors {
  #list;
  #none;
  /** @type {Array<{item: HTMLElement, bar: HTMLElement, text: HTMLElement}>} */
  #bars = [];
  #count = -1;
  #full = STEP_RPM;
  #seldom = new Seldom(TEXT_EVERY_MS);

  /** @param {HTMLElement} root */
  constructor(root) {
    root.classList.add("motors-box");
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "Motors, rounds a minute");
    this.#list = document.createElement("ul");
    this.#list.className = "motors";
    this.#none = document.createElement("p");
    this.#none.className = "panel-none";
    this.#none.textContent = NONE;
    root.append(this.#list, this.#none);
  }

  /** @param {Sample} sample */
  draw(sample) {
    const count = Math.min(MOST, sample.motorCount);
    if (count !== this.#count) {
      this.#show(count);
    }
    const due = this.#seldom.due(performance.now());
    for (let motor = 0; motor < count; motor += 1) {
      const rpm = sample.values[COLUMN.rpm + motor];
      if (rpm > this.#full) {
        this.#full = Math.ceil(rpm / STEP_RPM) * STEP_RPM;
      }
      const { bar, text } = this.#bars[motor];
      bar.style.transform = `scaleY(${rpm > 0 ? (rpm / this.#full).toFixed(3) : 0})`;
      if (due) {
        write(text, figure(rpm, 0));
      }
    }
  }

  /** @param {number} count */
  #show(count) {
    this.#count = count;
    this.#none.hidden = count > 0;
    this.#list.hidden = count === 0;
    while (this.#bars.length < count) {
      this.#bars.push(this.#make(this.#bars.length));
    }
    this.#bars.forEach(({ item }, motor) => {
      item.hidden = motor >= count;
    });
  }

  /** @param {number} motor */
  #make(motor) {
    const item = document.createElement("li");
    const trough = document.createElement("span");
    trough.className = "motor-trough";
    const bar = document.createElement("span");
    bar.className = "motor-bar";
    trough.append(bar);
    const short = document.createElement("span");
    short.className = "motor-name";
    short.setAttribute("aria-hidden", "true");
    short.textContent = SHORT[motor] ?? String(motor + 1);
    const name = document.createElement("span");
    name.className = "unseen";
    name.textContent = `${motorName(motor)}: `;
    const text = document.createElement("span");
    text.className = "motor-rpm";
    item.append(trough, short, name, text);
    this.#list.append(item);
    return { item, bar, text };
  }
}
