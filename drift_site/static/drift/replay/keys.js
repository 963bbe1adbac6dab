// The keys of the replay: what each does, for the page and for its help. Pure.

/**
 * @typedef {"toggle" | "back" | "forward" | "backFine" | "forwardFine" | "previousFrame" | "nextFrame" | "start" | "end"
 *   | "setIn" | "setOut" | "clearLoop" | "nextLap" | "previousLap" | "slower" | "faster" | "camera" | "previousDrone"
 *   | "nextDrone" | "copy" | "help"} Command
 */

/** @typedef {{shown: string[], text: string}} Help keys as they are printed, and what they do */

/** @type {ReadonlyArray<Help>} */
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
  { shown: ["[", "]"], text: "Follow the previous or the next drone" },
  { shown: ["C"], text: "Copy the link to this moment" },
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
  c: "copy",
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

/**
 * Whether an element wants the key for itself: a text field all keys, a list its arrows and letters, a button the space.
 * @param {{tagName: string, isContentEditable?: boolean, type?: string}} element @param {string} key
 */
export function keepsKey({ tagName, isContentEditable, type }, key) {
  if (isContentEditable || tagName === "TEXTAREA" || tagName === "SELECT") {
    return true;
  }
  if (tagName === "INPUT") {
    return type !== "checkbox" || key === " ";
  }
  return key === " " && ["BUTTON", "A", "SUMMARY"].includes(tagName);
}
