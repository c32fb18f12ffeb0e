// Everything that Better Auth gives somebody to say who he is, and everything that looks like it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kinds } from '../harness/clients.mjs';
import { Server } from '../harness/server.mjs';
import { BetterAuth, layouts, origin, versions } from './harness/better_auth.mjs';
import { approach, ask, outcomeOf } from './harness/entrance.mjs';
import { cookieOf, forgedJwts, forgedTokens, tampered } from './harness/forgery.mjs';

const timeout = 120_000;
const hocuspocus = 'hocuspocus-4.8';
const yWebsocket = 'y-websocket-3.1';

for (const version of versions) {
  for (const layout of layouts) {
    const name = `Better Auth ${version}, ${layout}`;

    test(`${name}: whoever shows a good credential gets in`, { timeout }, async (t) => {
      const { auth, server } = await start(t, { version, layout });
      const person = await auth.signUp();
      const { token, signedToken, cookie } = person;
      const encoded = encodeURIComponent(signedToken);
      const byHeader = {
        cookie: { cookie, origin },
        'cookie among others': { cookie: `a=b; ${cookie}; theme=dark`, origin },
        'cookie of an https app': { cookie: `__Secure-${cookie}`, origin },
        'raw bearer': { authorization: `Bearer ${token}` },
        'signed bearer': { authorization: `Bearer ${signedToken}` },
        'encoded bearer': { authorization: `bearer ${encoded}` },
        'bearer JWT': { authorization: `Bearer ${await auth.jwt(person)}` },
      };
      const byToken = {
        'raw token': { token },
        'signed token': { token: signedToken },
        'encoded token': { token: encoded },
      };
      const forUrls = { JWT: { token: await auth.jwt(person) } };
      await expectAll(t, server, hocuspocus, { ...byHeader, ...byToken, ...forUrls }, 'read-write');
      await expectAll(t, server, yWebsocket, { ...byHeader, ...forUrls }, 'in');
    });

    test(`${name}: a one-time token lets in once`, { timeout }, async (t) => {
      const { auth, server } = await start(t, { version, layout });
      const person = await auth.signUp();
      // Many: they are random, and each character that is in some of them only has its chance.
      for (let i = 0; i < 10; ++i) {
        for (const [kind, by] of [
          [hocuspocus, (token) => ({ token })],
          [hocuspocus, (token) => ({ url: token })],
          [yWebsocket, (token) => ({ token })],
          [yWebsocket, (token) => ({ authorization: `Bearer ${token}` })],
        ]) {
          const token = await auth.oneTimeToken(person);
          assert.match(await ask(t, server, kind, 'room', by(token)), /^(in|read-write)$/, `${kind}, ${token}`);
          assert.match(await ask(t, server, kind, 'room', by(token)), /^(denied|refused: 401)/, `${kind}, ${token}`);
        }
      }
    });

    test(`${name}: of ten who bring one one-time token, one gets in`, { timeout }, async (t) => {
      const { auth, server } = await start(t, { version, layout });
      const person = await auth.signUp();
      for (let round = 0; round < 5; ++round) {
        const token = await auth.oneTimeToken(person);
        const clients = Array.from({ length: 10 }, (_, i) =>
          approach(t, server, i % 2 ? hocuspocus : yWebsocket, 'race', { token }),
        );
        const outcomes = await Promise.all(clients.map(outcomeOf));
        assert.equal(outcomes.filter((outcome) => /^(in|read-write)$/.test(outcome)).length, 1, `${outcomes}`);
        for (const client of clients) client.destroy();
      }
    });

    test(`${name}: no imitation of a credential gets in`, { timeout }, async (t) => {
      const { auth, server } = await start(t, { version, layout });
      const person = await auth.signUp();
      const stranger = await BetterAuth.start(t, { version, layout, migration: null });
      const [foreigner, jwt] = [await stranger.signUp(), await auth.jwt(person)];
      const signed = Object.entries(forgedTokens(person));
      const bad = {
        'no credential': {},
        'a token of nobody': { token: tampered(person.token, 7) },
        'a token of nobody, as a bearer': { authorization: `Bearer ${tampered(person.token, 7)}` },
        'a cookie without a signature': { cookie: cookieOf(person.token), origin },
        'a cookie of another app': { cookie: foreigner.cookie, origin },
        'a token of another app': { authorization: `Bearer ${foreigner.token}` },
        'a JWT of another app': { token: await stranger.jwt(foreigner) },
        'a one-time token of another app': { token: await stranger.oneTimeToken(foreigner) },
        'a bad cookie before a good one': {
          cookie: `${cookieOf(tampered(person.signedToken, 3))}; ${person.cookie}`,
          origin,
        },
        'a bad bearer beside a good cookie': {
          authorization: `Bearer ${tampered(person.token, 1)}`,
          cookie: person.cookie,
          origin,
        },
        'a session token in x-session-token': { header: person.token },
        ...named('a cookie', signed, (token) => ({ cookie: cookieOf(token), origin })),
        ...named('a bearer', signed, (token) => ({ authorization: `Bearer ${token}` })),
        ...named('a token', signed, (token) => ({ token })),
        ...named('a JWT', Object.entries(forgedJwts(jwt)), (token) => ({ token })),
      };
      await expectAll(t, server, hocuspocus, bad, /^denied: ./);
      const inUrl = { 'a session token in the URL': { token: person.token } };
      await expectAll(t, server, yWebsocket, { ...bad, ...inUrl }, 'refused: 401');
      // What was used for the forgeries is still good.
      assert.equal(await ask(t, server, yWebsocket, 'room', { cookie: person.cookie, origin }), 'in');
      assert.equal(await ask(t, server, yWebsocket, 'room', { token: jwt }), 'in');
    });

    test(`${name}: what has ended gets nobody in`, { timeout }, async (t) => {
      const { auth, server } = await start(t, { version, layout });
      const ends = {
        'signed out': (person) => auth.signOut(person),
        revoked: async (person) => auth.revokeSession(person, await auth.signIn(person)),
        banned: (person) => auth.ban(person),
        'banned in SQL': (person) => auth.banInSql(person),
        deleted: (person) => auth.removeUser(person),
        expired: (person) => auth.setExpiry(person, new Date(Date.now() - 1000)),
      };
      const outlives = ['signed out', 'revoked', 'expired']; // a JWT knows of no session
      for (const [what, end] of Object.entries(ends)) {
        const person = await auth.signUp();
        const [jwt, oneTime] = [await auth.jwt(person), await auth.oneTimeToken(person)];
        const credentials = {
          cookie: { cookie: person.cookie, origin },
          'raw token': { authorization: `Bearer ${person.token}` },
          'signed token': { authorization: `Bearer ${person.signedToken}` },
          'one-time token': { token: oneTime },
          ...(outlives.includes(what) ? {} : { JWT: { token: jwt } }),
        };
        await end(person);
        await expectAll(t, server, hocuspocus, credentials, /^denied: ./, what);
        await expectAll(t, server, yWebsocket, credentials, 'refused: 401', what);
      }
    });
  }
}

