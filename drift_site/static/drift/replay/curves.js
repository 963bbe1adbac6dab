// The followed drone's curves over the lap that is shown, with a cursor at the moment.

import { find, write } from "../common/dom.js";
import { Seldom } from "../common/seldom.js";
import { COLUMN } from "../data/ring.js";
import { Plot } from "../panels/plot.js";
import { PlotGroup } from "../panels/plotgroup.js";
import { lapAt, spanAt } from "./marks.js";
import { clock } from "./timetext.js";

/** @typedef {import("../data/series.js").Series} Series */
/** @typedef {import("./marks.js").Marks} Marks */

const AROUND_S = 15;
const CURSOR_EVERY_MS = 50;
const FILL_EVERY_MS = 250;

/** @type {Array<{title: string, label: string, unit: string, colour: string, digits: number, value: (series: Series, index: number) => number}>} */
const CHANNELS = [
  {
    title: "Speed", label: "Speed", unit: "m/s", colour: "--drone-1", digits: 1,
    value: (series, i) => Math.hypot(series.value(i, COLUMN.vx), series.value(i, COLUMN.vy), series.value(i, COLUMN.vz)),
  },
  { title: "Altitude", label: "Altitude", unit: "m", colour: "--drone-2", digits: 1, value: (series, i) => series.value(i, COLUMN.y) },
  {
    title: "Throttle", label: "Throttle", unit: "%", colour: "--drone-5", digits: 0,
    value: (series, i) => (series.value(i, COLUMN.throttle) + 1) * 50,
  },
];

export class Curves {
  #root;
  #title;
  #group = new PlotGroup();
  #plots;
  #cursorDue = new Seldom(CURSOR_EVERY_MS);
  #fillDue = new Seldom(FILL_EVERY_MS);
  #shown = "";
  #from = 0;
  #isOver = false;
  /** Where a person's pointer is in a plot, s of the x axis. @type {number | null} */
  #pointed = null;
  /** A person goes to a moment. @type {(time: number) => void} */
  onseek = () => {};

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = find(root, "#curves", HTMLElement);
    this.#title = find(root, '[data-field="curves"]', HTMLElement);
    this.#plots = CHANNELS.map(({ title, label, unit, colour, digits }) => {
      const box = document.createElement("div");
      this.#root.append(box);
      const options = { title, unit, digits, series: [{ label, colour }], xLabel: "Time", xUnit: "s", xDigits: 2, sync: this.#group, height: 120 };
      return new Plot(box, options);
    });
    // A plot that is resized tells of its cursor too.
    this.#group.oncursor = (x) => (this.#pointed = this.#isOver ? x : null);
    this.#root.addEventListener("pointerenter", () => (this.#isOver = true));
    this.#root.addEventListener("pointerleave", () => {
      this.#isOver = false;
      this.#pointed = null;
    });
    this.#root.addEventListener("click", (event) => {
      const isPlot = event.target instanceof Element && event.target.closest(".u-over");
      if (isPlot && this.#pointed !== null) {
        this.onseek(this.#from + this.#pointed);
      }
    });
  }

  /**
   * @param {Series | undefined} series @param {Marks} marks @param {number} time race seconds @param {number} duration s
   * @param {string} name of the drone @param {number} now ms
   */
  draw(series, marks, time, duration, name, now) {
    const [from, to] = spanAt(marks, time, duration, AROUND_S);
    if (this.#fillDue.due(now)) {
      this.#fill(series, marks, from, to, time, name);
    }
    if (this.#pointed === null && this.#from === from && this.#cursorDue.due(now)) {
      this.#group.cursor(time - from);
    }
  }

  /** @param {Series | undefined} series @param {Marks} marks @param {number} from @param {number} to @param {number} time @param {string} name */
  #fill(series, marks, from, to, time, name) {
    const first = series ? Math.max(series.first, series.indexAt(from)) : 0;
    const end = series ? Math.min(series.end, series.indexAt(to) + 1) : 0;
    const shown = [series?.drone, from, to, first, end, series?.version, marks.gates.length].join();
    if (shown === this.#shown) {
      return;
    }
    const isNew = !this.#shown.startsWith([series?.drone, from, to, ""].join());
    this.#shown = shown;
    this.#from = from;
    if (isNew) {
      this.#group.zoom(null);
    }
    const columns = columnsOf(series, first, end, from);
    const gates = marks.gates.filter((gate) => gate.counted && gate.time >= from && gate.time <= to);
    const lines = gates.map((gate) => ({ x: gate.time - from, text: String(gate.gate) }));
    this.#plots.forEach((plot, i) => {
      plot.set([columns[0], columns[i + 1]]);
      plot.marks(lines);
    });
    const lap = lapAt(marks, time);
    const what = lap && lap.start_s === from ? `Lap ${lap.number}` : `${clock(from, 0)} to ${clock(to, 0)}`;
    write(this.#title, `${what}, ${name}`);
  }
}

/**
 * The x axis and a column for each channel; a gap where the way is not known.
 * @param {Series | undefined} series @param {number} first @param {number} end @param {number} from race seconds
 * @returns {Array<Array<number | null>>}
 */
function columnsOf(series, first, end, from) {
  /** @type {Array<Array<number | null>>} */
  const columns = [[], ...CHANNELS.map(() => [])];
  for (let index = first; series && index < end; index += 1) {
    if (index > first && series.isCut(index)) {
      columns[0].push((series.time(index - 1) + series.time(index)) / 2 - from);
      CHANNELS.forEach((_, i) => columns[i + 1].push(null));
    }
    columns[0].push(series.time(index) - from);
    CHANNELS.forEach(({ value }, i) => columns[i + 1].push(value(series, index)));
  }
  return columns;
}
