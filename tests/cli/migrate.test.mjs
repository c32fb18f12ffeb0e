// canvas-ws migrate: the tables are made, or those of the app taken over as they are.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { promisify } from 'node:util';
import * as Y from 'yjs';
import { runCommand } from '../harness/command.mjs';
import { editJournal, journalOf } from '../harness/content.mjs';
import { createDatabase, databaseKinds } from '../harness/database.mjs';
import { deployments } from './deployments.mjs';
import { Desk, docWith } from './desk.mjs';

const timeout = 120_000;
const run = promisify(execFile);

for (const kind of databaseKinds) {
  const check = (name, body) =>
    test(`${kind}: ${name}`, { timeout }, async (t) => body(await createDatabase(t, kind, { migrate: false }), t));

  check('a second migration finds nothing to do', async (database) => {
    const first = await migrate(database);
    assert.match(first.stdout, /^ran on .*\nCREATE TABLE yjs_document/);
    const schema = await schemaOf(kind, database);
    const second = await migrate(database);
    assert.match(second.stdout, /^the tables of .* are up to date\n$/);
    assert.equal(await schemaOf(kind, database), schema);
  });

  check('a dry run changes nothing, and what it prints does the same', async (database, t) => {
    const dry = await migrate(database, '--dry-run');
    if (kind === 'SQLite') assert.equal(existsSync(database.path), false);
    else assert.deepEqual(await database.all("SELECT 1 FROM pg_tables WHERE schemaname = 'public'"), []);
    const twin = await createDatabase(t, kind, { migrate: false });
    await applySql(kind, twin, dry.stdout);
    await migrate(database);
    assert.equal(await schemaOf(kind, twin), await schemaOf(kind, database));
    assert.match((await migrate(twin, '--dry-run')).stdout, /^-- the tables of .* are up to date\n$/);
  });

  check('a database of a newer program is left alone', async (database) => {
    await migrate(database);
    if (kind === 'SQLite') await database.all('PRAGMA user_version = 99');
    else await database.all('INSERT INTO canvas_ws_schema (version) VALUES (99)');
    for (const args of [['migrate'], ['document', 'list'], ['serve', '--auth', 'guest', '--port', '0']]) {
      const { code, stderr } = await runCommand([...args, '--database', database.url]);
      assert.equal(code, 1, args[0]);
      assert.match(stderr, /version 99.*newer canvas-ws/, args[0]);
    }
  });
}

const onPostgres = databaseKinds.includes('PostgreSQL') ? test : test.skip;

onPostgres('PostgreSQL: many migrations at once are one', { timeout }, async (t) => {
  const database = await createDatabase(t, 'PostgreSQL', { migrate: false });
  const results = await Promise.all(Array.from({ length: 6 }, () => migrate(database)));
  assert.equal(results.filter(({ stdout }) => stdout.startsWith('ran on')).length, 1);
  assert.equal((await database.all('SELECT * FROM canvas_ws_schema')).length, 1);
});

onPostgres('PostgreSQL: what was not migrated is not served, and the command to run is said', { timeout }, async (t) => {
  const database = await createDatabase(t, 'PostgreSQL', { migrate: false });
  for (const args of [['document', 'list'], ['serve', '--auth', 'guest', '--port', '0']]) {
    const { code, stderr } = await runCommand([...args, '--database', database.url]);
    assert.equal(code, 1);
    assert.match(stderr, /run: canvas-ws migrate/);
  }
});

onPostgres('PostgreSQL: tables that only share the name are not touched', { timeout }, async (t) => {
  const database = await createDatabase(t, 'PostgreSQL', { migrate: false });
  await database.all('CREATE TABLE yjs_document (id bigint PRIMARY KEY, title text)');
  const schema = await schemaOf('PostgreSQL', database);
  const { code, stderr } = await runCommand(['migrate', '--database', database.url]);
  assert.equal(code, 1);
  assert.match(stderr, /yjs_document.id is of type bigint/);
  assert.equal(await schemaOf('PostgreSQL', database), schema);
});