test('a session that ends in five hours is good, and one that ended a minute ago is not', { timeout }, async (t) => {
  for (const layout of layouts) {
    const { auth, server } = await start(t, { layout });
    const person = await auth.signUp();
    const by = { cookie: person.cookie, origin };
    for (const [minutes, outcome] of [
      [60 * 5 - 1, 'in'],
      [1, 'in'],
      [-1, 'refused: 401'],
      [-(60 * 5 - 1), 'refused: 401'],
    ]) {
      await auth.setExpiry(person, new Date(Date.now() + minutes * 60_000));
      assert.equal(await ask(t, server, yWebsocket, 'room', by), outcome, `${layout}, ${minutes} minutes`);
    }
  }
});

test('a ban that is over counts no more', { timeout }, async (t) => {
  for (const layout of ['built-in', 'app']) {
    const { auth, server } = await start(t, { layout });
    const person = await auth.signUp();
    const by = { cookie: person.cookie, origin };
    const expires = layout === 'app' ? "now() AT TIME ZONE 'UTC'" : 'now()';
    for (const [interval, outcome] of [
      ['1 minute', 'refused: 401'],
      ['-1 minute', 'in'],
    ]) {
      const sql = `UPDATE "user" SET banned = TRUE, {banExpires} = ${expires} + ?::interval WHERE id = ?`;
      await auth.sql(sql, interval, person.userId);
      assert.equal(await ask(t, server, yWebsocket, 'room', by), outcome, `${layout}, ${interval}`);
    }
  }
});

test('where it is allowed a session token in the URL or x-session-token gets in', { timeout }, async (t) => {
  const { auth, server } = await start(t, { flags: ['--allow-session-token-in-url'] });
  const { token, signedToken } = await auth.signUp();
  const good = { raw: { url: token }, signed: { url: signedToken }, header: { header: token } };
  await expectAll(t, server, yWebsocket, good, 'in');
  await expectAll(t, server, hocuspocus, good, 'read-write');
  const bad = { tampered: { url: tampered(token, 2) }, forged: { url: tampered(signedToken, 2) } };
  await expectAll(t, server, yWebsocket, bad, 'refused: 401');
});

