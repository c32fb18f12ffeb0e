// The log of canvas-ws serve: its two forms, the file that logrotate renames, one number for all of a connection, and
// floods that are counted instead of written.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { atEnd } from '../harness/cleanup.mjs';
import { runCommand } from '../harness/command.mjs';
import { readLogLine } from '../harness/log_lines.mjs';
import { RawHocuspocus } from '../harness/raw_client.mjs';
import { binary, Server } from '../harness/server.mjs';
import { handshake, TcpClient } from '../harness/tcp.mjs';
import { settled, waitFor } from '../harness/wait.mjs';

const timeout = 120_000;
const hostileName = 'plan event=forged "\\ \u202e\u2028';
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

test('serve logs JSON, or lines for people, where it is told to', { timeout }, async (t) => {
  for (const format of ['auto', 'json', 'text']) {
    const server = await Server.start(t, { flags: ['--log-format', format] });
    await RawHocuspocus.join(server, 'a plan');
    const accepted = await line(server, { event: 'access.accepted' });
    assert.match(accepted.time, time);
    assert.deepEqual([accepted.level, accepted.kind, accepted.document], ['info', 'security', 'a plan']);
    await server.terminate();
    assert.ok(!server.log.some((each) => each.text !== undefined), JSON.stringify(server.log));
  }
});

test('on a terminal the log is for people, with colours unless they are not wanted', { timeout }, async (t) => {
  const colour = /\u001b\[/;
  assert.match(await onTerminal(t, { TERM: 'xterm' }), colour);
  for (const environment of [{ TERM: 'dumb' }, { TERM: 'xterm', NO_COLOR: '1' }]) {
    const said = await onTerminal(t, environment);
    assert.doesNotMatch(said, colour);
    assert.match(said, /^\S+Z INFO  server\.listening  host=127\.0\.0\.1 /m);
  }
});

test('serve says what is wrong with its log options', { timeout }, async () => {
  const serve = ['serve', '--port', '0', '--auth', 'guest', '--database', 'sqlite::memory:'];
  for (const [flags, code, words] of [
    [['--log-format', 'yaml'], 2, /--log-format.*yaml.*take auto, json or text/],
    [['--log-level', 'loud'], 2, /--log-level.*loud/],
    [['--log-file', '/dev/null/log'], 1, /--log-file.*\/dev\/null\/log.*Not a directory/],
  ]) {
    const ended = await runCommand([...serve, ...flags]);
    assert.equal(ended.code, code, ended.stderr);
    assert.match(ended.stderr, words);
  }
});

test('the level decides what is written, but not for security', { timeout }, async (t) => {
  for (const [level, expected] of [
    ['debug', ['access.accepted', 'client.connected', 'server.listening']],
    ['info', ['access.accepted', 'server.listening']],
  ]) {
    const server = await Server.start(t, { flags: ['--log-level', level] });
    await RawHocuspocus.join(server, 'plan');
    await line(server, { event: 'access.accepted' });
    const known = ['access.accepted', 'client.connected', 'server.listening'];
    const events = new Set(server.log.map(({ event }) => event).filter((event) => known.includes(event)));
    assert.deepEqual([...events].sort(), expected);
  }
});

test('what a client names itself can neither forge a line nor move a cursor', { timeout }, async (t) => {
  for (const format of ['json', 'text']) {
    const logFile = path.join(folderFor(t), 'log');
    const server = await Server.start(t, { logFile, flags: ['--log-format', format, '--log-level', 'debug'] });
    await RawHocuspocus.join(server, hostileName);
    await server.terminate();
    const text = readFileSync(logFile, 'utf8');
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/);
    const lines = linesOf(text);
    assert.ok(lines.some(({ document }) => document === hostileName));
    assert.ok(!lines.some((each) => each.text !== undefined || each.event === 'forged'), text);
  }
});

