// Edits of a document in the driver (driver/edit_operations.cpp).

import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

const operations = {
  create: 96,
  begin: 97,
  commit: 98,
  root: 99,
  set: 100,
  unset: 101,
  insert: 102,
  remove: 103,
  insertText: 104,
  insertEmbed: 105,
  removeText: 106,
  format: 107,
  typeOfKey: 108,
  typeAt: 109,
  findPosition: 110,
  makePosition: 111,
};

const tags = { json: 0, any: 1, binary: 2, type: 3, document: 4 };

// A value is { json: text }, { any: bytes }, { binary: bytes }, { type: { kind, name } } or { document: { guid, options } }.
const writeValue = (encoder, value) => {
  const [[form, content]] = Object.entries(value);
  encoding.writeUint8(encoder, tags[form]);
  if (form === 'json') {
    encoding.writeVarString(encoder, content);
  } else if (form === 'any' || form === 'binary') {
    encoding.writeVarUint8Array(encoder, content);
  } else if (form === 'type') {
    encoding.writeUint8(encoder, content.kind);
    encoding.writeVarString(encoder, content.name ?? '');
  } else {
    encoding.writeVarString(encoder, content.guid);
    encoding.writeVarString(encoder, content.options);
  }
};

const number = (value) => (encoder) => encoding.writeVarUint(encoder, value);
const text = (value) => (encoder) => encoding.writeVarString(encoder, value);
const byte = (value) => (encoder) => encoding.writeUint8(encoder, value);
const bytes = (value) => (encoder) => encoding.writeVarUint8Array(encoder, value);
const oneValue = (value) => (encoder) => writeValue(encoder, value);

const names = (reply) => Array.from({ length: decoding.readVarUint(reply) }, () => decoding.readVarString(reply));

// The documents of a driver that edit themselves.
export class DriverEditor {
  #driver;
  #doc;

  // Takes the place of the document that had the number `doc` before.
  constructor(driver, doc, { gc, client }) {
    this.#driver = driver;
    this.#doc = doc;
    this.#ask('create', [byte(gc ? 0 : 1), number(client)]);
  }

  begin() {
    this.#ask('begin', []);
  }

  commit() {
    return this.#ask('commit', [], (reply) => ({ update: decoding.readVarUint8Array(reply), roots: names(reply) }));
  }

  root(name, kind) {
    return this.#ask('root', [text(name), byte(kind)], decoding.readVarUint);
  }

  set(type, key, value) {
    return this.#ask('set', [number(type), text(key), oneValue(value)], decoding.readVarUint);
  }

  unset(type, key) {
    this.#ask('unset', [number(type), text(key)]);
  }

  insert(type, index, values) {
    const read = (reply) => Array.from({ length: decoding.readVarUint(reply) }, () => decoding.readVarUint(reply));
    return this.#ask('insert', [number(type), number(index), number(values.length), ...values.map(oneValue)], read);
  }

  remove(type, index, length) {
    this.#ask('remove', [number(type), number(index), number(length)]);
  }

  insertText(type, index, inserted, attributes) {
    const given = attributes === undefined ? [] : [text(JSON.stringify(attributes))];
    this.#ask('insertText', [number(type), number(index), text(inserted), ...given]);
  }

  insertEmbed(type, index, value, attributes) {
    return this.#ask('insertEmbed', [number(type), number(index), oneValue(value), text(JSON.stringify(attributes))], decoding.readVarUint);
  }

  removeText(type, index, length) {
    this.#ask('removeText', [number(type), number(index), number(length)]);
  }

  format(type, index, length, attributes) {
    this.#ask('format', [number(type), number(index), number(length), text(JSON.stringify(attributes))]);
  }

  typeOfKey(type, key) {
    return this.#ask('typeOfKey', [number(type), text(key)], decoding.readVarUint);
  }

  typeAt(type, index) {
    return this.#ask('typeAt', [number(type), number(index)], decoding.readVarUint);
  }

  // The index of a relative position, or null.
  findPosition(position) {
    const read = (reply) => (decoding.readUint8(reply) === 1 ? decoding.readVarUint(reply) : null);
    return this.#ask('findPosition', [bytes(position)], read);
  }

  makePosition(root, index, association) {
    const write = (encoder) => encoding.writeVarInt(encoder, association);
    return this.#ask('makePosition', [text(root), number(index), write], decoding.readVarUint8Array);
  }

  #ask(operation, args, read) {
    const write = (encoder) => {
      encoding.writeVarUint(encoder, this.#doc);
      for (const writeOne of args) writeOne(encoder);
    };
    return this.#driver.ask(operations[operation], write, read);
  }
}
