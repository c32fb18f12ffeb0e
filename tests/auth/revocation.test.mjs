// What is taken away is taken away from open sockets: at once where the triggers are, else within the interval.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isHocuspocus, kinds } from '../harness/clients.mjs';
import { assertConverged, editJournal, journalOf } from '../harness/content.mjs';
import { createDatabase } from '../harness/database.mjs';
import { PostgresCluster } from '../harness/postgres.mjs';
import { Server } from '../harness/server.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';
import { BetterAuth, origin, versions } from './harness/better_auth.mjs';
import { approach, ask } from './harness/entrance.mjs';

const timeout = 120_000;
const withTriggers = ['--with-triggers'];

// How somebody loses all access, and the code with which sockets are closed for it.
const losses = {
  'signed out': { lose: (auth, person) => auth.signOut(person), code: 4401 },
  'revoked from another device': { lose: (auth, person, other) => auth.revokeSession(person, other), code: 4401 },
  banned: { lose: (auth, person) => auth.ban(person), code: 4401 },
  'banned in SQL': { lose: (auth, person) => auth.banInSql(person), code: 4401 },
  deleted: { lose: (auth, person) => auth.removeUser(person), code: 4401 },
  'expired in SQL': { lose: (auth, person) => auth.setExpiry(person, new Date(Date.now() - 1000)), code: 4401 },
  'given a role that grants nothing': { lose: (auth, person) => setRoleInSql(auth, person, 'gardener'), code: 4403 },
};

for (const version of versions) {
  for (const layout of ['built-in', 'app']) {
    test(`Better Auth ${version}, ${layout}, with triggers: gone within a second`, { timeout }, async (t) => {
      const auth = await BetterAuth.start(t, { version, layout, migration: withTriggers });
      const server = await Server.start(t, auth.serverOptions());
      for (const [what, { lose, code }] of Object.entries(losses)) {
        const visit = await enter(t, auth, server, what);
        await lose(auth, visit.person, visit.other);
        await expectThrownOut(visit, code, 1000);
        await expectUndisturbed(visit);
        visit.leave();
      }
    });
  }
}

// All wait at the same time.
test('without triggers: gone within 20 seconds', { timeout }, async (t) => {
  const cases = [
    ...versions.map((version) => ({ version, layout: 'built-in' })),
    { layout: 'app' },
    { layout: 'SQLite' },
  ];
  await Promise.all(
    cases.map(async (options) => {
      const auth = await BetterAuth.start(t, options);
      const server = await Server.start(t, auth.serverOptions());
      const visits = await Promise.all(Object.keys(losses).map((what) => enter(t, auth, server, what)));
      const began = performance.now();
      for (const { what, person, other } of visits) await losses[what].lose(auth, person, other);
      const limit = () => 20_000 - (performance.now() - began);
      await Promise.all(visits.map((visit) => expectThrownOut(visit, losses[visit.what].code, limit())));
      for (const visit of visits) await expectUndisturbed(visit);
    }),
  );
});

test('of a user, only the session that is over is thrown out', { timeout }, async (t) => {
  const { auth, server } = await start(t);
  const person = await auth.signUp();
  const other = await auth.signIn(person);
  const clients = {
    left: come(t, server, kinds.at(-1), 'room', person),
    stays: come(t, server, kinds.at(-1), 'room', other),
  };
  await Promise.all([clients.left.waitSynced(), clients.stays.waitSynced()]);
  await auth.signOut(person);
  await waitFor('the one to be closed', () => clients.left.wire.closeCodes.length > 0);
  await sleep(500);
  assert.equal(clients.stays.disconnects, 0);
});

