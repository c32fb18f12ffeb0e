// PostgreSQL databases as people have them: time zones, encodings, older tables, odd names, and every way to name one.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as Y from 'yjs';
import { join } from '../harness/clients.mjs';
import { assertConverged, contentOf, editEverything, editJournal, journalOf } from '../harness/content.mjs';
import { createDatabase, databaseKinds, PostgresDatabase } from '../harness/database.mjs';
import { Random } from '../harness/random.mjs';
import { RawHocuspocus } from '../harness/raw_client.mjs';
import { Server } from '../harness/server.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';

const timeout = 60_000;

const latinNames = [
  "it's",
  'say "hello"',
  'back\\slash \\\\ \\000 \\x41 \\',
  "'; DROP TABLE yjs_document; --",
  '$1 ? %s {} ${name}',
  'NULL',
  'x'.repeat(128),
  'Übergröße, señor',
];
const otherNames = ['日本語の図', '👩‍👩‍👧‍👦', 'Ⅷ'.repeat(128)];

// `settings`: what ALTER DATABASE sets for every connection.
const environments = {
  'in another time zone, with other forms of dates and bytes': {
    settings: {
      timezone: 'America/New_York',
      bytea_output: 'escape',
      datestyle: 'SQL, DMY',
      intervalstyle: 'sql_standard',
      extra_float_digits: '-15',
    },
  },
  'with old rules for strings, and a client encoding': {
    settings: { standard_conforming_strings: 'off', backslash_quote: 'off', client_encoding: 'LATIN1' },
  },
  'that cuts connections which are idle': { settings: { idle_session_timeout: '150ms' } },
  'with serializable transactions': { settings: { default_transaction_isolation: 'serializable' } },
  'with tables in a schema of their own': { settings: { search_path: 'app, public' }, schema: 'app' },
  'with encoding SQL_ASCII': { options: "TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'" },
  'with encoding LATIN1': { options: "TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'", names: latinNames },
};

const users = 'CREATE TABLE "user" (id text PRIMARY KEY, name text)';
const tables = {
  "the app's": [
    users,
    'CREATE TABLE yjs_document (id text PRIMARY KEY, data bytea NOT NULL, updated_at timestamptz NOT NULL DEFAULT now())',
    `CREATE TABLE yjs_update_log (id bigserial PRIMARY KEY,
      document_id text NOT NULL REFERENCES yjs_document ON DELETE CASCADE, update bytea NOT NULL,
      user_id text REFERENCES "user" ON DELETE SET NULL, created_at timestamptz NOT NULL DEFAULT now())`,
  ],
  'with times without a zone, a column update_data, and short names': [
    users,
    'CREATE TABLE yjs_document (id varchar(255) PRIMARY KEY, data bytea NOT NULL, updated_at timestamp NOT NULL DEFAULT now())',
    `CREATE TABLE yjs_update_log (id serial PRIMARY KEY,
      document_id varchar(255) NOT NULL REFERENCES yjs_document ON DELETE CASCADE, update_data bytea NOT NULL,
      user_id text REFERENCES "user" ON DELETE SET NULL, created_at timestamp NOT NULL DEFAULT now())`,
  ],
  'without users and times': [
    'CREATE TABLE yjs_document (id text PRIMARY KEY, data bytea NOT NULL)',
    `CREATE TABLE yjs_update_log (id bigserial PRIMARY KEY,
      document_id text NOT NULL REFERENCES yjs_document ON DELETE CASCADE, update bytea NOT NULL)`,
  ],
};

// Several at once: most of the time they wait for rooms to be unloaded.
if (databaseKinds.includes('PostgreSQL')) describe('PostgreSQL', { concurrency: 4 }, testPostgres);

