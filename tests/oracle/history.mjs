// One random history: Yjs clients edit and exchange updates in whatever order and form, a block store gets its share of them, and at every step it is
// compared with a Yjs document that was given the same.

import assert from 'node:assert/strict';
import * as Y from 'yjs';
import { contentOf, rootsOf } from './content.mjs';
import { effects } from './driver.mjs';
import { Editor } from './edits.mjs';
import {
  assertSameBytes,
  assertSameVector,
  clocksInsidePairs,
  deleteSetOf,
  hasPending,
  isAtLeast,
  randomStateVector,
  receive,
  receivePassively,
  remote,
  retryPending,
} from './updates.mjs';

export class History {
  // Counts over all histories: how much of what was meant to happen did.
  static counts = {};

  constructor(random, driver) {
    this.random = random;
    this.editor = new Editor(random);
    this.driver = driver;
    driver.startAgain();
    this.store = driver.newStore();
    // Gets only what the store says is new.
    this.follower = driver.newStore();
    this.oracle = this.#newDoc(random.chance(0.5));
    this.followerDoc = this.#newDoc(random.chance(0.5));
    this.stateVector = this.store.stateVector();
    this.fed = []; // everything that the store was given, in order
    this.deleted = Y.createDeleteSet(); // all that is deleted by it
    this.log = []; // everything that clients have written
    this.waiting = []; // of that, what the store has not been given yet
    this.dropped = []; // and what it is given only at the end
    this.forbidden = new Set();
    this.clients = [];
    const count = random.weighted([
      [6, random.between(2, 4)],
      [3, random.between(5, 8)],
      [1, random.between(9, 12)],
    ]);
    for (let i = 0; i < count; i++) this.#addClient(this.#newDoc(random.chance(0.6)));
  }

  run() {
    const steps = this.random.weighted([
      [5, this.random.between(10, 40)],
      [1, this.random.between(40, 120)],
    ]);
    for (let i = 0; i < steps; i++) this.#step();
    this.#check();
    this.#deliverEverything();
    this.#converge();
    this.#check();
    this.#checkAllEqual();
  }

  // ----- what happens

