// Sets and deletes keys of a map, each update known by its number on the connection.

import * as Y from 'yjs';
import { RawHocuspocus } from '../harness/raw_client.mjs';

export class RawWriter {
  document;
  client;
  changes = []; // {number, key, isDeletion} in the order in which they were sent
  #name;
  #random;
  #window; // how many updates may be outstanding
  #doc = new Y.Doc();
  #timer;
  #written = []; // keys that are there

  constructor(name, document, random) {
    this.#name = name;
    this.document = document;
    this.#random = random;
    this.#window = random.pick([3, 10, 60]);
  }

  async start(server) {
    this.client = await RawHocuspocus.join(server, this.document);
    this.client.closed.then(() => this.stop());
    this.#doc.on('update', (update) => {
      this.changes.at(-1).number = this.client.sendUpdate(update);
    });
    this.#timer = setInterval(() => this.#burst(), 10).unref();
  }

  // Writes no more.
  stop() {
    clearInterval(this.#timer);
  }

  leave() {
    this.stop();
    this.client.socket.close(1000);
  }

  // About 100 updates a second, now and then many at once.
  #burst() {
    if (!this.#random.chance(3 / this.#window)) return;
    for (let i = 0; i < this.#window / 3; ++i) {
      if (this.client.isOpen && this.client.sent - this.client.settledCount < this.#window) this.#change();
    }
  }

  #change() {
    const map = this.#doc.getMap('keys');
    if (this.#written.length > 0 && this.#random.chance(0.1)) {
      const [key] = this.#written.splice(this.#random.integer(0, this.#written.length), 1);
      this.changes.push({ key, isDeletion: true });
      map.delete(key);
      return;
    }
    const key = `${this.#name}.${this.changes.length}`;
    this.#written.push(key);
    this.changes.push({ key, isDeletion: false });
    map.set(key, 'x'.repeat(this.#random.chance(0.1) ? this.#random.integer(1, 10_000) : 10));
  }
}
