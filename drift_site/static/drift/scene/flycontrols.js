// The free camera: W A S D or arrows fly, Q and E sink and rise, Shift is faster, a drag looks around, the wheel goes ahead.

import { Euler, Vector3 } from "three";

import { FlyKeys } from "./flykeys.js";

const SPEED_M_PER_S = 14;
const FASTER = 4;
const TURN_PER_PX = 0.0035;
const WHEEL_M = 2;
const STEEPEST = Math.PI / 2 - 0.01;

const step = new Vector3();

export class FlyControls {
  enabled = false;
  #element;
  #position = new Vector3(0, 6, 20);
  #turn = new Euler(0, 0, 0, "YXZ");
  #keys = new FlyKeys();
  /** @type {Map<number, {x: number, y: number}>} */
  #pointers = new Map();
  #ahead = 0;
  #ends = new AbortController();

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
    const { signal } = this.#ends;
    element.addEventListener("keydown", (event) => this.#press(event), { signal });
    element.addEventListener("keyup", (event) => this.#keys.release(event), { signal });
    element.addEventListener("blur", () => this.#keys.clear(), { signal });
    element.addEventListener("pointerdown", (event) => this.#down(event), { signal });
    element.addEventListener("pointermove", (event) => this.#drag(event), { signal });
    element.addEventListener("pointerup", (event) => this.#pointers.delete(event.pointerId), { signal });
    element.addEventListener("pointercancel", (event) => this.#pointers.delete(event.pointerId), { signal });
    element.addEventListener("wheel", (event) => this.#wheel(event), { signal, passive: false });
  }

  /** Begin where another camera stands. @param {import("three").PerspectiveCamera} camera */
  take(camera) {
    this.#position.copy(camera.position);
    this.#turn.setFromQuaternion(camera.quaternion);
    this.#turn.z = 0;
    this.#keys.clear();
  }

  get isMoving() {
    return this.#keys.isMoving;
  }

  /** @param {number} elapsed s @param {import("three").PerspectiveCamera} camera */
  move(elapsed, camera) {
    step.set(this.#keys.right, this.#keys.up, this.#keys.back);
    camera.quaternion.setFromEuler(this.#turn);
    step.multiplyScalar(Math.min(0.1, elapsed) * SPEED_M_PER_S * (this.#keys.isFast ? FASTER : 1));
    step.z -= this.#ahead;
    this.#ahead = 0;
    this.#position.add(step.applyQuaternion(camera.quaternion));
    camera.position.copy(this.#position);
  }

  /** The page's own keys, the arrows among them, rest while somebody flies. @param {KeyboardEvent} event */
  #press(event) {
    if (this.enabled && this.#keys.press(event)) {
      event.preventDefault();
    }
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (this.enabled) {
      this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      this.#element.setPointerCapture(event.pointerId);
    }
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    const last = this.#pointers.get(event.pointerId);
    if (!this.enabled || !last) {
      return;
    }
    const [dx, dy] = [event.clientX - last.x, event.clientY - last.y];
    last.x = event.clientX;
    last.y = event.clientY;
    if (this.#pointers.size > 1) {
      this.#ahead -= dy * 0.05;
      return;
    }
    this.#turn.y += dx * TURN_PER_PX;
    this.#turn.x = Math.max(-STEEPEST, Math.min(STEEPEST, this.#turn.x + dy * TURN_PER_PX));
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    if (this.enabled) {
      event.preventDefault();
      this.#ahead -= Math.sign(event.deltaY) * WHEEL_M;
    }
  }

  dispose() {
    this.#ends.abort();
  }
}
