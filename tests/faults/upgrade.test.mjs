// A server is replaced while people work and others keep coming: no connection attempt fails, and nothing that was
// acknowledged is lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { ActivatedServer } from '../harness/activated_server.mjs';
import { atEnd } from '../harness/cleanup.mjs';
import { join } from '../harness/clients.mjs';
import { assertConverged, editJournal } from '../harness/content.mjs';
import { createDatabase, databaseKinds } from '../harness/database.mjs';
import { Random } from '../harness/random.mjs';
import { Server } from '../harness/server.mjs';
import { TcpProxy } from '../harness/tcp_proxy.mjs';
import { settled, waitFor } from '../harness/wait.mjs';
import { Writer } from '../harness/writer.mjs';
import { Expectation } from './expectation.mjs';
import { loadFlags } from './load.mjs';
import { RawWriter } from './raw_writer.mjs';

const timeout = 180_000;
const kinds = ['hocuspocus-2.15', 'hocuspocus-4.8', 'y-websocket-1.5', 'y-websocket-3.1'];
const knockers = 16;
const restarts = 5;

for (const kind of databaseKinds) {
  test(`${kind}: restarted ${restarts} times behind sockets that stay open`, { timeout }, async (t) => {
    const database = await createDatabase(t, kind);
    const server = await ActivatedServer.start(t, { database, flags: loadFlags });
    const visitors = new Visitors(t, server);
    const people = await People.join(t, server);
    for (let i = 0; i < restarts; ++i) {
      await visitors.waitForMore(200);
      const saved = await Saved.start(t, server);
      assert.equal(await server.restart(), 0);
      await saved.assertNothingLost(database);
      await people.waitBack();
    }
    await visitors.waitForMore(200);
    await visitors.stop();
    await people.finish(server);
  });
}

if (databaseKinds.includes('PostgreSQL')) {
  test(`PostgreSQL: a second server takes the port over, ${restarts} times`, { timeout }, async (t) => {
    const database = await createDatabase(t, 'PostgreSQL');
    const flags = ['--reuse-port', ...loadFlags];
    let server = await Server.start(t, { database, flags });
    const visitors = new Visitors(t, server);
    const people = await People.join(t, server);
    for (let i = 0; i < restarts; ++i) {
      await visitors.waitForMore(200);
      const { port, healthPort } = server;
      const saved = await Saved.start(t, server);
      const successor = await Server.start(t, { database, flags, port, healthPort });
      await visitors.waitForMore(50);
      assert.equal((await server.terminate()).code, 0);
      await saved.assertNothingLost(database);
      await people.waitBack();
      server = successor;
    }
    await visitors.waitForMore(200);
    await visitors.stop();
    await people.finish(server);
  });

  test('a database that takes connections and says nothing does not hold up the end', { timeout }, async (t) => {
    const { server, author } = await withSilentDatabase(t, ['--drain-timeout', '2s']);
    const exit = await server.terminate();
    assert.deepEqual({ code: exit.code, signal: exit.signal }, { code: 1, signal: null });
    const stopped = server.log.find((line) => line.event === 'server.stopped');
    assert.ok(stopped.backlog_bytes > 0);
    assert.ok(server.log.some((line) => line.event === 'server.not_closed'));
    assert.equal(author.unsyncedCount, 1);
    assert.deepEqual(author.wire.closeCodes.slice(0, 1), [1012]);
  });

  test('a second signal ends the drain at once', { timeout }, async (t) => {
    const { server } = await withSilentDatabase(t, ['--drain-timeout', '10m']);
    process.kill(server.pid, 'SIGTERM');
    await waitFor('it to drain', () => server.log.some((line) => line.event === 'server.draining'));
    assert.equal((await server.terminate()).code, 1);
  });
}

// One edit waits for a database that has fallen silent.
async function withSilentDatabase(t, flags) {
  const database = await createDatabase(t, 'PostgreSQL');
  const proxy = await TcpProxy.start(t, database.cluster.port);
  const url = new URL(database.url);
  url.port = String(proxy.port);
  const server = await Server.start(t, { database: { url: url.href }, flags });
  const author = await join(t, server, 'hocuspocus-4.8', 'silent');
  proxy.lose('answers');
  proxy.loseNew('answers');
  editJournal(author.doc, 'in limbo');
  await waitFor('the edit to wait', async () => (await server.health()).database.backlog_bytes > 0);
  return { server, author };
}

