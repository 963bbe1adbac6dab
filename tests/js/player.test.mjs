import assert from "node:assert/strict";
import { test } from "node:test";

import { ChunkLoader } from "../../drift_site/static/drift/data/chunks.js";
import { read, write } from "../../drift_site/static/drift/replay/address.js";
import { Player } from "../../drift_site/static/drift/replay/player.js";

const always = () => true;

function playing(duration, { time = 0, speed = 1 } = {}) {
  const player = new Player(duration);
  player.seek(time);
  player.setSpeed(speed);
  player.play();
  return player;
}

const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

test("time passes at the speed that was chosen, and stops at the end", () => {
  const player = playing(10, { time: 9, speed: 4 });
  player.advance(0.1, always);
  close(player.time, 9.4);
  player.advance(0.2, always);
  assert.deepEqual([player.time, player.playing, player.atEnd], [10, false, true]);
  player.play();
  assert.deepEqual([player.time, player.playing], [0, true]);
});

test("a page that was hidden goes on where it was", () => {
  const player = playing(100);
  player.advance(60, always);
  close(player.time, 0.25);
});

test("where frames are missing it waits, and goes on by itself", () => {
  const player = playing(100, { time: 9.95 });
  player.advance(0.1, (time) => time < 10);
  assert.deepEqual([player.time, player.waiting, player.playing], [9.95, true, true]);
  player.advance(0.1, always);
  assert.deepEqual([player.waiting, player.time > 10], [false, true]);
  player.pause();
  player.seek(50);
  player.advance(0.1, () => false);
  assert.equal(player.waiting, true);
});

test("speeds stay between a tenth and eight, and change by the offered steps", () => {
  const player = new Player(1);
  player.setSpeed(100);
  assert.equal(player.speed, 8);
  player.changeSpeed(1);
  assert.equal(player.speed, 8);
  player.setSpeed(0.3);
  player.changeSpeed(-1);
  assert.equal(player.speed, 0.25);
  player.changeSpeed(1);
  assert.equal(player.speed, 0.5);
});

test("a loop is played over and over, and only from within", () => {
  const player = playing(100, { time: 11.95 });
  player.setLoop([10, 12]);
  player.advance(0.1, always);
  close(player.time, 10.05);
  player.seek(12.5);
  player.advance(0.1, always);
  close(player.time, 12.6);
});

test("a loop whose beginning is not there any more waits at it, so that it is loaded, and goes on", () => {
  const player = playing(1000, { time: 299.95 });
  player.setLoop([10, 300]);
  const asked = [];
  const ready = (time) => {
    asked.push(time);
    return time > 200; // what is far from the moment has gone
  };
  player.advance(0.1, ready);
  close(player.time, 10.05);
  assert.deepEqual([player.waiting, player.playing], [true, true]);
  player.advance(0.1, ready);
  close(player.time, 10.05);
  close(asked.at(-1), 10.05);
  player.advance(0.1, always);
  close(player.time, 10.15);
  assert.equal(player.waiting, false);
});

test("a loop that is longer than what may be held is played over and over", async () => {
  const loader = new ChunkLoader(60, { load: async () => 100, drop: () => {} }, 500);
  const player = playing(599, { time: 50, speed: 8 });
  player.setLoop([50, 250]);
  let rounds = 0;
  for (let i = 0; i < 2000 && rounds < 3; i += 1) {
    loader.aim(Math.floor(player.time / 10));
    const before = player.time;
    player.advance(0.25, (time) => loader.has(Math.floor(time / 10)));
    rounds += player.time < before ? 1 : 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
  loader.close();
  assert.equal(rounds, 3);
});

test("a loop of one who watches closely does not go back before its end is reached", () => {
  const player = playing(1000, { time: 299.8, speed: 0.1 });
  player.setLoop([10, 300]);
  player.advance(0.1, (time) => time < 299.805);
  assert.deepEqual([player.time, player.waiting], [299.8, true]);
});

test("a loop shorter than a step is still one", () => {
  const player = playing(100, { time: 10, speed: 8 });
  player.setLoop([10, 10.1]);
  player.advance(0.25, always);
  assert.ok(player.time >= 10 && player.time < 10.1);
});

test("in and out are set where the replay stands; what would be the wrong way round goes", () => {
  const player = new Player(100);
  player.seek(20);
  player.setIn();
  assert.deepEqual([player.loop, player.ends], [null, { in: 20, out: null }]);
  player.seek(30);
  player.setOut();
  assert.deepEqual(player.loop, [20, 30]);
  player.seek(40);
  player.setIn();
  assert.deepEqual(player.ends, { in: 40, out: null });
  player.seek(10);
  player.setOut();
  assert.deepEqual(player.ends, { in: null, out: 10 });
  player.setLoop(null);
  assert.deepEqual(player.ends, { in: null, out: null });
  player.setLoop([90, 200]);
  assert.deepEqual(player.loop, [90, 100]);
  player.setLoop([300, 400]);
  assert.equal(player.loop, null);
});

function series(...times) {
  return {
    drone: 1, first: 7, end: 7 + times.length, length: times.length,
    time: (index) => times[index - 7],
    indexAt: (time) => 7 + times.findLastIndex((each) => each <= time),
  };
}

test("a step of one frame goes to the drone's own frames and stands there", () => {
  const player = playing(10, { time: 1.005 });
  const frames = series(1, 1.01, 1.02, 5);
  const steps = [1, 1, 1, 1, -1, -1].map((way) => {
    player.stepFrame(frames, way);
    return player.time;
  });
  assert.deepEqual(steps, [1.01, 1.02, 5, 5, 1.02, 1.01]);
  assert.equal(player.playing, false);
  player.seek(1.015);
  player.stepFrame(frames, -1);
  assert.equal(player.time, 1.01);
  player.stepFrame(undefined, 1);
  assert.equal(player.time, 1.01);
});

test("laps are gone to by their starts", () => {
  const player = new Player(100);
  const starts = [5, 25, 45];
  const seen = ["next", "next", "next", "next"].map(() => {
    player.nextLap(starts);
    return player.time;
  });
  assert.deepEqual(seen, [5, 25, 45, 45]);
  player.previousLap(starts);
  assert.equal(player.time, 25);
  player.seek(30);
  player.previousLap(starts);
  assert.equal(player.time, 25);
  player.play();
  player.seek(25.5);
  player.previousLap(starts);
  assert.equal(player.time, 5);
});

test("a recording without frames does not play", () => {
  const player = playing(0);
  player.advance(0.1, always);
  assert.deepEqual([player.playing, player.time], [false, 0]);
});

test("the address leads to the same moment", () => {
  const place = { time: 12.3456, speed: 0.5, drone: 2, camera: "orbit", lap: null, from: 10, to: 20.25 };
  assert.equal(write(place), "t=12.346&speed=0.5&drone=2&camera=orbit&in=10&out=20.25");
  assert.deepEqual(read(`?${write(place)}`), { ...place, time: 12.346 });
  assert.equal(write({ ...place, lap: 3, speed: 1 }, "t=1&theme=x&speed=4&in=5"), "theme=x&t=12.346&drone=2&camera=orbit&lap=3");
});

test("an address that says nonsense says nothing", () => {
  const nothing = { time: null, speed: null, drone: null, camera: null, lap: null, from: null, to: null };
  assert.deepEqual(read("?t=-1&speed=99&drone=x&camera=up&lap=0&in=&out=NaN"), nothing);
  assert.deepEqual(read(""), nothing);
});
