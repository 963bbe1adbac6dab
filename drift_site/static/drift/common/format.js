// Figures as people read them: lap times, gaps, speeds, heights. Pure. What does not exist yet is a dash.

export const NONE = "–";
// A minus as wide as the plus, so that columns of differences line up.
const MINUS = "−";

/** @param {number | null | undefined} value @returns {value is null | undefined} */
function isAbsent(value) {
  return value === null || value === undefined || Number.isNaN(value);
}

/**
 * A duration as m:ss.mmm, from an hour on as h:mm:ss.mmm.
 * @param {number | null | undefined} ms
 */
export function lapTime(ms) {
  if (isAbsent(ms)) {
    return NONE;
  }
  const whole = Math.round(Math.abs(ms));
  const minutes = Math.floor(whole / 60_000);
  const seconds = `${padded(Math.floor(whole / 1000) % 60, 2)}.${padded(whole % 1000, 3)}`;
  const sign = ms < 0 && whole > 0 ? MINUS : "";
  return minutes < 60
    ? `${sign}${minutes}:${seconds}`
    : `${sign}${Math.floor(minutes / 60)}:${padded(minutes % 60, 2)}:${seconds}`;
}

/** A sector's time: seconds with thousandths, from a minute on as a lap's. @param {number | null | undefined} ms */
export function sectorTime(ms) {
  if (isAbsent(ms) || Math.abs(ms) >= 60_000) {
    return lapTime(ms);
  }
  return signed(ms / 1000, 3, "");
}

/**
 * How far one is behind: +s.mmm, or whole laps.
 * @param {number | null | undefined} ms @param {number} [lapsDown]
 */
export function gap(ms, lapsDown = 0) {
  if (lapsDown > 0) {
    return `+${lapsDown} ${lapsDown === 1 ? "lap" : "laps"}`;
  }
  if (isAbsent(ms)) {
    return NONE;
  }
  return Math.abs(ms) < 60_000 ? signed(ms / 1000, 3) : `${ms < 0 ? "" : "+"}${lapTime(ms)}`;
}

/** A difference in seconds with its sign. @param {number | null | undefined} s */
export function difference(s) {
  return isAbsent(s) ? NONE : signed(s, 3);
}

/** @param {number | null | undefined} value @param {number} digits after the point */
export function figure(value, digits) {
  return isAbsent(value) ? NONE : signed(value, digits, "");
}

/** @param {number | null | undefined} metresPerSecond */
export function speed(metresPerSecond) {
  return withUnit(metresPerSecond, 1, "m/s");
}

/** @param {number | null | undefined} metres */
export function altitude(metres) {
  return withUnit(metres, 1, "m");
}

/** @param {number | null | undefined} charge 0..1 */
export function percent(charge) {
  return isAbsent(charge) ? NONE : withUnit(charge * 100, 0, "%");
}

/** @param {number | null | undefined} value */
export function volts(value) {
  return withUnit(value, 2, "V");
}

/** @param {number | null | undefined} value @param {number} digits @param {string} unit */
function withUnit(value, digits, unit) {
  return isAbsent(value) ? NONE : `${figure(value, digits)} ${unit}`;
}

/** @param {number} value @param {number} digits @param {string} [plus] what stands before a value that is not negative */
function signed(value, digits, plus = "+") {
  const text = Math.abs(value).toFixed(digits);
  // What rounds to nothing has no minus.
  return value < 0 && Number(text) !== 0 ? MINUS + text : plus + text;
}

/** @param {number} value @param {number} length */
function padded(value, length) {
  return String(value).padStart(length, "0");
}
