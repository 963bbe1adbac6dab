// How the world's metres fit a canvas. Pure.

const LEAST_SPAN_M = 20;
const MARGIN = 0.1;

/** The part of the plane that has been flown in. */
export class Extent {
  left = Infinity;
  right = -Infinity;
  near = Infinity;
  far = -Infinity;

  get isEmpty() {
    return this.left > this.right;
  }

  /** @param {number} x m @param {number} z m */
  include(x, z) {
    this.left = Math.min(this.left, x);
    this.right = Math.max(this.right, x);
    this.near = Math.min(this.near, z);
    this.far = Math.max(this.far, z);
  }
}

/**
 * @typedef {object} Fit
 * @property {number} x the m in the middle of the canvas
 * @property {number} z
 * @property {number} scale pixels a metre
 */

/**
 * Centre the extent with a margin; without one, show the surroundings of the origin.
 * @param {Extent} extent @param {number} width px @param {number} height px
 * @returns {Fit}
 */
export function fit(extent, width, height) {
  const seen = extent.isEmpty ? { left: 0, right: 0, near: 0, far: 0 } : extent;
  const spanX = Math.max(LEAST_SPAN_M, seen.right - seen.left);
  const spanZ = Math.max(LEAST_SPAN_M, seen.far - seen.near);
  return {
    x: (seen.left + seen.right) / 2,
    z: (seen.near + seen.far) / 2,
    scale: (1 - 2 * MARGIN) * Math.min(width / spanX, height / spanZ),
  };
}

/**
 * The largest of 1, 2, 5, 10, … m that takes at most `px` pixels.
 * @param {number} scale pixels a metre @param {number} px
 */
export function roundStep(scale, px) {
  const most = px / scale;
  const power = 10 ** Math.floor(Math.log10(most));
  return power * (most >= 5 * power ? 5 : most >= 2 * power ? 2 : 1);
}

/**
 * Go a part of the way from one fit to the other; all of it when they are as good as equal.
 * @param {Fit} from @param {Fit} to @param {number} part 0..1
 * @returns {Fit}
 */
export function towards(from, to, part) {
  const near = Math.abs(to.scale / from.scale - 1) < 0.002
    && Math.hypot(to.x - from.x, to.z - from.z) * to.scale < 0.5;
  if (near) {
    return to;
  }
  return {
    x: from.x + (to.x - from.x) * part,
    z: from.z + (to.z - from.z) * part,
    scale: from.scale * (to.scale / from.scale) ** part,
  };
}
