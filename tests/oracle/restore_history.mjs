// A random history in which earlier states are brought back.

import assert from 'node:assert/strict';
import * as Y from 'yjs';
import { contentOf, rootsOf } from './content.mjs';
import { Refusal } from './driver.mjs';
import { DriverDoc } from './driver_doc.mjs';
import { restoreDoc, restoreState, stateAtSnapshot } from './driver_restore.mjs';
import { Editor } from './edits.mjs';
import { receive, receivePassively, remote } from './updates.mjs';

const randomId = (random) => (random.chance(0.5) ? random.integer(0, 2 ** 32) : 2 ** 32 + random.integer(0, 2 ** 53 - 2 ** 32 - 1));

// Clients edit, alone and at the same time; now and then what all of them had at some moment is brought back, by one update that goes to them as any other.
export class RestoreHistory {
  static counts = {};

  constructor(random, driver) {
    this.random = random;
    this.driver = driver;
    this.editor = new Editor(random);
    // Where the state comes from: a document that collects, one that keeps all, or a block store.
    this.collecting = new Y.Doc();
    this.keeping = new Y.Doc({ gc: false });
    rootsOf(this.collecting);
    rootsOf(this.keeping);
    driver.startAgain();
    this.store = driver.newStore();
    this.doc = new DriverDoc(driver, 0, { gc: random.chance(0.5) });
    this.clients = Array.from({ length: random.between(1, 3) }, () => this.#newClient());
    this.moments = [];
  }

  run() {
    const { random } = this;
    this.#remember();
    for (let i = random.between(10, 40); i > 0; i--) {
      random.weighted([
        [6, () => this.#editSome()],
        [2, () => this.#syncAll()],
        [2, () => this.#remember()],
        [1.5, () => this.#restore()],
        [0.7, () => this.#restoreWhileOthersEdit()],
        [0.5, () => this.#readSnapshot()],
      ])();
    }
    this.#restore();
  }

  #newClient() {
    const doc = new Y.Doc({ gc: this.random.chance(0.8) });
    rootsOf(doc);
    doc.clientID = randomId(this.random);
    doc.on('update', (update, origin) => {
      if (origin !== remote) this.#take(update);
    });
    return doc;
  }

  #take(update) {
    receivePassively(this.collecting, update);
    receivePassively(this.keeping, update);
    this.store.apply(update);
    this.doc.apply(update);
  }

  #editSome() {
    const doc = this.random.pick(this.clients);
    doc.transact(() => {
      for (let i = this.random.between(1, 5); i > 0; i--) this.editor.edit(doc);
    });
  }

  #syncAll() {
    // What the clients tidy up after it is news again.
    for (let before = null; before !== this.#vector(); ) {
      before = this.#vector();
      for (const doc of this.clients) receive(doc, Y.encodeStateAsUpdate(this.collecting, Y.encodeStateVector(doc)));
    }
  }

  #vector() {
    return Buffer.from(Y.encodeSnapshot(Y.snapshot(this.collecting))).toString('base64');
  }

  #state() {
    return this.random.pick([() => Y.encodeStateAsUpdate(this.collecting), () => Y.encodeStateAsUpdate(this.keeping), () => this.store.state()])();
  }

  #remember() {
    this.moments.push({ state: this.#state(), content: contentOf(this.collecting), snapshot: Y.encodeSnapshot(Y.snapshot(this.keeping)) });
  }

  // One update on top of what the server has.
  #makeUpdate(past) {
    const { random, driver } = this;
    if (random.chance(0.3)) {
      const { changed, update } = restoreDoc(driver, 0, past);
      this.doc.check();
      return { changed, update };
    }
    return restoreState(driver, this.#state(), past, randomId(random));
  }

  #restore() {
    this.#syncAll();
    const moment = this.random.pick(this.moments);
    const { changed, update } = this.#makeUpdate(moment.state);
    if (!changed) assert.deepStrictEqual([...update], [0, 0], 'an update that changes nothing');
    if (changed) this.#remember();
    this.#take(update);
    const fresh = new Y.Doc();
    receivePassively(fresh, this.#state());
    assert.deepStrictEqual(contentOf(fresh), moment.content, 'the content of who loads what was restored');
    for (const doc of this.clients) {
      receivePassively(doc, update);
      assert.deepStrictEqual(contentOf(doc), moment.content, 'the content of a client after the update');
      for (const type of Object.values(rootsOf(doc))) forgetMarkers(type);
    }
    const again = restoreState(this.driver, this.#state(), moment.state, randomId(this.random));
    // What was made anew is not what it was, so it is made anew each time; but what was the same stays.
    if (!changed) assert.ok(!again.changed, 'a second time changes something');
    RestoreHistory.#count(changed ? 'restored' : 'nothing to restore');
  }

  #restoreWhileOthersEdit() {
    this.#syncAll();
    const { update } = this.#makeUpdate(this.random.pick(this.moments).state);
    for (let i = this.random.between(1, 4); i > 0; i--) this.#editSome();
    this.#take(update);
    this.#syncAll();
    const [first, ...others] = this.clients.map(contentOf);
    for (const other of others) assert.deepStrictEqual(other, first, 'clients differ after they edited meanwhile');
    assert.deepStrictEqual(first, contentOf(this.collecting), 'the clients and the server differ');
    RestoreHistory.#count('restored while others edit');
  }

  #readSnapshot() {
    const { snapshot, content } = this.random.pick(this.moments);
    const doc = new Y.Doc({ gc: false });
    receivePassively(doc, stateAtSnapshot(this.driver, Y.encodeStateAsUpdate(this.keeping), snapshot));
    assert.deepStrictEqual(contentOf(doc), content, 'the content of a snapshot');
    try {
      const collected = new Y.Doc();
      receivePassively(collected, stateAtSnapshot(this.driver, Y.encodeStateAsUpdate(this.collecting), snapshot));
      assert.deepStrictEqual(contentOf(collected), content, 'the content of a snapshot of which nothing was collected');
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      RestoreHistory.#count('refused snapshots');
    }
    RestoreHistory.#count('snapshots');
  }

  static #count(what) {
    RestoreHistory.counts[what] = (RestoreHistory.counts[what] ?? 0) + 1;
  }
}

// Where a change comes from elsewhere and is called local, Yjs does not forget where it last found a place.
const forgetMarkers = (type) => {
  if (type._searchMarker) type._searchMarker.length = 0;
  for (let item = type._start; item !== null; item = item.right) if (item.content instanceof Y.ContentType) forgetMarkers(item.content.type);
  for (const item of type._map.values()) if (item.content instanceof Y.ContentType) forgetMarkers(item.content.type);
};
