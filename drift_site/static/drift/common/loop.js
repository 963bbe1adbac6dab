// The page's one animation loop: it draws each frame of the screen and writes text at most ten times a second.

const TEXT_EVERY_MS = 100;

/**
 * @typedef {object} View
 * @property {(now: number) => void} draw
 * @property {(now: number) => void} write
 */

/** @type {Set<View>} */
const views = new Set();
let wroteAt = -Infinity;
let pending = 0;

/** @param {View} view */
export function add(view) {
  views.add(view);
  pending ||= requestAnimationFrame(step);
}

/** @param {View} view */
export function remove(view) {
  views.delete(view);
}

function step() {
  pending = views.size > 0 ? requestAnimationFrame(step) : 0;
  const now = performance.now();
  if (now - wroteAt >= TEXT_EVERY_MS) {
    wroteAt = now;
    views.forEach((view) => view.write(now));
  }
  views.forEach((view) => view.draw(now));
}
