// The keys of the live page: what each does, for the page and for its help. Pure.

/**
 * @typedef {"toggle" | "back" | "forward" | "backFine" | "forwardFine" | "live" | "camera" | "previousDrone" | "nextDrone"
 *   | "trail" | "colour" | "fullscreen" | "help"} Command
 */

/** @type {readonly import("../common/keys.js").KeyHelp[]} */
export const HELP = [
  { shown: ["1", "…", "5"], text: "Camera: chase, first person, orbit, top, free" },
  { shown: ["[", "]"], text: "Follow the previous or the next drone; a click on a drone follows it too" },
  { shown: ["Space"], text: "Pause, and go on" },
  { shown: ["←", "→"], text: "5 seconds back or on, within the last minute" },
  { shown: ["Shift", "←", "→"], text: "One second" },
  { shown: ["L"], text: "Jump to live" },
  { shown: ["T"], text: "Trails: off, 5, 15, 60 seconds" },
  { shown: ["C"], text: "Colour of the trails: pilot, speed, throttle" },
  { shown: ["F"], text: "Fill the screen, and back" },
  {
    shown: ["W", "A", "S", "D"],
    text: "Fly the free camera, as the arrows do while the scene has the focus; Q and E sink and rise, Shift is faster",
  },
  { shown: ["?"], text: "This help" },
];

/** @type {Record<string, Command>} */
const PLAIN = {
  " ": "toggle",
  ArrowLeft: "back",
  ArrowRight: "forward",
  l: "live",
  t: "trail",
  c: "colour",
  f: "fullscreen",
  "[": "previousDrone",
  "]": "nextDrone",
  "?": "help",
};

/**
 * What a key asks for; null when it is nothing of the page's.
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
  if (shiftKey && (key === "ArrowLeft" || key === "ArrowRight")) {
    return { command: key === "ArrowLeft" ? "backFine" : "forwardFine", camera: -1 };
  }
  const command = PLAIN[key.length === 1 ? key.toLowerCase() : key];
  return command ? { command, camera: -1 } : null;
}
