// The same random edits in a document of ours and in one of Yjs: under one client id they give the same bytes.

import assert from 'node:assert/strict';
import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { rootsOf } from './content.mjs';
import { DriverDoc } from './driver_doc.mjs';
import { DriverEditor } from './driver_edit.mjs';
import { kinds } from './driver_reading.mjs';
import { positionsOf, someAttributes } from './edits.mjs';
import { keys, someValue, words } from './entries.mjs';
import { assertSameBytes, receivePassively } from './updates.mjs';

const rootKinds = { map: kinds.map, array: kinds.array, text: kinds.text, xml: kinds.xmlFragment };

const kindOf = (type) => {
  if (type instanceof Y.XmlHook) return kinds.xmlHook;
  if (type instanceof Y.Map) return kinds.map;
  if (type instanceof Y.XmlText) return kinds.xmlText;
  if (type instanceof Y.Text) return kinds.text;
  if (type instanceof Y.XmlElement) return kinds.xmlElement;
  return type instanceof Y.XmlFragment ? kinds.xmlFragment : kinds.array;
};

const rootOf = (type) => {
  let root = type;
  while (root._item !== null) root = root._item.parent;
  return Y.findRootTypeKey(root);
};

const plainJson = (value) => JSON.parse(JSON.stringify(value));

// Yjs compares attributes that are objects by identity, which differs from replica to replica. Where equal ones are always the same object it does not matter.
const internedValues = new Map();
const interned = (value) => {
  if (typeof value !== 'object' || value === null) return value;
  const json = JSON.stringify(value);
  if (!internedValues.has(json)) internedValues.set(json, value);
  return internedValues.get(json);
};
const internAttributes = (doc) => {
  for (const structs of doc.store.clients.values()) {
    for (const { content } of structs) if (content instanceof Y.ContentFormat) content.value = interned(content.value);
  }
};

export class Twin {
  // `number` is that of the document in the driver.
  constructor(random, driver, number, { gc, client }) {
    this.random = random;
    this.editor = new DriverEditor(driver, number, { gc, client });
    this.ours = new DriverDoc(driver, number);
    this.theirs = new Y.Doc({ gc });
    rootsOf(this.theirs);
    this.theirs.clientID = client;
  }

  receive(update) {
    this.ours.apply(update);
    receivePassively(this.theirs, update);
    internAttributes(this.theirs);
  }

  // One transaction of some edits; gives its update, or null when nothing changed.
  edit(count = this.random.between(1, 4)) {
    let theirs = null;
    let changed = [];
    this.theirs.once('update', (update) => (theirs = update));
    this.theirs.once('beforeObserverCalls', (transaction) => (changed = [...transaction.changed.keys()]));
    this.editor.begin();
    this.theirs.transact(() => {
      for (let i = count; i > 0; i--) this.#editOnce();
    });
    const { update, roots } = this.editor.commit();
    assertSameBytes(update, theirs ?? new Uint8Array(), 'the update of an edit');
    assert.deepStrictEqual(roots.sort(), [...new Set(changed.map(rootOf))].sort(), 'the roots that changed');
    return theirs;
  }

