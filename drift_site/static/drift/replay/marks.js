// What the scrubber marks for a drone: laps, gates, resets; and where laps start, for going from one to the next. Pure.

/** @typedef {import("../data/history.js").RecordedLap} RecordedLap */
/** @typedef {import("../data/history.js").RecordedCrossing} RecordedCrossing */
/** @typedef {import("../data/history.js").RecordedReset} RecordedReset */

// One start, told by a lap and by a crossing.
const SAME_S = 0.002;

/**
 * @typedef {object} Marks of one drone; race seconds, in order
 * @property {RecordedLap[]} laps
 * @property {Array<{time: number, gate: number, counted: boolean}>} gates
 * @property {number[]} resets
 * @property {number[]} starts where laps start, also one that was not closed
 */

/** @type {Marks} */
export const NOTHING = { laps: [], gates: [], resets: [], starts: [] };

/**
 * @param {number} drone @param {readonly RecordedLap[]} laps of all drones
 * @param {readonly RecordedCrossing[]} crossings @param {readonly RecordedReset[]} resets
 * @returns {Marks}
 */
export function marksOf(drone, laps, crossings, resets) {
  const own = laps.filter((lap) => lap.drone === drone).sort((a, b) => a.start_s - b.start_s);
  const gates = crossings
    .filter((crossing) => crossing.drone === drone)
    .map(({ time_s: time, gate, counted }) => ({ time, gate, counted }))
    .sort((a, b) => a.time - b.time);
  const begun = gates.filter(({ gate, counted }) => gate === 1 && counted).map(({ time }) => time);
  const starts = [...own.map((lap) => lap.start_s), ...begun].sort((a, b) => a - b);
  return {
    laps: own,
    gates,
    resets: resets.filter((reset) => reset.drone === drone).map(({ time_s: time }) => time).sort((a, b) => a - b),
    starts: starts.filter((start, i) => i === 0 || start - starts[i - 1] > SAME_S),
  };
}

/** The closed lap that a moment lies in. @param {Marks} marks @param {number} time */
export function lapAt({ laps }, time) {
  return laps.findLast((lap) => lap.start_s <= time && time < lap.end_s);
}

/** The lap of a number; of two, the one that counts. @param {Marks} marks @param {number} number */
export function lapOf({ laps }, number) {
  const found = laps.filter((lap) => lap.number === number);
  return found.find(({ valid }) => valid) ?? found[0];
}

/**
 * The span of race seconds that plots show: the lap that a moment lies in, or else the way to the next start.
 * @param {Marks} marks @param {number} time @param {number} duration s @param {number} around s on each side without laps
 * @returns {[number, number]}
 */
export function spanAt(marks, time, duration, around) {
  const lap = lapAt(marks, time);
  if (lap && lap.end_s - lap.start_s <= 8 * around) {
    return [lap.start_s, lap.end_s];
  }
  // In steps of its own length, so that the curves stand still while the cursor goes through them.
  const from = Math.floor(time / (2 * around)) * 2 * around;
  return [from, Math.min(Math.max(duration, from + 1), from + 2 * around)];
}

/** What is marked, in words. @param {Marks} marks */
export function inWords({ laps, gates, resets }) {
  const count = (/** @type {number} */ number, /** @type {string} */ one, many = `${one}s`) => `${number || "no"} ${number === 1 ? one : many}`;
  const passed = gates.filter(({ counted }) => counted).length;
  return `Marked: ${count(laps.length, "lap")}, ${count(passed, "passing of a gate", "passings of gates")}, ${count(resets.length, "reset")}.`;
}
