// Random edits of one Yjs document, over every type and kind of content.

import * as Y from 'yjs';
import { rootsOf } from './content.mjs';
import { copiesOf, copyOf, keys, someEntry, someType, someValue, someXml, words } from './entries.mjs';

const attributeSets = [
  { bold: true },
  { bold: null },
  { color: 'red' },
  { color: 'blue', bold: true },
  { comment: { id: 1 } },
  { comment: null },
];

export const someAttributes = (random) => structuredClone(random.pick(attributeSets));

// Edits the documents of one history.
export class Editor {
  #random;
  #cursors = new Map(); // for each document, where it typed last: a position that stays with the element to its left

  constructor(random) {
    this.#random = random;
  }

  // One edit: typing, or something in a type that is picked at random.
  edit(doc) {
    if (this.#random.chance(0.3)) this.typeOn(doc);
    else editSome(this.#random, this.#random.pick(typesOf(doc)));
  }

  // Goes on where the document typed last, or where another did, or begins near the front of the text or array: so that blocks with the same neighbours meet,
  // and blocks of one client follow each other with other neighbours than before.
  typeOn(doc) {
    const random = this.#random;
    const cursor = random.weighted([
      [5, this.#cursors.get(doc)],
      [4, random.pick([...this.#cursors.values(), undefined])],
      [1, undefined],
    ]);
    const position = cursor ? Y.createAbsolutePositionFromRelativePosition(cursor, doc) : null;
    const type = position?.type ?? random.pick([doc.getText('text'), doc.getArray('array')]);
    const isText = type instanceof Y.Text;
    const front = isText ? positionsOf(type).slice(0, 3) : [0, 1, 2].filter((at) => at <= type.length);
    const at = position?.index ?? random.pick(front);
    const typed = random.pick(isText ? ['a', 'b', 'cd', '😀'] : [['a'], ['b'], [1, 2]]);
    type.insert(at, typed);
    this.#cursors.set(doc, Y.createRelativePositionFromTypeIndex(type, at + typed.length, -1));
  }
}

const editSome = (random, type) => {
  if (type instanceof Y.XmlText) {
    if (random.chance(0.1)) type.setAttribute(random.pick(keys), someAttribute(random));
    else editText(random, type);
  } else if (type instanceof Y.Text) {
    editText(random, type);
  } else if (type instanceof Y.Map) {
    editMap(random, type);
  } else if (type instanceof Y.Array) {
    editArray(random, type);
  } else {
    editXml(random, type);
  }
};

// The types of a document that live, from the roots down.
const typesOf = (doc) => {
  const types = Object.values(rootsOf(doc));
  for (let i = 0; i < types.length && types.length < 40; i++) {
    for (const child of childrenOf(types[i])) if (child instanceof Y.AbstractType) types.push(child);
  }
  return types;
};

const childrenOf = (type) => {
  if (type instanceof Y.Text) return type.toDelta().map((run) => run.insert);
  if (type instanceof Y.Map) return [...type.values()];
  return type.toArray();
};

const editMap = (random, map) => {
  const key = random.pick(keys);
  random.weighted([
    [7, () => map.set(key, someEntry(random))],
    [1, () => map.set(key, random.pick([2n ** 40n, -(2n ** 63n), undefined]))],
    [2, () => map.delete(key)],
    [1, () => moveEntry(random, map, key)],
    [0.3, () => map.clear()],
  ])();
};

// Yjs has no moves: programs delete, and insert the same again elsewhere.
const moveEntry = (random, map, key) => {
  if (!map.has(key)) return;
  const copy = copyOf(map.get(key));
  map.delete(key);
  map.set(random.pick(keys), copy);
};

const moveInList = (random, list) => {
  if (list.length === 0) return;
  const at = random.integer(0, list.length);
  const moved = list.slice(at, at + random.between(1, 2));
  const copies = copiesOf(moved);
  list.delete(at, moved.length);
  list.insert(random.integer(0, list.length + 1), copies);
};

const editArray = (random, array) => {
  const at = random.integer(0, array.length + 1);
  random.weighted([
    [
      5,
      () =>
        array.insert(
          at,
          Array.from({ length: random.between(1, 4) }, () => someEntry(random)),
        ),
    ],
    [2, () => array.push([someValue(random)])],
    [3, () => deleteSome(random, array)],
    [1, () => moveInList(random, array)],
    [0.5, () => pushLegacyJson(random, array)],
  ])();
};

const deleteSome = (random, list) => {
  if (list.length === 0) return;
  const at = random.integer(0, list.length);
  list.delete(at, random.between(1, Math.min(5, list.length - at)));
};

// What very old Yjs programs wrote in place of Any; no call of today's makes it.
const pushLegacyJson = (random, array) =>
  array.doc.transact((transaction) => {
    let last = array._start;
    while (last?.right) last = last.right;
    const id = Y.createID(array.doc.clientID, Y.getState(array.doc.store, array.doc.clientID));
    const content = new Y.ContentJSON([random.pick(words), undefined, { a: [1, null] }].slice(0, random.between(1, 3)));
    new Y.Item(id, last, last && last.lastId, null, null, array, null, content).integrate(transaction, 0);
  });

const editXml = (random, xml) => {
  const at = random.integer(0, xml.length + 1);
  random.weighted([
    [5, () => xml.insert(at, Array.from({ length: random.between(1, 2) }, () => someXml(random)))],
    [2, () => deleteSome(random, xml)],
    [1, () => moveInList(random, xml)],
    [xml instanceof Y.XmlElement ? 3 : 0, () => xml.setAttribute(random.pick(keys), someAttribute(random))],
    [xml instanceof Y.XmlElement ? 1 : 0, () => xml.removeAttribute(random.pick(keys))],
  ])();
};

const editText = (random, text) => {
  const at = random.pick(positionsOf(text));
  const last = () => random.pick(positionsOf(text).filter((position) => position > at && position <= at + 6));
  const range = (change) => {
    const end = last();
    if (end !== undefined) change(end - at);
  };
  random.weighted([
    [6, () => text.insert(at, random.pick(words))],
    [2, () => text.insert(at, random.pick(words), random.pick(attributeSets))],
    [4, () => range((length) => text.delete(at, length))],
    [3, () => range((length) => text.format(at, length, random.pick(attributeSets)))],
    [1, () => text.insertEmbed(at, someEmbed(random), random.chance(0.3) ? random.pick(attributeSets) : undefined)],
    [1, () => text.applyDelta(someDelta(random, text))],
    [0.5, () => range((length) => moveInText(random, text, at, length))],
  ])();
};

const someEmbed = (random) => (random.chance(0.5) ? random.pick([{ image: 'x' }, ['list'], { deep: { er: [1, null] } }]) : someType(random));

// Some of the text stays, some goes, some gets other attributes, some is new.
const someDelta = (random, text) => {
  const stops = positionsOf(text).filter(() => random.chance(0.3));
  const delta = [];
  let done = 0;
  for (const stop of stops.slice(0, 4)) {
    const length = stop - done;
    done = stop;
    if (random.chance(0.5)) delta.push({ insert: random.chance(0.8) ? random.pick(words) : someEmbed(random), ...maybeAttributes(random) });
    if (length > 0) delta.push(random.chance(0.3) ? { delete: length } : { retain: length, ...maybeAttributes(random) });
  }
  return delta;
};

const maybeAttributes = (random) => (random.chance(0.3) ? { attributes: random.pick(attributeSets) } : {});

// What stands there is cut out and pasted elsewhere.
const moveInText = (random, text, at, length) => {
  const runs = runsWithin(text, at, at + length);
  text.delete(at, length);
  const to = random.pick(positionsOf(text));
  text.applyDelta([...(to > 0 ? [{ retain: to }] : []), ...runs]);
};

const runsWithin = (text, from, to) => {
  const runs = [];
  let start = 0;
  for (const { insert, attributes } of text.toDelta()) {
    const length = typeof insert === 'string' ? insert.length : 1;
    const part = typeof insert === 'string' ? insert.slice(Math.max(from - start, 0), Math.max(to - start, 0)) : copyOf(insert);
    if (start + length > from && start < to) runs.push({ insert: part, ...(attributes ? { attributes } : {}) });
    start += length;
  }
  return runs;
};

const someAttribute = (random) => (random.chance(0.8) ? random.pick(words) : random.pick([1, 0.5, true, null, { a: 1 }, ['x', 2]]));

// Where a text may be cut: nowhere inside a surrogate pair, because there Yjs replicas differ among themselves.
export const positionsOf = (text) => {
  const units = text
    .toDelta()
    .map(({ insert }) => (typeof insert === 'string' ? insert : '\ufffc'))
    .join('');
  const positions = [];
  for (let at = 0; at <= units.length; at++) if (!isInsidePair(units, at)) positions.push(at);
  return positions;
};

export const isInsidePair = (units, at) => at > 0 && (units.charCodeAt(at) & 0xfc00) === 0xdc00;
