// The free camera: W A S D or arrows fly, Q and E sink and rise, Shift is faster, a drag looks around, the wheel goes ahead.

import { Euler, Vector3 } from "three";

/** @type {Readonly<Record<string, readonly [number, number, number]>>} right, up, back */
const WAYS = Object.freeze({
  KeyW: [0, 0, -1], ArrowUp: [0, 0, -1], KeyS: [0, 0, 1], ArrowDown: [0, 0, 1],
  KeyA: [-1, 0, 0], ArrowLeft: [-1, 0, 0], KeyD: [1, 0, 0], ArrowRight: [1, 0, 0],
  KeyQ: [0, -1, 0], KeyE: [0, 1, 0],
});
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
  /** @type {Set<string>} */
  #held = new Set();
  #fast = false;
  /** @type {Map<number, {x: number, y: number}>} */
  #pointers = new Map();
  #ahead = 0;
  #ends = new AbortController();

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
    const { signal } = this.#ends;
    element.addEventListener("keydown", (event) => this.#key(event, true), { signal });
    element.addEventListener("keyup", (event) => this.#key(event, false), { signal });
    element.addEventListener("blur", () => this.#held.clear(), { signal });
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
    this.#held.clear();
  }

  /** @param {number} elapsed s @param {import("three").PerspectiveCamera} camera */
  move(elapsed, camera) {
    step.set(0, 0, 0);
    for (const code of this.#held) {
      const [right, up, back] = WAYS[code];
      step.x += right;
      step.y += up;
      step.z += back;
    }
    camera.quaternion.setFromEuler(this.#turn);
    step.multiplyScalar(Math.min(0.1, elapsed) * SPEED_M_PER_S * (this.#fast ? FASTER : 1));
    step.z -= this.#ahead;
    this.#ahead = 0;
    this.#position.add(step.applyQuaternion(camera.quaternion));
    camera.position.copy(this.#position);
  }

  /** @param {KeyboardEvent} event @param {boolean} down */
  #key(event, down) {
    this.#fast = event.shiftKey;
    if (!this.enabled || !(event.code in WAYS) || event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    // The page's own keys, the arrows among them, rest while somebody flies.
    event.preventDefault();
    if (down) {
      this.#held.add(event.code);
    } else {
      this.#held.delete(event.code);
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
