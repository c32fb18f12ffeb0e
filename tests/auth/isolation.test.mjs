// 1,000 users, 300 diagrams and all kinds of grants: everybody gets what the rules say, and no frame of a room reaches
// somebody who is not in it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { editJournal } from '../harness/content.mjs';
import * as frames from '../harness/frames.mjs';
import { Random } from '../harness/random.mjs';
import { Server } from '../harness/server.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';
import { BetterAuth } from './harness/better_auth.mjs';
import { accessOf, makeWorld, organizationPermissions, storeWorld } from './harness/world.mjs';

const users = 1000;
const documentsAsked = 7; // by each user
const batch = 100;

test('1,000 users get what a model of the rules says, and hear of nothing else', { timeout: 300_000 }, async (t) => {
  const random = Random.forTest(t);
  const { auth, server, world } = await start(t, random, { users, diagrams: 300 });
  const visitors = world.users.map((user) => new Visitor(server, user, chooseQuestions(random, world, user)));
  await inBatches(visitors, (visitor) => visitor.enter());
  t.after(() => visitors.forEach((visitor) => visitor.socket.terminate()));

  const asked = visitors.flatMap((visitor) => visitor.documents.map((document) => ({ visitor, document })));
  const wrong = asked
    .map(({ visitor, document }) => ({ visitor, document, wanted: visitor.expected(world, document) }))
    .filter(({ visitor, document, wanted }) => visitor.answers.get(document) !== wanted)
    .map(
      ({ visitor, document, wanted }) =>
        `${visitor.user.id} in ${document}: ${visitor.answers.get(document)}, not ${wanted}`,
    );
  assert.deepEqual(wrong, []);
  const counts = countBy(asked, ({ visitor, document }) => visitor.answers.get(document));
  t.diagnostic(`answers: ${JSON.stringify(counts)}`);
  for (const answer of ['read-write', 'readonly', 'null']) assert.ok(counts[answer] > 100, `too few: ${answer}`);

  // Everybody writes into everything that he has asked for, whatever the answer was.
  for (const visitor of visitors) visitor.writeEverywhere();
  const allowed = asked.filter(({ visitor, document }) => visitor.answers.get(document) === 'read-write');
  const markers = allowed.map(({ visitor, document }) => markerOf(visitor.user, document)).toSorted();
  await waitFor('what may be written to be stored', async () => (await storedMarkers(auth)).length >= markers.length, {
    timeout: 120_000,
    interval: 500,
  });
  await sleep(1000);
  const stored = await storedMarkers(auth);
  assert.deepEqual(stored.map(({ marker }) => marker).toSorted(), markers);
  for (const { document, marker } of stored) assert.ok(marker.endsWith(`|${document}`), `${marker} in ${document}`);
  for (const visitor of visitors) visitor.checkWhatItHeard();
});

test('y-websocket clients are refused at the door by the same rules', { timeout: 120_000 }, async (t) => {
  const random = Random.forTest(t);
  const { server, world } = await start(t, random, { users: 300, diagrams: 100 });
  const questions = world.users.flatMap((user) => {
    const link = random.chance(0.5) ? random.pick(world.links) : undefined;
    const documents = [...chooseDocuments(random, world, user, 3), ...(link ? [link.diagram] : []), 'nowhere'];
    return documents.map((document) => ({ user, document, link }));
  });
  const wrong = [];
  await inBatches(questions, async ({ user, document, link }) => {
    const status = await upgradeStatus(server, user, document, link);
    const wanted = accessOf(world, user, document, link) === null ? 403 : 101;
    if (status !== wanted)
      wrong.push(`${user.id} in ${document} with ${JSON.stringify(link)}: ${status}, not ${wanted}`);
  });
  assert.deepEqual(wrong, []);
});

async function start(t, random, size) {
  const auth = await BetterAuth.start(t, { migration: ['--with-diagrams'] });
  const world = makeWorld(random, size);
  await storeWorld(auth, world);
  const flags = ['--permissions', 'diagram', '--organization-role-permissions', organizationPermissions];
  return { auth, world, server: await Server.start(t, auth.serverOptions({ flags })) };
}

// Half of what somebody asks for is likely to be his.
function chooseQuestions(random, world, user) {
  const link = random.chance(0.4) ? random.pick(world.links) : undefined;
  const documents = chooseDocuments(random, world, user, documentsAsked);
  return { link, documents: [...new Set(link ? [...documents, link.diagram] : documents)] };
}

