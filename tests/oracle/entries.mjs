// Random values and types to put into a document, and copies of what is there.

import * as Y from 'yjs';

export const keys = ['a', 'b', 'c', 'clé', ''];
export const words = ['a', 'xy', 'hello ', 'ß€', '😀', 'a😀b', '👩‍👩‍👧', '\ufeffmark', 'line\nbreak', 'a longer run of words, as if it were pasted'];
const numbers = [0, -0, 1, -1, 63, 64, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1, -(2 ** 40), 0.5, 0.1, 1e300, Infinity, NaN];

// What Any can hold, but for BigInt, which may not be inside of others, and undefined, which lists do not take.
export const someValue = (random, depth = 0) =>
  random.weighted([
    [4, () => random.pick(words)],
    [3, () => random.pick(numbers)],
    [1, () => random.pick([true, false, null])],
    [1, () => Uint8Array.from({ length: random.integer(0, 12) }, () => random.integer(0, 256))],
    [depth < 3 ? 1 : 0, () => Array.from({ length: random.integer(0, 4) }, () => someValue(random, depth + 1))],
    [depth < 3 ? 1 : 0, () => Object.fromEntries(keys.slice(0, random.integer(0, 4)).map((key) => [key, someValue(random, depth + 1)]))],
  ])();

export const someType = (random) =>
  random.weighted([
    [3, () => new Y.Map([[random.pick(keys), someValue(random)]])],
    [3, () => Y.Array.from([someValue(random), someValue(random)])],
    [3, () => new Y.Text(random.pick(words))],
    [1, () => new Y.XmlText(random.pick(words))],
    [1, () => new Y.XmlElement('div')],
    [1, () => new Y.XmlFragment()],
    [0.5, () => new Y.XmlHook('hook')],
    [0.3, () => someNest(random)],
  ])();

// Types in types, many deep.
const someNest = (random) => {
  let nest = new Y.Text(random.pick(words));
  for (let depth = random.between(3, 25); depth > 0; depth--) {
    nest = random.chance(0.5) ? new Y.Map([[random.pick(keys), nest]]) : Y.Array.from([nest]);
  }
  return nest;
};

export const someEntry = (random) =>
  random.weighted([
    [6, () => someValue(random)],
    [3, () => someType(random)],
    [0.5, () => someDocument(random)],
  ])();

const someDocument = (random) => {
  const guid = `sub-${random.integer(0, 1000)}`;
  return new Y.Doc({ guid, meta: random.pick([null, { a: 1 }, 'm']), autoLoad: random.chance(0.5), gc: random.chance(0.8) });
};

export const someXml = (random) =>
  random.weighted([
    [3, () => new Y.XmlElement(random.pick(['p', 'div', 'é', 'H1']))],
    [3, () => new Y.XmlText(random.pick(words))],
    [0.5, () => new Y.XmlHook('hook')],
    [0.3, () => someXmlNest(random)],
  ])();

const someXmlNest = (random) => {
  let nest = new Y.XmlText(random.pick(words));
  for (let depth = random.between(3, 12); depth > 0; depth--) {
    const around = new Y.XmlElement('b');
    around.insert(0, [nest]);
    nest = around;
  }
  return nest;
};

// The same, made anew: what a program puts where it "moves" something to.
export const copyOf = (value) => {
  if (value instanceof Y.Doc) return new Y.Doc({ guid: value.guid, meta: value.meta, autoLoad: value.autoLoad, gc: value.gc });
  if (value instanceof Y.XmlHook) return fill(new Y.XmlHook(value.hookName), value);
  if (value instanceof Y.Map) return fill(new Y.Map(), value);
  if (value instanceof Y.XmlText) return copyAttributes(copyText(new Y.XmlText(), value), value);
  if (value instanceof Y.Text) return copyText(new Y.Text(), value);
  if (value instanceof Y.XmlElement) return copyAttributes(copyList(new Y.XmlElement(value.nodeName), value), value);
  if (value instanceof Y.XmlFragment) return copyList(new Y.XmlFragment(), value);
  if (value instanceof Y.Array) return copyList(new Y.Array(), value);
  return value;
};

const fill = (copy, map) => {
  for (const [key, value] of map.entries()) copy.set(key, copyOf(value));
  return copy;
};

const copyText = (copy, text) => {
  copy.applyDelta(text.toDelta().map((run) => ({ ...run, insert: copyOf(run.insert) })));
  return copy;
};

const copyList = (copy, list) => {
  copy.insert(0, copiesOf(list.toArray()));
  return copy;
};

// Lists take no undefined, though old programs left some in them.
export const copiesOf = (entries) => entries.filter((entry) => entry !== undefined).map(copyOf);

const copyAttributes = (copy, type) => {
  for (const [key, value] of Object.entries(type.getAttributes())) copy.setAttribute(key, copyOf(value));
  return copy;
};
