// Helpers around Yjs updates.

import assert from 'node:assert/strict';
import * as Y from 'yjs';
import { isInsidePair } from './edits.mjs';

export const remote = Symbol('remote');

// Applies as a provider does: what comes this way is not sent on.
export const receive = (doc, update) => Y.applyUpdate(doc, update, remote);

// Applies and does no more. After a change from elsewhere Yjs tidies up format marks, which deletes things that nobody deleted and now and then changes what
// is seen; where the change is called local it does not, and the document is what the updates say.
export const receivePassively = (doc, update) =>
  doc.transact((transaction) => {
    Y.applyUpdate(doc, update, remote);
    transaction.local = true;
  }, remote);

// The same with an update in format v2.
export const receiveV2Passively = (doc, update) =>
  doc.transact((transaction) => {
    Y.applyUpdateV2(doc, update, remote);
    transaction.local = true;
  }, remote);

// The clocks at which an update must not be cut, as "client:clock": those inside a surrogate pair.
export const clocksInsidePairs = (update) => {
  const clocks = [];
  for (const { id, content } of Y.decodeUpdate(update).structs) {
    if (!(content instanceof Y.ContentString)) continue;
    for (let i = 1; i < content.str.length; i++) if (isInsidePair(content.str, i)) clocks.push(`${id.client}:${id.clock + i}`);
  }
  return clocks;
};

// A state vector somewhere within what the update brings.
export const randomStateVector = (random, update, forbidden) => {
  const clocks = new Map();
  for (const { id, length } of Y.decodeUpdate(update).structs) {
    if (clocks.has(id.client) && random.chance(0.5)) continue;
    const clock = id.clock + random.integer(0, length + 1);
    if (clock > 0 && !forbidden.has(`${id.client}:${clock}`)) clocks.set(id.client, clock);
  }
  return Y.encodeStateVector(clocks);
};

export const hasPending = (doc) => doc.store.pendingStructs !== null || doc.store.pendingDs !== null;

// Yjs can leave blocks waiting that have all they need: it tries again only when a client has got past the lowest clock that is missed of it, and a block
// that is known already (collected by another client) but misses what it once built on keeps those behind it waiting. This has it try, without what is
// known, until nothing more goes in.
export const retryPending = (doc) => {
  for (;;) {
    const { pendingStructs } = doc.store;
    if (pendingStructs === null) return;
    const before = Y.encodeStateVector(doc);
    doc.store.pendingStructs = null;
    doc.transact((transaction) => {
      Y.applyUpdateV2(doc, Y.diffUpdateV2(pendingStructs.update, before), remote);
      transaction.local = true;
    }, remote);
    if (Buffer.compare(before, Y.encodeStateVector(doc)) === 0) return;
  }
};

export const deleteSetOf = (update) => Y.decodeUpdate(update).ds;

export const isAtLeast = (vector, other) => {
  const clocks = Y.decodeStateVector(vector);
  return [...Y.decodeStateVector(other)].every(([client, clock]) => (clocks.get(client) ?? 0) >= clock);
};

export const assertSameBytes = (actual, expected, what) =>
  assert.ok(
    Buffer.compare(actual, expected) === 0,
    `${what}: ${Buffer.from(actual).toString('hex')} instead of ${Buffer.from(expected).toString('hex')}`,
  );

export const assertSameVector = (actual, expected, what) => {
  if (Buffer.compare(actual, expected) === 0) return;
  assert.deepEqual(Y.decodeStateVector(actual), Y.decodeStateVector(expected), what);
  assertSameBytes(actual, expected, what);
};

// Compares two updates element by element, as far as it does not matter how blocks are cut. False where one of them has content that the other holds as
// collected.
export const areSameElements = (actual, expected, what) => {
  const ours = elementsOf(actual);
  const theirs = elementsOf(expected);
  assert.deepStrictEqual(ours.deleted, theirs.deleted, what);
  assert.deepStrictEqual(idsOf(ours), idsOf(theirs), what);
  const isCollected = ({ kind }) => kind === 'GC' || kind === 'ContentDeleted';
  let areSame = true;
  ours.elements.forEach((element, i) => {
    const other = theirs.elements[i];
    if (element.kind !== other.kind && (isCollected(element) || isCollected(other))) areSame = false;
    else assert.deepStrictEqual(element, other, what);
  });
  return areSame;
};

const idsOf = ({ elements }) => elements.map(({ id }) => id.join(':'));

const elementsOf = (update) => {
  const { structs, ds } = Y.decodeUpdate(update);
  const elements = structs.filter(({ constructor }) => constructor !== Y.Skip).flatMap(elementsOfStruct);
  return { elements, deleted: [...ds.clients] };
};

const elementsOfStruct = ({ id, length, origin, rightOrigin, parent, parentSub, content }) =>
  Array.from({ length }, (_, i) => ({
    id: [id.client, id.clock + i],
    kind: content?.constructor.name ?? 'GC',
    content: content?.arr?.[i] ?? content?.str?.[i],
    origin: i > 0 ? [id.client, id.clock + i - 1] : origin && [origin.client, origin.clock],
    rightOrigin: rightOrigin && [rightOrigin.client, rightOrigin.clock],
    parent: i > 0 || !parent ? null : (parent.client !== undefined ? [parent.client, parent.clock] : parent),
    parentSub: i > 0 ? null : parentSub,
  }));
