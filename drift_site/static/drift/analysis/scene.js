// Both laps in 3D, where the browser can: the reference as it flew, and the ghost at the same time since the line.

import { find } from "../common/dom.js";
import { onRecolour } from "../panels/canvas.js";
import { NoWebGL, Stage } from "../scene/stage.js";
import { SIDES } from "./loading.js";

/** @typedef {import("../data/ring.js").FrameStore} FrameStore */
/** @typedef {import("../wire/protocol.js").Track} Track */

/** @type {ReadonlySet<number>} */
const NONE = new Set();
// As long as the longest trail: most laps show all of their way.
const TRAIL_S = 60;
// After the last change the camera still glides for a moment; then nothing is drawn until something changes again.
const AWAKE_MS = 2000;
const HANDS = ["pointerdown", "pointermove", "wheel", "keydown", "keyup"];

export class LapScene {
  /** @type {Stage | null} */
  #stage = null;
  #time = NaN;
  #changedAt = 0;
  #inView = true;

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
    this.#wakeBy(holder);
  }

  /** What makes the picture another one beside the time. @param {HTMLElement} holder */
  #wakeBy(holder) {
    const wake = () => this.#wake();
    HANDS.forEach((hand) => holder.addEventListener(hand, wake, { passive: true }));
    new ResizeObserver(wake).observe(holder);
    onRecolour(wake);
    new IntersectionObserver(([{ isIntersecting }]) => {
      this.#inView = isIntersecting;
      wake();
    }).observe(holder);
  }

  #wake() {
    this.#changedAt = performance.now();
  }

  /** @param {"camera" | "trailColour"} what @param {string} value of the template's choice */
  #set(what, value) {
    if (this.#stage) {
      Object.assign(this.#stage, { [what]: value });
      this.#wake();
    }
  }

  /** @param {number} drone */
  #follow(drone) {
    if (this.#stage) {
      this.#stage.follow = drone;
      this.#wake();
    }
  }

  /** @param {string} a what the laps are called @param {string} b */
  name(a, b) {
    this.#wake();
    this.#stage?.setDrones([
      { drone: SIDES.a, label: a, sign: "A" },
      { drone: SIDES.b, label: b, sign: "B", ghost: true },
    ]);
  }

  /** @param {number} time s since the line @param {FrameStore} store */
  draw(time, store) {
    if (time !== this.#time) {
      this.#time = time;
      this.#wake();
    }
    if (this.#inView && performance.now() - this.#changedAt < AWAKE_MS) {
      this.#stage?.draw(time, store, NONE);
    }
  }
}
