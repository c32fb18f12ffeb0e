// One random history between Yjs 13.6, Yjs 14 and the engine: clients of both edit and exchange updates, the block store and two Docs get all of them in
// another order, and beside them a document of Yjs 14 gets the same. Yjs 14 stores what comes after a gap with a Skip in the gap's place, and sends it so.

import assert from 'node:assert/strict';
import * as Y14 from '@y/y';
import * as Y from 'yjs';
import { contentOf, rootsOf } from './content.mjs';
import { DriverDoc } from './driver_doc.mjs';
import { Editor } from './edits.mjs';
import { Formats } from './formats.mjs';
import { receive, receivePassively, remote } from './updates.mjs';
import { content14, edit14, roots } from './yjs14_edits.mjs';

// Without the tidying of format marks that follows changes from elsewhere; see receivePassively.
const receive14 = (doc, update, apply = Y14.applyUpdate) =>
  doc.transact((transaction) => {
    apply(doc, update, remote);
    transaction.local = true;
  }, remote);

const newDoc14 = (gc) => {
  const doc = new Y14.Doc({ gc });
  for (const name of roots) doc.get(name);
  return doc;
};

const newDoc13 = (gc) => {
  const doc = new Y.Doc({ gc });
  rootsOf(doc);
  return doc;
};

const load = (doc, apply, ...updates) => {
  for (const update of updates) apply(doc, update);
  return doc;
};

// Yjs 14 names clients too of which it has nothing but what follows a gap: with clock 0.
const clocksOf = (vector) => new Map([...Y.decodeStateVector(vector)].filter(([, clock]) => clock > 0).sort(([a], [b]) => b - a));

const sameVector = (actual, expected, what) => assert.deepEqual(clocksOf(actual), clocksOf(expected), what);

export class History14 {
  static counts = {};

  constructor(random, driver) {
    this.random = random;
    this.driver = driver;
    driver.startAgain();
    this.formats = new Formats(driver);
    this.editor = new Editor(random);
    this.log = []; // what clients wrote, in format v1, each after what it builds on
    this.clients = [];
    for (let i = random.between(1, 3); i > 0; i--) this.clients.push(this.#client13());
    for (let i = random.between(1, 3); i > 0; i--) this.clients.push(this.#client14());
  }

  run() {
    for (let i = this.random.between(5, 30); i > 0; i--) this.#step();
    if (this.log.length === 0) return;
    this.#checkGaps();
    this.#feedShuffled();
    this.#checkReadBy14();
    this.#checkReadOf14();
  }

  // ----- what happens

  #client13() {
    const doc = newDoc13(this.random.chance(0.5));
    doc.clientID = this.random.integer(0, 2 ** 32);
    this.#listen(doc, (v2) => Y.convertUpdateFormatV2ToV1(v2));
    return { doc, edit: () => this.editor.edit(doc), take: (update) => receive(doc, update), state: () => Y.encodeStateAsUpdate(doc) };
  }

  #client14() {
    const doc = newDoc14(this.random.chance(0.5));
    doc.clientID = 2 ** 32 + this.random.integer(0, 2 ** 53 - 2 ** 32);
    this.#listen(doc, (v2) => this.formats.toV1(v2));
    return { doc, edit: () => edit14(this.random, doc), take: (update) => Y14.applyUpdate(doc, update, remote), state: () => Y14.encodeStateAsUpdate(doc) };
  }

