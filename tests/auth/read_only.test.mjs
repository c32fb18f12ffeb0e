// A connection that may only read changes nothing, whatever it sends: not what others see, not the log, not the state.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { editJournal, journalOf } from '../harness/content.mjs';
import * as frames from '../harness/frames.mjs';
import { RawHocuspocus, RawYWebsocket } from '../harness/raw_client.mjs';
import { Server } from '../harness/server.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';
import { BetterAuth } from './harness/better_auth.mjs';

const timeout = 60_000;
const room = 'room';
const truth = ['written by an editor'];

// What a viewer sends with the address of the room, null for y-websocket; `forged` is an update that holds a marker.
const attacks = {
  Update: (address, forged) => [frames.update(address, forged)],
  Step2: (address, forged) => [frames.step2(address, forged)],
  'Step2 after a Step1': (address, forged) => [frames.step1(address), frames.step2(address, forged)],
  'an Update a hundred times': (address, forged) => Array(100).fill(frames.update(address, forged)),
  SyncReply: (address, forged) => [withSync(address, frames.type.syncReply, frames.sync.step2, forged)],
  'SyncReply with an Update': (address, forged) => [
    withSync(address, frames.type.syncReply, frames.sync.update, forged),
  ],
  'a sync step that there is not': (address, forged) => [withSync(address, frames.type.sync, 3, forged)],
  'Awareness that is an update': (address, forged) => [frames.awareness(address, forged)],
  'a type with more bytes than one': (address, forged) => [longType(address, forged)],
};

const hocuspocusAttacks = {
  ...attacks,
  'another Auth, then an Update': (address, forged, { token }) => [
    frames.authToken(address, token, '4.8.0'),
    frames.update(address, forged),
  ],
  'a bad Auth, then an Update': (address, forged) => [
    frames.authToken(address, 'no token of anybody', '4.8.0'),
    frames.update(address, forged),
  ],
  'an Update in a session of its own': (address, forged, { token }) => [
    frames.authToken(`${address}\0session`, token, '4.8.0'),
    frames.update(`${address}\0session`, forged),
  ],
  'an Update in a session without Auth': (address, forged) => [frames.update(`${address}\0other`, forged)],
  'the document closed, then an Update': (address, forged) => [
    frames.closeDocument(address),
    frames.update(address, forged),
  ],
  'the document opened again, with an Update before Auth': (address, forged, { token }) => [
    frames.closeDocument(address),
    frames.update(address, forged),
    frames.step2(address, forged),
    frames.authToken(address, token, '4.8.0'),
  ],
  Stateless: (address, forged) => [frames.stateless(address, Buffer.from(forged).toString('latin1'))],
  BroadcastStateless: (address, forged) => [
    frames.frame(address, frames.type.broadcastStateless, (out) =>
      encoding.writeVarString(out, Buffer.from(forged).toString('latin1')),
    ),
  ],
};

test('no message of a viewer changes anything', { timeout }, async (t) => {
  const { auth, server, viewer, witnesses, original } = await scene(t);
  const sockets = [];
  for (const [name, attack] of Object.entries(hocuspocusAttacks)) {
    const raw = await RawHocuspocus.join(server, room, { token: viewer.token });
    assert.equal(raw.scope, 'readonly');
    sockets.push({ raw, frames: attack(room, forgery(name, original), viewer) });
  }
  for (const [name, attack] of Object.entries(attacks)) {
    const raw = await RawYWebsocket.join(server, room, { socketOptions: bearer(viewer) });
    sockets.push({ raw, frames: attack(null, forgery(`${name}, y-websocket`, original), viewer) });
  }
  const early = await RawHocuspocus.connect(server, room, { silent: true });
  sockets.push({
    raw: early,
    frames: [
      frames.update(room, forgery('before Auth', original)),
      frames.authToken(room, viewer.token, '4.8.0'),
      frames.step1(room),
      frames.update(room, forgery('with Auth', original)),
    ],
  });
  for (const { raw, frames: bytes } of sockets) {
    raw.socket.removeAllListeners('message'); // the answers are to several addresses
    for (const each of bytes) raw.send(each);
  }
  await sleep(1500);
  await assertUnchanged(auth, witnesses);
  // The document is alive, and what is refused above does not come with what follows.
  editJournal(witnesses.doc, 'later');
  witnesses.hocuspocus.sendUpdate(Y.encodeStateAsUpdate(witnesses.doc));
  await witnesses.hocuspocus.waitAcknowledged();
  await waitFor('the later edit', () => journalOf(witnesses.yWebsocket.doc).includes('later'));
  await assertUnchanged(auth, witnesses, [...truth, 'later']);
  for (const { raw } of sockets) raw.terminate();
});

