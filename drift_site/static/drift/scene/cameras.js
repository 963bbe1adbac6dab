// Five ways to look: behind the followed drone, out of it, around it, from above, and free.

import { MOUSE, PerspectiveCamera, Quaternion, TOUCH, Vector3 } from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";

import { COLUMN } from "../data/ring.js";
import { mirrored } from "./axes.js";
import { FlyControls } from "./flycontrols.js";
import { easedPart, fitDistance, headingOf, turnTowards } from "./framing.js";

/** @typedef {import("./framing.js").Bounds} Bounds */
/** @typedef {import("./dronemodel.js").DroneModel} DroneModel */
/** @typedef {import("./choices.js").CameraMode} CameraMode */

/** @type {Readonly<Record<CameraMode, number>>} */
const FOV = Object.freeze({ chase: 62, first: 84, orbit: 50, top: 30, free: 62 });
const BEHIND_M = 2.7;
const ABOVE_M = 0.85;
const ORBIT_M = 30;
const HEADING_TAU_S = 0.22;
// The camera of a racing quad looks up, since the quad leans forwards.
const UPTILT = (28 * Math.PI) / 180;
const SWING_S = 0.45;
// Farther than this in one picture is no flight: the camera goes along without a swing.
const JUMP_M = 25;

const still = matchMedia("(prefers-reduced-motion: reduce)");
const aim = new Vector3();
const moved = new Vector3();
const tilt = new Quaternion().setFromAxisAngle(new Vector3(1, 0, 0), UPTILT);

export class Cameras {
  /** What is rendered. */
  camera = new PerspectiveCamera(FOV.chase, 1, 0.05, 10_000);
  /** @type {CameraMode} */
  #mode = "chase";
  #element;
  /** One for each mode: where it looks from, whether shown or not. */
  #rig = new PerspectiveCamera(FOV.chase, 1, 0.05, 10_000);
  #orbit;
  #top;
  #fly;
  #heading = NaN;
  #followed = NaN;
  #followedAt = new Vector3(NaN, NaN, NaN);
  #from = { position: new Vector3(), turn: new Quaternion(), fov: FOV.chase };
  /** 0 at the beginning of a swing from one way to the next, 1 after it. */
  #swing = 1;
  #placed = false;
  #topMoved = false;
  #orbitPlaced = false;

