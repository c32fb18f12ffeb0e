// The real PM2 with deploy/pm2/ecosystem.config.cjs as it is, in a PM2_HOME of its own.

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { atEnd } from '../harness/cleanup.mjs';
import { binary } from '../harness/server.mjs';
import { waitFor } from '../harness/wait.mjs';
import { freePorts } from './nginx.mjs';

const run = promisify(execFile);
const program = path.join(import.meta.dirname, 'node_modules/pm2/bin/pm2');
const ecosystem = path.resolve(import.meta.dirname, '../../deploy/pm2/ecosystem.config.cjs');

export class Pm2 {
  home = mkdtempSync(path.join(tmpdir(), 'canvas-ws-pm2-'));
  port;
  healthPort;
  #config = path.join(this.home, 'canvas-ws.toml');
  #environment;

  // A PM2 that has nothing to do yet; ended with all that it has started when test `t` is over. `settings`: the text of
  // the file that the server is given as CANVAS_WS_CONFIG.
  static async prepare(t, { settings = '', environment = {}, server = binary } = {}) {
    if (!existsSync(program)) throw new Error(`there is no ${program}: npm ci in tests/deploy`);
    const pm2 = new Pm2();
    atEnd(t, () => pm2.#dispose(t));
    [pm2.port, pm2.healthPort] = await freePorts(2);
    pm2.configure(settings);
    const foreign = /^(DATABASE_URL|PG.*|WS_.*|BETTER_AUTH_.*|AUTH_SECRET|LOG_LEVEL|NODE_.*|PM2_.*|CANVAS_WS_.*)$/;
    const inherited = Object.entries(process.env).filter(([name]) => !foreign.test(name));
    pm2.#environment = {
      ...Object.fromEntries(inherited),
      PM2_HOME: pm2.home,
      CANVAS_WS_BINARY: server,
      CANVAS_WS_CONFIG: pm2.#config,
      CANVAS_WS_HOME: pm2.home,
      WS_PORT: String(pm2.port),
      WS_HEALTH_PORT: String(pm2.healthPort),
      ...environment,
    };
    return pm2;
  }

  get url() {
    return `ws://127.0.0.1:${this.port}`;
  }

  // What the next process is told.
  configure(settings) {
    writeFileSync(this.#config, settings);
  }

  start() {
    return this.command('start', ecosystem, '--env', 'production', '--silent');
  }

  // pm2 COMMAND...: resolves to what it printed.
  async command(...args) {
    const { stdout } = await run(process.execPath, [program, ...args], { env: this.#environment, maxBuffer: 2 ** 24 });
    return stdout;
  }

  // {pid, status, restarts, settings}: what PM2 says of canvas-ws.
  async state() {
    const text = await this.command('jlist', '--silent');
    const apps = JSON.parse(text.slice(text.indexOf('[')));
    if (apps.length !== 1 || apps[0].name !== 'canvas-ws') throw new Error(`PM2 has ${apps.map(({ name }) => name)}`);
    const [{ pid, pm2_env: settings }] = apps;
    return { pid, status: settings.status, restarts: settings.restart_time, settings };
  }

  // Waits until the server answers, and is another process than `before`.
  async waitServing(before) {
    await waitFor(
      () => `a server under PM2; it said:\n${this.#lastWords()}`,
      async () => {
        const answer = await fetch(`http://127.0.0.1:${this.healthPort}/health`).catch(() => null);
        return answer?.ok && (await this.state()).pid !== before;
      },
      { interval: 50 },
    );
    return this.state();
  }

  // The JSON objects that the server has logged, over all its lives.
  log() {
    return this.#text('-out')
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  }

  // What the daemon itself has written.
  daemonLog() {
    return readFileSync(path.join(this.home, 'pm2.log'), 'utf8');
  }

  #text(part) {
    const folder = path.join(this.home, 'logs');
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.includes(part)) : [];
    return names.map((name) => readFileSync(path.join(folder, name), 'utf8')).join('');
  }

  #lastWords() {
    return (this.#text('-out') + this.#text('-error')).split('\n').slice(-20).join('\n');
  }

  async #dispose(t) {
    if (!t.passed) t.diagnostic(`the server's last words under PM2:\n${this.#lastWords()}\n${this.daemonLog().slice(-2000)}`);
    await this.command('kill', '--silent');
    rmSync(this.home, { recursive: true, force: true });
  }
}
