// Ending, saving and deleting a race: buttons (manage_race.html) inside an element that says which race it is and how it
// is going, and the dialogs that ask first (manage_dialogs.html). It starts by itself on every page that includes those.

import { find, write } from "../common/dom.js";

/** @typedef {"end" | "save" | "delete"} Act */
/** @typedef {{method: string, path: string, body?: Record<string, string>}} Call */

const NO_ANSWER = "The server does not answer. Try again in a moment.";
const WATCHED = ["data-status", "data-state", "data-may-direct"];

const dialogs = find(document, "#manage-dialogs", HTMLElement);
const said = find(dialogs, "[data-said]", HTMLElement);

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
  const form = find(dialog, "form", HTMLFormElement);
  form.onsubmit = (event) => {
    event.preventDefault();
    const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
    if (button?.value === "cancel") {
      dialog.close();
    } else {
      perform(act, root, dialog);
    }
  };
  dialog.showModal();
}

/** @param {Act} act @param {HTMLElement} root @param {HTMLDialogElement} dialog */
async function perform(act, root, dialog) {
  const buttons = [...dialog.querySelectorAll("button")];
  const busy = (/** @type {boolean} */ on) => buttons.forEach((button) => (button.disabled = on));
  busy(true);
  refuse(dialog, "");
  try {
    const refusal = await send(callFor(act, dialog), root);
    if (refusal) {
      refuse(dialog, refusal);
    } else {
      dialog.close();
      settle(act, root, dialog);
    }
  } catch (error) {
    console.warn("The call did not come through:", error);
    refuse(dialog, NO_ANSWER);
  } finally {
    busy(false);
  }
}

/** @param {Act} act @param {HTMLDialogElement} dialog @returns {Call} */
function callFor(act, dialog) {
  if (act === "end") {
    return { method: "POST", path: "end/" };
  }
  if (act === "delete") {
    return { method: "DELETE", path: "" };
  }
  return { method: "POST", path: "save/", body: saved(dialog) };
}

/** @param {HTMLDialogElement} dialog */
function saved(dialog) {
  const value = (/** @type {string} */ id) => find(dialog, id, HTMLInputElement).value;
  return { name: value("#save-name"), drift_map: value("#save-map") };
}

/** @param {Call} call @param {HTMLElement} root @returns {Promise<string>} why it was refused; empty when it was done */
async function send({ method, path, body }, root) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
  const address = `${dialogs.dataset.api}${root.dataset.race}/${path}`;
  const response = await fetch(address, { method, headers, body: body && JSON.stringify(body) });
  return response.ok ? "" : refusalOf(response);
}

/** @param {Response} response */
async function refusalOf(response) {
  const text = await response.text();
  try {
    const answer = JSON.parse(text);
    return answer.detail ?? Object.values(answer).flat().join(" ");
  } catch {
    return `The server refused it (${response.status}).`;
  }
}

/** @param {Act} act @param {HTMLElement} root @param {HTMLDialogElement} dialog */
function settle(act, root, dialog) {
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
  } else {
    const { name, drift_map: map } = saved(dialog);
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

function csrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? "";
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
