// Asking the server: answers as values, refusals in its own words.

/** What the server, or the way to it, has against a call; the text is for people. */
export class Refusal extends Error {}

/**
 * @param {string} url @param {AbortSignal} [signal]
 * @returns {Promise<any>} the answer's JSON
 * @throws {Refusal}
 */
export async function getJson(url, signal) {
  return (await asked(url, { signal, headers: { Accept: "application/json" } })).json();
}

/**
 * @param {string} url @param {AbortSignal} [signal]
 * @returns {Promise<Response>}
 * @throws {Refusal}
 */
export function getBytes(url, signal) {
  return asked(url, { signal });
}

/**
 * @param {string} url @param {unknown} body @param {string} token against forgery, out of the page's form
 * @returns {Promise<any>}
 * @throws {Refusal}
 */
export async function postJson(url, body, token) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token };
  return (await asked(url, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

/** @param {string} url @param {RequestInit} options */
async function asked(url, options) {
  let answer;
  try {
    answer = await fetch(url, options);
  } catch (error) {
    if (options.signal?.aborted) {
      throw error;
    }
    throw new Refusal("The server does not answer. Try again in a moment.", { cause: error });
  }
  if (!answer.ok) {
    throw new Refusal(await refusalOf(answer));
  }
  return answer;
}

/** @param {Response} answer */
async function refusalOf(answer) {
  let body;
  try {
    body = await answer.json();
  } catch {
    return `The server answered ${answer.status}.`; // a page of a proxy between
  }
  if (typeof body?.detail === "string") {
    return body.detail;
  }
  const fields = Object.entries(body ?? {}).map(([name, texts]) => `${name}: ${[texts].flat().join(" ")}`);
  return fields.join(" ") || `The server answered ${answer.status}.`;
}
