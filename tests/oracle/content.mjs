// What a document holds, as plain values that can be compared.

import { isDeepStrictEqual } from 'node:util';
import * as Y from 'yjs';

// The root types that the histories write to, each always under the same type.
export const rootsOf = (doc) => ({
  map: doc.getMap('map'),
  array: doc.getArray('array'),
  text: doc.getText('text'),
  xml: doc.getXmlFragment('xml'),
});

export const contentOf = (doc) => {
  const { map, array, text, xml } = rootsOf(doc);
  return { map: plain(map), array: plain(array), text: plain(text), xml: plain(xml), markup: xml.toString() };
};

const plain = (value) => {
  if (value instanceof Y.Doc) return { document: value.guid, meta: value.meta, autoLoad: value.autoLoad, gc: value.gc };
  if (value instanceof Y.XmlHook) return { hook: value.hookName, entries: entriesOf(value) };
  if (value instanceof Y.Map) return entriesOf(value);
  if (value instanceof Y.XmlText) return { runs: runsOf(value), attributes: attributesOf(value) };
  if (value instanceof Y.Text) return { runs: runsOf(value) };
  if (value instanceof Y.XmlElement) {
    return { element: value.nodeName, attributes: attributesOf(value), children: value.toArray().map(plain) };
  }
  if (value instanceof Y.XmlFragment || value instanceof Y.Array) return value.toArray().map(plain);
  return value;
};

const entriesOf = (map) => Object.fromEntries([...map.entries()].map(([key, value]) => [key, plain(value)]));

const attributesOf = (type) => Object.fromEntries(Object.entries(type.getAttributes()).map(([key, value]) => [key, plain(value)]));

// Where a run of equal attributes is cut depends on format marks that change nothing, and those are tidied away by whoever comes to it first.
const runsOf = (text) => {
  const runs = [];
  for (const { insert, attributes = {} } of text.toDelta()) {
    const last = runs.at(-1);
    if (typeof insert === 'string' && typeof last?.insert === 'string' && isDeepStrictEqual(last.attributes, attributes)) {
      last.insert += insert;
    } else {
      runs.push({ insert: plain(insert), attributes });
    }
  }
  return runs;
};
