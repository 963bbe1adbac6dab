import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { getBytes, getJson, Refusal, sendJson } from "../../drift_site/static/drift/common/api.js";

let url = "";
/** @type {Record<string, (request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => void>} */
const ANSWERS = {
  "/whole": (_, response) => response.writeHead(200, { "Drift-Chunks": "3" }).end('{"a":1}'),
  "/empty": (_, response) => response.writeHead(204).end(),
  "/page": (_, response) => response.end("<!doctype html>"),
  // The head says that more is to come, and nothing does.
  "/broken": (_, response) => {
    response.writeHead(200, { "Content-Length": "100" });
    response.write('{"a":', () => response.destroy());
  },
  "/slow": (_, response) => response.write('{"a":'),
  "/no": (_, response) => response.writeHead(409).end('{"detail":"It goes on."}'),
  "/fields": (_, response) => response.writeHead(400).end('{"name":["Too long."],"non_field_errors":["Not so.","Nor so."]}'),
  "/proxy": (_, response) => response.writeHead(502).end("<html>"),
  "/echo": (request, response) => {
    const { method } = request;
    const { "x-csrftoken": token, "content-type": type } = request.headers;
    let body = "";
    request.on("data", (part) => (body += part)).on("end", () => response.end(JSON.stringify({ method, token, type, body })));
  },
};
const server = createServer((request, response) => ANSWERS[request.url ?? ""](request, response));

before(async () => {
  await new Promise((listening) => server.listen(0, "127.0.0.1", () => listening(undefined)));
  url = `http://127.0.0.1:${/** @type {any} */ (server.address()).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

/** @param {Promise<unknown>} answer @param {string} text */
const refused = (answer, text) => assert.rejects(answer, (error) => error instanceof Refusal && error.message === text);

test("an answer is given as what it is", async () => {
  assert.deepEqual(await getJson(`${url}/whole`), { a: 1 });
  const { bytes, headers } = await getBytes(`${url}/whole`);
  assert.equal(new TextDecoder().decode(bytes), '{"a":1}');
  assert.equal(headers.get("Drift-Chunks"), "3");
  assert.equal(await sendJson("DELETE", `${url}/empty`, "t"), null);
});

test("what is sent has its body as JSON and the token against forgery", async () => {
  const sent = await sendJson("POST", `${url}/echo`, "t", { b: 2 });
  assert.deepEqual(sent, { method: "POST", token: "t", type: "application/json", body: '{"b":2}' });
});

test("an answer that breaks off is a refusal in words", async () => {
  const text = "The server's answer broke off. Try again in a moment.";
  await refused(getJson(`${url}/broken`), text);
  await refused(getBytes(`${url}/broken`), text);
  await refused(sendJson("POST", `${url}/broken`, ""), text);
  await refused(getJson(`${url}/page`), text);
});

test("a server that is not there is a refusal in words", async () => {
  await refused(getJson("http://127.0.0.1:1/"), "The server does not answer. Try again in a moment.");
});

test("a refusal is told in the server's own words", async () => {
  await refused(getJson(`${url}/no`), "It goes on.");
  await refused(sendJson("POST", `${url}/fields`, ""), "name: Too long. Not so. Nor so.");
  await refused(getBytes(`${url}/proxy`), "The server answered 502.");
});

test("what is no longer wanted is no refusal, before the answer and within it", async () => {
  await assert.rejects(getJson(`${url}/whole`, AbortSignal.abort()), { name: "AbortError" });
  const controller = new AbortController();
  const slow = getBytes(`${url}/slow`, controller.signal);
  setTimeout(() => controller.abort(), 100);
  await assert.rejects(slow, { name: "AbortError" });
});
