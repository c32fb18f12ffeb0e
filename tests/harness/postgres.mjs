// A PostgreSQL cluster of a test's own, made and run by scripts/postgres.sh: as root it belongs to the user postgres,
// else to whoever runs the tests.

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { atEnd } from './cleanup.mjs';
import { waitFor } from './wait.mjs';

const script = path.resolve(import.meta.dirname, '../../scripts/postgres.sh');
const run = promisify(execFile);

export class PostgresCluster {
  folder;
  isPaused = false;
  #settings;
  #ownsFolder;
  #databases = 0;
  #pid = null; // of the postmaster; null while it is stopped

  // Makes and starts one; it is gone when test `t` is over. `settings` are PostgreSQL's, as 'NAME=VALUE'. `folder`: an
  // empty one to use, for example on a small disk.
  static async start(t, { settings = [], folder } = {}) {
    const cluster = new PostgresCluster(folder, settings);
    running.add(cluster);
    atEnd(t, async () => {
      await cluster.#dispose();
      running.delete(cluster);
    });
    await cluster.start();
    return cluster;
  }

  constructor(folder, settings) {
    this.folder = folder ?? mkdtempSync(path.join(tmpdir(), 'canvas-ws-postgres-'));
    this.#ownsFolder = folder === undefined;
    this.#settings = settings;
  }

  // Of the database `postgres`. The user is the superuser `canvas`.
  get uri() {
    return this.uriOf('postgres');
  }

  uriOf(database, user = 'canvas') {
    return `postgres://${user}@127.0.0.1:${this.port}/${encodeURIComponent(database)}`;
  }

  get port() {
    return Number(readFileSync(path.join(this.folder, 'port'), 'utf8'));
  }

  get pid() {
    return this.#pid;
  }

  // Starts it, or starts it again on the same port.
  async start() {
    await run(script, ['start', this.folder, ...this.#settings]);
    this.#pid = Number((await run(script, ['pid', this.folder])).stdout);
  }

  // smart, fast or immediate; the last is a crash of it.
  async stop(mode = 'immediate') {
    this.resume();
    await run(script, ['stop', this.folder, mode]);
    this.#pid = null;
  }

  // SIGSTOP for all its processes: connections stand, and nobody answers.
  pause() {
    this.isPaused = true;
    process.kill(this.#pid, 'SIGSTOP');
    for (const child of this.#children()) signal(child, 'SIGSTOP');
  }

  resume() {
    if (!this.isPaused) return;
    for (const child of this.#children()) signal(child, 'SIGCONT');
    signal(this.#pid, 'SIGCONT');
    this.isPaused = false;
  }

  // SIGSTOP for the processes that serve the present connections to `database`, while others can be had. Returns what
  // lets them go on.
  async pauseBackends(database) {
    const rows = await this.query('SELECT pid FROM pg_stat_activity WHERE datname = $1', [database]);
    for (const { pid } of rows) signal(pid, 'SIGSTOP');
    return () => rows.forEach(({ pid }) => signal(pid, 'SIGCONT'));
  }

  // Whether it takes connections.
  async isUp() {
    try {
      await this.query('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  // A client of `database` that is left when test `t` is over. A connection that is lost fails its next query, and not
  // the process.
  async connect(t, database = 'postgres') {
    const client = await this.#connect(database);
    atEnd(t, () => client.end());
    return client;
  }

  // The rows of one statement, on a connection of its own.
  async query(sql, parameters, { database = 'postgres' } = {}) {
    const client = await this.#connect(database);
    try {
      return (await client.query(sql, parameters)).rows;
    } finally {
      await client.end();
    }
  }

  // Returns its name. `options` go to CREATE DATABASE, for example "TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'".
  async createDatabase(name = `test_${(this.#databases += 1)}`, { options = '' } = {}) {
    await this.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} ${options}`);
    return name;
  }

  // One that may log in, unless it is there.
  async createRole(name) {
    const [there] = await this.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
    if (!there) await this.query(`CREATE ROLE ${pg.escapeIdentifier(name)} LOGIN`);
  }

  // Cuts all connections of clients, or those to `database`. Returns how many there were.
  async terminateBackends(database = null) {
    const rows = await this.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND ($1::text IS NULL OR datname = $1)`,
      [database],
    );
    return rows.length;
  }

  log() {
    return readFileSync(path.join(this.folder, 'log'), 'utf8');
  }

  async #connect(database) {
    const client = new pg.Client({ connectionString: this.uriOf(database), connectionTimeoutMillis: 10_000 });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  #children() {
    return processes()
      .filter(({ parent }) => parent === this.#pid)
      .map(({ pid }) => pid);
  }

  // At once, without waiting for the end.
  abandon() {
    if (this.#pid === null) return;
    const pids = [this.#pid, ...this.#children()];
    for (const pid of pids) signal(pid, 'SIGKILL');
    this.#pid = null;
  }

  async #dispose() {
    const pid = this.#pid;
    try {
      if (pid !== null && isAlive(pid)) await this.stop();
    } catch {
      this.abandon(); // a disk that is full, for example
    }
    if (pid !== null) await waitFor('PostgreSQL to end', () => !isAlive(pid));
    if (this.#ownsFolder) rmSync(this.folder, { recursive: true, force: true });
  }
}

// They would outlive a test process that is ended from outside.
const running = new Set();
process.on('exit', () => running.forEach((cluster) => cluster.abandon()));
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => process.exit(1));

// Sends a signal to a process that may be gone.
function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function isAlive(pid) {
  return processes().some((entry) => entry.pid === pid && entry.state !== 'Z');
}

// From /proc: [{pid, state, parent}].
function processes() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return [{ pid: Number(pid), state, parent: Number(parent) }];
      } catch {
        return []; // ended meanwhile
      }
    });
}
