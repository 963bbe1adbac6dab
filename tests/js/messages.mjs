// Builds binary messages as docs/protocol.md describes them, for the tests.

/**
 * @param {Array<{time: number, drone: number, seq: number, position?: number[], velocity?: number[], attitude?: number[],
 *   flight?: number, input?: number[], gyro?: number[], battery?: number[], rpm?: number[]}>} frames absent values are NaN, but for the first three
 * @param {{kind?: number, version?: number, recordBytes?: number, count?: number}} [header]
 */
export function message(frames, header = {}) {
  const recordBytes = header.recordBytes ?? 127;
  const view = new DataView(new ArrayBuffer(16 + frames.length * recordBytes));
  view.setUint8(0, header.kind ?? 1);
  view.setUint8(1, header.version ?? 1);
  view.setUint16(2, recordBytes, true);
  view.setUint32(4, header.count ?? frames.length, true);
  view.setBigInt64(8, 1_700_000_000_000_000n, true);
  frames.forEach((frame, index) => {
    const at = 16 + index * recordBytes;
    const floats = (offset, values) => values.forEach((value, i) => view.setFloat32(at + offset + 4 * i, value, true));
    view.setBigInt64(at, BigInt(frame.time), true);
    view.setUint16(at + 12, frame.drone, true);
    view.setUint32(at + 14, frame.seq, true);
    floats(18, frame.position ?? [0, 0, 0]);
    floats(30, frame.attitude ?? [0, 0, 0, 1]);
    floats(46, frame.velocity ?? [0, 0, 0]);
    floats(8, [frame.flight ?? NaN]);
    floats(58, frame.gyro ?? [NaN, NaN, NaN]);
    floats(70, frame.input ?? [NaN, NaN, NaN, NaN]);
    floats(86, frame.battery ?? [NaN, NaN]);
    view.setUint8(at + 94, frame.rpm?.length ?? 0);
    floats(95, [...(frame.rpm ?? []), ...Array(8).fill(NaN)].slice(0, 8));
  });
  return view.buffer;
}
