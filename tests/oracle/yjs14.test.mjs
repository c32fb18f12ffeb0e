// Yjs 14 (a release candidate), Yjs 13.6 and the engine over random histories: each reads what the others write, in both formats, gaps included.
//
//   npm test                    YJS14_HISTORIES (500) histories from seed START (1) on
//   SEED=123 npm test           that history alone
//
// In 14 all types are one that has both children and attributes. On the wire it is an XmlFragment or XmlElement, so that 13.6 sees what 14 writes, though not
// attributes of what it takes for a fragment: contents are compared within a version.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Y14 from '@y/y';
import * as Y from 'yjs';
import { Choices } from './choices.mjs';
import { contentOf, rootsOf } from './content.mjs';
import { Driver } from './driver.mjs';
import { DriverDoc } from './driver_doc.mjs';
import { Editor } from './edits.mjs';
import { Formats } from './formats.mjs';
import { assertSameVector, hasPending, receive, receivePassively, retryPending } from './updates.mjs';

const { SEED, START = 1, YJS14_HISTORIES = 500 } = process.env;
const first = Number(SEED ?? START);
const count = SEED ? 1 : Number(YJS14_HISTORIES);
const remote = Symbol('remote');
const roots = ['map', 'array', 'text', 'xml'];

test('Yjs 14, Yjs 13.6 and the engine read each other', (context) => {
  const driver = new Driver();
  let seed = first;
  try {
    for (; seed < first + count; seed++) new MixedHistory(new Choices(seed), driver).run();
  } catch (error) {
    error.message = `SEED=${seed}: ${error.message}`;
    throw error;
  } finally {
    driver.close();
    context.diagnostic(`up to seed ${seed}: ${JSON.stringify(MixedHistory.counts)}`);
  }
});

const contentOf14 = (doc) => Object.fromEntries(roots.map((name) => [name, plain14(doc.get(name).toJSON())]));

// JSON of 14 leaves sub-documents as they are.
const plain14 = (value) => {
  if (value instanceof Y14.Doc) return { document: value.guid };
  if (Array.isArray(value)) return value.map(plain14);
  if (value !== null && value?.constructor === Object) return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain14(entry)]));
  return value;
};

class MixedHistory {
  // Counts over all histories: how much of what was meant to happen did.
  static counts = { gaps: 0, waiting: 0, written14: 0 };

  constructor(random, driver) {
    this.random = random;
    this.driver = driver;
    driver.startAgain();
    this.formats = new Formats(driver);
    this.store = driver.newStore();
    this.doc = new DriverDoc(driver, 0, { gc: random.chance(0.5) });
    this.editor = new Editor(random);
    this.log = [];
    this.clients = [this.#new13(), this.#new13(), this.#new14(), this.#new14()];
  }

  run() {
    for (let i = this.random.between(5, 30); i > 0; i--) {
      const client = this.random.pick(this.clients);
      this.random.weighted([
        [3, () => client.edit()],
        [1, () => this.#sync(client)],
      ])();
    }
    this.#converge();
    this.#checkEqual();
    this.#checkGaps();
  }

  #clientId() {
    return this.random.chance(0.5) ? this.random.integer(0, 2 ** 32) : 2 ** 32 + this.random.integer(0, 2 ** 53 - 2 ** 32 - 1);
  }

  #new13() {
    const doc = new Y.Doc({ gc: this.random.chance(0.5) });
    rootsOf(doc);
    doc.clientID = this.#clientId();
    doc.on('update', (update, _, __, transaction) => transaction.local && this.log.push(update));
    return {
      edit: () => this.editor.edit(doc),
      receive: (update) => receive(doc, update),
      vector: () => Y.encodeStateVector(doc),
      difference: (vector) => Y.encodeStateAsUpdate(doc, vector),
      checkContent: (state) => {
        const fresh = new Y.Doc({ gc: false });
        rootsOf(fresh);
        receivePassively(fresh, state);
        assert.deepStrictEqual(contentOf(fresh), contentOf(doc), 'the content for Yjs 13.6');
      },
    };
  }

