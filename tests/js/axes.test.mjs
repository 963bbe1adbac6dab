import assert from "node:assert/strict";
import { test } from "node:test";

import { gateTurn, placed, turned } from "../../drift_site/static/drift/scene/axes.js";

const vector = () => ({ at: [], set(...at) { this.at = at; } });
const near = (got, wanted) => got.forEach((value, i) => assert.ok(Math.abs(value - wanted[i]) < 1e-9, `${got} is not ${wanted}`));
const half = Math.SQRT1_2;

/** Turn a vector by a quaternion. */
function turn([x, y, z, w], [a, b, c]) {
  const [tx, ty, tz] = [2 * (y * c - z * b), 2 * (z * a - x * c), 2 * (x * b - y * a)];
  return [a + w * tx + y * tz - z * ty, b + w * ty + z * tx - x * tz, c + w * tz + x * ty - y * tx];
}

test("forward is away from the camera: z is mirrored, x and y are not", () => {
  near(placed(1, 2, 3, vector()).at, [1, 2, -3]);
});

test("an attitude turns the scene's nose to where the simulator's goes", () => {
  for (const [attitude, nose] of [
    [[0, 0, 0, 1], [0, 0, -1]],
    [[0, half, 0, half], [1, 0, 0]], // yaw to the right
    [[half, 0, 0, half], [0, -1, 0]], // nose down
    [[0, 1, 0, 0], [0, 0, 1]], // back
  ]) {
    near(turn(turned(...attitude, vector()).at, [0, 0, -1]), nose);
  }
  // Rolled to the left, the right side is up.
  near(turn(turned(0, 0, half, half, vector()).at, [1, 0, 0]), [0, 1, 0]);
});

test("any attitude is the same turn on both sides of the mirror", () => {
  const attitude = [0.1, -0.5, 0.7, 0.5];
  for (const point of [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.3, -2, 5]]) {
    const there = placed(...turn(attitude, point), vector()).at;
    near(turn(turned(...attitude, vector()).at, placed(...point, vector()).at), there);
  }
});

test("a gate's right, up and facing are those of docs/timing.md", () => {
  const [yaw, pitch] = [35, 20];
  const [sy, cy] = [Math.sin((yaw * Math.PI) / 180), Math.cos((yaw * Math.PI) / 180)];
  const [sp, cp] = [Math.sin((pitch * Math.PI) / 180), Math.cos((pitch * Math.PI) / 180)];
  const { at } = gateTurn(yaw, pitch, vector());
  near(turn(at, [1, 0, 0]), placed(cy, 0, -sy, vector()).at);
  near(turn(at, [0, 1, 0]), placed(-sy * sp, cp, -cy * sp, vector()).at);
  near(turn(at, [0, 0, -1]), placed(sy * cp, sp, cy * cp, vector()).at);
});
