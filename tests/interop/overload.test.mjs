// A database that does not keep up: rooms become read-only and writable again, and in the end every client has saved
// all that it has typed.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connect, isHocuspocus, join, joinAll, kinds } from '../harness/clients.mjs';
import { assertConverged, contentOf, editJournal, journalOf } from '../harness/content.mjs';
import { createDatabase, databaseKinds } from '../harness/database.mjs';
import { Server } from '../harness/server.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';
import { Writer } from '../harness/writer.mjs';

const timeout = 120_000;

for (const kind of databaseKinds) describe(kind, () => testOverload(kind));

function testOverload(kind) {
  test('what was refused while the database was locked is saved afterwards, and acknowledged once', { timeout }, async (t) => {
    const { server, database } = await startServer(t, kind);
    const clients = await joinAll(t, server, 'overloaded');
    const counters = acknowledging(clients).map((client) => new Counter(client));
    const entries = [];
    const writeAll = (words) => {
      for (const client of clients) {
        entries.push(`${words} by ${client.kind}`);
        editJournal(client.doc, entries.at(-1));
      }
    };
    await waitUntilSaved(clients);

    await database.lockWrites();
    await overload(server, clients, entries);
    await waitFor('all to be told', () => acknowledging(clients).every((client) => scopeOf(client) === 'readonly'));
    assert.deepEqual(await roomsOf(server), [
      { document: 'overloaded', members: clients.length, read_only: 'overloaded' },
    ]);
    const newcomer = await join(t, server, kinds[0], 'overloaded');
    const before = journalOf(newcomer.doc).length;
    for (const round of [1, 2, 3]) writeAll(`refused ${round}`);
    await sleep(500);
    assert.equal(journalOf(newcomer.doc).length, before, 'a refused edit reached somebody');
    for (const client of acknowledging(clients)) assert.ok(client.unsyncedCount >= 3, client.kind);

    await database.unlockWrites();
    await everybodySaved(server, [...clients, newcomer], entries);
    assert.deepEqual(contentOf(await database.read('overloaded')), contentOf(clients[0].doc));
    assert.deepEqual(await roomsOf(server), [
      { document: 'overloaded', members: clients.length + 1, read_only: null },
    ]);

    writeAll('afterwards');
    await everybodySaved(server, [...clients, newcomer], entries);
    for (const counter of counters) assert.equal(counter.lowest, 0, counter.client.kind);
  });

  test('who comes to an overloaded room with edits, or leaves and comes back, saves them in the end', { timeout }, async (t) => {
    const { server, database } = await startServer(t, kind);
    const clients = await joinAll(t, server, 'visited');
    const entries = [];
    await waitUntilSaved(clients);
    await database.lockWrites();
    await overload(server, clients, entries);
    const late = kinds.map((kind) => {
      const client = connect(t, server, kind, 'visited');
      entries.push(`brought by ${kind}`);
      editJournal(client.doc, entries.at(-1));
      return client;
    });
    await Promise.all(clients.map((client) => client.abruptDrop()));
    for (const client of clients) {
      entries.push(`offline by ${client.kind}`);
      editJournal(client.doc, entries.at(-1));
      client.goOnline();
    }
    await Promise.all([...clients, ...late].map((client) => client.waitSynced()));
    await sleep(500);
    assert.deepEqual(journalOf(await database.read('visited')), []);
    await database.unlockWrites();
    // Version 2 sends an edit that was made offline behind Step1, when it has already stopped to count it: it then
    // counts one acknowledgment too many, with any server.
    await everybodySaved(server, [...clients, ...late], entries, (client) => !client.hasUnsynced);
  });

  test('writers go through a database that is locked again and again', { timeout }, async (t) => {
    const { server, database } = await startServer(t, kind);
    const clients = await joinAll(t, server, 'churned');
    const counters = acknowledging(clients).map((client) => new Counter(client));
    await waitUntilSaved(clients);
    const writers = clients.map((client) => new Writer(client));
    for (let outage = 0; outage < 4; ++outage) {
      await database.lockWrites();
      await waitFor('the room to be read-only', async () => (await server.health()).read_only_rooms === 1);
      await sleep(300);
      await database.unlockWrites();
      await waitFor('the room to be writable', async () => (await server.health()).read_only_rooms === 0);
      await sleep(outage * 100);
    }
    const entries = writers.flatMap((writer) => writer.stop());
    await everybodySaved(server, clients, entries);
    assert.deepEqual(contentOf(await database.read('churned')), contentOf(clients[0].doc));
    for (const counter of counters) assert.equal(counter.lowest, 0, counter.client.kind);
  });
}

async function startServer(t, kind) {
  t.mock.method(console, 'warn', () => {}); // y-websocket warns of every refused update
  const database = await createDatabase(t, kind);
  const server = await Server.start(t, { database, flags: ['--max-room-backlog-bytes', '3000'] });
  return { server, database };
}

// The least that a client's counter of unsynced changes ever showed.
class Counter {
  lowest = Infinity;

  constructor(client) {
    this.client = client;
    client.provider.on('unsyncedChanges', () => {
      this.lowest = Math.min(this.lowest, client.unsyncedCount);
    });
  }
}

const acknowledging = (clients) => clients.filter((client) => isHocuspocus(client.kind));
const scopeOf = (client) => client.provider.authorizedScope;

// All write until the room takes no more.
async function overload(server, clients, entries) {
  await waitFor(
    'the room to be read-only',
    async () => {
      for (const client of clients) {
        entries.push(`${client.kind} wrote ${entries.length}`);
        editJournal(client.doc, entries.at(-1));
      }
      return (await server.health()).read_only_rooms === 1;
    },
    { interval: 20 },
  );
}

async function roomsOf(server) {
  const response = await fetch(`http://127.0.0.1:${server.healthPort}/rooms`, { headers: { connection: 'close' } });
  return (await response.json()).rooms;
}

async function everybodySaved(server, clients, entries, isSaved = (client) => client.unsyncedCount === 0) {
  await assertConverged(
    clients.map((client) => client.doc),
    { entries },
  );
  await waitFor(
    () => `everything to be acknowledged; outstanding: ${clients.map((client) => client.unsyncedCount)}`,
    () => acknowledging(clients).every((client) => isSaved(client) && scopeOf(client) === 'read-write'),
  );
  // y-websocket clients are not told: what they wrote has arrived, but may still wait to be committed.
  await waitFor('nothing to wait for the disk', async () => (await server.health()).database.backlog_bytes === 0);
  assert.equal((await server.health()).read_only_rooms, 0);
}

function waitUntilSaved(clients) {
  return waitFor('everything to be acknowledged', () =>
    acknowledging(clients).every((client) => client.unsyncedCount === 0),
  );
}
