// Where a drone's nose points, out of its attitude. Axes are docs/protocol.md's: x right, y up, z forward. Pure.

/** @typedef {{x: number, y: number, z: number}} Direction */

/**
 * The nose is the drone's own +z, turned by its attitude.
 * @param {number} x @param {number} y @param {number} z @param {number} w a unit quaternion
 * @param {Direction} out is overwritten, so that the animation makes no garbage
 * @returns {Direction} `out`, of length 1
 */
export function noseOf(x, y, z, w, out) {
  out.x = 2 * (x * z + w * y);
  out.y = 2 * (y * z - w * x);
  out.z = 1 - 2 * (x * x + y * y);
  return out;
}

/**
 * Where it points seen from above; x and z are NaN for one that points straight up or down, or is not known.
 * @param {number} x @param {number} y @param {number} z @param {number} w @param {Direction} out
 * @returns {Direction} `out`, of length 1 in the plane
 */
export function noseFromAbove(x, y, z, w, out) {
  noseOf(x, y, z, w, out);
  const length = Math.hypot(out.x, out.z);
  out.x = length > 0.05 ? out.x / length : NaN;
  out.y = 0;
  out.z = length > 0.05 ? out.z / length : NaN;
  return out;
}
