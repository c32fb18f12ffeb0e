// Many writers on a few documents, who know of every update whether they were told that it is saved. What they were
// told is remembered over the lives of the writers and of the server, and compared with what is there.

import assert from 'node:assert/strict';
import * as Y from 'yjs';
import { connect, join } from '../harness/clients.mjs';
import { assertConverged, editJournal, journalOf } from '../harness/content.mjs';
import { RawHocuspocus } from '../harness/raw_client.mjs';
import { settled, waitFor } from '../harness/wait.mjs';
import { Writer } from '../harness/writer.mjs';
import { Expectation } from './expectation.mjs';
import { RawWriter } from './raw_writer.mjs';

const providerKinds = ['hocuspocus-2.15', 'hocuspocus-4.8'];

// Its writers send more than a connection may.
export const loadFlags = ['--max-updates-per-second', '0'];

export class Load {
  documents;
  acknowledged = 0; // by writers that have ended
  unacknowledged = 0;
  #t;
  #random;
  #name;
  #shift = 0; // of writers
  #rawWriters = [];
  #providerWriters = []; // of each kind one in every document
  #rawWriterCount;
  #expectations;

  constructor(t, random, { name = 'load', documents = ['load-a', 'load-b', 'load-c'], rawWriters = 12 } = {}) {
    this.#t = t;
    this.#random = random;
    this.#name = name;
    this.documents = documents;
    this.#rawWriterCount = rawWriters;
    this.#expectations = new Map(documents.map((document) => [document, new Expectation()]));
  }