test('a viewer is told of each update that it was not taken', { timeout }, async (t) => {
  const { server, viewer, original } = await scene(t);
  const raw = await RawHocuspocus.join(server, room, { token: viewer.token, doc: new Y.Doc() });
  await waitFor('the answer to an empty Step2', () => raw.settledCount === 1);
  assert.deepEqual([raw.acknowledged, raw.refused], [1, 0]);
  raw.sendUpdate(forgery('refused', original));
  raw.sendStep2(forgery('refused too', original));
  raw.sendStep2(Y.encodeStateAsUpdate(raw.doc)); // nothing new
  await waitFor('the answers', () => raw.settledCount === 4);
  assert.deepEqual([raw.acknowledged, raw.refused], [2, 2]);
});

test('a viewer is seen, and sees', { timeout }, async (t) => {
  const { server, viewer, witnesses } = await scene(t);
  const viewers = [
    await RawHocuspocus.join(server, room, { token: viewer.token, doc: new Y.Doc() }),
    await RawYWebsocket.join(server, room, { socketOptions: bearer(viewer), doc: new Y.Doc() }),
  ];
  for (const [i, raw] of viewers.entries()) {
    assert.deepEqual(journalOf(raw.doc), truth);
    raw.sendAwareness([{ client: 100 + i, clock: 1, state: `{"name":"viewer ${i}"}` }]);
    for (const witness of [witnesses.hocuspocus, witnesses.yWebsocket, ...viewers]) {
      await waitFor('presence', () =>
        witness.awarenessReceived.some((each) => Buffer.from(each).includes(`viewer ${i}`)),
      );
    }
  }
});

// An editor with each protocol, who keep every byte that they get, and a viewer.
async function scene(t) {
  const auth = await BetterAuth.start(t);
  const server = await Server.start(t, auth.serverOptions());
  const [editor, viewer] = [await auth.signUp(), await auth.signUp({ role: 'viewer' })];
  const doc = new Y.Doc();
  const hocuspocus = await RawHocuspocus.join(server, room, { token: editor.token, doc });
  editJournal(doc, truth[0]);
  hocuspocus.sendUpdate(Y.encodeStateAsUpdate(doc));
  await hocuspocus.waitAcknowledged();
  const yWebsocket = await RawYWebsocket.join(server, room, { socketOptions: bearer(editor), doc: new Y.Doc() });
  const heard = [];
  for (const raw of [hocuspocus, yWebsocket]) raw.socket.on('message', (data) => heard.push(Buffer.from(data)));
  const witnesses = { doc, hocuspocus, yWebsocket, heard };
  return { auth, server, viewer, witnesses, original: Y.encodeStateAsUpdate(doc) };
}

async function assertUnchanged(auth, { hocuspocus, yWebsocket, heard }, expected = truth) {
  for (const { doc } of [hocuspocus, yWebsocket]) assert.deepEqual(journalOf(doc), expected);
  assert.deepEqual(journalOf(await auth.database.read(room)), expected);
  const stored = [...(await auth.database.rows(room)).map((row) => row.bytes), (await auth.database.state(room)) ?? ''];
  for (const bytes of [...heard, ...stored]) {
    assert.ok(!Buffer.from(bytes).includes('forged'), `${Buffer.from(bytes).toString('latin1')}`);
  }
}

// It adds something, and deletes what is there.
function forgery(name, original) {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, original);
  const before = Y.encodeStateVector(doc);
  doc.transact(() => {
    doc.getArray('journal').delete(0, 1);
    editJournal(doc, `forged by ${name}`);
  });
  return Y.encodeStateAsUpdate(doc, before);
}

function withSync(address, type, step, bytes) {
  return frames.frame(address, type, (out) => {
    encoding.writeVarUint(out, step);
    encoding.writeVarUint8Array(out, bytes);
  });
}

// Sync as 80 00: a varUint of two bytes that is 0.
function longType(address, forged) {
  return frames.bytesOf((out) => {
    if (address !== null) encoding.writeVarString(out, address);
    encoding.writeUint8(out, 0x80);
    encoding.writeUint8(out, 0);
    encoding.writeVarUint(out, frames.sync.update);
    encoding.writeVarUint8Array(out, forged);
  });
}

const bearer = ({ token }) => ({ headers: { Authorization: `Bearer ${token}` } });
