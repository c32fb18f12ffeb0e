// Those who try: many bad credentials, and people who take more than is theirs. Nobody else notices.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Y from 'yjs';
import { editJournal } from '../harness/content.mjs';
import * as frames from '../harness/frames.mjs';
import { Random } from '../harness/random.mjs';
import { RawHocuspocus } from '../harness/raw_client.mjs';
import { Server } from '../harness/server.mjs';
import { handshake, TcpClient } from '../harness/tcp.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';
import { BetterAuth, origin } from './harness/better_auth.mjs';
import { approach, outcomeOf } from './harness/entrance.mjs';

const timeout = 180_000;
const megabyte = 1 << 20;

test('10,000 refused tokens: memory is flat, the log is bounded, an honest client works', { timeout }, async (t) => {
  const { auth, server } = await start(t);
  const random = Random.forTest(t);
  const honest = await RawHocuspocus.join(server, 'room', { token: (await auth.signUp()).token, doc: new Y.Doc() });
  const statuses = {};
  await guess(server, random, 1000, statuses); // what is allocated once is
  const [memory, lines] = [server.residentBytes(), server.log.length];
  const stop = keepWorking(honest);
  await guess(server, random, 10_000, statuses);
  const latencies = await stop();
  t.diagnostic(`answers ${JSON.stringify(statuses)}, slowest honest edit ${Math.round(Math.max(...latencies))} ms`);
  t.diagnostic(`log lines ${server.log.length - lines}, memory ${(server.residentBytes() - memory) / megabyte} MiB`);
  assert.deepEqual(
    Object.keys(statuses).filter((status) => !['401', '429'].includes(status)),
    [],
  );
  assert.ok(statuses[401] > 100);
  assert.ok(latencies.length > 10 && Math.max(...latencies) < 1000, `${Math.max(...latencies)} ms`);
  assert.ok(server.log.length - lines < 2000, `${server.log.length - lines} lines`);
  assert.ok(server.residentBytes() - memory < 16 * megabyte);
  // Somebody at an address from which nobody has guessed gets in, also after it.
  const late = approach(t, server, 'y-websocket-3.1', 'room', { cookie: (await auth.signUp()).cookie, origin });
  assert.equal(await outcomeOf(late), 'in');
});

test('10,000 refused tokens on one socket after the other', { timeout }, async (t) => {
  const { auth, server } = await start(t);
  const honest = await RawHocuspocus.join(server, 'room', { token: (await auth.signUp()).token, doc: new Y.Doc() });
  const stop = keepWorking(honest);
  const random = Random.forTest(t);
  let denied = 0;
  const knock = async () => {
    const headers = { 'X-Forwarded-For': addressOf(random) };
    const raw = await RawHocuspocus.connect(server, 'room', { silent: true, socketOptions: { headers } }).catch(
      () => null,
    );
    if (raw === null) return; // a limit
    raw.onFrame((frame) => (denied += frame.denied === undefined ? 0 : 1));
    for (let i = 0; i < 100 && raw.isOpen; ++i) {
      raw.send(frames.authToken('room', tokenOf(random), '4.8.0'));
      await sleep(2);
    }
    raw.terminate();
  };
  for (let i = 0; i < 10; ++i) await Promise.all(Array.from({ length: 10 }, knock));
  const latencies = await stop();
  t.diagnostic(`${denied} were denied, slowest honest edit ${Math.round(Math.max(...latencies))} ms`);
  assert.ok(denied > 0);
  assert.ok(Math.max(...latencies) < 1000);
});

test('an address that guesses is made to wait, and says nothing of others', { timeout }, async (t) => {
  const { auth, server } = await start(t);
  const random = Random.forTest(t);
  const person = await auth.signUp();
  const statuses = [];
  for (let i = 0; i < 200; ++i) statuses.push(await statusOf(server, '10.9.9.9', `Bearer ${tokenOf(random)}`));
  assert.equal(statuses[0], 401);
  assert.equal(statuses.at(-1), 429);
  assert.equal(await statusOf(server, '10.9.9.10', `Bearer ${person.token}`), 101);
});

