// Who means harm: connections that are never used, headers that are too much, names that are meant for something
// else. The memory stays flat, the log bounded, and two honest clients beside it notice nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as frames from '../harness/frames.mjs';
import { RawHocuspocus, RawYWebsocket } from '../harness/raw_client.mjs';
import { Server } from '../harness/server.mjs';
import { handshake, TcpClient } from '../harness/tcp.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';
import { Bystanders } from './bystanders.mjs';

const timeout = 180_000;
const toleratedGrowthBytes = 48 << 20;
const toleratedPeakBytes = 96 << 20;
const linesAFlood = 100; // of one kind: 20 at once, then 2 a second

test('slow handshakes and half-open sockets', { timeout }, async (t) => {
  await beside(t, {}, async (server) => {
    const idle = await Promise.all(Array.from({ length: 300 }, () => TcpClient.connect(server.port)));
    const dripping = await Promise.all(Array.from({ length: 100 }, () => TcpClient.connect(server.port)));
    const bytes = Buffer.from(handshake('/'));
    const drips = (async () => {
      for (let i = 0; i < bytes.length && dripping.some((client) => !client.hasEnded); ++i) {
        for (const client of dripping) client.write(bytes.subarray(i, i + 1));
        await sleep(500);
      }
    })();
    await waitFor('all of them to be given up', () => [...idle, ...dripping].every((client) => client.hasEnded), {
      timeout: 60_000,
      interval: 100,
    });
    await drips;
    for (const client of [...idle, ...dripping]) client.reset();
  });
});

test('sockets that open nothing are closed, by the name of the limit', { timeout }, async (t) => {
  await beside(t, { flags: ['--admission-timeout', '2s'] }, async (server) => {
    const silent = await Promise.all(
      Array.from({ length: 100 }, () => RawHocuspocus.connect(server, 'nothing', { silent: true })),
    );
    for (const client of silent) assert.equal((await client.closed).code, 1013);
    assert.ok(server.log.some((line) => line.event === 'limit.hit' && line.limit === 'admission-timeout'));
  });
});

test('floods before authentication', { timeout }, async (t) => {
  await beside(t, {}, async (server) => {
    const update = new Uint8Array(64 << 10);
    for (let round = 0; round < 40; ++round) {
      const client = await RawHocuspocus.connect(server, 'flood', { silent: true });
      for (let i = 0; i < 150; ++i) client.send(frames.update(`flood ${i}`, update));
      await waitFor('the flood to be cut off', () => !client.isOpen);
    }
    const limits = server.log.filter((line) => line.event === 'limit.hit').map((line) => line.limit);
    assert.ok(limits.some((limit) => limit === 'max-pending-documents' || limit === 'max-pending-bytes'));
  });
});

test('addresses of documents that fill the memory, and presence of nobody', { timeout }, async (t) => {
  await beside(t, {}, async (server) => {
    const long = 'x'.repeat(4 << 20);
    for (const name of [long, `plan\u0000${long}`]) {
      for (let round = 0; round < 20; ++round) {
        const client = await RawHocuspocus.connect(server, 'plan', { silent: true });
        client.send(frames.authToken(name, 'token'));
        assert.equal((await client.closed).code, 1007);
      }
    }
    const client = await RawHocuspocus.join(server, 'plan');
    const nobody = frames.awareness('plan', frames.awarenessPayload([]));
    for (let i = 0; i < 200_000; ++i) client.send(nobody);
    client.sendUpdate(frames.emptyUpdate);
    await client.waitAcknowledged(1, { timeout: 60_000 }); // all before it has been read
    client.terminate();
  });
});