for (const deployment of deployments) {
  onPostgres(`PostgreSQL: takes over tables ${deployment.name}`, { timeout }, async (t) => {
    const desk = new Desk();
    desk.database = await createDatabase(t, 'PostgreSQL', { migrate: false });
    await desk.database.all(deployment.sql);
    const insert = async (entry, time) => {
      const update = Buffer.from(Y.encodeStateAsUpdate(docWith(entry)));
      await desk.database.all(
        `INSERT INTO yjs_update_log (document_id, "${deployment.updateColumn}", user_id, created_at) VALUES ('plan', ?, ?, ?)`,
        update,
        deployment.user,
        time,
      );
    };
    const state = Buffer.from(Y.encodeStateAsUpdate(docWith('in the state')));
    await desk.database.all("INSERT INTO yjs_document (id, data, updated_at) VALUES ('plan', ?, '2026-01-31T11:00:00Z')", state);
    await insert('in the log', '2026-01-31T12:00:00Z');

    const dry = await migrate(desk.database, '--dry-run');
    assert.doesNotMatch(dry.stdout, /DROP/);
    await migrate(desk.database);
    assert.match((await migrate(desk.database)).stdout, /up to date/);
    await insert('by the old server', '2026-01-31T13:00:00Z');
    const expected = ['by the old server', 'in the log', 'in the state'];
    assert.deepEqual(journalOf(await desk.export('plan')).toSorted(), expected);

    const history = await desk.history('plan');
    assert.equal(history.since, '2026-01-31T11:00:00.000Z');
    assert.deepEqual(
      history.rows.map((row) => [row.time, row.user]),
      [
        ['2026-01-31T12:00:00.000Z', deployment.user],
        ['2026-01-31T13:00:00.000Z', deployment.user],
      ],
    );
    assert.deepEqual(
      journalOf(await desk.export('plan', '--at', '2026-01-31T12:30:00Z')).toSorted(),
      ['in the log', 'in the state'],
    );
    await desk.succeeds(['import', 'plan', '-'], { input: Y.encodeStateAsUpdate(docWith('imported')) });
    await desk.succeeds(['verify']);
    await desk.succeeds(['compact', '--history', '36500d']);
    assert.equal((await desk.list())[0].kept_rows, 3);
    assert.deepEqual(journalOf(await desk.export('plan')).toSorted(), [...expected, 'imported'].toSorted());
    await desk.succeeds(['delete', 'plan', '--yes']);
    assert.equal((await desk.database.all('SELECT * FROM yjs_update_log')).length, 0);
  });
}

onPostgres('PostgreSQL: one can go back to the old server, and come again', { timeout }, async (t) => {
  const desk = await Desk.open(t, 'PostgreSQL');
  const { database } = desk;
  await desk.succeeds(['import', 'plan', '-'], { input: Y.encodeStateAsUpdate(docWith('by canvas-ws')) });
  await desk.succeeds(['compact', '--history', '0']);
  const doc = new Y.Doc();
  Y.applyUpdate(doc, await database.state('plan'));
  editJournal(doc, 'by the old server');
  await database.all(
    `INSERT INTO yjs_document (id, data, updated_at) VALUES ('plan', ?, now())
     ON CONFLICT (id) DO UPDATE SET data = excluded.data, updated_at = excluded.updated_at`,
    Buffer.from(Y.encodeStateAsUpdate(doc)),
  );
  await desk.succeeds(['verify']);
  assert.deepEqual(journalOf(await desk.export('plan')), ['by canvas-ws', 'by the old server']);
});

onPostgres('PostgreSQL: a user who is deleted stays in the log as a guest', { timeout }, async (t) => {
  const desk = new Desk();
  desk.database = await createDatabase(t, 'PostgreSQL', { migrate: false });
  await desk.database.all(`CREATE TABLE "user" (id text PRIMARY KEY); INSERT INTO "user" VALUES ('ada')`);
  await migrate(desk.database);
  await desk.succeeds(['import', 'plan', '-'], { input: Y.encodeStateAsUpdate(docWith('a')) });
  await desk.database.all("UPDATE yjs_update_log SET user_id = 'ada'");
  assert.equal((await desk.history('plan')).rows[0].user, 'ada');
  await desk.database.all('DELETE FROM "user"');
  assert.equal((await desk.history('plan')).rows[0].user, null);
});

test('SQLite: tables of version 1 are brought up to date with their documents', { timeout }, async (t) => {
  const desk = new Desk();
  desk.database = await createDatabase(t, 'SQLite');
  await desk.database.all('PRAGMA user_version = 1');
  for (const sql of [
    'CREATE TABLE yjs_document (id TEXT PRIMARY KEY, data BLOB NOT NULL, updated_at TEXT NOT NULL)',
    `CREATE TABLE yjs_update_log (id INTEGER PRIMARY KEY AUTOINCREMENT,
       document_id TEXT NOT NULL REFERENCES yjs_document (id) ON DELETE CASCADE, "update" BLOB NOT NULL, user_id TEXT,
       created_at TEXT NOT NULL)`,
    'CREATE INDEX yjs_update_log_document ON yjs_update_log (document_id)',
  ]) {
    await desk.database.all(sql);
  }
  const [state, update] = ['in the state', 'in the log'].map((entry) => Y.encodeStateAsUpdate(docWith(entry)));
  await desk.database.all("INSERT INTO yjs_document VALUES ('plan', ?, '2026-01-31T11:00:00.000Z')", state);
  await desk.database.all(
    `INSERT INTO yjs_update_log (document_id, "update", created_at) VALUES ('plan', ?, '2026-01-31T12:00:00.000Z')`,
    update,
  );
  const refused = await desk.fails(['list']);
  assert.match(refused.stderr, /older version; run: canvas-ws migrate/);
  await migrate(desk.database);
  assert.deepEqual(journalOf(await desk.export('plan')).toSorted(), ['in the log', 'in the state']);
});

