// What driver/format_operations.cpp can do, as calls.

import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

const operations = {
  anyToJson: 32,
  jsonToAny: 33,
  normalizeJson: 34,
  toV2: 35,
  toV1: 36,
  checkV2: 37,
  diff: 38,
  stateVector: 39,
  meta: 40,
  snapshotOf: 41,
  snapshot: 42,
  relativePosition: 43,
  relativePositionOfJson: 44,
};

export class Formats {
  #driver;

  constructor(driver) {
    this.#driver = driver;
  }

  // undefined where JSON has nothing for the value.
  anyToJson(any) {
    return this.#ofBytes(operations.anyToJson, any, (reply) => {
      const isThere = decoding.readUint8(reply) === 1;
      const text = decoding.readVarString(reply);
      return isThere ? text : undefined;
    });
  }

  jsonToAny(text) {
    return this.#ofText(operations.jsonToAny, text, decoding.readVarUint8Array);
  }

  normalizeJson(text) {
    return this.#ofText(operations.normalizeJson, text, decoding.readVarString);
  }

  toV2(update) {
    return this.#ofBytes(operations.toV2, update);
  }

  toV1(update) {
    return this.#ofBytes(operations.toV1, update);
  }

  checkV2(update) {
    this.#ofBytes(operations.checkV2, update, () => {});
  }

  diff(update, stateVector) {
    const write = (encoder) => {
      encoding.writeVarUint8Array(encoder, update);
      encoding.writeVarUint8Array(encoder, stateVector);
    };
    return this.#driver.ask(operations.diff, write, decoding.readVarUint8Array);
  }

  stateVector(update) {
    return this.#ofBytes(operations.stateVector, update);
  }

  // As Y.parseUpdateMeta.
  meta(update) {
    return this.#ofBytes(operations.meta, update, (reply) => {
      const meta = { from: new Map(), to: new Map() };
      for (let left = decoding.readVarUint(reply); left > 0; left--) {
        const client = decoding.readVarUint(reply);
        meta.from.set(client, decoding.readVarUint(reply));
        meta.to.set(client, decoding.readVarUint(reply));
      }
      return meta;
    });
  }

  snapshotOf(update) {
    return this.#ofBytes(operations.snapshotOf, update);
  }

  // Reads a snapshot of format `version` and writes it in both.
  snapshot(version, bytes) {
    const write = (encoder) => {
      encoding.writeUint8(encoder, version);
      encoding.writeVarUint8Array(encoder, bytes);
    };
    const read = (reply) => ({ v1: decoding.readVarUint8Array(reply), v2: decoding.readVarUint8Array(reply) });
    return this.#driver.ask(operations.snapshot, write, read);
  }

  relativePosition(bytes) {
    const read = (reply) => ({ bytes: decoding.readVarUint8Array(reply), json: decoding.readVarString(reply) });
    return this.#ofBytes(operations.relativePosition, bytes, read);
  }

  relativePositionOfJson(text) {
    return this.#ofText(operations.relativePositionOfJson, text, decoding.readVarUint8Array);
  }

  #ofBytes(operation, bytes, read = decoding.readVarUint8Array) {
    return this.#driver.ask(operation, (encoder) => encoding.writeVarUint8Array(encoder, bytes), read);
  }

  #ofText(operation, text, read) {
    return this.#driver.ask(operation, (encoder) => encoding.writeVarString(encoder, text), read);
  }
}