test('no line is lost or broken while the file is renamed again and again', { timeout }, async (t) => {
  const folder = folderFor(t);
  const logFile = path.join(folder, 'log');
  const server = await Server.start(t, { logFile, flags: ['--log-level', 'debug'] });
  const rotations = 20;
  let isOver = false;
  let connections = 0;
  const come = async () => {
    while (!isOver) {
      const client = await RawHocuspocus.join(server, 'plan');
      ++connections;
      client.socket.close();
      await client.closed;
    }
  };
  const load = [come(), come(), come()];
  for (let i = 0; i < rotations; ++i) {
    const before = connections;
    await waitFor('clients to come', () => connections >= before + 3, { interval: 1 });
    renameSync(logFile, path.join(folder, `log.${i}`));
    server.hangUp();
    await waitFor('the new file', () => readdirSync(folder).includes('log'), { interval: 1 });
  }
  isOver = true;
  await Promise.all(load);
  await server.quiet();
  await server.terminate();
  const files = readdirSync(folder).map((name) => linesOf(readFileSync(path.join(folder, name), 'utf8')));
  const lines = files.flat();
  assert.equal(files.length, rotations + 1);
  assert.ok(!lines.some((each) => each.text !== undefined));
  for (const event of ['client.connected', 'client.disconnected']) {
    const numbers = lines.filter((each) => each.event === event).map(({ connection }) => connection);
    assert.equal(new Set(numbers).size, numbers.length, event);
    assert.equal(numbers.length, connections, event);
  }
});

test('where no new file can be had the old one is written on, and says so', { timeout }, async (t) => {
  const folder = folderFor(t);
  const logFile = path.join(folder, 'log');
  const server = await Server.start(t, { logFile });
  renameSync(logFile, path.join(folder, 'log.1'));
  mkdirSync(logFile);
  server.hangUp();
  await waitFor('the old file to say so', () => readFileSync(`${logFile}.1`, 'utf8').includes('log.reopen_failed'));
  await RawHocuspocus.join(server, 'plan');
  await server.terminate();
  const lines = linesOf(readFileSync(`${logFile}.1`, 'utf8'));
  assert.match(lines.find(({ event }) => event === 'log.reopen_failed').reason, /Is a directory/);
  assert.ok(lines.some(({ event }) => event === 'server.stopped'));
});

test('with neither a file nor a terminal SIGHUP changes nothing', { timeout }, async (t) => {
  const server = await Server.start(t);
  server.hangUp();
  server.hangUp();
  await RawHocuspocus.join(server, 'plan');
  const { code } = await server.terminate();
  assert.equal(code, 0);
  assert.ok(server.log.some(({ event }) => event === 'access.accepted'));
  assert.ok(!server.log.some(({ event }) => event.startsWith('log.')));
});

test('on a terminal SIGHUP is its end: the server says goodbye to its clients', { timeout }, async (t) => {
  const server = await startOnTerminal(t);
  const client = await RawHocuspocus.join(server, 'plan');
  server.terminal.kill('SIGKILL');
  assert.equal((await settled('the server to say goodbye', client.closed)).code, 1012);
  await waitFor('the server to end', () => hasEnded(server.pid));
});

test('a reader of the log that goes away does not end the server', { timeout }, async (t) => {
  const server = await Server.start(t);
  server.deafen();
  await RawHocuspocus.join(server, 'plan');
  await RawHocuspocus.join(server, 'plan');
  const { code, signal } = await server.terminate();
  assert.deepEqual([code, signal], [0, null]);
  assert.ok(!server.log.some(({ event }) => event === 'access.accepted'));
});

test('all lines about a connection bear its number, to the way it ended', { timeout }, async (t) => {
  const server = await Server.start(t, { flags: ['--log-level', 'debug', '--max-message-bytes', '20000'] });
  const ends = [
    { end: (client) => client.socket.close(4000), code: 4000, by: 'client', events: [] },
    { end: (client) => client.socket.terminate(), code: 1006, by: 'lost', events: [] },
    { end: (client) => client.send(new Uint8Array([0xff])), code: 1007, by: 'server', events: ['input.malformed'] },
    { end: (client) => client.send(new Uint8Array(30000)), code: 1009, by: 'server', events: ['limit.hit'] },
  ];
  for (const { end, code, by, events } of ends) {
    server.log.length = 0;
    const client = await RawHocuspocus.join(server, 'plan');
    end(client);
    const last = await line(server, { event: 'client.disconnected' });
    const expected = ['client.connected', 'access.accepted', ...events, 'client.disconnected'];
    const seen = server.log.filter(({ connection }) => connection === last.connection).map(({ event }) => event);
    assert.deepEqual(seen, expected);
    assert.deepEqual([last.code, last.by], [code, by]);
    assert.ok(last.received_bytes > 0 && last.sent_bytes > 0 && last.seconds >= 0, JSON.stringify(last));
  }
});

