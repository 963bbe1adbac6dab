// Frames that come late, out of the recording, put where they belong in a drone's series: before, between, never after.

import { EvenClock, firstMoved, FRESH, isReset, STEP_S } from "./evenclock.js";
import { isJump, LEAST_SPACING_S, WIDTH, writeRow } from "./ring.js";

/** @typedef {import("../wire/protocol.js").FrameBatch} FrameBatch */
/** @typedef {import("./ring.js").FrameSeries} FrameSeries */

/**
 * What a series is made of.
 * @typedef {object} Columns
 * @property {number} count
 * @property {Float64Array} time
 * @property {Float64Array} arrival
 * @property {Float32Array} flight
 * @property {Uint32Array} seq
 * @property {Float32Array} values
 * @property {Uint8Array} cut
 */

/** @typedef {{batch: FrameBatch, i: number, seq: number, arrival: number, flight: number, time: number}} Row */

/**
 * @param {FrameSeries} series
 * @param {FrameBatch[]} batches in the order of time; frames of other drones, and known ones, are passed over
 * @returns {number} how many frames the series has more
 */
export function insert(series, batches) {
  const known = new Set();
  for (let index = series.first; index < series.end; index += 1) {
    known.add(series.seqAt(index));
  }
  const rows = rowsOf(series.drone, batches, (seq) => !known.has(seq) && (series.length === 0 || seq < series.seq));
  if (rows.length === 0) {
    return 0;
  }
  const before = series.length;
  timeRows(series, rows);
  series.adopt(merged(series, rows));
  return series.length - before;
}

/** @param {number} drone @param {FrameBatch[]} batches @param {(seq: number) => boolean} isWanted @returns {Row[]} */
function rowsOf(drone, batches, isWanted) {
  /** @type {Row[]} */
  const rows = [];
  let last = 0;
  for (const batch of batches) {
    for (let i = 0; i < batch.count; i += 1) {
      if (batch.drone(i) === drone && batch.seq(i) > last && isWanted(batch.seq(i))) {
        last = batch.seq(i);
        const arrival = (batch.time(i) - batch.raceStart) / 1e6;
        rows.push({ batch, i, seq: last, arrival, flight: batch.flightTime(i), time: NaN });
      }
    }
  }
  return rows;
}

/**
 * Give the rows their even times: each flight's clock begins with the least delay of any of its frames, and of the frame after
 * the rows where that is the same flight's.
 * @param {FrameSeries} series @param {Row[]} rows
 */
function timeRows(series, rows) {
  let from = 0;
  while (from < rows.length) {
    let to = from + 1;
    while (to < rows.length && isOneFlight(series, rows[to - 1], rows[to])) {
      to += 1;
    }
    let offset = offsetAfter(series, rows[to - 1]);
    for (let k = from; k < to; k += 1) {
      offset = Math.min(offset, Number.isNaN(rows[k].flight) ? Infinity : rows[k].arrival - rows[k].flight);
    }
    const clock = new EvenClock({ ...FRESH, offset });
    const frames = { arrivalAt: (/** @type {number} */ k) => rows[k].arrival, flight: (/** @type {number} */ k) => rows[k].flight };
    for (let k = from; k < to; k += 1) {
      rows[k].time = clock.time(rows[k].arrival, rows[k].flight);
      for (let m = clock.moved > 0 ? firstMoved(clock, frames, from, k) : k; m < k; m += 1) {
        rows[m].time += clock.moved;
      }
    }
    from = to;
  }
}

/** The first frame with a higher number than `seq`. @param {FrameSeries} series @param {number} seq */
function indexAfter(series, seq) {
  let low = series.first;
  let high = series.end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (series.seqAt(middle) <= seq) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/**
 * Whether two rows follow each other, with no reset and no frame of the series between them.
 * @param {FrameSeries} series @param {Row} a @param {Row} b
 */
function isOneFlight(series, a, b) {
  return !isReset(a.flight, b.flight) && indexAfter(series, a.seq) === indexAfter(series, b.seq);
}

/**
 * How late, at the least, the flight's frames came that follow a row; Infinity where none does.
 * @param {FrameSeries} series @param {Row} row
 */
function offsetAfter(series, { seq, flight }) {
  const next = indexAfter(series, seq);
  if (next >= series.end || Number.isNaN(flight) || isReset(flight, series.flight(next))) {
    return Infinity;
  }
  return series.time(next) - series.flight(next);
}

/** @param {FrameSeries} series @param {Row[]} rows @returns {Columns} */
function merged(series, rows) {
  const into = new Builder(series.length + rows.length);
  let index = series.first;
  for (const row of rows) {
    for (; index < series.end && series.seqAt(index) < row.seq; index += 1) {
      into.keep(series, index);
    }
    into.put(row, index < series.end ? series.time(index) : Infinity);
  }
  for (; index < series.end; index += 1) {
    into.keep(series, index);
  }
  return into.columns;
}

class Builder {
  /** @type {Columns} */
  columns;

  /** @param {number} room */
  constructor(room) {
    this.columns = {
      count: 0,
      time: new Float64Array(room),
      arrival: new Float64Array(room),
      flight: new Float32Array(room),
      seq: new Uint32Array(room),
      values: new Float32Array(room * WIDTH),
      cut: new Uint8Array(room),
    };
  }

  /** Race seconds; this and `value` make it something that isJump reads. @param {number} index */
  time(index) {
    return this.columns.time[index];
  }

  /** @param {number} index @param {number} column */
  value(index, column) {
    return this.columns.values[index * WIDTH + column];
  }

  /** A frame that the series has. @param {FrameSeries} series @param {number} index */
  keep(series, index) {
    const { columns } = this;
    for (let column = 0; column < WIDTH; column += 1) {
      columns.values[columns.count * WIDTH + column] = series.value(index, column);
    }
    this.#end(series.time(index), series.arrivalAt(index), series.flight(index), series.seqAt(index));
  }

  /**
   * A frame out of the recording; as in the ring, none closer than anybody sees.
   * @param {Row} row @param {number} before the time of the frame after it
   */
  put(row, before) {
    const { columns } = this;
    const last = columns.count - 1;
    const earliest = last < 0 ? -Infinity : columns.time[last] + STEP_S;
    const time = Math.max(row.time, earliest);
    const reset = last >= 0 && isReset(columns.flight[last], row.flight);
    if (time < before && (reset || last < 0 || time - columns.time[last] >= LEAST_SPACING_S)) {
      writeRow(columns.values, columns.count * WIDTH, row.batch, row.i);
      this.#end(time, row.arrival, row.flight, row.seq);
    }
  }

  /** @param {number} time @param {number} arrival @param {number} flight @param {number} seq */
  #end(time, arrival, flight, seq) {
    const { columns } = this;
    const at = columns.count;
    columns.time[at] = time;
    columns.arrival[at] = arrival;
    columns.flight[at] = flight;
    columns.seq[at] = seq;
    const cut = at === 0 || isReset(columns.flight[at - 1], flight) || isJump(this, at - 1, this, at);
    columns.cut[at] = cut ? 1 : 0;
    columns.count += 1;
  }
}
