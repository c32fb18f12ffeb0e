// Several documents, or several sessions of one document, on one Hocuspocus socket; and the ways to introduce
// oneself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atEnd } from '../harness/cleanup.mjs';
import { connect, hocuspocusKinds, join, kinds } from '../harness/clients.mjs';
import { assertConverged, editEverything, editJournal, journalOf } from '../harness/content.mjs';
import { HocuspocusSocket } from '../harness/hocuspocus_client.mjs';
import { Random } from '../harness/random.mjs';
import { RawHocuspocus } from '../harness/raw_client.mjs';
import { Server } from '../harness/server.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';

const timeout = 60_000;

for (const kind of hocuspocusKinds) {
  test(`${kind}: two documents on one socket are independent`, { timeout }, async (t) => {
    const { server, left, right } = await twoDocumentsOnOneSocket(t, kind);
    const leftWatcher = await join(t, server, kinds.at(-1), 'left');
    const rightWatcher = await join(t, server, kinds.at(-1), 'right');
    const random = Random.forTest(t);
    for (let i = 0; i < 5; ++i) {
      editEverything(left.doc, `left ${i}`, random);
      editEverything(right.doc, `right ${i}`, random);
      editEverything(leftWatcher.doc, `left watcher ${i}`, random);
    }
    await assertConverged([left.doc, leftWatcher.doc]);
    await assertConverged([right.doc, rightWatcher.doc]);
    assert.equal(journalOf(left.doc).length, 10);
    assert.deepEqual(journalOf(right.doc), ['right 0', 'right 1', 'right 2', 'right 3', 'right 4']);
    await waitUntilSaved(left, right);
    assert.equal((await server.health()).connections, 3);
  });

  test(`${kind}: closing one document of a socket leaves the other`, { timeout }, async (t) => {
    const { server, left, right } = await twoDocumentsOnOneSocket(t, kind);
    const leftWatcher = await join(t, server, kinds.at(-1), 'left');
    const rightWatcher = await join(t, server, kinds.at(-1), 'right');
    left.awareness.setLocalState({ in: 'left' });
    right.awareness.setLocalState({ in: 'right' });
    await waitFor('both to be seen', () => isSeen(left, leftWatcher) && isSeen(right, rightWatcher));

    left.destroy();
    await waitFor('the left one to be gone', () => !isSeen(left, leftWatcher));
    assert.ok(isSeen(right, rightWatcher));
    editJournal(leftWatcher.doc, 'nobody else is here');
    editJournal(right.doc, 'still here');
    editJournal(rightWatcher.doc, 'so am I');
    await assertConverged([right.doc, rightWatcher.doc], { entries: ['still here', 'so am I'] });
    await waitUntilSaved(right);
    assert.equal(right.disconnects, 0);
  });

  test(`${kind}: a document can be opened again on the socket on which it was closed`, { timeout }, async (t) => {
    const { server, left, right } = await twoDocumentsOnOneSocket(t, kind);
    editJournal(left.doc, 'first visit');
    await waitUntilSaved(left);
    left.destroy();
    const again = await join(t, server, kind, 'left', { socket: right.socket });
    await assertConverged([again.doc], { entries: ['first visit'] });
    editJournal(again.doc, 'second visit');
    await waitUntilSaved(again);
    const watcher = await join(t, server, kinds.at(-1), 'left');
    await assertConverged([again.doc, watcher.doc], { entries: ['first visit', 'second visit'] });
  });
}

if (kinds.includes('hocuspocus-4.8')) {
  test('hocuspocus-4.8: several sessions of one document share a socket', { timeout }, async (t) => {
    const server = await Server.start(t);
    const socket = sharedSocket(t, server, 'hocuspocus-4.8');
    const options = { socket, sessionAwareness: true };
    const sessions = await Promise.all([1, 2, 3].map(() => join(t, server, 'hocuspocus-4.8', 'shared', options)));
    const outsider = await join(t, server, kinds[0], 'shared');
    const random = Random.forTest(t);
    for (const [i, session] of sessions.entries()) {
      editEverything(session.doc, `session ${i}`, random);
      session.awareness.setLocalState({ session: i });
    }
    const everyone = [...sessions, outsider];
    await assertConverged(
      everyone.map((client) => client.doc),
      { entries: ['session 0', 'session 1', 'session 2'] },
    );
    await waitFor('each session to be seen by all', () =>
      everyone.every((watcher) => sessions.every((session) => isSeen(session, watcher))),
    );
    await waitUntilSaved(...sessions);

    sessions[0].destroy();
    await waitFor(
      'the first session to be gone',
      () => !isSeen(sessions[0], outsider) && !isSeen(sessions[0], sessions[1]),
    );
    editJournal(sessions[1].doc, 'after it left');
    await assertConverged([sessions[1].doc, sessions[2].doc, outsider.doc]);
    assert.ok(isSeen(sessions[1], outsider) && isSeen(sessions[2], outsider));
    await waitUntilSaved(sessions[1], sessions[2]);
    assert.equal(socket.disconnects, 0);
  });
}

