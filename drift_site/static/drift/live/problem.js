// Why no frames can arrive, which the stream does not say: the server's list of races knows it. Asked only while none do.

import { find, write } from "../common/dom.js";

const EVERY_MS = 2500;

/** @param {HTMLElement} root the race's element @param {() => string} kind how things stand */
export function watchProblem(root, kind) {
  const field = find(root, '[data-field="problem"]', HTMLElement);
  const { url = "", race: raceId } = root.dataset;
  async function look() {
    if (!document.hidden && !["live", "ended", "refused"].includes(kind())) {
      try {
        const answer = await fetch(url, { headers: { Accept: "application/json" } });
        const { races } = answer.ok ? await answer.json() : { races: [] };
        show(races.find((/** @type {{race_id: string}} */ race) => race.race_id === raceId)?.problem ?? "");
      } catch (error) {
        // The stream's own state tells of a server that is away.
        console.debug("The list of races did not come:", error);
      }
    } else {
      show("");
    }
    setTimeout(look, EVERY_MS);
  }
  /** @param {string} problem */
  function show(problem) {
    write(field, problem);
    field.hidden = problem === "";
  }
  setTimeout(look, EVERY_MS);
}
