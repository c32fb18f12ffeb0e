// Talks to crdt_driver (the engine as a program; driver/ has the protocol). A call blocks until its answer is there: the tests have nothing
// else to do meanwhile, and stay plain. What can wait for its answer is posted, and goes with the next call: a turn of the pipes costs more than most
// requests.

import { execFileSync, spawn } from 'node:child_process';
import { constants, closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

const operations = { create: 0, apply: 1, applyAll: 2, stateVector: 3, difference: 4, state: 5, merge: 6, numbers: 7, applyFollowed: 8 };

const built = fileURLToPath(new URL('../../build/release/crdt_driver', import.meta.url));

export const effects = { nothing: 0, whole: 1, part: 2 };

// Named pipes instead of the ones of `spawn`, because those cannot be read without a turn of the event loop.
const startWithPipes = (program) => {
  const folder = mkdtempSync(join(tmpdir(), 'canvas-ws-oracle-'));
  const pipe = (name) => {
    const path = join(folder, name);
    execFileSync('mkfifo', [path]);
    const both = openSync(path, constants.O_RDWR);
    const ends = { reader: openSync(path, constants.O_RDONLY), writer: openSync(path, constants.O_WRONLY) };
    closeSync(both);
    return ends;
  };
  const requests = pipe('requests');
  const replies = pipe('replies');
  const child = spawn(program, [], { stdio: [requests.reader, replies.writer, 'inherit'] });
  child.unref();
  closeSync(requests.reader);
  closeSync(replies.writer);
  rmSync(folder, { recursive: true });
  return { requests: requests.writer, replies: replies.reader };
};

// The store does not take it, and says why.
export class Refusal extends Error {}

export class Driver {
  #pipes;
  #stores = 0;
  #posted = [];

  constructor(program = process.env.CRDT_DRIVER ?? built) {
    if (!existsSync(program)) throw new Error(`there is no ${program}: build it, or say with CRDT_DRIVER where it is`);
    this.#pipes = startWithPipes(program);
  }

  newStore() {
    return new Store(this, this.#stores++);
  }

  // Forgets the stores: the next ones take the place of the oldest.
  startAgain() {
    this.#stores = 0;
    this.#posted = [];
  }

  merge(updates) {
    return this.ask(operations.merge, (encoder) => writeUpdates(encoder, updates), decoding.readVarUint8Array);
  }

  close() {
    closeSync(this.#pipes.requests);
    closeSync(this.#pipes.replies);
  }

  // `write` adds the arguments, `read` takes the result.
  ask(operation, write, read = () => {}) {
    let result;
    this.post(operation, write, (reply) => {
      result = read(reply);
    });
    this.flush();
    return result;
  }

  // As `ask`, but the answer comes later: `take` gets it from a call that needs its own.
  post(operation, write, take = () => {}) {
    const request = encoding.createEncoder();
    encoding.writeUint8(request, operation);
    write(request);
    this.#posted.push({ request: encoding.toUint8Array(request), take });
  }

  // Brings the answers to all that was posted. Throws at the first that was refused.
  flush() {
    const posted = this.#posted;
    if (posted.length === 0) return;
    this.#posted = [];
    const batch = encoding.createEncoder();
    encoding.writeUint32(batch, 0);
    for (const { request } of posted) encoding.writeVarUint8Array(batch, request);
    encoding.setUint32(batch, 0, encoding.length(batch) - 4);
    this.#send(encoding.toUint8Array(batch));
    const replies = decoding.createDecoder(this.#receive());
    for (const { take } of posted) {
      const reply = decoding.createDecoder(decoding.readVarUint8Array(replies));
      if (decoding.readUint8(reply) !== 0) throw new Refusal(decoding.readVarString(reply));
      take(reply);
    }
  }

  #send(bytes) {
    for (let sent = 0; sent < bytes.length;) sent += writeSync(this.#pipes.requests, bytes, sent);
  }

  #receive() {
    const head = this.#read(4);
    return this.#read(new DataView(head.buffer).getUint32(0, true));
  }

  #read(size) {
    const bytes = new Uint8Array(size);
    for (let have = 0; have < size;) {
      const count = readSync(this.#pipes.replies, bytes, have, size - have, null);
      if (count === 0) throw new Error('crdt_driver has ended');
      have += count;
    }
    return bytes;
  }
}

// One block store in the driver.
class Store {
  #driver;
  #name;

  constructor(driver, name) {
    this.#driver = driver;
    this.#name = name;
    this.#post(operations.create);
  }

  apply(update) {
    return this.#ask(operations.apply, (encoder) => encoding.writeVarUint8Array(encoder, update), readApplied);
  }

  // Applies here, and what is new of it to `follower`; `take` gets, later, what came of both.
  postFollowed(follower, update, take) {
    const write = (encoder) => {
      encoding.writeVarUint(encoder, follower.#name);
      encoding.writeVarUint8Array(encoder, update);
    };
    this.#post(operations.applyFollowed, write, (reply) => take(readApplied(reply), readApplied(reply)));
  }

  applyAll(updates) {
    this.#ask(operations.applyAll, (encoder) => writeUpdates(encoder, updates));
  }

  stateVector() {
    return this.#ask(operations.stateVector, () => {}, decoding.readVarUint8Array);
  }

  difference(stateVector) {
    return this.#ask(operations.difference, (encoder) => encoding.writeVarUint8Array(encoder, stateVector), decoding.readVarUint8Array);
  }

  // As `difference`, for later (Driver.post).
  postDifference(stateVector, take) {
    const write = (encoder) => encoding.writeVarUint8Array(encoder, stateVector);
    this.#post(operations.difference, write, (reply) => take(decoding.readVarUint8Array(reply)));
  }

  state() {
    return this.#ask(operations.state, () => {}, decoding.readVarUint8Array);
  }

  numbers() {
    const read = (reply) => ({
      liveBytes: decoding.readVarUint(reply),
      pendingBytes: decoding.readVarUint(reply),
      blocks: decoding.readVarUint(reply),
      memoryBytes: decoding.readVarUint(reply),
    });
    return this.#ask(operations.numbers, () => {}, read);
  }

  #ask(operation, write = () => {}, read) {
    return this.#driver.ask(operation, (encoder) => this.#writeNamed(encoder, write), read);
  }

  #post(operation, write = () => {}, take) {
    this.#driver.post(operation, (encoder) => this.#writeNamed(encoder, write), take);
  }

  #writeNamed(encoder, write) {
    encoding.writeVarUint(encoder, this.#name);
    write(encoder);
  }
}

const readApplied = (reply) => ({
  effect: decoding.readUint8(reply),
  news: decoding.readVarUint8Array(reply),
  stateVector: decoding.readVarUint8Array(reply),
  hasPending: decoding.readUint8(reply) === 1,
});

const writeUpdates = (encoder, updates) => {
  encoding.writeVarUint(encoder, updates.length);
  for (const update of updates) encoding.writeVarUint8Array(encoder, update);
};
