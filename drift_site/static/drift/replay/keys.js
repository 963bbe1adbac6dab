// The keys of the replay: what each does, for the page and for its help. Pure.

/**
 * @typedef {"toggle" | "back" | "forward" | "backFine" | "forwardFine" | "previousFrame" | "nextFrame" | "start" | "end"
 *   | "setIn" | "setOut" | "clearLoop" | "nextLap" | "previousLap" | "slower" | "faster" | "camera" | "previousDrone"
 *   | "nextDrone" | "trail" | "colour" | "fullscreen" | "copy" | "help"} Command
 */

/** @type {readonly import("../common/keys.js").KeyHelp[]} */
export const HELP = [
  { shown: ["Space"], text: "Play or pause" },
  { shown: ["←", "→"], text: "One second back or on" },
  { shown: ["Shift", "←", "→"], text: "A tenth of a second" },
  { shown: [",", "."], text: "One frame of the followed drone" },
  { shown: ["Home", "End"], text: "To the beginning or the end" },
  { shown: ["P", "N"], text: "Previous or next lap of the followed drone" },
  { shown: ["I", "O"], text: "Begin or end a loop here" },
  { shown: ["X"], text: "No loop" },
  { shown: ["−", "+"], text: "Slower or faster" },
  { shown: ["1", "…", "5"], text: "Camera: chase, first person, orbit, top, free" },
  { shown: ["[", "]"], text: "Follow the previous or the next drone; a click on a drone follows it too" },
  { shown: ["T"], text: "Trails: off, 5, 15, 60 seconds" },
  { shown: ["C"], text: "Colour of the trails: pilot, speed, throttle" },
  { shown: ["F"], text: "Fill the screen, and back" },
  { shown: ["L"], text: "Copy the link to this moment" },
  { shown: ["?"], text: "This help" },
];

/** @type {Record<string, Command>} */
const PLAIN = {
  " ": "toggle",
  ArrowLeft: "back",
  ArrowRight: "forward",
  ",": "previousFrame",
  ".": "nextFrame",
  Home: "start",
  End: "end",
  i: "setIn",
  o: "setOut",
  x: "clearLoop",
  n: "nextLap",
  p: "previousLap",
  "-": "slower",
  "+": "faster",
  "=": "faster",
  "[": "previousDrone",
  "]": "nextDrone",
  t: "trail",
  c: "colour",
  f: "fullscreen",
  l: "copy",
  "?": "help",
};

/**
 * What a key asks for; null when it is nothing of the replay's.
 * @param {{key: string, shiftKey: boolean, ctrlKey: boolean, altKey: boolean, metaKey: boolean}} event
 * @param {boolean} [graph] whether AltGr is held, with which some keyboards type brackets
 * @returns {{command: Command, camera: number} | null} `camera` from 0, with the command of that name
 */
export function commandOf({ key, shiftKey, ctrlKey, altKey, metaKey }, graph = false) {
  if (metaKey || ((ctrlKey || altKey) && !graph)) {
    return null;
  }
  if (/^[1-5]$/.test(key)) {
    return { command: "camera", camera: Number(key) - 1 };
  }
  if (shiftKey && key === "ArrowLeft") {
    return { command: "backFine", camera: -1 };
  }
  if (shiftKey && key === "ArrowRight") {
    return { command: "forwardFine", camera: -1 };
  }
  const command = PLAIN[key.length === 1 ? key.toLowerCase() : key];
  return command ? { command, camera: -1 } : null;
}
