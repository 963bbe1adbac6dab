// What of a replay has not come, and when it is asked for again, in words. Pure.

import { clock } from "./timetext.js";

/** @typedef {{from: number, why: string, until: number}} Failure from which race second on, and when it is asked for again, ms */
/** @typedef {{fault: string, failure: Failure | null}} Loaded */

/**
 * The first that matters: frames, then standings, then laps and gates. Frames that are refused are told over the scene.
 * @param {{recording: Loaded, standings: Loaded | null, trouble: string}} session @param {number} now ms
 * @returns {string} empty when all is well
 */
export function troubleText({ recording, standings, trouble }, now) {
  if (recording.fault) {
    return "";
  }
  if (recording.failure) {
    return notCome("frames", recording.failure, now);
  }
  if (standings?.fault) {
    return `No standings: ${standings.fault}`;
  }
  if (standings?.failure) {
    return notCome("standings", standings.failure, now);
  }
  return trouble ? `${trouble}: laps and gates are not marked yet. Trying again…` : "";
}

/** @param {string} what @param {Failure} failure @param {number} now */
function notCome(what, { from, why, until }, now) {
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  const when = seconds > 0 ? `Trying again in ${seconds} s.` : "Trying again…";
  return `${why}: the ${what} from ${clock(from, 0)} on have not come. ${when}`;
}
