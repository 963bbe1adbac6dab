// A plot of a recording: curves over a common x, a cursor that is shared, zoom by dragging, a table beneath.

import uPlot from "uplot";

import { write } from "../common/dom.js";
import { figure } from "../common/format.js";
import { Seldom } from "../common/seldom.js";
import { PlotGroup } from "./plotgroup.js";
import { axisOf, Colours, fitted, roomy, Y_AXIS_PX } from "./plotstyle.js";
import { PlotTable } from "./plottable.js";
import { extremes, nearest } from "./thin.js";

/** @typedef {import("./thin.js").Column} Column */

/**
 * @typedef {object} SeriesOptions
 * @property {string} label
 * @property {string} [unit] the plot's unless given
 * @property {string} colour a custom property of the sheet (--drone-1), or a colour
 * @property {readonly number[]} [dash] px
 */

/**
 * @typedef {object} PlotOptions
 * @property {string} title
 * @property {SeriesOptions[]} series
 * @property {string} [unit]
 * @property {string} [xLabel]
 * @property {string} [xUnit]
 * @property {PlotGroup} [sync] plots of one group have one cursor and one zoom
 * @property {number} [height] px
 * @property {number} [digits] after the point
 * @property {number} [xDigits]
 * @property {[number, number]} [range] of y; what the curves take unless given
 * @property {boolean} [zero] draw the line of 0
 */

/** @typedef {{x: number, text: string}} Mark a line across the plot */

const HEIGHT_PX = 150;
const TEXT_EVERY_MS = 100;
const SAY_EVERY_MS = 1000;
const SVG = "http://www.w3.org/2000/svg";
const LINE_PX = 1.75;

export class Plot {
  #options;
  #colours;
  #plot;
  #group;
  #leave;
  #observer;
  #table;
  #reset;
  /** @type {HTMLElement[]} */
  #values = [];
  #at = document.createElement("span");
  /** @type {readonly Column[]} */
  #columns;
  /** @type {readonly Mark[]} */
  #marks = [];
  /** @type {number | null} */
  #x = null;
  #textDue = new Seldom(TEXT_EVERY_MS);
  #sayDue = new Seldom(SAY_EVERY_MS);
  #late = 0;
  /** Whether a move of the scale is the page's and no person's. */
  #quiet = false;

