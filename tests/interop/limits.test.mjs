// The limits, as clients meet them: whoever sends too much is read more slowly or refused, and told by which limit,
// while the others notice nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { join } from '../harness/clients.mjs';
import { RawHocuspocus, RawYWebsocket } from '../harness/raw_client.mjs';
import { Server } from '../harness/server.mjs';
import { waitFor } from '../harness/wait.mjs';

const timeout = 120_000;
const elsewhere = (address) => ({ headers: { 'X-Forwarded-For': address } });

test('of 5,000 updates at once none is lost, and the others see no delay', { timeout }, async (t) => {
  const server = await Server.start(t);
  const left = await join(t, server, 'hocuspocus-4.8', 'flood');
  const right = await join(t, server, 'y-websocket-3.1', 'flood');
  const before = await slowestRoundTrip(left, right, 50);
  const flooder = await RawHocuspocus.join(server, 'flood', { doc: new Y.Doc() });
  const updates = [];
  flooder.doc.on('update', (update, origin) => {
    if (origin !== flooder) updates.push(update);
  });
  const flood = flooder.doc.getArray('flood');
  for (let i = 0; i < 5000; ++i) flood.push([i]);
  const began = Date.now();
  for (const update of updates) flooder.sendUpdate(update);
  const during = await slowestRoundTrip(left, right, 50);
  const metrics = await metricsOf(server);
  await flooder.waitAcknowledged(5000, { timeout: 90_000 });
  t.diagnostic(`slowest round trip: before ${before} ms, during ${during} ms; all taken in ${Date.now() - began} ms`);
  // 4,800 are over the burst.
  assert.ok(Date.now() - began > 45_000, 'the flood was not slowed down');
  assert.ok(during < before + 2_000, `a round trip took ${during} ms during the flood, ${before} ms before`);
  assert.equal(metrics.get('canvas_ws_limit{limit="max-updates-per-second"}'), 100);
  assert.ok(metrics.get('canvas_ws_limit_hits_total{limit="max-updates-per-second"}') >= 1);
  const numbers = () => left.doc.getArray('flood').toArray();
  await waitFor('the flood to arrive', () => numbers().length === 5000);
  assert.deepEqual(numbers(), flood.toArray());
  assert.equal(left.disconnects + right.disconnects, 0);
  flooder.terminate();
});

for (const Raw of [RawHocuspocus, RawYWebsocket]) {
  test(`${Raw.name}: a flood of presence ends at the newest`, { timeout }, async (t) => {
    const server = await Server.start(t);
    const watcher = await join(t, server, 'hocuspocus-4.8', 'cursors');
    const heard = [];
    watcher.awareness.on('update', ({ added, updated }) => heard.push(...added, ...updated));
    const flooder = await Raw.join(server, 'cursors');
    for (let clock = 1; clock <= 5000; ++clock)
      flooder.sendAwareness([{ client: 7, clock, state: JSON.stringify({ cursor: clock }) }]);
    await waitFor('the last position', () => watcher.awareness.getStates().get(7)?.cursor === 5000);
    assert.ok(heard.length < 1000, `${heard.length} of 5000 positions were passed on`);
    const metrics = await metricsOf(server);
    assert.ok(metrics.get('canvas_ws_awareness_coalesced_total') > 3000);
    flooder.terminate();
  });
}

test('connections and attempts of one address', { timeout }, async (t) => {
  const flags = ['--max-connections-per-address', '3', '--max-attempts-per-address', '10'];
  const server = await Server.start(t, { flags });
  const guests = [];
  for (let i = 0; i < 3; ++i)
    guests.push(await RawHocuspocus.join(server, 'here', { socketOptions: elsewhere('198.51.100.7') }));
  const refusal = await refusedUpgrade(server, elsewhere('198.51.100.7'));
  assert.equal(refusal.status, 429);
  assert.match(refusal.body, /--max-connections-per-address/);
  const neighbour = await RawHocuspocus.join(server, 'here', { socketOptions: elsewhere('198.51.100.8') });
  await guests[0].close();
  await waitFor('the place to be free', async () => (await server.health()).connections === 3);
  guests[0] = await RawHocuspocus.join(server, 'here', { socketOptions: elsewhere('198.51.100.7') });
  let last;
  for (let i = 0; i < 10; ++i) last = await refusedUpgrade(server, elsewhere('198.51.100.7'));
  assert.equal(last.status, 429);
  assert.match(last.body, /--max-attempts-per-address/);
  const local = await RawHocuspocus.join(server, 'here');
  for (const client of [...guests, neighbour, local]) client.terminate();
  const hit = server.log.find((line) => line.event === 'limit.hit');
  assert.deepEqual([hit.kind, hit.address, hit.limit], ['security', '198.51.100.7', 'max-connections-per-address']);
});

