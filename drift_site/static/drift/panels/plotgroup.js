// Plots that belong together: one cursor, one zoom.

/**
 * @typedef {object} Member
 * @property {(x: number | null) => void} showCursor
 * @property {(range: [number, number] | null) => void} showZoom
 */

export class PlotGroup {
  /** @type {Set<Member>} */
  #members = new Set();
  /** Where the cursor is; null when there is none. @type {number | null} */
  x = null;
  /** What is shown of the x axis; null when all of it is. @type {[number, number] | null} */
  range = null;
  /** What else follows the cursor: called for each move of it that a person makes. @type {(x: number | null) => void} */
  oncursor = () => {};
  /** @type {(range: [number, number] | null) => void} */
  onzoom = () => {};

  /** @param {Member} member @returns {() => void} takes it out again */
  add(member) {
    this.#members.add(member);
    return () => void this.#members.delete(member);
  }

  /** Which of the members has what the group needs once only. @param {Member} member */
  isFirst(member) {
    return this.#members.values().next().value === member;
  }

  /** @param {number | null} x @param {Member} [from] who shows it already */
  cursor(x, from) {
    this.x = x;
    this.#members.forEach((member) => member !== from && member.showCursor(x));
    if (from) {
      this.oncursor(x);
    }
  }

  /** @param {[number, number] | null} range @param {Member} [from] who shows it already */
  zoom(range, from) {
    this.range = range;
    this.#members.forEach((member) => member !== from && member.showZoom(range));
    this.onzoom(range);
  }
}
