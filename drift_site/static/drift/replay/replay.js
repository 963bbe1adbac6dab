// The replay page: puts a session, the scene and the panels together.

import { find } from "../common/dom.js";
import { toggleFullscreen } from "../common/fullscreen.js";
import { fillHelp } from "../common/keys.js";
import * as loop from "../common/loop.js";
import { nameOf } from "../panels/lines.js";
import { read } from "./address.js";
import { factsOf } from "./facts.js";
import { Inputs } from "./inputs.js";
import { HELP } from "./keys.js";
import { Session } from "./session.js";
import { Address, Sharing } from "./share.js";
import { Transport } from "./transport.js";
import { Views } from "./views.js";

/** @typedef {import("./keys.js").Command} Command */

class ReplayPage {
  #session;
  #views;
  #transport;
  #inputs;
  #sharing;
  #root;
  #address = new Address();
  #spoken = find(document, "#spoken", HTMLElement);
  #help = find(document, "#help", HTMLDialogElement);
  #name;
  #last = NaN;
  #said = "";

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    const facts = factsOf(root);
    const people = new Map(facts.drones.map((info) => [info.drone, info]));
    this.#name = (/** @type {number} */ drone) => nameOf(drone, people.get(drone));
    this.#session = new Session(facts, read(location.search));
    this.#transport = new Transport(find(root, ".transport", HTMLElement), this.#session);
    this.#views = new Views(root, facts, this.#session, this.#name);
    this.#sharing = new Sharing(root, find(document, "#link", HTMLDialogElement));
    this.#inputs = new Inputs(root, this.#session, this.#name);
    this.#transport.oncommand = this.#inputs.oncommand = (command, camera = 0) => this.#run(command, camera);
    this.#session.onchange = () => this.#changed();
    fillHelp(this.#help, HELP);
    this.#changed();
    this.#session.begin();
    this.#said = this.#situation;
    loop.add(this);
    tell(this.#session, this.#views);
  }

  /** @param {number} now */
  draw(now) {
    const { player, recording } = this.#session;
    const elapsed = Number.isNaN(this.#last) ? 0 : (now - this.#last) / 1000;
    this.#last = now;
    this.#session.aim();
    player.advance(this.#views.isScrubbing ? 0 : elapsed, (time) => recording.ready(time));
    this.#views.draw(now);
  }

  /** @param {number} now */
  write(now) {
    this.#transport.write();
    this.#views.write(now);
    if (!this.#views.isScrubbing) {
      this.#address.follow(this.#session.place, now);
    }
  }

  #changed() {
    this.#transport.changed();
    this.#inputs.changed();
    this.#views.changed();
    const situation = this.#situation;
    if (this.#said !== "" && situation !== this.#said) {
      this.#said = situation;
      this.#spoken.textContent = situation;
    }
  }

  /** What those hear who do not see the page: what keys change, but for time, which the slider tells. */
  get #situation() {
    const { followed, camera, player } = this.#session;
    const loop = player.loop ? ", in a loop" : "";
    return `${followed === null ? "" : `${this.#name(followed)}, `}${camera} camera, speed ${player.speed}${loop}`;
  }

  /** @param {Command | "retry"} command @param {number} camera */
  #run(command, camera) {
    if (command === "copy") {
      this.#sharing.copy(this.#session.place, (text) => (this.#spoken.textContent = text));
    } else if (command === "help") {
      this.#help.showModal();
    } else if (command === "trail" || command === "colour") {
      this.#inputs.chooseNext(command);
    } else if (command === "fullscreen") {
      this.#fillScreen();
    } else if (command === "retry") {
      this.#session.retryNow();
    } else {
      this.#session.run(command, camera);
    }
  }

  async #fillScreen() {
    if (!(await toggleFullscreen(this.#root))) {
      this.#spoken.textContent = "This browser does not let the page fill the screen.";
    }
  }
}

/**
 * Let tests and the curious read how the replay stands.
 * @param {Session} session @param {Views} views
 */
function tell({ player, recording }, views) {
  const counters = {
    get time() {
      return player.time;
    },
    get playing() {
      return player.playing;
    },
    get waiting() {
      return player.waiting;
    },
    get drawn() {
      return views.drawn;
    },
    get received() {
      return recording.store.received;
    },
    get bytes() {
      return recording.store.bytes;
    },
  };
  Object.defineProperty(globalThis, "drift", { value: Object.freeze(counters) });
}

new ReplayPage(find(document, "#replay", HTMLElement));
