// `canvas-ws bench` and deploy/smoke-test.sh where Better Auth says who may: they come in as people do, and tell nobody
// with what.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { atEnd } from '../harness/cleanup.mjs';
import { runCommand } from '../harness/command.mjs';
import { binary, Server } from '../harness/server.mjs';
import { BetterAuth, origin } from './harness/better_auth.mjs';
import { cookieOf, tampered } from './harness/forgery.mjs';
import { assertLogSilent, assertSilent } from './harness/silence.mjs';

const timeout = 180_000;
const run = promisify(execFile);
const smoke = path.resolve(import.meta.dirname, '../../deploy/smoke-test.sh');
const load = [
  ...['--pattern', 'typing', '--documents', '2', '--clients', '2'],
  ...['--warm-up', '0', '--duration', '2', '--json'],
];
const refusal = /^canvas-ws: the server refuses(?: the WebSocket: HTTP\/1\.1 40[13] |: ).+$/m;
const protocols = ['hocuspocus', 'y-websocket', 'mixed'];

// Some at a time: each has a Better Auth and a server of its own, and mostly waits.
describe('canvas-ws bench where credentials count', { concurrency: 4 }, () => {
  test('who shows nothing, or nothing good, is told so', { timeout }, async (t) => {
    const { auth, server, person } = await start(t);
    const [forged, forgedToken] = [cookieOf(tampered(person.signedToken, 3)), tampered(person.token, 3)];
    const secrets = secretsOf(auth, person, forged, forgedToken);
    const from = ['--origin', origin];
    for (const protocol of protocols) {
      for (const [what, env, options] of [
        ['nothing', {}, []],
        ['nothing, from the app', {}, from],
        ['a forged cookie', { CANVAS_WS_BENCH_COOKIE: forged }, from],
        ['a good cookie from elsewhere', { CANVAS_WS_BENCH_COOKIE: person.cookie }, []],
        ['a forged token', { CANVAS_WS_BENCH_TOKEN: forgedToken }, []],
        ['both forged, in a file', {}, [...from, '--credentials', credentialsFile(t, [forged, forged])]],
      ]) {
        const { code, stdout, stderr } = await bench(server, env, ...load, '--protocol', protocol, ...options);
        assert.equal(code, 1, `${protocol}, ${what}: ${stderr}`);
        assert.equal(stdout, '', `${protocol}, ${what}`);
        assert.match(stderr, refusal, `${protocol}, ${what}`);
        assertSilent([stderr], secrets);
      }
    }
    assertLogSilent(server, secrets);
  });

  test('who shows a good credential loses nothing', { timeout }, async (t) => {
    const { auth, server, person } = await start(t);
    const other = await auth.signUp();
    const jwt = await auth.jwt(person);
    const secrets = [...secretsOf(auth, person, jwt), ...secretsOf(auth, other)];
    const from = ['--origin', origin];
    for (const [protocol, env, ...options] of [
      ['mixed', { CANVAS_WS_BENCH_COOKIE: person.cookie }, ...from],
      ['mixed', { CANVAS_WS_BENCH_TOKEN: jwt }],
      ['hocuspocus', { CANVAS_WS_BENCH_TOKEN: person.token }],
      ['hocuspocus', { CANVAS_WS_BENCH_TOKEN: person.signedToken }],
      ['mixed', {}, ...from, '--credentials', credentialsFile(t, [person.cookie, other.cookie])],
      ['hocuspocus', {}, '--credentials', credentialsFile(t, [person.signedToken, other.token])],
      ['mixed', {}, ...from, '--credentials', credentialsFile(t, ['# both', '', `a=b; ${other.cookie}\r`, jwt])],
    ]) {
      const outcome = await bench(server, env, ...load, '--protocol', protocol, ...options);
      assertNothingLost(outcome);
      assertSilent([outcome.stdout, outcome.stderr], secrets);
    }
    assertLogSilent(server, secrets);
    assert.deepEqual(usersIn(server), [person.userId, other.userId].sort());
  });

  test('a session token in the URL of y-websocket counts where that is allowed only', { timeout }, async (t) => {
    const auth = await BetterAuth.start(t);
    const person = await auth.signUp();
    for (const isAllowed of [false, true]) {
      const flags = isAllowed ? ['--allow-session-token-in-url'] : [];
      const server = await Server.start(t, auth.serverOptions({ flags: ['--log-level', 'debug', ...flags] }));
      for (const token of [person.token, person.signedToken]) {
        const env = { CANVAS_WS_BENCH_TOKEN: token };
        const outcome = await bench(server, env, ...load, '--protocol', 'y-websocket');
        if (isAllowed) {
          assertNothingLost(outcome);
        } else {
          assert.equal(outcome.code, 1);
          assert.match(outcome.stderr, refusal);
        }
        assertSilent([outcome.stdout, outcome.stderr], secretsOf(auth, person));
      }
      assertLogSilent(server, secretsOf(auth, person));
    }
  });

  test('a viewer is told that nothing was written', { timeout }, async (t) => {
    const { server, person } = await start(t, { role: 'viewer' });
    const env = { CANVAS_WS_BENCH_COOKIE: person.cookie };
    const options = ['--origin', origin, '--drain', '2'];
    const { code, stdout, stderr } = await bench(server, env, ...load, ...options);
    assert.equal(code, 1, stdout + stderr);
    assert.match(JSON.parse(stdout).fault, /updates were refused/);
    // Which says so by a message of its own, for each update.
    const denied = await bench(server, env, ...load, ...options, '--protocol', 'y-websocket');
    assert.equal(denied.code, 1);
    assert.equal(denied.stdout, '');
    assert.match(denied.stderr, refusal);
  });

  test('the acceptance preset passes with a file of two people', { timeout }, async (t) => {
    const { auth, server, person } = await start(t);
    const other = await auth.signUp();
    const file = credentialsFile(t, [person.cookie, other.cookie]);
    const options = ['--preset', 'acceptance', '--protocol', 'mixed', '--origin', origin, '--credentials', file];
    const { code, stdout, stderr } = await bench(server, {}, ...options, '--pid', String(server.pid));
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /PASSED: 6 passed, 0 failed, 0 not measured/);
    const secrets = [...secretsOf(auth, person), ...secretsOf(auth, other)];
    assertSilent([stdout, stderr], secrets);
    assertLogSilent(server, secrets);
    assert.deepEqual(usersIn(server), [person.userId, other.userId].sort());
  });

  test('the smoke test: refusal passes, and the round trip with what is good only', { timeout }, async (t) => {
    const { auth, server, person } = await start(t);
    const forged = cookieOf(tampered(person.signedToken, 3));
    const jwt = await auth.jwt(person);
    for (const [what, env, code, roundTrip] of [
      ['nothing', {}, 0, /^SKIP {2}round trip +no credentials: set SMOKE_COOKIE or SMOKE_TOKEN$/m],
      ['a cookie', { SMOKE_COOKIE: person.cookie, SMOKE_ORIGIN: origin }, 0, /^PASS {2}round trip /m],
      ['a JWT', { SMOKE_TOKEN: jwt }, 0, /^PASS {2}round trip /m],
      ['a forged cookie', { SMOKE_COOKIE: forged, SMOKE_ORIGIN: origin }, 1, /^FAIL {2}round trip .*refuses/m],
      ['a cookie from elsewhere', { SMOKE_COOKIE: person.cookie }, 1, /^FAIL {2}round trip .*refuses/m],
      ['a forged JWT', { SMOKE_TOKEN: tampered(jwt, -4) }, 1, /^FAIL {2}round trip .*refuses/m],
    ]) {
      const outcome = await smokeTest(server, env);
      assert.equal(outcome.code, code, `${what}: ${outcome.stdout}${outcome.stderr}`);
      assert.match(outcome.stdout, /^PASS {2}health /m, what);
      assert.match(outcome.stdout, /^PASS {2}refusal +who shows nothing is refused \(401\)$/m, what);
      assert.match(outcome.stdout, roundTrip, what);
      assertSilent([outcome.stdout, outcome.stderr], secretsOf(auth, person, forged, jwt));
    }
    assertLogSilent(server, secretsOf(auth, person, forged, jwt));
  });

  test('the smoke test fails on a server for guests when credentials are shown', { timeout }, async (t) => {
    const server = await Server.start(t);
    const { code, stdout } = await smokeTest(server, { SMOKE_TOKEN: 'a token that nobody asks for' });
    assert.equal(code, 1, stdout);
    assert.match(stdout, /^FAIL {2}refusal .*credentials are not asked for$/m);
  });
});

