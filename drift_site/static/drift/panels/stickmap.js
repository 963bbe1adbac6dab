// Which stick of a transmitter moves what: the four modes in which people hold theirs. Pure.

/** @typedef {1 | 2 | 3 | 4} Mode */
/** @typedef {{x: number, y: number}} Place −1..1: x to the right, y up (away from the pilot) */
/** @typedef {{left: Place, right: Place}} Places */
/** @typedef {{throttle: number, yaw: number, pitch: number, roll: number}} Inputs as the stream has them */

/** @type {readonly Mode[]} */
export const MODES = [1, 2, 3, 4];

/** Whether throttle and pitch, and yaw and roll, are on the left stick; the others are on the right one. */
const LEFT = Object.freeze({
  1: { throttle: false, yaw: true },
  2: { throttle: true, yaw: true },
  3: { throttle: false, yaw: false },
  4: { throttle: true, yaw: false },
});

/** What each axis of the two sticks is in a mode. @param {Mode} mode */
export function axesOf(mode) {
  const { throttle, yaw } = LEFT[mode];
  return {
    left: { x: yaw ? "yaw" : "roll", y: throttle ? "throttle" : "pitch" },
    right: { x: yaw ? "roll" : "yaw", y: throttle ? "pitch" : "throttle" },
  };
}

/**
 * Where the sticks are. In the stream + pitch is forward, + yaw is right, but + roll is left: it is drawn to the left.
 * @param {Mode} mode @param {Inputs} inputs
 * @param {Places} out is overwritten, so that the animation makes no garbage
 * @returns {Places} `out`
 */
export function placesOf(mode, { throttle, yaw, pitch, roll }, out) {
  const left = LEFT[mode];
  out.left.x = left.yaw ? yaw : -roll;
  out.right.x = left.yaw ? -roll : yaw;
  out.left.y = left.throttle ? throttle : pitch;
  out.right.y = left.throttle ? pitch : throttle;
  return out;
}
