// Whatever a client sends: it is closed, refused or ignored, while its neighbours in the same document notice
// nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as frames from '../harness/frames.mjs';
import { Random } from '../harness/random.mjs';
import { RawHocuspocus, RawYWebsocket } from '../harness/raw_client.mjs';
import { Server } from '../harness/server.mjs';
import { opcode, TcpClient, handshake, webSocketFrame } from '../harness/tcp.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';
import { Bystanders } from './bystanders.mjs';
import { malformedFrames } from './malformed_frames.mjs';
import { richUpdate } from './malformed_updates.mjs';
import { brokenFrames, brokenHandshakes } from './malformed_wire.mjs';

const timeout = 180_000;
// Not of 9 or 10 bytes: a frame for it, cut after the first byte, would be a ping or a pong.
const room = 'neighbourhood';

for (const Raw of [RawHocuspocus, RawYWebsocket]) {
  for (const phase of ['as the first message', 'after joining']) {
    test(`${Raw.name}: malformed messages ${phase}`, { timeout }, async (t) => {
      const server = await Server.start(t);
      const bystanders = await Bystanders.join(t, server, room);
      const tally = new Tally();
      for (const { name, send, mayBeIgnored, asFirst } of malformedFrames(Raw === RawHocuspocus ? room : null)) {
        if (phase === 'as the first message' && !asFirst) continue;
        const outcome = await outcomeOf(Raw, server, phase, send);
        tally.add(outcome);
        const mayBe = mayBeIgnored ? /^(closed|denied|refused|ignored)/ : /^(closed|denied|refused)/;
        if (!mayBe.test(outcome)) tally.complain(`${name}: ${outcome}`);
      }
      await tally.finish(t, server, bystanders);
    });
  }
}

test('random changes to valid messages', { timeout }, async (t) => {
  const server = await Server.start(t);
  const bystanders = await Bystanders.join(t, server, room);
  const random = Random.forTest(t);
  const tally = new Tally();
  for (let i = 0; i < 400; ++i) {
    const Raw = random.pick([RawHocuspocus, RawYWebsocket]);
    const address = Raw === RawHocuspocus ? 'mutants' : null; // some of them are valid, and change their document
    tally.add(
      await outcomeOf(
        Raw,
        server,
        random.pick(['as the first message', 'after joining']),
        [mutated(address, random)],
        'mutants',
      ),
    );
  }
  await tally.finish(t, server, bystanders);
});

test('messages over the size limits', { timeout }, async (t) => {
  const server = await Server.start(t);
  const bystanders = await Bystanders.join(t, server, room);
  const tooBig = new Uint8Array(51 << 20);
  for (const Raw of [RawHocuspocus, RawYWebsocket]) {
    const client = await Raw.join(server, room);
    client.send(tooBig);
    assert.equal((await client.closed).code, 1009, Raw.name);
  }
  const stranger = await RawHocuspocus.connect(server, room, { silent: true });
  stranger.send(new Uint8Array(6 << 20));
  assert.equal((await stranger.closed).code, 1009);
  await new Tally().finish(t, server, bystanders);
});

test('a flood before authentication is cut off', { timeout }, async (t) => {
  const server = await Server.start(t);
  const bystanders = await Bystanders.join(t, server, room);
  const floods = [
    [
      'many megabytes',
      (client) => {
        for (let i = 0; i < 10; ++i) client.send(frames.update(room, new Uint8Array(1 << 20)));
      },
    ],
    [
      'many messages',
      (client) => {
        for (let i = 0; i < 2000; ++i) client.send(frames.update(room, frames.emptyUpdate));
      },
    ],
    [
      'many documents',
      (client) => {
        for (let i = 0; i < 2000; ++i) client.send(frames.update(`document ${i}`, frames.emptyUpdate));
      },
    ],
  ];
  for (const [name, flood] of floods) {
    const client = await RawHocuspocus.connect(server, room, { silent: true });
    flood(client);
    await waitFor(`${name} to be cut off`, () => !client.isOpen);
  }
  await new Tally().finish(t, server, bystanders);
});

test('broken WebSocket frames', { timeout }, async (t) => {
  const server = await Server.start(t);
  const bystanders = await Bystanders.join(t, server, room);
  const tally = new Tally();
  for (const { name, bytes, code } of brokenFrames()) {
    const client = await TcpClient.openWebSocket(server.port);
    client.write(bytes);
    await waitFor(`the connection to end after ${name}`, () => client.hasEnded, { interval: 1 });
    const outcome = client.closeCode === null ? 'closed without a code' : `closed ${client.closeCode}`;
    tally.add(outcome);
    if (code !== undefined && client.closeCode !== null && client.closeCode !== code)
      tally.complain(`${name}: ${outcome}, not ${code}`);
    client.destroy();
  }
  await tally.finish(t, server, bystanders);
});

