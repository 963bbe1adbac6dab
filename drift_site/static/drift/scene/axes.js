// The one place where the simulator's left-handed axes (x right, y up, z forward) become three's right-handed ones:
// z is mirrored. So a drone's nose is −z in the scene. Pure.

/** @typedef {{set: (x: number, y: number, z: number) => unknown}} Vector */
/** @typedef {{set: (x: number, y: number, z: number, w: number) => unknown}} Turn */

/** The scene's z of the simulator's. @param {number} z */
export function mirrored(z) {
  return -z;
}

/**
 * A point or a direction.
 * @template {Vector} T
 * @param {number} x @param {number} y @param {number} z @param {T} out
 * @returns {T}
 */
export function placed(x, y, z, out) {
  out.set(x, y, mirrored(z));
  return out;
}

/**
 * An attitude.
 * @template {Turn} T
 * @param {number} x @param {number} y @param {number} z @param {number} w @param {T} out
 * @returns {T}
 */
export function turned(x, y, z, w, out) {
  out.set(-x, -y, z, w);
  return out;
}

/**
 * How a gate stands: first pitched upwards, then turned by yaw from z towards x, as docs/timing.md has it. What faces −z
 * in the scene then faces as the gate does.
 * @template {Turn} T
 * @param {number} yaw degrees @param {number} pitch degrees @param {T} out
 * @returns {T}
 */
export function gateTurn(yaw, pitch, out) {
  const halfYaw = (yaw * Math.PI) / 360;
  const halfPitch = (-pitch * Math.PI) / 360;
  const [sy, cy] = [Math.sin(halfYaw), Math.cos(halfYaw)];
  const [sp, cp] = [Math.sin(halfPitch), Math.cos(halfPitch)];
  return turned(cy * sp, sy * cp, -sy * sp, cy * cp, out);
}
