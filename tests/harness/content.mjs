// Edits that use everything Yjs documents are made of, and the comparison of what came out.

import assert from 'node:assert/strict';
import * as Y from 'yjs';
import { waitFor } from './wait.mjs';

// One author's round of edits. Every call adds `entry` once to the journal, so that what is lost or doubled can be
// told by name.
export function editEverything(doc, entry, random) {
  editJournal(doc, entry);
  editMap(doc, entry, random);
  editArray(doc, entry, random);
  editFormattedText(doc, entry, random);
  editProse(doc, entry, random);
  editXml(doc, entry, random);
}

export function editJournal(doc, entry) {
  doc.getArray('journal').push([entry]);
}

export const journalOf = (doc) => doc.getArray('journal').toArray();

function editMap(doc, entry, random) {
  const map = doc.getMap('map');
  map.set('last', entry);
  map.set(entry, {
    entry,
    tags: ['ä', '日本語', '👩‍👩‍👧‍👦'],
    nothing: null,
    ratio: 0.1,
    negative: -7,
    large: 2 ** 53 - 1,
    flag: random.chance(0.5),
  });
  map.set(`${entry} bytes`, random.bytes(20));
  map.set(`${entry} big`, 2n ** 62n);
  map.set(`${entry} nested`, nestedTypes(entry));
  map.set(`${entry} gone`, 'soon');
  map.delete(`${entry} gone`);
  doc.getMap('subdocuments').set(entry, new Y.Doc({ guid: `guid of ${entry}` }));
}

function nestedTypes(entry) {
  const text = new Y.Text(`text in ${entry} 🌳`);
  const array = new Y.Array();
  array.push([text, 1, { deep: [entry] }]);
  const map = new Y.Map();
  map.set('array', array);
  map.set('empty', new Y.Map());
  return map;
}

function editArray(doc, entry, random) {
  const array = doc.getArray('array');
  array.insert(random.integer(0, array.length + 1), [entry, random.integer(0, 1000), true, null, [entry]]);
  array.insert(random.integer(0, array.length + 1), [new Y.Map(Object.entries({ entry }))]);
  if (array.length > 10) array.delete(random.integer(0, array.length - 2), 2);
}

// Formats start and end inside the ASCII part of an entry, or span everything: a boundary inside a surrogate pair
// makes Yjs itself diverge (who formatted sees U+FFFD, the others the emoji).
function editFormattedText(doc, entry, random) {
  const text = doc.getText('text');
  text.insert(0, `${entry} 😀 `, random.chance(0.5) ? { bold: true } : { color: '#c0ffee' });
  text.format(0, random.integer(1, entry.length), { italic: true });
  text.insertEmbed(0, { image: `${entry}.png` }, { width: 10 });
  if (random.chance(0.5)) text.format(2, random.integer(1, entry.length - 1), { bold: null });
  if (random.chance(0.3)) text.format(0, text.length, { language: entry });
}

function editProse(doc, entry, random) {
  const prose = doc.getText('prose');
  prose.insert(boundary(prose, random.integer(0, prose.length + 1)), `[${entry} – ñandú 🦤🇪🇺]`);
  const from = boundary(prose, random.integer(0, prose.length));
  const to = boundary(prose, Math.min(prose.length, from + random.integer(0, 12)));
  prose.delete(from, to - from);
}

// Never between the halves of a surrogate pair: no editor puts a cursor there.
function boundary(text, index) {
  const code = text.toString().charCodeAt(index);
  return code >= 0xdc00 && code <= 0xdfff ? index + 1 : index;
}

function editXml(doc, entry, random) {
  const fragment = doc.getXmlFragment('xml');
  const label = new Y.XmlText(entry);
  label.format(0, entry.length, { strong: {} });
  const shape = new Y.XmlElement('mxCell');
  shape.setAttribute('id', entry);
  shape.setAttribute('value', 'a "quoted" <value> & more 🎨');
  shape.insert(0, [label, new Y.XmlElement('mxGeometry')]);
  fragment.insert(random.integer(0, fragment.length + 1), [shape]);
  const other = fragment.get(random.integer(0, fragment.length));
  other.setAttribute('style', `rounded=${random.integer(0, 9)};`);
  other.removeAttribute('value');
  if (other.length > 1) other.delete(1, 1);
}

// All that an application can read out of a document, and the state vector.
export function contentOf(doc) {
  return {
    journal: journalOf(doc),
    map: doc.getMap('map').toJSON(),
    subdocuments: Object.fromEntries(
      [...doc.getMap('subdocuments')].map(([key, subdocument]) => [key, subdocument.guid]),
    ),
    array: doc.getArray('array').toJSON(),
    text: doc.getText('text').toDelta(),
    prose: doc.getText('prose').toString(),
    xml: doc.getXmlFragment('xml').toString(),
    stateVector: Object.fromEntries(stateVectorOf(doc)),
  };
}

// Waits until all have the same blocks and deletions, then compares what can be read out of them. `entries`: what the
// journal must hold, each once.
export async function assertConverged(docs, { entries, timeout } = {}) {
  await waitFor(
    () => `documents to converge; state vectors:\n${docs.map(describe).join('\n')}`,
    () => haveConverged(docs, entries),
    { timeout, interval: 50 },
  );
  const expected = contentOf(docs[0]);
  for (const doc of docs.slice(1)) assert.deepStrictEqual(contentOf(doc), expected);
  if (entries) assert.deepStrictEqual(journalOf(docs[0]).toSorted(), entries.toSorted());
}

function haveConverged(docs, entries) {
  if (entries && docs.some((doc) => doc.getArray('journal').length < entries.length)) return false;
  const first = Y.snapshot(docs[0]);
  return docs.slice(1).every((doc) => Y.equalSnapshots(first, Y.snapshot(doc)));
}

function stateVectorOf(doc) {
  return [...Y.decodeStateVector(Y.encodeStateVector(doc))].sort(([a], [b]) => a - b);
}

function describe(doc) {
  return `  ${doc.clientID}: ${JSON.stringify(stateVectorOf(doc))}, ${doc.getArray('journal').length} journal entries`;
}
