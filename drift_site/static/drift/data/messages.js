// What /api/races/{id}/telemetry/?format=binary answers: messages of docs/protocol.md, one behind the other.

import { decodeFrames, ProtocolError } from "../wire/protocol.js";
import { Refused } from "./chunks.js";

/** @typedef {import("../wire/protocol.js").FrameBatch} FrameBatch */

/** s; the server's, see docs/api.md. */
export const CHUNK_S = 10;
export const HEADER_BYTES = 16;

/**
 * Cut them apart.
 * @param {ArrayBuffer} bytes
 * @returns {Generator<{message: ArrayBuffer, batch: FrameBatch}>} those of frames
 * @throws {Refused | Error} for what does not follow the protocol, and for an answer that was cut off; the text is for people
 */
export function* messagesOf(bytes) {
  const view = new DataView(bytes);
  for (let at = 0; at < bytes.byteLength; ) {
    if (at + HEADER_BYTES > bytes.byteLength) {
      throw new Error("The answer was cut off");
    }
    const end = at + HEADER_BYTES + view.getUint32(at + 4, true) * view.getUint16(at + 2, true);
    if (end > bytes.byteLength) {
      throw new Error("The answer was cut off");
    }
    const message = bytes.slice(at, end);
    const batch = decoded(message);
    if (batch) {
      yield { message, batch };
    }
    at = end;
  }
}

/** The frames of all of them. @param {ArrayBuffer} bytes @returns {FrameBatch[]} */
export function batchesOf(bytes) {
  return Array.from(messagesOf(bytes), ({ batch }) => batch);
}

/** @param {ArrayBuffer} message */
function decoded(message) {
  try {
    return decodeFrames(message);
  } catch (error) {
    if (error instanceof ProtocolError) {
      throw new Refused("This page does not fit the server. Reload it.", { cause: error });
    }
    throw error;
  }
}
