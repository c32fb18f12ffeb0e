// Random histories for doc_types.test.mjs.

import assert from 'node:assert/strict';
import * as Y from 'yjs';
import { contentOf, rootsOf } from './content.mjs';
import { assertSameReading } from './doc_reading.mjs';
import { Twin } from './doc_twin.mjs';
import { DriverDoc } from './driver_doc.mjs';
import { Editor } from './edits.mjs';
import { receive, receivePassively, remote, retryPending } from './updates.mjs';

const randomId = (random) => (random.chance(0.5) ? random.integer(0, 2 ** 32) : 2 ** 32 + random.integer(0, 2 ** 53 - 2 ** 32 - 1));

const newClient = (random, options = {}) => {
  const doc = new Y.Doc({ gc: random.chance(0.7), ...options });
  rootsOf(doc);
  doc.clientID = randomId(random);
  return doc;
};

// Gives `to` what it lacks of `from`.
const send = (from, to) => receive(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)));

// Clients edit and talk to one another; a document of ours and one of Yjs get what they send, and read it.
export class ReadingHistory {
  static counts = {};

  constructor(random, driver) {
    this.random = random;
    this.driver = driver;
    this.editor = new Editor(random);
    this.clients = Array.from({ length: random.between(1, 4) }, () => newClient(random));
    const gc = random.chance(0.5);
    this.ours = new DriverDoc(driver, 0, { gc });
    this.theirs = new Y.Doc({ gc });
    rootsOf(this.theirs);
    for (const doc of this.clients) {
      doc.on('update', (update, origin) => {
        if (origin === remote) return;
        this.ours.apply(update);
        receivePassively(this.theirs, update);
      });
    }
  }

  run() {
    const { random } = this;
    for (let i = random.between(10, 60); i > 0; i--) {
      const doc = random.pick(this.clients);
      if (random.chance(0.8)) doc.transact(() => this.editor.edit(doc));
      else send(random.pick(this.clients), doc);
      if (random.chance(0.2)) this.#check();
    }
    this.#check();
  }

  #check() {
    assertSameReading(this.driver, 0, this.theirs);
    ReadingHistory.counts.readings = (ReadingHistory.counts.readings ?? 0) + 1;
  }
}

// A document of ours edits itself, and one of Yjs makes the same edits; other clients edit with them.
export class EditingHistory {
  static counts = {};

  constructor(random, driver) {
    this.random = random;
    this.driver = driver;
    this.editor = new Editor(random);
    this.clients = Array.from({ length: random.between(0, 2) }, () => newClient(random));
    this.twin = new Twin(random, driver, 0, { gc: random.chance(0.6), client: randomId(random) });
    this.log = [];
    this.positions = [];
    for (const doc of this.clients) {
      doc.on('update', (update, origin) => {
        if (origin === remote) return;
        this.log.push(update);
        this.twin.receive(update);
      });
    }
  }

  run() {
    const { random, twin } = this;
    for (let i = random.between(10, 50); i > 0; i--) {
      if (this.clients.length === 0 || random.chance(0.6)) {
        this.#edit();
      } else {
        const doc = random.pick(this.clients);
        if (random.chance(0.6)) send(twin.theirs, doc);
        else doc.transact(() => this.editor.edit(doc));
      }
      if (random.chance(0.2)) assertSameReading(this.driver, 0, twin.theirs);
      if (random.chance(0.3)) this.#checkPositions();
    }
    this.#check();
  }

  #edit() {
    const update = this.twin.edit();
    if (update) this.log.push(update);
    EditingHistory.counts[update ? 'edits' : 'edits of nothing'] = (EditingHistory.counts[update ? 'edits' : 'edits of nothing'] ?? 0) + 1;
  }

  // Relative positions are made and found as Yjs does, now and after what happens next.
  #checkPositions() {
    const { random, twin } = this;
    const filled = Object.entries(rootsOf(twin.theirs)).filter(([, root]) => root._start !== null || root._map.size > 0);
    if (filled.length === 0) return;
    const [name, type] = random.pick(filled);
    const index = random.integer(0, (type._length ?? 0) + 1);
    const association = random.pick([0, -1]);
    const position = Y.encodeRelativePosition(Y.createRelativePositionFromTypeIndex(type, index, association));
    assert.deepStrictEqual(twin.editor.makePosition(name, index, association), position, 'a relative position');
    this.positions.push(position);
    const known = random.pick(this.positions);
    const found = Y.createAbsolutePositionFromRelativePosition(Y.decodeRelativePosition(known), twin.theirs);
    assert.equal(twin.editor.findPosition(known), found === null ? null : found.index, 'where a relative position is');
  }

  #check() {
    const { twin } = this;
    twin.ours.check();
    assertSameReading(this.driver, 0, twin.theirs);
    const fresh = new Y.Doc();
    for (const update of this.random.shuffled(this.log)) receivePassively(fresh, update);
    retryPending(fresh);
    assert.deepStrictEqual(contentOf(fresh), contentOf(twin.theirs), 'the content of a client that got all updates');
  }
}