// Those who come all the time, and go when the WebSocket is open.
class Visitors {
  opened = 0;
  failures = [];
  #t;
  #url;
  #stopped = false;
  #running;

  constructor(t, server) {
    this.#t = t;
    this.#url = `${server.url}/visited`;
    this.#running = Promise.all(Array.from({ length: knockers }, () => this.#come()));
    atEnd(t, () => {
      this.#stopped = true;
    });
  }

  async waitForMore(count) {
    const before = this.opened;
    await waitFor(
      () => `${count} more visitors; ${this.opened - before} came in, failed: ${this.failures.slice(0, 5)}`,
      () => this.opened >= before + count,
    );
  }

  // Fails if somebody did not get in.
  async stop() {
    this.#stopped = true;
    await this.#running;
    this.#t.diagnostic(`${this.opened} visitors came in, ${this.failures.length} did not`);
    assert.deepEqual([...new Set(this.failures)], [], `${this.failures.length} failed, ${this.opened} came in`);
  }

  async #come() {
    while (!this.#stopped) {
      const failure = await visit(this.#url);
      if (failure === null) this.opened += 1;
      else this.failures.push(failure);
    }
  }
}

function visit(url) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.on('error', (error) => resolve(`${error.code ?? ''} ${error.message}`));
    socket.on('open', () => {
      socket.terminate();
      resolve(null);
    });
  });
}

// Writers who know which of their updates the server called saved before it ended. The real clients do not: theirs
// counts again at every connection.
class Saved {
  static #rounds = 0; // in the writers' names: a key belongs to one of them
  #t;
  #writers;

  // Resolves when some are.
  static async start(t, server) {
    const saved = new Saved();
    saved.#t = t;
    const random = Random.forTest(t);
    const round = Saved.#rounds++;
    saved.#writers = Array.from({ length: 4 }, (_, i) => new RawWriter(`${round}.${i}`, 'saved', random.split()));
    await Promise.all(saved.#writers.map((writer) => writer.start(server)));
    atEnd(t, () => saved.#writers.forEach((writer) => writer.client.terminate()));
    await waitFor('acknowledgments', () => saved.#writers.every(({ client }) => client.acknowledged > 10));
    return saved;
  }

  // After the server's end.
  async assertNothingLost(database) {
    const expectation = new Expectation();
    let count = 0;
    for (const { client, changes } of this.#writers) {
      await settled('a writer to be closed', client.closed);
      assert.equal(client.refused, 0);
      count += expectation.addChanges(changes, client.acknowledged);
    }
    assert.deepEqual(expectation.compare(await database.read('saved')), []);
    this.#t.diagnostic(`${count} updates were acknowledged and are there`);
  }
}

// Clients of both protocols who write all the time in one document.
class People {
  #t;
  #clients;
  #writers;

  static async join(t, server) {
    const people = new People();
    people.#t = t;
    people.#clients = await Promise.all(kinds.map((kind) => join(t, server, kind, 'upgraded')));
    people.#writers = people.#clients.map((client, i) => new Writer(client, `${client.kind} ${i}`));
    return people;
  }

  async waitBack() {
    for (const client of this.#clients) await client.waitSynced();
  }

  // Everything that they wrote is on `server`; they were only ever told to come back, and came in at once.
  async finish(server) {
    const entries = this.#writers.flatMap((writer) => writer.stop());
    const newcomer = await join(this.#t, server, 'hocuspocus-4.8', 'upgraded');
    await assertConverged([...this.#clients, newcomer].map((client) => client.doc), { entries });
    for (const { kind, wire } of this.#clients) {
      assert.deepEqual([...new Set(wire.closeCodes)], [1012], kind);
      assert.deepEqual(wire.refusals, [], kind);
      this.#t.diagnostic(`${kind}: ${wire.attempts} attempts, ${wire.closeCodes.length} times told to come back`);
    }
  }
}
