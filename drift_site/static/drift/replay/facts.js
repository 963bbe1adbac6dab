// What the page was told with its markup.

/** @typedef {import("../wire/protocol.js").DroneInfo} DroneInfo */
/** @typedef {import("../wire/protocol.js").Track} Track */

/**
 * @typedef {object} Facts
 * @property {string} race_id
 * @property {string} status
 * @property {number} duration s, of the last frame
 * @property {boolean} timed whether the race is on a track
 * @property {Track | null} track
 * @property {DroneInfo[]} drones
 * @property {string} api the address under which the API has the race
 */

/** @param {ParentNode} root @returns {Facts} */
export function factsOf(root) {
  return JSON.parse(root.querySelector("#facts")?.textContent ?? "{}");
}
