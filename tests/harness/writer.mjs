// A busy user: makes a real client write all the time, and knows what it was told is saved.

import { isHocuspocus } from './clients.mjs';
import { editJournal } from './content.mjs';

// Adds an entry to the journal every few milliseconds. `client` is in sync and was never offline: after an edit made
// offline, v2 counts one acknowledgment too many.
export class Writer {
  client;
  #name;
  #entries = [];
  #acknowledgedCount = 0;
  #timer;

  constructor(client, name = client.kind) {
    this.client = client;
    this.#name = name;
    if (isHocuspocus(client.kind)) {
      client.provider.on('unsyncedChanges', () => {
        if (client.isSynced && client.unsyncedCount === 0) this.#acknowledgedCount = this.#entries.length;
      });
    }
    this.#timer = setInterval(() => this.#write(), 20).unref(); // does not outlive a test that failed
  }

  // Returns all entries.
  stop() {
    clearInterval(this.#timer);
    return this.#entries;
  }

  // What was written before a moment at which nothing was outstanding.
  acknowledged() {
    return this.#entries.slice(0, this.#acknowledgedCount);
  }

  #write() {
    const entry = `${this.#name} wrote ${this.#entries.length}`;
    this.#entries.push(entry);
    editJournal(this.client.doc, entry);
  }
}
