// A race on a track is on the track's map: with a track chosen, none is asked for.

import { find } from "../common/dom.js";

const track = find(document, "#id_track", HTMLSelectElement);
const map = find(document, "#id_drift_map", HTMLInputElement);

function fit() {
  const field = map.closest(".field");
  if (field instanceof HTMLElement) {
    field.hidden = track.value !== "";
    map.required = !field.hidden;
  }
}

track.addEventListener("change", fit);
fit();
