// What one may choose of a scene: the way to look at it, how long trails are, and what their colours mean. Pure.

/** @typedef {"chase" | "first" | "orbit" | "top" | "free"} CameraMode */
/** @typedef {"pilot" | "speed" | "throttle"} TrailColour */

/** In the order of their keys. @type {readonly CameraMode[]} */
export const CAMERAS = Object.freeze(["chase", "first", "orbit", "top", "free"]);
/** s; 0 is off. */
export const TRAILS = Object.freeze([0, 5, 15, 60]);
/** @type {readonly TrailColour[]} */
export const TRAIL_COLOURS = Object.freeze(["pilot", "speed", "throttle"]);
