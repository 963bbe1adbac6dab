// The stage that a page uses: 3D where the browser gives it, else the view from above, and it says which.

import { MapStage } from "../map/mapstage.js";
import { NoWebGL, Stage } from "./stage.js";

/** @typedef {import("../data/series.js").Store} Store */
/** @typedef {import("../wire/protocol.js").Track} Track */
/** @typedef {import("./choices.js").CameraMode} CameraMode */
/** @typedef {import("./choices.js").TrailColour} TrailColour */
/** @typedef {import("./drones3d.js").DroneInfo} DroneInfo */

const NO_WEBGL = "This browser gives no 3D (WebGL). The race is shown from above.";
const LOST = "The graphics card has taken the 3D picture away. The race is shown from above until it is back.";

/** Has the interface of Stage, and never throws NoWebGL. */
export class AnyStage {
  /** @type {(drone: number) => void} */
  onpick = () => {};
  /** @type {number | null} */
  follow = null;
  /** @type {number | null} */
  nextGate = null;
  trailSeconds = 15;
  /** @type {TrailColour} */
  trailColour = "pilot";
  #container;
  #notice = document.createElement("p");
  /** @type {Stage | null} */
  #stage = null;
  /** @type {MapStage | null} */
  #map = null;
  /** @type {Track | null} */
  #track = null;
  /** @type {DroneInfo[]} */
  #infos = [];
  /** @type {CameraMode} */
  #camera = "chase";

  /** @param {HTMLElement} container @param {{overlay?: boolean}} [options] */
  constructor(container, options = {}) {
    this.#container = container;
    this.#notice.className = "stage-notice";
    this.#notice.setAttribute("role", "status");
    this.#notice.hidden = true;
    container.append(this.#notice);
    try {
      this.#stage = new Stage(container, options);
      this.#stage.onlost = (lost) => this.#lost(lost);
      this.#stage.onpick = (drone) => this.onpick(drone);
    } catch (error) {
      if (!(error instanceof NoWebGL)) {
        throw error;
      }
      this.#showMap(NO_WEBGL);
    }
  }

  get camera() {
    return this.#camera;
  }

  /** At once, not with the next picture: a camera takes keys and pointers too. */
  set camera(mode) {
    this.#camera = mode;
    if (this.#stage && this.#stage.camera !== mode) {
      this.#stage.camera = mode;
    }
  }

  /** What the person looks at. */
  get kind() {
    return this.#map ? "map" : "3d";
  }

  get drawn() {
    return (this.#stage?.drawn ?? 0) + (this.#map?.drawn ?? 0);
  }

  get legend() {
    return (this.#map ?? this.#stage)?.legend;
  }

  /** What the graphics card holds; null without one. */
  get load() {
    return this.#stage?.load ?? null;
  }

  /** Where a drone was drawn last, px from the left and top; null out of sight. @param {number} drone */
  whereIs(drone) {
    return (this.#map ?? this.#stage)?.whereIs(drone) ?? null;
  }

  /** @param {Track | null} track */
  setTrack(track) {
    this.#track = track;
    this.#stage?.setTrack(track);
    this.#map?.setTrack(track);
  }

  /** @param {DroneInfo[]} infos */
  setDrones(infos) {
    this.#infos = infos;
    this.#stage?.setDrones(infos);
    this.#map?.setDrones(infos);
  }

  /** @param {number} time race seconds @param {Store} store @param {ReadonlySet<number>} stale */
  draw(time, store, stale) {
    const shown = this.#map ?? this.#stage;
    if (shown) {
      shown.follow = this.follow;
      shown.nextGate = this.nextGate;
      shown.trailSeconds = this.trailSeconds;
      if (shown instanceof Stage) {
        shown.trailColour = this.trailColour;
      }
      shown.draw(time, store, stale);
    }
  }

  /** @param {boolean} lost */
  #lost(lost) {
    if (lost) {
      this.#showMap(LOST);
    } else {
      this.#map?.dispose();
      this.#map = null;
      this.#notice.hidden = true;
    }
  }

  /** @param {string} why */
  #showMap(why) {
    this.#map ??= new MapStage(this.#container);
    this.#map.onpick = (drone) => this.onpick(drone);
    this.#map.setTrack(this.#track);
    this.#map.setDrones(this.#infos);
    this.#notice.textContent = why;
    this.#notice.hidden = false;
    this.#container.append(this.#notice);
  }

  dispose() {
    this.#stage?.dispose();
    this.#map?.dispose();
    this.#notice.remove();
  }
}
