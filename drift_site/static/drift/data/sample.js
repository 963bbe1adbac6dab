// A drone at any moment, out of its frames: interpolated between two, carried on a little past the last, then frozen.

import { COLUMN, WIDTH } from "./ring.js";

/** @typedef {import("./series.js").Series} Series */

/** Past its last frame a drone is carried on by its velocity for this long. */
export const EXTRAPOLATE_S = 0.1;

/**
 * How sure the picture is. `absent`: no frame is that early. `known`: at or between two frames. `ahead`: past the last
 * frame, carried on by at most EXTRAPOLATE_S. `frozen`: past that, or within a gap.
 * @typedef {"absent" | "known" | "ahead" | "frozen"} Certainty
 */

export class Sample {
  /** @type {Certainty} */
  certainty = "absent";
  /** The frame it was made of, the last not later; −1 when absent. */
  index = -1;
  /** Race seconds. */
  time = NaN;
  /** As a row of FrameSeries, by COLUMN; NaN for what the stream does not carry. */
  values = new Float32Array(WIDTH).fill(NaN);

  /** m/s; NaN when not known. */
  get speed() {
    return Math.hypot(this.values[COLUMN.vx], this.values[COLUMN.vy], this.values[COLUMN.vz]);
  }

  /** m. */
  get altitude() {
    return this.values[COLUMN.y];
  }

  get motorCount() {
    return this.values[COLUMN.motorCount] || 0;
  }
}

/**
 * @param {Series | undefined} series
 * @param {number} time race seconds
 * @param {Sample} out is overwritten, so that the animation makes no garbage
 * @returns {Sample} `out`
 */
export function sampleAt(series, time, out) {
  const index = series ? series.indexAt(time) : -1;
  out.time = time;
  if (!series || index < series.first) {
    out.certainty = "absent";
    out.index = -1;
    out.values.fill(NaN);
    return out;
  }
  out.index = index;
  for (let column = 0; column < WIDTH; column += 1) {
    out.values[column] = series.value(index, column);
  }
  if (index + 1 < series.end) {
    between(series, index, time, out);
  } else {
    past(time - series.time(index), out);
  }
  return out;
}

/** @param {Series} series @param {number} index @param {number} time @param {Sample} out */
function between(series, index, time, out) {
  const next = index + 1;
  const length = series.time(next) - series.time(index);
  if (series.isCut(next)) {
    // Nobody knows the way to the next frame: the drone stays, and after a moment shows that it is not known.
    out.certainty = time - series.time(index) > EXTRAPOLATE_S ? "frozen" : "known";
    return;
  }
  const part = (time - series.time(index)) / length;
  const { values } = out;
  for (let column = 0; column < COLUMN.motorCount; column += 1) {
    if (column < COLUMN.qx || column > COLUMN.qw) {
      const from = values[column];
      values[column] = from + (series.value(next, column) - from) * part;
    }
  }
  slerp(values, series, next, part);
  out.certainty = "known";
}

/** @param {number} elapsed s since the last frame @param {Sample} out */
function past(elapsed, out) {
  const carried = Math.min(elapsed, EXTRAPOLATE_S);
  for (let axis = 0; axis < 3; axis += 1) {
    const velocity = out.values[COLUMN.vx + axis];
    if (!Number.isNaN(velocity)) {
      out.values[COLUMN.x + axis] += velocity * carried;
    }
  }
  out.certainty = elapsed === 0 ? "known" : elapsed <= EXTRAPOLATE_S ? "ahead" : "frozen";
}

/**
 * Turn the attitude in `values` towards that of frame `next`, the short way.
 * @param {Float32Array} values @param {Series} series @param {number} next @param {number} part 0..1
 */
function slerp(values, series, next, part) {
  const q = COLUMN.qx;
  let dot = 0;
  for (let i = 0; i < 4; i += 1) {
    dot += values[q + i] * series.value(next, q + i);
  }
  const sign = dot < 0 ? -1 : 1;
  const angle = Math.acos(Math.min(1, Math.abs(dot)));
  // Where both are nearly one, sines are too small to divide by, and a straight line is as good.
  const sine = Math.sin(angle);
  const a = sine < 1e-4 ? 1 - part : Math.sin((1 - part) * angle) / sine;
  const b = (sine < 1e-4 ? part : Math.sin(part * angle) / sine) * sign;
  let length = 0;
  for (let i = 0; i < 4; i += 1) {
    values[q + i] = values[q + i] * a + series.value(next, q + i) * b;
    length += values[q + i] ** 2;
  }
  length = Math.sqrt(length);
  for (let i = 0; i < 4; i += 1) {
    values[q + i] /= length;
  }
}
