// How uPlot's plots look here: coloured by the sheet, in dark and in light.

import { onRecolour } from "./canvas.js";

/** @typedef {import("uplot")} UPlot */
/** @typedef {import("uplot").Axis} Axis */

export const Y_AXIS_PX = 52;
const X_AXIS_PX = 34;
const TEXT_PX = 11;

/** The sheet's colours as an element has them; forgotten when they change, and then `changed` is called. */
export class Colours {
  #element;
  #unsubscribe;
  /** @type {Map<string, string>} */
  #values = new Map();

  /** @param {HTMLElement} element @param {() => void} changed */
  constructor(element, changed) {
    this.#element = element;
    this.#unsubscribe = onRecolour(() => {
      this.#values.clear();
      changed();
    });
  }

  dispose() {
    this.#unsubscribe();
  }

  /** @param {string} name a custom property of the sheet (--ink), or a colour, which is given back */
  of(name) {
    if (!name.startsWith("--")) {
      return name;
    }
    let value = this.#values.get(name);
    if (value === undefined) {
      value = getComputedStyle(this.#element).getPropertyValue(name).trim();
      this.#values.set(name, value);
    }
    return value;
  }

  get font() {
    return `${TEXT_PX}px system-ui, sans-serif`;
  }
}

/**
 * @param {Colours} colours
 * @param {object} axis
 * @param {"x" | "y"} axis.scale
 * @param {(value: number) => string} [axis.text]
 * @param {boolean} [axis.bare] without labels
 * @returns {Axis}
 */
export function axisOf(colours, { scale, text = String, bare = false }) {
  return {
    scale,
    size: bare ? 8 : scale === "x" ? X_AXIS_PX - 8 : Y_AXIS_PX,
    space: scale === "x" ? 60 : 26,
    gap: 4,
    font: colours.font,
    stroke: () => colours.of("--soft"),
    grid: { stroke: () => colours.of("--grid"), width: 1 },
    ticks: { stroke: () => colours.of("--line"), width: 1, size: bare ? 0 : 5 },
    values: (_, splits) => splits.map((split) => (bare || split === null ? "" : text(split))),
  };
}

/** A least and a greatest with a little room, that are never equal. @param {number | null} least @param {number | null} most @returns {[number, number]} */
export function roomy(least, most) {
  if (least === null || most === null || !Number.isFinite(least) || !Number.isFinite(most)) {
    return [0, 1];
  }
  const room = Math.max((most - least) * 0.08, Math.abs(most) * 1e-3, 1e-3);
  return [least - room, most + room];
}

/**
 * Bring a plot to the size of its holder, now and whenever that changes.
 * @param {HTMLElement} holder @param {UPlot} plot @param {number} height
 * @returns {ResizeObserver}
 */
export function fitted(holder, plot, height) {
  const observer = new ResizeObserver(() => {
    const width = holder.clientWidth;
    if (width > 0 && width !== plot.width) {
      plot.setSize({ width, height });
    }
  });
  observer.observe(holder);
  return observer;
}
