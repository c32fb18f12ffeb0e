// The server's SQLite file, seen by another process: what is really stored, and a hand on the write lock.

import { DatabaseSync } from 'node:sqlite';
import * as Y from 'yjs';

export class Database {
  #connection;

  constructor(server) {
    this.#connection = new DatabaseSync(server.databasePath);
    this.#connection.exec('PRAGMA busy_timeout = 20000');
  }

  // From here until unlockWrites() no other connection can commit.
  lockWrites() {
    this.#connection.exec('BEGIN IMMEDIATE');
  }

  unlockWrites() {
    this.#connection.exec('ROLLBACK');
  }

  logLength(document) {
    return this.#connection.prepare('SELECT count(*) AS n FROM yjs_update_log WHERE document_id = ?').get(document).n;
  }

  // Overwrites the last row of the document's log, as a failing disk would.
  damageLog(document) {
    this.#connection
      .prepare(
        `UPDATE yjs_update_log SET "update" = x'ffffff'
         WHERE id = (SELECT max(id) FROM yjs_update_log WHERE document_id = ?)`,
      )
      .run(document);
  }

  // The document as stored: the compacted state and the log behind it.
  read(document) {
    const doc = new Y.Doc();
    const state = this.#connection.prepare('SELECT data FROM yjs_document WHERE id = ?').get(document);
    const log = this.#connection
      .prepare('SELECT "update" AS bytes FROM yjs_update_log WHERE document_id = ? ORDER BY id')
      .all(document);
    doc.transact(() => {
      if (state) Y.applyUpdate(doc, state.data);
      for (const row of log) Y.applyUpdate(doc, row.bytes);
    });
    return doc;
  }

  close() {
    this.#connection.close();
  }
}
