// Both laps in 3D, where the browser can: the reference as it flew, and the ghost at the same time since the line.

import { find } from "../common/dom.js";
import { NoWebGL, Stage } from "../scene/stage.js";
import { SIDES } from "./loading.js";

/** @typedef {import("../data/ring.js").FrameStore} FrameStore */
/** @typedef {import("../wire/protocol.js").Track} Track */

/** @type {ReadonlySet<number>} */
const NONE = new Set();
// As long as the longest trail: most laps show all of their way.
const TRAIL_S = 60;

export class LapScene {
  /** @type {Stage | null} */
  #stage = null;

  /** @param {HTMLElement} page @param {Track | null} track */
  constructor(page, track) {
    const holder = find(page, "#scene", HTMLElement);
    const tools = find(page, "#scene-tools", HTMLElement);
    holder.hidden = false;
    try {
      this.#stage = new Stage(holder);
    } catch (error) {
      if (!(error instanceof NoWebGL)) {
        throw error;
      }
      holder.hidden = true; // the map beneath shows both laps too
      return;
    }
    tools.hidden = false;
    this.#stage.setTrack(track);
    this.#stage.trailSeconds = TRAIL_S;
    this.#stage.follow = SIDES.a;
    this.#stage.camera = "orbit";
    this.#stage.onpick = (drone) => this.#follow(drone);
    const camera = find(tools, "#camera", HTMLSelectElement);
    camera.addEventListener("change", () => this.#set("camera", camera.value));
    const colour = find(tools, "#trail-colour", HTMLSelectElement);
    colour.addEventListener("change", () => this.#set("trailColour", colour.value));
  }

  /** @param {"camera" | "trailColour"} what @param {string} value of the template's choice */
  #set(what, value) {
    if (this.#stage) {
      Object.assign(this.#stage, { [what]: value });
    }
  }

  /** @param {number} drone */
  #follow(drone) {
    if (this.#stage) {
      this.#stage.follow = drone;
    }
  }

  /** @param {string} a what the laps are called @param {string} b */
  name(a, b) {
    this.#stage?.setDrones([
      { drone: SIDES.a, label: a, sign: "A" },
      { drone: SIDES.b, label: b, sign: "B", ghost: true },
    ]);
  }

  /** @param {number} time s since the line @param {FrameStore} store */
  draw(time, store) {
    this.#stage?.draw(time, store, NONE);
  }
}
