// One random history for the core of Doc: clients edit and exchange updates, and two documents, one that collects what is deleted and one that keeps it, are
// given them in whatever order and form; a Yjs document beside each is given the same, update by update.

import assert from 'node:assert/strict';
import * as Y from 'yjs';
import { contentOf, rootsOf } from './content.mjs';
import { DriverDoc } from './driver_doc.mjs';
import { Editor } from './edits.mjs';
import { areSameElements, assertSameBytes, assertSameVector, clocksInsidePairs, hasPending, isAtLeast, randomStateVector, receive, receivePassively, remote, retryPending } from './updates.mjs';

// A document of ours and one of Yjs that are given the same.
class Pair {
  constructor(driver, name, gc, random) {
    this.gc = gc;
    this.ours = new DriverDoc(driver, name, { gc });
    this.ours.indexAfter(random.pick([0, 3, 48]));
    this.theirs = new Y.Doc({ gc });
    rootsOf(this.theirs);
    // Yjs was made to try again: from then on it has joined items at other moments.
    this.late = false;
    // Of something that waited, each keeps another form.
    this.otherForm = false;
    this.changedRoots = null;
    this.hadPending = false;
    this.theirs.on('beforeObserverCalls', ({ changed }) => {
      this.changedRoots = new Set([...changed.keys()].map((type) => rootOf(type)));
    });
  }

  feed(update) {
    this.changedRoots = new Set();
    this.hadPending ||= hasPending(this.theirs);
    const applied = this.ours.apply(update);
    receivePassively(this.theirs, update);
    const vector = Y.encodeStateVector(this.theirs);
    if (Buffer.compare(applied.stateVector, vector) !== 0 || applied.hasPending !== hasPending(this.theirs)) {
      assert.ok(isAtLeast(applied.stateVector, vector), 'the state vector is behind that of Yjs');
      retryPending(this.theirs);
      this.late = true;
    }
    assertSameVector(applied.stateVector, Y.encodeStateVector(this.theirs), 'the state vector');
    assert.equal(applied.hasPending, hasPending(this.theirs), 'whether something waits');
    if (!this.late) {
      for (const root of this.changedRoots) assert.ok(applied.roots.includes(root), `a change of ${root} is not told`);
      if (applied.roots.length > 0) assert.ok(applied.changed, 'roots changed, but nothing did');
    }
    return applied;
  }

  check(random, forbidden) {
    this.ours.check();
    const state = this.ours.state();
    if (!this.late && !this.otherForm) {
      this.#compare(state, Y.encodeStateAsUpdate(this.theirs), 'the state');
      if (this.otherForm) return;
      const from = randomStateVector(random, state, forbidden);
      this.#compare(this.ours.difference(from), Y.encodeStateAsUpdate(this.theirs, from), 'a difference');
    }
    const fresh = new Y.Doc({ gc: this.gc });
    receivePassively(fresh, state);
    assert.deepStrictEqual(contentOf(fresh), contentOf(this.theirs), 'the content of a document that was loaded');
    assert.ok(Y.equalSnapshots(Y.snapshot(fresh), Y.snapshot(this.theirs)), 'the snapshot of a document that was loaded');
  }

  // Where something waits it is enough that both say the same. Of what waited in two forms, with its content and collected, they may have kept another one,
  // which is seen for good in documents that keep what is deleted.
  #compare(actual, expected, what) {
    const waits = hasPending(this.theirs);
    this.hadPending ||= waits;
    if (!this.hadPending) return assertSameBytes(actual, expected, `${what}, gc ${this.gc}`);
    if (Buffer.compare(actual, expected) === 0) return;
    if (!areSameElements(actual, expected, `${what}, gc ${this.gc}, where something waited`)) this.otherForm = true;
    if (!waits && !this.otherForm) assertSameBytes(actual, expected, `${what}, gc ${this.gc}`);
  }
}

const rootOf = (type) => {
  let root = type;
  while (root._item !== null) root = root._item.parent;
  return Y.findRootTypeKey(root);
};

export class DocHistory {
  // Counts over all histories: how much of what was meant to happen did.
  static counts = {};

