// The followed drone's figures.

import { find, write } from "../common/dom.js";
import { markElement } from "../map/marks.js";
import { AttitudeIndicator } from "../panels/attitude.js";
import { Battery } from "../panels/battery.js";
import { Motors } from "../panels/motors.js";
import { Readout } from "../panels/readout.js";
import { Sticks } from "../panels/sticks.js";

/** @typedef {import("../data/sample.js").Sample} Sample */

export class Hud {
  #mark;
  #name;
  #readout;
  #attitude;
  #sticks;
  #battery;
  #motors;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#mark = find(root, '[data-field="mark"]', HTMLElement);
    this.#name = find(root, '[data-field="followed"]', HTMLElement);
    this.#readout = new Readout(find(root, "#readout", HTMLElement));
    this.#attitude = new AttitudeIndicator(find(root, "#attitude", HTMLElement));
    this.#sticks = new Sticks(find(root, "#sticks", HTMLElement));
    this.#battery = new Battery(find(root, "#battery", HTMLElement));
    this.#motors = new Motors(find(root, "#motors", HTMLElement));
  }

  /** @param {number} drone @param {string} name */
  follow(drone, name) {
    this.#mark.replaceChildren(markElement(drone));
    write(this.#name, name);
  }

  /** @param {Sample} sample */
  draw(sample) {
    this.#attitude.draw(sample);
    this.#sticks.draw(sample);
    this.#motors.draw(sample);
  }

  /** At most ten times a second. @param {Sample} sample */
  write(sample) {
    this.#readout.write(sample);
    this.#battery.write(sample);
  }
}