// Better Auth's, with names that are not its own.
const authTables = [
  'CREATE TABLE app_user (id text PRIMARY KEY, role text)',
  `CREATE TABLE auth_session (id text PRIMARY KEY, token text UNIQUE, expires_at timestamp,
     user_id text REFERENCES app_user (id) ON DELETE CASCADE)`,
];
const names = ['--auth-names', 'session=auth_session, user=app_user'];

for (const kind of databaseKinds) {
  test(`${kind}: tables of diagrams are made beside Better Auth's, once`, { timeout }, async (t) => {
    const database = await createDatabase(t, kind);
    const lost = await runCommand(['migrate', '--with-diagrams', '--database', database.url]);
    assert.equal(lost.code, 1);
    assert.match(lost.stderr, /storeSessionInDatabase.*--auth-names/);
    for (const sql of authTables) await database.all(sql);
    const before = await schemaOf(kind, database);
    const dry = await migrate(database, '--with-diagrams', '--dry-run', ...names);
    assert.match(dry.stdout, /^BEGIN;\nCREATE TABLE diagram \(/m);
    assert.equal(await schemaOf(kind, database), before);
    assert.match((await migrate(database, '--with-diagrams', ...names)).stdout, /^CREATE TABLE diagram_share_link/m);
    await database.all("INSERT INTO app_user (id) VALUES ('ada')");
    await database.all("INSERT INTO diagram (id, owner_id) VALUES ('plan', 'ada')");
    await database.all("INSERT INTO diagram_member (diagram_id, user_id, role) VALUES ('plan', 'ada', 'viewer')");
    assert.equal((await database.all('SELECT visibility FROM diagram'))[0].visibility, 'private');
    assert.doesNotMatch((await migrate(database, '--with-diagrams', ...names)).stdout, /CREATE/);
  });
}

onPostgres('PostgreSQL: triggers are made once, and a dry run prints them', { timeout }, async (t) => {
  const database = await createDatabase(t, 'PostgreSQL');
  for (const sql of authTables) await database.all(sql);
  const flags = ['--with-triggers', '--with-diagrams', ...names];
  const dry = await migrate(database, '--dry-run', ...flags);
  const twin = await createDatabase(t, 'PostgreSQL');
  for (const sql of authTables) await twin.all(sql);
  await applySql('PostgreSQL', twin, dry.stdout);
  await migrate(database, ...flags);
  assert.equal(await schemaOf('PostgreSQL', twin), await schemaOf('PostgreSQL', database));
  assert.doesNotMatch((await migrate(database, ...flags)).stdout, /CREATE/);
  const triggers = await database.all("SELECT DISTINCT tgrelid::regclass::text AS name FROM pg_trigger WHERE tgname = 'canvas_ws_access'");
  assert.deepEqual(
    triggers.map(({ name }) => name).toSorted(),
    ['app_user', 'auth_session', 'diagram', 'diagram_member', 'diagram_share_link'],
  );
});

test('SQLite: there are no triggers to be had', { timeout }, async (t) => {
  const database = await createDatabase(t, 'SQLite');
  const { code, stderr } = await runCommand(['migrate', '--with-triggers', '--database', database.url]);
  assert.equal(code, 2);
  assert.match(stderr, /SQLite has no triggers/);
});

async function migrate(database, ...flags) {
  const result = await runCommand(['migrate', '--database', database.url, ...flags]);
  assert.equal(result.code, 0, result.stderr);
  return result;
}

async function schemaOf(kind, database) {
  if (kind === 'SQLite') {
    const tables = await database.all('SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name');
    return JSON.stringify([tables, await database.all('PRAGMA user_version')]);
  }
  const { stdout } = await run('pg_dump', ['--schema-only', '--no-owner', database.url]);
  return stdout.replaceAll(/^(--.*|\\(un)?restrict .*)$/gm, '');
}

async function applySql(kind, database, sql) {
  if (kind === 'SQLite') {
    const connection = new DatabaseSync(database.path);
    connection.exec(sql);
    connection.close();
    return;
  }
  await run('psql', ['--quiet', '--no-psqlrc', '--set', 'ON_ERROR_STOP=1', '--command', sql, database.url]);
}
