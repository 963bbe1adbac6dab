// The lines of a leaderboard as texts, out of what the server ranked. Pure: nothing is ranked here.

import { gap, lapTime, NONE } from "../common/format.js";

/** @typedef {import("../wire/protocol.js").Standing} Standing */
/** @typedef {import("../wire/protocol.js").DroneInfo} DroneInfo */
/** @typedef {import("../wire/protocol.js").Track} Track */
/** @typedef {"" | "personal" | "overall"} Best */

/**
 * @typedef {object} Line
 * @property {number} drone
 * @property {string} name
 * @property {boolean} lapped
 * @property {boolean} over whether it races no more
 * @property {Best} lastMark
 * @property {Best} bestMark
 * @property {Record<Column, string>} texts
 */

/** @typedef {"place" | "laps" | "gate" | "gap" | "interval" | "last" | "best"} Column */

/** @type {ReadonlyArray<Column>} */
export const COLUMNS = ["place", "laps", "gate", "gap", "interval", "last", "best"];

/** @type {Record<Standing["status"], string>} */
export const STATUSES = {
  RUN: "in the race",
  FIN: "finished",
  DNF: "did not finish",
  DNS: "did not start",
  DSQ: "disqualified",
};

/** What people call a drone. @param {number} number @param {{name: string, pilot: string | null} | undefined} info */
export function nameOf(number, info) {
  return info?.name || info?.pilot || `Drone ${number}`;
}

/**
 * Give a line for each standing in its order, then one for each drone that is not ranked: all of them in a race without a
 * track.
 * @param {readonly Standing[]} standings @param {Iterable<DroneInfo>} drones @param {Track | null} track
 * @returns {Line[]}
 */
export function linesOf(standings, drones, track) {
  const people = new Map([...drones].map((info) => [info.drone, info]));
  const ranked = new Set(standings.map(({ drone }) => drone));
  const rest = [...people.keys()].filter((drone) => !ranked.has(drone)).sort((a, b) => a - b);
  return [
    ...standings.map((standing) => lineOf(standing, nameOf(standing.drone, people.get(standing.drone)), track)),
    ...rest.map((drone) => blank(drone, nameOf(drone, people.get(drone)))),
  ];
}

/** @param {Standing} standing @param {string} name @param {Track | null} track @returns {Line} */
function lineOf(standing, name, track) {
  const { status, laps_down: down, last_ms: last, best_ms: best, overall_best: overall } = standing;
  const leads = standing.place === 1 && !standing.gap_ms;
  const bestMark = overall ? "overall" : "";
  return {
    drone: standing.drone,
    name,
    lapped: down > 0,
    over: status !== "RUN",
    lastMark: last === null || last !== best ? "" : overall ? "overall" : "personal",
    bestMark,
    texts: {
      place: standing.place === null ? NONE : String(standing.place),
      laps: of(standing.laps, track?.laps),
      gate: status === "RUN" ? of(standing.passed, track?.gates.length) : status,
      gap: leads ? NONE : gap(standing.gap_ms, down),
      interval: leads ? NONE : gap(standing.interval_ms),
      last: lapTime(last),
      best: lapTime(best),
    },
  };
}

/** @param {number} count @param {number | null | undefined} all */
function of(count, all) {
  return all ? `${count}/${all}` : String(count);
}

/** @param {number} drone @param {string} name @returns {Line} */
function blank(drone, name) {
  const texts = /** @type {Line["texts"]} */ (Object.fromEntries(COLUMNS.map((column) => [column, NONE])));
  return { drone, name, lapped: false, over: false, lastMark: "", bestMark: "", texts };
}
