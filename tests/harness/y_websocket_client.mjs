// The y-websocket provider in three versions, behind the interface that clients.mjs describes.

import * as Y from 'yjs';
import * as v1_5 from 'y-websocket-1.5';
import * as v2_1 from 'y-websocket-2.1';
import * as v3_1 from 'y-websocket-3.1';
import { trackedWebSocket, Wire } from './tracked_socket.mjs';
import { waitFor } from './wait.mjs';

const modules = { 'y-websocket-1.5': v1_5, 'y-websocket-2.1': v2_1, 'y-websocket-3.1': v3_1 };

export const allKinds = Object.keys(modules);

export class YWebsocketClient {
  kind;
  doc;
  provider;
  wire = new Wire();
  disconnects = 0; // how often a connection that stood was lost

  // `options` go to the provider (params, ...); `headers` go with the upgrade.
  constructor(kind, url, room, { doc = new Y.Doc(), headers, ...options } = {}) {
    this.kind = kind;
    this.doc = doc;
    this.provider = new modules[kind].WebsocketProvider(url, room, doc, {
      WebSocketPolyfill: trackedWebSocket(this.wire, headers),
      disableBc: true, // tabs, and here clients of one process, would talk without the server
      ...options,
    });
    this.provider.on('status', ({ status }) => {
      if (status === 'disconnected') this.disconnects += 1;
    });
  }

  get awareness() {
    return this.provider.awareness;
  }

  get isConnected() {
    return this.provider.wsconnected;
  }

  get isSynced() {
    return this.provider.synced;
  }

  get hasUnsynced() {
    return undefined; // the protocol has no acknowledgments
  }

  async waitSynced() {
    await waitFor(
      () => `${this.kind} to sync`,
      () => this.isConnected && this.isSynced,
    );
  }

  async goOffline() {
    this.provider.disconnect();
    await this.#waitOffline();
  }

  async abruptDrop() {
    this.provider.shouldConnect = false;
    this.provider.ws?.cutWire();
    await this.#waitOffline();
  }

  goOnline() {
    this.provider.connect();
  }

  destroy() {
    this.provider.destroy();
    this.doc.destroy();
  }

  async #waitOffline() {
    await waitFor(`${this.kind} to be offline`, () => !this.provider.wsconnected && this.provider.ws === null);
  }
}
