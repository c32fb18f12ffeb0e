// canvas-ws document while a server runs on the same database, and databases that were restored from a backup.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import * as Y from 'yjs';
import { hocuspocusKinds, join } from '../harness/clients.mjs';
import { runCommand } from '../harness/command.mjs';
import { editJournal, journalOf } from '../harness/content.mjs';
import { databaseKinds } from '../harness/database.mjs';
import { PostgresCluster } from '../harness/postgres.mjs';
import { Server } from '../harness/server.mjs';
import { waitFor } from '../harness/wait.mjs';
import { Desk, docWith } from './desk.mjs';

const timeout = 120_000;
const run = promisify(execFile);
const clientKind = hocuspocusKinds.at(-1);

for (const kind of databaseKinds) {
  const check = (name, body) =>
    test(`${kind}: ${name}`, { timeout }, async (t) => {
      const desk = await Desk.open(t, kind);
      await body(desk, t);
    });

  check('what only reads works beside a server, and list says who is connected', async (desk, t) => {
    const server = await Server.start(t, { database: desk.database });
    const client = await join(t, server, clientKind, 'plan');
    editJournal(client.doc, 'an edit');
    await waitFor('the edit to be saved', () => !client.hasUnsynced);
    assert.deepEqual(journalOf(await desk.export('plan')), ['an edit']);
    await desk.succeeds(['verify']);
    assert.equal((await desk.history('plan')).rows[0].user, null);
    const { stdout } = await desk.succeeds(['list', '--json', '--server', `http://127.0.0.1:${server.healthPort}`]);
    assert.deepEqual(
      JSON.parse(stdout).map(({ document, members }) => [document, members]),
      [['plan', 1]],
    );
  });

  check('a damaged document is read-only until the damage is set aside', async (desk, t) => {
    await desk.import('plan', Y.encodeStateAsUpdate(docWith('kept')));
    await desk.import('plan', Y.encodeStateAsUpdate(docWith('lost')));
    await desk.damage('lost');
    const server = await Server.start(t, { database: desk.database });
    const reader = await join(t, server, clientKind, 'plan');
    assert.deepEqual(journalOf(reader.doc), ['kept']);
    const { stdout } = await desk.succeeds(['list', '--json', '--server', `http://127.0.0.1:${server.healthPort}`]);
    assert.equal(JSON.parse(stdout)[0].read_only, 'damaged');
    reader.destroy();
    await server.quiet();

    if (kind === 'SQLite') await server.terminate();
    await desk.succeeds(['verify', '--set-aside']);
    if (kind === 'SQLite') await server.launch();
    const writer = await join(t, server, clientKind, 'plan');
    editJournal(writer.doc, 'after');
    await waitFor('the edit to be saved', () => !writer.hasUnsynced);
    assert.deepEqual(journalOf(await desk.export('plan')).toSorted(), ['after', 'kept']);
  });

  check('history that the server kept is there for export --at', async (desk, t) => {
    const server = await Server.start(t, { database: desk.database, flags: ['--history', '7d'] });
    const client = await join(t, server, clientKind, 'plan');
    const text = client.doc.getText('diagram-xml');
    text.insert(0, '<first/>');
    await waitFor('the edit to be saved', () => !client.hasUnsynced);
    const before = new Date(Date.now() + 1).toISOString();
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.doc.transact(() => {
      text.delete(0, text.length);
      text.insert(0, '<second/>');
    });
    await waitFor('the edit to be saved', () => !client.hasUnsynced);
    client.destroy();
    await server.quiet();
    await waitFor('the log to be folded', async () => (await desk.list())[0].log_rows === 0);
    assert.equal((await desk.export('plan', '--at', before)).getText('diagram-xml').toString(), '<first/>');
    assert.equal((await desk.export('plan')).getText('diagram-xml').toString(), '<second/>');
  });
}

test('SQLite: what changes a file is refused while it is served', { timeout }, async (t) => {
  const desk = await Desk.open(t, 'SQLite');
  await desk.import('plan', Y.encodeStateAsUpdate(docWith('a')));
  await Server.start(t, { database: desk.database });
  for (const args of [['import', 'plan', '-'], ['compact'], ['verify', '--set-aside'], ['delete', 'plan', '--yes']]) {
    const { stderr } = await desk.fails(args, { input: Y.encodeStateAsUpdate(docWith('b')) });
    assert.match(stderr, /another process|lock/, args[0]);
  }
  assert.deepEqual(journalOf(await desk.export('plan')), ['a']);
});

test('SQLite: a copy made while it is served can be served', { timeout }, async (t) => {
  const desk = await Desk.open(t, 'SQLite');
  const server = await Server.start(t, { database: desk.database });
  const client = await join(t, server, clientKind, 'plan');
  editJournal(client.doc, 'in the backup');
  await waitFor('the edit to be saved', () => !client.hasUnsynced);
  const copy = path.join(desk.folder, 'copy.sqlite');
  await desk.database.all(`VACUUM INTO '${copy}'`);
  await server.terminate();
  const restored = await Server.start(t, { database: { url: `sqlite:${copy}` } });
  const reader = await join(t, restored, clientKind, 'plan');
  assert.deepEqual(journalOf(reader.doc), ['in the backup']);
});

const onPostgres = databaseKinds.includes('PostgreSQL') ? test : test.skip;

onPostgres('PostgreSQL: a dump made while it is served can be restored elsewhere and served', { timeout }, async (t) => {
  const desk = await Desk.open(t, 'PostgreSQL');
  const server = await Server.start(t, { database: desk.database, flags: ['--history', '7d'] });
  const client = await join(t, server, clientKind, 'plan');
  editJournal(client.doc, 'in the backup');
  await waitFor('the edit to be saved', () => !client.hasUnsynced);
  const dump = path.join(desk.folder, 'canvas.dump');
  await run('pg_dump', ['--format=custom', '--file', dump, desk.database.url]);
  client.destroy();
  await server.terminate();

  const cluster = await PostgresCluster.start(t);
  const url = cluster.uri;
  await run('pg_restore', ['--exit-on-error', '--no-owner', '--dbname', url, dump]);
  assert.match((await runCommand(['migrate', '--database', url])).stdout, /up to date/);
  assert.match((await runCommand(['document', 'verify', '--database', url])).stdout, /all sound/);
  const restored = await Server.start(t, { database: { url } });
  const writer = await join(t, restored, clientKind, 'plan');
  assert.deepEqual(journalOf(writer.doc), ['in the backup']);
  editJournal(writer.doc, 'and on');
  await waitFor('the edit to be saved', () => !writer.hasUnsynced);
});