  /** @param {HTMLElement} element what takes pointers and keys */
  constructor(element) {
    this.#element = element;
    this.#orbit = new OrbitControls(new PerspectiveCamera(FOV.orbit, 1, 0.05, 10_000), element);
    this.#orbit.maxPolarAngle = Math.PI * 0.495;
    this.#orbit.minDistance = 1;
    this.#orbit.maxDistance = 1500;
    this.#top = new OrbitControls(new PerspectiveCamera(FOV.top, 1, 0.05, 10_000), element);
    this.#top.enableRotate = false;
    this.#top.mouseButtons = { LEFT: MOUSE.PAN, MIDDLE: MOUSE.DOLLY, RIGHT: MOUSE.PAN };
    this.#top.touches = { ONE: TOUCH.PAN, TWO: TOUCH.DOLLY_PAN };
    this.#top.maxDistance = 4000;
    this.#top.addEventListener("start", () => {
      this.#topMoved = true;
    });
    this.#fly = new FlyControls(element);
    this.mode = "chase";
  }

  get mode() {
    return this.#mode;
  }

  set mode(mode) {
    if (this.#placed && mode !== this.#mode) {
      this.#startSwing();
    }
    if (mode === "free" && this.#placed) {
      this.#fly.take(this.camera);
    }
    this.#topMoved &&= mode === "top";
    this.#mode = mode;
    this.#orbit.enabled = mode === "orbit";
    this.#top.enabled = mode === "top";
    this.#fly.enabled = mode === "free";
    // Where a finger does nothing in the scene, it scrolls the page.
    this.#element.style.touchAction = mode === "chase" || mode === "first" ? "pan-y" : "none";
  }

  /** Whether the picture is out of the followed drone. */
  get isInside() {
    return this.#mode === "first" && this.#swing > 0.6;
  }

  /** Whether the followed drone fills a good part of the picture. */
  get isClose() {
    return this.#mode === "chase";
  }

  /** Whether somebody holds a key that moves it. */
  get isFlying() {
    return this.#mode === "free" && this.#fly.isMoving;
  }

  #startSwing() {
    this.#from.position.copy(this.camera.position);
    this.#from.turn.copy(this.camera.quaternion);
    this.#from.fov = this.camera.fov;
    this.#swing = still.matches ? 1 : 0;
  }

  /**
   * @param {number} elapsed s since the last picture
   * @param {DroneModel | undefined} model whom to follow
   * @param {Bounds} bounds @param {number} aspect
   */
  move(elapsed, model, bounds, aspect) {
    this.#notice(model, bounds, aspect);
    this.#pose(elapsed, model, bounds, aspect);
    const { camera } = this;
    const goal = this.#current;
    camera.fov = goal.fov;
    camera.position.copy(goal.position);
    camera.quaternion.copy(goal.quaternion);
    if (this.#swing < 1) {
      this.#swing = Math.min(1, this.#swing + elapsed / SWING_S);
      const part = this.#swing * this.#swing * (3 - 2 * this.#swing);
      camera.position.lerpVectors(this.#from.position, goal.position, part);
      camera.quaternion.slerpQuaternions(this.#from.turn, goal.quaternion, part);
      camera.fov = this.#from.fov + (goal.fov - this.#from.fov) * part;
    }
    camera.aspect = aspect;
    camera.updateProjectionMatrix();
    camera.updateMatrixWorld();
    this.#placed = true;
  }

  get #current() {
    if (this.#mode === "orbit") {
      return this.#orbit.object;
    }
    return this.#mode === "top" ? this.#top.object : this.#rig;
  }

  /**
   * Another drone, or the same one put elsewhere.
   * @param {DroneModel | undefined} model @param {Bounds} bounds @param {number} aspect
   */
  #notice(model, bounds, aspect) {
    const number = model?.visible ? model.number : NaN;
    const another = !Object.is(number, this.#followed);
    if (another && this.#placed && this.#mode !== "free" && this.#mode !== "top") {
      this.#startSwing();
    }
    if (!this.#orbitPlaced) {
      this.#orbitPlaced = model?.visible ?? false;
      this.#overview(bounds, aspect, this.#orbitPlaced ? ORBIT_M : Infinity);
    }
    if (model?.visible) {
      const { position } = model.group;
      moved.subVectors(position, this.#followedAt);
      if (another) {
        this.#heading = NaN;
        moved.subVectors(position, this.#orbit.target);
      } else if (moved.length() > JUMP_M) {
        this.#heading = NaN;
        this.#swing = 1;
      }
      if (Number.isFinite(moved.x)) {
        this.#orbit.target.add(moved);
        this.#orbit.object.position.add(moved);
      }
      this.#followedAt.copy(position);
    }
    this.#followed = number;
  }

  /** @param {number} elapsed @param {DroneModel | undefined} model @param {Bounds} bounds @param {number} aspect */
  #pose(elapsed, model, bounds, aspect) {
    this.#rig.fov = FOV[this.#mode];
    if (this.#mode === "orbit") {
      this.#orbit.update();
    } else if (this.#mode === "top") {
      this.#lookDown(bounds, aspect);
    } else if (this.#mode === "free") {
      this.#fly.move(elapsed, this.#rig);
    } else if (!model?.visible) {
      this.#rig.position.copy(this.#orbit.object.position);
      this.#rig.quaternion.copy(this.#orbit.object.quaternion);
    } else if (this.#mode === "first") {
      this.#rig.position.copy(model.group.position);
      this.#rig.quaternion.copy(model.group.quaternion).multiply(tilt);
    } else {
      this.#chase(elapsed, model);
    }
  }

  /** @param {number} elapsed @param {DroneModel} model */
  #chase(elapsed, { sample, group }) {
    const { values } = sample;
    const [vx, vz] = [values[COLUMN.vx], values[COLUMN.vz]];
    const along = Math.hypot(vx, vz) > 1 ? Math.atan2(vx, vz) : this.#heading || 0;
    const goal = headingOf(values[COLUMN.qx], values[COLUMN.qy], values[COLUMN.qz], values[COLUMN.qw], along);
    const part = Number.isNaN(this.#heading) || still.matches ? 1 : easedPart(elapsed, HEADING_TAU_S);
    this.#heading = turnTowards(Number.isNaN(this.#heading) ? goal : this.#heading, goal, part);
    const [right, ahead] = [Math.sin(this.#heading), -Math.cos(this.#heading)];
    this.#rig.position.set(group.position.x - right * BEHIND_M, group.position.y + ABOVE_M, group.position.z - ahead * BEHIND_M);
    aim.set(group.position.x + right * 2, group.position.y + 0.15, group.position.z + ahead * 2);
    this.#rig.lookAt(aim);
  }

  /** All of it from above, until somebody moves the picture. @param {Bounds} bounds @param {number} aspect */
  #lookDown(bounds, aspect) {
    const { object, target } = this.#top;
    if (!this.#topMoved) {
      const height = fitDistance(bounds.half(0), bounds.half(2), FOV.top, aspect);
      target.set(bounds.middle(0), bounds.floor, mirrored(bounds.middle(2)));
      object.position.set(target.x, target.y + height, target.z);
    }
    this.#top.update();
  }

  /** Look at all of it, not from farther than `most`. @param {Bounds} bounds @param {number} aspect @param {number} most m */
  #overview(bounds, aspect, most) {
    const { object, target } = this.#orbit;
    const distance = fitDistance(Math.max(bounds.half(0), bounds.half(2)), bounds.half(2) * 0.7, FOV.orbit, aspect);
    target.set(bounds.middle(0), bounds.floor + 1, mirrored(bounds.middle(2)));
    object.position.set(0.35, 0.5, 0.8).normalize().multiplyScalar(Math.min(most, distance)).add(target);
    this.#orbit.update();
  }

  dispose() {
    this.#orbit.dispose();
    this.#top.dispose();
    this.#fly.dispose();
  }
}
