// The last seconds of one drone as plots that scroll.

import uPlot from "uplot";

import { figure } from "../common/format.js";
import { Seldom } from "../common/seldom.js";
import { COLUMN } from "../data/ring.js";
import { axisOf, Colours, fitted, roomy } from "./plotstyle.js";
import { PlotTable } from "./plottable.js";

/** @typedef {import("../data/series.js").Series} FrameSeries */

export const WINDOW_S = 15;
// A ring keeps frames at least 4 ms apart.
const MOST_FRAMES = WINDOW_S * 250 + 2;
const DRAW_EVERY_MS = 50;
const SAY_EVERY_MS = 1000;
const HEIGHT_PX = 96;

/**
 * @typedef {object} Channel
 * @property {string} title
 * @property {string} unit
 * @property {string} colour
 * @property {number} digits
 * @property {(series: FrameSeries, index: number) => number} value
 * @property {(least: number, most: number) => [number, number]} range
 */

/** @type {Channel[]} */
const CHANNELS = [
  {
    title: "Speed",
    unit: "m/s",
    colour: "--accent",
    digits: 1,
    value: (series, i) => Math.hypot(series.value(i, COLUMN.vx), series.value(i, COLUMN.vy), series.value(i, COLUMN.vz)),
    range: (_, most) => [0, Math.max(10, Math.ceil(most / 10) * 10)],
  },
  {
    title: "Altitude",
    unit: "m",
    colour: "--good",
    digits: 1,
    value: (series, i) => series.value(i, COLUMN.y),
    range: (least, most) => roomy(least, Math.max(most, least + 4)),
  },
  {
    title: "Throttle",
    unit: "%",
    colour: "--wait",
    digits: 0,
    value: (series, i) => (series.value(i, COLUMN.throttle) + 1) * 50,
    range: () => [0, 100],
  },
];

class Strip {
  #channel;
  #plot;
  #observer;
  #least = NaN;
  #most = NaN;
  /** Where the way from the frame before is not known, places in the columns. @type {number[]} */
  #cuts;
  y = new Float64Array(MOST_FRAMES);

  /** @param {HTMLElement} root @param {Channel} channel @param {Colours} colours @param {number[]} cuts @param {boolean} last */
  constructor(root, channel, colours, cuts, last) {
    this.#channel = channel;
    this.#cuts = cuts;
    const title = document.createElement("h3");
    title.textContent = channel.title;
    const unit = document.createElement("span");
    unit.className = "unit";
    unit.textContent = ` ${channel.unit}`;
    title.append(unit);
    const holder = document.createElement("div");
    holder.className = "plot-canvas";
    root.append(title, holder);
    const height = HEIGHT_PX + (last ? 20 : 0);
    this.#plot = new uPlot(this.#config(colours, Math.max(160, root.clientWidth), height, last), [[], []], holder);
    this.#plot.ctx.canvas.setAttribute("role", "img");
    this.say();
    this.#observer = fitted(holder, this.#plot, height);
  }

  dispose() {
    this.#observer.disconnect();
    this.#plot.destroy();
  }

  redraw() {
    this.#plot.redraw(false, true);
  }

  /** @param {Colours} colours @param {number} width @param {number} height @param {boolean} last @returns {uPlot.Options} */
  #config(colours, width, height, last) {
    const { colour, range } = this.#channel;
    return {
      width,
      height,
      padding: [6, 8, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: () => [-WINDOW_S, 0] },
        y: { range: () => (Number.isFinite(this.#most) ? range(this.#least, this.#most) : [0, 1]) },
      },
      axes: [
        axisOf(colours, { scale: "x", text: (value) => `${value === 0 ? "0" : figure(value, 0)} s`, bare: !last }),
        axisOf(colours, { scale: "y" }),
      ],
      series: [
        {},
        {
          scale: "y",
          width: 1.75,
          stroke: () => colours.of(colour),
          points: { show: false },
          gaps: (plot, _, first, end) => this.#gaps(plot, first, end),
        },
      ],
    };
  }

  /** @param {uPlot} plot @param {number} first @param {number} end @returns {uPlot.Series.Gaps} */
  #gaps(plot, first, end) {
    const xs = plot.data[0];
    return this.#cuts
      .filter((at) => at > first && at <= end)
      .map((at) => [plot.valToPos(xs[at - 1], "x", true), plot.valToPos(xs[at], "x", true)]);
  }

