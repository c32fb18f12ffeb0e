// The Hocuspocus provider in four versions, behind the interface that clients.mjs describes.

import * as Y from 'yjs';
import * as v2_13 from 'hocuspocus-provider-2.13';
import * as v2_15 from 'hocuspocus-provider-2.15';
import * as v3_4 from 'hocuspocus-provider-3.4';
import * as v4_8 from 'hocuspocus-provider-4.8';
import { trackedWebSocket, Wire } from './tracked_socket.mjs';
import { waitFor } from './wait.mjs';

const modules = { 'hocuspocus-2.13': v2_13, 'hocuspocus-2.15': v2_15, 'hocuspocus-3.4': v3_4, 'hocuspocus-4.8': v4_8 };

export const allKinds = Object.keys(modules);

// A socket that several clients of one kind may share.
export class HocuspocusSocket {
  kind;
  provider; // HocuspocusProviderWebsocket
  wire = new Wire();
  disconnects = 0; // how often a connection that stood was lost

  // `headers` go with the upgrade, `params` into the URL, the rest to the provider.
  constructor(kind, url, { headers, params = {}, ...options } = {}) {
    this.kind = kind;
    const query = new URLSearchParams(params);
    this.provider = new modules[kind].HocuspocusProviderWebsocket({
      url: query.size > 0 ? `${url}/?${query}` : url,
      WebSocketPolyfill: trackedWebSocket(this.wire, headers),
      ...options,
    });
    this.provider.on('disconnect', () => {
      this.disconnects += 1;
    });
  }

  get isConnected() {
    return this.provider.status === 'connected';
  }

  async goOffline() {
    this.provider.disconnect();
    await this.#waitOffline();
  }

  async cutWire() {
    this.provider.shouldConnect = false;
    this.provider.webSocket?.cutWire();
    await this.#waitOffline();
  }

  goOnline() {
    this.provider.connect();
  }

  destroy() {
    this.provider.destroy();
    this.provider.connect = async () => {}; // v3.4 leaves its reconnect timer running, and would come back for ever
  }

  async #waitOffline() {
    await waitFor(
      `${this.kind} to be offline`,
      () => this.provider.status === 'disconnected' && this.provider.webSocket === null,
    );
  }
}

export class HocuspocusClient {
  kind;
  doc;
  provider;
  socket;
  denials = []; // the reasons
  #ownsSocket;

  // `options` go to the provider (token, awareness, sessionAwareness, ...); `socket` is a HocuspocusSocket to share,
  // else `headers` and `params` are for its own.
  constructor(kind, url, room, { doc = new Y.Doc(), socket, headers, params, ...options } = {}) {
    this.kind = kind;
    this.doc = doc;
    this.#ownsSocket = socket === undefined;
    this.socket = socket ?? new HocuspocusSocket(kind, url, { headers, params });
    this.provider = new modules[kind].HocuspocusProvider({
      websocketProvider: this.socket.provider,
      name: room,
      document: doc,
      token: 'token',
      broadcast: false, // v2 tells tabs, and here clients of one process, without the server
      ...options,
    });
    this.provider.on('authenticationFailed', ({ reason }) => this.denials.push(reason));
    this.provider.attach?.(); // from v3 on
  }

  get awareness() {
    return this.provider.awareness;
  }

  get wire() {
    return this.socket.wire;
  }

  get wasDenied() {
    return this.denials.length > 0;
  }

  // "read-write" or "readonly", as last said; undefined before.
  get scope() {
    return this.provider.authorizedScope;
  }

  get isConnected() {
    return this.socket.isConnected;
  }

  get isSynced() {
    return this.provider.synced;
  }

  get hasUnsynced() {
    return this.provider.hasUnsyncedChanges;
  }

  get unsyncedCount() {
    return this.provider.unsyncedChanges;
  }

  get disconnects() {
    return this.socket.disconnects;
  }

  async waitSynced() {
    await waitFor(
      () => `${this.kind} to sync`,
      () => this.isConnected && this.isSynced,
    );
  }

  goOffline() {
    return this.socket.goOffline();
  }

  abruptDrop() {
    return this.socket.cutWire();
  }

  goOnline() {
    this.socket.goOnline();
  }

  destroy() {
    this.provider.destroy();
    if (this.#ownsSocket) this.socket.destroy();
    this.doc.destroy();
  }
}
