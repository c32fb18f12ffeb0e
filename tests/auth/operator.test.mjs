// The operator's way in, where Better Auth says who may: it takes the secret of the server, and no session opens it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Y from 'yjs';
import { runCommand } from '../harness/command.mjs';
import { editJournal, journalOf } from '../harness/content.mjs';
import { authorizationOf, challengeOf, joinAsOperator, operatorProof, refusalOfOperator } from '../harness/operator.mjs';
import { Server } from '../harness/server.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';
import { BetterAuth, origin } from './harness/better_auth.mjs';
import { approach, ask } from './harness/entrance.mjs';

const timeout = 120_000;

test('who knows the secret is the operator, and nobody else is', { timeout }, async (t) => {
  const auth = await BetterAuth.start(t);
  const server = await Server.start(t, auth.serverOptions());
  const owner = await auth.signUp({ role: 'owner' });
  const { cookie, signedToken } = owner;
  const nonce = await challengeOf(server);
  const right = operatorProof(server, auth.secret, nonce);
  const refused = [
    {},
    { Authorization: 'Canvas-Operator' },
    { Authorization: `Canvas-Operator ${nonce}x ${right}` },
    { Authorization: `Bearer ${auth.secret}` },
    { Authorization: `Bearer ${signedToken}` },
    { Cookie: cookie },
    { Authorization: await authorizationOf(server, 'another secret') },
  ];
  for (const headers of refused) {
    assert.equal(await refusalOfOperator(server, 'plan', headers), 401, JSON.stringify(Object.keys(headers)));
  }
  const ofOtherPort = operatorProof({ healthPort: server.healthPort + 1 }, auth.secret, nonce);
  assert.equal(await refusalOfOperator(server, 'plan', { Authorization: `Canvas-Operator ${nonce} ${ofOtherPort}` }), 401);
  const used = { Authorization: await authorizationOf(server, auth.secret) };
  assert.equal(await refusalOfOperator(server, 'plan', used), null);
  assert.equal(await refusalOfOperator(server, 'plan', used), 401, 'a proof is good for once');
  const fromPage = { Authorization: await authorizationOf(server, auth.secret), Origin: origin };
  assert.equal(await refusalOfOperator(server, 'plan', fromPage), 403);

  const editor = approach(t, server, 'hocuspocus-4.8', 'plan', { cookie, origin });
  await editor.waitSynced();
  const authorization = await authorizationOf(server, auth.secret);
  const operator = await joinAsOperator(server, 'plan', { Authorization: authorization });
  const doc = new Y.Doc();
  editJournal(doc, 'restored');
  operator.sendUpdate(Y.encodeStateAsUpdate(doc));
  await operator.waitAcknowledged();
  await waitFor('the edit to arrive', () => journalOf(editor.doc).includes('restored'));
  const lines = JSON.stringify(server.log);
  assert.match(lines, /operator\.connected/);
  for (const secret of [auth.secret, right, authorization.split(' ')[2], signedToken]) assert.ok(!lines.includes(secret));
});

test('the proof of an operator opens nothing on the main port', { timeout }, async (t) => {
  const auth = await BetterAuth.start(t);
  const server = await Server.start(t, auth.serverOptions());
  for (const kind of ['hocuspocus-4.8', 'y-websocket-3.1']) {
    const authorization = await authorizationOf(server, auth.secret);
    const outcome = await ask(t, server, kind, 'operator', { token: authorization.split(' ')[2], authorization });
    assert.match(outcome, /^(?:denied|refused): /, kind);
  }
});

test('document restore proves that it knows the secret, and says so when it does not', { timeout }, async (t) => {
  const auth = await BetterAuth.start(t);
  const server = await Server.start(t, auth.serverOptions({ flags: ['--history', '7d'] }));
  const { cookie } = await auth.signUp();
  const editor = approach(t, server, 'hocuspocus-4.8', 'plan', { cookie, origin });
  await editor.waitSynced();
  const text = editor.doc.getText('text');
  text.insert(0, 'as it was');
  await waitFor('the edit to be saved', () => !editor.hasUnsynced);
  await sleep(20);
  const moment = new Date().toISOString();
  await sleep(20);
  text.delete(0, text.length);
  await waitFor('the edit to be saved', () => !editor.hasUnsynced);
  const restore = (secret) =>
    runCommand(['document', 'restore', 'plan', '--at', moment, '--server', `http://127.0.0.1:${server.healthPort}`], {
      env: { DATABASE_URL: auth.database.url, BETTER_AUTH_SECRET: secret, BETTER_AUTH_SECRETS: '', AUTH_SECRET: '' },
    });
  for (const secret of ['', 'another secret']) {
    const { code, stderr } = await restore(secret);
    assert.equal(code, 1);
    assert.match(stderr, /set BETTER_AUTH_SECRET as the server has it/);
  }
  assert.equal(text.toString(), '');
  const { code, stderr } = await restore(auth.secret);
  assert.equal(code, 0, stderr);
  await waitFor('the text to come back', () => text.toString() === 'as it was');
  assert.ok(!JSON.stringify(server.log).includes(auth.secret));
});