  // Writes from here on, with new writers.
  async start(server) {
    this.#shift += 1;
    await Promise.all([this.#startRawWriters(server), this.#startProviders(server)]);
  }

  // Updates of the raw writers that are neither acknowledged nor refused.
  get outstanding() {
    return this.#rawWriters.reduce((sum, { client }) => sum + client.sent - client.settledCount, 0);
  }

  get acknowledgedNow() {
    return this.#rawWriters.reduce((sum, { client }) => sum + client.acknowledged, 0);
  }

  // Waits until the raw writers are told of `more` updates that they are saved.
  async waitAcknowledged(more = 100, options) {
    const before = this.acknowledgedNow;
    await waitFor(
      () => `${more} acknowledgments; there were ${this.acknowledgedNow - before}, ${this.outstanding} outstanding`,
      () => this.acknowledgedNow >= before + more,
      options,
    );
  }

  // All close their connections.
  leave() {
    for (const writer of this.#rawWriters) writer.leave();
    for (const writer of this.#providerWriters) {
      writer.stop();
      writer.client.destroy();
    }
  }

  // Promise: the connections of all raw writers are closed.
  get closed() {
    return Promise.all(this.#rawWriters.map((writer) => writer.client.closed));
  }

  // Nobody writes any more; the connections stay.
  stop() {
    for (const writer of [...this.#rawWriters, ...this.#providerWriters]) writer.stop();
  }

  // After stop(): waits until all that was written is acknowledged, and has reached everybody.
  async settle(server, options = { timeout: 60_000 }) {
    await Promise.all(this.#rawWriters.map(({ client }) => client.waitAcknowledged(client.sent, options)));
    const providers = this.#providerWriters.map((writer) => writer.client);
    await waitFor(
      () => `the providers to be in sync: ${providers.map((provider) => provider.unsyncedCount)} outstanding`,
      () => providers.every((provider) => provider.unsyncedCount === 0),
      options,
    );
    for (const document of this.documents) await this.#assertConverged(server, document);
  }

  // Writers leave, or have lost their server; what they were told is remembered.
  async end() {
    this.stop();
    for (const writer of this.#rawWriters.splice(0)) await this.#endRawWriter(writer);
    for (const writer of this.#providerWriters.splice(0)) this.#endProvider(writer);
  }

  // What was acknowledged by now, to the present writers too, and is not in the documents that `read` gives.
  async findLosses(read) {
    const losses = [];
    for (const document of this.documents) {
      const expectPresent = this.#expectPresent(document);
      const doc = await read(document);
      for (const expectation of [this.#expectations.get(document), expectPresent()])
        for (const loss of expectation.compare(doc)) losses.push(`${document}: ${loss}`);
    }
    return losses;
  }

  // The same, as a newcomer sees them.
  findLossesOn(server) {
    return this.findLosses(async (document) => {
      const doc = new Y.Doc();
      const reader = await RawHocuspocus.join(server, document, { doc });
      reader.terminate();
      return doc;
    });
  }

  // The same, in the database.
  findLossesIn(database) {
    return this.findLosses((document) => database.read(document));
  }

  // Waits until an edit of each provider has reached the other one in its document.
  async exchange() {
    this.#shift += 1;
    await Promise.all(
      this.#providerWriters.map(async (writer) => {
        const entry = `exchange ${this.#shift} of ${writer.client.kind}`;
        editJournal(writer.client.doc, entry);
        const others = this.#providersOf(writer.document);
        await waitFor(`"${entry}" to reach the others in ${writer.document}`, () =>
          others.every((other) => journalOf(other.doc).includes(entry)),
        );
      }),
    );
  }

  async #startRawWriters(server) {
    this.#rawWriters = await Promise.all(
      Array.from({ length: this.#rawWriterCount }, async (_, i) => {
        const document = this.documents[i % this.documents.length];
        const writer = new RawWriter(`${this.#name} ${this.#shift}.${i}`, document, this.#random.split());
        await writer.start(server);
        return writer;
      }),
    );
  }

  async #startProviders(server) {
    const places = this.documents.flatMap((document) => providerKinds.map((kind) => ({ document, kind })));
    this.#providerWriters = await Promise.all(
      places.map(async ({ document, kind }) => {
        const client = connect(this.#t, server, kind, document);
        await client.waitSynced();
        return Object.assign(new Writer(client, `${this.#name} ${this.#shift}, ${kind}`), { document });
      }),
    );
  }

  #providersOf(document) {
    return this.#providerWriters.filter((writer) => writer.document === document).map((writer) => writer.client);
  }

  async #assertConverged(server, document) {
    const newcomer = await join(this.#t, server, 'hocuspocus-4.8', document);
    await assertConverged([newcomer.doc, ...this.#providersOf(document).map((provider) => provider.doc)]);
    newcomer.destroy();
  }

  async #endRawWriter({ client, changes, document }) {
    const acknowledged = this.#expectations.get(document).addChanges(changes, client.acknowledged);
    client.terminate();
    await settled('a raw client to be closed', client.closed);
    assert.equal(client.refused, 0, 'the server refused updates');
    this.#count(acknowledged, changes.length);
  }

  #endProvider(writer) {
    const acknowledged = this.#expectations.get(writer.document).addEntries(writer.acknowledged());
    this.#count(acknowledged, writer.stop().length);
    writer.client.destroy();
  }

  #count(acknowledged, written) {
    this.acknowledged += acknowledged;
    this.unacknowledged += written - acknowledged;
  }

  // What the present writers expect now. Asked for later, so that what they change meanwhile may be either way.
  #expectPresent(document) {
    const rawWriters = this.#rawWriters
      .filter((writer) => writer.document === document)
      .map(({ changes, client }) => ({ changes, acknowledged: client.acknowledged }));
    const entries = this.#providerWriters
      .filter((writer) => writer.document === document)
      .flatMap((writer) => writer.acknowledged());
    return () => {
      const expectation = new Expectation();
      for (const { changes, acknowledged } of rawWriters) expectation.addChanges(changes, acknowledged);
      expectation.addEntries(entries);
      return expectation;
    };
  }
}

// Updates that are in the log of a document twice, the kept history included: sentences.
export async function findDoubles(database, documents) {
  const doubles = [];
  for (const document of documents) {
    const seen = new Set();
    for (const row of await database.allRows(document)) {
      const bytes = Buffer.from(row.bytes).toString('base64');
      if (seen.has(bytes)) doubles.push(`${document}: row ${row.id} was stored before`);
      seen.add(bytes);
    }
  }
  return doubles;
}
