// PostgreSQL goes away and comes back, in every way that it can: nothing acknowledged is lost, nothing is stored
// twice, and nobody is shown a document that could not be read as an empty one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Y from 'yjs';
import { join } from '../harness/clients.mjs';
import { editJournal, journalOf } from '../harness/content.mjs';
import { createDatabase } from '../harness/database.mjs';
import { PostgresCluster } from '../harness/postgres.mjs';
import { Random } from '../harness/random.mjs';
import { RawHocuspocus } from '../harness/raw_client.mjs';
import { Server } from '../harness/server.mjs';
import { settled, sleep, waitFor } from '../harness/wait.mjs';
import { findDoubles, Load } from './load.mjs';

const timeout = 180_000;
const crashes = 6;
const cuts = 50;
const pauseMilliseconds = 20_000;
// Folded rows stay in the log, so that doubles are found there.
const withHistory = { flags: ['--history', '1d'] };

test(`${crashes} times PostgreSQL crashes under load and is started again`, { timeout }, async (t) => {
  const { cluster, database, server, random, load } = await setUp(t);
  await load.start(server);
  for (let crash = 1; crash <= crashes; ++crash) {
    await sleep(random.integer(0, 700));
    await cluster.stop('immediate');
    await sleep(random.integer(0, 700));
    await cluster.start();
    await load.waitAcknowledged();
    assert.deepEqual(await load.findLossesIn(database), [], `after crash ${crash}`);
  }
  await finish(t, { database, server, load });
});

test(`${cuts} times the connections to PostgreSQL are cut under load`, { timeout }, async (t) => {
  const { cluster, database, server, random, load } = await setUp(t);
  await storeDocument(t, server, 'visited');
  await load.start(server);
  let cut = 0;
  const outcomes = [];
  for (let i = 0; i < cuts; ++i) {
    cut += await cluster.terminateBackends(database.name);
    const visit = visitStored(server, 'visited');
    await sleep(random.integer(0, 150));
    outcomes.push(await visit);
  }
  t.diagnostic(`${cut} connections were cut; of ${cuts} newcomers ${count(outcomes, 1013)} were told to come later`);
  assert.ok(cut >= cuts, `only ${cut} connections were there to be cut`);
  await finish(t, { database, server, load });
});

test('PostgreSQL stands still for 20 s: people go on editing together, and no ack comes', { timeout }, async (t) => {
  const { cluster, database, server, load } = await setUp(t);
  await storeDocument(t, server, 'unloaded');
  await load.start(server);
  await load.waitAcknowledged();

  cluster.pause();
  const paused = Date.now();
  await sleep(500); // acknowledgments of what was committed before are still under way
  const acknowledged = load.acknowledgedNow;
  await load.exchange();
  const { database: state } = await server.waitHealth('degraded', { timeout: pauseMilliseconds });
  t.diagnostic(`degraded after ${Date.now() - paused} ms: ${JSON.stringify(state)}`);
  assert.equal(state.ok, false);
  assert.ok(state.reason, 'no reason is given');
  assert.ok(state.backlog_bytes > 0, 'nothing is waiting');
  assert.equal(await visitStored(server, 'unloaded'), 1013);
  t.diagnostic(`a newcomer was refused after ${Date.now() - paused} ms`);
  await load.exchange();
  await sleep(Math.max(0, pauseMilliseconds - (Date.now() - paused)));
  await load.exchange();
  assert.equal(load.acknowledgedNow, acknowledged, 'something was acknowledged while nothing could be stored');

  cluster.resume();
  await load.waitAcknowledged();
  assert.deepEqual(await load.findLossesIn(database), [], 'acknowledged before it was committed');
  await server.waitHealth('healthy');
  assert.equal(await visitStored(server, 'unloaded'), 'synced');
  await finish(t, { database, server, load });
});

test('PostgreSQL comes up after the server', { timeout }, async (t) => {
  const { cluster, database, server: first } = await setUp(t);
  await storeDocument(t, first, 'from before');
  await first.terminate();
  await cluster.stop('fast');
  const starting = Server.start(t, { database });
  await sleep(4000);
  await cluster.start();
  const server = await starting;
  await server.waitHealth('healthy');
  assert.equal(await visitStored(server, 'from before'), 'synced');
});

