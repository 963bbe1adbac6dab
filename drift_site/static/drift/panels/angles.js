// How a drone lies in the air, out of its attitude. Pure.

import { noseOf } from "../common/nose.js";

/**
 * @typedef {object} Lie degrees; NaN where the attitude is not known
 * @property {number} pitch −90..90, + nose up
 * @property {number} roll −180..180, + right side down; beyond ±90 the drone is upside down
 * @property {number} heading 0..360: 0 along z (forward), 90 along x (right)
 */

const DEGREES = 180 / Math.PI;
const nose = { x: NaN, y: NaN, z: NaN };

/**
 * The axes are docs/protocol.md's: x right, y up, z forward, left-handed. In them a turn by + about x is nose down, about
 * y nose right, about z left side down, as gyro's signs say; a person reads nose up and bank right as +.
 * @param {number} x @param {number} y @param {number} z @param {number} w a unit quaternion
 * @param {Lie} out is overwritten, so that the animation makes no garbage
 * @returns {Lie} `out`
 */
export function lieOf(x, y, z, w, out) {
  // The world's components of the drone's own axes: how far its nose and its right side point up, its roof too.
  noseOf(x, y, z, w, nose);
  const rightY = 2 * (x * y + w * z);
  const roofY = 1 - 2 * (x * x + z * z);
  out.pitch = Math.asin(Math.max(-1, Math.min(1, nose.y))) * DEGREES;
  out.roll = Math.atan2(-rightY, roofY) * DEGREES;
  out.heading = (Math.atan2(nose.x, nose.z) * DEGREES + 360) % 360;
  return out;
}

/** @param {Lie} lie */
export function inWords({ pitch, roll, heading }) {
  if (Number.isNaN(pitch)) {
    return "Attitude not known";
  }
  const nose = `nose ${pitch < 0 ? "down" : "up"} ${Math.abs(pitch).toFixed(0)}°`;
  const bank = `banked ${Math.abs(roll).toFixed(0)}° ${roll < 0 ? "left" : "right"}`;
  return `Attitude: ${nose}, ${bank}${Math.abs(roll) > 90 ? ", upside down" : ""}, heading ${heading.toFixed(0)}°`;
}