test('headers that are too long, and a bomb of cookies', { timeout }, async (t) => {
  await beside(t, {}, async (server) => {
    const bombs = [
      { Cookie: `better-auth.session_token=${'x'.repeat(1 << 20)}` },
      { Cookie: Array.from({ length: 20_000 }, (_, i) => `c${i}=${i}`).join('; ') },
      { 'X-Forwarded-For': Array.from({ length: 20_000 }, () => '198.51.100.7').join(',') },
      Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`X-Header-${i}`, 'x'])),
      { Authorization: `Bearer ${'x'.repeat(100_000)}` },
    ];
    for (let round = 0; round < 20; ++round) {
      for (const headers of bombs) {
        const client = await TcpClient.connect(server.port);
        client.write(handshake('/', headers));
        await waitFor('the bomb to be refused', () => client.hasEnded || client.status !== undefined, { interval: 1 });
        if (client.status !== undefined) assert.equal(client.status, 431);
        client.reset();
      }
    }
    // Just below the limit all of it is looked at.
    const many = Array.from({ length: 1_000 }, (_, i) => `c${i}=${i}`).join('; ');
    const client = await TcpClient.openWebSocket(server.port, '/plan');
    client.destroy();
    const cookies = await TcpClient.connect(server.port);
    cookies.write(handshake('/plan', { Cookie: many }));
    await waitFor('an answer', () => cookies.status !== undefined);
    assert.equal(cookies.status, 101);
    cookies.destroy();
  });
});

test('names that are meant for a header, a log or a file', { timeout }, async (t) => {
  await beside(t, {}, async (server) => {
    const injections = ['a\r\nSet-Cookie: x=y', 'a\n{"event":"forged"}', 'a\u0000b', '\u001b[2J', ' ', 'x'.repeat(513)];
    for (const name of injections) {
      const client = await TcpClient.connect(server.port);
      client.write(handshake(`/${encodeURIComponent(name)}`));
      await waitFor('an answer', () => client.status !== undefined);
      assert.equal(client.status, 400, JSON.stringify(name));
      assert.ok(!/^set-cookie/im.test(client.received.toString()));
      client.destroy();
    }
    // As a name of a document these are as good as any other: nothing makes a path of them.
    for (const name of ['../../etc/passwd', '..', '/etc/passwd', 'a"; DROP TABLE documents; --', '%2e%2e%2f']) {
      // A URL cannot say '..': clients take it out.
      for (const Raw of name === '..' ? [RawHocuspocus] : [RawHocuspocus, RawYWebsocket]) {
        const client = await Raw.join(server, name);
        client.terminate();
      }
    }
    assert.ok(!server.log.some((line) => line.event === 'forged' || line.event === undefined));
  });
});

test('a flood of refusals leaves a bounded log', { timeout }, async (t) => {
  await beside(t, { flags: ['--max-attempts-per-address', '10'] }, async (server) => {
    const before = server.log.length;
    const headers = { 'X-Forwarded-For': '198.51.100.7' };
    for (let i = 0; i < 2000; ++i) {
      const client = await TcpClient.connect(server.port);
      client.write(handshake('/', headers));
      await waitFor('an answer', () => client.status !== undefined, { interval: 1 });
      client.reset();
    }
    assert.ok(server.log.length - before < linesAFlood, `${server.log.length - before} lines`);
    await waitFor('what was left out to be counted', () => server.log.some((line) => line.suppressed > 100));
  });
});

// Runs `harm` while two honest clients exchange edits, and looks at the memory before and after.
async function beside(t, options, harm) {
  const server = await Server.start(t, options);
  const bystanders = await Bystanders.join(t, server, 'honest');
  const before = server.residentBytes();
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, server.residentBytes())), 100);
  await harm(server).finally(() => clearInterval(watch));
  await bystanders.stop();
  await waitFor('all connections to end', async () => (await server.health()).connections === 0);
  const growth = server.residentBytes() - before;
  const most = peak - before;
  t.diagnostic(`${bystanders.exchanges} exchanges; memory ${most >> 10} KiB more at most, ${growth >> 10} in the end`);
  assert.ok(most < toleratedPeakBytes, `the memory grew by ${most} bytes meanwhile`);
  assert.ok(growth < toleratedGrowthBytes, `the memory grew by ${growth} bytes`);
}
