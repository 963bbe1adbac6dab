// The scene's colours, out of the sheet: scene.css and drift.css, dark or light.

import { Color } from "three";

import { COLOURS } from "../map/marks.js";

const RAMP_STOPS = 5;

/** @typedef {ReturnType<typeof paletteOf>} Palette */

/** @param {Element} element whose style the colours come from */
export function paletteOf(element) {
  const style = getComputedStyle(element);
  const text = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const colour = (/** @type {string} */ name) => new Color(text(name) || "#808080");
  const numbers = Array.from({ length: COLOURS }, (_, index) => index);
  const stops = Array.from({ length: RAMP_STOPS }, (_, index) => text(`--ramp-${index}`));
  return {
    zenith: colour("--scene-zenith"),
    horizon: colour("--scene-horizon"),
    ground: colour("--scene-ground"),
    line: colour("--scene-line"),
    gate: colour("--scene-gate"),
    next: colour("--scene-next"),
    grey: colour("--faint"),
    ink: text("--ink"),
    paper: text("--ground"),
    accent: text("--accent"),
    drones: numbers.map((index) => colour(`--drone-${index}`)),
    fills: numbers.map((index) => text(`--drone-${index}`)),
    digits: numbers.map((index) => text(`--digit-${index}`)),
    stops,
    ramp: stops.map((stop) => new Color(stop || "#808080")),
    font: style.fontFamily || "sans-serif",
  };
}

/**
 * Call back when dark becomes light or the contrast another.
 * @param {() => void} changed
 * @returns {() => void} ends it
 */
export function watchPalette(changed) {
  const queries = ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"].map((query) => matchMedia(query));
  queries.forEach((query) => query.addEventListener("change", changed));
  return () => queries.forEach((query) => query.removeEventListener("change", changed));
}
