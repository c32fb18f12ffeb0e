// Updates with a few bytes changed: what the store takes and passes on, Yjs takes too, without a throw, and then has as much of it.
//
//   npm test                    MUTATIONS (10,000) of them from seed START (1) on
//   SEED=123 npm test           that one alone
//
// A server that passes on what makes clients throw lets one stranger disturb all others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Y from 'yjs';
import { Choices } from './choices.mjs';
import { Driver, effects, Refusal } from './driver.mjs';
import { Editor } from './edits.mjs';
import { receivePassively, retryPending } from './updates.mjs';

const { SEED, START = 1, MUTATIONS = 10_000 } = process.env;
const first = Number(SEED ?? START);
const count = SEED ? 1 : Number(MUTATIONS);

test('what the store passes on does not make Yjs throw', (context) => {
  const driver = new Driver();
  const counts = {};
  try {
    for (let seed = first; seed < first + count; seed++) {
      const outcome = run(new Choices(seed), driver, seed);
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
  } finally {
    driver.close();
    context.diagnostic(JSON.stringify(counts));
  }
});

const run = (random, driver, seed) => {
  driver.startAgain();
  const store = driver.newStore();
  const { base, update } = someUpdates(random);
  store.apply(base);
  const mutated = mutate(random, update);
  const applied = attempt(() => store.apply(mutated));
  if (!applied) return 'refused';
  const doc = new Y.Doc({ gc: random.chance(0.5) });
  receivePassively(doc, base);
  const news = { [effects.whole]: mutated, [effects.part]: applied.news }[applied.effect];
  try {
    if (news) receivePassively(doc, news);
    retryPending(doc);
    // A block without length leaves a client at clock 0 in Yjs.
    const known = [...Y.decodeStateVector(Y.encodeStateVector(doc))].filter(([, clock]) => clock > 0);
    assert.deepEqual(new Map(known), Y.decodeStateVector(applied.stateVector), 'the state vector');
  } catch (error) {
    error.message = `SEED=${seed}: ${error.message}; ${hex(mutated)} after ${hex(base)}`;
    throw error;
  }
  return ['nothing', 'whole', 'part'][applied.effect];
};

// The state of a small document, and an update that builds on it.
const someUpdates = (random) => {
  const doc = new Y.Doc();
  doc.clientID = random.between(1, 100);
  const editor = new Editor(random);
  for (let i = random.between(1, 5); i > 0; i--) editor.edit(doc);
  const base = Y.encodeStateAsUpdate(doc);
  const before = Y.encodeStateVector(doc);
  if (random.chance(0.5)) doc.clientID = random.between(101, 120);
  for (let i = random.between(1, 3); i > 0; i--) editor.edit(doc);
  return { base, update: Y.encodeStateAsUpdate(doc, random.chance(0.7) ? before : undefined) };
};

const mutate = (random, update) => {
  const bytes = [...update];
  for (let i = random.between(1, 3); i > 0; i--) {
    const at = random.integer(0, bytes.length);
    random.weighted([
      [4, () => bytes.splice(at, 1, random.integer(0, 256))],
      [3, () => bytes.splice(at, 1, (bytes[at] + random.pick([-2, -1, 1, 2]) + 256) % 256)],
      [2, () => bytes.splice(at, 1, bytes[at] ^ (1 << random.integer(0, 8)))],
      [1, () => bytes.splice(at, 0, random.integer(0, 256))],
      [1, () => bytes.splice(at, random.between(1, 3))],
      [1, () => bytes.splice(at, 0, ...bytes.slice(at, at + random.between(1, 12)))],
    ])();
  }
  return Uint8Array.from(bytes);
};

const attempt = (action) => {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return null;
  }
};

const hex = (bytes) => Buffer.from(bytes).toString('hex');