  #new14() {
    const { random, formats } = this;
    const doc = new Y14.Doc({ gc: random.chance(0.5) });
    doc.clientID = this.#clientId();
    doc.on('update', (update, _, __, transaction) => {
      if (!transaction.local) return;
      this.log.push(update);
      MixedHistory.counts.written14++;
    });
    return {
      edit: () => edit14(random, doc),
      receive: (update) => {
        if (random.chance(0.5)) Y14.applyUpdate(doc, update, remote);
        else Y14.applyUpdateV2(doc, formats.toV2(update), remote);
      },
      vector: () => Y14.encodeStateVector(doc),
      difference: (vector) =>
        random.chance(0.5) ? Y14.encodeStateAsUpdate(doc, vector) : formats.toV1(Y14.encodeStateAsUpdateV2(doc, vector)),
      checkContent: (state) => {
        const fresh = new Y14.Doc({ gc: false });
        Y14.applyUpdate(fresh, state, remote);
        assert.deepStrictEqual(contentOf14(fresh), contentOf14(doc), 'the content for Yjs 14');
      },
    };
  }

  #feed(update) {
    this.store.apply(update);
    this.doc.apply(update);
  }

  #sync(client) {
    client.receive((this.random.chance(0.5) ? this.store : this.doc).difference(client.vector()));
    this.#feed(client.difference(this.store.stateVector()));
  }

  // Until nobody has anything to tell: clients tidy up format marks.
  #converge() {
    for (let round = 0; round < 12; round++) {
      const before = this.store.state();
      for (const client of this.clients) this.#sync(client);
      if (Buffer.compare(before, this.store.state()) === 0 && round > 0) return;
    }
    assert.fail('the clients never come to rest');
  }

  #checkEqual() {
    this.doc.check();
    const states = [this.store.state(), this.doc.state(), this.driver.merge([this.doc.state(), this.store.state()])];
    for (const client of this.clients) {
      assertSameVector(client.vector(), this.store.stateVector(), 'the state vector of a client');
      client.checkContent(this.random.pick(states));
    }
  }

  // Some updates come, in whatever order, to one document of each kind; each tells another kind what it has, gaps and all; then comes the rest.
  #checkGaps() {
    if (this.log.length === 0) return;
    const some = this.random.shuffled(this.log).slice(0, this.random.between(1, this.log.length));
    const theirs = new Y14.Doc({ gc: false });
    for (const update of some) Y14.applyUpdate(theirs, update, remote);
    const ours = this.driver.newStore();
    for (const update of some) ours.apply(update);
    const between = this.random.pick([
      () => Y14.encodeStateAsUpdate(theirs),
      () => this.formats.toV1(Y14.encodeStateAsUpdateV2(theirs)),
      () => Y14.mergeUpdates(some),
      () => ours.state(),
      () => this.driver.merge(some),
    ])();

    const store = this.driver.newStore();
    const doc = new DriverDoc(this.driver, 1, { gc: false });
    const yjs13 = new Y.Doc({ gc: false });
    rootsOf(yjs13);
    const yjs14 = new Y14.Doc({ gc: false });
    store.apply(between);
    doc.apply(between);
    receivePassively(yjs13, between);
    retryPending(yjs13);
    Y14.applyUpdate(yjs14, between, remote);
    assertSameVector(store.stateVector(), Y.encodeStateVector(yjs13), 'the state vector with gaps');
    assertSameVector(doc.stateVector(), store.stateVector(), 'the state vector of Doc with gaps');
    if (Y.decodeUpdate(between).structs.some((struct) => struct instanceof Y.Skip)) MixedHistory.counts.gaps++;
    if (hasPending(yjs13)) MixedHistory.counts.waiting++;

    for (const update of this.random.shuffled([...this.log, this.store.state()])) {
      store.apply(update);
      doc.apply(update);
      Y14.applyUpdate(yjs14, update, remote);
    }
    for (const [what, vector] of [
      ['a store', store.stateVector()],
      ['Doc', doc.stateVector()],
      ['Yjs 14', Y14.encodeStateVector(yjs14)],
    ]) {
      assertSameVector(vector, this.store.stateVector(), `the state vector of ${what} when the gaps are filled`);
    }
    for (const client of this.clients) client.checkContent(this.random.pick([store, doc]).state());
  }
}

// Edits of Yjs 14's own kind: children and attributes in one type, named types in types. No null: the markup of 13.6
// throws on it. No surrogate pairs in lists: clients of 13.6 would cut them.
const edit14 = (random, doc) => {
  const root = random.pick(roots);
  const type = doc.get(root);
  const end = random.pick([0, type.length]);
  random.weighted([
    [3, () => type.insert(end, [random.pick([1, 'word', true, { a: [1] }, Uint8Array.of(1, 2)])])],
    [3, () => type.insert(end, random.pick(root === 'text' ? ['typed', '😀', 'é'] : ['typed', 'é']))],
    [2, () => type.insert(end, [some14(random)])],
    [2, () => type.setAttr(random.pick(['a', 'b']), random.pick([1, 'v', some14(random)]))],
    [1, () => type.deleteAttr(random.pick(['a', 'b']))],
    [1, () => type.insert(end, 'bold', { bold: true })],
  ])();
};

const some14 = (random) => {
  const type = new Y14.Type(random.pick([null, 'p']));
  if (random.chance(0.6)) type.insert(0, random.pick(['text', [1, 'two']]));
  if (random.chance(0.6)) type.setAttr('k', 1);
  return type;
};
