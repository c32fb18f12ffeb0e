// Bringing back earlier states, by the driver (driver/restore_operations.cpp).

import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

const operations = { restore: 112, restoreState: 113, stateAtSnapshot: 114 };

const readRestored = (reply) => ({ changed: decoding.readUint8(reply) === 1, update: decoding.readVarUint8Array(reply) });

// Of the document that has this number.
export const restoreDoc = (driver, doc, past) =>
  driver.ask(
    operations.restore,
    (encoder) => {
      encoding.writeVarUint(encoder, doc);
      encoding.writeVarUint8Array(encoder, past);
    },
    readRestored,
  );

export const restoreState = (driver, present, past, client) =>
  driver.ask(
    operations.restoreState,
    (encoder) => {
      encoding.writeVarUint8Array(encoder, present);
      encoding.writeVarUint8Array(encoder, past);
      encoding.writeVarUint(encoder, client);
    },
    readRestored,
  );

export const stateAtSnapshot = (driver, state, snapshot) =>
  driver.ask(
    operations.stateAtSnapshot,
    (encoder) => {
      encoding.writeVarUint8Array(encoder, state);
      encoding.writeVarUint8Array(encoder, snapshot);
    },
    decoding.readVarUint8Array,
  );
