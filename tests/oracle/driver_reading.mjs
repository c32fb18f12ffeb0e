// The content of a document in the driver (driver/reading_operations.cpp).

import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

const operations = { json: 80, read: 81 };
const forms = { json: 0, text: 1, xml: 2, delta: 3 };

export const kinds = { array: 0, map: 1, text: 2, xmlElement: 3, xmlFragment: 4, xmlHook: 5, xmlText: 6, guessed: 7 };

// JSON of all roots of the document that has this number in the driver.
export const readJson = (driver, doc) => driver.ask(operations.json, (encoder) => encoding.writeVarUint(encoder, doc), decoding.readVarString);

// One root; `form` is json, text, xml or delta.
export const readRoot = (driver, doc, name, kind, form) =>
  driver.ask(
    operations.read,
    (encoder) => {
      encoding.writeVarUint(encoder, doc);
      encoding.writeVarString(encoder, name);
      encoding.writeUint8(encoder, kind);
      encoding.writeUint8(encoder, forms[form]);
    },
    decoding.readVarString,
  );
