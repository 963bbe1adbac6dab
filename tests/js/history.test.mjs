import assert from "node:assert/strict";
import { test } from "node:test";

import { crossingsAsSeen, lapsAsSeen } from "../../drift_site/static/drift/data/behind.js";
import { StandingsHistory } from "../../drift_site/static/drift/data/history.js";
import { Board } from "../../drift_site/static/drift/replay/board.js";
import { troubleText } from "../../drift_site/static/drift/replay/trouble.js";

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
const line = (drone) => ({ drone, place: 1, status: "RUN" });

/** A server that answers for each chunk as it is told to. */
function history(answers) {
  globalThis.fetch = async (url) => answers(Number(new URL(url, "http://x").searchParams.get("chunk")));
  return new StandingsHistory("/standings/", 60);
}
const told = (chunk) => Response.json({ moments: [{ time_s: chunk * 10, standings: [line(1)] }, { time_s: chunk * 10 + 5, standings: [line(2)] }] });

test("the standings are those that were told last", async () => {
  const standings = history(told);
  assert.equal(standings.at(3), null);
  standings.aim(3);
  await settled();
  assert.deepEqual([standings.at(3), standings.at(5), standings.at(25)], [[line(1)], [line(2)], [line(2)]]);
  assert.deepEqual([standings.fault, standings.failure], ["", null]);
});

test("of a race that was never timed nobody is ranked, and nothing is waited for", async () => {
  const standings = history(() => Response.json({ moments: [] }));
  standings.aim(3);
  await settled();
  assert.deepEqual(standings.at(3), []);
});

test("standings that do not come are told as such, with what is asked for again", async () => {
  const standings = history((chunk) => (chunk === 2 ? new Response("", { status: 502 }) : told(chunk)));
  standings.aim(25);
  await settled();
  assert.equal(standings.at(25), null);
  const { from, why, until } = standings.failure;
  assert.deepEqual([from, why], [20, "The server answered 502"]);
  const session = { recording: { fault: "", failure: null }, standings, trouble: "" };
  assert.equal(troubleText(session, until - 700), "The server answered 502: the standings from 0:20 on have not come. Trying again in 1 s.");
  const frames = { from: 10, why: "No connection to the server", until };
  assert.equal(
    troubleText({ ...session, recording: { fault: "", failure: frames } }, until + 1),
    "No connection to the server: the frames from 0:10 on have not come. Trying again…",
  );
  assert.equal(troubleText({ ...session, recording: { fault: "Sign in.", failure: frames } }, 0), "", "it stands over the scene");
});

test("standings that are refused are told as such, and asked for again when somebody says so", async () => {
  let status = 403;
  const standings = history((chunk) => (status === 200 ? told(chunk) : new Response("", { status })));
  standings.aim(3);
  await settled();
  const session = { recording: { fault: "", failure: null }, standings, trouble: "" };
  assert.match(troubleText(session, 0), /^No standings: This race is private/);
  status = 200;
  standings.retryNow();
  await settled();
  assert.deepEqual([standings.fault, standings.at(3), troubleText(session, 0)], ["", [line(1)], ""]);
});

test("laps and gates that do not come are told where nothing else is", () => {
  const session = { recording: { fault: "", failure: null }, standings: null, trouble: "No connection to the server" };
  assert.equal(troubleText(session, 0), "No connection to the server: laps and gates are not marked yet. Trying again…");
  assert.equal(troubleText({ ...session, trouble: "" }, 0), "");
});

test("while standings are on their way the last ones stay, but never later ones", () => {
  const moments = new Map([[8, [line(1)]], [9, [line(2)]]]);
  const standings = { at: (time) => moments.get(time) ?? null };
  const board = new Board();
  assert.deepEqual(board.at(standings, 5), { standings: [], asOf: "0:05, loading…", isLoading: true });
  assert.deepEqual(board.at(standings, 9), { standings: [line(2)], asOf: "0:09", isLoading: false });
  assert.deepEqual(board.at(standings, 12), { standings: [line(2)], asOf: "0:09, loading 0:12…", isLoading: true });
  assert.deepEqual(board.at(standings, 8.5), { standings: [], asOf: "0:08, loading…", isLoading: true });
  assert.deepEqual(board.at(standings, 8), { standings: [line(1)], asOf: "0:08", isLoading: false });
  assert.deepEqual(board.at(null, 8), { standings: [], asOf: "0:08", isLoading: false });
});

const lap = (drone, number, start_s, end_s, late = 0.01, source = "auto") => ({ drone, number, start_s, end_s, arrival_s: end_s + late, source });
const span = ({ start_s, end_s }) => [start_s, end_s];

test("laps are where their frames came: a game that stood still is behind from then on", () => {
  const laps = [lap(1, 1, 5, 25), lap(2, 1, 6, 30), lap(1, 2, 25, 45, 20.02), lap(1, 3, 45, 65, 20.01), lap(1, 4, 90, 110, 0.04)];
  const seen = lapsAsSeen(laps);
  assert.deepEqual([0, 1].map((i) => span(seen[i])), [[5, 25], [6, 30]]);
  assert.deepEqual(span(seen[2]).map(Math.round), [25, 65], "it stood still in this one");
  assert.deepEqual(span(seen[3]).map(Math.round), [65, 85]);
  assert.deepEqual(span(seen[4]), [90, 110], "after a reset it is behind no more");
});

test("a marshal's laps are where the lap was that they were made of", () => {
  const laps = [lap(1, 1, 5, 25, 20), lap(1, 4, 25, 35, 0, "manual"), lap(1, 2, 25, 45, 20), lap(1, 5, 35, 45, 0, "manual"), lap(1, 3, 45, 65, 20)];
  assert.deepEqual(lapsAsSeen(laps).map(span), [[5, 45], [45, 55], [45, 65], [55, 65], [65, 85]]);
});

test("passings are as far behind as the lap before them, until the drone is put back", () => {
  const laps = lapsAsSeen([lap(1, 1, 5, 25), lap(1, 2, 25, 45, 20), lap(2, 1, 5, 47)]);
  const crossing = (time_s, drone = 1) => ({ drone, time_s, gate: 2, lap: 1, counted: true });
  const resets = [{ drone: 1, time_s: 80, lap: 3 }, { drone: 2, time_s: 50, lap: 2 }];
  const seen = crossingsAsSeen([crossing(5), crossing(25), crossing(45), crossing(50), crossing(50, 2), crossing(81)], laps, resets);
  assert.deepEqual(seen.map(({ time_s }) => time_s), [5, 25, 65, 70, 50, 81]);
});
