// The dialog that lists the keys.

import { find } from "../common/dom.js";
import { HELP } from "./keys.js";

/** @param {HTMLDialogElement} dialog */
export function fillHelp(dialog) {
  const body = find(dialog, "tbody", HTMLTableSectionElement);
  for (const { shown, text } of HELP) {
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
