// "Saved" means saved: what a client is told, what the database holds, and what is left after a restart.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atEnd } from '../harness/cleanup.mjs';
import { hocuspocusKinds, isHocuspocus, join, joinAll, kinds } from '../harness/clients.mjs';
import { assertConverged, contentOf, editEverything, editJournal, journalOf } from '../harness/content.mjs';
import { Database } from '../harness/database.mjs';
import { Random } from '../harness/random.mjs';
import { Server } from '../harness/server.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';
import { Writer } from '../harness/writer.mjs';

const timeout = 120_000;

test('an edit is unsynced until it is committed, and reaches the others meanwhile', { timeout }, async (t) => {
  const server = await Server.start(t);
  const clients = await joinAll(t, server, 'locked');
  const acknowledging = clients.filter((client) => isHocuspocus(client.kind));
  const database = openDatabase(t, server);
  await waitUntilSaved(acknowledging);

  database.lockWrites();
  const entries = clients.map((client) => `from ${client.kind}`);
  clients.forEach((client, i) => editJournal(client.doc, entries[i]));
  await assertConverged(
    clients.map((client) => client.doc),
    { entries },
  );
  for (let i = 0; i < 20; ++i) {
    await sleep(100);
    for (const client of acknowledging)
      assert.ok(client.hasUnsynced, `${client.kind} was told that its edit is saved, before it was`);
  }
  assert.deepEqual(journalOf(database.read('locked')), []);

  database.unlockWrites();
  await waitUntilSaved(acknowledging);
  await waitFor('all rows to be in the database', () => journalOf(database.read('locked')).length === entries.length);
  assert.deepEqual(contentOf(database.read('locked')), contentOf(clients[0].doc));
});

test(
  'a newcomer sees what is not yet committed, and is told of its own edit only after the commit',
  { timeout },
  async (t) => {
    const server = await Server.start(t);
    const author = await join(t, server, hocuspocusKinds.at(-1), 'uncommitted');
    const database = openDatabase(t, server);
    await waitUntilSaved([author]);
    database.lockWrites();
    editJournal(author.doc, 'not yet');
    await waitFor('the edit to leave', () => author.unsyncedCount === 1);
    const newcomer = await join(t, server, hocuspocusKinds.at(-1), 'uncommitted');
    await assertConverged([author.doc, newcomer.doc], { entries: ['not yet'] });
    editJournal(newcomer.doc, 'nor this');
    await assertConverged([author.doc, newcomer.doc], { entries: ['not yet', 'nor this'] });
    await sleep(500);
    assert.ok(author.hasUnsynced && newcomer.hasUnsynced);
    database.unlockWrites();
    await waitUntilSaved([author, newcomer]);
    assert.deepEqual(journalOf(database.read('uncommitted')).toSorted(), ['nor this', 'not yet']);
  },
);

test(
  'edits of the last client of a room are committed although it left while the database was locked',
  { timeout },
  async (t) => {
    const server = await Server.start(t);
    const client = await join(t, server, hocuspocusKinds.at(-1), 'left behind');
    const database = openDatabase(t, server);
    await waitUntilSaved([client]);
    database.lockWrites();
    editJournal(client.doc, 'my last words');
    client.destroy();
    await waitFor('the connection to end', async () => (await server.health()).connections === 0);
    await sleep(1000);
    database.unlockWrites();
    await waitFor('the edit to be stored', () => journalOf(database.read('left behind')).length === 1);
    await server.quiet();
  },
);

for (const [name, end] of [
  ['SIGTERM', (server) => server.terminate()],
  ['kill -9', (server) => server.kill()],
]) {
  test(`${name} and restart under editing clients of all versions loses nothing`, { timeout }, async (t) => {
    const server = await Server.start(t);
    const clients = await joinAll(t, server, 'restarted');
    const writers = clients.map((client) => new Writer(client));
    for (let restart = 0; restart < 2; ++restart) {
      await sleep(500);
      await end(server);
      await sleep(200);
      await server.launch();
      await waitFor(
        () => `all to be back; missing: ${clients.filter((client) => !client.isSynced).map((client) => client.kind)}`,
        () => clients.every((client) => client.isConnected && client.isSynced),
        { timeout: 60_000 },
      );
    }
    await sleep(500);
    const entries = writers.flatMap((writer) => writer.stop());
    await assertConverged(
      clients.map((client) => client.doc),
      { entries },
    );
    await waitFor('everything to be acknowledged', () => clients.every((client) => !client.hasUnsynced));
    const newcomer = await join(t, server, kinds[0], 'restarted');
    await assertConverged([clients[0].doc, newcomer.doc], { entries });
  });
}

