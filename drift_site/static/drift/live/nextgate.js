// Which gate a drone flies to, out of what the server told. Pure.

import { isReset } from "../data/evenclock.js";

/** @typedef {import("../wire/protocol.js").CrossingEvent} CrossingEvent */
/** @typedef {import("../wire/protocol.js").Standing} Standing */
/** @typedef {import("../wire/protocol.js").Track} Track */

/**
 * The order of the gate that comes after the one that counted last; start/finish for a drone that has to begin anew.
 * @param {Track | null} track
 * @param {CrossingEvent | undefined} crossing the drone's latest that counted; undefined where it is not known
 * @param {Standing | undefined} standing
 * @param {number} flight the drone's own clock at the moment, s; NaN when it has none
 * @returns {number | null} null where there are no gates, and for a drone that races no more
 */
export function nextGate(track, crossing, standing, flight) {
  const count = track?.gates.length ?? 0;
  if (count === 0 || (standing && standing.status !== "RUN")) {
    return null;
  }
  if (crossing) {
    // A clock behind that of the crossing was set to nothing since: the drone was put back.
    return isReset(crossing.flight_time, flight) ? 1 : (crossing.gate % count) + 1;
  }
  if (!standing || (standing.passed === 0 && standing.laps === 0 && !(standing.distance > 0))) {
    return 1;
  }
  return ((standing.passed + 1) % count) + 1;
}