test('a cookie counts only from the pages of the app', { timeout }, async (t) => {
  const { auth, server } = await start(t, {
    flags: ['--allowed-origins', 'https://*.example.org'],
    environment: { BETTER_AUTH_TRUSTED_ORIGINS: 'https://other.example,http://localhost:5173' },
  });
  const { cookie, token } = await auth.signUp();
  const allowed = [origin, 'https://other.example', 'http://localhost:5173', 'https://a.example.org'];
  const foreign = ['https://evil.example', 'https://app.example', 'http://app.example:8080', 'null', undefined];
  const lookalikes = ['http://app.example.evil.com', 'https://example.org.evil.com', 'https://evil.com/.example.org'];
  for (const page of allowed)
    assert.equal(await ask(t, server, yWebsocket, 'room', { cookie, origin: page }), 'in', page);
  for (const page of [...foreign, ...lookalikes]) {
    assert.equal(await ask(t, server, yWebsocket, 'room', { cookie, origin: page }), 'refused: 403', page);
    assert.match(await ask(t, server, hocuspocus, 'room', { cookie, origin: page }), /^denied: ./, page);
    const by = { authorization: `Bearer ${token}`, origin: page };
    assert.equal(await ask(t, server, yWebsocket, 'room', by), 'in', `a token from ${page}`);
  }
});

test('an app on https: only the __Secure- cookie counts', { timeout }, async (t) => {
  const auth = await BetterAuth.start(t, { baseUrl: 'https://app.example' });
  const server = await Server.start(t, auth.serverOptions());
  const person = await auth.signUp();
  assert.match(person.cookie, /^__Secure-better-auth\.session_token=/);
  const plain = cookieOf(person.signedToken);
  const page = { origin: 'https://app.example' };
  assert.equal(await ask(t, server, yWebsocket, 'room', { cookie: person.cookie, ...page }), 'in');
  assert.equal(await ask(t, server, yWebsocket, 'room', { cookie: plain, ...page }), 'refused: 401');
});

test('an app with a cookie prefix of its own', { timeout }, async (t) => {
  const auth = await BetterAuth.start(t, { changes: { advanced: { cookiePrefix: 'canvas' } } });
  const server = await Server.start(t, auth.serverOptions({ flags: ['--cookie-prefix', 'canvas'] }));
  const person = await auth.signUp();
  assert.match(person.cookie, /^canvas\.session_token=/);
  assert.equal(await ask(t, server, yWebsocket, 'room', { cookie: person.cookie, origin }), 'in');
  const usual = cookieOf(person.signedToken);
  assert.equal(await ask(t, server, yWebsocket, 'room', { cookie: usual, origin }), 'refused: 401');
});

test('an old secret counts when that is wanted', { timeout }, async (t) => {
  const auth = await BetterAuth.start(t);
  const environment = { BETTER_AUTH_SECRETS: `2:${'n'.repeat(40)},1:${auth.secret}` };
  const { cookie } = await auth.signUp();
  for (const [flags, outcome] of [
    [[], 'refused: 401'],
    [['--accept-old-secrets'], 'in'],
  ]) {
    const server = await Server.start(t, auth.serverOptions({ environment, flags }));
    assert.equal(await ask(t, server, yWebsocket, 'room', { cookie, origin }), outcome, `${flags}`);
  }
});

test('who is impersonated gets in', { timeout }, async (t) => {
  const { auth, server } = await start(t);
  const { cookie } = await auth.impersonate(await auth.signUp());
  assert.equal(await ask(t, server, yWebsocket, 'room', { cookie, origin }), 'in');
});

async function start(t, { version, layout, ...options } = {}) {
  const auth = await BetterAuth.start(t, { version, layout });
  return { auth, server: await Server.start(t, auth.serverOptions(options)) };
}

// All at once; every outcome that is another than expected is told.
async function expectAll(t, server, kind, cases, expected, context = kind) {
  if (!kinds.includes(kind)) return;
  const outcomes = await Promise.all(Object.values(cases).map((by) => ask(t, server, kind, 'room', by)));
  const wrong = Object.keys(cases)
    .map((name, i) => [name, outcomes[i]])
    .filter(([, outcome]) => (expected instanceof RegExp ? !expected.test(outcome) : outcome !== expected));
  assert.deepEqual(Object.fromEntries(wrong), {}, `${context}: these should be ${expected}`);
}

const named = (prefix, entries, by) =>
  Object.fromEntries(entries.map(([name, token]) => [`${prefix} ${name}`, by(token)]));