test('a message in fragments, with a ping in between and byte by byte, is taken', { timeout }, async (t) => {
  const server = await Server.start(t);
  const client = await TcpClient.openWebSocket(server.port, `/${room}`);
  const step1 = Buffer.from(frames.step1(null));
  const bytes = Buffer.concat([
    ...Array.from(step1, (byte, i) =>
      webSocketFrame({ code: i === 0 ? opcode.binary : opcode.continuation, final: false, payload: Buffer.of(byte) }),
    ),
    webSocketFrame({ code: opcode.ping, payload: Buffer.from('between') }),
    webSocketFrame({ code: opcode.continuation }),
  ]);
  for (const byte of bytes) {
    client.write(Buffer.of(byte));
    await sleep(1);
  }
  await waitFor('the answer to step1', () =>
    client.frames.some(({ code, payload }) => code === opcode.binary && payload[0] === 0 && payload[1] === 1),
  );
  assert.equal(client.frames[0].code, opcode.pong);
  assert.equal(client.frames[0].payload.toString(), 'between');
  client.destroy();
});

test('broken, endless and stalled handshakes', { timeout }, async (t) => {
  const server = await Server.start(t);
  const bystanders = await Bystanders.join(t, server, room);
  const tally = new Tally();
  await Promise.all(
    brokenHandshakes()
      .map(async ({ name, bytes }) => {
        const client = await TcpClient.connect(server.port);
        client.write(bytes);
        await waitFor(`an end to ${name}`, () => client.status !== undefined || client.hasEnded, { interval: 5 });
        const outcome = client.status === undefined ? 'closed without an answer' : `HTTP ${client.status}`;
        tally.add(outcome);
        if (client.status !== undefined && (client.status < 400 || client.status >= 500) && client.status !== 505)
          tally.complain(`${name}: ${outcome}`);
        client.destroy();
      })
      .concat(stalledHandshakes(server), slowHandshake(server)),
  );
  await tally.finish(t, server, bystanders);
});

// Who never finishes a handshake is not waited for.
function stalledHandshakes(server) {
  return [0, 1, 20, 100].map(async (sent) => {
    const client = await TcpClient.connect(server.port);
    client.write(handshake('/').slice(0, sent));
    await waitFor(`a handshake that stalls after ${sent} bytes to be given up`, () => client.hasEnded, {
      timeout: 60_000,
    });
    client.destroy();
  });
}

async function slowHandshake(server) {
  const client = await TcpClient.connect(server.port);
  for (const byte of Buffer.from(handshake(`/${room}`))) {
    client.write(Buffer.of(byte));
    await sleep(5);
  }
  await waitFor('the slow handshake to be answered', () => client.status !== undefined);
  assert.equal(client.status, 101);
  client.destroy();
}

// What becomes of a client that sends `bad`: "closed CODE", "denied", "refused" (SyncStatus 0), "ignored", or, which
// is never right for a malformed update, "acknowledged".
async function outcomeOf(Raw, server, phase, bad, document = room) {
  const joined = phase === 'after joining';
  const client = await Raw.connect(server, document, { silent: !joined });
  if (joined) await client.waitSynced();
  client.synced = false;
  for (const message of bad) client.send(message);
  if (!joined) client.authenticate?.();
  client.sendStep1();
  await waitFor('an outcome', () => !client.isOpen || client.deniedReason !== null || client.synced, { interval: 1 });
  if (Raw === RawHocuspocus) await waitUntilAllIsAnswered(client);
  const outcome = client.isOpen ? answerTo(client) : `closed ${(await client.closed).code}`;
  client.terminate();
  await client.closed;
  return outcome;
}

function answerTo(client) {
  if (client.deniedReason !== null) return 'denied';
  if (client.refused > 0) return 'refused';
  return client.acknowledged > client.sent ? 'acknowledged' : 'ignored'; // `sent` does not count what was bad
}

// Answers come in order: when an update that is sent now is answered, all before it are.
async function waitUntilAllIsAnswered(client) {
  for (let i = 0; i < 2 && client.isOpen && client.deniedReason === null; ++i) {
    client.sendUpdate(frames.emptyUpdate);
    await waitFor('the answers to updates', () => !client.isOpen || client.settledCount >= client.sent, {
      interval: 1,
    });
  }
}

function mutated(address, random) {
  const bytes = Uint8Array.from(
    random.pick([
      frames.update(address, richUpdate()),
      frames.step2(address, richUpdate()),
      frames.step1(address, Uint8Array.of(2, 5, 3, 7, 1)),
      frames.awareness(address, frames.awarenessPayload([{ client: 7, clock: 1, state: '{"cursor":[1,2]}' }])),
    ]),
  );
  const changes = random.integer(1, 4);
  for (let i = 0; i < changes; ++i)
    bytes[random.integer(address === null ? 0 : address.length + 1, bytes.length)] = random.integer(0, 256);
  return bytes;
}

// Counts outcomes, collects those that were wrong, and judges at the end, so that one run shows all of them.
class Tally {
  #counts = new Map();
  #complaints = [];

  add(outcome) {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
  }

  complain(sentence) {
    this.#complaints.push(sentence);
  }

  async finish(t, server, bystanders) {
    if (this.#counts.size > 0)
      t.diagnostic([...this.#counts].map(([outcome, count]) => `${outcome}: ${count}`).join(', '));
    assert.deepEqual(this.#complaints, []);
    await bystanders.stop();
    assert.equal((await server.health()).status, 'healthy');
    await waitFor('all connections to end', async () => (await server.health()).connections === 0);
  }
}
