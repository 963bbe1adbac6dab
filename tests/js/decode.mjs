// Reads a binary message on standard input and writes what the page makes of it as JSON.

import { decodeFrames } from "../../drift_site/static/drift/wire/protocol.js";

const chunks = [];
for await (const chunk of process.stdin) {
  chunks.push(chunk);
}
const batch = decodeFrames(Uint8Array.from(Buffer.concat(chunks)).buffer);
const frames = Array.from({ length: batch.count }, (_, i) => ({
  time: batch.time(i),
  flight_time: batch.flightTime(i),
  drone: batch.drone(i),
  seq: batch.seq(i),
  position: [0, 1, 2].map((axis) => batch.position(i, axis)),
  attitude: [0, 1, 2, 3].map((part) => batch.attitude(i, part)),
  velocity: [0, 1, 2].map((axis) => batch.velocity(i, axis)),
}));
console.log(JSON.stringify({ raceStart: batch.raceStart, frames }));
