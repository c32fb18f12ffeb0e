// Two servers on one database, by mistake. PostgreSQL: they do not see each other's edits, but neither loses them. An
// SQLite file is served by one only.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import * as Y from 'yjs';
import { connect, join } from '../harness/clients.mjs';
import { assertConverged, editJournal, journalOf } from '../harness/content.mjs';
import { createDatabase, databaseKinds } from '../harness/database.mjs';
import { Random } from '../harness/random.mjs';
import { binary, Server } from '../harness/server.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';
import { findDoubles, Load, loadFlags } from './load.mjs';

const timeout = 180_000;
const rounds = 8;

if (databaseKinds.includes('PostgreSQL')) {
  test('PostgreSQL: two servers fold and unload the same documents under load', { timeout }, async (t) => {
    const database = await createDatabase(t, 'PostgreSQL');
    const flags = ['--history', '1d', ...loadFlags];
    const servers = [await Server.start(t, { database, flags }), await Server.start(t, { database, flags })];
    const loads = servers.map((_, i) => new Load(t, Random.forTest(t), { name: `server ${i}` }));
    await Promise.all(servers.map((server, i) => comeAndGo(server, loads[i], Random.forTest(t))));
    for (const server of servers) await server.quiet();
    for (const load of loads) {
      assert.deepEqual(await load.findLossesIn(database), []);
      for (const server of servers) assert.deepEqual(await load.findLossesOn(server), []);
    }
    assert.deepEqual(await findDoubles(database, loads[0].documents), []);
    for (const load of loads) t.diagnostic(`${load.acknowledged} updates were acknowledged and are there`);
  });

  test('PostgreSQL: a state that somebody else writes while it is being folded stays', { timeout }, async (t) => {
    const database = await createDatabase(t, 'PostgreSQL');
    const server = await Server.start(t, { database });
    const author = await join(t, server, 'hocuspocus-4.8', 'contested');
    editJournal(author.doc, 'one');
    await waitFor('it to be acknowledged', () => author.unsyncedCount === 0);

    const other = await database.cluster.connect(t, database.name);
    await other.query('BEGIN');
    const { rows } = await other.query("SELECT data FROM yjs_document WHERE id = 'contested' FOR UPDATE");
    author.destroy();
    await waitFor('the server to wait for the row', () => isAnyoneWaiting(database));
    const state = Y.mergeUpdates([rows[0].data, journalUpdate('two')]);
    await other.query("UPDATE yjs_document SET data = $1, updated_at = now() WHERE id = 'contested'", [
      Buffer.from(state),
    ]);
    await other.query('COMMIT');

    await server.quiet();
    assert.deepEqual(journalOf(await database.read('contested')).toSorted(), ['one', 'two']);
    const newcomer = await join(t, server, 'hocuspocus-4.8', 'contested');
    await assertConverged([newcomer.doc], { entries: ['one', 'two'] });
  });

  test('PostgreSQL: a row that has a low number and is committed late stays', { timeout }, async (t) => {
    const database = await createDatabase(t, 'PostgreSQL');
    const server = await Server.start(t, { database });
    const author = await join(t, server, 'hocuspocus-4.8', 'contested');
    editJournal(author.doc, 'one');
    await waitFor('it to be acknowledged', () => author.unsyncedCount === 0);

    const other = await database.cluster.connect(t, database.name);
    await other.query('BEGIN');
    await other.query(
      `INSERT INTO yjs_update_log (document_id, "update", created_at) VALUES ('contested', $1, now())`,
      [Buffer.from(journalUpdate('late'))],
    );
    editJournal(author.doc, 'two');
    await waitFor('it to be acknowledged', () => author.unsyncedCount === 0);
    // The server reads what it will fold, and then waits.
    const lock = await database.cluster.connect(t, database.name);
    await lock.query('BEGIN');
    await lock.query("SELECT FROM yjs_document WHERE id = 'contested' FOR NO KEY UPDATE");
    author.destroy();
    await waitFor('the server to wait for the row', () => isAnyoneWaiting(database));
    await other.query('COMMIT');
    await lock.query('COMMIT');

    await server.quiet();
    assert.deepEqual(journalOf(await database.read('contested')).toSorted(), ['late', 'one', 'two']);
  });

  test('PostgreSQL: one of two servers is stopped, and its clients go to the other', { timeout }, async (t) => {
    const database = await createDatabase(t, 'PostgreSQL');
    const staying = await Server.start(t, { database });
    const leaving = await Server.start(t, { database });
    const kinds = ['hocuspocus-2.15', 'hocuspocus-4.8', 'y-websocket-3.1'];
    const entries = [];
    const clients = [];
    for (const [i, server] of [staying, leaving].entries()) {
      for (const kind of kinds) clients.push(await join(t, server, kind, 'divided', { prefix: '' }));
      for (const client of clients.slice(-kinds.length)) {
        entries.push(`${client.kind} on server ${i}`);
        editJournal(client.doc, entries.at(-1));
      }
    }
    await waitFor('everything to be acknowledged', () => clients.every((client) => !client.hasUnsynced));
    assert.equal((await leaving.terminate()).code, 0);
    const moved = clients.slice(kinds.length).map((client) => {
      client.provider.destroy();
      return connect(t, staying, client.kind, 'divided', { doc: client.doc });
    });
    const all = [...clients.slice(0, kinds.length), ...moved];
    await assertConverged(
      all.map((client) => client.doc),
      { entries },
    );
    await waitFor('everything to be acknowledged', () => all.every((client) => !client.hasUnsynced));
    const newcomer = await join(t, staying, 'hocuspocus-4.8', 'divided');
    await assertConverged([newcomer.doc, all[0].doc], { entries });
    for (const client of [...all, newcomer]) client.destroy();
    await staying.quiet();
    const stored = await database.read('divided');
    assert.deepEqual(stored.getArray('journal').toArray().toSorted(), entries.toSorted());
  });
}

if (databaseKinds.includes('SQLite')) {
  test('SQLite: a second server on the same file says that there is a first', { timeout }, async (t) => {
    const database = await createDatabase(t, 'SQLite');
    await Server.start(t, { database });
    const flags = ['serve', '--port', '0', '--health-port', '0', '--auth', 'guest', '--database', database.url];
    const failure = await promisify(execFile)(binary, flags, { timeout: 40_000 }).catch((error) => error);
    assert.equal(failure.code, 1);
    assert.match(failure.stderr + failure.stdout, /is locked by process \d+/);
  });
}

async function isAnyoneWaiting(database) {
  const waiting = await database.all(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
  );
  return waiting.length > 0;
}

function journalUpdate(entry) {
  const doc = new Y.Doc();
  editJournal(doc, entry);
  return Y.encodeStateAsUpdate(doc);
}

// Everybody comes, writes, and leaves for long enough that the rooms are folded and unloaded, again and again.
async function comeAndGo(server, load, random) {
  for (let round = 0; round < rounds; ++round) {
    await load.start(server);
    await sleep(random.integer(200, 700));
    load.stop();
    await load.settle(server);
    await load.end();
    await sleep(random.integer(1500, 3500));
  }
}
