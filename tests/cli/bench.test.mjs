// canvas-ws bench: against this server, against the servers of Node, and against servers and wires that lose something.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { promisify } from 'node:util';
import { Server as Hocuspocus } from '@hocuspocus/server';
import { WebSocket, WebSocketServer } from 'ws';
import { atEnd } from '../harness/cleanup.mjs';
import { runCommand } from '../harness/command.mjs';
import { binary, earlyAckBinary, Server } from '../harness/server.mjs';
import { assertNothingLost, bench, short } from './bench_runs.mjs';

const timeout = 120_000;
const require = createRequire(import.meta.url);
const run = promisify(execFile);
const smoke = path.resolve(import.meta.dirname, '../../deploy/smoke-test.sh');
const noRates = ['--max-updates-per-second', '0'];

// Some at a time: each has a server of its own, and mostly waits.
describe('canvas-ws bench', { concurrency: 4 }, () => {
  test('clients that lose their connection come back, and nothing is lost', { timeout }, async (t) => {
    const server = await Server.start(t);
    const outcome = await bench(server.url, ...short, '--protocol', 'mixed', '--pattern', 'mixed', '--drops', '10', '--duration', '4');
    assertNothingLost(outcome);
    assert.ok(outcome.result.dropped > 20);
    assert.ok(outcome.result.reconnected > 20);
  });

  // No visitors where it is killed: those of y-websocket go without having heard that anything was saved.
  for (const [signal, pattern] of [['kill', 'typing'], ['terminate', 'mixed']]) {
    test(`a server that is restarted (${signal}) in the middle loses nothing`, { timeout }, async (t) => {
      const server = await Server.start(t);
      const running = bench(server.url, ...short, '--protocol', 'mixed', '--pattern', pattern, '--rate', '400', '--drops', '3', '--duration', '8');
      await sleep(3000);
      await server[signal]();
      await sleep(500);
      await server.launch();
      const outcome = await running;
      assertNothingLost(outcome);
      assert.ok(outcome.result.closed >= 6, `${outcome.result.closed} closed`); // of 12, of whom some were away
      assert.ok(outcome.result.updates_resent > 0);
    });
  }

  test('a server that acknowledges too early is found out', { timeout, skip: !existsSync(earlyAckBinary) }, async (t) => {
    const server = await Server.start(t, { program: earlyAckBinary, flags: noRates });
    const running = bench(server.url, '--json', '--documents', '20', '--rate', '3000', '--warm-up', '0', '--duration', '5', '--drain', '5');
    await sleep(3000);
    await server.kill();
    await server.launch();
    const { code, result, stderr } = await running;
    assert.equal(code, 1, stderr);
    assert.ok(result.lost_acknowledged > 0, JSON.stringify(result));
    assert.match(result.first_lost, /^bench-\d+-\d+ lacks blocks of client \d+ \(hocuspocus\) from clock \d+ on, of \d+$/);
  });

  for (const direction of ['requests', 'answers']) {
    for (const protocol of ['hocuspocus', 'y-websocket']) {
      test(`one message of a thousand ${direction} that is dropped is found out in ${protocol}`, { timeout }, async (t) => {
        const server = await Server.start(t);
        const port = await startLossyProxy(t, server.port, direction, protocol);
        const options = [...short, '--pattern', 'typing', '--rate', '600', '--duration', '4', '--drain', '2', '--protocol', protocol];
        const { code, result, stderr } = await bench(`ws://127.0.0.1:${port}`, ...options);
        assert.equal(code, 1, stderr);
        assert.ok(result.lost_deliveries > 0, JSON.stringify(result));
      });
    }
  }

  for (const protocol of ['hocuspocus', 'y-websocket']) {
    test(`what is edited while the document is still under way arrives in ${protocol}`, { timeout }, async (t) => {
      const server = await Server.start(t);
      const port = await startSlowProxy(t, server.port, protocol);
      const options = [...short, '--pattern', 'typing', '--rate', '300', '--duration', '4', '--drops', '5', '--protocol', protocol];
      const outcome = await bench(`ws://127.0.0.1:${port}`, ...options);
      assertNothingLost(outcome);
      assert.ok(outcome.result.reconnected > 5);
      assert.ok(outcome.result.updates_made_away > 0);
    });
  }

  test('@hocuspocus/server is driven too', { timeout }, async (t) => {
    const server = new Hocuspocus({ quiet: true, address: '127.0.0.1' });
    await new Promise((resolve) => server.httpServer.listen(0, '127.0.0.1', resolve));
    atEnd(t, () => server.destroy());
    await driveNodeServer(server.httpServer.address().port, 'hocuspocus');
  });

  test('the server of y-websocket is driven too', { timeout }, async (t) => {
    const { docs, setupWSConnection } = require('y-websocket-2.1/bin/utils');
    const http = createHttpServer();
    const sockets = new WebSocketServer({ server: http });
    sockets.on('connection', setupWSConnection);
    await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
    atEnd(t, () => {
      for (const socket of sockets.clients) socket.terminate();
      http.close();
      for (const doc of docs.values()) doc.awareness.destroy(); // it has a timer
    });
    await driveNodeServer(http.address().port, 'y-websocket');
  });

  // They keep nothing: so churn is left out, and documents are looked at while they are open.
  async function driveNodeServer(port, protocol) {
    for (const pattern of ['typing', 'drag', 'diagram', 'join-storm']) {
      const options = [...short, '--protocol', protocol, '--pattern', pattern, '--check', 'open'];
      if (pattern !== 'join-storm') options.push('--drops', '2'); // in a storm all leave, and with them the document
      const outcome = await bench(`ws://127.0.0.1:${port}`, ...options);
      if (pattern === 'join-storm') assert.ok(outcome.result.connections >= 24);
      else assertNothingLost(outcome);
    }
  }

  test('a server that keeps nothing is found out when everybody has left', { timeout }, async (t) => {
    const server = new Hocuspocus({ quiet: true, address: '127.0.0.1' });
    await new Promise((resolve) => server.httpServer.listen(0, '127.0.0.1', resolve));
    atEnd(t, () => server.destroy());
    const { code, result } = await bench(`ws://127.0.0.1:${server.httpServer.address().port}`, ...short);
    assert.equal(code, 1);
    assert.ok(result.lost_acknowledged > 0, JSON.stringify(result)); // a document may still be open when it is looked at
  });

  test('the acceptance preset passes, and says what it could not measure', { timeout }, async (t) => {
    const server = await Server.start(t);
    const { code, stdout, stderr } = await bench(server.url, '--preset', 'acceptance', '--protocol', 'mixed', '--pid', String(server.pid));
    assert.equal(code, 0, stdout + stderr);
    assert.equal(stdout.match(/^PASS /gm)?.length, 6, stdout);
    assert.match(stdout, /PASSED: 6 passed, 0 failed, 0 not measured/);
  });

  test('the acceptance preset that is interrupted says so', { timeout }, async (t) => {
    const server = await Server.start(t);
    const args = ['bench', server.url, '--preset', 'acceptance'];
    const { code, stdout, stderr } = await runCommand(args, { interruptAfter: 3000 });
    assert.equal(code, 1, stdout + stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /interrupted in "/);
  });

  test('wss with a certificate that nobody has signed is refused, and taken with --insecure', { timeout }, async (t) => {
    const server = await Server.start(t);
    const folder = temporaryFolder(t);
    const [key, cert] = ['key', 'cert'].map((name) => path.join(folder, `${name}.pem`));
    await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
      '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert]); // prettier-ignore
    const tls = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (client) => {
      const wire = connect(server.port, '127.0.0.1');
      for (const end of [client, wire]) end.on('error', () => {});
      client.pipe(wire).pipe(client);
    });
    tls.on('tlsClientError', () => {});
    await new Promise((resolve) => tls.listen(0, '127.0.0.1', resolve));
    atEnd(t, () => tls.close());
    const url = `wss://localhost:${tls.address().port}`;
    const strict = await bench(url, ...short);
    assert.equal(strict.code, 1);
    assert.match(strict.stderr, /certificate is not accepted.*--insecure/);
    assertNothingLost(await bench(url, ...short, '--insecure', '--pattern', 'diagram'));
    const trusting = await runCommand(['bench', url, ...short], { env: { SSL_CERT_FILE: cert } });
    assert.equal(trusting.code, 0, trusting.stderr);
  });

  test('a command line that makes no sense ends with 2, a server that is not there with 1, credentials are not repeated', { timeout }, async (t) => {
    const folder = temporaryFolder(t);
    for (const [expected, ...args] of [
      [2, 'http://127.0.0.1:1'],
      [2, 'ws://127.0.0.1:1/ws?token=hush'],
      [2, '--pattern', 'dancing'],
      [2, '--token', 'hush\nhush'],
      [2, '--name', 'a/b'],
      [1, 'ws://127.0.0.1:1', '--token', 'hush'],
      [1, '--credentials', path.join(folder, 'none')],
    ]) {
      const { code, stdout, stderr } = await bench(...args);
      assert.equal(code, expected, `${args}: ${stderr}`);
      assert.equal(stdout, '');
      assert.ok(stderr.length > 0 && !stderr.includes('hush'), stderr);
    }
  });

  test('the smoke test passes on a server for guests, and says which document it leaves', { timeout }, async (t) => {
    const server = await Server.start(t);
    const { stdout } = await run(smoke, [server.url, '--health', `http://127.0.0.1:${server.healthPort}/health`, '--binary', binary]);
    assert.equal(stdout.match(/^PASS /gm)?.length, 3, stdout);
    assert.match(stdout, /guests are allowed/);
    assert.match(stdout, /the document smoke-[0-9-]+-0 stays in the server/);
  });

  test('the smoke test fails where nothing is', { timeout }, async () => {
    const failure = await run(smoke, ['ws://127.0.0.1:1', '--health', 'http://127.0.0.1:1/health', '--binary', binary]).catch((error) => error);
    assert.equal(failure.code, 1);
    assert.match(failure.stdout, /^FAIL {2}health/m);
    assert.match(failure.stdout, /^FAIL {2}refusal/m);
  });
});