test(
  'with a token, without one, with an empty or a late one: all get in and are acknowledged',
  { timeout },
  async (t) => {
    const server = await Server.start(t);
    const lateToken = () => sleep(300).then(() => 'late');
    const visitors = hocuspocusKinds.flatMap((kind) =>
      [null, '', 'token', lateToken].map((token) => ({ kind, token })),
    );
    const clients = visitors.map(({ kind, token }) => connect(t, server, kind, 'door', { token }));
    const entries = clients.map((client, i) => `${client.kind} #${i}`);
    clients.forEach((client, i) => editJournal(client.doc, entries[i])); // before anybody is connected
    await Promise.all(clients.map((client) => client.waitSynced()));
    await assertConverged(
      clients.map((client) => client.doc),
      { entries },
    );
    // Not "outstanding is 0": v2 counts an edit made before the connection as acknowledged twice, and falls to -1
    // with any server.
    await waitFor('everything to be acknowledged', () => clients.every((client) => !client.hasUnsynced));
  },
);

// From v3 on an edit that is made while the token is fetched goes out before the token does.
test('edits made while the token is on its way are kept', { timeout }, async (t) => {
  const server = await Server.start(t);
  const clients = hocuspocusKinds.map((kind) => {
    let open;
    const token = new Promise((resolve) => {
      open = () => resolve('token');
    });
    return Object.assign(connect(t, server, kind, 'early', { token: () => token }), { openDoor: open });
  });
  await waitFor('the sockets to open', () =>
    clients.every((client) => client.socket.provider.webSocket?.readyState === 1),
  );
  const entries = clients.map((client) => `early ${client.kind}`);
  clients.forEach((client, i) => editJournal(client.doc, entries[i]));
  await sleep(100); // the edits are with the server before the tokens are
  for (const client of clients) client.openDoor();
  await assertConverged(
    clients.map((client) => client.doc),
    { entries },
  );
  await waitFor('everything to be acknowledged', () => clients.every((client) => !client.hasUnsynced));
});

test('a document without a name is denied', { timeout }, async (t) => {
  const server = await Server.start(t);
  for (const name of [' ', '   ', ' \0session']) {
    const raw = await RawHocuspocus.connect(server, name);
    await waitFor(`${JSON.stringify(name)} to be denied`, () => raw.deniedReason !== null);
    raw.terminate();
  }
  // The frames of an empty name look like those of y-websocket, so that server and client cannot speak of it.
  const nameless = await RawHocuspocus.connect(server, '');
  await waitFor('the nameless client to be denied or closed', () => nameless.deniedReason !== null || !nameless.isOpen);
  nameless.terminate();
});

test('what is denied on a socket does not disturb the other documents on it', { timeout }, async (t) => {
  const server = await Server.start(t);
  for (const kind of hocuspocusKinds.filter((each) => !each.startsWith('hocuspocus-2'))) {
    // v2 disconnects by itself when it is denied
    const socket = sharedSocket(t, server, kind);
    const good = await join(t, server, kind, 'good', { socket });
    const bad = connect(t, server, kind, ' ', { socket });
    await waitFor('the nameless document to be denied', () => bad.wasDenied);
    editJournal(good.doc, kind);
    await waitUntilSaved(good);
    assert.equal(good.disconnects, 0);
  }
});

async function twoDocumentsOnOneSocket(t, kind) {
  const server = await Server.start(t);
  const socket = sharedSocket(t, server, kind);
  const [left, right] = await Promise.all(['left', 'right'].map((room) => join(t, server, kind, room, { socket })));
  return { server, left, right };
}

function sharedSocket(t, server, kind) {
  const socket = new HocuspocusSocket(kind, server.url);
  atEnd(t, () => socket.destroy());
  return socket;
}

async function waitUntilSaved(...clients) {
  await waitFor(
    () => `everything to be acknowledged; outstanding: ${clients.map((client) => client.unsyncedCount)}`,
    () => clients.every((client) => client.unsyncedCount === 0),
  );
}

const isSeen = (client, watcher) => watcher.awareness.getStates().has(client.doc.clientID);
