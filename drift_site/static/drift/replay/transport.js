// The buttons and figures under the scene.

import { find, write } from "../common/dom.js";
import { lapAt } from "./marks.js";
import { SPEEDS } from "./player.js";
import { clock, times } from "./timetext.js";

/** @typedef {import("./keys.js").Command} Command */
/** @typedef {import("./session.js").Session} Session */

export class Transport {
  #root;
  #session;
  #play;
  #speed;
  /** What a button asks for. @type {(command: Command) => void} */
  oncommand = () => {};

  /** @param {HTMLElement} root @param {Session} session */
  constructor(root, session) {
    this.#root = root;
    this.#session = session;
    this.#play = this.#button("toggle");
    this.#speed = this.#select("speed");
    SPEEDS.forEach((speed) => this.#speed.append(new Option(times(speed), String(speed))));
    this.#speed.addEventListener("change", () => {
      session.player.setSpeed(Number(this.#speed.value));
      session.onchange();
    });
    root.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button[data-command]") : null;
      if (button instanceof HTMLButtonElement) {
        this.oncommand(/** @type {Command} */ (button.dataset.command));
      }
    });
    write(this.#field("duration"), clock(session.player.duration));
  }

  /** Take up what changes seldom. */
  changed() {
    const { player, marks } = this.#session;
    const { in: from, out: to } = player.ends;
    this.#chooseSpeed(player.speed);
    this.#button("setIn").setAttribute("aria-pressed", String(from !== null));
    this.#button("setOut").setAttribute("aria-pressed", String(to !== null));
    this.#button("clearLoop").disabled = from === null && to === null;
    for (const command of /** @type {Command[]} */ (["previousLap", "nextLap"])) {
      this.#button(command).disabled = marks.starts.length === 0;
    }
  }

  /** At most ten times a second. */
  write() {
    const { player, marks } = this.#session;
    write(this.#field("time"), clock(player.time, player.playing ? 1 : 3));
    const lap = lapAt(marks, player.time);
    write(this.#field("lap"), lap ? `Lap ${lap.number}` : "");
    const name = player.playing ? "Pause" : "Play";
    if (this.#play.getAttribute("aria-label") !== name) {
      this.#play.setAttribute("aria-label", name);
      this.#play.classList.toggle("playing", player.playing);
    }
  }

  /** @param {number} speed */
  #chooseSpeed(speed) {
    if (![...this.#speed.options].some((option) => Number(option.value) === speed)) {
      const after = [...this.#speed.options].find((option) => Number(option.value) > speed) ?? null;
      this.#speed.insertBefore(new Option(times(speed), String(speed)), after);
    }
    this.#speed.value = String(speed);
  }

  /** @param {string} name */
  #field(name) {
    return find(this.#root, `[data-field="${name}"]`, HTMLElement);
  }

  /** @param {string} name */
  #select(name) {
    return find(this.#root, `select[data-field="${name}"]`, HTMLSelectElement);
  }

  /** @param {Command} command */
  #button(command) {
    return find(this.#root, `button[data-command="${command}"]`, HTMLButtonElement);
  }
}