test('a room whose backlog is full is read-only until the database is back', { timeout }, async (t) => {
  const { cluster, database, server } = await setUp(t, ['--max-room-backlog-bytes', '20000']);
  const room = 'overflowing';
  const provider = await join(t, server, 'hocuspocus-4.8', room);
  const other = await join(t, server, 'hocuspocus-2.15', room);
  const raw = await RawHocuspocus.join(server, room);
  const doc = new Y.Doc();
  doc.on('update', (update) => raw.sendUpdate(update));
  const write = (bytes) => doc.getArray('raw').push(['x'.repeat(bytes)]);
  write(10);
  await raw.waitAcknowledged();
  const acknowledged = raw.acknowledged;

  cluster.pause();
  const entries = [];
  await waitFor(
    'the room to become read-only',
    () => {
      entries.push(`entry ${entries.length}`.padEnd(200, '.'));
      editJournal(provider.doc, entries.at(-1));
      write(200);
      return raw.scope === 'readonly';
    },
    { interval: 20 },
  );
  const writtenBefore = doc.getArray('raw').length;
  await waitFor('the providers to be told', () =>
    [provider, other].every(({ provider: { authorizedScope } }) => authorizedScope === 'readonly'),
  );
  const refused = raw.refused;
  const denied = raw.sendUpdate(updateOfStranger('too late'));
  await waitFor(`update ${denied} to be refused`, () => raw.refused > refused);
  assert.equal(raw.acknowledged, acknowledged);
  editJournal(provider.doc, 'written against the rule');
  entries.push('written against the rule');

  cluster.resume();
  await waitFor('the room to be writable again', () => raw.scope === 'read-write');
  await waitFor('the providers to be told', () =>
    [provider, other].every(({ provider: { authorizedScope } }) => authorizedScope !== 'readonly'),
  );
  editJournal(other.doc, 'after it');
  entries.push('after it');
  await waitFor(
    () =>
      `all entries to be stored; provider has ${provider.unsyncedCount} unsynced, disconnected ${provider.disconnects}`,
    async () => journalOf(await database.read(room)).length === entries.length,
    { interval: 200 },
  );
  assert.deepEqual(journalOf(await database.read(room)).toSorted(), entries.toSorted());
  const stored = await database.read(room);
  t.diagnostic(`the raw client was refused ${raw.refused} of ${raw.sent} updates; ${writtenBefore} before it was told`);
  assert.ok(!stored.getMap('stranger').has('too late'), 'a refused update was stored');
  assert.ok(stored.getArray('raw').length >= raw.acknowledged - 1, 'an acknowledged update is lost');
});

// A server that keeps history, on a cluster of the test's own.
async function setUp(t, flags = []) {
  const cluster = await PostgresCluster.start(t);
  const database = await createDatabase(t, 'PostgreSQL', { cluster });
  const server = await Server.start(t, { database, flags: [...withHistory.flags, ...flags] });
  const random = Random.forTest(t);
  return { cluster, database, server, random, load: new Load(t, random) };
}

// Everything written is acknowledged, everybody has it, it is stored once, and still there for another server.
async function finish(t, { database, server, load }) {
  load.stop();
  await load.settle(server);
  await load.end();
  assert.equal(load.unacknowledged, 0);
  assert.deepEqual(await load.findLossesOn(server), []);
  assert.deepEqual(await findDoubles(database, load.documents), []);
  await server.waitHealth('healthy');
  await server.kill();
  await server.launch();
  assert.deepEqual(await load.findLossesOn(server), [], 'after kill -9');
  t.diagnostic(`${load.acknowledged} updates were acknowledged and are there`);
}

// Leaves a document that is stored, and not in memory.
async function storeDocument(t, server, document) {
  const author = await join(t, server, 'hocuspocus-4.8', document);
  editJournal(author.doc, 'stored');
  await waitFor('the edit to be stored', () => author.unsyncedCount === 0);
  author.destroy();
  await server.quiet();
}

// A newcomer to such a document: sees it ('synced'), or is closed (the code); never sees an empty one.
async function visitStored(server, document) {
  const doc = new Y.Doc();
  const visitor = await RawHocuspocus.connect(server, document, { doc });
  const closed = settled('a newcomer to be answered', visitor.closed);
  const synced = waitFor('a newcomer to be answered', () => visitor.synced || !visitor.isOpen);
  await Promise.race([synced, closed]);
  if (!visitor.synced) return (await closed).code;
  assert.deepEqual(journalOf(doc), ['stored']);
  visitor.terminate();
  await closed;
  return 'synced';
}

function updateOfStranger(key) {
  const doc = new Y.Doc();
  doc.getMap('stranger').set(key, true);
  return Y.encodeStateAsUpdate(doc);
}

const count = (list, value) => list.filter((item) => item === value).length;
