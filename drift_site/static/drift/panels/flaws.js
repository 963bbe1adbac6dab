// Why a lap does not count, in words. Pure.

/** @typedef {{flaws: readonly string[], missed?: readonly number[]}} Flawed `missed`: the orders of gates, where they are told */

/** @type {Record<string, (lap: Flawed) => string>} */
const TEXTS = {
  missed_gates: ({ missed = [] }) => (missed.length > 0 ? `missed ${missed.length > 1 ? "gates" : "gate"} ${missed.join(", ")}` : "missed gates"),
  short: () => "too short",
};

/** @param {Flawed} lap @returns {string[]} one for each flaw; a new one, of a newer server, by its name */
export function flawsOf(lap) {
  return lap.flaws.map((flaw) => TEXTS[flaw]?.(lap) ?? flaw);
}
