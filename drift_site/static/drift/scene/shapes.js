// Geometries put together out of simple ones, each part in its own colour: one draw call a thing.

import { BufferAttribute, BufferGeometry } from "three";

/** @typedef {import("three").Color} Color */
/** @typedef {import("three").Matrix4} Matrix4 */

/**
 * @typedef {object} Part
 * @property {BufferGeometry} geometry is disposed of here
 * @property {Matrix4} matrix
 * @property {Color} colour
 */

/**
 * @param {Part[]} parts
 * @returns {BufferGeometry} with position, normal and color
 */
export function merged(parts) {
  const flat = parts.map(({ geometry, matrix, colour }) => {
    const single = geometry.index ? geometry.toNonIndexed() : geometry.clone();
    geometry.dispose();
    return { single: single.applyMatrix4(matrix), colour };
  });
  const count = flat.reduce((sum, { single }) => sum + single.getAttribute("position").count, 0);
  const [positions, normals, colours] = [0, 1, 2].map(() => new Float32Array(3 * count));
  let at = 0;
  for (const { single, colour } of flat) {
    const vertices = single.getAttribute("position").count;
    positions.set(single.getAttribute("position").array, 3 * at);
    normals.set(single.getAttribute("normal").array, 3 * at);
    for (let vertex = at; vertex < at + vertices; vertex += 1) {
      colour.toArray(colours, 3 * vertex);
    }
    at += vertices;
    single.dispose();
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(positions, 3));
  geometry.setAttribute("normal", new BufferAttribute(normals, 3));
  geometry.setAttribute("color", new BufferAttribute(colours, 3));
  return geometry;
}