test('of the documents on one socket, only those that may not be seen any more are closed', { timeout }, async (t) => {
  const auth = await BetterAuth.start(t);
  await auth.sql('CREATE TABLE grants (user_id text, document_id text, action text)');
  const query = 'SELECT action FROM grants WHERE user_id = $1 AND document_id = $2';
  const flags = ['--permissions', 'sql', '--permission-query', query, '--recheck-interval', '1s'];
  const server = await Server.start(t, auth.serverOptions({ flags }));
  const person = await auth.signUp();
  for (const document of ['left', 'right']) await grant(auth, person, document, 'view', 'edit');
  for (const kind of kinds.filter((each) => isHocuspocus(each) && !each.startsWith('hocuspocus-2'))) {
    const left = come(t, server, kind, 'left', person);
    const right = approach(t, server, kind, 'right', { token: person.token }, { socket: left.socket });
    await Promise.all([left.waitSynced(), right.waitSynced()]);
    await auth.sql("DELETE FROM grants WHERE document_id = 'left'");
    await waitFor(`${kind} to be denied`, () => left.wasDenied);
    await sleep(300);
    assert.deepEqual(right.wire.closeCodes, [], kind);
    editJournal(right.doc, kind);
    await waitFor('the other to be saved', () => right.unsyncedCount === 0);
    assert.equal(right.wasDenied, false, kind);
    left.destroy();
    right.destroy();
    await grant(auth, person, 'left', 'view', 'edit');
  }
});

for (const kind of kinds) {
  test(`${kind}: edit is taken and given in place`, { timeout }, async (t) => {
    const { auth, server } = await start(t);
    const [person, colleague] = [await auth.signUp({ role: 'editor' }), await auth.signUp()];
    const client = come(t, server, kind, 'room', person);
    const watcher = come(t, server, kinds.at(-1), 'room', colleague);
    await Promise.all([client.waitSynced(), watcher.waitSynced()]);
    editJournal(client.doc, 'as an editor');
    await assertConverged([client.doc, watcher.doc], { entries: ['as an editor'] });

    await auth.setRole(person, 'viewer');
    if (isHocuspocus(kind)) await waitFor('to be told', () => client.scope === 'readonly', { timeout: 1000 });
    else await sleep(1000);
    editJournal(client.doc, 'as a viewer');
    editJournal(watcher.doc, 'of a colleague');
    await waitFor('the edit of the colleague', () => journalOf(client.doc).includes('of a colleague'));
    await sleep(500);
    assert.ok(!journalOf(watcher.doc).includes('as a viewer'));
    client.awareness.setLocalState({ reads: true });
    const isSeen = () => watcher.awareness.getStates().get(client.doc.clientID)?.reads;
    await waitFor('the viewer to be seen', isSeen);

    await auth.setRole(person, 'editor');
    if (isHocuspocus(kind)) await waitFor('to be told again', () => client.scope === 'read-write', { timeout: 1000 });
    const entries = ['as an editor', 'as a viewer', 'of a colleague'];
    await assertConverged([client.doc, watcher.doc], { entries });
    editJournal(client.doc, 'as an editor again');
    await assertConverged([client.doc, watcher.doc], { entries: [...entries, 'as an editor again'] });
    assert.equal(client.disconnects, 0);
    assert.equal(client.wire.attempts, 1);
  });
}

// Without triggers, so that nothing but the timer tells of it.
test('a session that is slid goes on, one that is not is over when it said', { timeout }, async (t) => {
  const { auth, server } = await start(t, { migration: [] });
  const [slides, ends] = [await auth.signUp(), await auth.signUp()];
  const end = Date.now() + 4000;
  for (const person of [slides, ends]) await auth.setExpiry(person, new Date(end));
  const clients = [slides, ends].map((person) => come(t, server, 'y-websocket-3.1', 'room', person));
  await Promise.all(clients.map((client) => client.waitSynced()));
  await auth.setExpiry(slides, new Date(Date.now() + 3600_000));
  await waitFor('the session to end', () => clients[1].wire.closeCodes.length > 0, { interval: 5 });
  const late = Date.now() - end;
  assert.ok(late > -50 && late < 3000, `closed ${late} ms after the end`);
  assert.deepEqual(clients[1].wire.closeCodes, [4401]);
  await sleep(3000);
  assert.equal(clients[0].disconnects, 0);
});

