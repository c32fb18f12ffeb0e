// PostgreSQL goes away and comes back, in every way that it can: nothing acknowledged is lost, nothing is stored
// twice, and nobody is shown a document that could not be read as an empty one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Y from 'yjs';
import { atEnd } from '../harness/cleanup.mjs';
import { join } from '../harness/clients.mjs';
import { assertConverged, editJournal, journalOf } from '../harness/content.mjs';
import { createDatabase, databaseKinds } from '../harness/database.mjs';
import { PostgresCluster } from '../harness/postgres.mjs';
import { Random } from '../harness/random.mjs';
import { RawHocuspocus } from '../harness/raw_client.mjs';
import { Server } from '../harness/server.mjs';
import { TcpProxy } from '../harness/tcp_proxy.mjs';
import { settled, sleep, waitFor } from '../harness/wait.mjs';
import { findDoubles, Load, loadFlags } from './load.mjs';

const options = { timeout: 180_000, skip: !databaseKinds.includes('PostgreSQL') };
const crashes = 5;
const cuts = 50;
const pauseMilliseconds = 20_000;
const hangMilliseconds = 12_000; // longer than the server waits for an answer

test(`${crashes} times PostgreSQL crashes under load and is started again`, options, async (t) => {
  // An operator has chosen speed for everybody: a crash takes what other programs committed in the last seconds.
  const settings = ['synchronous_commit=off', 'wal_writer_delay=10s', 'wal_writer_flush_after=64MB'];
  const { cluster, database, server, random, load } = await setUp(t, { settings });
  await load.start(server);
  for (let crash = 1; crash <= crashes; ++crash) {
    await sleep(random.integer(0, 700));
    await cluster.stop(random.pick(['immediate', 'immediate', 'fast']));
    await sleep(random.integer(0, 700));
    await cluster.start();
    await load.waitAcknowledged();
    assert.deepEqual(await load.findLossesIn(database), [], `after crash ${crash}`);
  }
  await finish(t, { database, server, load });
});

test(`${cuts} times the connections to PostgreSQL are cut under load`, options, async (t) => {
  const { cluster, database, server, random, load } = await setUp(t);
  const documents = Array.from({ length: cuts }, (_, i) => `unloaded ${i}`);
  await storeDocuments(server, documents);
  await load.start(server);
  let cut = 0;
  const outcomes = [];
  for (const document of documents) {
    cut += await cluster.terminateBackends(database.name);
    const visit = visitStored(server, document);
    await sleep(random.integer(0, 150));
    outcomes.push(await visit);
    if (outcomes.length % 10 === 0) assert.deepEqual(await load.findLossesIn(database), []);
  }
  const refused = outcomes.filter((outcome) => outcome !== 'synced');
  t.diagnostic(`${cut} connections were cut; of ${cuts} newcomers ${refused.length} were told to come later`);
  assert.ok(cut >= cuts / 2, `only ${cut} connections were there to be cut`);
  assert.ok(
    refused.every((code) => code === 1013),
    `newcomers were closed with ${refused}`,
  );
  await finish(t, { database, server, load });
});

