// One race, large.

import { find } from "../common/dom.js";
import { RaceView } from "../lobby/raceview.js";
import { watchRaces } from "../lobby/racelist.js";

const root = find(document, "#race", HTMLElement);
const spoken = find(document, "#spoken", HTMLElement);
const raceId = root.dataset.race ?? "";

const view = new RaceView(root, raceId, root.dataset.status ?? "waiting");
// Said once each time; the countdown and the figures change too often to be read out.
view.onchange = ({ kind, text }) => {
  spoken.textContent = kind === "reconnecting" ? "No connection. Reconnecting." : text;
};
view.open();

// The list knows what the stream does not say: why no frames can arrive. A list that does not come is no matter here,
// since the stream's own state tells of a server that is away.
watchRaces(
  root.dataset.url ?? "",
  (races) => {
    const race = races.find(({ race_id: id }) => id === raceId);
    if (race) {
      view.set("name", race.race_name);
      view.problem(race.problem);
    }
  },
  () => {},
);
