// What cameras reckon with: the extent of what is flown, headings, and how far away all of it is in sight. Pure; in the
// simulator's axes, metres and radians.

import { noseOf } from "../common/nose.js";

// A single drone on its grid place is not the whole world.
const LEAST_HALF_M = 12;
// Courses begin at height 0 by custom; only what is flown far from it moves the ground.
const USUAL_FLOOR_M = [-0.5, 30];
const nose = { x: NaN, y: NaN, z: NaN };

/** The box of what has been seen. */
export class Bounds {
  low = new Float64Array([Infinity, Infinity, Infinity]);
  high = new Float64Array([-Infinity, -Infinity, -Infinity]);

  get isEmpty() {
    return !(this.low[0] <= this.high[0]);
  }

  /** @param {number} x @param {number} y @param {number} z */
  include(x, y, z) {
    this.low[0] = Math.min(this.low[0], x);
    this.low[1] = Math.min(this.low[1], y);
    this.low[2] = Math.min(this.low[2], z);
    this.high[0] = Math.max(this.high[0], x);
    this.high[1] = Math.max(this.high[1], y);
    this.high[2] = Math.max(this.high[2], z);
  }

  /** @param {number} axis 0 x, 1 y, 2 z */
  middle(axis) {
    return this.isEmpty ? 0 : (this.low[axis] + this.high[axis]) / 2;
  }

  /** Half the extent along an axis, never less than a small field's. @param {number} axis */
  half(axis) {
    return this.isEmpty ? LEAST_HALF_M : Math.max(LEAST_HALF_M, (this.high[axis] - this.low[axis]) / 2);
  }

  /** The height of the ground: 0, unless everything is flown far above or below. */
  get floor() {
    const lowest = this.low[1];
    const usual = lowest >= USUAL_FLOOR_M[0] && lowest <= USUAL_FLOOR_M[1];
    return this.isEmpty || usual ? 0 : Math.floor(lowest * 2) / 2;
  }
}

/**
 * The part of the way that is gone in `elapsed` seconds when 63 % are gone in `tau`.
 * @param {number} elapsed s @param {number} tau s
 */
export function easedPart(elapsed, tau) {
  return tau > 0 ? 1 - Math.exp(-Math.max(0, elapsed) / tau) : 1;
}

/**
 * Where the nose points over the ground: 0 is z, a quarter turn is x.
 * @param {number} x @param {number} y @param {number} z @param {number} w attitude
 * @param {number} otherwise for a nose that points straight up or down, or is not known
 */
export function headingOf(x, y, z, w, otherwise) {
  noseOf(x, y, z, w, nose);
  return Math.hypot(nose.x, nose.z) > 0.1 ? Math.atan2(nose.x, nose.z) : otherwise;
}

/**
 * A part of the way from one heading to another, the short way round.
 * @param {number} from @param {number} to @param {number} part
 */
export function turnTowards(from, to, part) {
  const turn = Math.atan2(Math.sin(to - from), Math.cos(to - from));
  return from + turn * part;
}

/**
 * From how far a field of 2 × halfWidth by 2 × halfHeight fills a picture, with a margin.
 * @param {number} halfWidth m @param {number} halfHeight m @param {number} fov vertical, degrees @param {number} aspect
 */
export function fitDistance(halfWidth, halfHeight, fov, aspect) {
  const tangent = Math.tan((fov * Math.PI) / 360);
  return 1.12 * Math.max(halfHeight / tangent, halfWidth / (tangent * aspect));
}

/**
 * How much larger than life a thing is drawn, so that it is never smaller than some pixels.
 * @param {number} span m @param {number} distance m @param {number} pixelsAtOneMetre
 * @param {number} least px @param {number} most
 */
export function enlargement(span, distance, pixelsAtOneMetre, least, most) {
  const pixels = (span * pixelsAtOneMetre) / Math.max(0.01, distance);
  return Math.min(most, Math.max(1, least / pixels));
}

/** The side of a ground square for a field of this size: 1, 2, 5, 10, … m. @param {number} half m */
export function squareFor(half) {
  const wanted = half / 8;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const digit = wanted / power;
  return power * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
}

/** A round figure not below `value`, for the end of a scale. @param {number} value */
export function roundAbove(value) {
  const step = value > 50 ? 20 : value > 20 ? 10 : 5;
  return Math.max(10, Math.ceil(value / step) * step);
}

/**
 * Where propellers sit, in their order (left front, right front, left back, right back, …), on a circle of radius 1:
 * x to the right, z forward. An odd last one is the tail.
 * @param {number} count 0..8
 * @returns {Array<{x: number, z: number}>}
 */
export function propPlaces(count) {
  const pairs = Math.floor(count / 2);
  return Array.from({ length: count }, (_, index) => {
    const pair = index >> 1;
    const angle = pair < pairs ? ((pair + 0.5) * 2 * Math.PI) / count : Math.PI;
    return { x: (index % 2 ? 1 : -1) * Math.sin(angle), z: count === 1 ? 0 : Math.cos(angle) };
  });
}
