// Buttons, lists and keys of the live page: each calls one and the same command.

import { find } from "../common/dom.js";
import { fillHelp, keepsKey, leaveFocus } from "../common/keys.js";
import { HELP, commandOf } from "./keys.js";

/** @typedef {import("./keys.js").Command} Command */
/** @typedef {import("./address.js").Choices} Choices */

/**
 * @typedef {object} Hands what the page does
 * @property {(command: Exclude<Command, "camera" | "help">) => void} command
 * @property {(choice: Partial<Choices>) => void} choose
 */

/** @typedef {{drone: number, label: string}} Person */

export class Controls {
  #root;
  #help;
  #hands;
  #drones;
  #trail;
  #colour;
  #delay;
  #listed = "";

  /** @param {HTMLElement} root @param {Hands} hands @param {readonly Choices["camera"][]} cameras in the order of their keys */
  constructor(root, hands, cameras) {
    this.#root = root;
    this.#hands = hands;
    this.#help = find(root, "#help", HTMLDialogElement);
    this.#drones = find(root, '[data-field="drone"]', HTMLSelectElement);
    this.#trail = find(root, '[data-field="trail"]', HTMLSelectElement);
    this.#colour = find(root, '[data-field="colour"]', HTMLSelectElement);
    this.#delay = find(root, '[data-field="delay"]', HTMLInputElement);
    fillHelp(this.#help, HELP);
    for (const button of root.querySelectorAll("button[data-command]")) {
      const command = /** @type {Command} */ (/** @type {HTMLElement} */ (button).dataset.command);
      button.addEventListener("click", () => this.#perform(command));
    }
    for (const button of root.querySelectorAll("button[data-camera]")) {
      const camera = /** @type {Choices["camera"]} */ (/** @type {HTMLElement} */ (button).dataset.camera);
      button.addEventListener("click", () => hands.choose({ camera }));
    }
    this.#drones.addEventListener("change", () => hands.choose({ drone: Number(this.#drones.value) }));
    this.#trail.addEventListener("change", () => hands.choose({ trail: Number(this.#trail.value) }));
    this.#colour.addEventListener("change", () => {
      hands.choose({ colour: /** @type {Choices["colour"]} */ (this.#colour.value) });
    });
    this.#delay.addEventListener("change", () => hands.choose({ delay: Math.round(this.#delay.valueAsNumber) }));
    document.addEventListener("keydown", (event) => this.#key(event, cameras));
    leaveFocus(root);
  }

  /** @param {Command} command */
  #perform(command) {
    if (command === "help") {
      this.#help.showModal();
    } else if (command !== "camera") {
      this.#hands.command(command);
    }
  }

  /** @param {KeyboardEvent} event @param {readonly Choices["camera"][]} cameras */
  #key(event, cameras) {
    const { target } = event;
    // The free camera takes keys for itself, and a dialog what is typed in it.
    const taken = event.defaultPrevented || document.querySelector("dialog[open]");
    if (taken || (target instanceof HTMLElement && keepsKey(target, event.key))) {
      return;
    }
    const asked = commandOf(event, event.getModifierState("AltGraph"));
    if (!asked) {
      return;
    }
    event.preventDefault();
    if (asked.command === "camera") {
      this.#hands.choose({ camera: cameras[asked.camera] });
    } else {
      this.#perform(asked.command);
    }
  }

  /** Show what is chosen. @param {Choices} choices @param {Person[]} people */
  write({ drone, camera, trail, colour, delay }, people) {
    this.#list(people);
    for (const button of this.#root.querySelectorAll("button[data-camera]")) {
      const pressed = String(/** @type {HTMLElement} */ (button).dataset.camera === camera);
      if (button.getAttribute("aria-pressed") !== pressed) {
        button.setAttribute("aria-pressed", pressed);
      }
    }
    set(this.#drones, String(drone ?? ""));
    set(this.#trail, String(trail));
    set(this.#colour, colour);
    if (document.activeElement !== this.#delay) {
      set(this.#delay, String(delay));
    }
  }

  /** @param {Person[]} people */
  #list(people) {
    const wanted = JSON.stringify(people);
    if (wanted !== this.#listed) {
      this.#listed = wanted;
      this.#drones.replaceChildren(...people.map(({ drone, label }) => new Option(`${drone} · ${label}`, String(drone))));
      this.#drones.disabled = people.length === 0;
    }
  }
}

/** @param {HTMLSelectElement | HTMLInputElement} field @param {string} value */
function set(field, value) {
  if (field.value !== value) {
    field.value = value;
  }
}