  #step() {
    this.random.weighted([
      [40, () => this.#editSome()],
      [8, () => this.#duel()],
      [6, () => this.#undoSome()],
      [30, () => this.#deliver()],
      [12, () => this.#gossip()],
      [5, () => this.#syncWithStore(this.random.pick(this.clients))],
      [2, () => this.#joinFromStore()],
      [3, () => this.#checkMerge()],
      [3, () => this.#check()],
    ])();
  }

  #editSome() {
    const { doc } = this.random.pick(this.clients);
    const times = this.random.between(1, 5);
    const all = () => {
      for (let i = 0; i < times; i++) this.editor.edit(doc);
    };
    if (this.random.chance(0.5)) doc.transact(all);
    else all();
  }

  // Two type at one place and see each other do it, now and then.
  #duel() {
    const [one, other] = this.random.shuffled(this.clients);
    for (let i = this.random.between(3, 8); i > 0; i--) {
      const [from, to] = this.random.shuffled([one.doc, other.doc]);
      this.editor.typeOn(from);
      if (this.random.chance(0.7)) receive(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)));
    }
  }

  #undoSome() {
    const withUndo = this.clients.filter((client) => client.undo);
    if (withUndo.length === 0) return;
    const { undo } = this.random.pick(withUndo);
    for (let i = this.random.between(1, 3); i > 0; i--) if (undo.undo()) this.#count('undone');
    if (this.random.chance(0.4) && undo.redo()) this.#count('redone');
  }

  // Gives the store something, in one of the forms in which a server may come by it.
  #deliver() {
    const { random, waiting } = this;
    if (this.log.length === 0) return;
    const next = () => (random.chance(0.6) ? waiting.shift() : random.take(waiting));
    const some = () => random.pick(waiting.length > 0 ? waiting : this.log);
    const state = (of) => Y.encodeStateAsUpdate(random.pick(this.clients).doc, of);
    const cut = (update) => Y.diffUpdate(update, randomStateVector(random, update, this.forbidden));
    random.weighted([
      [6, () => waiting.length > 0 && this.#feed(next())],
      [1, () => waiting.length > 0 && this.dropped.push(random.take(waiting))],
      [2, () => this.#feed(random.pick(this.log))],
      [2, () => this.#feed(Y.mergeUpdates(Array.from({ length: random.between(2, 6) }, some)))],
      [2, () => this.#feed(cut(some()))],
      [1, () => this.#feed(state())],
      [1, () => this.#feed(state(Y.encodeStateVector(random.pick(this.clients).doc)))],
      [1, () => this.#feed(cut(state()))],
    ])();
  }

  // One client hears something from another, past the store.
  #gossip() {
    const { random } = this;
    if (this.log.length === 0) return;
    const to = random.pick(this.clients).doc;
    const from = random.pick(this.clients).doc;
    random.weighted([
      [5, () => receive(to, random.pick(this.log))],
      [2, () => receive(to, Y.mergeUpdates(Array.from({ length: random.between(2, 5) }, () => random.pick(this.log))))],
      [3, () => receive(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)))],
    ])();
  }

  // Both steps of the sync protocol, in both directions.
  #syncWithStore({ doc }) {
    receive(doc, this.store.difference(Y.encodeStateVector(doc)));
    retryPending(doc);
    assert.ok(isAtLeast(Y.encodeStateVector(doc), this.stateVector), 'a client that has synced lacks something');
    this.#feed(Y.encodeStateAsUpdate(doc, this.stateVector));
    this.#count('synced');
  }

  // A client that knows nothing but what the store has kept, and goes on from there.
  #joinFromStore() {
    if (this.clients.length >= 14) return;
    const doc = this.#newDoc(this.random.chance(0.5));
    receive(doc, this.store.state());
    this.#addClient(doc);
    this.#count('joined');
  }

  #deliverEverything() {
    for (const update of this.random.shuffled([...this.waiting, ...this.dropped])) this.#feed(update);
    if (this.log.length > 0) this.#feed(Y.mergeUpdates(this.log));
    this.waiting = [];
    this.dropped = [];
  }

  // Until nobody has anything to tell: applying may make a client tidy up format marks, which is a change of its own.
  #converge() {
    for (let round = 0; round < 10; round++) {
      const before = this.log.length;
      for (const client of this.clients) this.#syncWithStore(client);
      for (const update of this.log.slice(before)) this.#feed(update);
      for (const { doc } of this.clients) receive(doc, this.store.difference(Y.encodeStateVector(doc)));
      if (this.log.length === before) return;
    }
    assert.fail('the clients never come to rest');
  }

  // ----- what is fed, and what must hold then

  #feed(update) {
    this.fed.push(update);
    this.deleted = Y.mergeDeleteSets([this.deleted, deleteSetOf(update)]);
    const [applied, followed] = this.store.applyFollowed(this.follower, update);
    this.stateVector = applied.stateVector;
    receivePassively(this.oracle, update);
    this.#checkAgainst(this.oracle, applied, 'the state vector');
    this.#checkFollower(update, applied, followed);
    this.#count(['nothing', 'whole', 'part'][applied.effect]);
    if (applied.hasPending) this.#count('waiting');
  }

  #checkFollower(update, { effect, news, stateVector, hasPending: waits }, followed) {
    if (effect === effects.nothing) return;
    assertSameVector(followed.stateVector, stateVector, 'the state vector of a follower');
    assert.equal(followed.hasPending, waits, 'whether something waits in a follower');
    receivePassively(this.followerDoc, effect === effects.whole ? update : news);
    this.#checkAgainst(this.followerDoc, followed, 'the state vector of a document that follows');
  }

