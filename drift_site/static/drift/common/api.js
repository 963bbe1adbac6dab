// Asking the server: answers as values, refusals in its own words.

/** What the server, or the way to it, has against a call; the text is for people. */
export class Refusal extends Error {}

/**
 * @param {string} url @param {AbortSignal} [signal]
 * @returns {Promise<any>} the answer's JSON
 * @throws {Refusal}
 */
export function getJson(url, signal) {
  return asked(url, { signal, headers: { Accept: "application/json" } }, (answer) => answer.json());
}

/**
 * @param {string} url @param {AbortSignal} [signal]
 * @returns {Promise<{bytes: ArrayBuffer, headers: Headers}>}
 * @throws {Refusal}
 */
export function getBytes(url, signal) {
  return asked(url, { signal }, async (answer) => ({ bytes: await answer.arrayBuffer(), headers: answer.headers }));
}

/**
 * @param {string} method @param {string} url @param {string} token against forgery, out of the page's form or cookie
 * @param {unknown} [body]
 * @returns {Promise<any>} the answer's JSON; null where it has none
 * @throws {Refusal}
 */
export function sendJson(method, url, token, body) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token };
  return asked(url, { method, headers, body: JSON.stringify(body) }, async (answer) => {
    const text = await answer.text();
    return text === "" ? null : JSON.parse(text);
  });
}

/**
 * The answer is read here too: a connection may break in the middle of it.
 * @template T
 * @param {string} url @param {RequestInit} options @param {(answer: Response) => Promise<T>} read
 * @returns {Promise<T>}
 */
async function asked(url, options, read) {
  let problem = "The server does not answer. Try again in a moment.";
  try {
    const answer = await fetch(url, options);
    problem = "The server's answer broke off. Try again in a moment.";
    if (!answer.ok) {
      throw new Refusal(await refusalOf(answer));
    }
    return await read(answer);
  } catch (error) {
    if (error instanceof Refusal || options.signal?.aborted) {
      throw error;
    }
    throw new Refusal(problem, { cause: error });
  }
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
  const fields = Object.entries(body ?? {}).map(([name, texts]) => `${name === "non_field_errors" ? "" : `${name}: `}${[texts].flat().join(" ")}`);
  return fields.join(" ") || `The server answered ${answer.status}.`;
}
