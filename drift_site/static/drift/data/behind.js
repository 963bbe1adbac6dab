// Where laps and passings of a recording are seen. The server times them by race time (docs/timing.md), which is far behind
// the moments at which a drone's frames came once its game has stood still; the picture is not (evenclock.js). Pure.

/** @typedef {import("./history.js").RecordedLap} RecordedLap */
/** @typedef {import("./history.js").RecordedCrossing} RecordedCrossing */
/** @typedef {import("./history.js").RecordedReset} RecordedReset */

// A frame is seldom later than this by its way alone.
const LATE_S = 0.25;
// One instant, told twice.
const SAME_S = 0.002;

/**
 * Laps from where they are seen to begin to where they are seen to end. A lap begins as far behind as the one ended that it
 * follows; after a reset a drone is behind no more.
 * @param {readonly RecordedLap[]} laps of all drones, by their ends
 * @returns {RecordedLap[]}
 */
export function lapsAsSeen(laps) {
  /** @type {Array<{drone: number, end: number, behind: number}>} */
  const ends = [];
  return laps.map((lap) => {
    const behindAt = (/** @type {number} */ time) =>
      ends.findLast(({ drone, end }) => drone === lap.drone && Math.abs(end - time) < SAME_S)?.behind ?? 0;
    const start = behindAt(lap.start_s);
    const late = lap.arrival_s - lap.end_s;
    // When a marshal's lap came is not known.
    const end = lap.source === "manual" ? Math.max(start, behindAt(lap.end_s)) : late > LATE_S ? late : 0;
    ends.push({ drone: lap.drone, end: lap.end_s, behind: end });
    return { ...lap, start_s: lap.start_s + start, end_s: lap.end_s + end, behind_s: end };
  });
}

/**
 * Passings likewise: as far behind as the drone's lap that ended last, if it was not put back since.
 * @param {readonly RecordedCrossing[]} crossings @param {readonly RecordedLap[]} laps as seen @param {readonly RecordedReset[]} resets
 * @returns {RecordedCrossing[]}
 */
export function crossingsAsSeen(crossings, laps, resets) {
  if (laps.every((lap) => !lap.behind_s)) {
    return [...crossings];
  }
  return crossings.map((crossing) => {
    const { drone, time_s: time } = crossing;
    const lap = laps.findLast((each) => each.drone === drone && each.end_s - (each.behind_s ?? 0) < time + SAME_S);
    const behind = lap?.behind_s ?? 0;
    const back = resets.some((reset) => reset.drone === drone && lap && reset.time_s > lap.end_s && reset.time_s < time + LATE_S);
    return behind === 0 || back ? crossing : { ...crossing, time_s: time + behind };
  });
}
