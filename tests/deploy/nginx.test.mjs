// The files of deploy/nginx in Debian's nginx, in front of real servers and real clients.

import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { connect, isHocuspocus, join, kinds } from '../harness/clients.mjs';
import { assertConverged, editJournal, journalOf } from '../harness/content.mjs';
import { RawHocuspocus, RawYWebsocket } from '../harness/raw_client.mjs';
import { Server } from '../harness/server.mjs';
import { waitFor } from '../harness/wait.mjs';
import { Nginx, shippedFile } from './nginx.mjs';

const timeout = 120_000;
const prefix = '/ws';
// Clients of the tests come from 127.0.0.2, nginx from 127.0.0.1: so the proxy and a stranger can be told apart.
const flags = ['--log-level', 'debug', '--trusted-proxies', '127.0.0.1'];
const outside = '127.0.0.2';

async function startBoth(t) {
  const server = await Server.start(t, { flags });
  return { server, nginx: await Nginx.start(t, server) };
}

const joinThrough = (t, nginx, room) => Promise.all(kinds.map((kind) => join(t, nginx, kind, room, { prefix })));

async function assertEditsFlow(clients, label) {
  const before = journalOf(clients[0].doc);
  const entries = clients.map(({ kind, doc }) => {
    const entry = `${label}, by ${kind}`;
    editJournal(doc, entry);
    return entry;
  });
  await assertConverged(
    clients.map(({ doc }) => doc),
    { entries: [...before, ...entries] },
  );
}

const addressesIn = (log, document) =>
  new Set(log.filter((line) => line.event === 'access.accepted' && line.document === document).map((line) => line.address));

test('all clients of both protocols edit together through wss, /ws/ROOM and /ws', { timeout }, async (t) => {
  const { nginx } = await startBoth(t);
  const clients = await joinThrough(t, nginx, 'together');
  assert.ok(clients.some(({ kind }) => isHocuspocus(kind)) && clients.some(({ kind }) => !isHocuspocus(kind)));
  await assertEditsFlow(clients, 'through nginx');
});

test('the log has the address of the client, and not one that it claims', { timeout }, async (t) => {
  const { server, nginx } = await startBoth(t);
  const headers = { 'X-Forwarded-For': '203.0.113.66', 'X-Real-IP': '203.0.113.67' };
  const come = (where, document, options) =>
    RawYWebsocket.join(where, document, { prefix, socketOptions: { localAddress: outside, ...options } });
  await come(nginx, 'honest');
  await come(nginx, 'forged', { headers });
  await come(server, 'direct', { headers });
  await RawHocuspocus.join(nginx, 'forged-hocuspocus', { path: prefix, socketOptions: { localAddress: outside, headers } });
  for (const document of ['honest', 'forged', 'direct', 'forged-hocuspocus'])
    assert.deepEqual(addressesIn(server.log, document), new Set([outside]), document);
  // The control: from the proxy's own address the server believes it.
  await RawYWebsocket.join(server, 'believed', { prefix, socketOptions: { localAddress: '127.0.0.1', headers } });
  assert.deepEqual(addressesIn(server.log, 'believed'), new Set(['203.0.113.66']));
});

test('HTTP/2 for /health, WebSockets beside it; the health port is not to be had', { timeout }, async (t) => {
  const { nginx } = await startBoth(t);
  const client = await join(t, nginx, 'y-websocket-3.1', 'beside', { prefix });
  const session = http2.connect(`https://127.0.0.1:${nginx.port}`);
  t.after(() => session.close());
  const health = await get(session, '/health');
  assert.equal(session.alpnProtocol, 'h2');
  assert.equal(health.status, 200);
  assert.equal(JSON.parse(health.text).connections, 1);
  for (const inside of ['/metrics', '/rooms', '/operator', '/livez', '/readyz'])
    assert.equal((await get(session, inside)).status, 404, inside);
  const plain = await fetch(`http://127.0.0.1:${nginx.plainPort}/ws/beside`, { redirect: 'manual' });
  assert.equal(plain.status, 301);
  assert.match(plain.headers.get('location'), /^https:/);
  assert.equal(client.disconnects, 0);
});

test('nginx -s reload with sockets open: they stay, and old and new ones edit together', { timeout }, async (t) => {
  const { nginx } = await startBoth(t);
  const clients = await joinThrough(t, nginx, 'reloaded');
  await assertEditsFlow(clients, 'before');
  await nginx.reload();
  await assertEditsFlow(clients, 'after');
  const newcomer = await join(t, nginx, kinds[0], 'reloaded', { prefix });
  await assertEditsFlow([...clients, newcomer], 'with a newcomer');
  for (const { kind, disconnects, wire } of clients)
    assert.deepEqual({ kind, disconnects, attempts: wire.attempts }, { kind, disconnects: 0, attempts: 1 });
});