test('a user has no more connections than are allowed, and others have theirs', { timeout }, async (t) => {
  const { auth, server } = await start(t, ['--max-connections-per-user', '3']);
  const [person, other] = [await auth.signUp(), await auth.signUp()];
  for (const [kind, good, full] of [
    ['y-websocket-3.1', 'in', /^refused: 429$/],
    ['hocuspocus-4.8', 'read-write', /^(denied: .*(many|limit)|closed: 1013)/],
  ]) {
    const come = ({ cookie }) => approach(t, server, kind, 'room', { cookie, origin });
    const three = [come(person), come(person), come(person)];
    for (const client of three) assert.equal(await outcomeOf(client), good);
    const fourth = come(person);
    assert.match(await outcomeOf(fourth), full);
    fourth.destroy();
    const foreign = come(other);
    assert.equal(await outcomeOf(foreign), good);
    three[0].destroy();
    await waitFor('a place to be free', async () => {
      const again = come(person);
      const outcome = await outcomeOf(again);
      again.destroy();
      return outcome === good;
    });
    for (const client of [...three, foreign]) client.destroy();
    await waitFor('all to be gone', async () => (await server.health()).connections === 0);
  }
});

test(
  'a cookie header that is too large, or full of cookies, is refused, and the next one works',
  { timeout },
  async (t) => {
    const { auth, server } = await start(t);
    const { cookie } = await auth.signUp();
    const memory = server.residentBytes();
    const bombs = [
      `a=${'x'.repeat(megabyte)}`,
      `${'a=b; '.repeat(5000)}${cookie}`,
      `better-auth.session_token=${'%41'.repeat(20_000)}`,
      'better-auth.session_token=; '.repeat(5000),
    ];
    for (let i = 0; i < 20; ++i) {
      for (const bomb of bombs) {
        const status = await statusOf(server, '10.8.8.8', undefined, { Cookie: bomb, Origin: origin });
        assert.ok([400, 401, 429, 431, undefined].includes(status), `${status}`); // undefined: closed without an answer
      }
    }
    assert.ok(server.residentBytes() - memory < 16 * megabyte);
    assert.equal(await statusOf(server, '10.8.8.9', undefined, { Cookie: cookie, Origin: origin }), 101);
  },
);

async function start(t, flags = []) {
  const auth = await BetterAuth.start(t);
  return { auth, server: await Server.start(t, auth.serverOptions({ flags })) };
}

// Guesses from 200 addresses, 20 at a time.
async function guess(server, random, count, statuses) {
  const one = async () => {
    const status = await statusOf(server, addressOf(random), `Bearer ${tokenOf(random)}`);
    statuses[status] = (statuses[status] ?? 0) + 1;
  };
  for (let i = 0; i < count; i += 20) await Promise.all(Array.from({ length: 20 }, one));
}

const addressOf = (random) => `10.1.2.${random.integer(0, 200)}`;
const tokenOf = (random) => Buffer.from(random.bytes(16)).toString('hex');

// The HTTP status with which an upgrade is answered; undefined when there is no answer.
async function statusOf(server, address, authorization, headers = {}) {
  const client = await TcpClient.connect(server.port);
  try {
    client.write(handshake('/room', { 'X-Forwarded-For': address, Authorization: authorization, ...headers }));
    await waitFor('an answer', () => client.status !== undefined || client.hasEnded, { interval: 1 });
    return client.status;
  } finally {
    client.destroy();
  }
}

// Edits as long as it lasts; returns what ends it and gives how long each edit took to be saved, in milliseconds.
function keepWorking(honest) {
  let stopped = false;
  const latencies = [];
  const work = (async () => {
    while (!stopped) {
      const before = Y.encodeStateVector(honest.doc);
      editJournal(honest.doc, `edit ${latencies.length}`);
      const began = performance.now();
      honest.sendUpdate(Y.encodeStateAsUpdate(honest.doc, before));
      await honest.waitAcknowledged();
      latencies.push(performance.now() - began);
      await sleep(20);
    }
    return latencies;
  })();
  return () => {
    stopped = true;
    return work;
  };
}