test('PostgreSQL stands still for 20 s: people go on editing together, and no ack comes', options, async (t) => {
  const { cluster, database, server, load } = await setUp(t);
  await storeDocuments(server, ['unloaded']);
  await load.start(server);
  await load.waitAcknowledged();

  cluster.pause();
  const paused = Date.now();
  const visit = visitStored(server, 'unloaded');
  await sleep(500); // acknowledgments of what was committed before are still under way
  const acknowledged = load.acknowledgedNow;
  await load.exchange();
  const { database: state } = await server.waitHealth('degraded', { timeout: pauseMilliseconds });
  t.diagnostic(`degraded after ${Date.now() - paused} ms: ${JSON.stringify(state)}`);
  assert.equal(state.ok, false);
  assert.ok(state.reason, 'no reason is given');
  assert.ok(state.backlog_bytes > 0, 'nothing is waiting');
  assert.equal(await visit, 1013);
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

// What was sent on them is committed in the end, when it has long been sent again on others.
test('the connections to PostgreSQL hang, others can be had, and then they go on', options, async (t) => {
  const { cluster, database, server, load } = await setUp(t);
  await load.start(server);
  await load.waitAcknowledged();
  const goOn = await cluster.pauseBackends(database.name);
  atEnd(t, goOn);
  await sleep(hangMilliseconds);
  assert.deepEqual(await load.findLossesIn(database), [], 'acknowledged before it was committed');
  goOn();
  await load.waitAcknowledged();
  await finish(t, { database, server, load });
});

test('the wire to PostgreSQL goes dead: other connections are made, and the old ones ended', options, async (t) => {
  const { cluster, database, server, load, proxy } = await setUp(t, { behindProxy: true });
  await load.start(server);
  await load.waitAcknowledged();
  for (const lost of ['answers', 'requests']) {
    assert.ok(proxy.lose(lost) > 0);
    const dead = await backendsOf(cluster, database);
    await sleep(500);
    await load.waitAcknowledged(200, { timeout: 30_000 });
    const alive = await backendsOf(cluster, database);
    t.diagnostic(`${dead.length} connections without ${lost}; ${alive.length} after it`);
    assert.deepEqual(await load.findLossesIn(database), [], `acknowledged before it was committed; no ${lost}`);
  }
  await finish(t, { database, server, load });
});

test('PostgreSQL comes up after the server', options, async (t) => {
  const { cluster, database, server: first } = await setUp(t);
  await storeDocuments(first, ['from before']);
  await first.terminate();
  await cluster.stop('fast');
  const starting = Server.start(t, { database });
  await sleep(4000);
  await cluster.start();
  const server = await starting;
  await server.waitHealth('healthy');
  assert.equal(await visitStored(server, 'from before'), 'synced');
});

test('a room whose backlog is full is read-only until the database is back', options, async (t) => {
  const { cluster, database, server } = await setUp(t, { flags: ['--max-room-backlog-bytes', '20000'] });
  const room = 'overflowing';
  const provider = await join(t, server, 'hocuspocus-4.8', room);
  const other = await join(t, server, 'hocuspocus-2.15', room);
  const raw = await RawHocuspocus.join(server, room, { doc: new Y.Doc() });
  raw.doc.on('update', (update, origin) => origin === raw || raw.sendUpdate(update));
  const stranger = await RawHocuspocus.join(server, room);
  const scopes = () => [raw.scope, stranger.scope, provider.provider.authorizedScope, other.provider.authorizedScope];
  const entries = [];
  const write = (client, text) => {
    entries.push(`${text} ${entries.length}`.padEnd(200, '.'));
    editJournal(client.doc, entries.at(-1));
  };
  await raw.waitAcknowledged();
  const acknowledged = raw.acknowledged;

  cluster.pause();
  await waitFor('the room to become read-only', () => {
    for (const client of [provider, other, raw]) write(client, 'before it');
    return raw.scope === 'readonly';
  });
  await waitFor(
    () => `all to be told: ${scopes()}`,
    () => scopes().every((scope) => scope === 'readonly'),
  );
  stranger.sendUpdate(journalUpdate('too late'));
  await waitFor('an update to be refused', () => stranger.refused === 1);
  for (const client of [provider, other, raw]) write(client, 'against the rule');
  await waitFor('an update to be refused', () => raw.refused > 0);
  assert.equal(raw.acknowledged, acknowledged, 'something was acknowledged');

  cluster.resume();
  await waitFor(
    () => `all to be told that they may write: ${scopes()}`,
    () => scopes().every((scope) => scope === 'read-write'),
  );
  write(other, 'after it');
  const docs = [provider, other, raw].map((client) => client.doc);
  await assertConverged(docs, { entries });
  await waitFor(
    'all to be stored, what was refused as well',
    async () => journalOf(await database.read(room)).length >= entries.length,
    { interval: 200 },
  );
  assert.deepEqual(journalOf(await database.read(room)).toSorted(), entries.toSorted());
  t.diagnostic(`of ${raw.sent} updates of a raw client ${raw.refused} were refused, and asked for later`);
  await server.waitHealth('healthy');
});

// A server on a cluster of the test's own. Folded rows stay in the log, so that doubles are found there.
async function setUp(t, { settings, flags = [], behindProxy = false } = {}) {
  const cluster = await PostgresCluster.start(t, { settings });
  const database = await createDatabase(t, 'PostgreSQL', { cluster });
  const proxy = behindProxy ? await TcpProxy.start(t, cluster.port) : null;
  const url = behindProxy ? database.url.replace(`:${cluster.port}`, `:${proxy.port}`) : database.url;
  const server = await Server.start(t, { database: { url }, flags: ['--history', '1d', ...loadFlags, ...flags] });
  const random = Random.forTest(t);
  return { cluster, database, server, random, load: new Load(t, random), proxy };
}

function backendsOf(cluster, database) {
  return cluster.query('SELECT pid FROM pg_stat_activity WHERE datname = $1', [database.name]);
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
  assert.ok(!server.log.some(({ event }) => event === 'store.shared'), 'it took its own lost connection for another server');
  await server.kill();
  await server.launch();
  assert.deepEqual(await load.findLossesOn(server), [], 'after kill -9');
  t.diagnostic(`${load.acknowledged} updates were acknowledged and are there`);
}

// Leaves documents that are stored, and not in memory.
async function storeDocuments(server, documents) {
  for (const document of documents) {
    const author = await RawHocuspocus.join(server, document);
    author.sendUpdate(journalUpdate('stored'));
    await author.waitAcknowledged();
    author.terminate();
  }
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

function journalUpdate(entry) {
  const doc = new Y.Doc();
  editJournal(doc, entry);
  return Y.encodeStateAsUpdate(doc);
}
