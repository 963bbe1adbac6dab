// Standings and the followed drone on nothing, for a broadcast: `?overlay=1`.

import { find } from "../common/dom.js";
import { add } from "../common/loop.js";
import { Leaderboard } from "../panels/leaderboard.js";
import { nameOf } from "../panels/lines.js";
import { AnyStage } from "../scene/anystage.js";
import { choicesOf } from "./address.js";
import { Hud } from "./hud.js";
import { LiveRace } from "./liverace.js";

/** @template {Element} T @param {string} selector @param {new () => T} kind @returns {T | null} */
function maybe(selector, kind) {
  return document.querySelector(selector) ? find(document, selector, kind) : null;
}

const root = find(document, "#race", HTMLElement);
const choices = choicesOf(location.search);
const race = new LiveRace(root.dataset.race ?? "", root.dataset.status ?? "waiting");
race.player.delay = choices.delay;
race.followed = choices.drone;
const board = maybe("#leaderboard", HTMLElement);
const leaderboard = board && new Leaderboard(board);
const hudRoot = maybe("#hud", HTMLElement);
const hud = hudRoot && new Hud(hudRoot);
const scene = maybe("#stage", HTMLElement);
const stage = scene && new AnyStage(scene, { overlay: true });
if (stage) {
  stage.camera = choices.camera;
  stage.trailSeconds = choices.trail;
  stage.trailColour = choices.colour;
}
let revision = -1;

add({
  draw(now) {
    const time = race.draw(now);
    if (stage) {
      if (revision !== race.inbox.revision) {
        revision = race.inbox.revision;
        stage.setTrack(race.inbox.track);
        stage.setDrones(race.people);
      }
      stage.follow = race.followed;
      stage.nextGate = race.nextGate;
      stage.draw(time, race.inbox.store, race.stale);
    }
    hud?.draw(race.followedSeries, time);
  },
  write(now) {
    race.write(now);
    const { drones, track } = race.inbox;
    const { followed, stale, standings } = race;
    root.dataset.state = race.situation.kind;
    leaderboard?.update({ standings, drones: drones.values(), track, followed, stale, now });
    const name = followed === null ? "" : nameOf(followed, drones.get(followed));
    hud?.write(followed, name, followed !== null && stale.has(followed));
  },
});
race.open();
