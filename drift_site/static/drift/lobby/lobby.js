// The lobby: active races as live cards, finished ones as a list, both kept in step by the lobby's socket. While that is
// away the list of races is asked for every two seconds instead, and a server that answers neither is told of.

import { find, write } from "../common/dom.js";
import { listen } from "../wire/lobby.js";
import { Cards } from "./cards.js";
import { Finished } from "./finished.js";
import { watchRaces } from "./racelist.js";

/** @typedef {import("../wire/lobby.js").LobbyMessage} LobbyMessage */
/** @typedef {import("../wire/lobby.js").RaceCard} RaceCard */

const list = find(document, "#races", HTMLElement);
const notice = find(document, "#notice", HTMLElement);
const url = list.dataset.url ?? "";
const section = find(document, "#finished", HTMLElement);
const template = (/** @type {string} */ id) => find(document, `#${id}`, HTMLTemplateElement);

const cards = new Cards(list, template("race-card"), find(document, "#empty", HTMLElement));
const finished = new Finished(
  find(section, "#finished-list", HTMLElement),
  find(section, "#none-finished", HTMLElement),
  template("finished-race"),
  `${url}?page=${section.dataset.page}`,
);

let hellos = 0;
/** @type {{stop: () => void} | null} */
let polling = null;

/** @param {string} problem */
function warn(problem) {
  write(notice, problem);
  notice.hidden = problem === "";
}

/** @param {RaceCard[]} races @param {number} serverTime µs since 1970 */
function showAll(races, serverTime) {
  if (cards.showAll(races, serverTime)) {
    finished.refresh();
  }
}

/** @param {LobbyMessage} message */
function take(message) {
  if (message.type === "hello") {
    showAll(message.races, message.server_time);
    hellos += 1;
    if (hellos > 1) {
      finished.refresh(); // what ended while nobody listened
    }
  } else if (message.type === "race") {
    cards.show(message.race);
    if (message.race.status === "ended") {
      finished.refresh();
    }
  } else {
    cards.remove(message.race_id);
    if (finished.has(message.race_id)) {
      finished.refresh();
    }
  }
}

/** @param {boolean} open */
function fallBack(open) {
  if (open) {
    polling?.stop();
    polling = null;
    warn("");
  } else {
    polling ??= watchRaces(url, showAll, warn);
  }
}

// A list in a tab that comes back may be hours old.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    finished.refresh();
  }
});
listen(take, fallBack);
