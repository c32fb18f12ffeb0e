// A server behind sockets that stay open when it ends, and that is started again whenever it ends: what systemd does
// with .socket units and Restart=always.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { atEnd } from './cleanup.mjs';
import { binary } from './server.mjs';
import { settled, waitFor } from './wait.mjs';

// Descriptors 3 and 4 are the sockets. `$!` is the server: the shell that exports its own process id becomes it.
const supervisor = `
  while :; do
    sh -c 'export LISTEN_PID=$$; exec "$@"' sh "$@" &
    echo "{\\"event\\":\\"supervisor.started\\",\\"pid\\":$!}"
    wait $!
    echo "{\\"event\\":\\"supervisor.ended\\",\\"code\\":$?}"
  done`;

export class ActivatedServer {
  log = []; // over all its lives, with what the supervisor says
  port;
  healthPort;
  #folder = mkdtempSync(path.join(tmpdir(), 'canvas-ws-test-'));
  #process;

  // Ended when test `t` is over.
  static async start(t, { database, names = 'main:health', environment = {}, flags = [] } = {}) {
    const server = new ActivatedServer();
    atEnd(t, () => server.#dispose(t));
    const sockets = [await openPort(), await openPort()];
    [server.port, server.healthPort] = sockets.map((socket) => socket.address().port);
    const options = ['serve', '--auth', 'guest', '--database', database?.url ?? 'sqlite:canvas.sqlite', ...flags];
    server.#process = spawn('sh', ['-c', supervisor, 'sh', binary, ...options], {
      stdio: ['ignore', 'pipe', 'inherit', ...sockets.map((socket) => socket._handle.fd)],
      cwd: server.#folder,
      env: { ...process.env, LISTEN_FDS: '2', LISTEN_FDNAMES: names, ...environment },
    });
    createInterface({ input: server.#process.stdout }).on('line', (line) => server.log.push(JSON.parse(line)));
    // Node would accept from them.
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.close(resolve))));
    await server.#event('server.listening', 0);
    return server;
  }

  get url() {
    return `ws://127.0.0.1:${this.port}`;
  }

  // Ends the server with SIGTERM and waits until the next one listens. Resolves to the exit code of the first.
  async restart() {
    const from = this.log.length;
    process.kill(this.#pid, 'SIGTERM');
    const { code } = await this.#event('supervisor.ended', from);
    await this.#event('server.listening', from);
    return code;
  }

  get #pid() {
    return this.log.findLast((line) => line.event === 'supervisor.started').pid;
  }

  #event(name, from) {
    return waitFor(
      () => `${name}; there was ${JSON.stringify(this.log.slice(-5))}`,
      () => this.log.slice(from).find((line) => line.event === name),
      { interval: 5 },
    );
  }

  async #dispose(t) {
    const ended = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.kill('SIGKILL');
    process.kill(this.#pid, 'SIGKILL');
    await settled('the activated server to end', ended);
    if (!t.passed) t.diagnostic(`last words:\n${this.log.slice(-20).map((line) => JSON.stringify(line)).join('\n')}`);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function openPort() {
  const socket = createServer();
  await new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve);
  });
  return socket;
}
