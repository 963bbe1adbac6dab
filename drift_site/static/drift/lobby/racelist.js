// Asks for the list of active races every two seconds, while somebody looks.

/** @typedef {import("../wire/lobby.js").RaceCard} RaceCard */

const EVERY_MS = 2000;
const SLOWEST_MS = 15_000;
const ANSWER_WITHIN_MS = 10_000;

/**
 * @param {string} url
 * @param {(races: RaceCard[], serverTime: number) => void} onRaces
 * @param {(problem: string) => void} onProblem empty when the list came
 * @returns {{stop: () => void}}
 */
export function watchRaces(url, onRaces, onProblem) {
  let timer = 0;
  let wait = EVERY_MS;
  /** @type {AbortController | null} */
  let asking = null;

  async function ask() {
    const controller = new AbortController();
    asking = controller;
    const limit = setTimeout(() => controller.abort(new Error("No answer in time.")), ANSWER_WITHIN_MS);
    try {
      const { races, server_time: serverTime } = await load(url, controller.signal);
      if (asking === controller) {
        wait = EVERY_MS;
        onProblem("");
        onRaces(races, serverTime);
      }
    } catch (error) {
      if (asking === controller) {
        console.warn("The list of races did not come:", error);
        wait = Math.min(SLOWEST_MS, wait * 2);
        onProblem("The server does not answer. Trying again.");
      }
    } finally {
      clearTimeout(limit);
      if (asking === controller) {
        timer = Number(setTimeout(ask, wait));
      }
    }
  }

  function look() {
    clearTimeout(timer);
    asking?.abort();
    asking = null;
    if (!document.hidden) {
      ask();
    }
  }

  document.addEventListener("visibilitychange", look);
  addEventListener("online", look);
  look();
  return {
    stop: () => {
      document.removeEventListener("visibilitychange", look);
      removeEventListener("online", look);
      clearTimeout(timer);
      asking?.abort();
      asking = null;
    },
  };
}

/** @param {string} url @param {AbortSignal} signal @returns {Promise<{races: RaceCard[], server_time: number}>} */
async function load(url, signal) {
  const response = await fetch(url, { signal, headers: { Accept: "application/json" } });
  if (!response.ok) {
    throw new Error(`${response.status} ${response.statusText}`);
  }
  return response.json();
}