test('the server restarts behind nginx: 502 meanwhile, clients come back, nothing is lost', { timeout }, async (t) => {
  const { server, nginx } = await startBoth(t);
  const clients = await joinThrough(t, nginx, 'restarted');
  await assertEditsFlow(clients, 'before');
  assert.equal((await server.terminate()).code, 0);
  assert.equal((await fetch(`https://127.0.0.1:${nginx.port}/health`)).status, 502);
  for (const { kind, doc } of clients) editJournal(doc, `while it was away, by ${kind}`);
  await server.launch();
  await Promise.all(clients.map((client) => waitFor(`${client.kind} to come back`, () => client.isConnected && client.isSynced)));
  const written = ['before', 'while it was away'].flatMap((when) => kinds.map((kind) => `${when}, by ${kind}`));
  await assertConverged(
    clients.map(({ doc }) => doc),
    { entries: written },
  );
  for (const { kind, disconnects } of clients) assert.ok(disconnects >= 1, kind);
});

test('a token in the URL is in no log of nginx, whether the server is there or not', { timeout }, async (t) => {
  const { server, nginx } = await startBoth(t);
  const secret = 'token-that-nobody-may-read';
  const params = { token: secret };
  await join(t, nginx, 'y-websocket-3.1', 'visited', { prefix, params });
  await server.terminate();
  const client = connect(t, nginx, 'y-websocket-3.1', 'missed', { prefix, params });
  await waitFor('nginx to answer 502', () => client.wire.refusals.includes(502));
  client.destroy();
  await waitFor('the line of a visit', () => nginx.logs().includes('"GET /ws/missed" 502'));
  assert.ok(!nginx.logs().includes(secret), nginx.logs());
});

test('nginx waits longer than the server pings, and than it takes a silent client for gone', () => {
  const header = readFileSync(path.resolve(import.meta.dirname, '../../src/net/websocket.h'), 'utf8');
  const seconds = (text, pattern) => Number(pattern.exec(text)[1]);
  const idle = seconds(header, /idle_timeout\{(\d+)\}/);
  assert.ok(seconds(header, /ping_interval\{(\d+)\}/) < idle);
  for (const name of ['proxy_read_timeout', 'proxy_send_timeout']) {
    const nginx = seconds(shippedFile('canvas-ws.conf'), new RegExp(`${name} (\\d+)s`));
    assert.ok(nginx > idle, `${name} is ${nginx} s, the server's idle_timeout ${idle} s`);
  }
});

test('several servers: a document is always on the same one, and only those of one that goes move', { timeout }, async (t) => {
  const servers = [];
  for (let i = 0; i < 3; ++i) servers.push(await Server.start(t, { flags }));
  const nginx = await Nginx.start(t, servers[0], { backends: servers });
  const documents = Array.from({ length: 24 }, (_, i) => `spread-${i}`);
  const placeOf = async (document, localAddress) => {
    const before = servers.map((server) => connectionsTo(server, document));
    const client = await RawYWebsocket.join(nginx, document, { prefix, socketOptions: { localAddress } });
    const place = servers.findIndex((server, i) => connectionsTo(server, document) > before[i]);
    await client.close();
    return place;
  };
  const places = await Promise.all(documents.map((document) => placeOf(document, outside)));
  assert.equal(new Set(places).size, 3, `documents are on servers ${places}`);
  assert.deepEqual(await Promise.all(documents.map((document) => placeOf(document, '127.0.0.3'))), places, 'another client');

  const [document] = documents;
  const byPath = await join(t, nginx, 'y-websocket-3.1', document, { prefix });
  const byQuery = await join(t, nginx, 'hocuspocus-4.8', document, { prefix: `${prefix}?document=${document}` });
  await assertEditsFlow([byPath, byQuery], 'both protocols');
  byPath.destroy();
  byQuery.destroy();

  await servers[1].terminate();
  const moved = await Promise.all(documents.map((document) => placeOf(document, outside)));
  places.forEach((place, i) => {
    if (place === 1) assert.ok([0, 2].includes(moved[i]), `${documents[i]} found no server`);
    else assert.equal(moved[i], place, `${documents[i]} moved`);
  });

  // Taken out of the file it is the same: who was moved stays where he is.
  nginx.edit('upstream-hash.conf', (text) => text.replace(new RegExp(`server 127.0.0.1:${servers[1].port}.*`), ''));
  await nginx.reload();
  const kept = await Promise.all(documents.map((document) => placeOf(document, outside)));
  places.forEach((place, i) => {
    if (place !== 1) assert.equal(kept[i], place, `${documents[i]} moved at the reload`);
  });
});

const connectionsTo = (server, document) =>
  server.log.filter((line) => line.event === 'access.accepted' && line.document === document).length;

function get(session, path) {
  return new Promise((resolve, reject) => {
    const request = session.request({ ':path': path });
    const answer = { text: '' };
    request.setEncoding('utf8');
    request.on('response', (headers) => {
      answer.status = headers[':status'];
    });
    request.on('data', (data) => {
      answer.text += data;
    });
    request.on('error', reject);
    request.on('end', () => resolve(answer));
    request.end();
  });
}
