// Gates: a frame of the gate's size, its number or name above, arrows the way it is flown; the next one stands out.

import {
  BoxGeometry, ConeGeometry, DoubleSide, Group, Matrix4, Mesh, MeshBasicMaterial, MeshLambertMaterial, PlaneGeometry,
  Quaternion, Vector3,
} from "three";

import { gateTurn, placed } from "./axes.js";
import { disposePicture, gatePicture, sizePicture } from "./labels.js";
import { merged } from "./shapes.js";

/** @typedef {import("../wire/protocol.js").Gate} Gate */
/** @typedef {import("./labels.js").Picture} Picture */
/** @typedef {import("./palette.js").Palette} Palette */

/**
 * What stands at one place; a gate that is flown twice a lap is one of them.
 * @typedef {object} Place
 * @property {number[]} orders
 * @property {Gate} gate
 * @property {Group} group
 * @property {Mesh<import("three").BufferGeometry, MeshLambertMaterial>} frame
 * @property {Mesh<PlaneGeometry, MeshBasicMaterial>} pane
 * @property {Picture} label
 * @property {Picture} nextLabel
 */

export class Gates3D {
  #scene;
  /** @type {Place[]} */
  #places = [];
  #next = 0; // none so far, which is not the same as NaN: that the next gate is not known

  /** @param {import("three").Scene} scene */
  constructor(scene) {
    this.#scene = scene;
  }

  /** @param {Gate[]} gates @param {Palette} palette */
  set(gates, palette) {
    this.dispose();
    /** @type {Map<string, {gate: Gate, orders: number[], labels: string[]}>} */
    const places = new Map();
    for (const gate of gates) {
      const key = [gate.x, gate.y, gate.z, gate.yaw, gate.pitch, gate.width, gate.height].join();
      const place = places.get(key) ?? { gate, orders: [], labels: [] };
      place.orders.push(gate.order);
      place.labels.push(gate.label ? `${gate.order} ${gate.label}` : String(gate.order));
      places.set(key, place);
    }
    this.#places = [...places.values()].map(({ gate, orders, labels }) => {
      return this.#stand(gate, orders, labels.join(" · "), palette);
    });
    this.#next = 0;
  }

  /** @param {Gate} gate @param {number[]} orders @param {string} text @param {Palette} palette @returns {Place} */
  #stand(gate, orders, text, palette) {
    const group = new Group();
    placed(gate.x, gate.y, gate.z, group.position);
    gateTurn(gate.yaw, gate.pitch, group.quaternion);
    const frame = new Mesh(frameOf(gate, palette), new MeshLambertMaterial({ vertexColors: true, transparent: true }));
    const pane = new Mesh(
      new PlaneGeometry(gate.width, gate.height),
      new MeshBasicMaterial({ color: palette.next, transparent: true, depthWrite: false, side: DoubleSide }),
    );
    const label = gatePicture(palette, text, false);
    const nextLabel = gatePicture(palette, text, true);
    for (const { sprite } of [label, nextLabel]) {
      sprite.position.set(0, gate.height / 2, 0);
    }
    group.add(frame, pane, label.sprite, nextLabel.sprite);
    this.#scene.add(group);
    return { orders, gate, group, frame, pane, label, nextLabel };
  }

  /**
   * @param {number} next the order of the gate that the followed drone flies to; NaN for none
   * @param {Palette} palette
   */
  highlight(next, palette) {
    if (Object.is(next, this.#next)) {
      return;
    }
    this.#next = next;
    for (const { orders, frame, pane, label, nextLabel } of this.#places) {
      const isNext = orders.includes(next);
      frame.material.emissive.copy(palette.next).multiplyScalar(isNext ? 0.75 : 0);
      frame.material.opacity = isNext || Number.isNaN(next) ? 1 : 0.72;
      pane.material.opacity = isNext ? 0.1 : 0.03;
      label.sprite.visible = !isNext;
      nextLabel.sprite.visible = isNext;
    }
  }

  /** Keep the numbers readable from wherever. @param {number} pixelsAtOneMetre */
  draw(pixelsAtOneMetre) {
    for (const { label, nextLabel } of this.#places) {
      sizePicture(label, pixelsAtOneMetre, 8);
      sizePicture(nextLabel, pixelsAtOneMetre, 8);
    }
  }

  dispose() {
    for (const { group, frame, pane, label, nextLabel } of this.#places) {
      group.removeFromParent();
      disposePicture(label);
      disposePicture(nextLabel);
      for (const mesh of [frame, pane]) {
        mesh.geometry.dispose();
        mesh.material.dispose();
      }
    }
    this.#places = [];
  }
}

/**
 * Four bars around the opening, the upper one in the colour of start/finish for the first gate, and three arrows below
 * that point the way through.
 * @param {Gate} gate @param {Palette} palette
 */
function frameOf({ width, height, order }, palette) {
  const bar = Math.min(0.3, Math.max(0.08, 0.05 * Math.min(width, height)));
  const colour = order === 1 ? palette.drones[6] : palette.gate;
  const wide = width + 2 * bar;
  const box = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ w, /** @type {number} */ h) => ({
    geometry: new BoxGeometry(w, h, bar),
    matrix: new Matrix4().setPosition(x, y, 0),
    colour,
  });
  const ahead = new Quaternion().setFromAxisAngle(new Vector3(1, 0, 0), -Math.PI / 2);
  const arrow = (/** @type {number} */ forward) => ({
    geometry: new ConeGeometry(2 * bar, 4 * bar, 3),
    matrix: new Matrix4().compose(new Vector3(0, -height / 2 - bar, -forward), ahead, new Vector3(1, 1, 0.4)),
    colour,
  });
  const side = (width + bar) / 2;
  const rise = (height + bar) / 2;
  return merged([
    box(0, rise, wide, bar), box(0, -rise, wide, bar), box(-side, 0, bar, height), box(side, 0, bar, height),
    arrow(3 * bar), arrow(9 * bar), arrow(15 * bar),
  ]);
}