  /** @param {FrameSeries} series @param {number} from the frame @param {number} count */
  fill(series, from, count) {
    let [least, most] = [Infinity, -Infinity];
    for (let i = 0; i < count; i += 1) {
      const value = this.#channel.value(series, from + i);
      this.y[i] = value;
      // NaN, for what the stream does not carry, is neither.
      least = value < least ? value : least;
      most = value > most ? value : most;
    }
    this.#least = least;
    this.#most = most;
  }

  /** @param {Float64Array} xs */
  show(xs) {
    this.#plot.setData([xs, this.y.subarray(0, xs.length)], true);
  }

  say() {
    const { title, unit, digits } = this.#channel;
    const span = Number.isFinite(this.#most)
      ? `${figure(this.#least, digits)} to ${figure(this.#most, digits)} ${unit}`
      : "not known";
    this.#plot.ctx.canvas.setAttribute("aria-label", `${title}, the last ${WINDOW_S} seconds: ${span}`);
  }
}

export class ScrollingPlots {
  #x = new Float64Array(MOST_FRAMES);
  /** @type {number[]} */
  #cuts = [];
  #colours;
  #strips;
  #table;
  #drawDue = new Seldom(DRAW_EVERY_MS);
  #sayDue = new Seldom(SAY_EVERY_MS);
  /** What is shown. @type {{series: FrameSeries | undefined, end: number, time: number}} */
  #shown = { series: undefined, end: -1, time: NaN };

  /** @param {HTMLElement} root */
  constructor(root) {
    root.classList.add("scrolling");
    this.#colours = new Colours(root, () => this.#strips.forEach((strip) => strip.redraw()));
    this.#strips = CHANNELS.map((channel, i) => new Strip(root, channel, this.#colours, this.#cuts, i === CHANNELS.length - 1));
    const headings = CHANNELS.map(({ title, unit, digits }) => ({ label: title, unit, digits }));
    this.#table = new PlotTable(`The last ${WINDOW_S} seconds`, [{ label: "Before now", unit: "s", digits: 1 }, ...headings]);
    root.append(this.#table.element);
  }

  dispose() {
    this.#colours.dispose();
    this.#strips.forEach((strip) => strip.dispose());
  }

  /**
   * Called once an animation frame; it draws at most twenty times a second, and where something has changed.
   * @param {FrameSeries | undefined} series the followed drone's @param {number} time race seconds
   */
  draw(series, time) {
    const shown = this.#shown;
    const end = series?.end ?? -1;
    // With nothing in the window, one moment looks like another.
    const empty = !series || series.length === 0 || !(time - series.time(end - 1) <= WINDOW_S);
    const at = empty ? Infinity : time;
    if ((shown.series === series && shown.end === end && shown.time === at) || !this.#drawDue.due(performance.now())) {
      return;
    }
    Object.assign(shown, { series, end, time: at });
    const count = series ? this.#take(series, time) : 0;
    const xs = this.#x.subarray(0, count);
    this.#strips.forEach((strip) => strip.show(xs));
    if (this.#sayDue.due(performance.now())) {
      this.#strips.forEach((strip) => strip.say());
      this.#table.set([xs, ...this.#strips.map(({ y }) => y.subarray(0, count))]);
    }
  }

  /** @param {FrameSeries} series @param {number} time @returns {number} how many frames are shown */
  #take(series, time) {
    const last = series.indexAt(time);
    // One frame before the window too, so that the curve comes from its edge.
    const from = Math.max(series.first, series.indexAt(time - WINDOW_S), last + 1 - MOST_FRAMES);
    const count = Math.max(0, last + 1 - from);
    this.#cuts.length = 0;
    for (let i = 0; i < count; i += 1) {
      this.#x[i] = series.time(from + i) - time;
      if (i > 0 && series.isCut(from + i)) {
        this.#cuts.push(i);
      }
    }
    this.#strips.forEach((strip) => strip.fill(series, from, count));
    return count;
  }
}
