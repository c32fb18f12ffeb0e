// What is special to y-websocket: rooms in URLs, resync, no acknowledgments. And, for all clients, staying connected
// while nothing happens.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { connect, hocuspocusKinds, isHocuspocus, join, kinds, yWebsocketKinds } from '../harness/clients.mjs';
import { assertConverged, editEverything, editJournal } from '../harness/content.mjs';
import * as frames from '../harness/frames.mjs';
import { Random } from '../harness/random.mjs';
import { Server } from '../harness/server.mjs';
import { settled, sleep, waitFor } from '../harness/wait.mjs';

const timeout = 120_000;

test('/ROOM and /ws/ROOM are one room, and a query changes nothing', { timeout }, async (t) => {
  const server = await Server.start(t);
  const clients = await Promise.all(
    yWebsocketKinds.flatMap((kind) => [
      join(t, server, kind, 'plan'),
      join(t, server, kind, 'plan', { prefix: '/ws' }),
      join(t, server, kind, 'plan', { prefix: '/ws', params: { token: 'secret', room: 'other' } }),
    ]),
  );
  await assertOneRoom(clients);
  assert.equal((await server.health()).rooms, 1);
});

test('a name is the same document in a URL, encoded or not, and in a Hocuspocus frame', { timeout }, async (t) => {
  const server = await Server.start(t);
  const names = ['my plan', 'Übersicht 图 🗺️', '100% + 1', 'a/b', 'ws', "it's (here)!", '.hidden', 'ab'.repeat(256)];
  for (const [i, name] of names.entries()) {
    const urlNames = [encodeURIComponent(name), encodeURI(name)];
    if (!name.includes('%')) urlNames.push(name);
    const clients = await Promise.all([
      ...urlNames.map((urlName) => join(t, server, yWebsocketKinds.at(-1), urlName, { prefix: '/ws' })),
      ...hocuspocusKinds.map((kind) => join(t, server, kind, name)),
    ]);
    await assertOneRoom(clients);
    assert.equal((await server.health()).rooms, i + 1, name);
  }
});

test('names that no document can have are refused at the upgrade with 400', { timeout }, async (t) => {
  const server = await Server.start(t);
  const bad = [
    '/%00',
    '/a%00b',
    '/%0A',
    '/a%0d%0aX: y',
    '/a%7F',
    '/%20',
    '/%20%20%20',
    '/%ff',
    '/%C0%80',
    '/%ED%A0%80',
    '/a%zz',
    '/a%2',
    '/a%',
    `/${'x'.repeat(513)}`,
  ];
  for (const path of bad.flatMap((name) => [name, `/ws${name}`])) {
    assert.equal(await upgradeStatus(server, path), 400, path.slice(0, 40));
  }
  assert.equal(await upgradeStatus(server, `/${'x'.repeat(512)}`), 101);
  await waitFor('the one good socket to be gone', async () => (await server.health()).connections === 0);
});

test('resync: Step1 may come at any time', { timeout }, async (t) => {
  const server = await Server.start(t);
  for (const kind of yWebsocketKinds) {
    const room = `resync ${kind}`;
    const client = await join(t, server, kind, room, { resyncInterval: 50 });
    const other = await join(t, server, kind, room);
    let answers = 0;
    client.provider.ws.addEventListener('message', ({ data }) => {
      const read = frames.readServerFrame(new Uint8Array(data), { withAddress: false });
      if (read.type === frames.type.sync && read.step === frames.sync.step2) answers += 1;
    });
    editEverything(client.doc, 'mine', Random.forTest(t));
    editJournal(other.doc, 'theirs');
    await waitFor('answers to resyncs', () => answers >= 5);
    await assertConverged([client.doc, other.doc], { entries: ['mine', 'theirs'] });
    assert.equal(client.disconnects, 0);
    client.destroy();
    other.destroy();
  }
});

// Every client closes a socket on which it heard nothing for 30 s. One that is alone and shows no presence hears only
// what the server says by itself.
test('an idle client of any version, alone and without presence, stays connected', { timeout }, async (t) => {
  const server = await Server.start(t);
  const clients = kinds.map((kind) => {
    const client = connect(t, server, kind, `idle ${kind}`);
    client.awareness.setLocalState(null);
    return client;
  });
  await Promise.all(clients.map((client) => client.waitSynced()));
  await sleep(40_000);
  for (const client of clients) assert.equal(client.disconnects, 0, `${client.kind} lost its connection`);
  for (const client of clients) editJournal(client.doc, 'awake');
  for (const client of clients) {
    const witness = await join(t, server, client.kind, `idle ${client.kind}`);
    await assertConverged([client.doc, witness.doc], { entries: ['awake'] });
    if (isHocuspocus(client.kind)) await waitFor('the acknowledgment', () => client.unsyncedCount === 0);
    assert.equal(client.disconnects, 0);
  }
});

async function assertOneRoom(clients) {
  const entries = clients.map((client, i) => `${client.kind} ${i}`);
  clients.forEach((client, i) => editJournal(client.doc, entries[i]));
  await assertConverged(
    clients.map((client) => client.doc),
    { entries },
  );
}

// The HTTP status with which the server answers an upgrade; 101 when it accepts.
async function upgradeStatus(server, path) {
  const socket = new WebSocket(server.url + path);
  const status = new Promise((resolve, reject) => {
    socket.on('open', () => resolve(101));
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    socket.on('error', reject);
  });
  try {
    return await settled(`an answer to an upgrade of ${path}`, status);
  } finally {
    socket.on('error', () => {}); // terminating a refused socket is an error to `ws`
    socket.terminate();
  }
}
