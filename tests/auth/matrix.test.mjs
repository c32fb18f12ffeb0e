// Every way to say who one is, with every kind of permission, from every version of every client: who gets in, who may
// write, what the others are told, and whether they come again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Y from 'yjs';
import { isHocuspocus, kinds } from '../harness/clients.mjs';
import { editJournal, journalOf } from '../harness/content.mjs';
import { RawHocuspocus } from '../harness/raw_client.mjs';
import { Server } from '../harness/server.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';
import { BetterAuth, origin } from './harness/better_auth.mjs';
import { approach, outcomeOf } from './harness/entrance.mjs';
import { cookieOf, tampered } from './harness/forgery.mjs';

const notKnown = { http: 401, why: /./ };
const notHere = { http: 403, why: /a cookie is taken only from pages of the allowed origins/ };
const notAllowed = { http: 403, why: /there is no such document for you/ };

// How it is shown, and what is wrong with it if something is.
const credentials = {
  cookie: { by: ({ cookie }) => ({ cookie, origin }) },
  'cookie from a foreign page': { by: ({ cookie }) => ({ cookie, origin: 'https://evil.example' }), refusal: notHere },
  'cookie from no page': { by: ({ cookie }) => ({ cookie }), refusal: notHere },
  'bearer, raw': { by: ({ token }) => ({ authorization: `Bearer ${token}` }) },
  'bearer, signed': { by: ({ signedToken }) => ({ authorization: `Bearer ${signedToken}` }) },
  JWT: { by: ({ jwt }) => ({ token: jwt }) },
  'one-time token': { by: ({ oneTime }) => ({ token: oneTime }) },
  nothing: { by: () => ({}), refusal: notKnown },
  'cookie, forged': {
    by: ({ signedToken }) => ({ cookie: cookieOf(tampered(signedToken, 9)), origin }),
    refusal: notKnown,
  },
  'bearer, forged': { by: ({ token }) => ({ authorization: `Bearer ${tampered(token, 9)}` }), refusal: notKnown },
  'session signed out': { by: ({ gone }) => ({ cookie: gone.cookie, origin }), refusal: notKnown },
};

// The role of the user, and what it grants.
const permissions = {
  owner: 'read-write',
  editor: 'read-write',
  'viewer,editor': 'read-write',
  viewer: 'readonly',
  'gardener, viewer': 'readonly',
  gardener: null,
  'Editor ': null, // names are as they are
};

test('credentials x permissions x clients', { timeout: 180_000 }, async (t) => {
  const auth = await BetterAuth.start(t);
  const server = await Server.start(t, auth.serverOptions());
  const observer = await observe(auth, server);
  const cells = await makeCells(auth, { ...permissions, [null]: 'read-write' });
  for (const cell of cells) cell.client = approach(t, server, cell.kind, 'matrix', cell.shown);
  await Promise.all([sleep(3000), ...cells.map(tellOutcome)]);
  for (const cell of cells) cell.attempts = cell.client.wire.attempts;
  for (const cell of cells.filter(({ isIn }) => isIn)) editJournal(cell.client.doc, cell.name);
  const writers = cells.filter(({ expected }) => expected.scope === 'read-write').map(({ name }) => name);
  await waitFor(
    () => `the writers' edits; missing: ${writers.filter((name) => !journalOf(observer.doc).includes(name))}`,
    () => journalOf(observer.doc).length >= writers.length,
  );
  const found = Object.fromEntries(cells.map((cell) => [cell.name, describe(cell, journalOf(observer.doc))]));
  const wanted = Object.fromEntries(cells.map((cell) => [cell.name, cell.expected.description]));
  assert.deepEqual(found, wanted);
  assert.deepEqual(journalOf(observer.doc).toSorted(), writers.toSorted());
  for (const cell of cells) checkWhatWasTold(cell);
});

async function makeCells(auth, roles) {
  const cells = [];
  for (const [role, grant] of Object.entries(roles)) {
    const person = await auth.signUp({ role: role === 'null' ? null : role });
    const gone = await auth.signIn(person);
    await auth.signOut(gone);
    const jwt = await auth.jwt(person);
    for (const [credential, { by, refusal }] of Object.entries(credentials)) {
      for (const kind of kinds) {
        const name = `${credential}, ${role}, ${kind}`;
        const shown = by({ ...person, gone, jwt, oneTime: await auth.oneTimeToken(person) });
        const expected = expectationOf(kind, refusal ?? (grant === null ? notAllowed : null), grant);
        cells.push({ name, kind, expected, shown });
      }
    }
  }
  return cells;
}

// What a version does with a refusal: facts of the clients, not of the server. Hocuspocus clients keep their socket for
// another token; y-websocket comes again, after 0.1, 0.2, 0.4 s and so on.
function expectationOf(kind, refusal, grant) {
  if (refusal === null) return { scope: grant, description: `${grant}, comes once` };
  if (isHocuspocus(kind)) return { refusal, description: 'denied, comes once' };
  return { refusal, description: `refused with ${refusal.http}, comes again, slower and slower` };
}

async function tellOutcome(cell) {
  cell.outcome = await outcomeOf(cell.client);
  cell.isIn = /^(in|readonly|read-write)$/.test(cell.outcome);
}

function describe({ name, client, attempts, isIn }, journal) {
  const scope = journal.includes(name) ? 'read-write' : 'readonly';
  const answer = isIn ? scope : client.wasDenied ? 'denied' : `refused with ${client.wire.refusals[0]}`;
  return `${answer}, ${comings(attempts)}`;
}

const comings = (attempts) => {
  if (attempts === 1) return 'comes once';
  return attempts >= 2 && attempts <= 8 ? 'comes again, slower and slower' : `comes ${attempts} times`;
};

function checkWhatWasTold({ name, kind, client, outcome, expected }) {
  const { refusals, closeCodes } = client.wire;
  if (!isHocuspocus(kind)) {
    const [first, ...later] = refusals;
    assert.equal(first, expected.refusal?.http, name);
    const isUsedUp = name.startsWith('one-time token'); // it was taken, and then the document was not allowed
    assert.ok(
      later.every((status) => status === (isUsedUp ? 401 : first)),
      `${name}: ${refusals}`,
    );
    assert.deepEqual(closeCodes, [], name);
    return;
  }
  assert.deepEqual(refusals, [], name);
  if (expected.refusal) {
    assert.equal(client.denials.length, 1, name);
    assert.match(client.denials[0], expected.refusal.why, name);
  } else {
    assert.equal(outcome, expected.scope, name);
  }
  assert.deepEqual(closeCodes, [], name);
}

async function observe(auth, server) {
  const { token } = await auth.signUp();
  return RawHocuspocus.join(server, 'matrix', { token, doc: new Y.Doc() });
}
