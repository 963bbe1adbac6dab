// Keys and the choices over the scene.

import { find } from "../common/dom.js";
import { keepsKey, leaveFocus } from "../common/keys.js";
import { CAMERAS } from "../scene/choices.js";
import { commandOf } from "./keys.js";

/** @typedef {import("./keys.js").Command} Command */
/** @typedef {import("./session.js").Session} Session */

export class Inputs {
  #session;
  #root;
  #drone;
  #camera;
  /** What a key asks for. @type {(command: Command, camera: number) => void} */
  oncommand = () => {};

  /** @param {HTMLElement} root @param {Session} session @param {(drone: number) => string} name */
  constructor(root, session, name) {
    this.#root = root;
    this.#session = session;
    this.#drone = find(root, 'select[data-field="drone"]', HTMLSelectElement);
    this.#camera = find(root, 'select[data-field="camera"]', HTMLSelectElement);
    session.drones.forEach((drone) => this.#drone.append(new Option(name(drone), String(drone))));
    this.#drone.addEventListener("change", () => session.follow(Number(this.#drone.value)));
    this.#camera.addEventListener("change", () => this.oncommand("camera", CAMERAS.findIndex((each) => each === this.#camera.value)));
    addEventListener("keydown", (event) => this.#key(event));
    addEventListener("online", () => session.retryNow());
    leaveFocus(root);
  }

  /** Show what is chosen. */
  changed() {
    const { followed, camera } = this.#session;
    this.#drone.value = String(followed ?? "");
    this.#camera.value = camera;
  }

  /** Take the next of a list's choices, after the last the first. @param {"trail" | "colour"} name */
  chooseNext(name) {
    const select = find(this.#root, `select[data-field="${name}"]`, HTMLSelectElement);
    select.selectedIndex = (select.selectedIndex + 1) % select.length;
    select.dispatchEvent(new Event("change"));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { target, key } = event;
    if (event.defaultPrevented || document.querySelector("dialog[open]") || (target instanceof HTMLElement && keepsKey(target, key))) {
      return;
    }
    const asked = commandOf(event, event.getModifierState("AltGraph"));
    if (asked) {
      event.preventDefault();
      this.oncommand(asked.command, asked.camera);
    }
  }
}
