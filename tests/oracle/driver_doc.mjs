// A document in the driver (driver/doc_operations.cpp).

import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

const operations = { create: 64, apply: 65, applyAll: 66, stateVector: 67, difference: 68, state: 69, numbers: 70, check: 71, indexAfter: 72 };

export class DriverDoc {
  #driver;
  #name;

  // Takes the place of the document that had the number `name` before; without options it is that document.
  constructor(driver, name, options) {
    this.#driver = driver;
    this.#name = name;
    if (options) this.#ask(operations.create, (encoder) => encoding.writeUint8(encoder, options.gc ? 0 : 1));
  }

  apply(update) {
    return this.#ask(operations.apply, (encoder) => encoding.writeVarUint8Array(encoder, update), readApplied);
  }

  // As `apply`; `take` gets later what came of it (Driver.post).
  postApply(update, take) {
    const write = (encoder) => {
      encoding.writeVarUint(encoder, this.#name);
      encoding.writeVarUint8Array(encoder, update);
    };
    this.#driver.post(operations.apply, write, (reply) => take(readApplied(reply)));
  }

  applyAll(updates) {
    this.#ask(operations.applyAll, (encoder) => {
      encoding.writeVarUint(encoder, updates.length);
      for (const update of updates) encoding.writeVarUint8Array(encoder, update);
    });
  }

  stateVector() {
    return this.#ask(operations.stateVector, () => {}, decoding.readVarUint8Array);
  }

  difference(stateVector) {
    return this.#ask(operations.difference, (encoder) => encoding.writeVarUint8Array(encoder, stateVector), decoding.readVarUint8Array);
  }

  state() {
    return this.#ask(operations.state, () => {}, decoding.readVarUint8Array);
  }

  numbers() {
    const read = (reply) => ({
      items: decoding.readVarUint(reply),
      memoryBytes: decoding.readVarUint(reply),
      pendingBytes: decoding.readVarUint(reply),
    });
    return this.#ask(operations.numbers, () => {}, read);
  }

  // Throws when what it holds does not fit together.
  check() {
    this.#ask(operations.check);
  }

  // Searches for a place that take more steps than this make an index of siblings.
  indexAfter(steps) {
    this.#ask(operations.indexAfter, (encoder) => encoding.writeVarUint(encoder, steps));
  }

  #ask(operation, write = () => {}, read) {
    return this.#driver.ask(
      operation,
      (encoder) => {
        encoding.writeVarUint(encoder, this.#name);
        write(encoder);
      },
      read,
    );
  }
}

const readApplied = (reply) => ({
  changed: decoding.readUint8(reply) === 1,
  roots: Array.from({ length: decoding.readVarUint(reply) }, () => decoding.readVarString(reply)),
  stateVector: decoding.readVarUint8Array(reply),
  hasPending: decoding.readUint8(reply) === 1,
});
