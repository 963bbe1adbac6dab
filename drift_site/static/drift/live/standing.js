// How things stand, in words: the race's state, how far behind the picture is, and what is said over the scene.

import { find, write } from "../common/dom.js";
import { figure } from "../common/format.js";

/** @typedef {import("./liverace.js").LiveRace} LiveRace */
/** @typedef {import("../wire/feed.js").Situation} Situation */

/**
 * What is said in the middle of the scene; elsewhere the header's line is enough, or the panel that says where to send.
 * @type {Partial<Record<Situation["kind"], string>>}
 */
const COVERS = {
  connecting: "Connecting…",
  ended: "This race has ended.",
};

export class Standing {
  #root;
  #spoken;
  #kind = "";
  /** @type {Map<string, HTMLElement>} */
  #fields = new Map();

  /** @param {HTMLElement} root @param {HTMLElement} spoken is read out when it changes */
  constructor(root, spoken) {
    this.#root = root;
    this.#spoken = spoken;
  }

  /** @param {LiveRace} race */
  write(race) {
    const { situation } = race;
    write(this.#field("state"), situation.text);
    if (situation.kind !== this.#kind) {
      this.#kind = situation.kind;
      this.#root.dataset.state = situation.kind;
      // Said once each time; the countdown and the figures change too often to be read out.
      write(this.#spoken, situation.kind === "reconnecting" ? "No connection. Reconnecting." : situation.text);
    }
    const flows = situation.kind === "live";
    write(this.#field("latency"), flows && Number.isFinite(race.edge) ? `${Math.round(race.inbox.clock.buffer * 1000)} ms` : "");
    write(this.#field("rate"), flows && !Number.isNaN(race.rate) ? `${figure(race.rate, 0)} frames/s` : "");
    this.#cover(race);
    this.#time(race);
  }

  /** @param {LiveRace} race */
  #cover({ situation, inbox }) {
    const seen = inbox.store.received > 0;
    const told = situation.kind === "refused" || (situation.kind === "reconnecting" && !seen);
    const text = COVERS[situation.kind] ?? (told ? situation.text : "");
    const field = this.#field("cover");
    field.hidden = text === "" || (situation.kind === "connecting" && seen);
    write(this.#field("cover-text"), text);
    this.#field("cover-doors").hidden = situation.kind !== "ended";
    this.#field("cover-lobby").hidden = situation.kind !== "refused";
  }

  /** @param {LiveRace} race */
  #time({ player, edge }) {
    const { kind } = player;
    const behind = player.behind(edge);
    const late = player.delay > 0 ? `Delayed by ${player.delay} s` : "";
    const where = kind === "paused" ? `Paused, ${figure(behind, 1)} s behind` : `${figure(behind, 1)} s behind`;
    const text = kind === "live" ? late : [where, late].filter(Boolean).join(" · ");
    const when = this.#field("when");
    when.hidden = text === "" || !Number.isFinite(edge);
    write(when, text);
    write(this.#field("toggle"), kind === "paused" ? "Go on" : "Pause");
    const toLive = this.#field("to-live");
    if (toLive instanceof HTMLButtonElement) {
      toLive.disabled = kind === "live";
    }
    this.#root.dataset.player = kind;
  }

  /** @param {string} name */
  #field(name) {
    let field = this.#fields.get(name);
    if (!field) {
      field = find(this.#root, `[data-field="${name}"]`, HTMLElement);
      this.#fields.set(name, field);
    }
    return field;
  }
}
