// 10,000 visits leave nothing behind: no connection, no room, no file descriptor, no memory.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Y from 'yjs';
import { Random } from '../harness/random.mjs';
import { RawHocuspocus, RawYWebsocket } from '../harness/raw_client.mjs';
import { Server } from '../harness/server.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';

const warmUpVisits = 2_000;
const visits = 10_000;
const visitorsAtOnce = 32;
const rooms = 300;
const toleratedGrowthBytes = 4 << 20;

test('10,000 visits leave neither memory nor file descriptors behind', { timeout: 300_000 }, async (t) => {
  const server = await Server.start(t);
  const random = Random.forTest(t);
  await visit(server, random, warmUpVisits);
  const before = await usageAtRest(server);
  await visit(server, random, visits);
  let after;
  await waitFor(
    () => `the usage to fall back to ${JSON.stringify(before)}; it is ${JSON.stringify(after)}`,
    async () => {
      after = await usageAtRest(server);
      return after.openFiles === before.openFiles && after.residentBytes <= before.residentBytes + toleratedGrowthBytes;
    },
    { interval: 1000 },
  );
  t.diagnostic(`before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`);
  assert.equal((await server.health()).status, 'healthy');
});

async function visit(server, random, count) {
  let begun = 0;
  await Promise.all(
    Array.from({ length: visitorsAtOnce }, async () => {
      while (begun < count) {
        begun += 1;
        await visitOnce(server, random);
      }
    }),
  );
}

// Connects, syncs, perhaps shows presence and edits, and leaves in one of four ways.
async function visitOnce(server, random) {
  const room = `room-${random.integer(0, rooms)}`;
  const isHocuspocus = random.chance(0.5);
  const client = await (isHocuspocus ? RawHocuspocus : RawYWebsocket).join(server, room);
  if (random.chance(0.5))
    client.sendAwareness([{ client: random.integer(1, 2 ** 31), clock: 1, state: '{"name":"visitor"}' }]);
  if (random.chance(0.1)) client.sendUpdate(smallUpdate());
  if (isHocuspocus && random.chance(0.5)) await client.waitAcknowledged();
  await leave(client, random.integer(0, 4));
}

async function leave(client, way) {
  switch (way) {
    case 0:
      await client.close();
      break;
    case 1:
      client.cutWire();
      break;
    case 2:
      client.cutWire({ reset: true });
      break;
    default: // the close frame, and no waiting for the answer to it
      client.socket.close(1001);
      await sleep(1);
      client.cutWire();
  }
  await client.closed;
}

// Always of the same Yjs client, so that what rooms hold does not grow with the number of visits.
function smallUpdate() {
  const doc = new Y.Doc();
  doc.clientID = 1;
  doc.getMap('visits').set('last', 1);
  return Y.encodeStateAsUpdate(doc);
}

async function usageAtRest(server) {
  await server.quiet();
  await sleep(1000); // the connections that asked for /health are to be closed, too
  return { openFiles: server.openFiles(), residentBytes: server.residentBytes() };
}
