// The operator's way in, where everybody on the machine is a guest: the health port takes edits from processes of this machine, and from nobody else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Y from 'yjs';
import { join, kinds } from '../harness/clients.mjs';
import { editJournal, journalOf } from '../harness/content.mjs';
import { joinAsOperator, refusalOfOperator } from '../harness/operator.mjs';
import { Server } from '../harness/server.mjs';
import { waitFor } from '../harness/wait.mjs';

const timeout = 60_000;

test('what the operator sends is saved, and everybody sees it', { timeout }, async (t) => {
  const server = await Server.start(t);
  const clients = await Promise.all(kinds.map((kind) => join(t, server, kind, 'plan')));
  const operator = await joinAsOperator(server, 'plan');
  const doc = new Y.Doc();
  editJournal(doc, 'from the operator');
  operator.sendUpdate(Y.encodeStateAsUpdate(doc));
  await operator.waitAcknowledged();
  await server.kill();
  await server.launch();
  const late = await join(t, server, kinds[0], 'plan');
  for (const client of [...clients, late]) {
    await waitFor('the edit to arrive', () => journalOf(client.doc).includes('from the operator'));
  }
});

test('a web page, and who comes through a proxy, are no operators', { timeout }, async (t) => {
  const server = await Server.start(t);
  assert.equal(await refusalOfOperator(server, 'plan'), null);
  assert.equal(await refusalOfOperator(server, 'plan', { Origin: 'http://127.0.0.1:3000' }), 403);
  assert.equal(await refusalOfOperator(server, 'plan', { Origin: 'null' }), 403);
  assert.equal(await refusalOfOperator(server, 'plan', { 'X-Forwarded-For': '127.0.0.1' }), 403);
  assert.equal(await refusalOfOperator(server, 'plan', { 'X-Forwarded-For': '' }), 403);
  assert.equal(await refusalOfOperator(server, 'plan', { 'X-Real-IP': '127.0.0.1' }), 403);
  assert.equal(await refusalOfOperator(server, 'plan', { Host: 'evil.example' }), 403);
  assert.equal(await refusalOfOperator(server, 'plan', { Host: 'localhost:3002' }), null);
});