  // Half of the updates come in format v2 and are converted.
  #listen(doc, toV1) {
    const useV2 = this.random.chance(0.5);
    doc.on(useV2 ? 'updateV2' : 'update', (update, origin) => {
      if (origin === remote) return;
      this.log.push(useV2 ? toV1(update) : update);
      this.#count(useV2 ? 'v2' : 'v1');
    });
  }

  #step() {
    const { random } = this;
    const client = random.pick(this.clients);
    random.weighted([
      [5, () => client.doc.transact(() => Array.from({ length: random.between(1, 3) }, client.edit))],
      [3, () => client.edit()],
      [2, () => client.take(random.pick(this.clients).state())],
      // Some that may build on what is not there yet.
      [2, () => this.log.length > 0 && client.take(random.pick(this.log))],
      [1, () => this.log.length > 0 && client.take(this.driver.merge([random.pick(this.log), random.pick(this.log)]))],
    ])();
  }

  // ----- what must hold

  // A part of what was written, gaps and all: as Yjs 14 stores it, merges it, and as we do.
  #checkGaps() {
    const { random } = this;
    const part = random.shuffled(this.log.filter(() => random.chance(0.6)));
    if (part.length === 0) return;
    const other = load(newDoc14(random.chance(0.5)), receive14, ...part);
    const forms = [Y14.encodeStateAsUpdate(other), this.formats.toV1(Y14.encodeStateAsUpdateV2(other)), Y14.mergeUpdates(part), this.driver.merge(part)];
    const { store, collecting, keeping } = this.#replicas();
    for (const update of part) store.apply(update);
    for (const [i, form] of forms.entries()) {
      if (Y.decodeUpdate(form).structs.some((struct) => struct instanceof Y.Skip)) this.#count('with gaps');
      const own = this.driver.newStore();
      own.apply(form);
      sameVector(own.stateVector(), store.stateVector(), `the state vector of a part in form ${i}`);
      this.#completes((update) => own.apply(update), () => own.state(), `a store with a part in form ${i}`);
    }
    const form = random.pick(forms);
    for (const doc of [collecting, keeping]) {
      doc.apply(form);
      this.#completes((update) => doc.apply(update), () => doc.state(), 'a Doc with a part');
      doc.check();
    }
    // And what we say of such a part, Yjs 14 takes: waiting blocks, gaps and all.
    const reader = load(newDoc14(true), receive14, store.state());
    this.#completes((update) => receive14(reader, update), () => Y14.encodeStateAsUpdate(reader), 'Yjs 14 with a part of ours');
  }

  // The rest given too, it must be all.
  #completes(take, state, what) {
    for (const update of this.log) take(update);
    this.#expect13(state(), what);
  }

  #replicas() {
    this.driver.startAgain();
    return {
      store: this.driver.newStore(),
      collecting: new DriverDoc(this.driver, 0, { gc: true }),
      keeping: new DriverDoc(this.driver, 1, { gc: false }),
    };
  }

  #feedShuffled() {
    Object.assign(this, this.#replicas());
    const updates = this.random.shuffled([...this.log, ...this.log.filter(() => this.random.chance(0.2))]);
    for (const update of updates) for (const replica of [this.store, this.collecting, this.keeping]) replica.apply(update);
  }

  // 14 shows of all that we write what it shows of the updates themselves.
  #checkReadBy14() {
    const direct = load(newDoc14(true), receive14, ...this.log);
    const expected = content14(direct);
    const behind = load(newDoc14(true), receive14, ...this.log.slice(0, this.random.integer(0, this.log.length + 1)));
    const known = Y14.encodeStateVector(behind);
    const states = {
      'the state of the store': this.store.state(),
      'a merge': this.driver.merge(this.random.shuffled(this.log)),
      'the state of a Doc': this.collecting.state(),
      'the state of a Doc that keeps all': this.keeping.state(),
    };
    for (const [what, state] of Object.entries(states)) {
      const v1 = load(newDoc14(this.random.chance(0.5)), receive14, state);
      const v2 = load(newDoc14(true), (doc, update) => receive14(doc, update, Y14.applyUpdateV2), this.formats.toV2(state));
      for (const doc of [v1, v2]) this.#expect14(doc, direct, expected, what);
      // In the other order 14.0.0-rc.7 loses some of what it merges, of Yjs 13.6's states too.
      this.#expect13(Y14.mergeUpdates([this.random.pick(this.log), state]), `${what}, merged by Yjs 14`);
    }
    for (const replica of [this.store, this.collecting]) {
      const follower = load(newDoc14(true), receive14, Y14.encodeStateAsUpdate(behind), replica.difference(known));
      this.#expect14(follower, direct, expected, 'a difference');
    }
    this.#expect14(load(behind, receive14, this.formats.diff(this.store.state(), known)), direct, expected, 'diffUpdate');
  }

  #expect14(doc, direct, expected, what) {
    assert.equal(doc.store.pendingStructs, null, `blocks wait in Yjs 14 after ${what}`);
    assert.equal(doc.store.pendingDs, null, `deletions wait in Yjs 14 after ${what}`);
    sameVector(Y14.encodeStateVector(doc), Y14.encodeStateVector(direct), `the state vector of Yjs 14 after ${what}`);
    assert.deepStrictEqual(content14(doc), expected, `Yjs 14 reads something else in ${what}`);
  }

  // We have of all that 14 writes what the updates themselves brought.
  #checkReadOf14() {
    const doc = load(newDoc14(this.random.chance(0.5)), receive14, ...this.random.shuffled(this.log));
    for (const v1 of [Y14.encodeStateAsUpdate(doc), this.formats.toV1(Y14.encodeStateAsUpdateV2(doc)), Y14.mergeUpdates(this.random.shuffled(this.log))]) {
      const { store, collecting, keeping } = this.#replicas();
      for (const replica of [store, collecting, keeping]) {
        replica.apply(v1);
        sameVector(replica.stateVector(), Y14.encodeStateVector(doc), 'the state vector of what Yjs 14 wrote');
        this.#expect13(replica.state(), 'what Yjs 14 wrote');
      }
    }
    this.#count('compared');
  }

  // The update holds all that was written, as Yjs 13.6 reads it.
  #expect13(update, what) {
    this.expected13 ??= this.#read13(...this.log);
    const { vector, content } = this.#read13(update);
    sameVector(vector, this.expected13.vector, `the state vector of ${what}`);
    assert.deepStrictEqual(content, this.expected13.content, `the content of ${what}`);
  }

  #read13(...updates) {
    const doc = load(newDoc13(true), receivePassively, ...updates);
    return { vector: Y.encodeStateVector(doc), content: contentOf(doc) };
  }

  #count(what) {
    History14.counts[what] = (History14.counts[what] ?? 0) + 1;
  }
}
