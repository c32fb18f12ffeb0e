// canvas-ws document: what can be done with stored documents by hand, on every kind of database.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import * as Y from 'yjs';
import { atEnd } from '../harness/cleanup.mjs';
import { runCommand } from '../harness/command.mjs';
import { contentOf, editEverything, editJournal, journalOf } from '../harness/content.mjs';
import { databaseKinds } from '../harness/database.mjs';
import { Random } from '../harness/random.mjs';
import { binary } from '../harness/server.mjs';
import { Desk, docOf, docWith, noServer, threeVersions } from './desk.mjs';

const timeout = 120_000;

// Names that a shell, SQL or a terminal may trip over.
const names = [
  'plan',
  `it's "quoted" \\ \`x\` $HOME; --`,
  'x'.repeat(128),
  '日本語 👩‍👩‍👧‍👦',
  'a/b?c#d%20',
  '[a,b]',
  '{}',
  '%',
];

for (const kind of databaseKinds) {
  const check = (name, run) =>
    test(`${kind}: ${name}`, { timeout }, async (t) => run(await Desk.open(t, kind), t));

  check('what is imported is exported, whatever the name', async (desk, t) => {
    const doc = new Y.Doc();
    editEverything(doc, 'one', Random.forTest(t));
    for (const name of names) {
      await desk.import(name, Y.encodeStateAsUpdate(doc));
      assert.deepEqual(contentOf(await desk.export(name)), contentOf(doc), name);
    }
    assert.deepEqual((await desk.list()).map((entry) => entry.document).toSorted(), names.toSorted());
  });

  check('an import is merged: edits made at the same time stay, and twice is once', async (desk) => {
    const base = Y.encodeStateAsUpdate(docWith('both'));
    const [ada, bob] = [docOf(base), docOf(base)];
    editJournal(ada, 'from ada');
    editJournal(bob, 'from bob');
    await desk.import('plan', Y.encodeStateAsUpdate(ada));
    await desk.import('plan', Y.encodeStateAsUpdate(bob));
    await desk.import('plan', Y.encodeStateAsUpdate(bob));
    const merged = await desk.export('plan');
    assert.deepEqual(journalOf(merged).toSorted(), ['both', 'from ada', 'from bob']);
    const [entry] = await desk.list();
    assert.equal(entry.log_rows, 3);
    assert.equal(entry.authors, 0);
  });

  check('an import comes from standard input too', async (desk) => {
    const doc = docWith('piped');
    await desk.succeeds(['import', 'plan', '-'], { input: Y.encodeStateAsUpdate(doc) });
    assert.deepEqual(journalOf(await desk.export('plan')), ['piped']);
  });

  check('an export goes to a file', async (desk) => {
    await desk.import('plan', Y.encodeStateAsUpdate(docWith('in a file')));
    const file = path.join(desk.folder, 'plan.update');
    const { stdout } = await desk.succeeds(['export', 'plan', '--output', file]);
    assert.equal(stdout, '');
    assert.deepEqual(journalOf(docOf(readFileSync(file))), ['in a file']);
  });

  check('what is no update is not imported', async (desk) => {
    const update = Y.encodeStateAsUpdateV2(docWith('v2'));
    for (const bytes of [Buffer.alloc(0), Buffer.from('text'), update, Y.encodeStateAsUpdate(docWith('a')).subarray(0, 9)]) {
      const { stderr } = await desk.fails(['import', 'plan', '-'], { input: bytes });
      assert.match(stderr, /standard input is no Yjs update in format v1/);
    }
    assert.deepEqual(await desk.list(), []);
  });

  check('an earlier state has what was deleted since', async (desk) => {
    const moments = await threeVersions(desk);
    await desk.succeeds(['compact', 'plan', '--history', '7d']);
    await desk.succeeds(['compact', 'plan', '--history', '7d']);
    const texts = await Promise.all(
      moments.map(async (time) => (await desk.export('plan', '--at', time)).getText('text').toString()),
    );
    assert.deepEqual(texts, ['first', 'second', 'third']);
    assert.equal((await desk.export('plan')).getText('text').toString(), 'third');
    assert.equal((await desk.export('plan', '--at', '1h')).getText('text').toString(), '');
  });

  check('history says who changed what and when, before and after it is folded', async (desk) => {
    await threeVersions(desk);
    const before = await desk.history('plan');
    assert.equal(before.since, null);
    assert.deepEqual(
      before.rows.map((row) => [row.user, row.inserted, row.deleted, row.folded]),
      [
        [null, 5, 0, false],
        [null, 6, 5, false],
        [null, 5, 6, false],
      ],
    );
    for (const row of before.rows) assert.ok(Math.abs(Date.parse(row.time) - Date.now()) < timeout);
    await desk.succeeds(['compact', '--history', '7d']);
    const after = await desk.history('plan');
    assert.equal(after.since, null);
    assert.deepEqual(after.rows, before.rows.map((row) => ({ ...row, folded: true })));
    const { stdout } = await desk.succeeds(['history', 'plan']);
    assert.equal(stdout.split('\n').filter((line) => /yes +guest$/u.test(line.replaceAll('  ', ' '))).length, 3, stdout);
    assert.match(stdout, /goes back to the first change/);
  });

  check('history names users', async (desk) => {
    await desk.import('plan', Y.encodeStateAsUpdate(docWith('a')));
    await desk.database.all("UPDATE yjs_update_log SET user_id = 'user\x1b[31m'");
    assert.equal((await desk.history('plan')).rows[0].user, 'user\x1b[31m');
    const { stdout } = await desk.succeeds(['history', 'plan']);
    assert.match(stdout, /user\\u\{1b\}\[31m/);
    assert.equal((await desk.list())[0].authors, 1);
  });

  check('history says how far back it goes when some is gone', async (desk) => {
    await threeVersions(desk);
    await desk.succeeds(['compact', '--history', '0']);
    const history = await desk.history('plan');
    assert.deepEqual(history.rows, []);
    assert.ok(Math.abs(Date.parse(history.since) - Date.now()) < timeout);
    const { stderr } = await desk.fails(['export', 'plan', '--at', '1h']);
    assert.match(stderr, /goes back to 2/);
  });

  check('compact folds the log, and keeps history unless told otherwise', async (desk) => {
    await threeVersions(desk);
    const { stdout } = await desk.succeeds(['compact'], { env: { WS_ENABLE_UPDATE_LOG: 'true' } });
    assert.match(stdout, /^1 document compacted: 3 rows of the log/);
    const [entry] = await desk.list();
    assert.deepEqual([entry.log_rows, entry.log_bytes, entry.kept_rows], [0, 0, 3]);
    const { stderr } = await desk.isMisused(['compact']);
    assert.match(stderr, /this database keeps history/);
    await desk.succeeds(['compact', 'plan', '--history', '0']);
    assert.equal((await desk.list())[0].kept_rows, 0);
    assert.equal((await desk.export('plan')).getText('text').toString(), 'third');
  });

  check('list shows sizes, and never what a terminal obeys', async (desk) => {
    const evil = 'evil\x1b[2J\x7f\u009b\u202e';
    await desk.import('plan', Y.encodeStateAsUpdate(docWith('a')));
    await desk.database.all('INSERT INTO yjs_document (id, data, updated_at) VALUES (?, ?, ?)', evil, Buffer.of(0, 0), '2026-01-31T12:00:00.000Z');
    const { stdout } = await desk.succeeds(['list', ...noServer]);
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, 3);
    assert.ok(stdout.includes('evil\\u{1b}[2J\\u{7f}\\u{9b}\\u{202e}'), stdout);
    const { stdout: json } = await desk.succeeds(['list', '--json', ...noServer]);
    assert.doesNotMatch(json.replaceAll('\n', ''), /[\x00-\x1f\x7f\u009b\u202e]/);
    const entries = JSON.parse(json);
    const found = entries.find((entry) => entry.document === evil);
    assert.equal(found.last_change, '2026-01-31T12:00:00.000Z');
    assert.deepEqual([found.state_bytes, found.log_rows, found.members, found.read_only], [2, 0, null, null]);
  });

  check('list asks the server who is connected', async (desk, t) => {
    for (const name of ['open', 'closed']) await desk.import(name, Y.encodeStateAsUpdate(docWith(name)));
    const { port } = await listen(t, (request, response) => {
      assert.equal(request.url, '/rooms');
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ rooms: [{ document: 'open', members: 3, read_only: 'damaged' }] }));
    });
    const { stdout } = await desk.succeeds(['list', '--json'], { env: { WS_HEALTH_PORT: String(port) } });
    const seen = JSON.parse(stdout).map((entry) => [entry.document, entry.members, entry.read_only]);
    assert.deepEqual(seen, [
      ['closed', 0, null],
      ['open', 3, 'damaged'],
    ]);
  });

  check('list does without a server that says something else, or nothing', async (desk, t) => {
    await desk.import('plan', Y.encodeStateAsUpdate(docWith('a')));
    const silent = await listen(t, () => {});
    const other = await listen(t, (request, response) => response.end('<html>'));
    for (const { port } of [silent, other]) {
      const { stdout, stderr } = await desk.succeeds(['list', '--json', '--server', `http://127.0.0.1:${port}`]);
      assert.equal(JSON.parse(stdout)[0].members, null);
      assert.match(stderr, /as a canvas-ws server|not answered with/);
    }
  });

  check('verify finds a row that was changed, and sets it aside', async (desk) => {
    await desk.import('sound', Y.encodeStateAsUpdate(docWith('sound')));
    await desk.import('plan', Y.encodeStateAsUpdate(docWith('kept')));
    await desk.import('plan', Y.encodeStateAsUpdate(docWith('lost')));
    assert.match((await desk.succeeds(['verify'])).stdout, /^2 documents verified, all sound/m);
    const [row] = await desk.damage('lost');

    const found = await desk.fails(['verify']);
    assert.ok(found.stdout.includes(`document 'plan': log row ${row}: its checksum is wrong`), found.stdout);
    assert.match(found.stdout, /1 damaged part in 1 document/);
    await desk.fails(['verify', 'plan']);
    await desk.succeeds(['verify', 'sound']);
    const refused = await desk.fails(['export', 'plan']);
    assert.match(refused.stderr, /checksum.*\n.*--set-aside/);
    assert.equal((await desk.fails(['compact'])).stdout.match(/^(\d) document/)[1], '1');

    assert.match((await desk.succeeds(['verify', '--set-aside'])).stdout, /\(set aside\)/);
    await desk.succeeds(['verify']);
    assert.deepEqual(journalOf(await desk.export('plan')), ['kept']);
    const [quarantined] = await desk.database.all('SELECT document_id, row_id, data FROM yjs_quarantine');
    assert.equal(quarantined.document_id, 'plan');
    assert.equal(Number(quarantined.row_id), row);
    await desk.succeeds(['compact']);
  });

  check('verify finds a state that was changed', async (desk) => {
    await desk.import('plan', Y.encodeStateAsUpdate(docWith('in the state')));
    await desk.succeeds(['compact']);
    await desk.import('plan', Y.encodeStateAsUpdate(docWith('in the log')));
    const state = Buffer.from(await desk.database.state('plan'));
    state[state.length - 3] ^= 1;
    await desk.database.all('UPDATE yjs_document SET data = ?', state);
    assert.ok((await desk.fails(['verify'])).stdout.includes("document 'plan': the state: its checksum is wrong"));
    await desk.succeeds(['verify', 'plan', '--set-aside']);
    assert.deepEqual(journalOf(await desk.export('plan')), ['in the log']);
    const [quarantined] = await desk.database.all('SELECT document_id, row_id, data FROM yjs_quarantine');
    assert.deepEqual(Buffer.from(quarantined.data), state);
  });

  check('verify finds what has no checksum and is no update', async (desk) => {
    await desk.import('plan', Y.encodeStateAsUpdate(docWith('a')));
    await desk.database.all('UPDATE yjs_update_log SET "update" = ?, checksum = NULL', Buffer.from('nonsense'));
    assert.match((await desk.fails(['verify'])).stdout, /log row \d+: it is no Yjs update/);
    await desk.succeeds(['verify', '--set-aside']);
    await desk.succeeds(['verify']);
  });

  check('verify finds damage in the history, and sets it aside', async (desk) => {
    await threeVersions(desk);
    await desk.succeeds(['compact', '--history', '7d']);
    const [row] = await desk.damage('second');
    assert.ok((await desk.fails(['verify'])).stdout.includes(`log row ${row}`));
    assert.equal((await desk.export('plan')).getText('text').toString(), 'third');
    assert.equal((await desk.fails(['history', 'plan'])).stderr.includes(`log row ${row}`), true);
    await desk.succeeds(['verify', '--set-aside']);
    await desk.succeeds(['verify']);
    assert.deepEqual((await desk.history('plan')).rows, []); // with a hole it would show what never was
  });

  check('a history whose beginning is damaged goes, and the document stays', async (desk) => {
    await desk.import('plan', Y.encodeStateAsUpdate(docWith('a')));
    await desk.succeeds(['compact', '--history', '0']);
    await desk.import('plan', Y.encodeStateAsUpdate(docWith('b')));
    await desk.succeeds(['compact', '--history', '7d']);
    await desk.database.all('UPDATE yjs_document_base SET data = ?', Buffer.from('nonsense'));
    assert.match((await desk.fails(['verify'])).stdout, /what its history begins with/);
    await desk.succeeds(['verify', '--set-aside']);
    await desk.succeeds(['verify']);
    assert.deepEqual(journalOf(await desk.export('plan')).toSorted(), ['a', 'b']);
    assert.deepEqual((await desk.history('plan')).rows, []);
  });

  check('an import sets damage aside first, and says so', async (desk) => {
    const doc = docWith('again');
    await desk.import('plan', Y.encodeStateAsUpdate(docWith('kept')));
    await desk.import('plan', Y.encodeStateAsUpdate(doc));
    const [row] = await desk.damage('again');
    const { stderr } = await desk.import('plan', Y.encodeStateAsUpdate(doc));
    assert.ok(stderr.includes(`set aside: document 'plan': log row ${row}`), stderr);
    await desk.succeeds(['verify']);
    assert.deepEqual(journalOf(await desk.export('plan')).toSorted(), ['again', 'kept']);
  });

  check('delete says what would go, and with --yes it goes', async (desk) => {
    for (const name of ['plan', 'other']) await desk.import(name, Y.encodeStateAsUpdate(docWith(name)));
    const { stdout, stderr } = await desk.isMisused(['delete', 'plan']);
    assert.match(stdout, /^would delete document 'plan': .*1 row of the log/);
    assert.match(stderr, /--yes/);
    assert.equal((await desk.list()).length, 2);
    await desk.succeeds(['delete', 'plan', '--yes']);
    assert.deepEqual((await desk.list()).map((entry) => entry.document), ['other']);
    assert.equal((await desk.database.all('SELECT * FROM yjs_update_log WHERE document_id = ?', 'plan')).length, 0);
    await desk.fails(['delete', 'plan', '--yes']);
  });

  check('a document that is not there is an error that says so', async (desk) => {
    for (const command of ['export', 'history', 'verify', 'compact', 'delete']) {
      const { stderr } = await desk.fails([command, 'no\x1bbody']);
      assert.match(stderr, /there is no document 'no\\u\{1b\}body'/, command);
    }
  });
}

