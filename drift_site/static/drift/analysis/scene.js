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
  #holder;
  #tools;

  /** @param {HTMLElement} page @param {Track | null} track */
  constructor(page, track) {
    this.#holder = find(page, "#scene", HTMLElement);
    this.#tools = find(page, "#scene-tools", HTMLElement);
    this.#show(true);
    try {
      this.#stage = new Stage(this.#holder);
    } catch (error) {
      if (!(error instanceof NoWebGL)) {
        throw error;
      }
      this.#show(false);
      return;
    }
    const stage = this.#stage;
    stage.setTrack(track);
    stage.trailSeconds = TRAIL_S;
    stage.follow = SIDES.a;
    stage.camera = "orbit";
    stage.onpick = (drone) => (stage.follow = drone);
    stage.onlost = (lost) => this.#show(!lost);
    const camera = find(this.#tools, "#camera", HTMLSelectElement);
    camera.addEventListener("change", () => Object.assign(stage, { camera: camera.value }));
    const colour = find(this.#tools, "#trail-colour", HTMLSelectElement);
    colour.addEventListener("change", () => Object.assign(stage, { trailColour: colour.value }));
  }

  /** Without a picture the map beneath, which shows both laps too, takes its place. @param {boolean} shown */
  #show(shown) {
    this.#holder.hidden = this.#tools.hidden = !shown;
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
