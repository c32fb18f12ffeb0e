// A canvas-ws process under test, on a temporary folder of its own.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { atEnd } from './cleanup.mjs';
import { readLogLine } from './log_lines.mjs';
import { alarms, settled, waitFor } from './wait.mjs';

const tests = path.resolve(import.meta.dirname, '..');
const keptLogLines = 5000;

export const binary = fromEnvironment('CANVAS_WS_BINARY', '../build/release/canvas-ws');
// The same server, but it acknowledges before it commits.
export const earlyAckBinary = fromEnvironment('CANVAS_WS_EARLY_ACK_BINARY', '../build/release/early_ack_server');

export class Server {
  folder = mkdtempSync(path.join(tmpdir(), 'canvas-ws-test-'));
  log = []; // what it logged on standard output, over all its lives (log_lines.mjs)
  port;
  healthPort;
  #binary;
  #database;
  #auth;
  #environment;
  #flags;
  #logFile;
  #process = null;
  #exit = null; // promise of {code, signal}
  #exitExpected = false;
  #alarm = null;

  // Starts a server that is stopped, and its folder removed, when test `t` is over. `database` is one of database.mjs;
  // without it the server has an SQLite file of its own. `auth` is who may come in, `environment` goes over that of the
  // tests, `flags` come after those that every test needs, and a port that is not given is any free one. With `logFile`
  // it logs there, for a test to read. A server that ends unasked fails every wait and the test.
  static async start(t, { program = binary, ...options } = {}) {
    if (!existsSync(program)) throw new Error(`there is no server at ${program}: build it, or set CANVAS_WS_BINARY`);
    const server = new Server(program, options);
    atEnd(t, () => server.#dispose(t));
    await server.launch();
    return server;
  }

  constructor(program, { database, auth = 'guest', environment = {}, flags = [], logFile, port = 0, healthPort = 0 } = {}) {
    this.port = port;
    this.healthPort = healthPort;
    this.#binary = program;
    this.#auth = auth;
    this.#environment = environment;
    this.#database = database?.url ?? `sqlite:${path.join(this.folder, 'canvas.sqlite')}`;
    this.#flags = logFile ? [...flags, '--log-file', logFile] : flags;
    this.#logFile = logFile;
  }

  get url() {
    return `ws://127.0.0.1:${this.port}`;
  }

  get pid() {
    return this.#process.pid;
  }

  // Starts the process, or starts it again on the same port and database, and waits until it is ready.
  async launch() {
    const heard = this.log.length;
    this.#exitExpected = false;
    this.#process = spawn(
      this.#binary,
      [
        'serve',
        '--host',
        '127.0.0.1',
        '--port',
        String(this.port),
        '--health-port',
        String(this.healthPort),
        '--database',
        this.#database,
        '--auth',
        this.#auth,
        ...this.#flags,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], cwd: this.folder, env: { ...process.env, ...this.#environment } },
    );
    this.#collect(this.#process.stdout);
    this.#collect(this.#process.stderr);
    this.#watch(this.#process);
    const ready = await waitFor(
      () => `the server to listen; it said:\n${this.#lastWords()}`,
      () => this.#linesSince(heard).find((line) => line.event === 'server.listening' && line.pid === this.pid),
      { interval: 5 },
    );
    this.port = ready.port;
    this.healthPort = ready.health_port;
  }

  // SIGTERM: what an operator does. Resolves to {code, signal, milliseconds}.
  async terminate() {
    const began = Date.now();
    const exit = await this.#signal('SIGTERM');
    return { ...exit, milliseconds: Date.now() - began };
  }

  // SIGHUP: what logrotate sends.
  hangUp() {
    this.#process.kill('SIGHUP');
  }

  // From now on nobody reads its standard output: writing there fails.
  deafen() {
    this.#process.stdout.destroy();
  }

  // SIGKILL: what a crash does.
  async kill() {
    return this.#signal('SIGKILL');
  }

  async health(port = this.healthPort) {
    const response = await fetch(`http://127.0.0.1:${port}/health`, { headers: { connection: 'close' } });
    return response.json();
  }

  // Waits until /health says `status`, and returns all that it says.
  async waitHealth(status, options) {
    let seen;
    return waitFor(
      () => `a ${status} server; /health says ${JSON.stringify(seen)}`,
      async () => {
        seen = await this.health();
        return seen.status === status && seen;
      },
      { interval: 50, ...options },
    );
  }

  // Waits until nobody is connected and no room is in memory.
  async quiet() {
    let seen;
    await waitFor(
      () => `a quiet server; /health says ${JSON.stringify(seen)}`,
      async () => {
        seen = await this.health();
        return seen.connections === 0 && seen.rooms === 0;
      },
      { interval: 100 },
    );
  }

  residentBytes() {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))[1];
    return Number(kibibytes) * 1024;
  }

  openFiles() {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  #collect(stream) {
    createInterface({ input: stream }).on('line', (line) => {
      this.log.push(readLogLine(line));
      if (this.log.length > 2 * keptLogLines) this.log.splice(0, keptLogLines);
    });
  }

  #linesSince(heard) {
    if (!this.#logFile) return this.log.slice(heard);
    return existsSync(this.#logFile) ? readFileSync(this.#logFile, 'utf8').split('\n').map(readLogLine) : [];
  }

  #watch(child) {
    this.#exit = new Promise((resolve) => {
      child.once('error', (error) => resolve({ code: null, signal: null, error }));
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    this.#exit.then(({ code, signal, error }) => {
      if (this.#exitExpected) return;
      this.#alarm = new Error(
        `the server ended unasked (code ${code}, signal ${signal}${error ? `, ${error}` : ''}):\n${this.#lastWords()}`,
      );
      alarms.add(this.#alarm);
    });
  }

  async #signal(name) {
    this.#exitExpected = true;
    this.#process.kill(name);
    return settled(`the server to end after ${name}`, this.#exit, { timeout: 60_000 });
  }

  #lastWords() {
    return this.log
      .slice(-20)
      .map((line) => line.text ?? JSON.stringify(line))
      .join('\n');
  }

  async #dispose(t) {
    const alarm = this.#alarm;
    alarms.delete(alarm);
    if (this.#process?.exitCode === null && this.#process.signalCode === null) await this.#signal('SIGKILL');
    if (!t.passed) t.diagnostic(`the server's last words:\n${this.#lastWords()}`);
    rmSync(this.folder, { recursive: true, force: true });
    if (alarm) throw alarm;
  }
}

function fromEnvironment(name, fallback) {
  return path.resolve(tests, process.env[name] ?? fallback);
}