  #editOnce() {
    const { type, number } = this.#pickType();
    // Yjs finds its place by marks that do not know of the format before them; without them it always does.
    type._searchMarker = null;
    const kind = kindOf(type);
    if (kind === kinds.text || kind === kinds.xmlText) this.#editText(type, number);
    else if (kind === kinds.map || kind === kinds.xmlHook) this.#editKeys(type, number);
    else if (kind === kinds.xmlElement && this.random.chance(0.4)) this.#editKeys(type, number);
    else this.#editList(type, number, kind);
  }

  // Goes down from a root; both find the same type.
  #pickType() {
    const [name, root] = this.random.pick(Object.entries(rootsOf(this.theirs)));
    let at = { type: root, number: this.editor.root(name, rootKinds[name]) };
    while (this.random.chance(0.6)) {
      const child = this.random.pick([...childrenOf(at.type), null]);
      if (child === null) break;
      const number = 'key' in child ? this.editor.typeOfKey(at.number, child.key) : this.editor.typeAt(at.number, child.index);
      at = { type: child.type, number };
    }
    return at;
  }

  // A value for both.
  #value(kind) {
    const { random } = this;
    const plain = () => {
      const value = someValue(random);
      if (value instanceof Uint8Array) return { ours: { binary: value }, theirs: value };
      if (random.chance(0.5)) return { ours: { json: JSON.stringify(value) }, theirs: plainJson(value) };
      return { ours: { any: encoding.encode((encoder) => encoding.writeAny(encoder, value)) }, theirs: value };
    };
    const type = (make, number, name) => () => ({ ours: { type: { kind: number, name } }, theirs: make() });
    const xml = [
      [3, type(() => new Y.XmlElement('Div'), kinds.xmlElement, 'Div')],
      [3, type(() => new Y.XmlText(), kinds.xmlText)],
      [1, type(() => new Y.XmlHook('hook'), kinds.xmlHook, 'hook')],
    ];
    if (kind === kinds.xmlElement || kind === kinds.xmlFragment) return random.weighted(xml)();
    return random.weighted([
      [12, plain],
      [3, type(() => new Y.Map(), kinds.map)],
      [3, type(() => new Y.Array(), kinds.array)],
      [3, type(() => new Y.Text(), kinds.text)],
      [1, type(() => new Y.XmlFragment(), kinds.xmlFragment)],
      [1, () => ({ ours: { document: { guid: 'sub', options: '{"meta":{"a":1}}' } }, theirs: new Y.Doc({ guid: 'sub', meta: { a: 1 } }) })],
      ...xml,
    ])();
  }

  #editKeys(type, number) {
    const key = this.random.pick(keys);
    const isMap = type instanceof Y.Map;
    if (this.random.chance(0.25)) {
      this.editor.unset(number, key);
      if (isMap) type.delete(key);
      else type.removeAttribute(key);
      return;
    }
    const value = this.#value(kinds.map);
    this.editor.set(number, key, value.ours);
    if (isMap) type.set(key, value.theirs);
    else type.setAttribute(key, value.theirs);
  }

  #editList(type, number, kind) {
    const { random } = this;
    const at = random.integer(0, type.length + 1);
    if (type.length > 0 && random.chance(0.35)) {
      const begin = random.integer(0, type.length);
      const length = random.between(1, Math.min(4, type.length - begin));
      this.editor.remove(number, begin, length);
      type.delete(begin, length);
      return;
    }
    const values = Array.from({ length: random.between(1, 4) }, () => this.#value(kind));
    this.editor.insert(
      number,
      at,
      values.map((value) => value.ours),
    );
    type.insert(
      at,
      values.map((value) => value.theirs),
    );
  }

  #editText(type, number) {
    const { random, editor } = this;
    const positions = positionsOf(type);
    const at = random.pick(positions);
    const end = random.pick(positions.filter((position) => position > at && position <= at + 6));
    // Yjs puts what it adds into the object that it is given.
    const attributes = someAttributes(random);
    const copy = () => Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, interned(value)]));
    const insert = (text, given) => {
      editor.insertText(number, at, text, given);
      type.insert(at, text, given && copy());
    };
    const range = (change) => end !== undefined && change(end - at);
    random.weighted([
      [6, () => insert(random.pick(words))],
      [3, () => insert(random.pick(words), attributes)],
      [
        4,
        () =>
          range((length) => {
            editor.removeText(number, at, length);
            type.delete(at, length);
          }),
      ],
      [
        4,
        () =>
          range((length) => {
            editor.format(number, at, length, attributes);
            type.format(at, length, copy());
          }),
      ],
      [
        1,
        () => {
          const embed = random.pick([{ image: 'x' }, ['list'], 7]);
          editor.insertEmbed(number, at, { json: JSON.stringify(embed) }, attributes);
          type.insertEmbed(at, embed, copy());
        },
      ],
      [
        1,
        () => {
          editor.insertEmbed(number, at, { type: { kind: kinds.map } }, {});
          type.insertEmbed(at, new Y.Map());
        },
      ],
      [1, () => this.#editKeys(type, number)],
    ])();
  }
}

// Where the types in a type are.
const childrenOf = (type) => {
  const children = [];
  for (const [key, item] of type._map) {
    if (!item.deleted && item.content instanceof Y.ContentType) children.push({ key, type: item.content.type });
  }
  let index = 0;
  for (let item = type._start; item !== null; item = item.right) {
    if (item.deleted || !item.countable) continue;
    if (item.content instanceof Y.ContentType) children.push({ index, type: item.content.type });
    index += item.length;
  }
  return children;
};
