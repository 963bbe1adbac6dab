// The cards of the active races. Only those in sight hold a stream.

import { find, write } from "../common/dom.js";
import { age } from "../common/when.js";
import { RaceView } from "./raceview.js";

/** @typedef {import("../wire/lobby.js").RaceCard} RaceCard */
/** @typedef {{element: HTMLElement, view: RaceView, since: number, leaving: number}} Card `since`: ms since 1970 */

// An ended race stays for a while, so that it does not vanish under somebody's eyes.
const ENDED_STAYS_MS = 10_000;
const AGES_EVERY_MS = 5_000;

export class Cards {
  #list;
  #blank;
  #empty;
  /** @type {Map<string, Card>} */
  #cards = new Map();
  /** The server's clock less this computer's, ms. */
  #ahead = 0;
  #sight = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: "200px" });

  /** @param {HTMLElement} list @param {HTMLTemplateElement} blank @param {HTMLElement} empty shown while there are none */
  constructor(list, blank, empty) {
    this.#list = list;
    this.#blank = blank;
    this.#empty = empty;
    for (const element of list.querySelectorAll("article")) {
      this.#adopt(element, element.dataset.race ?? "", element.dataset.status ?? "waiting");
    }
    setInterval(() => this.#writeAges(), AGES_EVERY_MS);
  }

  /**
   * Show these races and no others.
   * @param {RaceCard[]} races newest first @param {number} serverTime µs since 1970
   * @returns {boolean} whether one that was shown is over now
   */
  showAll(races, serverTime) {
    this.#ahead = serverTime / 1000 - Date.now();
    for (const race of [...races].reverse()) {
      this.show(race);
    }
    const active = new Set(races.map((race) => race.race_id));
    let isOver = false;
    for (const raceId of this.#cards.keys()) {
      if (!active.has(raceId)) {
        isOver = this.#leave(raceId) || isOver;
      }
    }
    return isOver;
  }

  /** @param {RaceCard} race */
  show(race) {
    if (race.status === "ended") {
      this.#leave(race.race_id);
      return;
    }
    const card = this.#cards.get(race.race_id) ?? this.#add(race);
    clearTimeout(card.leaving);
    card.leaving = 0;
    card.since = Date.parse(race.started_at ?? race.created_at);
    describe(card.element, race);
    this.#write(card.view, race);
    this.#writeAges();
    this.#empty.hidden = true;
  }

  /** @param {string} raceId */
  remove(raceId) {
    const card = this.#cards.get(raceId);
    if (card) {
      this.#sight.unobserve(card.element);
      card.view.dispose();
      card.element.remove();
      this.#cards.delete(raceId);
    }
    this.#empty.hidden = this.#cards.size > 0;
  }

  /** @param {string} raceId @returns {boolean} whether that is new */
  #leave(raceId) {
    const card = this.#cards.get(raceId);
    if (!card || card.leaving) {
      return false;
    }
    card.leaving = Number(setTimeout(() => this.remove(raceId), ENDED_STAYS_MS));
    card.element.dataset.status = "ended";
    return true;
  }

  /** @param {RaceView} view @param {RaceCard} race */
  #write(view, race) {
    view.set("name", race.race_name);
    view.set("map", race.drift_map);
    view.set("track", race.track ?? "");
    view.set("port", race.udp_port === null ? "–" : String(race.udp_port));
    view.set("send-port", String(race.udp_port ?? ""));
    view.set("viewers", race.viewers === undefined ? "–" : String(race.viewers));
    view.set("creator", race.creator ? `by ${race.creator}` : "");
    view.drones(race.drones);
    view.problem(race.problem);
  }

  #writeAges() {
    for (const { view, since } of this.#cards.values()) {
      if (since) {
        view.set("age", age((Date.now() + this.#ahead - since) / 1000));
      }
    }
  }

  /** @param {HTMLElement} element @param {string} raceId @param {string} status */
  #adopt(element, raceId, status) {
    element.dataset.race = raceId;
    const card = { element, view: new RaceView(element, raceId, status, { preview: true }), since: 0, leaving: 0 };
    this.#cards.set(raceId, card);
    this.#sight.observe(element);
    return card;
  }

  /** @param {RaceCard} race */
  #add(race) {
    const copy = /** @type {DocumentFragment} */ (this.#blank.content.cloneNode(true));
    const element = find(copy, "article", HTMLElement);
    this.#list.prepend(element);
    find(element, "h3 a", HTMLAnchorElement).href = race.url;
    return this.#adopt(element, race.race_id, race.status);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      const view = this.#cards.get(/** @type {HTMLElement} */ (target).dataset.race ?? "")?.view;
      if (isIntersecting) {
        view?.open();
      } else {
        view?.close();
      }
    }
  }
}

/**
 * Put on an element of a race what manage.js and the style sheet go by.
 * @param {HTMLElement} element @param {RaceCard} race
 */
export function describe(element, race) {
  element.dataset.race = race.race_id;
  element.dataset.status = race.status;
  element.dataset.name = race.race_name;
  element.dataset.map = race.drift_map;
  element.toggleAttribute("data-may-direct", race.may_direct);
  if (race.track === null) {
    delete element.dataset.track;
  } else {
    element.dataset.track = race.track;
  }
  find(element, '[data-field="private"]', HTMLElement).hidden = race.public;
  const picture = element.querySelector("canvas");
  picture?.setAttribute("aria-label", `${race.race_name} from above`);
  for (const unseen of element.querySelectorAll("[data-link] .unseen")) {
    write(unseen, ` of ${race.race_name}`);
  }
}
