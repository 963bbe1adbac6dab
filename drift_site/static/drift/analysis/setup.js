// A race without laps: its director makes a track of the flight, or has the race timed again.

import { Refusal, sendJson } from "../common/api.js";
import { find } from "../common/dom.js";

/** @param {HTMLElement} root @param {(problem: string) => void} tell */
export function setUp(root, tell) {
  const over = root.dataset.over === "yes";
  const retime = (/** @type {string} */ token) => sendJson("POST", root.dataset.retime ?? "", token, { reason: "timed from the page" });
  onSubmit(root, "#make-track", tell, async (form, token) => {
    const value = (/** @type {string} */ name) => String(form.get(name));
    const body = { race: root.dataset.race, drone: Number(value("drone")), name: value("name"), gates: Number(value("gates")) };
    await sendJson("POST", root.dataset.fromRace ?? "", token, body);
    if (over) {
      await retime(token); // a race that goes on is timed by itself
    }
  });
  onSubmit(root, "#retime", tell, async (_, token) => void (await retime(token)));
}

/**
 * @param {HTMLElement} root @param {string} selector of a form that may not be there
 * @param {(problem: string) => void} tell
 * @param {(values: FormData, token: string) => Promise<void>} act
 */
function onSubmit(root, selector, tell, act) {
  const form = root.querySelector(selector);
  if (!(form instanceof HTMLFormElement)) {
    return;
  }
  const button = find(form, "button", HTMLButtonElement);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const values = new FormData(form);
    button.disabled = true;
    tell("");
    try {
      await act(values, String(values.get("csrfmiddlewaretoken")));
      location.reload();
    } catch (error) {
      button.disabled = false;
      if (!(error instanceof Refusal)) {
        throw error;
      }
      tell(error.message);
    }
  });
}