async function start(t, { role } = {}) {
  const auth = await BetterAuth.start(t);
  const person = await auth.signUp({ role });
  const server = await Server.start(t, auth.serverOptions({ flags: ['--log-level', 'debug'] }));
  return { auth, server, person };
}

const bench = (server, env, ...options) => runCommand(['bench', server.url, ...options], { env, timeout: 150_000 });

async function smokeTest(server, env) {
  const health = `http://127.0.0.1:${server.healthPort}/health`;
  const unset = { SMOKE_COOKIE: '', SMOKE_TOKEN: '', SMOKE_ORIGIN: '' };
  const options = { env: { ...process.env, ...unset, ...env }, timeout: 60_000 };
  const ended = run(smoke, [server.url, '--health', health, '--binary', binary], options);
  return ended.then((outcome) => ({ code: 0, ...outcome })).catch((error) => error);
}

function assertNothingLost({ code, stdout, stderr }) {
  assert.equal(code, 0, stderr + stdout);
  const result = JSON.parse(stdout);
  assert.equal(result.fault, '');
  assert.equal(result.lost_deliveries + result.lost_acknowledged + result.unacknowledged + result.absent, 0);
  assert.equal(result.documents_checked, 2);
  assert.equal(result.refused + result.failed_connects + result.closed, 0);
  assert.ok(result.updates > 0);
  assert.equal(result.deliveries, result.updates);
}

function credentialsFile(t, lines) {
  const folder = mkdtempSync(path.join(tmpdir(), 'canvas-ws-bench-'));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'credentials.txt');
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return file;
}

const secretsOf = (auth, { token, signedToken, cookie }, ...more) => [auth.secret, token, signedToken, cookie, ...more];

// Who came in, as the log has it.
function usersIn(server) {
  const accepted = server.log.filter((line) => line.event === 'access.accepted');
  return [...new Set(accepted.map((line) => line.user))].sort();
}