  #checkAgainst(doc, { stateVector, hasPending: waits }, what) {
    if (Buffer.compare(stateVector, Y.encodeStateVector(doc)) !== 0) {
      assert.ok(isAtLeast(stateVector, Y.encodeStateVector(doc)), `${what} is behind that of Yjs`);
      retryPending(doc);
      this.#count('Yjs late');
    }
    assertSameVector(stateVector, Y.encodeStateVector(doc), what);
    if (waits !== hasPending(doc)) retryPending(doc);
    assert.equal(waits, hasPending(doc), `${what}: whether something waits`);
  }

  #check() {
    const state = this.store.state();
    const loaded = this.driver.newStore();
    loaded.apply(state);
    assertSameBytes(loaded.state(), state, 'a state that was loaded and encoded again');
    assertSameBytes(this.follower.state(), state, 'the state of a follower');
    assert.equal(loaded.numbers().liveBytes, this.store.numbers().liveBytes, 'live bytes after a load');

    const fresh = this.#newDoc(this.random.chance(0.5));
    receivePassively(fresh, state);
    this.#checkAgainst(
      fresh,
      { stateVector: this.stateVector, hasPending: hasPending(this.oracle) },
      'the state vector of a document that was loaded',
    );
    assert.deepStrictEqual(contentOf(fresh), contentOf(this.oracle), 'the content of a document that was loaded');
    assert.deepStrictEqual(contentOf(this.followerDoc), contentOf(this.oracle), 'the content of a document that follows');
    assert.ok(Y.equalSnapshots(Y.snapshot(fresh), Y.snapshot(this.oracle)), 'the snapshot of a document that was loaded');
    assert.ok(Y.equalDeleteSets(deleteSetOf(state), this.deleted), 'the delete set is not the union of what was given');
    this.#count('checked');
  }

  // Updates merged by the store do what they do when Yjs merges them.
  #checkMerge() {
    if (this.log.length === 0) return;
    const updates = Array.from({ length: this.random.between(1, 8) }, () => this.random.pick(this.log));
    const merged = this.driver.merge(updates);
    assertSameBytes(this.driver.merge([merged]), merged, 'what was merged and is merged again');
    const ours = this.#newDoc(true);
    const theirs = this.#newDoc(true);
    receivePassively(ours, merged);
    receivePassively(theirs, Y.mergeUpdates(updates));
    for (const rest of [[], [Y.encodeStateAsUpdate(this.oracle)], this.log]) {
      for (const doc of [ours, theirs]) for (const update of rest) receivePassively(doc, update);
      retryPending(ours);
      retryPending(theirs);
      assertSameVector(Y.encodeStateVector(ours), Y.encodeStateVector(theirs), 'the state vector after a merge');
      assert.equal(hasPending(ours), hasPending(theirs), 'whether something waits after a merge');
      assert.deepStrictEqual(contentOf(ours), contentOf(theirs), 'the content after a merge');
    }
    this.#count('merged');
  }

  #checkAllEqual() {
    assert.ok(!hasPending(this.oracle), 'something waits when all was given');
    const fresh = this.#newDoc(true);
    receivePassively(fresh, this.store.state());
    const content = contentOf(this.oracle);
    for (const { doc } of this.clients) {
      assertSameVector(Y.encodeStateVector(doc), this.stateVector, 'the state vector of a client');
      assert.deepStrictEqual(contentOf(doc), content, 'the content of a client');
      assert.ok(Y.equalSnapshots(Y.snapshot(doc), Y.snapshot(fresh)), 'the snapshot of a client');
    }
    const straight = this.driver.newStore();
    straight.applyAll(this.random.shuffled(this.fed));
    assertSameVector(straight.stateVector(), this.stateVector, 'the state vector in another order');
  }

  // ----- documents

  #newDoc(gc) {
    const doc = new Y.Doc({ gc });
    rootsOf(doc);
    doc.clientID = this.random.chance(0.5) ? this.random.integer(0, 2 ** 32) : 2 ** 32 + this.random.integer(0, 2 ** 53 - 2 ** 32);
    return doc;
  }

  #addClient(doc) {
    doc.on('update', (update, origin) => {
      if (origin === remote) return;
      this.log.push(update);
      this.waiting.push(update);
      for (const clock of clocksInsidePairs(update)) this.forbidden.add(clock);
    });
    const undo = this.random.chance(0.6) ? new Y.UndoManager(Object.values(rootsOf(doc)), { captureTimeout: 0 }) : null;
    this.clients.push({ doc, undo });
  }

  #count(what) {
    History.counts[what] = (History.counts[what] ?? 0) + 1;
  }
}
