// The address follows the replay, and a link leads back to the moment.

import { find } from "../common/dom.js";
import { write } from "./address.js";

/** @typedef {import("./address.js").Place} Place */

// Browsers refuse an address that changes many times a second.
const EVERY_MS = 1000;
// For so long the button says that the link is copied.
const SAID_MS = 2500;

/** The present address with a moment in it. @param {Place} place */
export function linkTo(place) {
  const url = new URL(location.href);
  url.search = write(place, url.search);
  url.hash = "";
  return url.href;
}

export class Address {
  #writtenAt = -Infinity;

  /** Bring the address up to date, now and then. @param {Place} place @param {number} now ms */
  follow(place, now) {
    if (now - this.#writtenAt < EVERY_MS) {
      return;
    }
    const link = linkTo(place);
    if (link !== location.href) {
      this.#writtenAt = now;
      history.replaceState(history.state, "", link);
    }
  }
}

export class Sharing {
  #button;
  #dialog;
  #text;
  #timer = 0;

  /** @param {HTMLElement} root with the button @param {HTMLDialogElement} dialog that shows a link which cannot be copied */
  constructor(root, dialog) {
    this.#button = find(root, '[data-command="copy"]', HTMLButtonElement);
    this.#dialog = dialog;
    this.#text = this.#button.textContent ?? "";
  }

  /**
   * Copy the link; where the browser does not let a page do that, show it.
   * @param {Place} place @param {(text: string) => void} say
   */
  async copy(place, say) {
    const link = linkTo(place);
    if (await copied(link)) {
      this.#button.textContent = "Copied";
      clearTimeout(this.#timer);
      this.#timer = Number(setTimeout(() => (this.#button.textContent = this.#text), SAID_MS));
      say("The link to this moment is copied.");
      return;
    }
    const input = find(this.#dialog, "input", HTMLInputElement);
    input.value = link;
    this.#dialog.showModal();
    input.select();
  }
}

/** @param {string} text @returns {Promise<boolean>} whether it is on the clipboard */
async function copied(text) {
  // Pages of a plain http address, as on a LAN, have no clipboard but the old way.
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch (error) {
      if (!(error instanceof DOMException)) {
        throw error;
      }
    }
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) {
    focused.focus({ preventScroll: true });
  }
  return done;
}
