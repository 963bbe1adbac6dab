// How drones are told apart: eight colours after Okabe and Ito, which colour-blind people can tell apart too, and,
// as the second mark, five outlines and the drone's number.

export const COLOURS = 8;
/** @typedef {"circle" | "square" | "triangle" | "pentagon" | "diamond"} Shape */
/** @type {Shape[]} */
const SHAPES = ["circle", "square", "triangle", "pentagon", "diamond"];
/** @type {Record<Shape, {corners: number, radius: number, lower: number, turn: number}>} */
const FORMS = {
  circle: { corners: 24, radius: 1, lower: 0, turn: 0 },
  square: { corners: 4, radius: 1.22, lower: 0, turn: Math.PI / 4 },
  triangle: { corners: 3, radius: 1.5, lower: 0.3, turn: 0 },
  pentagon: { corners: 5, radius: 1.1, lower: 0, turn: 0 },
  diamond: { corners: 4, radius: 1.2, lower: 0, turn: 0 },
};

/** Which of the --drone-N colours a drone has. @param {number} number from 1 */
export function colourOf(number) {
  return (number - 1) % COLOURS;
}

/**
 * The outline of a drone's mark around 0,0 for radius 1, as points in drawing order, y downwards.
 * Eight and five have no common factor, so colour and outline together repeat after forty drones.
 * @param {number} number from 1
 * @returns {ReadonlyArray<readonly [number, number]>}
 */
export function outlineOf(number) {
  return OUTLINES[(number - 1) % OUTLINES.length];
}

const OUTLINES = SHAPES.map(outline);

/** @param {Shape} shape @returns {Array<[number, number]>} */
function outline(shape) {
  const { corners, radius, lower, turn } = FORMS[shape];
  return Array.from({ length: corners }, (_, corner) => {
    const angle = (2 * Math.PI * corner) / corners - Math.PI / 2 + turn;
    return [radius * Math.cos(angle), radius * Math.sin(angle) + lower];
  });
}

const SVG = "http://www.w3.org/2000/svg";

/** The mark of a drone for the text around the canvas. @param {number} number */
export function markElement(number) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "-15 -15 30 30");
  svg.setAttribute("class", `mark colour-${colourOf(number)}`);
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(SVG, "polygon");
  shape.setAttribute("points", outlineOf(number).map(([x, y]) => `${(x * 10).toFixed(2)},${(y * 10).toFixed(2)}`).join(" "));
  const text = document.createElementNS(SVG, "text");
  text.setAttribute("y", "4");
  text.textContent = String(number);
  svg.append(shape, text);
  return svg;
}
