// The corpus of malformed.test.mjs: what a client must not send, frame by frame, in both protocols.
//
// A case is {name, send, mayBeIgnored, asFirst}: `send` are frames (bytes, or a string for a text frame), sent one
// after the other. `mayBeIgnored` says that the protocol pages allow to take it in silence; otherwise the sender must
// be closed or refused. `asFirst` is false where the first byte makes it, as a first message, one of the other
// protocol.

import * as encoding from 'lib0/encoding';
import * as frames from '../harness/frames.mjs';
import { malformedUpdates, richUpdate } from './malformed_updates.mjs';

const huge = 2 ** 50;

// `address` is the document's for Hocuspocus, null for y-websocket.
export function malformedFrames(address) {
  const isYWebsocket = ([frame]) => typeof frame === 'string' || frame.length === 0 || frame[0] === frames.type.sync;
  return [
    ...truncated(address),
    ...brokenPayloads(address),
    ...brokenUpdates(address),
    ...brokenAwareness(address),
    ...wrongTypes(address),
    ...notFrames(),
    ...(address === null ? [] : onlyHocuspocus(address)),
  ].map((each) => ({ ...each, asFirst: address !== null || isYWebsocket(each.send) }));
}

function validFrames(address) {
  const both = {
    step1: frames.step1(address, Uint8Array.of(1, 5, 3)),
    step2: frames.step2(address, richUpdate()),
    update: frames.update(address, richUpdate()),
    awareness: frames.awareness(address, frames.awarenessPayload([{ client: 7, clock: 1, state: '{"name":"Ä"}' }])),
    'query awareness': frames.queryAwareness(address),
  };
  if (address === null) return both;
  return {
    ...both,
    auth: frames.authToken(address, 'token', '4.8.0'),
    stateless: frames.stateless(address, 'payload'),
    close: frames.closeDocument(address),
  };
}

function truncated(address) {
  // Providers before v4 send no version.
  const withoutVersion = address === null ? 0 : frames.authToken(address, 'token').length;
  return Object.entries(validFrames(address)).flatMap(([name, whole]) =>
    Array.from({ length: whole.length }, (_, cut) => ({
      name: `${name}, cut after ${cut} of ${whole.length} bytes`,
      send: [whole.subarray(0, cut)],
      mayBeIgnored: name === 'auth' && cut === withoutVersion,
    })),
  );
}

function brokenPayloads(address) {
  const payload = (type, write) => [frames.frame(address, type, write)];
  const { sync, awareness } = frames.type;
  const endless = (out) => {
    for (let i = 0; i < 200; ++i) encoding.writeUint8(out, 0xff);
  };
  return [
    [
      'a state vector with 2^50 clients',
      [
        frames.step1(
          address,
          frames.bytesOf((out) => encoding.writeVarUint(out, huge)),
        ),
      ],
    ],
    ['a state vector with bytes behind it', [frames.step1(address, Uint8Array.of(0, 1, 2, 3))]],
    ['a state vector that is empty', [frames.step1(address, new Uint8Array(0))]],
    ['a state vector of numbers that never end', [frames.step1(address, frames.bytesOf(endless))]],
    [
      'step1 announcing 2^50 bytes',
      payload(sync, (out) => {
        encoding.writeVarUint(out, 0);
        encoding.writeVarUint(out, huge);
      }),
    ],
    [
      'an update announcing 2^50 bytes',
      payload(sync, (out) => {
        encoding.writeVarUint(out, 2);
        encoding.writeVarUint(out, huge);
      }),
    ],
    [
      'an update announcing 2^53 - 1 bytes',
      payload(sync, (out) => {
        encoding.writeVarUint(out, 2);
        encoding.writeVarUint(out, 2 ** 53 - 1);
      }),
    ],
    ['a sync message of an endless kind', payload(sync, endless)],
    ['awareness announcing 2^50 bytes', payload(awareness, (out) => encoding.writeVarUint(out, huge))],
    [
      'a message of an endless type',
      [
        frames.bytesOf((out) => {
          if (address !== null) encoding.writeVarString(out, address);
          endless(out);
        }),
      ],
    ],
    [
      'a sync message of kind 3',
      payload(sync, (out) => {
        encoding.writeVarUint(out, 3);
        encoding.writeVarUint8Array(out, frames.emptyUpdate);
      }),
    ],
    [
      'a sync message of kind 127',
      payload(sync, (out) => {
        encoding.writeVarUint(out, 127);
        encoding.writeVarUint8Array(out, frames.emptyUpdate);
      }),
    ],
  ].map(([name, send]) => ({ name, send, mayBeIgnored: false }));
}

function brokenUpdates(address) {
  return malformedUpdates().flatMap(({ name, update }) => [
    { name: `update: ${name}`, send: [frames.update(address, update)], mayBeIgnored: false },
    { name: `step2: ${name}`, send: [frames.step2(address, update)], mayBeIgnored: false },
  ]);
}

