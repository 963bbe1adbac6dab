// Keys of a page: which of them an element in focus wants for itself, how it lets go of them, and the dialog that lists them.

import { find } from "./dom.js";

/** @typedef {{shown: string[], text: string}} KeyHelp keys as they are printed, and what they do */

/**
 * Whether an element wants the key for itself: a text field all keys, a list its arrows and letters, a button the space.
 * @param {{tagName: string, isContentEditable?: boolean, type?: string}} element @param {string} key
 */
export function keepsKey({ tagName, isContentEditable, type }, key) {
  if (isContentEditable || tagName === "TEXTAREA" || tagName === "SELECT") {
    return true;
  }
  if (tagName === "INPUT") {
    return type !== "checkbox" || key === " ";
  }
  return key === " " && ["BUTTON", "A", "SUMMARY"].includes(tagName);
}

/**
 * Let a pointer leave no focus behind on the buttons and lists of an element, so that the next key is the page's; the
 * keyboard keeps its place. A list is left once something is chosen: without focus it would close as soon as it is opened.
 * @param {HTMLElement} root
 */
export function leaveFocus(root) {
  let byPointer = false;
  addEventListener("pointerdown", () => (byPointer = true), { capture: true });
  addEventListener("keydown", () => (byPointer = false), { capture: true });
  const leave = (/** @type {EventTarget | null} */ target, /** @type {"button" | "select"} */ kind) => {
    const element = target instanceof Element ? target.closest(kind) : null;
    if (byPointer && element && element === document.activeElement && !element.closest("dialog")) {
      element.blur();
    }
  };
  root.addEventListener("click", ({ target }) => leave(target, "button"));
  root.addEventListener("change", ({ target }) => leave(target, "select"));
}

/** @param {HTMLDialogElement} dialog with an empty table @param {readonly KeyHelp[]} help */
export function fillHelp(dialog, help) {
  const body = find(dialog, "tbody", HTMLTableSectionElement);
  for (const { shown, text } of help) {
    const row = body.insertRow();
    const keys = row.insertCell();
    shown.forEach((key) => {
      const element = document.createElement("kbd");
      element.textContent = key;
      keys.append(element, " ");
    });
    row.insertCell().textContent = text;
  }
  // A click beside it closes it, as people expect.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) {
      dialog.close();
    }
  });
}
