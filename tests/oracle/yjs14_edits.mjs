// Edits of documents of Yjs 14, where a type is neither text nor array nor map but all of them, and the same content as plain values.

import * as Y14 from '@y/y';
import { isInsidePair } from './edits.mjs';

export const roots = ['map', 'array', 'text', 'xml'];
const keys = ['a', 'b', 'é'];
const words = ['x', 'hello', '😀', 'a😀b', '\ufeffmark'];
const formats = [{ bold: true }, { bold: null }, { color: 'red' }];

export const edit14 = (random, doc) =>
  random.weighted([
    [3, () => setOrDelete(random, doc.get('map'))],
    [3, () => insertOrDelete(random, doc.get('array'), () => [random.pick([1, -0, 'word', true, 2 ** 40, Uint8Array.of(1, 2)]), someType(random, null)])],
    [5, () => writeText(random, doc.get('text'))],
    [3, () => insertOrDelete(random, doc.get('xml'), () => [someType(random, random.pick(['p', 'div']))])],
    [2, () => editNested(random, doc)],
  ])();

export const content14 = (doc) => Object.fromEntries(roots.map((name) => [name, plain(doc.get(name))]));

const plain = (value) => {
  if (value instanceof Y14.Doc) return { document: value.guid };
  if (!(value instanceof Y14.Type)) return value;
  const attributes = Object.entries(value.getAttrs()).sort(([a], [b]) => (a < b ? -1 : 1));
  const runs = [];
  for (const { insert, format } of value.toDelta().children) {
    runs.push([typeof insert === 'string' ? insert : insert.map(plain), { ...format }]);
  }
  return { name: value.name, attributes: attributes.map(([key, entry]) => [key, plain(entry)]), runs };
};

const someType = (random, name) => {
  const type = new Y14.Type(name);
  if (random.chance(0.7)) type.insert(0, random.pick(words));
  if (name !== null) type.setAttr(random.pick(keys), random.pick(words));
  return type;
};

const setOrDelete = (random, type) => {
  const key = random.pick(keys);
  random.weighted([
    [3, () => type.setAttr(key, random.pick([1, 'word', [1, { a: null }], 0.5]))],
    [1, () => type.setAttr(key, someType(random, null))],
    [1, () => type.hasAttr(key) && type.deleteAttr(key)],
  ])();
};

const insertOrDelete = (random, type, make) => {
  if (type.length > 0 && random.chance(0.3)) type.delete(random.integer(0, type.length));
  else type.insert(random.integer(0, type.length + 1), make());
};

const writeText = (random, type) => {
  const at = random.pick(positionsOf(type));
  const end = random.pick(positionsOf(type).filter((position) => position > at && position <= at + 6));
  random.weighted([
    [4, () => type.insert(at, random.pick(words))],
    [1, () => type.insert(at, random.pick(words), { bold: true })],
    [2, () => end !== undefined && type.delete(at, end - at)],
    [2, () => end !== undefined && type.format(at, end - at, random.pick(formats))],
  ])();
};

// Something in a type of either version below the roots.
const editNested = (random, doc) => {
  const children = ['array', 'xml'].flatMap((name) => doc.get(name).toArray().filter((child) => child instanceof Y14.Type));
  if (children.length === 0) return;
  const type = random.pick(children);
  if (random.chance(0.5)) setOrDelete(random, type);
  else if (type.name === null) writeText(random, type);
};

// Nowhere inside a surrogate pair, as in edits.mjs.
const positionsOf = (type) => {
  const units = type
    .toArray()
    .map((child) => (typeof child === 'string' && child.length === 1 ? child : '\ufffc'))
    .join('');
  const positions = [];
  for (let at = 0; at <= units.length; at++) if (!isInsidePair(units, at)) positions.push(at);
  return positions;
};
