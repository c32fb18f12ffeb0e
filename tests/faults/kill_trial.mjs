// The procedure of kill.test.mjs: load, kill -9, restart, look for what was acknowledged. Round after round on one
// database.

import * as Y from 'yjs';
import { connect } from '../harness/clients.mjs';
import { journalOf } from '../harness/content.mjs';
import { RawHocuspocus } from '../harness/raw_client.mjs';
import { settled, sleep } from '../harness/wait.mjs';
import { Writer } from '../harness/writer.mjs';

const documents = ['kill-a', 'kill-b', 'kill-c'];
const rawWritersPerRound = 12;
const providerKinds = ['hocuspocus-2.15', 'hocuspocus-4.8'];

export class KillTrial {
  acknowledged = 0;
  unacknowledged = 0;
  #t;
  #server;
  #random;
  #round = 0;
  #expectations = new Map(documents.map((document) => [document, new Expectation()]));

  constructor(t, server, random) {
    this.#t = t;
    this.#server = server;
    this.#random = random;
  }

  // One round; afterwards the server runs again. Returns what was acknowledged and is lost: a list of sentences,
  // empty if all is well.
  async round() {
    this.#round += 1;
    const rawWriters = await this.#startRawWriters();
    const providerWriters = await this.#startProviders();
    await this.#loadUntilKilled(rawWriters);
    await this.#server.kill();
    for (const writer of rawWriters) await this.#settle(writer);
    for (const writer of providerWriters) this.#settleProvider(writer);
    await this.#server.launch();
    return this.findLosses();
  }

  // Compares every document with what is expected of it, as a newcomer sees it.
  async findLosses() {
    const losses = [];
    for (const document of documents) {
      const doc = new Y.Doc();
      const reader = await RawHocuspocus.join(this.#server, document, { doc });
      reader.terminate();
      for (const loss of this.#expectations.get(document).compare(doc)) losses.push(`${document}: ${loss}`);
    }
    return losses;
  }

  #startRawWriters() {
    return Promise.all(
      Array.from({ length: rawWritersPerRound }, async (_, i) => {
        const document = documents[i % documents.length];
        const writer = new RawWriter(`${this.#round}.${i}`, document, this.#random.split());
        await writer.start(this.#server);
        return writer;
      }),
    );
  }

  #startProviders() {
    return Promise.all(
      providerKinds.map(async (kind, i) => {
        const document = this.#random.pick(documents);
        const client = connect(this.#t, this.#server, kind, document);
        await client.waitSynced();
        return Object.assign(new Writer(client, `round ${this.#round}, provider ${i}`), { document });
      }),
    );
  }

  // Most rounds end in the middle of the load. In every fifth all raw writers leave first, so that rooms are being
  // folded and unloaded.
  async #loadUntilKilled(rawWriters) {
    if (this.#round % 5 !== 0) return sleep(this.#random.integer(0, 700));
    await sleep(this.#random.integer(200, 700));
    for (const writer of rawWriters) writer.leave();
    return sleep(this.#random.integer(1500, 3000));
  }

  async #settle(writer) {
    await settled('a raw client to notice that the server is gone', writer.client.closed);
    if (writer.client.refused > 0) throw new Error(`the server refused ${writer.client.refused} updates`);
    const expectation = this.#expectations.get(writer.document);
    for (const { number, key, isDeletion } of writer.changes) {
      const isAcknowledged = number <= writer.client.acknowledged;
      if (isAcknowledged) this.acknowledged += 1;
      else this.unacknowledged += 1;
      expectation.change(key, isDeletion, isAcknowledged);
    }
  }

  #settleProvider(writer) {
    const expectation = this.#expectations.get(writer.document);
    const acknowledged = writer.acknowledged();
    this.acknowledged += acknowledged.length;
    this.unacknowledged += writer.stop().length - acknowledged.length;
    for (const entry of acknowledged) expectation.entries.add(entry);
    writer.client.destroy();
  }
}

// Sets and deletes keys of a map, each update known by its number on the connection.
class RawWriter {
  document;
  client;
  changes = []; // {number, key, isDeletion} in the order in which they were sent
  #name;
  #random;
  #window; // how many updates may be outstanding
  #doc = new Y.Doc();
  #written = []; // keys that are there

  constructor(name, document, random) {
    this.#name = name;
    this.document = document;
    this.#random = random;
    this.#window = random.pick([3, 10, 60]);
  }

  async start(server) {
    this.client = await RawHocuspocus.join(server, this.document);
    this.client.closed.then(() => this.#stop());
    this.#doc.on('update', (update) => {
      this.changes.at(-1).number = this.client.sendUpdate(update);
    });
    this.timer = setInterval(() => this.#burst(), 10);
  }

  leave() {
    this.#stop();
    this.client.socket.close(1000);
  }

  #stop() {
    clearInterval(this.timer);
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

// What must be in a document, what must not, and what may be either way because nobody was told.
class Expectation {
  entries = new Set(); // of the journal, from the providers
  #keys = new Map(); // key -> 'there', 'gone' or 'unknown'

  change(key, isDeletion, isAcknowledged) {
    if (isAcknowledged) this.#keys.set(key, isDeletion ? 'gone' : 'there');
    else this.#keys.set(key, 'unknown');
  }

  compare(doc) {
    const map = doc.getMap('keys');
    const journal = new Set(journalOf(doc));
    const losses = [];
    for (const [key, expected] of this.#keys) {
      if (expected === 'there' && !map.has(key)) losses.push(`the acknowledged key ${key} is lost`);
      if (expected === 'gone' && map.has(key)) losses.push(`the acknowledged deletion of ${key} is lost`);
    }
    for (const entry of this.entries) {
      if (!journal.has(entry)) losses.push(`the acknowledged entry "${entry}" is lost`);
    }
    return losses;
  }
}
