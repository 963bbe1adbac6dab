// What the server tells of races over /ws/lobby/, as docs/protocol.md describes it.

import { ProtocolError } from "./protocol.js";
import { BROWSER, LiveSocket } from "./socket.js";

/** @typedef {import("./protocol.js").Alive} Alive */

/**
 * What the lobby tells of a race.
 * @typedef {object} RaceCard
 * @property {string} race_id
 * @property {string} race_name
 * @property {string} drift_map
 * @property {string | null} track
 * @property {string} status waiting, live, ending or ended
 * @property {boolean} public
 * @property {boolean} saved
 * @property {string | null} creator
 * @property {boolean} may_direct
 * @property {number | null} udp_port
 * @property {number} drones
 * @property {number} [viewers] told by the socket alone
 * @property {string} problem
 * @property {string} created_at
 * @property {string | null} started_at
 * @property {string | null} ended_at
 * @property {string} url
 */

/**
 * @typedef {{type: "hello", races: RaceCard[], server_time: number}
 *   | {type: "race", race: RaceCard}
 *   | {type: "gone", race_id: string}} LobbyMessage
 */

/**
 * Read a message of the lobby.
 * @param {string} text
 * @returns {LobbyMessage | Alive | null} null for a type that this page does not know and need not
 * @throws {ProtocolError}
 */
export function parseLobby(text) {
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    throw new ProtocolError("A text message is not JSON.");
  }
  const whole =
    (message?.type === "hello" && Array.isArray(message.races)) ||
    (message?.type === "race" && message.race) ||
    (message?.type === "gone" && message.race_id) ||
    message?.type === "alive";
  return whole ? message : null;
}

/**
 * Listen to the lobby, for as long as the page is there.
 * @param {(message: LobbyMessage) => void} onMessage
 * @param {(open: boolean) => void} onOpen whether messages come; each time that changes, or another try has failed
 * @param {import("./socket.js").Surroundings} [around]
 */
export function listen(onMessage, onOpen, around = BROWSER) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  /** @type {import("./socket.js").Handlers} */
  const handlers = {
    text: (text) => {
      const message = read(text);
      if (message?.type === "alive") {
        socket.alive();
      } else if (message) {
        onMessage(message);
      }
    },
    binary: () => {},
    state: ({ kind }) => {
      if (kind !== "connecting") {
        onOpen(kind === "open");
      }
    },
  };
  const socket = new LiveSocket(`${scheme}//${location.host}/ws/lobby/`, handlers, around);
  /** @param {string} text */
  function read(text) {
    try {
      return parseLobby(text);
    } catch (error) {
      console.error(error);
      socket.close(); // the list, asked for by HTTP, has to do
      return null;
    }
  }

  addEventListener("online", () => socket.retryNow());
  socket.open();
}