test('documents in memory', { timeout }, async (t) => {
  const server = await Server.start(t, { flags: ['--max-rooms', '1'] });
  const first = await RawHocuspocus.join(server, 'one');
  const refused = await RawHocuspocus.connect(server, 'two');
  const { code, reason } = await refused.closed;
  assert.equal(code, 1013);
  assert.match(reason, /--max-rooms/);
  const second = await RawYWebsocket.join(server, 'one');
  for (const client of [first, second]) client.terminate();
});

test('the encoded size of a document: only deletions are taken past it', { timeout }, async (t) => {
  const server = await Server.start(t, { flags: ['--max-encoded-bytes', '64000'] });
  const doc = new Y.Doc();
  const author = await RawHocuspocus.join(server, 'large', { doc });
  const send = (change) => {
    doc.once('update', (update) => author.sendUpdate(update));
    doc.transact(change);
    return waitFor('the answer', () => author.settledCount === author.sent);
  };
  const text = doc.getText('text');
  await send(() => text.insert(0, 'x'.repeat(60_000)));
  assert.equal(author.refused, 0);
  await send(() => text.delete(0, 50_000));
  assert.equal(author.refused, 0);
  await send(() => doc.getText('other').insert(0, 'y'.repeat(65_000)));
  assert.equal(author.refused, 1);
  assert.ok(server.log.some((line) => line.event === 'limit.hit' && line.limit === 'max-encoded-bytes'));
  author.terminate();
});

test('what it counts it shows on /metrics, without a name of a document', { timeout }, async (t) => {
  const server = await Server.start(t);
  const client = await RawHocuspocus.join(server, 'a-secret-plan');
  client.sendUpdate(Uint8Array.of(1, 2, 3));
  await client.closed;
  await RawYWebsocket.join(server, 'a-secret-plan').then((other) => other.close());
  const metrics = await metricsOf(server);
  assert.equal(metrics.get('canvas_ws_access_accepted_total'), 2);
  assert.equal(metrics.get('canvas_ws_input_malformed_total'), 1);
  assert.equal(metrics.get('canvas_ws_limit{limit="max-rooms"}'), 100_000);
  assert.ok(![...metrics.keys()].some((key) => key.includes('secret')));
  const malformed = server.log.find((line) => line.event === 'input.malformed');
  assert.equal(malformed.kind, 'security');
  assert.equal(malformed.protocol, 'hocuspocus');
});

// Of `count` edits that go from one to the other and back, in milliseconds.
async function slowestRoundTrip(left, right, count) {
  const numbers = (client) => client.doc.getMap('numbers');
  const start = numbers(left).get('left') ?? 0;
  let slowest = 0;
  for (let i = start + 1; i <= start + count; ++i) {
    const began = Date.now();
    numbers(left).set('left', i);
    await waitFor('an edit to arrive', () => numbers(right).get('left') === i, { interval: 1 });
    numbers(right).set('right', i);
    await waitFor('an edit to come back', () => numbers(left).get('right') === i, { interval: 1 });
    slowest = Math.max(slowest, Date.now() - began);
  }
  return slowest;
}

async function metricsOf(server) {
  const response = await fetch(`http://127.0.0.1:${server.healthPort}/metrics`, { headers: { connection: 'close' } });
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]));
}

function refusedUpgrade(server, options) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(server.url, options);
    socket.on('open', () => reject(new Error('the upgrade was not refused')));
    socket.on('error', () => {});
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (part) => {
        body += part;
      });
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
  });
}
