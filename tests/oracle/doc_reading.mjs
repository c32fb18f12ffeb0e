// What a document of ours reads, held against Yjs's own toJSON, toString and toDelta: byte by byte.

import assert from 'node:assert/strict';
import * as Y from 'yjs';
import { rootsOf } from './content.mjs';
import { kinds, readJson, readRoot } from './driver_reading.mjs';

// JSON has no large integers, and JSON.stringify throws on them: they are written as their digits.
BigInt.prototype.toJSON = function () {
  return JSON.rawJSON(this.toString());
};

const kindOfRoot = { map: kinds.map, array: kinds.array, text: kinds.text, xml: kinds.xmlFragment };

const sameText = { equal: assert.equal };

// The order of the keys of a map is that in which they came in, and of updates that had to wait another may have been first.
export const anyOrder = { equal: (actual, expected, what) => assert.deepStrictEqual(JSON.parse(actual), JSON.parse(expected), what) };

// `number` is that of the document in the driver; both have the same updates, in the same order.
export const assertSameReading = (driver, number, doc, order = sameText) => {
  const roots = rootsOf(doc);
  const read = (name, form) => readRoot(driver, number, name, kindOfRoot[name], form);
  const written = {};
  for (const [name, type] of Object.entries(roots)) {
    const json = read(name, 'json');
    if (json === '') continue;
    order.equal(json, JSON.stringify(type.toJSON()), `the JSON of ${name}`);
    written[name] = type.toJSON();
  }
  for (const name of ['text', 'xml']) {
    if (!(name in written)) continue;
    assert.equal(read(name, name), roots[name].toString(), `the ${name}`);
  }
  if ('text' in written) order.equal(read('text', 'delta'), JSON.stringify(roots.text.toDelta()), 'the delta');
  assertGuessed(JSON.parse(readJson(driver, number)), JSON.parse(JSON.stringify(written)), roots);
};

// All roots at once. What a root is can be guessed only while it has content, and not when an array or a text has types alone.
const assertGuessed = (all, written, roots) => {
  assert.deepStrictEqual(Object.keys(all).sort(), Object.keys(written).sort(), 'the names of the roots');
  for (const [name, value] of Object.entries(written)) {
    if (name === 'array' && roots.array.toArray().every(isXml)) continue;
    if (name === 'text' && value === '') continue;
    if (isEmpty(value)) assert.ok(isEmpty(all[name]), `${name} is not empty`);
    else assert.deepStrictEqual(all[name], value, `${name} as part of the document`);
  }
};

const isXml = (value) => value instanceof Y.XmlFragment || value instanceof Y.XmlText || value instanceof Y.XmlHook;

const isEmpty = (value) => value === '' || Object.keys(value).length === 0;
