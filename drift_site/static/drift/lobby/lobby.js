// The lobby: a card for each active race, kept in step with the server's list. Only cards in sight hold a stream.

import { find } from "../common/dom.js";
import { RaceView } from "./raceview.js";
import { watchRaces } from "./racelist.js";

/** @typedef {import("./raceview.js").RaceCard} RaceCard */

// An ended race stays for a while, so that it does not vanish under somebody's eyes.
const ENDED_STAYS_MS = 10_000;

const list = find(document, "#races", HTMLElement);
const empty = find(document, "#empty", HTMLElement);
const notice = find(document, "#notice", HTMLElement);
const blank = find(document, "#race-card", HTMLTemplateElement);

/** @type {Map<string, {element: HTMLElement, view: RaceView, leaving: number}>} */
const cards = new Map();

const sight = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const card = cards.get(/** @type {HTMLElement} */ (target).dataset.race ?? "");
      if (isIntersecting) {
        card?.view.open();
      } else {
        card?.view.close();
      }
    }
  },
  { rootMargin: "200px" },
);

/** @param {HTMLElement} element @param {string} raceId @param {string} status */
function adopt(element, raceId, status) {
  element.dataset.race = raceId;
  const card = { element, view: new RaceView(element, raceId, status), leaving: 0 };
  cards.set(raceId, card);
  sight.observe(element);
  return card;
}

/** @param {RaceCard} race */
function add(race) {
  const copy = /** @type {DocumentFragment} */ (blank.content.cloneNode(true));
  const element = find(copy, "article", HTMLElement);
  list.prepend(element);
  const link = find(element, "a", HTMLAnchorElement);
  link.href = race.url;
  const canvas = find(element, "canvas", HTMLCanvasElement);
  canvas.setAttribute("aria-label", `${race.race_name} from above`);
  return adopt(element, race.race_id, race.status);
}

/** @param {string} raceId */
function remove(raceId) {
  const card = cards.get(raceId);
  if (card) {
    sight.unobserve(card.element);
    card.view.dispose();
    card.element.remove();
    cards.delete(raceId);
  }
  empty.hidden = cards.size > 0;
}

/** @param {RaceCard[]} races newest first */
function show(races) {
  const active = new Set(races.map((race) => race.race_id));
  for (const race of [...races].reverse()) {
    const { view } = cards.get(race.race_id) ?? add(race);
    view.set("name", race.race_name);
    view.set("map", race.drift_map);
    view.set("port", race.udp_port === null ? "–" : String(race.udp_port));
    view.set("send-port", String(race.udp_port ?? ""));
    view.problem(race.problem);
  }
  for (const [raceId, card] of cards) {
    if (!active.has(raceId)) {
      card.leaving ||= Number(setTimeout(() => remove(raceId), ENDED_STAYS_MS));
    }
  }
  empty.hidden = cards.size > 0;
}

/** @param {string} problem */
function warn(problem) {
  if (notice.textContent !== problem) {
    notice.textContent = problem;
    notice.hidden = problem === "";
  }
}

for (const element of list.querySelectorAll("article")) {
  adopt(element, element.dataset.race ?? "", element.dataset.status ?? "waiting");
}
watchRaces(list.dataset.url ?? "", show, warn);
