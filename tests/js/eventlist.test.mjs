import assert from "node:assert/strict";
import { test } from "node:test";

import { TimedLog } from "../../drift_site/static/drift/data/timedlog.js";
import { EventList } from "../../drift_site/static/drift/live/eventlist.js";

/** As much of an element as the list needs. */
class Element {
  children = [];
  dataset = {};
  style = { setProperty: () => {} };
  classList = { add: () => {} };
  className = "";
  textContent = "";
  hidden = false;
  append(...children) {
    this.children.push(...children);
  }
  replaceChildren(...children) {
    this.children = children;
  }
  setAttribute() {}
}

globalThis.document = { createElement: () => new Element(), createElementNS: () => new Element() };

const lap = (drone, number) => ({ type: "lap", drone, number, duration_ms: 20_000, valid: true, flaws: [] });
const pilots = (list) => list.children.map(({ children }) => children.find(({ className }) => className === "live-event-pilot").textContent);

test("a drone that is named is named in the lines that are shown already", () => {
  const [list, none] = [new Element(), new Element()];
  const events = new EventList(list, none);
  const laps = new TimedLog(60);
  laps.push(1, lap(1, 1));
  laps.push(2, lap(2, 1));
  const names = { 1: "Drone 1", 2: "Drone 2" };
  const write = () => events.write(laps, 5, (drone) => names[drone]);
  write();
  assert.deepEqual([pilots(list), none.hidden], [["Drone 2", "Drone 1"], true]);
  const [before] = list.children;
  write();
  assert.equal(list.children[0], before, "what is as it was is left alone");
  names[1] = "anna";
  write();
  assert.deepEqual(pilots(list), ["Drone 2", "anna"]);
});
