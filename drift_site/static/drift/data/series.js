// What every view reads of frames, whoever holds them: a ring that the socket fills, or the chunks of a recording.

/**
 * One drone's frames in the order of time, numbered without a gap from `first` up to, not with, `end`.
 * @typedef {object} Series
 * @property {number} drone its number in the race
 * @property {number} first
 * @property {number} end
 * @property {number} length
 * @property {number} version another one when frames came otherwise than at the end: what was made of them is out of date
 * @property {(index: number) => number} time race seconds
 * @property {(index: number) => number} flight the sender's clock, s; NaN when its stream has none
 * @property {(index: number, column: number) => number} value by COLUMN of ring.js
 * @property {(index: number) => boolean} isCut whether the way from the frame before is not known
 * @property {(time: number) => number} indexAt the last frame not later; `first − 1` when all are later
 * @property {(time: number) => number} heardBy when the latest frame came that had come by a moment, by the server's clock,
 *   race seconds; −Infinity when none had
 */

/**
 * The frames of all drones of a race.
 * @typedef {object} Store
 * @property {Iterable<Series>} all in no order
 * @property {(drone: number) => Series | undefined} get
 */

export {};
