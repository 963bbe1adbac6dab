// What the page's address says: which laps, and over what they are drawn. Pure.

/** @typedef {"distance" | "time"} Over */

/**
 * @param {string} search of the address
 * @returns {{a: number | null, b: number | null, over: Over}}
 */
export function readAddress(search) {
  const query = new URLSearchParams(search);
  return { a: idOf(query.get("a")), b: idOf(query.get("b")), over: query.get("over") === "time" ? "time" : "distance" };
}

/** The search of the address that leads back to a choice. @param {{a: number, b: number, over: Over}} choice */
export function searchOf({ a, b, over }) {
  return `?a=${a}&b=${b}${over === "time" ? "&over=time" : ""}`;
}

/** @param {string | null} text */
function idOf(text) {
  return text !== null && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : null;
}