// Clients hand the state to JSON.parse and do not catch: one such state that gets through takes all others down.
function brokenAwareness(address) {
  const states = [
    '',
    '{',
    '{"a":}',
    'nul',
    'undefined',
    'NaN',
    '{"a":1} x',
    "{'a':1}",
    '[1,]',
    '"\u0001"',
    '01',
    '\ufeff{}',
    '{"a":1,}',
    '"\\x41"',
  ];
  const wholePayload = frames.awarenessPayload([{ client: 7, clock: 1, state: '{"a":[1,"ü"]}' }]);
  const awareness = (payload) => [frames.awareness(address, payload)];
  const depth = 100_000;
  return [
    ...states.map((state) => [
      `a state of ${JSON.stringify(state)}`,
      awareness(frames.awarenessPayload([{ client: 7, clock: 1, state }])),
    ]),
    ...Array.from({ length: wholePayload.length }, (_, cut) => [
      `a payload cut after ${cut} bytes`,
      awareness(wholePayload.subarray(0, cut)),
    ]),
    ['a state that is not UTF-8', awareness(Uint8Array.of(1, 7, 1, 4, 0x22, 0xc3, 0x28, 0x22))],
    ['2^50 clients', awareness(frames.bytesOf((out) => encoding.writeVarUint(out, huge)))],
    ['bytes behind the payload', awareness(Uint8Array.of(...wholePayload, 1))],
    ['a clock that never ends', awareness(Uint8Array.of(1, 7, ...Array(100).fill(0xff)))],
    [
      'arrays nested and never closed',
      awareness(frames.awarenessPayload([{ client: 7, clock: 1, state: '['.repeat(depth) }])),
    ],
    [
      'objects nested and never closed',
      awareness(frames.awarenessPayload([{ client: 7, clock: 1, state: '{"a":'.repeat(depth / 5) }])),
    ],
  ]
    .map(([name, send]) => ({ name: `awareness: ${name}`, send, mayBeIgnored: false }))
    .concat([
      {
        name: 'awareness: arrays nested and closed',
        send: awareness(
          frames.awarenessPayload([{ client: 7, clock: 1, state: '['.repeat(depth) + ']'.repeat(depth) }]),
        ),
        mayBeIgnored: true, // is JSON
      },
      {
        name: 'awareness: a clock of 0',
        send: awareness(frames.awarenessPayload([{ client: 8, clock: 0, state: '{}' }])),
        mayBeIgnored: true,
      },
      { name: 'awareness: nobody', send: awareness(frames.awarenessPayload([])), mayBeIgnored: true },
      {
        name: 'awareness: a stranger is gone',
        send: awareness(frames.awarenessPayload([{ client: 9, clock: 5, state: 'null' }])),
        mayBeIgnored: true,
      },
    ]);
}

function wrongTypes(address) {
  const known = address === null ? [0, 1, 2, 3] : [0, 1, 2, 3, 5, 7];
  const unknown = [4, 5, 6, 7, 8, 9, 10, 11, 12, 64, 127, 128, 1000, huge].filter((type) => !known.includes(type));
  // Both reference servers take an unknown type in silence.
  return unknown.map((type) => ({
    name: `a message of type ${type}`,
    send: [frames.frame(address, type)],
    mayBeIgnored: true,
  }));
}

function notFrames() {
  return [
    { name: 'an empty message', send: [new Uint8Array(0)], mayBeIgnored: false },
    { name: 'a text message', send: ['hello'], mayBeIgnored: false },
    { name: 'an empty text message', send: [''], mayBeIgnored: false },
    {
      name: 'a text message that looks like JSON-RPC',
      send: ['{"jsonrpc":"2.0","method":"sync","id":1}'],
      mayBeIgnored: false,
    },
    { name: 'a kilobyte of ff', send: [new Uint8Array(1024).fill(0xff)], mayBeIgnored: false },
  ];
}

function onlyHocuspocus(address) {
  const auth = (...parts) => [
    frames.frame(address, frames.type.auth, (out) => parts.forEach((part) => encoding.writeUint8(out, part))),
  ];
  const raw = (...bytes) => [Uint8Array.of(...bytes)];
  const status = frames.frame(address, frames.type.syncStatus, (out) => encoding.writeUint8(out, 1));
  return [
    ["auth of kind 1, a server's", auth(1, 1, 65), false],
    ["auth of kind 2, a server's", auth(2, 10, ...Buffer.from('read-write')), false],
    ['auth of kind 9', auth(9), false],
    ['a token that is not UTF-8', auth(0, 2, 0xc3, 0x28), false],
    ['a token announcing 2^28 bytes', auth(0, 0x80, 0x80, 0x80, 0x80, 0x01), false],
    ['a version announcing 100 bytes', auth(0, 1, 65, 100, 52), false],
    ['an address that is not UTF-8', raw(2, 0xc3, 0x28, 0, 0, 1, 0), false],
    ['an address announcing 2^28 bytes', raw(0x80, 0x80, 0x80, 0x80, 0x01, 65), false],
    ['an address and nothing else', raw(address.length, ...Buffer.from(address)), false],
    [
      'a stateless payload that is not UTF-8',
      [
        frames.frame(address, frames.type.stateless, (out) =>
          [2, 0xc3, 0x28].forEach((byte) => encoding.writeUint8(out, byte)),
        ),
      ],
      false,
    ],
    ["a sync status, a server's", [status], true],
    ['auth again', [frames.authToken(address, 'other')], true],
    ['auth ten times', Array.from({ length: 10 }, () => frames.authToken(address, 'token', '4.8.0')), true],
    ['ping', [frames.ping], true],
    ['pong without a ping', [frames.pong], true],
    ['closing a document that was never opened', [frames.closeDocument('never-opened')], true],
    ['a query for awareness, 100 times', Array.from({ length: 100 }, () => frames.queryAwareness(address)), true],
    ['step1 100 times', Array.from({ length: 100 }, () => frames.step1(address)), true],
  ].map(([name, send, mayBeIgnored]) => ({ name, send, mayBeIgnored }));
}
