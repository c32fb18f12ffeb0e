// Yjs updates (format v1) that are broken inside: each is put into frames that are well formed.

import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { bytesOf } from '../harness/frames.mjs';

const huge = 2 ** 50;
const client = 4242;

// Struct kinds, the low five bits of a struct's first byte (docs/crdt-internals.md).
const kind = {
  gc: 0,
  deleted: 1,
  json: 2,
  binary: 3,
  string: 4,
  embed: 5,
  format: 6,
  type: 7,
  any: 8,
  doc: 9,
  skip: 10,
};

// A small update with something of everything in it.
export function richUpdate() {
  const doc = new Y.Doc();
  doc.clientID = client;
  doc.getText('text').insert(0, 'abc 🌊', { bold: true });
  doc.getMap('map').set('key', { list: [1, 2.5, null, true, 'x'] });
  doc.getArray('array').push([new Y.Map(), new Uint8Array([1, 2, 3])]);
  doc.getText('text').delete(1, 1);
  return Y.encodeStateAsUpdate(doc);
}

// [{name, update}]
export function malformedUpdates() {
  return [...truncations(), ...brokenCounts(), ...brokenStructs(), ...brokenAny()];
}

function truncations() {
  const whole = richUpdate();
  return Array.from({ length: whole.length }, (_, cut) => ({
    name: `cut after ${cut} of ${whole.length} bytes`,
    update: whole.subarray(0, cut),
  }));
}

function brokenCounts() {
  return [
    ['2^50 clients', (out) => out.uint(huge)],
    [
      '2^50 structs',
      (out) => {
        out.uint(1);
        out.uint(huge);
        out.uint(client);
        out.uint(0);
      },
    ],
    [
      '2^50 clients in the delete set',
      (out) => {
        out.uint(0);
        out.uint(huge);
      },
    ],
    [
      '2^50 ranges in the delete set',
      (out) => {
        out.uint(0);
        out.uint(1);
        out.uint(client);
        out.uint(huge);
      },
    ],
    [
      'a length of 10 bytes of ff',
      (out) => {
        for (let i = 0; i < 10; ++i) out.byte(0xff);
        out.byte(1);
      },
    ],
    [
      'a number that never ends',
      (out) => {
        for (let i = 0; i < 100; ++i) out.byte(0xff);
      },
    ],
  ].map(([name, write]) => ({ name, update: updateOf(write) }));
}

function brokenStructs() {
  const named = (info, content) => (out) => {
    out.struct(info);
    out.uint(1); // the parent is a name
    out.string('broken');
    content(out);
    out.uint(0); // no delete set
  };
  return [
    ['content of an unknown kind', named(15, (out) => out.uint(1))],
    ['content of the last kind that a byte can say', named(31, (out) => out.uint(1))],
    ['a shared type of an unknown kind', named(kind.type, (out) => out.uint(99))],
    [
      'a string longer than the update',
      named(kind.string, (out) => {
        out.uint(1000);
        out.byte(65);
      }),
    ],
    ['a string of 2^50 bytes', named(kind.string, (out) => out.uint(huge))],
    [
      'a string that is not UTF-8',
      named(kind.string, (out) => {
        out.uint(2);
        out.byte(0xc3);
        out.byte(0x28);
      }),
    ],
    ['binary of 2^50 bytes', named(kind.binary, (out) => out.uint(huge))],
    [
      'JSON that is not',
      named(kind.json, (out) => {
        out.uint(1);
        out.string('{"a":');
      }),
    ],
    ['2^50 pieces of JSON', named(kind.json, (out) => out.uint(huge))],
    ['an embed that is not JSON', named(kind.embed, (out) => out.string('nope'))],
    [
      'a format that is not JSON',
      named(kind.format, (out) => {
        out.string('bold');
        out.string('{');
      }),
    ],
    ['2^50 values', named(kind.any, (out) => out.uint(huge))],
    [
      'a parent name that is not UTF-8',
      (out) => {
        out.struct(kind.deleted);
        out.uint(1);
        out.uint(1);
        out.byte(0xff);
        out.uint(1);
        out.uint(0);
      },
    ],
  ].map(([name, write]) => ({ name, update: updateOf(write) }));
}

function brokenAny() {
  const any = (bytes) => (out) => {
    out.struct(kind.any);
    out.uint(1);
    out.string('broken');
    out.uint(1);
    for (const byte of bytes) out.byte(byte);
    out.uint(0);
  };
  const nested = (open, depth) => any([...Array.from({ length: depth }, () => open).flat(), 126]);
  return [
    ['a value of an unknown kind', any([5])],
    ['a value that is cut off', any([119, 200])],
    ['an array of 2^28 values', any([117, 0x80, 0x80, 0x80, 0x80, 0x01])],
    ['arrays nested 100,000 deep', nested([117, 1], 100_000)],
    ['objects nested 100,000 deep', nested([118, 1, 1, 97], 100_000)],
    ['arrays nested deep and never closed', any(Array.from({ length: 400_000 }, (_, i) => (i % 2 === 0 ? 117 : 1)))],
  ].map(([name, write]) => ({ name, update: updateOf(write) }));
}

function updateOf(write) {
  return bytesOf((encoder) =>
    write({
      uint: (value) => encoding.writeVarUint(encoder, value),
      byte: (value) => encoding.writeUint8(encoder, value),
      string: (text) => encoding.writeVarString(encoder, text),
      // The head of an update with one struct.
      struct(info) {
        for (const value of [1, 1, client, 0]) this.uint(value);
        this.byte(info);
      },
    }),
  );
}
