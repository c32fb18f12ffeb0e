// Random edits of one Yjs document, over every type and kind of content.

import * as Y from 'yjs';
import { rootsOf } from './content.mjs';

export const keys = ['a', 'b', 'c', 'clé', ''];
export const words = ['a', 'xy', 'hello ', 'ß€', '😀', 'a😀b', '👩‍👩‍👧', '\ufeffmark', 'line\nbreak', 'a longer run of words, as if it were pasted'];
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
    if (random.chance(0.1)) type.setAttribute(random.pick(keys), random.pick(words));
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

export const someValue = (random, depth = 0) =>
  random.weighted([
    [4, () => random.pick(words)],
    [3, () => random.pick([0, -0, 1, -1, 63, 64, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1, -(2 ** 40), 0.5, 0.1, 1e300])],
    [1, () => random.pick([true, false, null])],
    [1, () => Uint8Array.from({ length: random.integer(0, 12) }, () => random.integer(0, 256))],
    [depth < 3 ? 1 : 0, () => Array.from({ length: random.integer(0, 4) }, () => someValue(random, depth + 1))],
    [depth < 3 ? 1 : 0, () => Object.fromEntries(keys.slice(0, random.integer(0, 4)).map((key) => [key, someValue(random, depth + 1)]))],
  ])();

const someType = (random) =>
  random.weighted([
    [3, () => new Y.Map([[random.pick(keys), someValue(random)]])],
    [3, () => Y.Array.from([someValue(random), someValue(random)])],
    [3, () => new Y.Text(random.pick(words))],
    [1, () => new Y.XmlText(random.pick(words))],
    [1, () => new Y.XmlElement('div')],
    [1, () => new Y.XmlFragment()],
  ])();

const someEntry = (random) =>
  random.weighted([
    [6, () => someValue(random)],
    [3, () => someType(random)],
    [0.5, () => new Y.Doc({ guid: `sub-${random.integer(0, 1000)}`, meta: { a: 1 }, autoLoad: random.chance(0.5) })],
  ])();

const editMap = (random, map) => {
  const key = random.pick(keys);
  random.weighted([
    [7, () => map.set(key, someEntry(random))],
    [1, () => map.set(key, 2n ** 40n)],
    [2, () => map.delete(key)],
    [0.3, () => map.clear()],
  ])();
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
  const child = () =>
    random.weighted([
      [3, () => new Y.XmlElement(random.pick(['p', 'div', 'é']))],
      [3, () => new Y.XmlText(random.pick(words))],
      [0.5, () => new Y.XmlHook('hook')],
    ])();
  random.weighted([
    [5, () => xml.insert(at, Array.from({ length: random.between(1, 2) }, child))],
    [2, () => deleteSome(random, xml)],
    [xml instanceof Y.XmlElement ? 3 : 0, () => xml.setAttribute(random.pick(keys), random.pick(words))],
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
    [1, () => text.insertEmbed(at, random.pick([{ image: 'x' }, new Y.Map([['k', 1]]), ['list']]))],
  ])();
};

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
