// Every client version in one room: what one writes, all the others have, whatever happened to the connection in
// between.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { join, joinAll, kinds } from '../harness/clients.mjs';
import { assertConverged, editEverything } from '../harness/content.mjs';
import { Random } from '../harness/random.mjs';
import { Server } from '../harness/server.mjs';
import { sleep } from '../harness/wait.mjs';

const timeout = 120_000;

test('all client versions share one Yjs', { timeout }, async () => {
  const clients = path.join(import.meta.dirname, '../harness/clients.mjs');
  const { stderr } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    `await import(${JSON.stringify(clients)})`,
  ]);
  assert.equal(stderr, ''); // Yjs warns when it is loaded twice
});

test('clients of all versions edit one room and converge', { timeout }, async (t) => {
  const room = await Room.open(t, 'together');
  for (let round = 0; round < 5; ++round) {
    for (const client of room.clients) room.edit(client);
    await sleep(10);
  }
  await room.assertConverged();
});

test(
  'a client of each version that edits offline brings its edits back, and gets what it missed',
  { timeout },
  async (t) => {
    const room = await Room.open(t, 'one-away');
    for (const away of room.clients) {
      await away.goOffline();
      for (const client of room.clients) room.edit(client);
      away.goOnline();
      await away.waitSynced();
      await room.assertConverged();
    }
  },
);

test('all go offline, edit, and come back', { timeout }, async (t) => {
  const room = await Room.open(t, 'all-away');
  for (const client of room.clients) room.edit(client);
  await Promise.all(room.clients.map((client) => client.goOffline()));
  for (const client of room.clients) {
    room.edit(client);
    room.edit(client);
  }
  for (const client of room.clients) client.goOnline();
  await room.assertConverged();
});

test('a client of each version whose wire was cut while editing loses nothing', { timeout }, async (t) => {
  const room = await Room.open(t, 'cut');
  for (const client of room.clients) {
    room.edit(client);
    await client.abruptDrop();
    room.edit(client);
    client.goOnline();
  }
  await room.assertConverged();
});

test('who joins later sees the same, before and after a restart of the server', { timeout }, async (t) => {
  const room = await Room.open(t, 'late');
  for (const client of room.clients) room.edit(client);
  await room.assertConverged();
  const lateDocs = await room.joinFresh();
  await assertConverged([room.clients[0].doc, ...lateDocs], { entries: room.entries });

  for (const client of room.clients) client.destroy();
  assert.equal((await room.server.terminate()).code, 0);
  await room.server.launch();
  const docsAfterRestart = await room.joinFresh();
  await assertConverged([...lateDocs, ...docsAfterRestart], { entries: room.entries });
});

// A room with one client of each version, and a record of what they wrote.
class Room {
  entries = [];

  static async open(t, name) {
    const room = new Room();
    room.t = t;
    room.name = name;
    room.random = Random.forTest(t);
    room.server = await Server.start(t);
    room.clients = await joinAll(t, room.server, name);
    return room;
  }

  edit(client) {
    const entry = `${client.kind} #${this.entries.length}`;
    this.entries.push(entry);
    editEverything(client.doc, entry, this.random);
  }

  // Documents of newcomers, one of each version, that join, look, and leave.
  async joinFresh() {
    return Promise.all(
      kinds.map(async (kind) => {
        const client = await join(this.t, this.server, kind, this.name);
        await assertConverged([client.doc], { entries: this.entries });
        await client.goOffline();
        return client.doc;
      }),
    );
  }

  assertConverged() {
    return assertConverged(
      this.clients.map((client) => client.doc),
      { entries: this.entries },
    );
  }
}