test('an update is not written to a terminal', { timeout }, async (t) => {
  const desk = await Desk.open(t, 'SQLite');
  await desk.import('plan', Y.encodeStateAsUpdate(docWith('a')));
  const command = `${binary} document export plan --database ${desk.database.url}`;
  const outcome = await new Promise((resolve) => {
    execFile('script', ['--quiet', '--return', '--command', command, '/dev/null'], (error, stdout) =>
      resolve({ code: error?.code ?? 0, stdout }),
    );
  });
  assert.equal(outcome.code, 2);
  assert.match(outcome.stdout, /--output FILE/);
});

test('what makes no sense is refused with 2, and said', { timeout }, async (t) => {
  const cases = [
    [[], /say what to do/],
    [['document'], /say what to do/],
    [['frobnicate'], /frobnicate/],
    [['document', 'frobnicate'], /frobnicate/],
    [['document', 'export'], /ID is required/],
    [['document', 'import', 'plan'], /FILE is required/],
    [['document', 'import', '', '-'], /the document name is empty/],
    [['document', 'import', 'a\nb', '-'], /control character/],
    [['document', 'import', 'x'.repeat(513), '-'], /longer than 512/],
    [['document', 'export', 'plan', '--format', 'yaml'], /--format/],
    [['document', 'list', '--server', 'ftp://x'], /--server takes http/],
    [['document', 'compact', '--history', 'long'], /--history: a duration is like/],
    [['document', 'list', '--database', 'mysql://x'], /sqlite:FILE/],
    [['document', 'list', 'plan'], /plan/],
  ];
  const desk = await Desk.open(t, 'SQLite');
  for (const [args, words] of cases) {
    const database = args.length > 1 && !args.includes('--database') ? ['--database', desk.database.url] : [];
    const { code, stderr, stdout } = await runCommand([...args, ...database]);
    assert.equal(code, 2, `${args}: ${stdout}${stderr}`);
    assert.match(stdout + stderr, words);
  }
});

async function listen(t, answer) {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(t, () => {
    server.closeAllConnections();
    server.close();
  });
  return server.address();
}
