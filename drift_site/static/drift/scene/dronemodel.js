// One drone as it is drawn: body with a bright nose, arms, spinning propellers, mark and name, shadow and drop line.

import {
  BoxGeometry, BufferAttribute, BufferGeometry, CircleGeometry, Color, ConeGeometry, CylinderGeometry, DoubleSide, Group,
  InstancedMesh, LineBasicMaterial, LineSegments, Matrix4, Mesh, MeshBasicMaterial, MeshLambertMaterial, Quaternion,
  RingGeometry, Vector3,
} from "three";

import { COLUMN } from "../data/ring.js";
import { Sample } from "../data/sample.js";
import { colourOf } from "../map/marks.js";
import { placed, turned } from "./axes.js";
import { propPlaces } from "./framing.js";
import { disposePicture, markPicture, namePicture } from "./labels.js";
import { merged } from "./shapes.js";

/** @typedef {import("./palette.js").Palette} Palette */
/** @typedef {import("./labels.js").Picture} Picture */

/** Across the motors, m: a little larger than life, since it is looked at from afar. */
export const SPAN_M = 0.44;
const ARM_M = SPAN_M / 2;
const DEFAULT_PROPS = 4;
const FULL_RPM = 30_000;
// A propeller at full speed would stand still on a screen; it turns as many times slower.
const SLOWER = 90;
const GHOST_OPACITY = 0.4;
// Where nobody knows where it is by now: it stands where it was last, and can be seen through.
const FROZEN_OPACITY = 0.45;

const UP = new Vector3(0, 1, 0);
const turn = new Quaternion();
const place = new Vector3();
const one = new Vector3(1, 1, 1);
const matrix = new Matrix4();

export class DroneModel {
  sample = new Sample();
  /** Whether there is anything to see at the drawn moment. */
  visible = false;
  stale = false;
  /** Where it is on the screen: px from the left and top, and m from the eye; NaN out of sight. */
  screen = { x: NaN, y: NaN, distance: NaN };
  group = new Group();
  #body;
  #blades;
  #discs;
  #shadow;
  #stem;
  #material;
  #discMaterial;
  #lineMaterial;
  #places;
  #turns = new Float32Array(8);
  /** @type {Picture} */
  mark;
  /** @type {Picture} */
  name;
  #palette;

