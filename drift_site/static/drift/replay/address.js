// What the address says of a replay, so that a link leads to the same moment. Pure.

import { CAMERAS } from "../scene/choices.js";
import { FASTEST, SLOWEST } from "./player.js";

/** @typedef {import("../scene/choices.js").CameraMode} Camera */

/**
 * @typedef {object} Place what is not said is null
 * @property {number | null} time race seconds
 * @property {number | null} speed
 * @property {number | null} drone that is followed
 * @property {Camera | null} camera
 * @property {number | null} lap of the followed drone, which is played over and over
 * @property {number | null} from of a loop, race seconds; with a lap, the lap's bounds are the loop
 * @property {number | null} to
 */

/** @param {string} search the address's query @returns {Place} */
export function read(search) {
  const query = new URLSearchParams(search);
  const camera = query.get("camera");
  const lap = number(query, "lap", 1, 1e9);
  const drone = number(query, "drone", 1, 65_535);
  return {
    time: number(query, "t", 0, 1e7),
    speed: number(query, "speed", SLOWEST, FASTEST),
    drone: drone === null ? null : Math.trunc(drone),
    camera: CAMERAS.find((each) => each === camera) ?? null,
    lap: lap === null ? null : Math.trunc(lap),
    from: number(query, "in", 0, 1e7),
    to: number(query, "out", 0, 1e7),
  };
}

/**
 * Put a place into a query; what the page does not know there stays.
 * @param {Place} place @param {string} [search] the present query
 * @returns {string} without "?"
 */
export function write(place, search = "") {
  const query = new URLSearchParams(search);
  const looped = place.lap === null;
  /** @type {Array<[string, string | null]>} */
  const values = [
    ["t", rounded(place.time)],
    ["speed", place.speed === 1 ? null : rounded(place.speed)],
    ["drone", rounded(place.drone)],
    ["camera", place.camera],
    ["lap", rounded(place.lap)],
    ["in", looped ? rounded(place.from) : null],
    ["out", looped ? rounded(place.to) : null],
  ];
  for (const [name, value] of values) {
    query.delete(name);
    if (value !== null) {
      query.append(name, value);
    }
  }
  return query.toString();
}

/** @param {URLSearchParams} query @param {string} name @param {number} least @param {number} most */
function number(query, name, least, most) {
  const text = query.get(name);
  const value = text === null || text.trim() === "" ? NaN : Number(text);
  return value >= least && value <= most ? value : null;
}

/** To the ms. @param {number | null} value */
function rounded(value) {
  return value === null ? null : String(Math.round(value * 1000) / 1000);
}
