// What the address of a live page asks for, and the address that asks for what is shown. Pure.

import { CAMERAS, TRAIL_COLOURS, TRAILS } from "../scene/choices.js";
import { MOST_DELAY_S } from "./player.js";

/** @typedef {import("../scene/choices.js").CameraMode} CameraMode */
/** @typedef {import("../scene/choices.js").TrailColour} TrailColour */

/**
 * @typedef {object} Choices
 * @property {number | null} drone
 * @property {CameraMode} camera
 * @property {number} trail s
 * @property {TrailColour} colour
 * @property {number} delay s
 */

/** @type {Readonly<Choices>} */
export const DEFAULTS = Object.freeze({ drone: null, camera: "chase", trail: 15, colour: "pilot", delay: 0 });

/** @param {string} search @returns {Choices} what is not there, or makes no sense, as in DEFAULTS */
export function choicesOf(search) {
  const query = new URLSearchParams(search);
  const number = (/** @type {string} */ name) => (/^\d{1,5}$/.test(query.get(name) ?? "") ? Number(query.get(name)) : NaN);
  const drone = number("drone");
  const delay = number("delay");
  return {
    drone: drone >= 1 ? drone : null,
    camera: CAMERAS.find((camera) => camera === query.get("camera")) ?? DEFAULTS.camera,
    trail: TRAILS.includes(number("trail")) ? number("trail") : DEFAULTS.trail,
    colour: TRAIL_COLOURS.find((colour) => colour === query.get("colour")) ?? DEFAULTS.colour,
    delay: delay <= MOST_DELAY_S ? delay : DEFAULTS.delay,
  };
}

/** The query for choices; what is not theirs stays. @param {string} search @param {Choices} choices */
export function searchFor(search, choices) {
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(choices)) {
    if (value === null || value === /** @type {Record<string, unknown>} */ (DEFAULTS)[name]) {
      query.delete(name);
    } else {
      query.set(name, String(value));
    }
  }
  const text = query.toString();
  return text && `?${text}`;
}
