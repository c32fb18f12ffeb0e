// Formats against Yjs's own code over random histories: updates v1 and v2 converted both ways, cut, measured; snapshots, relative positions, Any and JSON.
//
//   npm test                    FORMATS (2,000) small histories and 20 times as many values, from seed START (1) on
//   SEED=123 npm test           that history and those values alone

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { Choices } from './choices.mjs';
import { contentOf, rootsOf } from './content.mjs';
import { Driver } from './driver.mjs';
import { Editor } from './edits.mjs';
import { Formats } from './formats.mjs';
import { assertSameBytes, hasPending, randomStateVector, receive, receivePassively } from './updates.mjs';
import { someAnyValue, someJsonValue, untidyAny, untidyJson } from './values.mjs';

const { SEED, START = 1, FORMATS = 2000 } = process.env;
const first = Number(SEED ?? START);
const count = SEED ? 1 : Number(FORMATS);
const valuesPerSeed = 20;

const overSeeds = (run) => (context) => {
  const driver = new Driver();
  const counts = {};
  try {
    for (let seed = first; seed < first + count; seed++) {
      try {
        run(new Choices(seed), driver, counts);
      } catch (error) {
        error.message = `SEED=${seed}: ${error.message}`;
        throw error;
      }
    }
  } finally {
    driver.close();
    context.diagnostic(JSON.stringify(counts));
  }
};

test(
  'Any and JSON become one another as in JavaScript',
  overSeeds((random, driver, counts) => {
    const formats = new Formats(driver);
    for (let i = 0; i < valuesPerSeed; i++) {
      const any = untidyAny(random, someAnyValue(random));
      assert.equal(formats.anyToJson(any), JSON.stringify(readAny(any)), `Any ${hex(any)}`);
      const json = untidyJson(random, someJsonValue(random));
      const parsed = JSON.parse(json);
      assert.equal(formats.normalizeJson(json), JSON.stringify(parsed), json);
      assertSameBytes(formats.jsonToAny(json), encodeAny(parsed), json);
      add(counts, 'values');
    }
  }),
);

test(
  'updates, snapshots and positions are written as Yjs writes them',
  overSeeds((random, driver, counts) => new Check(random, driver, counts).run()),
);

class Check {
  constructor(random, driver, counts) {
    this.random = random;
    this.driver = driver;
    this.counts = counts;
    this.formats = new Formats(driver);
    driver.startAgain();
    this.editor = new Editor(random);
    // Whether embeds and formats hold only what JSON and Any can both say.
    this.isPlain = random.chance(0.5);
    this.log = []; // updates as they were sent, in both formats
    this.docs = Array.from({ length: random.between(2, 4) }, () => this.#newDoc());
  }

  run() {
    for (let i = this.random.between(5, 20); i > 0; i--) this.#step();
    for (const { v1, v2 } of this.log) this.#checkUpdate(v1, v2);
    for (const doc of this.docs) this.#checkDocument(doc);
    this.#checkParts();
  }

  #newDoc() {
    const { random } = this;
    const doc = new Y.Doc({ gc: random.chance(0.5) });
    rootsOf(doc);
    doc.clientID = random.chance(0.5) ? random.integer(0, 2 ** 32) : 2 ** 32 + random.integer(0, 2 ** 53 - 2 ** 32);
    const sent = {};
    doc.on('update', (update) => {
      sent.v1 = update;
    });
    doc.on('updateV2', (update, origin, _, transaction) => {
      if (transaction.local) this.log.push({ v1: sent.v1, v2: update });
    });
    return doc;
  }

  #step() {
    const { random } = this;
    const doc = random.pick(this.docs);
    random.weighted([
      [6, () => this.editor.edit(doc)],
      [2, () => this.#decorate(doc)],
      [2, () => doc.transact(() => [1, 2, 3].forEach(() => this.editor.edit(doc)))],
      [3, () => receive(doc, Y.encodeStateAsUpdate(random.pick(this.docs), Y.encodeStateVector(doc)))],
      // Some that may have to wait.
      [1, () => this.log.length > 0 && receive(doc, random.pick(this.log).v1)],
    ])();
  }

