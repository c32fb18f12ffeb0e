// What the log says of who came and went, and what it never says: a cookie, a token, a signature or a query.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kinds, isHocuspocus } from '../harness/clients.mjs';
import { Server } from '../harness/server.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';
import { BetterAuth, origin } from './harness/better_auth.mjs';
import { approach, ask, outcomeOf } from './harness/entrance.mjs';
import { cookieOf, forgedJwts, forgedTokens, tampered } from './harness/forgery.mjs';
import { assertLogSilent } from './harness/silence.mjs';

const timeout = 120_000;
const room = 'secret plans';

test('the log tells who came, who was refused, and what was changed and taken away', { timeout }, async (t) => {
  const { auth, server } = await start(t);
  const person = await auth.signUp();
  const by = { cookie: person.cookie, origin, address: '192.0.2.7' };
  const about = { user: person.userId, session: person.sessionId, document: 'room', address: '192.0.2.7' };
  for (const kind of ['hocuspocus-4.8', 'y-websocket-3.1']) {
    const client = approach(t, server, kind, 'room', by);
    await client.waitSynced();
    await expectLine(server, { event: 'access.accepted', ...about });
    await auth.setRole(person, 'viewer');
    await expectLine(server, { event: 'access.changed', ...about });
    await auth.setRole(person, 'editor');
    client.destroy();
    await ask(t, server, kind, 'room', { ...by, cookie: cookieOf(tampered(person.signedToken, 3)) });
    await expectLine(server, { event: 'access.refused', document: 'room', address: '192.0.2.7' });
    server.log.length = 0;
  }
  const last = approach(t, server, 'y-websocket-3.1', 'room', by);
  await last.waitSynced();
  await auth.signOut(person);
  await expectLine(server, { event: 'access.revoked', ...about });
});

test('somebody who is known, and may not see a document, is named', { timeout }, async (t) => {
  const { auth, server } = await start(t);
  const { cookie, userId, sessionId } = await auth.signUp({ role: 'gardener' });
  for (const kind of ['hocuspocus-4.8', 'y-websocket-3.1']) {
    await ask(t, server, kind, kind, { cookie, origin });
    await expectLine(server, { event: 'access.refused', user: userId, session: sessionId, document: kind });
  }
});

test('who acts as somebody else is named', { timeout }, async (t) => {
  const { auth, server } = await start(t);
  const person = await auth.signUp();
  const acting = await auth.impersonate(person);
  await approach(t, server, 'y-websocket-3.1', 'room', { cookie: acting.cookie, origin }).waitSynced();
  const line = await expectLine(server, { event: 'access.accepted', user: person.userId });
  assert.ok(JSON.stringify(line).includes((await auth.admin()).userId));
});

test('whatever is shown, no line holds it', { timeout }, async (t) => {
  for (const flags of [[], ['--allow-session-token-in-url'], ['--log-format', 'text']]) {
    const { auth, server } = await start(t, ['--log-level', 'debug', ...flags]);
    const person = await auth.signUp();
    const [jwt, ended] = [await auth.jwt(person), await auth.signIn(person)];
    await auth.signOut(ended);
    const secrets = [auth.secret, jwt, person.token, ended.token, person.signedToken, person.cookie];
    const clients = [];
    const come = async (kind, by, options) => {
      for (const value of Object.values(by)) if (value !== origin) secrets.push(value);
      const client = approach(t, server, kind, room, by, options);
      clients.push(client);
      await outcomeOf(client);
    };
    for (const kind of kinds) {
      const oneTime = await auth.oneTimeToken(person);
      const tokens = [person.token, person.signedToken, jwt, oneTime, oneTime, ended.token, 'not a token at all'];
      tokens.push(...Object.values(forgedTokens(person)), ...Object.values(forgedJwts(jwt)));
      for (const token of tokens) {
        await come(kind, { authorization: `Bearer ${token}` });
        await come(kind, { cookie: cookieOf(token), origin });
        await come(kind, { url: token });
        if (isHocuspocus(kind)) await come(kind, { token });
      }
      await come(kind, { cookie: person.cookie, origin: 'https://evil.example' });
      clients.splice(0).forEach((client) => client.destroy());
    }
    await auth.signOut(person);
    await sleep(500);
    assertLogSilent(server, secrets);
    for (const event of ['access.refused', 'client.connected', 'client.disconnected', 'client.refused'])
      assert.ok(
        server.log.some((line) => line.event === event),
        event,
      );
  }
});

async function start(t, flags = []) {
  const auth = await BetterAuth.start(t, { migration: ['--with-triggers'] });
  return { auth, server: await Server.start(t, auth.serverOptions({ flags })) };
}

function expectLine(server, wanted) {
  const matches = (line) =>
    line.kind === 'security' && Object.entries(wanted).every(([name, value]) => line[name] === value);
  return waitFor(
    () =>
      `a line ${JSON.stringify(wanted)}; there are\n${server.log
        .filter(({ kind }) => kind === 'security')
        .map((line) => JSON.stringify(line))
        .join('\n')}`,
    () => server.log.find(matches),
    { timeout: 5000 },
  );
}
