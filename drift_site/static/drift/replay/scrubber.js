// The scrubber: a slider over the whole race, with the followed drone's laps, gates and resets, what is loaded, the loop.

import { lapAt } from "./marks.js";
import { clock, spoken } from "./timetext.js";

/** @typedef {import("./marks.js").Marks} Marks */
/** @typedef {import("./player.js").Player} Player */

const LAPS_PX = 20;
const BAR_TOP_PX = 30;
const BAR_PX = 6;
const HEIGHT_PX = 48;
/** What the slider's own keys do, s; the others are the page's. @type {Record<string, number>} */
const STEPS = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
// A lap narrower than this has no room for its number.
const NUMBER_PX = 18;
const dark = matchMedia("(prefers-color-scheme: dark)");
const contrast = matchMedia("(prefers-contrast: more)");

export class Scrubber {
  #root;
  #canvas = document.createElement("canvas");
  #head = document.createElement("span");
  #tip = document.createElement("span");
  #context;
  #player;
  /** @type {Marks} */
  #marks;
  /** @type {ReadonlyArray<readonly [number, number]>} */
  #loaded = [];
  #width = 0;
  #changed = true;
  #left = "";
  #dragging = false;
  /** @type {Record<string, string>} */
  #colours = {};
  /** A person goes to a moment; `done` when they let go. @type {(time: number, done: boolean) => void} */
  onseek = () => {};

