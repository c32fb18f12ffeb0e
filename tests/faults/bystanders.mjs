// Two real clients, one of each protocol, who keep exchanging edits while something bad happens beside them.

import assert from 'node:assert/strict';
import * as Y from 'yjs';
import { atEnd } from '../harness/cleanup.mjs';
import { join } from '../harness/clients.mjs';
import { contentOf, editEverything } from '../harness/content.mjs';
import { Random } from '../harness/random.mjs';
import { waitFor } from '../harness/wait.mjs';

export class Bystanders {
  exchanges = 0;
  #stopped = false; // after the exchange that is going on
  #abandoned = false; // at once
  #running;

  static async join(t, server, room) {
    const bystanders = new Bystanders();
    bystanders.t = t;
    bystanders.server = server;
    bystanders.room = room;
    bystanders.left = await join(t, server, 'hocuspocus-4.8', room);
    bystanders.right = await join(t, server, 'y-websocket-3.1', room);
    editEverything(bystanders.left.doc, 'before', new Random(1));
    bystanders.#running = bystanders.#exchange();
    bystanders.#running.catch(() => {}); // is reported by stop()
    atEnd(t, () => {
      bystanders.#abandoned = true;
    });
    return bystanders;
  }

  // Ends the exchange; fails if it ever stood still, an edit was not acknowledged, a client lost its connection, or
  // if a newcomer sees anything that the two did not write. `areAlone`: nobody else writes to the document.
  async stop({ areAlone = true } = {}) {
    this.#stopped = true;
    await this.#running;
    assert.ok(this.exchanges > 0);
    assert.deepEqual([this.left.disconnects, this.right.disconnects], [0, 0]);
    const newcomer = await join(this.t, this.server, 'hocuspocus-4.8', this.room);
    assert.deepEqual(contentOf(newcomer.doc), contentOf(this.left.doc));
    assert.deepEqual(contentOf(this.right.doc), contentOf(this.left.doc));
    if (areAlone) this.#assertNoOtherAuthor(newcomer.doc);
    for (const client of [this.left, this.right, newcomer]) client.destroy();
  }

  #assertNoOtherAuthor(doc) {
    const authors = [...Y.decodeStateVector(Y.encodeStateVector(doc)).keys()];
    assert.deepEqual(authors.toSorted(), [this.left.doc.clientID, this.right.doc.clientID].toSorted());
  }

  async #exchange() {
    const numbers = (client) => client.doc.getMap('numbers');
    while (!this.#stopped && !this.#abandoned) {
      const number = this.exchanges + 1;
      numbers(this.left).set('left', number);
      await this.#soon(`number ${number} to get from left to right`, () => numbers(this.right).get('left') === number);
      numbers(this.right).set('right', number);
      await this.#soon(`number ${number} to get from right to left`, () => numbers(this.left).get('right') === number);
      await this.#soon(`number ${number} to be acknowledged`, () => this.left.unsyncedCount === 0);
      this.exchanges = number;
    }
  }

  #soon(what, predicate) {
    return waitFor(what, () => this.#abandoned || predicate(), { interval: 1 });
  }
}
