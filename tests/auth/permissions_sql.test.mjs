// --permissions sql: a query of the operator's says who may do what.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from '../harness/command.mjs';
import { Server } from '../harness/server.mjs';
import { waitFor } from '../harness/wait.mjs';
import { BetterAuth } from './harness/better_auth.mjs';
import { approach, ask, outcomeOf } from './harness/entrance.mjs';

const timeout = 60_000;
const kind = 'hocuspocus-4.8';

// The table `grants` has user_id, document_id and action, a row each.
const queries = {
  'a row for each action': 'SELECT action FROM grants WHERE user_id = $1 AND document_id = $2',
  'words in one text': "SELECT string_agg(action, ',') FROM grants WHERE user_id = $1 AND document_id = $2",
  'an array': 'SELECT array_agg(action) FROM grants WHERE user_id = $1 AND document_id = $2',
  'columns view and edit':
    "SELECT bool_or(action = 'view') AS view, bool_or(action = 'edit') AS edit FROM grants WHERE user_id = $1 AND document_id = $2",
};

for (const [name, query] of Object.entries(queries)) {
  test(`the query gives ${name}`, { timeout }, async (t) => {
    const { auth, server } = await start(t, query);
    const [person, stranger] = [await auth.signUp({ role: 'gardener' }), await auth.signUp({ role: 'owner' })];
    await grant(auth, person, 'both', 'view', 'edit');
    await grant(auth, person, 'seen', 'view');
    await grant(auth, person, 'blind', 'edit');
    await grant(auth, person, 'other', 'share');
    const answers = {};
    for (const document of ['both', 'seen', 'blind', 'other', 'none', "o'clock; DROP TABLE grants"]) {
      answers[document] = await ask(t, server, kind, document, { token: person.token });
    }
    const denied = 'denied: there is no such document for you';
    assert.deepEqual(answers, {
      both: 'read-write',
      seen: 'readonly',
      blind: denied,
      other: denied,
      none: denied,
      "o'clock; DROP TABLE grants": denied,
    });
    assert.equal(await ask(t, server, kind, 'both', { token: stranger.token }), denied);
  });
}

test('what the query says is asked again', { timeout }, async (t) => {
  const { auth, server } = await start(t, queries['a row for each action'], ['--recheck-interval', '1s']);
  const person = await auth.signUp();
  await grant(auth, person, 'room', 'view', 'edit');
  const client = approach(t, server, kind, 'room', { token: person.token });
  assert.equal(await outcomeOf(client), 'read-write');
  await auth.sql("DELETE FROM grants WHERE action = 'edit'");
  await waitFor('to be a reader', () => client.scope === 'readonly');
  await grant(auth, person, 'room', 'edit');
  await waitFor('to be a writer', () => client.scope === 'read-write');
  assert.equal(client.wire.attempts, 1);
  await auth.sql('DELETE FROM grants');
  await waitFor('to be thrown out', () => client.wire.closeCodes.length > 0);
  assert.equal(client.wire.closeCodes[0], 4403);
});

test('a query that fails lets nobody in, and says so to the operator only', { timeout }, async (t) => {
  const { auth, server } = await start(t, queries['a row for each action']);
  const person = await auth.signUp();
  await auth.sql('DROP TABLE grants');
  assert.equal(
    await ask(t, server, 'y-websocket-3.1', 'room', { authorization: `Bearer ${person.token}` }),
    'refused: 503',
  );
  await waitFor('the log to say why', () => server.log.some((line) => line.event === 'auth.lookup_failed'));
});

test('with a query that cannot be prepared the server does not start', { timeout }, async (t) => {
  const auth = await BetterAuth.start(t);
  const query = 'SELECT action FROM nothing WHERE user_id = $1 AND id = $2';
  const flags = ['--auth', 'better-auth', '--permissions', 'sql', '--permission-query', query];
  const { database, environment } = auth.serverOptions();
  const ran = await runCommand(['serve', '--port', '0', '--health-port', '0', '--database', database.url, ...flags], {
    env: environment,
  });
  assert.equal(ran.code, 2);
  assert.match(ran.stdout + ran.stderr, /relation \\?"nothing\\?" does not exist/);
});

async function start(t, query, more = []) {
  const auth = await BetterAuth.start(t);
  await auth.sql('CREATE TABLE grants (user_id text, document_id text, action text)');
  const flags = ['--permissions', 'sql', '--permission-query', query, ...more];
  return { auth, server: await Server.start(t, auth.serverOptions({ flags })) };
}

async function grant(auth, { userId }, document, ...actions) {
  for (const action of actions) await auth.sql('INSERT INTO grants VALUES (?, ?, ?)', userId, document, action);
}