function temporaryFolder(t) {
  const folder = mkdtempSync(path.join(tmpdir(), 'canvas-ws-bench-'));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// One of a thousand updates of the clients (requests) or of the server (answers) does not arrive.
function startLossyProxy(t, target, lost, protocol) {
  let updates = 0;
  const isLost = (message, direction) => {
    if (direction !== lost || !isSync(message, protocol, update)) return false;
    updates += 1;
    return updates % 1000 === 500;
  };
  return startProxy(t, target, () => (message, direction, deliver) => isLost(message, direction) || deliver());
}

// What a client is sent when it comes arrives late, and so does what comes after it.
function startSlowProxy(t, target, protocol) {
  return startProxy(t, target, () => {
    let before = Promise.resolve();
    return (message, direction, deliver) => {
      if (direction === 'requests') return deliver();
      if (isSync(message, protocol, step2)) before = before.then(() => sleep(300));
      before = before.then(deliver);
    };
  });
}

// Takes WebSocket connections, and does with their messages as the function does that `makePass` gives for each: it is
// called with the message, its direction and what delivers it.
async function startProxy(t, target, makePass) {
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  sockets.on('connection', (client, request) => {
    const server = new WebSocket(`ws://127.0.0.1:${target}${request.url}`, { headers: { origin: request.headers.origin } });
    const pass = makePass();
    const early = [];
    client.on('message', (message) => {
      pass(message, 'requests', () => {
        if (server.readyState === WebSocket.OPEN) server.send(message);
        else early.push(message);
      });
    });
    server.on('open', () => early.forEach((message) => server.send(message)));
    server.on('message', (message) => pass(message, 'answers', () => client.send(message)));
    for (const [one, other] of [[client, server], [server, client]]) {
      one.on('error', () => {});
      one.on('close', () => other.terminate());
    }
  });
  await new Promise((resolve) => sockets.once('listening', resolve));
  atEnd(t, () => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  });
  return sockets.address().port;
}

const step2 = 1;
const update = 2;

// Hocuspocus: the name of the document, then as in y-websocket: 0 for sync, and the step.
function isSync(message, protocol, step) {
  const at = protocol === 'hocuspocus' ? 1 + message[0] : 0;
  return message[at] === 0 && message[at + 1] === step;
}