test('while the database is away, who is in stays, and nobody comes in', { timeout: 180_000 }, async (t) => {
  const cluster = await PostgresCluster.start(t);
  const database = await createDatabase(t, 'PostgreSQL', { cluster, migrate: false });
  const auth = await BetterAuth.start(t, { database, migration: withTriggers });
  // The documents are elsewhere, so that nothing but access is missing.
  const flags = ['--auth-database', database.url, '--recheck-interval', '2s'];
  const server = await Server.start(t, auth.serverOptions({ database: undefined, flags }));
  const [person, newcomer, leaver] = [await auth.signUp(), await auth.signUp(), await auth.signUp()];
  const inside = kinds.map((kind) => come(t, server, kind, 'room', person));
  const leaving = come(t, server, 'y-websocket-3.1', 'room', leaver);
  await Promise.all([...inside, leaving].map((client) => client.waitSynced()));
  await auth.setExpiry(leaver, new Date(Date.now() + 8000));
  await sleep(3000); // a recheck has seen that

  await cluster.stop('fast');
  editJournal(inside[0].doc, 'without the database');
  await assertConverged(
    inside.map(({ doc }) => doc),
    { entries: ['without the database'] },
  );
  assert.equal(await ask(t, server, 'y-websocket-3.1', 'room', { cookie: newcomer.cookie, origin }), 'refused: 503');
  const waiting = come(t, server, 'hocuspocus-4.8', 'room', newcomer);
  await waitFor('a Hocuspocus client to be sent away', () => waiting.wire.closeCodes.length > 0, { timeout: 60_000 });
  assert.equal(waiting.wire.closeCodes[0], 1013);
  assert.equal(waiting.wasDenied, false);
  await waitFor('the session that ends to be closed', () => leaving.wire.closeCodes.length > 0);
  for (const client of inside) assert.equal(client.disconnects, 0, client.kind);

  await cluster.start();
  await waiting.waitSynced();
  await waitFor('y-websocket clients to get in', async () => {
    return (await ask(t, server, 'y-websocket-3.1', 'room', { cookie: newcomer.cookie, origin })) === 'in';
  });
  for (const client of inside) assert.equal(client.disconnects, 0, client.kind);
  await auth.signOut(person);
  await waitFor('a session that is over to be closed', () => inside.every(({ wire }) => wire.closeCodes.length > 0));
});

async function start(t, { migration = withTriggers } = {}) {
  const auth = await BetterAuth.start(t, { migration });
  return { auth, server: await Server.start(t, auth.serverOptions()) };
}

const come = (t, server, kind, room, { cookie }) => approach(t, server, kind, room, { cookie, origin });

// A person with a client of each kind in a room of its own, and a colleague who has nothing to do with it.
async function enter(t, auth, server, what) {
  const [person, colleague] = [await auth.signUp(), await auth.signUp()];
  const other = await auth.signIn(person);
  const clients = kinds.map((kind) => come(t, server, kind, what, person));
  const bystander = come(t, server, kinds.at(-1), what, colleague);
  await Promise.all([...clients, bystander].map((client) => client.waitSynced()));
  const closings = clients.map((client) => ({ client, time: undefined }));
  for (const closing of closings) watch(closing);
  const leave = () => [...clients, bystander].forEach((client) => client.destroy());
  return { what, person, other, clients, bystander, closings, leave };
}

function watch(closing) {
  const { provider, socket } = closing.client;
  const note = () => (closing.time ??= performance.now());
  if (socket) socket.provider.on('close', note);
  else provider.on('connection-close', note);
}

async function expectThrownOut({ what, clients, closings }, code, limit) {
  const began = performance.now();
  await waitFor(
    () =>
      `the sockets of who was ${what} to be closed: ${closings.filter(({ time }) => !time).map((each) => each.client.kind)}`,
    () => closings.every(({ time }) => time !== undefined),
    { timeout: limit + 5000, interval: 5 },
  );
  for (const { client, time } of closings) {
    const context = `${what}, ${client.kind}`;
    assert.ok(time - began < limit, `${context}: after ${Math.round(time - began)} ms`);
    if (isHocuspocus(client.kind)) assert.ok(client.wasDenied, context);
    assert.equal(client.wire.closeCodes[0], code, context);
  }
  await sleep(200);
  for (const client of clients)
    assert.ok(!client.isConnected || !client.isSynced, `${what}, ${client.kind}: came back`);
}

async function expectUndisturbed({ what, bystander }) {
  assert.equal(bystander.disconnects, 0, what);
  editJournal(bystander.doc, what);
  await sleep(50);
  assert.equal(bystander.isConnected, true);
}

// The API refuses roles that it does not know.
const setRoleInSql = (auth, { userId }, role) => auth.sql('UPDATE "user" SET role = ? WHERE id = ?', role, userId);

async function grant(auth, { userId }, document, ...actions) {
  for (const action of actions) await auth.sql('INSERT INTO grants VALUES (?, ?, ?)', userId, document, action);
}
