// The moment that is shown: played from the line at real speed, or moved by hand.

import { find, write } from "../common/dom.js";
import { figure } from "../common/format.js";
import { keepsKey } from "../common/keys.js";
import { Seldom } from "../common/seldom.js";

const STEP_S = 0.1;
const LEAP_S = 1;
const SPEAK_EVERY_MS = 1000;
// What takes keys itself while it has the focus: tables scroll, the scene's camera flies. Not what stands within.
const OWN_KEYS = "[role=application], [tabindex='0']";

export class Transport {
  #play;
  #range;
  #at;
  #rate;
  #speakDue = new Seldom(SPEAK_EVERY_MS);
  #duration = 0;
  #last = NaN;
  /** s since both crossed the line. */
  time = 0;
  playing = false;
  /** A person moved it. @type {() => void} */
  onmove = () => {};

  /** @param {HTMLElement} page */
  constructor(page) {
    this.#play = find(page, "#play", HTMLButtonElement);
    this.#range = find(page, "#cursor", HTMLInputElement);
    this.#at = find(page, "#at", HTMLOutputElement);
    this.#rate = find(page, "#rate", HTMLSelectElement);
    this.#play.addEventListener("click", () => this.toggle());
    this.#range.addEventListener("input", () => this.#move(this.#range.valueAsNumber));
    addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {number} duration s */
  set duration(duration) {
    this.#duration = duration;
    this.#range.max = String(duration);
    this.time = Math.min(this.time, duration);
  }

  /** From the line when it stands at the end. */
  toggle() {
    this.playing = !this.playing;
    if (this.playing && this.time >= this.#duration) {
      this.time = 0;
    }
    write(this.#play, this.playing ? "Pause" : "Play");
  }

  stop() {
    if (this.playing) {
      this.toggle();
    }
  }

  /** Go on by what has passed on the page's clock. @param {number} now ms */
  advance(now) {
    const elapsed = Math.min(250, now - this.#last) / 1000 || 0;
    this.#last = now;
    if (this.playing) {
      this.time = Math.min(this.#duration, this.time + elapsed * Number(this.#rate.value));
      if (this.time >= this.#duration) {
        this.toggle();
      }
    }
  }

  /** @param {number} metres that the reference has come @param {string} difference */
  write(metres, difference) {
    write(this.#at, `${figure(this.time, 2)} s`);
    if (this.#range !== document.activeElement || this.playing) {
      this.#range.value = String(this.time);
    }
    if (this.#speakDue.due(performance.now())) {
      this.#range.setAttribute("aria-valuetext", `${figure(this.time, 2)} seconds, ${figure(metres, 0)} metres, B ${difference} seconds`);
    }
  }

  /** @param {number} time */
  #move(time) {
    this.stop();
    this.time = Math.max(0, Math.min(this.#duration, time));
    this.#range.value = String(this.time);
    this.onmove();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { target, key } = event;
    const busy = target instanceof HTMLElement && (target.matches(OWN_KEYS) || keepsKey(target, key));
    if (busy || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) {
      return;
    }
    const step = event.shiftKey ? LEAP_S : STEP_S;
    if (key === " ") {
      this.toggle();
    } else if (key === "ArrowLeft") {
      this.#move(this.time - step);
    } else if (key === "ArrowRight") {
      this.#move(this.time + step);
    } else {
      return;
    }
    event.preventDefault();
  }
}