test('SIGTERM under load exits 0 within 10 s and has stored all that it acknowledged', { timeout }, async (t) => {
  const server = await Server.start(t);
  const clients = await joinAll(t, server, 'drained');
  const writers = clients.map((client) => new Writer(client));
  await sleep(700);
  const exit = await server.terminate();
  for (const writer of writers) writer.stop();
  assert.deepEqual({ code: exit.code, signal: exit.signal }, { code: 0, signal: null });
  assert.ok(exit.milliseconds < 10_000, `it took ${exit.milliseconds} ms`);

  const stored = new Set(journalOf(openDatabase(t, server).read('drained')));
  for (const writer of writers) {
    const lost = writer.acknowledged().filter((entry) => !stored.has(entry));
    assert.deepEqual(lost, [], `acknowledged to ${writer.client.kind} and not stored`);
  }
});

test('SIGTERM while the database is locked: nothing is acknowledged that is not stored', { timeout }, async (t) => {
  const server = await Server.start(t);
  const client = await join(t, server, hocuspocusKinds.at(-1), 'stuck');
  const database = openDatabase(t, server);
  await waitUntilSaved([client]);
  database.lockWrites();
  editJournal(client.doc, 'in limbo');
  await sleep(300);
  const ending = server.terminate();
  await sleep(1000);
  database.unlockWrites();
  assert.equal((await ending).code, 0);
  assert.deepEqual(journalOf(database.read('stuck')), ['in limbo']);
});

test('after all have left, a room is unloaded, compacted, and there again for the next', { timeout }, async (t) => {
  const server = await Server.start(t);
  const database = openDatabase(t, server);
  const random = Random.forTest(t);
  const rooms = kinds.map((kind) => ({ kind, name: `revisited by ${kind}` }));
  for (const room of rooms) {
    const first = await join(t, server, room.kind, room.name);
    for (const entry of ['one', 'two', 'three']) editEverything(first.doc, entry, random);
    const second = await join(t, server, room.kind, room.name);
    await assertConverged([first.doc, second.doc], { entries: ['one', 'two', 'three'] });
    room.content = contentOf(first.doc);
    first.destroy();
    second.destroy();
  }
  await server.quiet();
  for (const room of rooms) {
    assert.equal(database.logLength(room.name), 0);
    assert.deepEqual(contentOf(database.read(room.name)), room.content);
    const third = await join(t, server, room.kind, room.name);
    await assertConverged([third.doc], { entries: ['one', 'two', 'three'] });
    assert.deepEqual(contentOf(third.doc), room.content);
    third.destroy();
  }
  await server.quiet();
});

test('a damaged document can be read, and is not written to', { timeout }, async (t) => {
  const server = await Server.start(t);
  const database = openDatabase(t, server);
  const author = await join(t, server, hocuspocusKinds.at(-1), 'damaged');
  for (const entry of ['sound', 'damaged']) {
    editJournal(author.doc, entry);
    await waitUntilSaved([author]);
  }
  author.destroy();
  await server.kill();
  const rows = database.logLength('damaged');
  database.damageLog('damaged');
  await server.launch();

  const readers = await joinAll(t, server, 'damaged');
  await assertConverged(
    readers.map((reader) => reader.doc),
    { entries: ['sound'] },
  );
  for (const reader of readers) {
    editJournal(reader.doc, `from ${reader.kind}`);
    if (isHocuspocus(reader.kind)) assert.equal(reader.provider.authorizedScope, 'readonly', reader.kind);
  }
  await waitFor('the damage to be logged', () => server.log.some((line) => line.event === 'document.damaged'));
  for (const reader of readers) reader.destroy();
  await server.quiet();
  assert.equal(database.logLength('damaged'), rows);
});

function openDatabase(t, server) {
  const database = new Database(server);
  atEnd(t, () => database.close());
  return database;
}

async function waitUntilSaved(clients) {
  await waitFor(
    () => `everything to be acknowledged; outstanding: ${clients.map((client) => client.unsyncedCount)}`,
    () => clients.every((client) => client.unsyncedCount === 0),
  );
}
