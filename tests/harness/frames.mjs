// Frames of both protocols as bytes (docs/protocols.md). An address of null makes a y-websocket frame: the same
// without the address.

import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

export const type = {
  sync: 0,
  awareness: 1,
  auth: 2,
  queryAwareness: 3,
  syncReply: 4,
  stateless: 5,
  broadcastStateless: 6,
  close: 7,
  syncStatus: 8,
  ping: 9,
  pong: 10,
};
export const sync = { step1: 0, step2: 1, update: 2 };
export const auth = { token: 0, denied: 1, authenticated: 2 };

export const emptyStateVector = Uint8Array.of(0);
export const emptyUpdate = Uint8Array.of(0, 0);

// Bytes made by `write`, which gets a lib0 encoder.
export function bytesOf(write) {
  const out = encoding.createEncoder();
  write(out);
  return encoding.toUint8Array(out);
}

export function frame(address, messageType, writePayload = () => {}) {
  return bytesOf((out) => {
    if (address !== null) encoding.writeVarString(out, address);
    encoding.writeVarUint(out, messageType);
    writePayload(out);
  });
}

export function syncFrame(address, step, bytes) {
  return frame(address, type.sync, (out) => {
    encoding.writeVarUint(out, step);
    encoding.writeVarUint8Array(out, bytes);
  });
}

export const step1 = (address, stateVector = emptyStateVector) => syncFrame(address, sync.step1, stateVector);
export const step2 = (address, update = emptyUpdate) => syncFrame(address, sync.step2, update);
export const update = (address, bytes) => syncFrame(address, sync.update, bytes);

export function awareness(address, payload) {
  return frame(address, type.awareness, (out) => encoding.writeVarUint8Array(out, payload));
}

// `version` as provider 4 sends it; without it the frame is that of versions 2 and 3.
export function authToken(address, token, version) {
  return frame(address, type.auth, (out) => {
    encoding.writeVarUint(out, auth.token);
    encoding.writeVarString(out, token);
    if (version !== undefined) encoding.writeVarString(out, version);
  });
}

export const stateless = (address, text) => frame(address, type.stateless, (out) => encoding.writeVarString(out, text));
export const queryAwareness = (address) => frame(address, type.queryAwareness);
export const closeDocument = (address) => frame(address, type.close);
export const ping = Uint8Array.of(type.ping);
export const pong = Uint8Array.of(type.pong);

// The payload of an awareness message; entries are {client, clock, state}, `state` JSON text.
export function awarenessPayload(entries) {
  return bytesOf((out) => {
    encoding.writeVarUint(out, entries.length);
    for (const { client, clock, state } of entries) {
      encoding.writeVarUint(out, client);
      encoding.writeVarUint(out, clock);
      encoding.writeVarString(out, state);
    }
  });
}

// Reads a frame of a server: {address, type, and what the type has}.
export function readServerFrame(bytes, { withAddress }) {
  if (withAddress && bytes.length === 1) return { address: null, type: bytes[0] };
  const input = decoding.createDecoder(bytes);
  const address = withAddress ? decoding.readVarString(input) : null;
  const messageType = decoding.readVarUint(input);
  return { address, type: messageType, ...readPayload(messageType, input, withAddress) };
}

function readPayload(messageType, input, isHocuspocus) {
  switch (messageType) {
    case type.sync:
      return { step: decoding.readVarUint(input), bytes: decoding.readVarUint8Array(input) };
    case type.awareness:
      return { bytes: decoding.readVarUint8Array(input) };
    case type.auth:
      return readAuth(input, isHocuspocus);
    case type.stateless:
      return { text: decoding.readVarString(input) };
    case type.close:
      return { reason: decoding.readVarString(input) };
    case type.syncStatus:
      return { saved: decoding.readVarInt(input) === 1 };
    default:
      return {};
  }
}

// y-websocket has only one auth message, and it is PermissionDenied.
function readAuth(input, isHocuspocus) {
  const sub = decoding.readVarUint(input);
  if (!isHocuspocus || sub === auth.denied) return { denied: decoding.readVarString(input) };
  return sub === auth.authenticated ? { scope: decoding.readVarString(input) } : {};
}