test('a refused upgrade has a number of its own', { timeout }, async (t) => {
  const server = await Server.start(t, { flags: ['--log-level', 'debug', '--max-attempts-per-address', '1'] });
  const headers = { 'X-Forwarded-For': '198.51.100.7' };
  assert.equal(await statusOf(server, '/%00', headers), 400);
  assert.equal(await statusOf(server, '/plan', headers), 429);
  const refused = server.log.filter(({ event }) => event === 'client.refused');
  assert.deepEqual(refused.map(({ status }) => status), [400, 429]);
  assert.notEqual(refused[0].connection, refused[1].connection);
  for (const [i, event] of ['input.malformed', 'limit.hit'].entries()) {
    const why = await line(server, { event, connection: refused[i].connection });
    assert.equal(why.address, '198.51.100.7');
  }
});

test('guests who come and go leave a bounded log that has counted them all', { timeout }, async (t) => {
  const server = await Server.start(t);
  const guests = 1500;
  const come = async () => {
    const client = await RawHocuspocus.join(server, 'plan');
    client.socket.terminate();
  };
  for (let i = 0; i < guests; i += 10) await Promise.all(Array.from({ length: 10 }, come));
  await server.terminate();
  const accepted = server.log.filter(({ event }) => event === 'access.accepted');
  const named = accepted.filter(({ connection }) => connection !== undefined).length;
  const suppressed = accepted.reduce((sum, each) => sum + (each.suppressed ?? 0), 0);
  assert.equal(named + suppressed, guests);
  assert.ok(named >= 1000 && suppressed > 0, `${named} named, ${suppressed} counted`);
});

// What serve says when standard output is a terminal, from its start to its end.
// What it says there from its start to its end.
async function onTerminal(t, environment) {
  const server = await startOnTerminal(t, environment);
  process.kill(server.pid, 'SIGTERM');
  await settled('the server to end', server.ended);
  return server.said();
}

async function startOnTerminal(t, environment = {}) {
  const serve = `${binary} serve --port 0 --health-port 0 --auth guest --database sqlite:canvas.sqlite`;
  const { NO_COLOR, ...inherited } = process.env;
  const terminal = spawn('script', ['-qec', serve, '/dev/null'], {
    cwd: folderFor(t),
    env: { ...inherited, ...environment },
  });
  let said = '';
  const ended = new Promise((resolve) => terminal.once('close', resolve));
  atEnd(t, () => terminal.kill('SIGKILL'));
  terminal.stdout.on('data', (data) => (said += data));
  await waitFor(
    () => `the server to listen; it said ${said}`,
    () => said.includes('pid='),
  );
  const plain = said.replace(/\u001b\[\d*m/g, '');
  const number = (name) => Number(new RegExp(` ${name}=(\\d+)`).exec(plain)[1]);
  return { terminal, ended, said: () => said, pid: number('pid'), url: `ws://127.0.0.1:${number('port')}` };
}

// Or waits for whoever takes in orphans to notice.
function hasEnded(pid) {
  try {
    return /^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return true;
    throw error;
  }
}

function folderFor(t) {
  const folder = mkdtempSync(path.join(tmpdir(), 'canvas-ws-logs-'));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

// All of a file, which ends in a whole line.
function linesOf(text) {
  assert.ok(text.endsWith('\n'), 'the file ends in the middle of a line');
  return text.slice(0, -1).split('\n').map(readLogLine);
}

function line(server, wanted) {
  const matches = (entry) => Object.entries(wanted).every(([name, value]) => entry[name] === value);
  return waitFor(
    () => `a line ${JSON.stringify(wanted)}; there are\n${server.log.map((each) => JSON.stringify(each)).join('\n')}`,
    () => server.log.find(matches),
    { interval: 5 },
  );
}

// What an attempt to open a WebSocket is answered.
async function statusOf(server, target, headers) {
  const client = await TcpClient.connect(server.port);
  client.write(handshake(target, headers));
  await waitFor('an answer', () => client.status !== undefined, { interval: 1 });
  client.reset();
  return client.status;
}
