// What is plotted of a lap, out of its frames. Pure.

import { COLUMN } from "../data/ring.js";

/** @typedef {import("../data/ring.js").FrameSeries} FrameSeries */

/**
 * @typedef {object} Channel
 * @property {string} id
 * @property {string} title
 * @property {string} unit
 * @property {number} digits
 * @property {number} height px
 * @property {[number, number]} [range]
 * @property {boolean} [zero] draw the line of 0
 * @property {(series: FrameSeries, index: number) => number} value NaN where the stream has none
 */

/** @param {number} column */
const raw = (column) => (/** @type {FrameSeries} */ series, /** @type {number} */ index) => series.value(index, column);

/** @param {string} id @param {string} title @param {number} column @returns {Channel} */
const stick = (id, title, column) => ({
  id, title, unit: "%", digits: 0, height: 110, range: [-105, 105], zero: true, value: (series, index) => series.value(index, column) * 100,
});

/** @param {string} id @param {string} title @param {number} column @returns {Channel} */
const gyro = (id, title, column) => ({ id, title, unit: "°/s", digits: 0, height: 110, zero: true, value: raw(column) });

/** @type {Array<{title: string, channels: Channel[]}>} */
export const GROUPS = [
  {
    title: "Flight",
    channels: [
      {
        id: "speed", title: "Speed", unit: "m/s", digits: 1, height: 170,
        value: (series, i) => Math.hypot(series.value(i, COLUMN.vx), series.value(i, COLUMN.vy), series.value(i, COLUMN.vz)),
      },
      { id: "altitude", title: "Altitude", unit: "m", digits: 1, height: 120, value: raw(COLUMN.y) },
    ],
  },
  {
    title: "Sticks",
    channels: [
      { id: "throttle", title: "Throttle", unit: "%", digits: 0, height: 120, range: [-3, 103], value: (series, i) => (series.value(i, COLUMN.throttle) + 1) * 50 },
      stick("yaw", "Yaw, + right", COLUMN.yaw),
      stick("pitch", "Pitch, + forward", COLUMN.pitch),
      stick("roll", "Roll, + left", COLUMN.roll),
    ],
  },
  {
    title: "Gyro",
    channels: [
      gyro("gyro-yaw", "Turn rate of yaw, + nose right", COLUMN.gyroYaw),
      gyro("gyro-pitch", "Turn rate of pitch, + nose down", COLUMN.gyroPitch),
      gyro("gyro-roll", "Turn rate of roll, + left", COLUMN.gyroRoll),
    ],
  },
  {
    title: "Battery and motors",
    channels: [
      { id: "charge", title: "Charge", unit: "%", digits: 1, height: 110, value: (series, i) => series.value(i, COLUMN.charge) * 100 },
      { id: "volts", title: "Voltage", unit: "V", digits: 2, height: 110, value: raw(COLUMN.volts) },
      { id: "rpm", title: "Motors, mean", unit: "rpm", digits: 0, height: 120, value: meanRpm },
    ],
  },
];

/** @param {FrameSeries} series @param {number} index */
function meanRpm(series, index) {
  const count = series.value(index, COLUMN.motorCount);
  let sum = 0;
  for (let motor = 0; motor < count; motor += 1) {
    sum += series.value(index, COLUMN.rpm + motor);
  }
  return count > 0 ? sum / count : NaN;
}

/**
 * A channel at each of some moments, on the straight line between two frames; NaN before the first and after the last
 * frame, and where the way between two is not known.
 * @param {FrameSeries | undefined} series @param {ArrayLike<number>} times rising, s @param {Channel["value"]} value
 * @returns {Float64Array}
 */
export function valuesAt(series, times, value) {
  const out = new Float64Array(times.length).fill(NaN);
  if (!series || series.length === 0) {
    return out;
  }
  let index = series.first;
  for (let i = 0; i < times.length; i += 1) {
    const time = times[i];
    while (index + 1 < series.end && series.time(index + 1) <= time) {
      index += 1;
    }
    out[i] = at(series, index, time, value);
  }
  return out;
}

// The line is crossed between two frames, and instants are rounded to ms: a lap may begin and end so much beside its frames.
const SLACK_S = 0.02;

/** @param {FrameSeries} series @param {number} index the last frame not later, or the first @param {number} time @param {Channel["value"]} value */
function at(series, index, time, value) {
  const from = series.time(index);
  const here = value(series, index);
  if (time <= from || index + 1 >= series.end) {
    return Math.abs(time - from) <= SLACK_S ? here : NaN;
  }
  if (series.isCut(index + 1)) {
    return NaN;
  }
  const next = value(series, index + 1);
  return here + ((next - here) * (time - from)) / (series.time(index + 1) - from);
}
