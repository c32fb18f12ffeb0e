// The database of a server under test, seen by another process: what is really stored, and a hand on its locks. Each
// kind that the server can use has the same interface:
//
//   url                              what the server is given
//   lockWrites(), unlockWrites()     between them no other connection can commit, and nothing fails: it waits
//   all(sql, ...parameters)          rows; parameters stand as ? in the text
//   state(document), rows(document)  the compacted state, or undefined; the log that is not folded into it
//   logLength(document)              how many rows that are
//   read(document)                   the document that they make, a Y.Doc

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import * as Y from 'yjs';
import { atEnd, file } from './cleanup.mjs';
import { PostgresCluster } from './postgres.mjs';
import { binary } from './server.mjs';

const run = promisify(execFile);

class Database {
  updateColumn = 'update';

  async state(document) {
    return (await this.all('SELECT data FROM yjs_document WHERE id = ?', document))[0]?.data;
  }

  async rows(document) {
    return (await this.allRows(document)).filter((row) => row.folded_at === null);
  }

  // With those that are kept as history: {id, bytes, user_id, created_at, folded_at}.
  allRows(document) {
    const columns = `id, "${this.updateColumn}" AS bytes, user_id, created_at, folded_at`;
    return this.all(`SELECT ${columns} FROM yjs_update_log WHERE document_id = ? ORDER BY id`, document);
  }

  async logLength(document) {
    return (await this.rows(document)).length;
  }

  // The log is read first: what is folded meanwhile is in the state.
  async read(document) {
    const doc = new Y.Doc();
    const rows = await this.rows(document);
    const state = await this.state(document);
    doc.transact(() => {
      if (state) Y.applyUpdate(doc, state);
      for (const row of rows) Y.applyUpdate(doc, row.bytes);
    });
    return doc;
  }
}

export class SqliteDatabase extends Database {
  path;
  #connection = null;

  // `folder`: where the file is to be.
  static async create(t, { folder = temporaryFolder(t) } = {}) {
    const database = new SqliteDatabase();
    database.path = path.join(folder, 'canvas.sqlite');
    atEnd(t, () => database.#connection?.close());
    return database;
  }

  get url() {
    return `sqlite:${this.path}`;
  }

  async lockWrites() {
    this.#open().exec('BEGIN IMMEDIATE');
  }

  async unlockWrites() {
    this.#open().exec('ROLLBACK');
  }

  async all(sql, ...parameters) {
    return this.#open()
      .prepare(sql)
      .all(...parameters);
  }

  // Not before it is needed: a server makes the file.
  #open() {
    if (this.#connection === null) {
      this.#connection = new DatabaseSync(this.path);
      this.#connection.exec('PRAGMA busy_timeout = 20000');
    }
    return this.#connection;
  }
}

export class PostgresDatabase extends Database {
  cluster;
  name;
  #role;
  #t;
  #lock = null;

  // A new one in `cluster`, or in the one that all tests of the file share. `options` go to CREATE DATABASE. `role`
  // owns it, and is what the server connects as; not the superuser then.
  static async create(t, { cluster, name, options = '', role, migrate = true } = {}) {
    const database = new PostgresDatabase();
    database.#t = t;
    database.#role = role;
    database.cluster = cluster ?? (await sharedCluster());
    if (role !== undefined) await database.cluster.createRole(role);
    const owner = role === undefined ? '' : `OWNER ${role}`;
    database.name = await database.cluster.createDatabase(name, { options: `${owner} ${options}` });
    if (migrate) await database.migrate();
    return database;
  }

  get url() {
    return this.cluster.uriOf(this.name, this.#role);
  }

  async migrate() {
    await run(binary, ['migrate', '--database', this.url]);
  }

  async lockWrites() {
    this.#lock = await this.cluster.connect(this.#t, this.name);
    await this.#lock.query('BEGIN');
    await this.#lock.query('LOCK TABLE yjs_update_log IN EXCLUSIVE MODE');
  }

  async unlockWrites() {
    await this.#lock.query('ROLLBACK');
  }

  all(sql, ...parameters) {
    let number = 0;
    const numbered = sql.replaceAll('?', () => `$${(number += 1)}`);
    return this.cluster.query(numbered, parameters, { database: this.name });
  }
}

const classes = { SQLite: SqliteDatabase, PostgreSQL: PostgresDatabase };

// What a test of storage goes through. DATABASES=SQLite in the environment restricts a run to that.
export const databaseKinds = process.env.DATABASES?.split(',') ?? Object.keys(classes);

// An empty database of `kind` with all that a server needs to start, gone when test `t` is over.
export const createDatabase = (t, kind, options) => classes[kind].create(t, options);

let shared = null;

function sharedCluster() {
  shared ??= PostgresCluster.start(file);
  return shared;
}

function temporaryFolder(t) {
  const folder = mkdtempSync(path.join(tmpdir(), 'canvas-ws-database-'));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
