// canvas-ws document restore: the content of an earlier time comes back as an edit, beside a running server and without one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Y from 'yjs';
import { join, kinds } from '../harness/clients.mjs';
import { contentOf, editEverything, editJournal, journalOf } from '../harness/content.mjs';
import { databaseKinds } from '../harness/database.mjs';
import { Random } from '../harness/random.mjs';
import { Server } from '../harness/server.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';
import { Desk, docWith, noServer, threeVersions } from './desk.mjs';

const timeout = 120_000;
const hocuspocus = 'hocuspocus-4.8';

const without = (content) => ({ ...content, stateVector: null });
const through = (server) => ['--server', `http://127.0.0.1:${server.healthPort}`];
const offline = { env: { WS_HEALTH_PORT: '1' } };
const textOf = (doc) => doc.getText('text').toString();

// A moment after all that has been done and before what comes.
const now = async () => {
  await sleep(20);
  const moment = new Date().toISOString();
  await sleep(20);
  return moment;
};

for (const kind of databaseKinds) {
  const check = (name, run) => test(`${kind}: ${name}`, { timeout }, async (t) => run(await Desk.open(t, kind), t));

  check('a restore goes back, forth, and is in the history', async (desk) => {
    const [first, , third] = await threeVersions(desk);
    const { stdout } = await desk.succeeds(['restore', 'plan', '--at', first], offline);
    assert.match(stdout, /^document 'plan': restored by an edit of \d+ B, in the database/);
    assert.equal(textOf(await desk.export('plan')), 'first');
    assert.equal((await desk.history('plan')).rows.length, 4);
    assert.equal(textOf(await desk.export('plan', '--at', third)), 'third');
    await desk.succeeds(['restore', 'plan', '--at', third], offline);
    assert.equal(textOf(await desk.export('plan')), 'third');
    await desk.succeeds(['verify']);
  });

  check('all types come back as they were, also from folded history', async (desk, t) => {
    const random = Random.forTest(t);
    const doc = new Y.Doc();
    const send = async (edit) => {
      const before = Y.encodeStateVector(doc);
      edit();
      await desk.import('plan', Y.encodeStateAsUpdate(doc, before));
    };
    const remembered = [];
    for (const entry of ['one', 'two', 'three']) {
      await send(() => doc.transact(() => editEverything(doc, entry, random)));
      remembered.push({ content: contentOf(doc), moment: await now() });
    }
    await send(() => {
      const text = doc.getText('text');
      text.delete(0, text.length);
      doc.getMap('map').clear();
      doc.getXmlFragment('xml').delete(0, 1);
    });
    await desk.succeeds(['compact', '--history', '7d']);
    for (const { content, moment } of [...remembered, ...remembered.toReversed()]) {
      await desk.succeeds(['restore', 'plan', '--at', moment], offline);
      assert.deepEqual(without(contentOf(await desk.export('plan'))), without(content));
    }
  });

  check('what is as it was is left alone, and a dry run changes nothing', async (desk) => {
    const [first] = await threeVersions(desk);
    const rows = async () => (await desk.history('plan')).rows.length;
    assert.match((await desk.succeeds(['restore', 'plan', '--at', '0s'], offline)).stdout, /nothing to do/);
    assert.match((await desk.succeeds(['restore', 'plan', '--at', first, '--dry-run'], offline)).stdout, /an edit of \d+ B would/);
    assert.equal(await rows(), 3);
    assert.equal(textOf(await desk.export('plan')), 'third');
  });

  check('everybody who is connected follows a restore, and nobody loses an edit', async (desk, t) => {
    const server = await Server.start(t, { database: desk.database, flags: ['--history', '7d'] });
    const clients = await Promise.all(kinds.map((each) => join(t, server, each, 'plan')));
    const writer = clients.find((client) => client.kind === hocuspocus);
    const text = writer.doc.getText('text');
    text.insert(0, 'as it was');
    editJournal(writer.doc, 'before');
    await waitFor('the edits to be saved', () => !writer.hasUnsynced);
    const moment = await now();
    writer.doc.transact(() => {
      text.delete(0, text.length);
      text.insert(0, 'ruined');
    });
    await waitFor('the edits to be saved', () => !writer.hasUnsynced);
    const { stdout } = await desk.succeeds(['restore', 'plan', '--at', moment, ...through(server)]);
    assert.match(stdout, /which everybody who is connected has been sent/);
    for (const { doc } of clients) await waitFor('the text to come back', () => textOf(doc) === 'as it was');
    await server.kill();
    await server.launch();
    assert.equal(textOf((await join(t, server, hocuspocus, 'plan')).doc), 'as it was');
  });

  check('a restore takes in what only the server has by now', async (desk, t) => {
    const server = await Server.start(t, { database: desk.database, flags: ['--history', '7d'] });
    const writers = await Promise.all([0, 1, 2].map(() => join(t, server, hocuspocus, 'plan')));
    writers[0].doc.getText('text').insert(0, 'as it was');
    await waitFor('the edit to be saved', () => !writers[0].hasUnsynced);
    const moment = await now();
    let running = true;
    const typing = writers.map(async ({ doc }, author) => {
      for (let i = 0; running; i++) {
        doc.getText('text').insert(0, `${author}.${i} `);
        await sleep(2);
      }
    });
    await sleep(100);
    await desk.succeeds(['restore', 'plan', '--at', moment, ...through(server)]);
    running = false;
    await Promise.all(typing);
    await waitFor('the edits to be saved', () => writers.every((writer) => !writer.hasUnsynced));
    await waitFor('the documents to converge', () => writers.every(({ doc }) => textOf(doc) === textOf(writers[0].doc)));
    assert.ok(textOf(writers[0].doc).endsWith('as it was'));
    assert.equal(textOf(await desk.export('plan')), textOf(writers[0].doc));
  });

  check('a server of another database is left alone', async (desk, t) => {
    const [first] = await threeVersions(desk);
    const other = await Server.start(t);
    const { stderr } = await desk.isMisused(['restore', 'plan', '--at', first, ...through(other)]);
    assert.match(stderr, /serves another one/);
    await other.quiet();
    assert.equal(textOf(await desk.export('plan')), 'third');
  });

  check('what cannot be restored is an error that says so', async (desk) => {
    await desk.import('plan', Y.encodeStateAsUpdate(docWith('a')));
    await desk.succeeds(['compact', '--history', '0']);
    assert.match((await desk.fails(['restore', 'nobody', '--at', '1h'], offline)).stderr, /there is no document 'nobody'/);
    assert.match((await desk.fails(['restore', 'plan', '--at', '1h'], offline)).stderr, /goes back to 2/);
    assert.match((await desk.isMisused(['restore', 'plan', '--at', 'yesterday'], offline)).stderr, /--at/);
    assert.match((await desk.fails(['restore', 'plan', '--at', '0s', ...noServer])).stderr, /no server answers/);
    assert.deepEqual(journalOf(await desk.export('plan')), ['a']);
  });
}

test('SQLite: while the file is served, and the server is not found, the restore is refused', { timeout }, async (t) => {
  const desk = await Desk.open(t, 'SQLite');
  const [first] = await threeVersions(desk);
  await Server.start(t, { database: desk.database });
  const { stderr } = await desk.fails(['restore', 'plan', '--at', first], offline);
  assert.match(stderr, /another process|lock/);
  assert.equal(textOf(await desk.export('plan')), 'third');
});