  /** @param {HTMLElement} root gets a heading, the plot and its table @param {PlotOptions} options */
  constructor(root, options) {
    this.#options = options;
    this.#columns = [[], ...options.series.map(() => [])];
    this.#colours = new Colours(root, () => this.#plot.redraw(false, true));
    this.#group = options.sync ?? new PlotGroup();
    this.#leave = this.#group.add(this);
    root.classList.add("plot");
    const holder = document.createElement("div");
    holder.className = "plot-canvas";
    this.#reset = this.#resetButton();
    this.#table = new PlotTable(options.title, this.#headings());
    root.append(this.#head(), holder, this.#table.element);
    this.#plot = new uPlot(this.#config(Math.max(200, root.clientWidth)), this.#data(), holder);
    this.#plot.ctx.canvas.setAttribute("role", "img");
    this.#scrubByTouch(this.#plot.over);
    this.#observer = fitted(holder, this.#plot, options.height ?? HEIGHT_PX);
    this.#say();
  }

  dispose() {
    clearTimeout(this.#late);
    this.#leave();
    this.#observer.disconnect();
    this.#colours.dispose();
    this.#plot.destroy();
  }

  /**
   * @param {readonly Column[]} columns x, rising, and a column for each series of the same length; null or NaN where there
   * is no value
   */
  set(columns) {
    this.#columns = columns;
    this.#quietly(() => this.#plot.setData(this.#data(), true));
    this.#table.set(columns);
    this.showZoom(this.#group.range);
    this.showCursor(this.#group.x);
    this.#say();
  }

  /** Lines across the plot, as where sectors end. @param {readonly Mark[]} marks */
  marks(marks) {
    this.#marks = marks;
    this.#plot.redraw(false, false);
  }

  /** @param {number | null} x */
  showCursor(x) {
    this.#x = x;
    const left = x === null || this.#columns[0].length === 0 ? -10 : this.#plot.valToPos(x, "x");
    const inside = left >= 0 && left <= this.#plot.over.clientWidth;
    this.#plot.setCursor({ left: inside ? left : -10, top: this.#plot.over.clientHeight / 2 }, false);
    this.#writeSoon();
  }

  /** @param {[number, number] | null} range */
  showZoom(range) {
    const xs = this.#columns[0];
    if (xs.length > 0) {
      const [min, max] = range ?? [Number(xs[0]), Number(xs[xs.length - 1])];
      this.#quietly(() => this.#plot.setScale("x", { min, max }));
    }
    this.#reset.hidden = range === null || !this.#group.isFirst(this);
    this.showCursor(this.#x);
  }

  /** @param {() => void} change of the scale that is not to be told on */
  #quietly(change) {
    this.#quiet = true;
    // uPlot puts changes off to a microtask; in a batch it is done at once.
    this.#plot.batch(change);
    this.#quiet = false;
  }

  /** @returns {uPlot.AlignedData} */
  #data() {
    const [xs, ...ys] = this.#columns;
    // uPlot knows null for what is absent, and takes NaN for a value.
    return [Array.from(xs, Number), ...ys.map((column) => Array.from(column, (value) => (value === null || Number.isNaN(value) ? null : value)))];
  }

  /** @param {number} width @returns {uPlot.Options} */
  #config(width) {
    const { series, height = HEIGHT_PX, range, xUnit } = this.#options;
    const colours = this.#colours;
    return {
      width,
      height,
      padding: [8, 12, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        // Without a person's hand on it the cursor stays where it was.
        bind: { mouseleave: () => null },
        drag: { x: true, y: false, setScale: true },
        points: { size: 7 },
      },
      scales: { x: { time: false }, y: { range: range ?? ((_, least, most) => roomy(least, most)) } },
      axes: [axisOf(colours, { scale: "x", text: (value) => `${value}${xUnit ? ` ${xUnit}` : ""}` }), axisOf(colours, { scale: "y" })],
      series: [
        {},
        ...series.map(({ label, colour, dash }) => ({
          label,
          scale: "y",
          width: LINE_PX,
          stroke: () => colours.of(colour),
          dash: dash && [...dash],
          points: { show: false },
        })),
      ],
      hooks: {
        setCursor: [(plot) => this.#moved(plot)],
        setScale: [(plot, key) => this.#scaled(plot, key)],
        drawAxes: [(plot) => this.#drawMarks(plot)],
      },
    };
  }

  /** @param {uPlot} plot */
  #moved(plot) {
    const { left = -1 } = plot.cursor;
    if (left >= 0 && this.#columns[0].length > 0) {
      this.#x = plot.posToVal(left, "x");
      this.#group.cursor(this.#x, this);
      this.#writeSoon();
    }
  }

  /** @param {uPlot} plot @param {string} key */
  #scaled(plot, key) {
    const xs = this.#columns[0];
    if (key !== "x" || this.#quiet || xs.length === 0) {
      return;
    }
    const { min = 0, max = 0 } = plot.scales.x;
    const all = min <= Number(xs[0]) && max >= Number(xs[xs.length - 1]);
    this.#reset.hidden = all || !this.#group.isFirst(this);
    this.#group.zoom(all ? null : [min, max], this);
  }

  /** @param {uPlot} plot */
  #drawMarks({ ctx, bbox, valToPos, scales }) {
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.lineWidth = ratio;
    ctx.strokeStyle = ctx.fillStyle = this.#colours.of("--faint");
    ctx.font = `${10 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = "left";
    ctx.textBaseline = "top";
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    ctx.beginPath();
    for (const { x, text } of this.#marks) {
      const px = Math.round(valToPos(x, "x", true)) + 0.5;
      ctx.moveTo(px, bbox.top);
      ctx.lineTo(px, bbox.top + bbox.height);
      ctx.fillText(text, px + 3 * ratio, bbox.top + 1);
    }
    ctx.stroke();
    if (this.#options.zero && (scales.y.min ?? 0) < 0 && (scales.y.max ?? 0) > 0) {
      const py = Math.round(valToPos(0, "y", true)) + 0.5;
      ctx.setLineDash([]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, py);
      ctx.lineTo(bbox.left + bbox.width, py);
      ctx.stroke();
    }
    ctx.restore();
  }

  /** A finger that goes sideways moves the cursor; up and down it scrolls the page. @param {HTMLElement} over */
  #scrubByTouch(over) {
    over.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch") {
        const { left, width } = over.getBoundingClientRect();
        const at = Math.max(0, Math.min(width, event.clientX - left));
        this.#plot.setCursor({ left: at, top: over.clientHeight / 2 }, true);
      }
    });
  }

  /** Bring the figures beside the title up to date, at most ten times a second, the last ones for certain. */
  #writeSoon() {
    if (this.#textDue.due(performance.now())) {
      this.#write();
    } else {
      this.#late ||= window.setTimeout(() => {
        this.#late = 0;
        this.#write();
      }, TEXT_EVERY_MS);
    }
  }

  #write() {
    const [xs, ...ys] = this.#columns;
    const { series, unit = "", digits = 1, xUnit = "", xDigits = 1 } = this.#options;
    const index = this.#x === null ? -1 : nearest(/** @type {ArrayLike<number>} */ (xs), this.#x);
    write(this.#at, index < 0 ? "" : `${figure(xs[index], xDigits)} ${xUnit}`);
    this.#values.forEach((value, i) => {
      write(value, index < 0 ? "" : `${figure(ys[i][index], digits)} ${series[i].unit ?? unit}`);
    });
    if (this.#sayDue.due(performance.now())) {
      this.#say();
    }
  }

  #say() {
    const { title, series, unit = "", digits = 1, xLabel = "x" } = this.#options;
    const curves = series.map(({ label, unit: own = unit }, i) => {
      const span = extremes(this.#columns[i + 1] ?? []);
      const now = this.#values[i].textContent;
      return span
        ? `${label}: ${figure(span[0], digits)} to ${figure(span[1], digits)} ${own}${now ? `, ${now} at the cursor` : ""}`
        : `${label}: not known`;
    });
    this.#plot.ctx.canvas.setAttribute("aria-label", `${title} over ${xLabel}. ${curves.join(". ")}.`);
  }

  #headings() {
    const { series, unit = "", digits = 1, xLabel = "x", xUnit = "", xDigits = 1 } = this.#options;
    return [
      { label: xLabel, unit: xUnit, digits: xDigits },
      ...series.map(({ label, unit: own = unit }) => ({ label, unit: own, digits })),
    ];
  }

  #resetButton() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plot-reset";
    button.textContent = "Show all";
    button.hidden = true;
    button.addEventListener("click", () => this.#group.zoom(null));
    return button;
  }

  #head() {
    const head = document.createElement("div");
    head.className = "plot-head";
    const title = document.createElement("h3");
    title.textContent = this.#options.title;
    const keys = document.createElement("ul");
    keys.className = "plot-keys";
    this.#at.className = "plot-at";
    for (const { label, colour, dash } of this.#options.series) {
      const item = document.createElement("li");
      const name = document.createElement("span");
      name.textContent = label;
      const value = document.createElement("span");
      value.className = "plot-value";
      this.#values.push(value);
      item.append(swatch(colour, dash), name, value);
      keys.append(item);
    }
    head.append(title, keys, this.#at, this.#reset);
    head.style.setProperty("--plot-indent", `${Y_AXIS_PX}px`);
    return head;
  }
}

/** A bit of a curve, as it is drawn. @param {string} colour @param {readonly number[]} [dash] */
function swatch(colour, dash) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 26 8");
  svg.setAttribute("class", "plot-swatch");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "line");
  Object.entries({ x1: "1", x2: "25", y1: "4", y2: "4" }).forEach(([name, value]) => line.setAttribute(name, value));
  line.style.stroke = colour.startsWith("--") ? `var(${colour})` : colour;
  line.style.strokeWidth = "2.5";
  line.style.strokeDasharray = dash ? dash.join(" ") : "";
  svg.append(line);
  return svg;
}