  /**
   * @param {import("three").Scene} scene
   * @param {{drone: number, label: string, ghost?: boolean, sign?: string}} info sign: what its mark says, its number unless given
   * @param {number} props how many propellers; 0 where the stream does not say
   * @param {Palette} palette
   */
  constructor(scene, { drone, label, ghost = false, sign = String(drone) }, props, palette) {
    this.number = drone;
    this.label = label;
    this.ghost = ghost;
    this.sign = sign;
    this.props = props;
    this.#palette = palette;
    this.colour = palette.drones[colourOf(drone)];
    this.#places = propPlaces(props || DEFAULT_PROPS);
    this.#material = new MeshLambertMaterial({ vertexColors: true, transparent: true });
    const clear = { transparent: true, depthWrite: false };
    this.#discMaterial = new MeshBasicMaterial({ vertexColors: true, side: DoubleSide, ...clear });
    this.#lineMaterial = new LineBasicMaterial({ color: this.colour, transparent: true, opacity: ghost ? 0.2 : 0.5 });
    this.#body = new Mesh(bodyOf(this.#places, this.colour), this.#material);
    this.#discs = new Mesh(discsOf(this.#places, this.colour), this.#discMaterial);
    this.#blades = new InstancedMesh(bladeOf(this.#places.length, palette), this.#material, this.#places.length);
    this.#blades.frustumCulled = false;
    this.group.add(this.#body, this.#discs, this.#blades);
    const ring = new RingGeometry(0.75, 1, 24).rotateX(-Math.PI / 2);
    this.#shadow = new Mesh(ring, new MeshBasicMaterial({ color: this.colour, opacity: ghost ? 0.25 : 0.6, ...clear }));
    this.#stem = new LineSegments(stem(), this.#lineMaterial);
    this.#stem.frustumCulled = false;
    scene.add(this.group, this.#shadow, this.#stem);
    this.mark = markPicture(palette, drone, sign, false);
    this.name = namePicture(palette, drone, sign, label, false);
    scene.add(this.mark.sprite, this.name.sprite);
    this.show(false);
  }

  /** @param {boolean} visible */
  show(visible) {
    this.visible = visible;
    this.group.visible = this.#shadow.visible = this.#stem.visible = visible;
    this.mark.sprite.visible = this.name.sprite.visible = false;
  }

  /** Grey while nothing is heard of it. @param {boolean} stale */
  setStale(stale) {
    if (stale === this.stale) {
      return;
    }
    this.stale = stale;
    const colour = stale ? this.#palette.grey : this.colour;
    this.#material.vertexColors = this.#discMaterial.vertexColors = !stale;
    this.#material.needsUpdate = this.#discMaterial.needsUpdate = true;
    this.#material.color.copy(stale ? colour : WHITE);
    this.#discMaterial.color.copy(stale ? colour : WHITE);
    this.#shadow.material.color.copy(colour);
    this.#lineMaterial.color.copy(colour);
    const scene = this.mark.sprite.parent;
    disposePicture(this.mark);
    disposePicture(this.name);
    this.mark = markPicture(this.#palette, this.number, this.sign, stale);
    this.name = namePicture(this.#palette, this.number, this.sign, this.label, stale);
    scene?.add(this.mark.sprite, this.name.sprite);
  }

  /** Go to where `sample` is; false when that is not known. */
  place() {
    const { values } = this.sample;
    const known = Number.isFinite(values[COLUMN.x]) && Number.isFinite(values[COLUMN.y]) && Number.isFinite(values[COLUMN.z]);
    this.show(known && this.sample.certainty !== "absent");
    this.#material.opacity = this.ghost ? GHOST_OPACITY : this.sample.certainty === "frozen" ? FROZEN_OPACITY : 1;
    if (this.visible) {
      placed(values[COLUMN.x], values[COLUMN.y], values[COLUMN.z], this.group.position);
      if (Number.isFinite(values[COLUMN.qw])) {
        turned(values[COLUMN.qx], values[COLUMN.qy], values[COLUMN.qz], values[COLUMN.qw], this.group.quaternion);
      }
    }
    return this.visible;
  }

  /** Draw it `scale` times as large as it is, over a ground at `floor`. @param {number} scale @param {number} floor m */
  stand(scale, floor) {
    const { position } = this.group;
    this.group.scale.setScalar(scale);
    for (const picture of [this.mark, this.name]) {
      picture.sprite.position.copy(position);
    }
    this.#shadow.position.set(position.x, floor, position.z);
    this.#shadow.scale.setScalar(scale * ARM_M);
    this.#stem.position.set(position.x, floor, position.z);
    this.#stem.scale.set(1, position.y - floor, 1);
  }

  /** Leave out the drone itself, as its own pilot sees nothing of it. */
  hideBody() {
    this.group.visible = this.#shadow.visible = this.#stem.visible = false;
  }

  /** Turn the propellers on. @param {number} elapsed s of the race */
  spin(elapsed) {
    let sum = 0;
    for (let motor = 0; motor < this.#places.length; motor += 1) {
      const rpm = this.#rpm(motor);
      sum += rpm;
      const way = motor % 2 === (motor >> 1) % 2 ? 1 : -1;
      const turns = this.#turns[motor] + (way * elapsed * rpm) / 60 / SLOWER;
      this.#turns[motor] = turns - Math.floor(turns);
      turn.setFromAxisAngle(UP, this.#turns[motor] * 2 * Math.PI);
      place.set(this.#places[motor].x * ARM_M, 0.035, -this.#places[motor].z * ARM_M);
      this.#blades.setMatrixAt(motor, matrix.compose(place, turn, one));
    }
    this.#blades.instanceMatrix.needsUpdate = true;
    const share = Math.min(1, sum / this.#places.length / FULL_RPM);
    this.#discMaterial.opacity = (this.ghost ? 0.2 : 0.45) * Math.sqrt(share);
  }

  /** Where the stream does not tell it, the throttle tells about as much: idle turns slowly. @param {number} motor */
  #rpm(motor) {
    const { values, motorCount } = this.sample;
    const rpm = motor < motorCount ? values[COLUMN.rpm + motor] : NaN;
    const throttle = values[COLUMN.throttle];
    const guess = Number.isNaN(throttle) ? 0 : FULL_RPM * (0.15 + 0.425 * (throttle + 1));
    return Number.isNaN(rpm) ? guess : rpm;
  }

  dispose() {
    disposePicture(this.mark);
    disposePicture(this.name);
    for (const mesh of [this.#body, this.#discs, this.#blades, this.#shadow, this.#stem]) {
      mesh.geometry.dispose();
      mesh.removeFromParent();
    }
    this.#blades.dispose();
    this.group.removeFromParent();
    for (const material of [this.#material, this.#discMaterial, this.#lineMaterial, this.#shadow.material]) {
      material.dispose();
    }
  }
}

const WHITE = new Color(1, 1, 1);
const DARK = new Color(0.06, 0.07, 0.085);
const STEEL = new Color(0.36, 0.39, 0.43);

/** @typedef {Array<{x: number, z: number}>} Places */

/** @param {Places} places @param {Color} colour */
function bodyOf(places, colour) {
  const moved = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ z) => new Matrix4().setPosition(x, y, z);
  const nose = new Matrix4().makeRotationX(-Math.PI / 2).setPosition(0, 0.005, -0.155);
  /** @type {import("./shapes.js").Part[]} */
  const parts = [
    { geometry: new BoxGeometry(0.09, 0.05, 0.2), matrix: moved(0, 0, 0.01), colour },
    { geometry: new BoxGeometry(0.06, 0.035, 0.12), matrix: moved(0, 0.04, 0.03), colour: DARK },
    // The nose is white and pointed, the tail red as on aircraft lights.
    { geometry: new ConeGeometry(0.05, 0.11, 4).rotateY(Math.PI / 4), matrix: nose, colour: WHITE },
    { geometry: new BoxGeometry(0.07, 0.03, 0.012), matrix: moved(0, 0.005, 0.116), colour: new Color(0.8, 0.05, 0.02) },
  ];
  for (const { x, z } of places) {
    const length = ARM_M * Math.hypot(x, z);
    const along = new Matrix4().makeRotationY(Math.atan2(x, -z)).setPosition((x * ARM_M) / 2, 0, (-z * ARM_M) / 2);
    parts.push({ geometry: new BoxGeometry(0.026, 0.016, length), matrix: along, colour: STEEL });
    const motor = new CylinderGeometry(0.022, 0.026, 0.04, 10);
    parts.push({ geometry: motor, matrix: moved(x * ARM_M, 0.012, -z * ARM_M), colour: DARK });
  }
  return merged(parts);
}

/** How far a propeller reaches beside its neighbours, m. @param {number} count */
function radiusOf(count) {
  return count <= 1 ? ARM_M : Math.min(0.135, ARM_M * Math.sin(Math.PI / count) * 0.94);
}

/**
 * What a fast propeller looks like: the front ones in the drone's colour, those behind dark.
 * @param {Places} places @param {Color} colour
 */
function discsOf(places, colour) {
  const behind = colour.clone().multiplyScalar(0.3);
  return merged(
    places.map(({ x, z }) => ({
      geometry: new CircleGeometry(radiusOf(places.length), 20).rotateX(-Math.PI / 2),
      matrix: new Matrix4().setPosition(x * ARM_M, 0.034, -z * ARM_M),
      colour: z > 0 ? colour : behind,
    })),
  );
}

/** @param {number} count @param {Palette} palette */
function bladeOf(count, palette) {
  const geometry = new BoxGeometry(2 * radiusOf(count), 0.004, 0.018);
  return merged([{ geometry, matrix: new Matrix4(), colour: palette.gate }]);
}

function stem() {
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(new Float32Array([0, 0, 0, 0, 1, 0]), 3));
  return geometry;
}
