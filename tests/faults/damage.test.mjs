// A byte of a document flips in the database. What is sound is shown, nothing can be written, nothing is written over
// what is there, and whoever runs the server is told.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { join } from '../harness/clients.mjs';
import { assertConverged, editJournal, journalOf } from '../harness/content.mjs';
import { createDatabase, databaseKinds } from '../harness/database.mjs';
import { RawHocuspocus } from '../harness/raw_client.mjs';
import { Server } from '../harness/server.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';
import * as Y from 'yjs';

const timeout = 120_000;
const compacted = ['c0', 'c1', 'c2'];
const logged = ['l0', 'l1', 'l2', 'l3'];

const damages = {
  'a row of the log': {
    damage: async (database, document) => {
      const { id, bytes } = (await database.rows(document)).at(-1);
      await database.all(`UPDATE yjs_update_log SET "update" = ? WHERE id = ?`, flipped(bytes), id);
    },
    sound: [...compacted, ...logged.slice(0, -1)],
  },
  'the state': {
    damage: async (database, document) => {
      const bytes = await database.state(document);
      await database.all('UPDATE yjs_document SET data = ? WHERE id = ?', flipped(bytes), document);
    },
    sound: logged,
  },
};

for (const kind of databaseKinds) {
  describe(kind, { concurrency: true }, () => {
    for (const [what, { damage, sound }] of Object.entries(damages)) {
      test(`${what} is damaged`, { timeout }, (t) => testDamage(t, kind, damage, sound));
    }
  });
}

async function testDamage(t, kind, damage, sound) {
  const database = await createDatabase(t, kind);
  const server = await Server.start(t, { database });
  for (const document of ['damaged', 'healthy']) await storeWith(t, server, document, compacted);
  await server.quiet();
  for (const document of ['damaged', 'healthy']) await storeWith(t, server, document, logged, { stays: true });
  await server.kill(); // so that the log is not folded
  await damage(database, 'damaged');
  const before = await everythingOf(database, 'damaged');
  await server.launch();

  const reader = await RawHocuspocus.join(server, 'damaged', { doc: new Y.Doc() });
  assert.equal(reader.scope, 'readonly');
  assert.deepEqual(journalOf(reader.doc).toSorted(), sound.toSorted());
  reader.sendUpdate(updateOfStranger());
  await waitFor('an edit to be refused', () => reader.refused === 1);
  const visitor = await join(t, server, 'y-websocket-3.1', 'damaged');
  editJournal(visitor.doc, 'nobody takes this');
  const provider = await join(t, server, 'hocuspocus-2.15', 'damaged');
  assert.equal(provider.provider.authorizedScope, 'readonly');
  await sleep(300);
  assert.deepEqual(journalOf(provider.doc).toSorted(), sound.toSorted());
  assertIsReported(server);

  const neighbours = [
    await join(t, server, 'hocuspocus-4.8', 'healthy'),
    await join(t, server, 'y-websocket-3.1', 'healthy'),
  ];
  editJournal(neighbours[0].doc, 'not disturbed');
  const entries = [...compacted, ...logged, 'not disturbed'];
  await assertConverged(
    neighbours.map((client) => client.doc),
    { entries },
  );
  await waitFor('it to be acknowledged', () => neighbours[0].unsyncedCount === 0);

  for (const client of [visitor, provider, ...neighbours]) client.destroy();
  reader.terminate();
  await server.quiet();
  assert.deepEqual(await everythingOf(database, 'damaged'), before);
  assert.equal(await database.logLength('healthy'), 0);
  assert.deepEqual(journalOf(await database.read('healthy')).toSorted(), entries.toSorted());
  assert.equal((await server.terminate()).code, 0);
  assert.deepEqual(await everythingOf(database, 'damaged'), before);
}

// Entries that do not build on one another: an author each, so that the loss of one leaves the others readable.
async function storeWith(t, server, document, entries, { stays = false } = {}) {
  const author = await RawHocuspocus.join(server, document);
  for (const entry of entries) {
    const doc = new Y.Doc();
    editJournal(doc, entry);
    author.sendUpdate(Y.encodeStateAsUpdate(doc));
    await author.waitAcknowledged();
  }
  if (!stays) author.terminate();
}

// One byte of the entry is another letter: still an update, but not the one that was stored.
function flipped(bytes) {
  const copy = Buffer.from(bytes);
  const letter = copy.findLastIndex((byte) => byte >= 0x30 && byte <= 0x39);
  assert.ok(letter >= 0);
  copy[letter] ^= 0x40;
  return copy;
}

async function everythingOf(database, document) {
  const rows = await database.allRows(document);
  const bytes = [await database.state(document), ...rows.map((row) => row.bytes)];
  return bytes.map((part) => Buffer.from(part).toString('hex'));
}

function assertIsReported(server) {
  const lines = server.log.filter((line) => line.kind === 'security');
  assert.ok(
    lines.some((line) => JSON.stringify(line).includes('damaged')),
    'no line of kind "security" names the document',
  );
}

function updateOfStranger() {
  const doc = new Y.Doc();
  editJournal(doc, 'an edit');
  return Y.encodeStateAsUpdate(doc);
}
