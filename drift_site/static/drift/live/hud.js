// The followed drone's panels.

import { find, write } from "../common/dom.js";
import { Sample, sampleAt } from "../data/sample.js";
import { markElement } from "../map/marks.js";
import { AttitudeIndicator } from "../panels/attitude.js";
import { Battery } from "../panels/battery.js";
import { Motors } from "../panels/motors.js";
import { Readout } from "../panels/readout.js";
import { Sticks } from "../panels/sticks.js";

/** @typedef {import("../data/series.js").Series} Series */

export class Hud {
  sample = new Sample();
  #mark;
  #name;
  #root;
  #attitude;
  #sticks;
  #motors;
  #readout;
  #battery;
  /** @type {number | null} */
  #drone = null;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#mark = find(root, '[data-field="mark"]', HTMLElement);
    this.#name = find(root, '[data-field="followed"]', HTMLElement);
    const part = (/** @type {string} */ id) => find(root, `#${id}`, HTMLElement);
    this.#attitude = new AttitudeIndicator(part("attitude"));
    this.#sticks = new Sticks(part("sticks"));
    this.#motors = new Motors(part("motors"));
    this.#readout = new Readout(part("readout"));
    this.#battery = new Battery(part("battery"));
  }

  /** Once a picture. @param {Series | undefined} series @param {number} time race seconds */
  draw(series, time) {
    sampleAt(series, time, this.sample);
    this.#attitude.draw(this.sample);
    this.#sticks.draw(this.sample);
    this.#motors.draw(this.sample);
  }

  /** At most ten times a second. @param {number | null} drone @param {string} name @param {boolean} stale */
  write(drone, name, stale) {
    if (drone !== this.#drone) {
      this.#drone = drone;
      this.#mark.replaceChildren(...(drone === null ? [] : [markElement(drone)]));
    }
    write(this.#name, drone === null ? "No drone yet" : stale ? `${name}, no frames` : name);
    this.#root.classList.toggle("stale", stale);
    this.#readout.write(this.sample);
    this.#battery.write(this.sample);
  }
}
