// The panel that says where to send while a race waits for its first packet (waiting.html). It starts by itself, and goes
// by `data-state` of the race's element around it, which the page's live view keeps.

import { find, write } from "../common/dom.js";

const panel = find(document, "#waiting", HTMLElement);
const race = panel.closest("[data-race]");
const copy = find(panel, "[data-copy]", HTMLButtonElement);
const copied = find(panel, "[data-copied]", HTMLElement);
const configuration = find(panel, "[data-configuration]", HTMLElement);

/** Until the stream has told of its state, what the server wrote into the page stands. */
function follow() {
  if (race instanceof HTMLElement && race.dataset.state && race.dataset.state !== "connecting") {
    panel.hidden = race.dataset.state !== "waiting" && !(race.dataset.state === "reconnecting" && !panel.hidden);
  }
}

async function copyConfiguration() {
  write(copied, (await copyText()) ? "Copied." : "Your browser does not let pages copy: press Ctrl+C.");
}

/** Select the text, and copy it; false when the reader has to do the latter. */
async function copyText() {
  const selection = getSelection();
  selection?.selectAllChildren(configuration);
  try {
    // Only there with https, or on the host itself.
    await navigator.clipboard.writeText(configuration.textContent ?? "");
    return true;
  } catch {
    return document.execCommand("copy");
  }
}

if (race) {
  new MutationObserver(follow).observe(race, { attributes: true, attributeFilter: ["data-state"] });
}
copy.addEventListener("click", copyConfiguration);
copy.hidden = false;
follow();
