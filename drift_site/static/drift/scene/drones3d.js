// All drones of the scene: where they are at a moment, how large they are drawn, which labels have room, which one is meant
// by a click.

import { Vector3 } from "three";

import { sampleAt } from "../data/sample.js";
import { DroneModel, SPAN_M } from "./dronemodel.js";
import { enlargement } from "./framing.js";
import { sizePicture } from "./labels.js";

/** @typedef {import("../data/series.js").Store} Store */
/** @typedef {import("./palette.js").Palette} Palette */
/** @typedef {{drone: number, label: string, ghost?: boolean, sign?: string}} DroneInfo */

const LEAST_PX = 22;
const MOST_ENLARGED = 14;
// A finger needs 44 px: this far around a drone is the drone.
const REACH_PX = 30;
const MARK_ROOM_PX = 28;
const LABEL_PX = 24;

const projected = new Vector3();

export class Drones3D {
  #scene;
  /** @type {DroneModel[]} */
  models = [];
  /** @type {Map<number, DroneModel>} */
  #byNumber = new Map();
  #time = NaN;

  /** @param {import("three").Scene} scene */
  constructor(scene) {
    this.#scene = scene;
  }

  /** @param {number} drone */
  get(drone) {
    return this.#byNumber.get(drone);
  }

  /** @param {DroneInfo[]} infos @param {Palette} palette @param {boolean} anew also those that are as before */
  set(infos, palette, anew = false) {
    const before = this.#byNumber;
    this.#byNumber = new Map();
    for (const info of infos) {
      const known = before.get(info.drone);
      const same = !anew && known?.label === info.label && known.ghost === (info.ghost ?? false);
      const model = same && known ? known : new DroneModel(this.#scene, info, known?.props ?? 0, palette);
      this.#byNumber.set(info.drone, model);
    }
    for (const model of before.values()) {
      if (this.#byNumber.get(model.number) !== model) {
        model.dispose();
      }
    }
    this.models = [...this.#byNumber.values()];
  }

  /**
   * @param {number} time race seconds @param {Store} store @param {ReadonlySet<number>} stale @param {Palette} palette
   */
  place(time, store, stale, palette) {
    const elapsed = Math.abs(time - this.#time) < 1 ? time - this.#time : 0;
    this.#time = time;
    for (let index = 0; index < this.models.length; index += 1) {
      const model = this.models[index];
      sampleAt(store.get(model.number), time, model.sample);
      if (model.sample.motorCount > 0 && model.sample.motorCount !== model.props) {
        this.#refit(index, palette);
      }
      const current = this.models[index];
      current.setStale(stale.has(current.number));
      if (current.place()) {
        current.spin(elapsed);
      }
    }
  }

  /** The stream says how many propellers it has. @param {number} index @param {Palette} palette */
  #refit(index, palette) {
    const old = this.models[index];
    const info = { drone: old.number, label: old.label, ghost: old.ghost, sign: old.sign };
    const model = new DroneModel(this.#scene, info, old.sample.motorCount, palette);
    model.sample = old.sample;
    old.dispose();
    this.models[index] = model;
    this.#byNumber.set(model.number, model);
  }

  /**
   * Size everything for the camera, note where each drone is on the screen, and show the labels that have room.
   * @param {import("three").PerspectiveCamera} camera @param {{width: number, height: number}} view px
   * @param {number} pixelsAtOneMetre @param {number} floor m
   * @param {{followed: number | null, inside: boolean, close: boolean}} how whose eyes these are, or who is right before them
   */
  look(camera, view, pixelsAtOneMetre, floor, { followed, inside, close }) {
    for (const model of this.models) {
      if (!model.visible) {
        model.screen.x = model.screen.y = model.screen.distance = NaN;
        continue;
      }
      const distance = model.group.position.distanceTo(camera.position);
      projected.copy(model.group.position).project(camera);
      const seen = projected.z < 1 && Math.abs(projected.x) < 1.1 && Math.abs(projected.y) < 1.1;
      model.screen.x = seen ? ((projected.x + 1) / 2) * view.width : NaN;
      model.screen.y = seen ? ((1 - projected.y) / 2) * view.height : NaN;
      model.screen.distance = distance;
      const scale = enlargement(SPAN_M, distance, pixelsAtOneMetre, LEAST_PX, MOST_ENLARGED);
      model.stand(scale, floor);
      const above = Math.max(10, (0.16 * scale * pixelsAtOneMetre) / Math.max(0.3, distance));
      sizePicture(model.mark, pixelsAtOneMetre, above);
      sizePicture(model.name, pixelsAtOneMetre, above);
      if (inside && model.number === followed) {
        model.hideBody();
      }
    }
    this.#label(followed, inside || close);
  }

  /**
   * Names where they cover nothing; the followed drone's first.
   * @param {number | null} followed @param {boolean} nameless the followed one needs no label
   */
  #label(followed, nameless) {
    for (let index = 0; index < this.models.length; index += 1) {
      const model = this.models[index];
      const own = model.number === followed;
      const shown = model.visible && !Number.isNaN(model.screen.x) && !(nameless && own);
      const free = shown && (own || !this.#covers(index, followed));
      model.name.sprite.visible = free;
      model.mark.sprite.visible = shown && !free;
    }
  }

  /**
   * Whether a drone's name would lie over a mark, or over a name that stands already.
   * @param {number} index @param {number | null} followed
   */
  #covers(index, followed) {
    const model = this.models[index];
    for (let i = 0; i < this.models.length; i += 1) {
      const other = this.models[i];
      if (i !== index && other.visible && Math.abs(other.screen.y - model.screen.y) < MARK_ROOM_PX) {
        const named = other.number === followed || (i < index && other.name.sprite.visible);
        const room = (model.name.width + (named ? other.name.width : MARK_ROOM_PX)) / 2;
        if (Math.abs(other.screen.x - model.screen.x) < room) {
          return true;
        }
      }
    }
    return false;
  }

  /** The drone that is meant by a click, else null. @param {number} x px @param {number} y px */
  at(x, y) {
    let nearest = null;
    let least = REACH_PX;
    for (const model of this.models) {
      // A label stands above its drone and is as good a target.
      const [dx, dy] = [model.screen.x - x, model.screen.y - y];
      const away = Math.min(Math.hypot(dx, dy), Math.hypot(dx, dy - LABEL_PX));
      if (away < least) {
        least = away;
        nearest = model.number;
      }
    }
    return nearest;
  }

  dispose() {
    this.models.forEach((model) => model.dispose());
    this.models = [];
    this.#byNumber.clear();
  }
}
