// canvas-ws document at work on a database of its own, and the documents that it is given.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as Y from 'yjs';
import { atEnd } from '../harness/cleanup.mjs';
import { runCommand } from '../harness/command.mjs';
import { editJournal } from '../harness/content.mjs';
import { createDatabase } from '../harness/database.mjs';
import { sleep } from '../harness/wait.mjs';

// Where nobody answers, whatever else runs on this machine.
export const noServer = ['--server', 'http://127.0.0.1:1'];

// `folder` is its own, too.
export class Desk {
  database;
  folder;

  static async open(t, kind) {
    const desk = new Desk();
    desk.database = await createDatabase(t, kind);
    desk.folder = mkdtempSync(path.join(tmpdir(), 'canvas-ws-desk-'));
    atEnd(t, () => rmSync(desk.folder, { recursive: true, force: true }));
    await runCommand(['migrate', '--database', desk.database.url]);
    return desk;
  }

  run(args, options) {
    return runCommand(['document', ...args], { ...options, env: { DATABASE_URL: this.database.url, ...options?.env } });
  }

  async ends(code, args, options) {
    const result = await this.run(args, options);
    assert.equal(result.code, code, `document ${args.join(' ')}: ${result.stdout}${result.stderr}`);
    return result;
  }

  succeeds(args, options) {
    return this.ends(0, args, options);
  }

  fails(args, options) {
    return this.ends(1, args, options);
  }

  isMisused(args, options) {
    return this.ends(2, args, options);
  }

  import(name, update) {
    const file = path.join(this.folder, 'import.update');
    writeFileSync(file, update);
    return this.succeeds(['import', name, file]);
  }

  async export(name, ...flags) {
    return docOf((await this.succeeds(['export', name, ...flags])).bytes);
  }

  async list() {
    return JSON.parse((await this.succeeds(['list', '--json', ...noServer])).stdout);
  }

  async history(name) {
    return JSON.parse((await this.succeeds(['history', name, '--json'])).stdout);
  }

  // Changes the first byte of `text` in the rows of the log that have it; returns their ids.
  async damage(text) {
    const damaged = [];
    for (const row of await this.database.all('SELECT id, "update" AS bytes FROM yjs_update_log')) {
      const bytes = Buffer.from(row.bytes);
      const at = bytes.indexOf(text);
      if (at < 0) continue;
      bytes[at] ^= 1;
      await this.database.all('UPDATE yjs_update_log SET "update" = ? WHERE id = ?', bytes, row.id);
      damaged.push(Number(row.id));
    }
    assert.notEqual(damaged.length, 0, `no row has '${text}'`);
    return damaged;
  }
}

export function docOf(update) {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  return doc;
}

export function docWith(entry) {
  const doc = new Y.Doc();
  editJournal(doc, entry);
  return doc;
}

// Imports 'first', replaced by 'second', replaced by 'third', as the app replaces its text; returns a time after each.
export async function threeVersions(desk) {
  const doc = new Y.Doc();
  const text = doc.getText('text');
  const moments = [];
  for (const version of ['first', 'second', 'third']) {
    let update;
    doc.once('update', (bytes) => {
      update = bytes;
    });
    doc.transact(() => {
      text.delete(0, text.length);
      text.insert(0, version);
    });
    await desk.import('plan', update);
    await sleep(20);
    moments.push(new Date().toISOString());
    await sleep(20);
  }
  return moments;
}
