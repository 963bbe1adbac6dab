// What the table of laps says: order, bests, reasons. Pure.

import { flawsOf } from "../panels/flaws.js";
import { nameOf } from "../panels/lines.js";

/**
 * A lap as /api/races/{id}/results/ gives it: docs/api.md.
 * @typedef {object} Lap
 * @property {number} id
 * @property {number} drone
 * @property {string} name
 * @property {string | null} pilot
 * @property {number} number
 * @property {number} start_s race seconds
 * @property {number} end_s
 * @property {number} arrival_s race seconds: when the frame came that closed it
 * @property {number | null} start_flight s of the drone's own clock; null for a lap that a marshal added
 * @property {number | null} end_flight
 * @property {number} duration_ms
 * @property {(number | null)[]} sectors_ms
 * @property {boolean} valid
 * @property {string[]} flaws
 * @property {number[]} missed orders of gates
 * @property {"" | "valid" | "invalid"} ruled
 * @property {string} reason
 * @property {"overall" | "personal" | null} best
 * @property {number} top_speed m/s
 */

/** @typedef {"pilot" | "lap" | "time" | "gap" | "speed" | "state" | `s${number}`} Column */
/** @typedef {"ascending" | "descending"} Direction */
/** @typedef {(number | null)[]} Sectors ms */

/**
 * @typedef {object} Bests the best sectors of laps that count, of all drones and of each
 * @property {Sectors} overall
 * @property {Map<number, Sectors>} personal
 */

/** @param {Lap} lap */
export function pilotOf(lap) {
  return nameOf(lap.drone, lap);
}

/** @param {Lap} lap */
export function lapName(lap) {
  return `${pilotOf(lap)} · lap ${lap.number}`;
}

/** Whether there are frames from its start to its end. @param {Lap} lap */
export function isFlown(lap) {
  return lap.start_flight !== null && lap.end_flight !== null;
}

/** @param {readonly Lap[]} laps */
export function sectorCount(laps) {
  return Math.max(0, ...laps.map((lap) => lap.sectors_ms.length));
}

/** @param {readonly Lap[]} laps @returns {Bests} */
export function bestSectors(laps) {
  const count = sectorCount(laps);
  const valid = laps.filter((lap) => lap.valid);
  const of = (/** @type {readonly Lap[]} */ some) => Array.from({ length: count }, (_, i) => least(some.map((lap) => lap.sectors_ms[i])));
  const drones = new Set(valid.map(({ drone }) => drone));
  return {
    overall: of(valid),
    personal: new Map([...drones].map((drone) => [drone, of(valid.filter((lap) => lap.drone === drone))])),
  };
}

/** The sum of the best sectors; null while one of them is missing. @param {Sectors | undefined} sectors */
export function theoretical(sectors) {
  if (!sectors || sectors.length === 0) {
    return null;
  }
  let sum = 0;
  for (const sector of sectors) {
    if (sector === null) {
      return null;
    }
    sum += sector;
  }
  return sum;
}

/** How good a sector of a lap is. @param {Lap} lap @param {number} sector from 0 @param {Bests} bests @returns {"" | "personal" | "overall"} */
export function sectorMark(lap, sector, { overall, personal }) {
  const time = lap.sectors_ms[sector] ?? null;
  if (time === null || !lap.valid) {
    return "";
  }
  return time === overall[sector] ? "overall" : time === personal.get(lap.drone)?.[sector] ? "personal" : "";
}

/** The fastest lap that counts. @param {readonly Lap[]} laps @returns {Lap | undefined} */
export function fastest(laps) {
  return laps.filter((lap) => lap.valid).reduce((best, lap) => (best && best.duration_ms <= lap.duration_ms ? best : lap), /** @type {Lap | undefined} */ (undefined));
}

/** Why a lap does not count, or that a ruling made it count. @param {Lap} lap @returns {string} */
export function stateOf(lap) {
  if (lap.valid && !lap.ruled) {
    return lap.best === "overall" ? "best of the race" : lap.best === "personal" ? "personal best" : "";
  }
  const ruling = lap.ruled ? `ruled ${lap.ruled}${lap.reason ? `: ${lap.reason}` : ""}` : "";
  return [...flawsOf(lap), ruling].filter(Boolean).join("; ") || "does not count";
}

/**
 * The laps in the order of a column. What is absent comes last, and so do the times of laps that do not count: else a lap
 * that was cut short would lead.
 * @param {readonly Lap[]} laps @param {Column} column @param {Direction} direction
 * @returns {Lap[]}
 */
export function sorted(laps, column, direction) {
  const sign = direction === "ascending" ? 1 : -1;
  const keyed = laps.map((lap) => ({ lap, key: keyOf(lap, column), late: lateness(lap, column) }));
  keyed.sort((a, b) => a.late - b.late || sign * compared(a.key, b.key) || a.lap.end_s - b.lap.end_s);
  return keyed.map(({ lap }) => lap);
}

/** @param {Lap} lap @param {Column} column @returns {string | number | null} */
function keyOf(lap, column) {
  switch (column) {
    case "pilot":
      return pilotOf(lap);
    case "lap":
      return lap.number;
    case "time":
    case "gap":
      return lap.duration_ms;
    case "speed":
      return lap.top_speed;
    case "state":
      return stateOf(lap);
    default:
      return lap.sectors_ms[Number(column.slice(1))] ?? null;
  }
}

/** 2 for what is absent, 1 for a time that does not count, else 0. @param {Lap} lap @param {Column} column */
function lateness(lap, column) {
  const key = keyOf(lap, column);
  if (key === null || key === "") {
    return 2;
  }
  return !lap.valid && (column === "time" || column === "gap" || /^s\d/.test(column)) ? 1 : 0;
}

/** @param {string | number | null} a @param {string | number | null} b */
function compared(a, b) {
  if (typeof a === "string" && typeof b === "string") {
    return a.localeCompare(b, undefined, { numeric: true });
  }
  return Number(a) - Number(b);
}

/** @param {(number | null | undefined)[]} values */
function least(values) {
  const known = values.filter((value) => value !== null && value !== undefined);
  return known.length > 0 ? Math.min(...known) : null;
}

/**
 * The two laps to begin with: those that were asked for where they are there, else the fastest ones.
 * @param {readonly Lap[]} laps @param {{a: number | null, b: number | null}} wanted ids
 * @returns {[Lap, Lap] | null} null where no lap can be compared; twice the same where there is but one
 */
export function chosen(laps, wanted) {
  const flown = laps.filter(isFlown).sort((a, b) => Number(b.valid) - Number(a.valid) || a.duration_ms - b.duration_ms);
  if (flown.length === 0) {
    return null;
  }
  const byId = (/** @type {number | null} */ id) => flown.find((lap) => lap.id === id);
  const b = byId(wanted.b);
  const a = byId(wanted.a) ?? flown.find((lap) => lap !== b) ?? flown[0];
  return [a, b ?? flown.find((lap) => lap !== a) ?? a];
}