  constructor(random, driver) {
    this.random = random;
    this.editor = new Editor(random);
    this.driver = driver;
    this.pairs = [new Pair(driver, 0, true, random), new Pair(driver, 1, false, random)];
    this.log = [];
    this.waiting = [];
    this.dropped = [];
    this.fed = [];
    this.forbidden = new Set();
    const count = random.weighted([
      [6, random.between(2, 4)],
      [3, random.between(5, 8)],
      [1, random.between(9, 12)],
    ]);
    this.clients = Array.from({ length: count }, () => this.#newClient());
  }

  run() {
    for (let i = this.random.between(10, 60); i > 0; i--) this.#step();
    this.#check();
    for (const update of this.random.shuffled([...this.waiting, ...this.dropped])) this.#feed(update);
    if (this.log.length > 0) this.#feed(Y.mergeUpdates(this.log));
    this.#check();
    this.#checkReload();
    for (const pair of this.pairs) this.#count(pair.late ? 'Yjs late' : pair.otherForm ? 'another form kept' : 'same bytes');
  }

  #step() {
    this.random.weighted([
      [40, () => this.#editSome()],
      [8, () => this.#duel()],
      [5, () => this.#undoSome()],
      [30, () => this.#deliver()],
      [12, () => this.#gossip()],
      [3, () => this.#check()],
    ])();
  }

  #editSome() {
    const { doc } = this.random.pick(this.clients);
    const all = () => {
      for (let i = this.random.between(1, 5); i > 0; i--) this.editor.edit(doc);
    };
    if (this.random.chance(0.5)) doc.transact(all);
    else all();
  }

  #duel() {
    const [one, other] = this.random.shuffled(this.clients);
    for (let i = this.random.between(3, 8); i > 0; i--) {
      const [from, to] = this.random.shuffled([one.doc, other.doc]);
      this.editor.typeOn(from);
      if (this.random.chance(0.7)) receive(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)));
    }
  }

  #undoSome() {
    const { undo } = this.random.pick(this.clients);
    for (let i = this.random.between(1, 3); i > 0; i--) undo.undo();
    if (this.random.chance(0.4)) undo.redo();
  }

  #deliver() {
    const { random, waiting } = this;
    if (this.log.length === 0) return;
    const some = () => random.pick(waiting.length > 0 ? waiting : this.log);
    const cut = (update) => Y.diffUpdate(update, randomStateVector(random, update, this.forbidden));
    const state = () => Y.encodeStateAsUpdate(random.pick(this.clients).doc);
    random.weighted([
      [8, () => waiting.length > 0 && this.#feed(random.chance(0.7) ? waiting.shift() : random.take(waiting))],
      [1, () => waiting.length > 0 && this.dropped.push(random.take(waiting))],
      [2, () => this.#feed(random.pick(this.log))],
      [2, () => this.#feed(Y.mergeUpdates(Array.from({ length: random.between(2, 6) }, some)))],
      [2, () => this.#feed(cut(some()))],
      [1, () => this.#feed(state())],
      [1, () => this.#feed(cut(state()))],
    ])();
  }

  #gossip() {
    const { random } = this;
    if (this.log.length === 0) return;
    const to = random.pick(this.clients).doc;
    const from = random.pick(this.clients).doc;
    if (random.chance(0.5)) receive(to, random.pick(this.log));
    else receive(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)));
  }

  #feed(update) {
    this.fed.push(update);
    for (const pair of this.pairs) if (pair.feed(update).hasPending) this.#count('waiting');
    this.#count('fed');
  }

  #check() {
    for (const pair of this.pairs) pair.check(this.random, this.forbidden);
    this.#count('checked');
  }

  // What was given in another order, and what loads a state, holds the same.
  #checkReload() {
    const [{ ours, theirs }] = this.pairs;
    const loaded = new DriverDoc(this.driver, 2, { gc: true });
    loaded.apply(ours.state());
    loaded.check();
    assertSameBytes(loaded.state(), loadedByYjs(ours.state()), 'a state that was loaded and encoded again');
    const straight = new DriverDoc(this.driver, 2, { gc: true });
    straight.applyAll(this.random.shuffled(this.fed));
    straight.check();
    assertSameVector(straight.stateVector(), Y.encodeStateVector(theirs), 'the state vector in another order');
    const fresh = new Y.Doc();
    receivePassively(fresh, straight.state());
    assert.deepStrictEqual(contentOf(fresh), contentOf(theirs), 'the content in another order');
  }

  #newClient() {
    const { random } = this;
    const doc = new Y.Doc({ gc: random.chance(0.6) });
    rootsOf(doc);
    doc.clientID = random.chance(0.5) ? random.integer(0, 2 ** 32) : 2 ** 32 + random.integer(0, 2 ** 53 - 2 ** 32 - 1);
    doc.on('update', (update, origin) => {
      if (origin === remote) return;
      this.log.push(update);
      this.waiting.push(update);
      for (const clock of clocksInsidePairs(update)) this.forbidden.add(clock);
    });
    return { doc, undo: new Y.UndoManager(Object.values(rootsOf(doc)), { captureTimeout: 0 }) };
  }

  #count(what) {
    DocHistory.counts[what] = (DocHistory.counts[what] ?? 0) + 1;
  }
}

const loadedByYjs = (state) => {
  const doc = new Y.Doc();
  receivePassively(doc, state);
  return Y.encodeStateAsUpdate(doc);
};