function chooseDocuments(random, world, user, count) {
  const own = [
    ...world.diagrams.filter(({ owner }) => owner === user.id).map(({ id }) => id),
    ...world.memberships.filter((each) => each.user === user.id).map(({ diagram }) => diagram),
  ].slice(0, Math.ceil(count / 2));
  const others = Array.from({ length: count - own.length }, () => random.pick(world.diagrams).id);
  return [...new Set([...own, ...others])];
}

// A user with one Hocuspocus socket, who asks for several documents on it and keeps all that he gets.
class Visitor {
  user;
  link;
  documents;
  socket;
  answers = new Map(); // of document: "read-write", "readonly" or null when it is denied
  #server;
  #heard = [];

  constructor(server, user, { link, documents }) {
    this.#server = server;
    this.user = user;
    this.link = link;
    this.documents = documents;
  }

  expected(world, document) {
    return accessOf(world, this.user, document, this.link);
  }

  async enter() {
    const query = this.link ? `?share=${this.link.token}` : '';
    this.socket = new WebSocket(`${this.#server.url}/${query}`, { perMessageDeflate: false });
    this.socket.on('error', () => {});
    this.socket.on('message', (data) => this.#receive(new Uint8Array(data)));
    this.socket.on('open', () => {
      for (const document of this.documents) {
        this.socket.send(frames.authToken(document, this.user.token, '4.8.0'));
        this.socket.send(frames.step1(document));
      }
    });
    await waitFor(
      () => `answers to ${this.user.id}: ${this.answers.size} of ${this.documents.length}`,
      () => this.answers.size === this.documents.length,
    );
  }

  writeEverywhere() {
    for (const document of this.documents) {
      const doc = new Y.Doc();
      editJournal(doc, `[[${markerOf(this.user, document)}]]`);
      const state = JSON.stringify(`[[${markerOf(this.user, document)}]]`);
      this.socket.send(frames.update(document, Y.encodeStateAsUpdate(doc)));
      this.socket.send(
        frames.awareness(document, frames.awarenessPayload([{ client: doc.clientID, clock: 1, state }])),
      );
    }
  }

  checkWhatItHeard() {
    for (const { address, markers } of this.#heard) {
      assert.ok(this.documents.includes(address), `${this.user.id} has heard of ${address}`);
      if (markers.length > 0) assert.notEqual(this.answers.get(address), null, `${this.user.id} is not in ${address}`);
      for (const marker of markers)
        assert.ok(marker.endsWith(`|${address}`), `${this.user.id} has heard ${marker} in ${address}`);
    }
  }

  #receive(bytes) {
    const read = frames.readServerFrame(bytes, { withAddress: true });
    if (read.address === null) return;
    if (read.type === frames.type.auth) this.answers.set(read.address, read.scope ?? null);
    if (read.type === frames.type.sync && read.step === frames.sync.step1) this.socket.send(frames.step2(read.address));
    this.#heard.push({ address: read.address, markers: markersIn(bytes) });
  }
}

const markerOf = (user, document) => `${user.id}|${document}`;

const markersIn = (bytes) =>
  [
    ...Buffer.from(bytes)
      .toString('latin1')
      .matchAll(/\[\[(\w+\|\w+)\]\]/g),
  ].map(([, marker]) => marker);

// [{document, marker}], of the log and of what is folded.
async function storedMarkers({ database }) {
  const columns = 'SELECT document_id AS id, "update" AS bytes FROM yjs_update_log WHERE folded_at IS NULL';
  const rows = await database.all(`${columns} UNION ALL SELECT id, data FROM yjs_document`);
  const found = rows.flatMap(({ id, bytes }) => markersIn(bytes).map((marker) => ({ document: id, marker })));
  return [...new Map(found.map((each) => [`${each.document} ${each.marker}`, each])).values()];
}

async function upgradeStatus(server, user, document, link) {
  const query = link ? `?share=${link.token}` : '';
  const headers = { Authorization: `Bearer ${user.token}` };
  const socket = new WebSocket(`${server.url}/${document}${query}`, { headers });
  try {
    return await new Promise((resolve, reject) => {
      socket.on('open', () => resolve(101));
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.on('error', reject);
    });
  } finally {
    socket.on('error', () => {}); // terminating a refused socket is an error to `ws`
    socket.terminate();
  }
}

async function inBatches(list, action) {
  for (let i = 0; i < list.length; i += batch) await Promise.all(list.slice(i, i + batch).map(action));
}

function countBy(list, key) {
  const counts = {};
  for (const each of list) counts[key(each)] = (counts[key(each)] ?? 0) + 1;
  return counts;
}
