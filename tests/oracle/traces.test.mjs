// The block store on recorded editing sessions: what it makes of all their updates is what Yjs makes of them.
//
//   TRACES=folder npm test
//
// The folder (bench/crdt/traces) holds NAME-updates.v1.bin (varUint length and update, again and again), NAME-final.v1.bin (what Yjs encodes after them), and
// NAME-final.txt or NAME-final.json, the content then; each as it is or packed with xz, as NAME.xz.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as decoding from 'lib0/decoding';
import * as Y from 'yjs';
import { Driver } from './driver.mjs';
import { assertSameBytes, assertSameVector } from './updates.mjs';

const folder = process.env.TRACES ?? fileURLToPath(new URL('../../bench/crdt/traces', import.meta.url));
const packed = '.xz';
const files = new Map(readdirSync(folder).map((file) => [file.endsWith(packed) ? file.slice(0, -packed.length) : file, join(folder, file)]));
const suffix = '-updates.v1.bin';
const names = [...files.keys()].filter((file) => file.endsWith(suffix)).map((file) => file.slice(0, -suffix.length));

test('traces', async (context) => {
  assert.ok(names.length > 0, `no *${suffix} in ${folder}`);
  for (const name of names) await context.test(name, () => checkTrace(name));
});

const checkTrace = (name) => {
  const driver = new Driver();
  try {
    const store = driver.newStore();
    for (const batch of batches(readUpdates(name), 1000)) store.applyAll(batch);
    const state = store.state();
    const final = new Y.Doc();
    Y.applyUpdate(final, read(`${name}-final.v1.bin`));
    assertSameVector(store.stateVector(), Y.encodeStateVector(final), 'the state vector');

    const doc = new Y.Doc();
    Y.applyUpdate(doc, state);
    checkContent(name, doc);
    assert.ok(Y.equalSnapshots(Y.snapshot(doc), Y.snapshot(final)), 'the snapshot');

    const loaded = driver.newStore();
    loaded.apply(state);
    assertSameBytes(loaded.state(), state, 'the state, loaded and encoded again');
  } finally {
    driver.close();
  }
};

const most = 64 << 20;
const read = (file) => {
  const path = files.get(file);
  return path.endsWith(packed) ? execFileSync('xz', ['-dc', path], { maxBuffer: most }) : readFileSync(path);
};

const readUpdates = (name) => {
  const decoder = decoding.createDecoder(read(name + suffix));
  const updates = [];
  while (decoding.hasContent(decoder)) updates.push(decoding.readVarUint8Array(decoder));
  return updates;
};

const batches = (list, size) => Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));

// Each trace writes to one root type: a text, or a map.
const checkContent = (name, doc) => {
  const [root] = doc.share.keys();
  if (files.has(`${name}-final.txt`)) {
    assert.equal(doc.getText(root).toString(), read(`${name}-final.txt`).toString());
  } else {
    assert.deepEqual(doc.getMap(root).toJSON(), JSON.parse(read(`${name}-final.json`)));
  }
};
