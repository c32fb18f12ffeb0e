// A Hocuspocus server on Node and canvas-ws, one after the other on the same tables: each reads what the other wrote,
// and neither takes the other's documents for damaged.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Database } from '@hocuspocus/extension-database';
import { Server as NodeServer } from '@hocuspocus/server';
import { atEnd } from '../harness/cleanup.mjs';
import { join } from '../harness/clients.mjs';
import { assertConverged, contentOf, editEverything, journalOf } from '../harness/content.mjs';
import { createDatabase, databaseKinds } from '../harness/database.mjs';
import { Random } from '../harness/random.mjs';
import { Server } from '../harness/server.mjs';
import { waitFor } from '../harness/wait.mjs';

const timeout = 60_000;
const room = 'handed over';

if (databaseKinds.includes('PostgreSQL')) {
  test('documents go from Hocuspocus on Node to canvas-ws, back, and again', { timeout }, async (t) => {
    const database = await createDatabase(t, 'PostgreSQL');
    const random = Random.forTest(t);
    const entries = [];
    let content = null;

    // Somebody joins, sees what was there, and writes.
    const visit = async (server, kind, entry) => {
      const client = await join(t, server, kind, room);
      if (content !== null) {
        await assertConverged([client.doc], { entries });
        assert.deepEqual(contentOf(client.doc), content);
      }
      editEverything(client.doc, entry, random);
      entries.push(entry);
      content = contentOf(client.doc);
      await waitFor(`${entry} to be acknowledged`, () => client.unsyncedCount === 0);
      assert.notEqual(client.provider.authorizedScope, 'readonly');
      return client;
    };

    const node = await startNode(t, database);
    const server = await Server.start(t, { database });
    for (const round of [1, 2]) {
      const onNode = await visit(node, 'hocuspocus-4.8', `Node ${round}`);
      await waitFor('Node to store it', async () => (await storedEntries(database)).includes(`Node ${round}`));
      onNode.destroy();
      await waitFor('Node to unload it', () => node.documents() === 0);

      const onOurs = await visit(server, 'hocuspocus-2.15', `canvas-ws ${round}`);
      onOurs.destroy();
      await server.quiet();
      assert.equal(await database.logLength(room), 0);
      assert.deepEqual(contentOf(await database.read(room)), content);
    }

    // Rows that are not folded yet, and a state that Node has written meanwhile.
    const rows = await visit(server, 'hocuspocus-4.8', 'in the log');
    await server.kill();
    rows.destroy();
    assert.ok((await database.logLength(room)) > 0);
    const [withoutRows, contentOfRows] = [entries.slice(0, -1), content];
    entries.pop();
    content = null;
    const onNode = await join(t, node, 'hocuspocus-4.8', room);
    await assertConverged([onNode.doc], { entries: withoutRows });
    editEverything(onNode.doc, 'Node beside the log', random);
    await waitFor('Node to store it', async () => (await storedEntries(database)).includes('Node beside the log'));
    onNode.destroy();
    await server.launch();
    entries.push('in the log', 'Node beside the log');
    const last = await join(t, server, 'hocuspocus-4.8', room);
    await assertConverged([last.doc], { entries });
    assert.ok(contentOfRows.journal.every((entry) => journalOf(last.doc).includes(entry)));
    last.destroy();
    await server.quiet();
    assert.deepEqual(journalOf(await database.read(room)).toSorted(), entries.toSorted());
    assert.equal(await database.logLength(room), 0);
    assert.deepEqual(
      server.log.filter((line) => line.event === 'document.damaged'),
      [],
    );
  });
}

// As the app that canvas-ws replaces has it.
async function startNode(t, database) {
  const server = new NodeServer({
    quiet: true,
    stopOnSignals: false,
    debounce: 50,
    extensions: [
      new Database({
        fetch: async ({ documentName }) => (await database.state(documentName)) ?? null,
        store: ({ documentName, state }) =>
          database.all(
            `INSERT INTO yjs_document (id, data, updated_at) VALUES (?, ?, now())
             ON CONFLICT (id) DO UPDATE SET data = excluded.data, updated_at = excluded.updated_at`,
            documentName,
            Buffer.from(state),
          ),
      }),
    ],
  });
  await server.listen(0);
  atEnd(t, () => server.destroy());
  return { url: `ws://127.0.0.1:${server.address.port}`, documents: () => server.hocuspocus.documents.size };
}

async function storedEntries(database) {
  const state = await database.read(room);
  return journalOf(state);
}
