// Random histories for doc_types.test.mjs.

import * as Y from 'yjs';
import { rootsOf } from './content.mjs';
import { assertSameReading } from './doc_reading.mjs';
import { DriverDoc } from './driver_doc.mjs';
import { Editor } from './edits.mjs';
import { receive, receivePassively, remote } from './updates.mjs';

const newClient = (random, options = {}) => {
  const doc = new Y.Doc({ gc: random.chance(0.7), ...options });
  rootsOf(doc);
  doc.clientID = random.chance(0.5) ? random.integer(0, 2 ** 32) : 2 ** 32 + random.integer(0, 2 ** 53 - 2 ** 32 - 1);
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
