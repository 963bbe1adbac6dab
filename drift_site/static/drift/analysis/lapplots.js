// The plots of two laps: the difference on top, then a plot for each channel that the stream carries.

import { PlotGroup } from "../panels/plotgroup.js";
import { Plot } from "../panels/plot.js";
import { GROUPS } from "./channels.js";

/** @typedef {import("./address.js").Over} Over */
/** @typedef {import("./channels.js").Channel} Channel */
/** @typedef {import("./duel.js").Duel} Duel */

/** The dashes are the second mark beside the colours. */
export const SERIES = Object.freeze([
  { label: "A", colour: "--lap-a" },
  { label: "B", colour: "--lap-b", dash: [7, 4] },
]);
const AXES = Object.freeze({
  distance: { xLabel: "Distance", xUnit: "m", xDigits: 0 },
  time: { xLabel: "Time", xUnit: "s", xDigits: 2 },
});
const DELTA_PX = 150;

export class LapPlots {
  group = new PlotGroup();
  #root;
  /** @type {Over | null} */
  #over = null;
  /** @type {Plot | null} */
  #delta = null;
  /** @type {Map<Channel, {plot: Plot, root: HTMLElement}>} */
  #plots = new Map();
  /** @type {Array<{root: HTMLElement, channels: Channel[]}>} */
  #groups = [];
  #missing = document.createElement("p");

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#missing.className = "plots-missing";
  }

  /** @param {Duel} duel @param {Over} over */
  show(duel, over) {
    if (over !== this.#over) {
      this.#make(over);
    }
    const sectors = duel.sectors(over).map(({ text, from }) => ({ x: from, text }));
    this.#delta?.set(duel.delta(over));
    this.#delta?.marks(sectors);
    /** @type {string[]} */
    const missing = [];
    for (const [channel, { plot, root }] of this.#plots) {
      const columns = duel.columns(channel, over);
      const absent = columns[1].every(Number.isNaN) && columns[2].every(Number.isNaN);
      root.hidden = absent;
      if (absent) {
        missing.push(channel.title.split(",")[0].toLowerCase());
      } else {
        plot.set(columns);
        plot.marks(sectors);
      }
    }
    for (const { root, channels } of this.#groups) {
      root.hidden = channels.every((channel) => this.#plots.get(channel)?.root.hidden);
    }
    this.#missing.textContent = missing.length > 0 ? `Not in these drones' streams: ${missing.join(", ")}.` : "";
    this.#missing.hidden = missing.length === 0;
  }

  /** The plots' axis is another one: they are made anew. @param {Over} over */
  #make(over) {
    this.#delta?.dispose();
    this.#plots.forEach(({ plot }) => plot.dispose());
    this.#plots.clear();
    this.#root.replaceChildren();
    this.#over = over;
    this.group.range = null;
    const axes = AXES[over];
    this.#delta = new Plot(this.#panel(this.#root), {
      title: "Time difference", unit: "s", digits: 3, zero: true, height: DELTA_PX, sync: this.group, ...axes,
      series: [{ label: "B behind A", colour: "--ink" }],
    });
    this.#groups = GROUPS.map(({ title, channels }) => {
      const root = this.#section(title);
      channels.forEach((channel) => this.#add(channel, root, over));
      return { root, channels };
    });
    this.#root.append(this.#missing);
  }

  /** @param {Channel} channel @param {HTMLElement} section @param {Over} over */
  #add(channel, section, over) {
    const { title, unit, digits, height, range, zero } = channel;
    const root = this.#panel(section);
    const plot = new Plot(root, { title, unit, digits, height, range, zero, sync: this.group, ...AXES[over], series: [...SERIES] });
    this.#plots.set(channel, { plot, root });
  }

  /** @param {HTMLElement} parent */
  #panel(parent) {
    const root = document.createElement("div");
    root.className = "panel";
    parent.append(root);
    return root;
  }

  /** @param {string} title */
  #section(title) {
    const section = document.createElement("details");
    section.open = true;
    section.className = "plots-group";
    const summary = document.createElement("summary");
    const heading = document.createElement("h2");
    heading.textContent = title;
    summary.append(heading);
    section.append(summary);
    this.#root.append(section);
    return section;
  }
}
