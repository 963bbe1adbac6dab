import assert from "node:assert/strict";
import { test } from "node:test";

import { FlyKeys } from "../../drift_site/static/drift/scene/flykeys.js";

const key = (code, more = {}) => ({ code, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, ...more });

test("held keys say the way, together and against each other", () => {
  const keys = new FlyKeys();
  assert.deepEqual([keys.right, keys.up, keys.back, keys.isMoving], [0, 0, 0, false]);
  assert.ok(keys.press(key("KeyW")));
  assert.ok(keys.press(key("KeyE")));
  assert.ok(keys.press(key("ArrowRight", { shiftKey: true })));
  assert.deepEqual([keys.right, keys.up, keys.back, keys.isFast], [1, 1, -1, true]);
  keys.press(key("KeyS"));
  assert.equal(keys.back, 0);
  assert.ok(keys.release(key("KeyE")));
  assert.deepEqual([keys.up, keys.isFast], [0, false]);
});

test("others' keys, and those of the browser and the system, are left alone", () => {
  const keys = new FlyKeys();
  assert.equal(keys.press(key("KeyT")), false);
  for (const modifier of ["ctrlKey", "altKey", "metaKey"]) {
    assert.equal(keys.press(key("KeyW", { [modifier]: true })), false);
  }
  assert.equal(keys.release(key("KeyT")), false);
  assert.equal(keys.isMoving, false);
});

test("a key that is let go while another modifier is held moves nothing any more", () => {
  for (const modifier of ["ctrlKey", "altKey", "metaKey"]) {
    const keys = new FlyKeys();
    keys.press(key("KeyW"));
    keys.release(key("KeyW", { [modifier]: true }));
    assert.equal(keys.isMoving, false, modifier);
  }
});

test("where the system keeps it a secret that a key was let go, all count as let go", () => {
  const keys = new FlyKeys();
  keys.press(key("KeyW"));
  keys.release(key("MetaLeft"));
  assert.equal(keys.isMoving, false);
  keys.press(key("KeyA"));
  keys.clear();
  assert.equal(keys.isMoving, false);
});
