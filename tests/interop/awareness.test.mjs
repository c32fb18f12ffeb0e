// Who is there: every client sees every other, and nobody stays behind as a ghost.
//
// The time-outs are below the 30 s after which y-protocols forgets a silent peer by itself: what goes sooner, the
// server took away.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as awarenessProtocol from 'y-protocols/awareness';
import * as Y from 'yjs';
import { join, joinAll, kinds } from '../harness/clients.mjs';
import { RawHocuspocus, RawYWebsocket } from '../harness/raw_client.mjs';
import { Server } from '../harness/server.mjs';
import { waitFor } from '../harness/wait.mjs';

const timeout = 120_000;
const soon = { timeout: 15_000 };

test('each sees all the others, and a newcomer sees all at once', { timeout }, async (t) => {
  const { server, clients } = await greetingRoom(t, 'party');
  for (const kind of kinds) {
    const newcomer = await join(t, server, kind, 'party');
    await waitFor(
      `a new ${kind} to see everybody`,
      () => clients.every((client) => sees(newcomer, client, 'hello')),
      soon,
    );
    newcomer.destroy();
  }
});

test('who leaves is gone for the others', { timeout }, async (t) => {
  const { clients } = await greetingRoom(t, 'leaving');
  while (clients.length > 1) {
    const leaver = clients.shift();
    leaver.destroy();
    await waitUntilGone(leaver, clients);
  }
});

test('who goes offline is gone, and is back with the next change after the return', { timeout }, async (t) => {
  const { clients } = await greetingRoom(t, 'offline');
  for (const client of clients) {
    await client.goOffline();
    await waitUntilGone(client, others(clients, client));
    await comeBack(client, others(clients, client));
  }
});

test('who is cut off is gone, also when it came back and is cut off again', { timeout }, async (t) => {
  const { clients } = await greetingRoom(t, 'cut');
  for (const client of clients) {
    for (let drop = 1; drop <= 2; ++drop) {
      await client.abruptDrop();
      await waitUntilGone(client, others(clients, client));
      await comeBack(client, others(clients, client));
    }
  }
});

// A client that lost its network comes back on a new socket while the server still holds the old one for alive.
test('a client that was on two sockets leaves no ghost', { timeout }, async (t) => {
  const server = await Server.start(t);
  for (const Raw of [RawHocuspocus, RawYWebsocket]) {
    const room = `ghosts of ${Raw.name}`;
    const watcher = await join(t, server, kinds.at(-1), room);
    const isThere = () => watcher.awareness.getStates().has(777);
    const first = await Raw.join(server, room);
    first.sendAwareness([{ client: 777, clock: 1, state: '{"socket":1}' }]);
    await waitFor('the client on its first socket', isThere, soon);
    const second = await Raw.join(server, room);
    second.sendAwareness([{ client: 777, clock: 2, state: '{"socket":2}' }]);
    await waitFor('the client on its second socket', () => watcher.awareness.getStates().get(777)?.socket === 2, soon);
    first.cutWire();
    second.cutWire();
    await waitFor('the client to be gone', () => !isThere(), soon);
  }
});

test('a newcomer is not told of those who are gone', { timeout }, async (t) => {
  const server = await Server.start(t);
  const host = await join(t, server, kinds[0], 'history');
  const visitor = await join(t, server, kinds.at(-1), 'history');
  setState(visitor, 'hello');
  await waitFor('the visitor to be seen', () => sees(host, visitor, 'hello'), soon);
  await visitor.abruptDrop();
  await waitUntilGone(visitor, [host]);
  const raw = await RawHocuspocus.join(server, 'history');
  const known = new awarenessProtocol.Awareness(new Y.Doc());
  t.after(() => known.destroy());
  for (const payload of raw.awarenessReceived) awarenessProtocol.applyAwarenessUpdate(known, payload, 'server');
  assert.ok(!known.getStates().has(visitor.doc.clientID));
  raw.terminate();
});

// A room of one client of each version, who have all said hello and seen each other.
async function greetingRoom(t, room) {
  const server = await Server.start(t);
  const clients = await joinAll(t, server, room);
  for (const client of clients) setState(client, 'hello');
  await waitFor(
    () =>
      `everybody to see everybody:\n${clients.map((client) => `  ${client.kind} sees ${namesSeenBy(client)}`).join('\n')}`,
    () => clients.every((a) => clients.every((b) => sees(a, b, 'hello'))),
    soon,
  );
  return { server, clients };
}

function setState(client, word) {
  client.awareness.setLocalState({ kind: client.kind, word, cursor: { anchor: '👩‍👩‍👧', index: 3 } });
}

function sees(client, other, word) {
  const state = client.awareness.getStates().get(other.doc.clientID);
  return state?.kind === other.kind && state.word === word && state.cursor.anchor === '👩‍👩‍👧';
}

const others = (clients, client) => clients.filter((other) => other !== client);

async function waitUntilGone(client, watchers) {
  const isSeenBy = (watcher) => watcher.awareness.getStates().has(client.doc.clientID);
  await waitFor(
    () =>
      `${client.kind} to be gone for all; still seen by ${watchers.filter(isSeenBy).map((watcher) => watcher.kind)}`,
    () => !watchers.some(isSeenBy),
    soon,
  );
}

// The changes matter: after a return every state is announced with the clock that it had, which y-protocols ignores
// in a client that has seen it once, until it changes or is renewed (15 s).
async function comeBack(client, watchers) {
  const word = `back at ${client.awareness.meta.get(client.doc.clientID).clock}`;
  client.goOnline();
  await client.waitSynced();
  setState(client, word);
  await waitFor(
    `${client.kind} to be seen again`,
    () => watchers.every((watcher) => sees(watcher, client, word)),
    soon,
  );
  for (const watcher of watchers) setState(watcher, word);
  await waitFor(
    `${client.kind} to see the others again`,
    () => watchers.every((watcher) => sees(client, watcher, word)),
    soon,
  );
}

function namesSeenBy(client) {
  return [...client.awareness.getStates().values()].map((state) => state.kind ?? '?').join(', ');
}