  /** @param {HTMLElement} root which is the slider @param {Player} player @param {Marks} marks */
  constructor(root, player, marks) {
    this.#root = root;
    this.#player = player;
    this.#marks = marks;
    this.#head.className = "playhead";
    this.#tip.className = "tip";
    this.#tip.hidden = true;
    root.replaceChildren(this.#canvas, this.#head, this.#tip);
    const context = this.#canvas.getContext("2d");
    if (!context) {
      throw new Error("This browser gives no 2D canvas.");
    }
    this.#context = context;
    root.setAttribute("aria-valuemin", "0");
    root.setAttribute("aria-valuemax", player.duration.toFixed(1));
    root.addEventListener("pointerdown", this.#down);
    root.addEventListener("pointermove", this.#move);
    root.addEventListener("pointerup", this.#up);
    root.addEventListener("pointercancel", this.#up);
    root.addEventListener("pointerleave", () => (this.#tip.hidden = true));
    root.addEventListener("keydown", this.#key);
    new ResizeObserver(() => this.#resize()).observe(root);
    dark.addEventListener("change", this.#recolour);
    contrast.addEventListener("change", this.#recolour);
    this.#recolour();
  }

  get isDragging() {
    return this.#dragging;
  }

  /** @param {Marks} marks */
  mark(marks) {
    this.#marks = marks;
    this.#changed = true;
  }

  /** @param {ReadonlyArray<readonly [number, number]>} spans race seconds */
  showLoaded(spans) {
    this.#loaded = spans;
    this.#changed = true;
  }

  /** The loop is another one. */
  changed() {
    this.#changed = true;
  }

  draw() {
    const left = `${(100 * this.#share(this.#player.time)).toFixed(3)}%`;
    if (left !== this.#left) {
      this.#left = left;
      this.#head.style.left = left;
    }
    if (this.#changed && this.#width > 0) {
      this.#changed = false;
      this.#paint();
    }
  }

  /** Say where the replay stands; called at most ten times a second. */
  write() {
    const { time, duration } = this.#player;
    const lap = lapAt(this.#marks, time);
    const text = `${spoken(time)} of ${spoken(duration)}${lap ? `, lap ${lap.number}` : ""}`;
    if (this.#root.getAttribute("aria-valuetext") !== text) {
      this.#root.setAttribute("aria-valuenow", time.toFixed(1));
      this.#root.setAttribute("aria-valuetext", text);
    }
  }

  #recolour = () => {
    const style = getComputedStyle(this.#root);
    for (const name of ["ink", "soft", "faint", "grid", "line", "accent", "good", "bad", "ground"]) {
      this.#colours[name] = style.getPropertyValue(`--${name}`).trim();
    }
    this.#colours.font = style.fontFamily;
    this.#changed = true;
  };

  #resize() {
    const ratio = window.devicePixelRatio || 1;
    this.#width = this.#root.clientWidth;
    this.#canvas.width = Math.round(this.#width * ratio);
    this.#canvas.height = Math.round(HEIGHT_PX * ratio);
    this.#changed = true;
  }

  /** @param {number} time */
  #share(time) {
    return this.#player.duration > 0 ? time / this.#player.duration : 0;
  }

  /** @param {number} time */
  #px(time) {
    return this.#share(time) * this.#width;
  }

  /** @param {PointerEvent} event */
  #timeAt(event) {
    const { left, width } = this.#root.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - left) / width)) * this.#player.duration;
  }

  #down = (/** @type {PointerEvent} */ event) => {
    if (event.button === 0) {
      this.#dragging = true;
      this.#root.setPointerCapture(event.pointerId);
      this.onseek(this.#timeAt(event), false);
    }
  };

  #move = (/** @type {PointerEvent} */ event) => {
    const time = this.#timeAt(event);
    const lap = lapAt(this.#marks, time);
    this.#tip.hidden = false;
    this.#tip.textContent = clock(time) + (lap ? ` · lap ${lap.number}` : "");
    this.#tip.style.left = `${(100 * this.#share(time)).toFixed(3)}%`;
    if (this.#dragging) {
      this.onseek(time, false);
    }
  };

  #up = (/** @type {PointerEvent} */ event) => {
    if (this.#dragging) {
      this.#dragging = false;
      this.#tip.hidden = event.pointerType !== "mouse";
      this.onseek(this.#timeAt(event), true);
    }
  };

  #key = (/** @type {KeyboardEvent} */ event) => {
    const step = STEPS[event.key];
    if (step !== undefined && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      this.onseek(this.#player.time + step, true);
    }
  };

  #paint() {
    const context = this.#context;
    const ratio = this.#canvas.width / this.#width;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.#width, HEIGHT_PX);
    this.#paintLoop();
    this.#paintBar();
    this.#marks.laps.forEach((lap, i) => this.#paintLap(lap, i));
    this.#paintGates();
    this.#marks.resets.forEach((time) => this.#paintReset(time));
  }

  #paintLoop() {
    const context = this.#context;
    const { in: from, out: to } = this.#player.ends;
    context.fillStyle = context.strokeStyle = this.#colours.accent;
    if (from !== null && to !== null) {
      context.globalAlpha = 0.22;
      context.fillRect(this.#px(from), 0, this.#px(to) - this.#px(from), HEIGHT_PX);
      context.globalAlpha = 1;
    }
    context.lineWidth = 2;
    for (const [end, way] of /** @type {Array<[number | null, number]>} */ ([[from, 1], [to, -1]])) {
      if (end !== null) {
        const x = this.#px(end);
        context.beginPath();
        context.moveTo(x + 6 * way, 1);
        context.lineTo(x + way, 1);
        context.lineTo(x + way, HEIGHT_PX - 1);
        context.lineTo(x + 6 * way, HEIGHT_PX - 1);
        context.stroke();
      }
    }
  }

  #paintBar() {
    const context = this.#context;
    context.fillStyle = this.#colours.grid;
    context.fillRect(0, BAR_TOP_PX, this.#width, BAR_PX);
    context.fillStyle = this.#colours.faint;
    for (const [from, to] of this.#loaded) {
      context.fillRect(this.#px(from), BAR_TOP_PX + 1, this.#px(to) - this.#px(from), BAR_PX - 2);
    }
  }

  /** @param {Marks["laps"][number]} lap @param {number} i */
  #paintLap(lap, i) {
    const context = this.#context;
    const colours = this.#colours;
    const [from, to] = [this.#px(lap.start_s), this.#px(lap.end_s)];
    context.fillStyle = lap.best === "overall" ? colours.good : lap.best === "personal" ? colours.accent : colours.soft;
    context.globalAlpha = lap.valid ? (lap.best ? 0.45 : i % 2 ? 0.22 : 0.34) : 0.1;
    context.fillRect(from + 0.5, 2, Math.max(1, to - from - 1), LAPS_PX - 2);
    context.globalAlpha = 1;
    if (to - from > NUMBER_PX) {
      const sign = lap.best === "overall" ? "★" : lap.best === "personal" ? "▲" : "";
      const text = to - from > 2 * NUMBER_PX ? `${sign}${sign && " "}${lap.number}` : String(lap.number);
      const middle = (from + to) / 2;
      context.fillStyle = lap.valid ? colours.ink : colours.soft;
      context.font = `600 12px ${colours.font}`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(text, middle, LAPS_PX / 2 + 1.5);
      if (!lap.valid) {
        context.fillRect(middle - 8, LAPS_PX / 2 + 1, 16, 1.5);
      }
    }
  }

  #paintGates() {
    const context = this.#context;
    context.fillStyle = this.#colours.ink;
    for (const { time, gate, counted } of this.#marks.gates) {
      const finish = gate === 1 && counted;
      context.globalAlpha = finish ? 0.95 : counted ? 0.55 : 0.3;
      const height = finish ? 9 : counted ? 5 : 3;
      context.fillRect(Math.round(this.#px(time)) - (finish ? 1 : 0.5), BAR_TOP_PX - height, finish ? 2 : 1, height);
    }
    context.globalAlpha = 1;
  }

  /** @param {number} time */
  #paintReset(time) {
    const context = this.#context;
    const [x, y] = [this.#px(time), BAR_TOP_PX + BAR_PX + 6];
    context.strokeStyle = this.#colours.bad;
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(x - 4, y - 4);
    context.lineTo(x + 4, y + 4);
    context.moveTo(x - 4, y + 4);
    context.lineTo(x + 4, y - 4);
    context.stroke();
  }
}