  // Embeds and formats with values of every kind: what v1 has as JSON and v2 as Any.
  #decorate(doc) {
    const { random } = this;
    const text = doc.getText('text');
    const value = this.isPlain ? plain(someJsonValue(random)) : structuredClone(readAny(untidyAny(random, someAnyValue(random))));
    if (random.chance(0.5) || text.length === 0) text.insertEmbed(0, { of: value });
    else text.format(0, 1, { [random.pick(['bold', 'mark', '0', ''])]: value ?? null });
  }

  #checkUpdate(v1, v2) {
    this.#checkV1(v1);
    this.#checkV2(v2);
    const merged = [this.#someLogged('v1'), v1, v1];
    assertSameBytes(this.driver.merge([v1, v1]), this.driver.merge([v1]), 'an update merged with itself');
    this.#checkV1(Y.mergeUpdates(merged));
  }

  #someLogged(format) {
    return this.random.pick(this.log)[format];
  }

  #checkV1(v1) {
    const { formats, random } = this;
    const v2 = formats.toV2(v1);
    assertSameBytes(v2, Y.convertUpdateFormatV1ToV2(v1), `v1 ${hex(v1)} as v2`);
    assertSameBytes(formats.toV1(v2), Y.convertUpdateFormatV2ToV1(v2), `v1 ${hex(v1)} as v2 and back`);
    const vector = randomStateVector(random, v1, new Set());
    assertSameBytes(formats.diff(v1, vector), Y.diffUpdate(v1, vector), `${hex(v1)} without ${hex(vector)}`);
    assertSameBytes(formats.stateVector(v1), Y.encodeStateVectorFromUpdate(v1), `the state vector of ${hex(v1)}`);
    assert.deepEqual(formats.meta(v1), Y.parseUpdateMeta(v1), `the metadata of ${hex(v1)}`);
    add(this.counts, 'v1');
    if (Y.decodeUpdate(v1).structs.some((struct) => struct instanceof Y.Skip)) add(this.counts, 'with gaps');
  }

  #checkV2(v2) {
    this.formats.checkV2(v2);
    assertSameBytes(this.formats.toV1(v2), Y.convertUpdateFormatV2ToV1(v2), `v2 ${hex(v2)} as v1`);
    add(this.counts, 'v2');
  }

  #checkDocument(doc) {
    const v1 = Y.encodeStateAsUpdate(doc);
    const v2 = Y.encodeStateAsUpdateV2(doc);
    this.#checkV1(v1);
    this.#checkV2(v2);
    if (this.isPlain) this.#checkStores(v1, v2);
    this.#checkSnapshot(doc, v1);
    for (let i = 0; i < 5; i++) this.#checkPosition(doc);
  }

  // A store that got the state in format v2 has what one has that got it in v1.
  #checkStores(v1, v2) {
    this.driver.startAgain();
    const [one, other] = [this.driver.newStore(), this.driver.newStore()];
    one.apply(v1);
    other.apply(this.formats.toV1(v2));
    assertSameBytes(other.stateVector(), one.stateVector(), 'the state vector of a store fed with v2');
    assert.equal(other.numbers().blocks, one.numbers().blocks, 'the blocks of a store fed with v2');
    const load = (store) => {
      const doc = new Y.Doc({ gc: false });
      rootsOf(doc);
      receivePassively(doc, store.state());
      return contentOf(doc);
    };
    assert.deepStrictEqual(load(other), load(one), 'the content of a store fed with v2');
  }

  #checkSnapshot(doc, state) {
    const snapshot = Y.snapshot(doc);
    const v1 = Y.encodeSnapshot(snapshot);
    const v2 = Y.encodeSnapshotV2(snapshot);
    for (const ours of [this.formats.snapshot(1, v1), this.formats.snapshot(2, v2)]) {
      assertSameBytes(ours.v1, v1, 'a snapshot');
      assertSameBytes(ours.v2, v2, 'a snapshot v2');
    }
    if (hasPending(doc)) return;
    assertSameBytes(this.formats.snapshotOf(state), v1, `the snapshot of ${hex(state)}`);
    add(this.counts, 'snapshots');
  }

  #checkPosition(doc) {
    const { random, formats } = this;
    const { array, text, xml } = rootsOf(doc);
    const nested = array.toArray().filter((entry) => entry instanceof Y.Text || entry instanceof Y.Array);
    const type = random.pick([array, text, xml, ...nested]);
    const position = Y.createRelativePositionFromTypeIndex(type, random.integer(0, type.length + 1), random.pick([0, -1, 1]));
    const bytes = Y.encodeRelativePosition(position);
    const decoded = Y.decodeRelativePosition(bytes);
    const ours = formats.relativePosition(bytes);
    assertSameBytes(ours.bytes, bytes, 'a relative position');
    assert.equal(ours.json, JSON.stringify(Y.relativePositionToJSON(decoded)));
    assertSameBytes(formats.relativePositionOfJson(JSON.stringify(position)), bytes, `the relative position ${JSON.stringify(position)}`);
    add(this.counts, 'positions');
  }

  // Parts of what was sent, with gaps, as providers may keep them.
  #checkParts() {
    const { random } = this;
    if (this.log.length === 0) return;
    for (let i = 0; i < 4; i++) {
      const some = random.shuffled(this.log).slice(0, random.between(1, 5));
      this.#checkV1(Y.mergeUpdates(some.map(({ v1 }) => v1)));
      this.#checkV2(Y.mergeUpdatesV2(some.map(({ v2 }) => v2)));
    }
  }
}

// Without surrogates that have no partner, -0, keys that set a prototype, and what is no number.
const plain = (value) => JSON.parse(JSON.stringify(value).replace(/\\ud[89a-f]..|__proto__/g, '?'));

const readAny = (bytes) => decoding.readAny(decoding.createDecoder(bytes));

const encodeAny = (value) => {
  const encoder = encoding.createEncoder();
  encoding.writeAny(encoder, value);
  return encoding.toUint8Array(encoder);
};

const add = (counts, what) => {
  counts[what] = (counts[what] ?? 0) + 1;
};

const hex = (bytes) => Buffer.from(bytes).toString('hex');