function testPostgres() {
  for (const [what, { settings = {}, options, schema, names = [...latinNames, ...otherNames] }] of Object.entries(
    environments,
  )) {
    test(`a database ${what}`, { timeout }, async (t) => {
      const database = await PostgresDatabase.create(t, { options, migrate: false });
      if (schema) await database.all(`CREATE SCHEMA ${schema}`);
      for (const [setting, value] of Object.entries(settings)) {
        const text = setting === 'search_path' ? value : `'${value}'`;
        await database.all(`ALTER DATABASE ${database.name} SET ${setting} = ${text}`);
      }
      await database.migrate();
      await testNames(t, database, names);
    });
  }

  for (const [what, statements] of Object.entries(tables)) {
    for (const timezone of ['UTC', 'America/New_York']) {
      test(`tables ${what}, in ${timezone}`, { timeout }, async (t) => {
        const database = await PostgresDatabase.create(t, { migrate: false });
        await database.all(`ALTER DATABASE ${database.name} SET timezone = '${timezone}'`);
        for (const statement of statements) await database.all(statement);
        if (statements.join().includes('update_data')) database.updateColumn = 'update_data';
        if (statements.includes(users)) await storeAsNode(database, 'from Node');
        await database.migrate();
        await database.migrate(); // does nothing more
        await testNames(t, database, ['plan', "it's"]);
        if (statements.includes(users)) await compareWithNode(t, database, 'from Node');
      });
    }
  }

  test('a name that the encoding does not have does not hold up the others', { timeout }, async (t) => {
    const database = await createDatabase(t, 'PostgreSQL', { options: environments['with encoding LATIN1'].options });
    const server = await Server.start(t, { database });
    const stranger = await RawHocuspocus.connect(server, '日本語の図');
    stranger.sendStep2(new Uint8Array([0, 0]));
    const writer = await join(t, server, 'hocuspocus-4.8', 'plan');
    editJournal(writer.doc, 'here');
    await waitFor('it to be acknowledged', () => writer.unsyncedCount === 0);
    await sleep(500);
    assert.equal(stranger.acknowledged, 0);
    assert.ok(!stranger.synced, 'a document that cannot be stored was shown');
    assert.deepEqual(journalOf(await database.read('plan')), ['here']);
  });

  test('every way to name a database', { timeout }, async (t) => {
    const database = await createDatabase(t, 'PostgreSQL', { name: 'odd "name" \'of\' it' });
    const { cluster } = database;
    const encoded = encodeURIComponent(database.name);
    const quoted = `'${database.name.replaceAll("'", "\\'")}'`;
    const folder = encodeURIComponent(cluster.folder);
    const ways = [
      `postgres://canvas@127.0.0.1:${cluster.port}/${encoded}`,
      `postgresql://canvas@localhost:${cluster.port}/${encoded}?application_name=canvas&sslmode=disable&connect_timeout=5`,
      `postgresql:///${encoded}?host=${folder}&port=${cluster.port}&user=canvas`,
      `postgres://canvas@${folder}:${cluster.port}/${encoded}`,
      `host=127.0.0.1 port=${cluster.port} dbname=${quoted} user=canvas`,
      `host=${cluster.folder} port=${cluster.port} user=canvas dbname=${quoted} options='-c timezone=Asia/Tokyo'`,
      `postgres://canvas@127.0.0.1:1,127.0.0.1:${cluster.port}/${encoded}?target_session_attrs=read-write`,
    ];
    for (const [i, url] of ways.entries()) {
      const server = await Server.start(t, { database: { url } });
      const client = await join(t, server, 'hocuspocus-4.8', 'named');
      assert.deepEqual(journalOf(client.doc), ways.slice(0, i), url);
      editJournal(client.doc, url);
      await waitFor('it to be acknowledged', () => client.unsyncedCount === 0);
      client.destroy();
      assert.equal((await server.terminate()).code, 0);
      assert.deepEqual(journalOf(await database.read('named')), ways.slice(0, i + 1));
    }
  });
}

// What is written to documents of these names is stored under them, at the right time; and it is there again from the
// log, from the state, and for whoever reads the tables.
async function testNames(t, database, names) {
  const server = await Server.start(t, { database });
  const random = Random.forTest(t);
  const contents = new Map();
  const writers = [];
  for (const name of names) {
    const writer = await join(t, server, 'hocuspocus-4.8', name);
    for (const entry of ['one', 'two']) editEverything(writer.doc, entry, random);
    await waitFor(`${name} to be acknowledged`, () => writer.unsyncedCount === 0);
    contents.set(name, contentOf(writer.doc));
    writers.push(writer);
  }
  await assertTimes(database, names);
  await server.kill(); // with the writers there, so that the log is not folded
  for (const writer of writers) writer.destroy();
  await server.launch();
  await compare(t, server, contents); // from the log
  await server.quiet();
  for (const name of names) {
    assert.equal(await database.logLength(name), 0, name);
    assert.deepEqual(contentOf(await database.read(name)), contents.get(name), name);
  }
  await compare(t, server, contents); // from the state
  const documents = new Set((await database.all('SELECT id FROM yjs_document')).map(({ id }) => id));
  documents.delete('from Node');
  assert.deepEqual([...documents].toSorted(), names.toSorted());
  assert.equal((await server.terminate()).code, 0);
}

// A document and a row of the log as the server before canvas-ws left them.
async function storeAsNode(database, document) {
  const [state, row] = ['in the state', 'in the log'].map((entry) => {
    const doc = new Y.Doc();
    editJournal(doc, entry);
    return Buffer.from(Y.encodeStateAsUpdate(doc));
  });
  const user = 'o\'brien "x" \\';
  await database.all('INSERT INTO "user" (id) VALUES (?)', user);
  await database.all('INSERT INTO yjs_document (id, data) VALUES (?, ?)', document, state);
  await database.all(
    `INSERT INTO yjs_update_log (document_id, ${database.updateColumn}, user_id) VALUES (?, ?, ?)`,
    document,
    row,
    user,
  );
}

async function compareWithNode(t, database, document) {
  const entries = ['in the log', 'in the state'];
  assert.deepEqual(journalOf(await database.read(document)).toSorted(), entries);
  const server = await Server.start(t, { database });
  const client = await join(t, server, 'hocuspocus-4.8', document);
  assert.deepEqual(journalOf(client.doc).toSorted(), entries);
  editJournal(client.doc, 'from here');
  await waitFor('it to be acknowledged', () => client.unsyncedCount === 0);
  client.destroy();
  await server.quiet();
  assert.equal(await database.logLength(document), 0);
  assert.deepEqual(journalOf(await database.read(document)).toSorted(), ['from here', ...entries]);
}

async function assertTimes(database, names) {
  for (const name of names) {
    const rows = await database.all(
      'SELECT extract(epoch FROM created_at)::int AS seconds, user_id FROM yjs_update_log WHERE document_id = ?',
      name,
    );
    assert.ok(rows.length > 0, name);
    for (const { seconds, user_id } of rows) {
      assert.ok(Math.abs(seconds - Date.now() / 1000) < 60, `created_at is off by ${seconds - Date.now() / 1000} s`);
      assert.equal(user_id, null);
    }
  }
}

async function compare(t, server, contents) {
  for (const [name, content] of contents) {
    const reader = await join(t, server, 'hocuspocus-4.8', name);
    await assertConverged([reader.doc], { entries: ['one', 'two'] });
    assert.deepEqual(contentOf(reader.doc), content, name);
    reader.destroy();
  }
}
