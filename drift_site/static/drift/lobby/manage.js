// Ending, saving and deleting a race: buttons (manage_race.html) inside an element that says which race it is and how it
// is going, and the dialogs that ask first (manage_dialogs.html). It starts by itself on every page that includes those.

import { Refusal, sendJson } from "../common/api.js";
import { find, write } from "../common/dom.js";

/** @typedef {"end" | "save" | "delete"} Act */
/** @typedef {{name: string, drift_map: string}} Saved */

const WATCHED = ["data-status", "data-state", "data-may-direct"];

const dialogs = find(document, "#manage-dialogs", HTMLElement);
const said = find(dialogs, "[data-said]", HTMLElement);
/** Which opening of a dialog is the last one: an answer to an earlier one, for another race, must not touch it. */
const openings = new WeakMap();

/** Show what fits the state of the race. @param {HTMLElement} root */
function refresh(root) {
  const manage = root.querySelector("[data-manage]");
  if (!(manage instanceof HTMLElement)) {
    return;
  }
  const { status, state } = root.dataset;
  const over = status === "ended" || state === "ended";
  const flown = status === "live" || state === "live" || state === "stale";
  const fits = { end: !over && status !== "ending" && state !== "ending", save: over || flown, delete: over };
  for (const button of manage.querySelectorAll("button")) {
    button.hidden = !fits[/** @type {Act} */ (button.dataset.act)];
  }
  manage.hidden = !root.hasAttribute("data-may-direct");
}

/** @param {ParentNode} where */
function refreshAll(where) {
  for (const root of where.querySelectorAll("[data-race]")) {
    refresh(/** @type {HTMLElement} */ (root));
  }
}

/** @param {Act} act @param {HTMLElement} root */
function ask(act, root) {
  const dialog = find(dialogs, `dialog[data-for="${act}"]`, HTMLDialogElement);
  const { name = "", map = "", track } = root.dataset;
  write(find(dialog, "[data-name]", HTMLElement), name);
  refuse(dialog, "");
  if (act === "save") {
    find(dialog, "#save-name", HTMLInputElement).value = name;
    const field = find(dialog, "#save-map", HTMLInputElement);
    field.value = map;
    field.readOnly = track !== undefined;
    find(dialog, "#save-map-help", HTMLElement).hidden = track === undefined;
  }
  const opening = {};
  openings.set(dialog, opening);
  busy(dialog, false);
  const form = find(dialog, "form", HTMLFormElement);
  form.onsubmit = (event) => {
    event.preventDefault();
    const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
    if (button?.value === "cancel") {
      dialog.close();
    } else {
      perform(act, root, dialog, () => openings.get(dialog) === opening);
    }
  };
  dialog.showModal();
}

/** @param {HTMLDialogElement} dialog @param {boolean} on */
function busy(dialog, on) {
  dialog.querySelectorAll("button").forEach((button) => (button.disabled = on));
}

/**
 * Do it. What is done shows on its race even when the dialog has been closed, or asks about another race, meanwhile.
 * @param {Act} act @param {HTMLElement} root @param {HTMLDialogElement} dialog @param {() => boolean} isLast
 */
async function perform(act, root, dialog, isLast) {
  const wanted = saved(act);
  busy(dialog, true);
  refuse(dialog, "");
  try {
    await call(act, root, wanted);
    if (isLast()) {
      dialog.close();
    }
    settle(act, root, wanted);
  } catch (error) {
    if (!(error instanceof Refusal)) {
      throw error;
    }
    console.warn("The call was refused:", error);
    if (isLast() && dialog.open) {
      refuse(dialog, error.message);
    } else {
      write(said, `${root.dataset.name}: ${error.message}`);
    }
  } finally {
    if (isLast()) {
      busy(dialog, false);
    }
  }
}

/** What the dialog that saves says. @param {Act} act @returns {Saved | undefined} */
function saved(act) {
  const value = (/** @type {string} */ id) => find(dialogs, id, HTMLInputElement).value;
  return act === "save" ? { name: value("#save-name"), drift_map: value("#save-map") } : undefined;
}

/** @param {Act} act @param {HTMLElement} root @param {Saved} [body] @throws {Refusal} */
function call(act, root, body) {
  const address = `${dialogs.dataset.api}${root.dataset.race}/`;
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? "";
  return act === "delete" ? sendJson("DELETE", address, token) : sendJson("POST", `${address}${act}/`, token, body);
}

/** @param {Act} act @param {HTMLElement} root @param {Saved} [as] */
function settle(act, root, as) {
  if (act === "delete") {
    if (root.id === "race") {
      location.assign(dialogs.dataset.lobby ?? "/");
      return;
    }
    root.remove();
    find(document, "#main", HTMLElement).focus();
    write(said, "The race is deleted.");
  } else if (act === "end") {
    root.dataset.status = "ended";
    write(said, "The race has ended.");
  } else if (as) {
    const { name, drift_map: map } = as;
    root.dataset.name = name;
    root.dataset.map = map;
    for (const heading of root.querySelectorAll('[data-field="name"]')) {
      write(heading, name);
    }
    write(said, "The race is saved.");
  }
}

/** @param {HTMLDialogElement} dialog @param {string} text */
function refuse(dialog, text) {
  const refusal = find(dialog, ".refusal", HTMLElement);
  write(refusal, text);
  refusal.hidden = text === "";
}

document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest("[data-manage] button[data-act]") : null;
  const root = button?.closest("[data-race]");
  if (button instanceof HTMLElement && root instanceof HTMLElement) {
    ask(/** @type {Act} */ (button.dataset.act), root);
  }
});

new MutationObserver((changes) => {
  for (const { type, target, addedNodes } of changes) {
    if (type === "attributes") {
      refresh(/** @type {HTMLElement} */ (target));
    } else if (addedNodes.length > 0) {
      refreshAll(/** @type {HTMLElement} */ (target));
    }
  }
}).observe(find(document, "#main", HTMLElement), {
  subtree: true,
  childList: true,
  attributes: true,
  attributeFilter: WATCHED,
});
refreshAll(document);
