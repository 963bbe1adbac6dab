// A canvas of a panel: sharp on any screen, coloured by the sheet, with a text for those who do not see it.

import { Seldom } from "../common/seldom.js";

const SAY_EVERY_MS = 1000;
const dark = matchMedia("(prefers-color-scheme: dark)");
const contrast = matchMedia("(prefers-contrast: more)");

/** Call back when the colours of the sheet may be others. @param {() => void} changed @returns {() => void} ends it */
export function onRecolour(changed) {
  dark.addEventListener("change", changed);
  contrast.addEventListener("change", changed);
  return () => {
    dark.removeEventListener("change", changed);
    contrast.removeEventListener("change", changed);
  };
}

export class PanelCanvas {
  #canvas;
  #observer;
  #seldom = new Seldom(SAY_EVERY_MS);
  #unsubscribe;
  /** @type {Map<string, string>} */
  #colours = new Map();
  /** @readonly */
  context;
  /** CSS pixels; the context is scaled to them. */
  width = 0;
  height = 0;
  /** Whether what is painted no longer fits: another size, other colours. */
  changed = true;

  /**
   * @param {HTMLElement} root the canvas itself, or an element that gets one
   * @param {string} text what it shows, before anything is drawn
   */
  constructor(root, text) {
    this.#canvas = root instanceof HTMLCanvasElement ? root : document.createElement("canvas");
    if (root !== this.#canvas) {
      root.append(this.#canvas);
    }
    const context = this.#canvas.getContext("2d");
    if (!context) {
      throw new Error("This browser gives no 2D canvas.");
    }
    this.context = context;
    this.#canvas.setAttribute("role", "img");
    this.#canvas.setAttribute("aria-label", text);
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(this.#canvas);
    this.#unsubscribe = onRecolour(() => {
      this.#colours.clear();
      this.changed = true;
    });
    this.#resize();
  }

  dispose() {
    this.#observer.disconnect();
    this.#unsubscribe();
  }

  /** A colour of the sheet. @param {string} name of a custom property: --ink */
  colour(name) {
    let value = this.#colours.get(name);
    if (value === undefined) {
      value = getComputedStyle(this.#canvas).getPropertyValue(name).trim();
      this.#colours.set(name, value);
    }
    return value;
  }

  /** The sheet's font at a size. @param {number} px */
  font(px) {
    return `${px}px ${this.colour("font-family") || "sans-serif"}`;
  }

  /**
   * Bring the text up to date, at most once a second: it is asked for only then.
   * @param {number} now @param {() => string} text
   */
  say(now, text) {
    if (this.#seldom.due(now)) {
      const said = text();
      if (this.#canvas.getAttribute("aria-label") !== said) {
        this.#canvas.setAttribute("aria-label", said);
      }
    }
  }

  #resize() {
    const ratio = window.devicePixelRatio || 1;
    this.width = this.#canvas.clientWidth;
    this.height = this.#canvas.clientHeight;
    this.#canvas.width = Math.round(this.width * ratio);
    this.#canvas.height = Math.round(this.height * ratio);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.changed = true;
  }
}
