// One random history: Yjs clients edit and exchange updates in whatever order and form; a block store and a Doc get their share of them, and are compared with
// a Yjs document that was given the same.
//
// What is fed is posted to the driver and compared when an answer is needed (#settle): a turn of the pipes for each update took half of the time.

import assert from 'node:assert/strict';
import * as Y from 'yjs';
import { contentOf, rootsOf } from './content.mjs';
import { anyOrder, assertSameReading } from './doc_reading.mjs';
import { effects } from './driver.mjs';
import { DriverDoc } from './driver_doc.mjs';
import { Editor } from './edits.mjs';
import { Formats } from './formats.mjs';
import {
  areSameElements,
  assertSameBytes,
  assertSameVector,
  clocksInsidePairs,
  deleteSetOf,
  hasPending,
  isAtLeast,
  randomStateVector,
  receive,
  receivePassively,
  receiveV2Passively,
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
    this.formats = new Formats(driver);
    const gc = random.chance(0.5);
    this.doc = new DriverDoc(driver, 0, { gc });
    this.oracle = this.#newDoc(gc);
    this.late = false; // Yjs was made to try again: from then on it has joined items at other moments than Doc
    this.hasWaited = false; // something has, at some time
    this.latest = null; // what store, follower and Doc said last
    this.followerDoc = this.#newDoc(random.chance(0.5));
    this.stateVector = this.store.stateVector();
    this.fed = []; // everything that the store was given, in order
    this.log = []; // everything that clients have written
    this.waiting = []; // of that, what the store has not been given yet
    this.dropped = []; // and what it is given only at the end
    this.lastV2 = null; // what a client wrote last, in format v2
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
      [60, this.random.between(3, 15)],
      [30, this.random.between(15, 40)],
      [9, this.random.between(40, 80)],
      [1, this.random.between(80, 200)],
    ]);
    for (let i = 0; i < steps; i++) this.#step();
    if (this.random.chance(0.3)) this.#check();
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
      [1.5, () => this.#checkMerge()],
      [1, () => this.#check()],
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
      [1, () => this.#feedV2(Y.convertUpdateFormatV1ToV2(some()))],
      [1, () => this.#feedV2(Y.encodeStateAsUpdateV2(random.pick(this.clients).doc))],
      [1, () => this.lastV2 && this.#feedV2(this.lastV2)],
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
  #syncWithStore(...clients) {
    const lacks = this.#differencesFor(clients);
    clients.forEach(({ doc }, i) => {
      if (this.random.chance(0.1)) Y.applyUpdateV2(doc, this.#settled(() => this.formats.toV2(lacks[i])), remote);
      else receive(doc, lacks[i]);
      retryPending(doc);
      assert.ok(isAtLeast(Y.encodeStateVector(doc), this.stateVector), 'a client that has synced lacks something');
    });
    const known = this.stateVector;
    for (const { doc } of clients) this.#feed(Y.encodeStateAsUpdate(doc, known));
    this.#count('synced');
  }

  // What each of the clients lacks of what the store has.
  #differencesFor(clients) {
    const differences = [];
    for (const { doc } of clients) this.store.postDifference(Y.encodeStateVector(doc), (update) => differences.push(update));
    this.#settle();
    return differences;
  }

  // A client that knows nothing but what the store has kept, and goes on from there.
  #joinFromStore() {
    if (this.clients.length >= 14) return;
    const doc = this.#newDoc(this.random.chance(0.5));
    receive(doc, this.#settled(() => (this.random.chance(0.5) ? this.store : this.doc).state()));
    retryPending(doc);
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
      this.#syncWithStore(...this.clients);
      for (const update of this.log.slice(before)) this.#feed(update);
      this.#differencesFor(this.clients).forEach((update, i) => receive(this.clients[i].doc, update));
      if (this.log.length === before) return;
    }
    assert.fail('the clients never come to rest');
  }

  // ----- what is fed, and what must hold then

  #feed(update) {
    this.#post(update, () => receivePassively(this.oracle, update));
  }

  // An update in format v2: Yjs gets it as it is, the engine converts it first.
  #feedV2(update) {
    this.#post(
      this.#settled(() => this.formats.toV1(update)),
      () => receiveV2Passively(this.oracle, update),
    );
    this.#count('v2');
  }

  #post(update, feedOracle) {
    this.fed.push(update);
    feedOracle();
    const expected = { stateVector: Y.encodeStateVector(this.oracle), hasPending: hasPending(this.oracle) };
    const said = {};
    this.store.postFollowed(this.follower, update, (applied, followed) => {
      this.#checkSaid(applied, expected, 'the state vector');
      this.#follow(update, applied, followed);
      Object.assign(said, { applied, followed });
      this.#count(['nothing', 'whole', 'part'][applied.effect]);
      if (applied.hasPending) {
        this.hasWaited = true;
        this.#count('waiting');
      }
    });
    this.doc.postApply(update, (integrated) => {
      this.#checkSaid(integrated, expected, 'the state vector of Doc');
      this.latest = { ...said, integrated };
    });
  }

  // Yjs may be behind, never before us; #settle finds out whether it was only late.
  #checkSaid({ stateVector, hasPending: waits }, expected, what) {
    if (Buffer.compare(stateVector, expected.stateVector) === 0) {
      if (waits !== expected.hasPending) this.late = true;
      return;
    }
    assert.ok(isAtLeast(stateVector, expected.stateVector), `${what} is behind that of Yjs`);
    this.late = true;
  }

  #follow(update, { effect, news, stateVector, hasPending: waits }, followed) {
    if (effect === effects.nothing) return;
    assertSameVector(followed.stateVector, stateVector, 'the state vector of a follower');
    assert.equal(followed.hasPending, waits, 'whether something waits in a follower');
    receivePassively(this.followerDoc, effect === effects.whole ? update : news);
  }

  // The result of `ask`, after everything that was posted before has been compared.
  #settled(ask) {
    const result = ask();
    this.#settle();
    return result;
  }

  #settle() {
    this.driver.flush();
    if (this.latest === null) return;
    const { applied, followed, integrated } = this.latest;
    this.latest = null;
    this.stateVector = applied.stateVector;
    if (this.#checkAgainst(this.oracle, applied, 'the state vector')) this.late = true;
    if (this.#checkAgainst(this.oracle, integrated, 'the state vector of Doc')) this.late = true;
    this.#checkAgainst(this.followerDoc, followed, 'the state vector of a document that follows');
  }

  // Whether Yjs had to be made to try again.
  #checkAgainst(doc, { stateVector, hasPending: waits }, what) {
    const vector = Y.encodeStateVector(doc);
    const isLate = Buffer.compare(stateVector, vector) !== 0 || waits !== hasPending(doc);
    if (isLate) {
      assert.ok(isAtLeast(stateVector, vector), `${what} is behind that of Yjs`);
      retryPending(doc);
      this.#count('Yjs late');
    }
    assertSameVector(stateVector, Y.encodeStateVector(doc), what);
    assert.equal(waits, hasPending(doc), `${what}: whether something waits`);
    return isLate;
  }

  #check() {
    this.#settle();
    const state = this.store.state();
    const loaded = this.driver.newStore();
    loaded.apply(state);
    assertSameBytes(loaded.state(), state, 'a state that was loaded and encoded again');
    assertSameBytes(this.follower.state(), state, 'the state of a follower');
    assert.equal(loaded.numbers().liveBytes, this.store.numbers().liveBytes, 'live bytes after a load');

    const fresh = this.#newDoc(this.random.chance(0.5));
    const [way, load] = this.#pickLoad(state);
    load(fresh);
    this.#checkAgainst(fresh, { stateVector: this.stateVector, hasPending: hasPending(this.oracle) }, `the state vector of Yjs, loaded from ${way}`);
    const content = contentOf(this.oracle);
    assert.deepStrictEqual(contentOf(fresh), content, `the content of Yjs, loaded from ${way}`);
    assert.deepStrictEqual(contentOf(this.followerDoc), content, 'the content of a document that follows');
    assert.ok(Y.equalSnapshots(Y.snapshot(fresh), Y.snapshot(this.oracle)), `the snapshot of Yjs, loaded from ${way}`);
    const deleted = Y.mergeDeleteSets(this.fed.map(deleteSetOf));
    assert.ok(Y.equalDeleteSets(deleteSetOf(state), deleted), 'the delete set is not the union of what was given');
    this.#checkDoc();
    this.#count('checked');
  }

  // One of the ways from the engine to Yjs.
  #pickLoad(state) {
    const { random, formats } = this;
    return random.pick([
      ['the store', (doc) => receivePassively(doc, state)],
      ['the store, in v2', (doc) => receiveV2Passively(doc, formats.toV2(state))],
      ['Doc', (doc) => receivePassively(doc, this.doc.state())],
      ['Doc, in v2', (doc) => receiveV2Passively(doc, formats.toV2(this.doc.state()))],
      ['a Doc that loaded the store', (doc) => receivePassively(doc, this.#loadedDoc(state).state())],
      ['store and Doc, merged by Yjs', (doc) => receivePassively(doc, Y.mergeUpdates([state, this.doc.state()]))],
      ['store and Doc, merged by the engine', (doc) => receivePassively(doc, this.driver.merge([this.doc.state(), state]))],
    ]);
  }

  #loadedDoc(state) {
    const doc = new DriverDoc(this.driver, 1, { gc: this.random.chance(0.5) });
    doc.apply(state);
    doc.check();
    return doc;
  }

  // Once something has waited, Yjs can have cut it in another place than Doc (its merging of what waits does). Then the elements must still be the
  // same. How often that may be is checked at the end (histories.test.mjs).
  #hasAnotherForm() {
    const [ours, theirs] = [this.doc.state(), Y.encodeStateAsUpdate(this.oracle)];
    if (!this.hasWaited || Buffer.compare(ours, theirs) === 0) return false;
    areSameElements(ours, theirs, 'the elements of Doc');
    this.#count('another form');
    return true;
  }

  // The same bytes, and the same to read.
  #checkDoc() {
    this.doc.check();
    if (this.late) return;
    if (this.#hasAnotherForm()) return;
    assertSameBytes(this.doc.state(), Y.encodeStateAsUpdate(this.oracle), 'the state of Doc');
    const known = randomStateVector(this.random, this.doc.state(), this.forbidden);
    assertSameBytes(this.doc.difference(known), Y.encodeStateAsUpdate(this.oracle, known), 'a difference of Doc');
    assertSameReading(this.driver, 0, this.oracle, this.hasWaited ? anyOrder : undefined);
    this.#count('the same bytes');
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
    for (const rest of [[], [Y.mergeUpdates(this.log)]]) {
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
    for (const { doc } of this.clients) assertSameVector(Y.encodeStateVector(doc), this.stateVector, 'the state vector of a client');
    for (const { doc } of this.random.shuffled(this.clients).slice(0, 3)) {
      assert.deepStrictEqual(contentOf(doc), content, 'the content of a client');
      assert.ok(Y.equalSnapshots(Y.snapshot(doc), Y.snapshot(fresh)), 'the snapshot of a client');
    }
    const straight = this.driver.newStore();
    straight.applyAll(this.random.shuffled(this.fed));
    assertSameVector(straight.stateVector(), this.stateVector, 'the state vector in another order');
  }

  // ----- documents

  #newDoc(gc) {
    const doc = new Y.Doc({ gc, guid: 'history' });
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
    doc.on('updateV2', (update, origin) => {
      if (origin !== remote) this.lastV2 = update;
    });
    const undo = this.random.chance(0.6) ? new Y.UndoManager(Object.values(rootsOf(doc)), { captureTimeout: 0 }) : null;
    this.clients.push({ doc, undo });
  }

  #count(what) {
    History.counts[what] = (History.counts[what] ?? 0) + 1;
  }
}
