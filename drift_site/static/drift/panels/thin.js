// Few out of many values, as a table or a sentence tells of a curve. Pure.

/** @typedef {ArrayLike<number | null>} Column null, or NaN, where there is no value */

/**
 * Places spread evenly over a column, the first and the last among them.
 * @param {number} length @param {number} most at least 2
 * @returns {number[]}
 */
export function spread(length, most) {
  const count = Math.min(length, most);
  return Array.from({ length: count }, (_, i) => (count === 1 ? 0 : Math.round((i * (length - 1)) / (count - 1))));
}

/**
 * The place whose value is nearest to `x`; −1 in an empty column.
 * @param {ArrayLike<number>} sorted rising @param {number} x
 */
export function nearest(sorted, x) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < x) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const before = low - 1;
  if (low === sorted.length || (before >= 0 && x - sorted[before] <= sorted[low] - x)) {
    return before;
  }
  return low;
}

/** The least and the greatest value; null where there is none. @param {Column} column @returns {[number, number] | null} */
export function extremes(column) {
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < column.length; i += 1) {
    const value = column[i];
    if (value !== null && !Number.isNaN(value)) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  return least > most ? null : [least, most];
}
