// Small pictures that stay upright and equally large wherever they hang: a drone's mark and name, a gate's number.

import { CanvasTexture, LinearFilter, Sprite, SpriteMaterial, SRGBColorSpace } from "three";

import { colourOf, outlineOf } from "../map/marks.js";

/** @typedef {import("./palette.js").Palette} Palette */

// Drawn finer than shown, for sharp screens.
const SHARP = 2;
const MARK_PX = 26;
const PILL_PX = 22;

/**
 * @typedef {object} Picture
 * @property {Sprite} sprite
 * @property {number} width px
 * @property {number} height px
 */

/**
 * @param {number} width px @param {number} height px @param {number} above what it is drawn over: the higher, the later
 * @param {(context: CanvasRenderingContext2D) => void} draw
 * @returns {Picture}
 */
function pictureOf(width, height, above, draw) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width * SHARP);
  canvas.height = Math.ceil(height * SHARP);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(SHARP, SHARP);
  draw(context);
  const map = new CanvasTexture(canvas);
  map.colorSpace = SRGBColorSpace;
  map.generateMipmaps = false;
  map.minFilter = LinearFilter;
  const material = new SpriteMaterial({ map, sizeAttenuation: false, depthTest: false, depthWrite: false, transparent: true });
  const sprite = new Sprite(material);
  sprite.renderOrder = above;
  return { sprite, width, height };
}

/** @param {Palette} palette @param {string} text */
function widthOf(palette, text) {
  const context = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  context.font = `600 13px ${palette.font}`;
  return Math.ceil(context.measureText(text).width);
}

/**
 * @param {CanvasRenderingContext2D} context @param {Palette} palette @param {number} drone @param {string} sign
 * @param {boolean} stale
 */
function drawMark(context, palette, drone, sign, stale) {
  const radius = 9;
  const [x, y] = [MARK_PX / 2 + 2, MARK_PX / 2 + 2];
  context.beginPath();
  outlineOf(drone).forEach(([right, down]) => context.lineTo(x + right * radius, y + down * radius));
  context.closePath();
  context.fillStyle = stale ? palette.paper : palette.fills[colourOf(drone)];
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = palette.ink;
  context.stroke();
  context.fillStyle = stale ? palette.ink : palette.digits[colourOf(drone)];
  context.font = `700 11px ${palette.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(sign, x, y + 1);
}

/**
 * A drone's mark: its colour, outline and number, or another sign.
 * @param {Palette} palette @param {number} drone @param {string} sign @param {boolean} stale
 */
export function markPicture(palette, drone, sign, stale) {
  return pictureOf(MARK_PX + 4, MARK_PX + 4, 11, (context) => drawMark(context, palette, drone, sign, stale));
}

/**
 * The mark with the name beside it.
 * @param {Palette} palette @param {number} drone @param {string} sign @param {string} name @param {boolean} stale
 */
export function namePicture(palette, drone, sign, name, stale) {
  const shown = name.length > 24 ? `${name.slice(0, 23)}…` : name;
  const width = MARK_PX + 12 + widthOf(palette, shown);
  return pictureOf(width, MARK_PX + 4, 12, (context) => {
    context.globalAlpha = 0.82;
    context.fillStyle = palette.paper;
    context.beginPath();
    context.roundRect(1, 3, width - 2, MARK_PX - 2, (MARK_PX - 2) / 2);
    context.fill();
    context.globalAlpha = 1;
    drawMark(context, palette, drone, sign, stale);
    context.font = `600 13px ${palette.font}`;
    context.textAlign = "left";
    context.fillStyle = palette.ink;
    context.fillText(shown, MARK_PX + 5, MARK_PX / 2 + 3);
  });
}

/**
 * A gate's number or name.
 * @param {Palette} palette @param {string} text @param {boolean} next
 */
export function gatePicture(palette, text, next) {
  const width = Math.max(PILL_PX, widthOf(palette, text) + 14);
  return pictureOf(width, PILL_PX, 10, (context) => {
    context.beginPath();
    context.roundRect(1, 1, width - 2, PILL_PX - 2, 5);
    context.globalAlpha = next ? 1 : 0.75;
    context.fillStyle = next ? palette.accent : palette.paper;
    context.fill();
    context.globalAlpha = 1;
    context.font = `600 13px ${palette.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = next ? palette.paper : palette.ink;
    context.fillText(text, width / 2, PILL_PX / 2 + 1);
  });
}

/**
 * Give the picture its size on the screen.
 * @param {Picture} picture @param {number} pixelsAtOneMetre of the camera
 * @param {number} above px between it and what it hangs over
 */
export function sizePicture({ sprite, width, height }, pixelsAtOneMetre, above) {
  sprite.scale.set(width / pixelsAtOneMetre, height / pixelsAtOneMetre, 1);
  sprite.center.set(0.5, -above / height);
}

/** @param {Picture} picture */
export function disposePicture({ sprite }) {
  sprite.removeFromParent();
  sprite.material.map?.dispose();
  sprite.material.dispose();
}
