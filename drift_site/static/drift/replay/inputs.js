// Keys and the choices over the scene.

import { find } from "../common/dom.js";
import { keepsKey } from "../common/keys.js";
import { CAMERAS } from "./address.js";
import { commandOf } from "./keys.js";

/** @typedef {import("./keys.js").Command} Command */
/** @typedef {import("./session.js").Session} Session */

export class Inputs {
  #session;
  #root;
  #drone;
  #camera;
  #byPointer = false;
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
    addEventListener("pointerdown", () => (this.#byPointer = true), { capture: true });
    addEventListener("keydown", () => (this.#byPointer = false), { capture: true });
    addEventListener("online", () => session.retryNow());
    // A pointer leaves no focus behind, so that the next key is the page's; the keyboard keeps its place.
    for (const kind of ["change", "click"]) {
      root.addEventListener(kind, ({ target }) => this.#leave(target));
    }
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

  /** @param {EventTarget | null} target */
  #leave(target) {
    const element = target instanceof Element ? target.closest("button, select") : null;
    const isChosen = element instanceof HTMLSelectElement && document.activeElement === element;
    if (this.#byPointer && (element instanceof HTMLButtonElement || isChosen) && !element.closest("dialog")) {
      element.blur();
    }
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
