// A client that does not read costs the others nothing and the server little, and gets all in the end.
//
// The load is that of the diagram app: every change of a drawing replaces the whole text of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Y from 'yjs';
import { atEnd } from '../harness/cleanup.mjs';
import { RawHocuspocus, RawYWebsocket } from '../harness/raw_client.mjs';
import { Server } from '../harness/server.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';
import { Bystanders } from './bystanders.mjs';

const timeout = 180_000;
const room = 'drawings';
const writerCount = 3;
const drawingBytes = 64 << 10;
const replacementsPerWriter = 600; // 115 MB over all writers
const toleratedGrowthBytes = 64 << 20; // well below what a queue of all that was missed would take

test('clients that do not read for a while, and one that never does', { timeout }, async (t) => {
  const server = await Server.start(t, { flags: ['--max-updates-per-second', '0'] });
  const bystanders = await Bystanders.join(t, server, room);
  const writers = await Promise.all(Array.from({ length: writerCount }, (_, i) => DrawingWriter.join(server, i)));
  await replaceAll(writers, 20);
  const [sleeper, yWebsocketSleeper, dead] = await Promise.all(
    [RawHocuspocus, RawYWebsocket, RawHocuspocus].map((Raw) => Raw.join(server, room, { doc: new Y.Doc() })),
  );
  const memory = new MemoryWatch(t, server);
  const calmPace = await paceOf(bystanders, () => sleep(1000));

  for (const client of [sleeper, yWebsocketSleeper, dead]) client.stopReading();
  const busyPace = await paceOf(bystanders, () => replaceAll(writers, replacementsPerWriter));
  const growth = memory.growth;
  t.diagnostic(
    `exchanges a second: ${calmPace} in peace, ${busyPace} under load; the server grew by ${mebibytes(growth)} MiB`,
  );
  assert.ok(growth < toleratedGrowthBytes, `the server grew by ${mebibytes(growth)} MiB`);

  for (const client of [sleeper, yWebsocketSleeper]) {
    client.resumeReading();
    await catchUp(t, client, server, writers);
  }
  t.diagnostic(`the one that reads no more ended with ${await endOf(dead, server, writers)}`);
  assert.ok(memory.growth < toleratedGrowthBytes, `the server grew by ${mebibytes(memory.growth)} MiB`);
  await catchUp(t, dead, server, writers);
  await bystanders.stop({ areAlone: false });
  for (const writer of writers) assert.equal(writer.client.refused, 0);
});

// Replaces the text of its own drawing, again and again, and waits for acknowledgments when several are outstanding.
class DrawingWriter {
  name;
  client;
  doc = new Y.Doc();
  #text;
  #version = 0;

  static async join(server, number) {
    const writer = new DrawingWriter();
    writer.name = `drawing ${number}`;
    writer.#text = writer.doc.getText(writer.name);
    writer.client = await RawHocuspocus.join(server, room, { doc: writer.doc });
    writer.doc.on('update', (update, origin) => {
      if (origin !== writer.client) writer.client.sendUpdate(update);
    });
    return writer;
  }

  async replace(times) {
    for (let i = 0; i < times; ++i) {
      this.doc.transact(() => {
        this.#text.delete(0, this.#text.length);
        this.#text.insert(0, this.#drawing());
      });
      await this.client.waitAcknowledged(this.client.sent - 4);
    }
    await this.client.waitAcknowledged();
  }

  #drawing() {
    this.#version += 1;
    return `<mxGraphModel version="${this.#version}">`.padEnd(drawingBytes, `<mxCell id="${this.#version}"/>`);
  }
}

const replaceAll = (writers, times) => Promise.all(writers.map((writer) => writer.replace(times)));

// How many exchanges a second the bystanders had while `act` ran.
async function paceOf(bystanders, act) {
  const [exchanges, began] = [bystanders.exchanges, Date.now()];
  await act();
  return Math.round((bystanders.exchanges - exchanges) / ((Date.now() - began) / 1000));
}

// How much the server has grown at most since this was made.
class MemoryWatch {
  growth = 0;

  constructor(t, server) {
    const before = server.residentBytes();
    const timer = setInterval(() => {
      this.growth = Math.max(this.growth, server.residentBytes() - before);
    }, 50);
    atEnd(t, () => clearInterval(timer));
  }
}

// Waits until `client` has what the writers have: on its connection, or, if the server gave it up, on a new one.
async function catchUp(t, client, server, writers) {
  let current = client;
  await waitFor(
    'a slow client to catch up',
    async () => {
      if (!current.isOpen) current = await comeBack(t, current, server);
      return writers.every((writer) => Y.equalSnapshots(Y.snapshot(current.doc), Y.snapshot(writer.doc)));
    },
    { timeout: 60_000, interval: 100 },
  );
  for (const writer of writers)
    assert.equal(current.doc.getText(writer.name).toString(), writer.doc.getText(writer.name).toString());
  current.terminate();
}

async function comeBack(t, client, server) {
  const { code } = await client.closed;
  t.diagnostic(`${client.constructor.name} was closed with ${code}`);
  // 1006: the close frame had no room in the full socket.
  assert.ok(code === 1013 || code === 1006, `closed with ${code}`);
  return client.constructor.join(server, room, { doc: client.doc });
}

// A client that reads nothing more: sooner or later the server must part with it. Returns the close code.
async function endOf(client, server, writers) {
  const before = (await server.health()).connections;
  await waitFor(
    'the server to give up a client that does not read',
    async () => {
      await replaceAll(writers, 1);
      return (await server.health()).connections < before;
    },
    { timeout: 90_000, interval: 500 },
  );
  client.resumeReading();
  return (await client.closed).code;
}

const mebibytes = (bytes) => (bytes / (1 << 20)).toFixed(1);
