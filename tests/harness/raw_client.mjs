// Clients that speak the protocols by hand: they send any bytes, and count every acknowledgment.
//
// They keep no document unless they are given one: then they follow the room with it, and answer the server's Step1
// from it.

import * as Y from 'yjs';
import { WebSocket } from 'ws';
import * as frames from './frames.mjs';
import { settled, waitFor } from './wait.mjs';

class RawClient {
  closed; // promise of {code, reason}; 1006 when the wire was cut
  received = 0; // frames
  awarenessReceived = []; // payloads, the latest last
  deniedReason = null;
  scope = null; // "read-write" or "readonly", as last said
  synced = false;
  updatesReceived = 0;
  lastError = null;
  socket;
  doc;
  address;
  #frameListeners = new Set();

  constructor(url, address, doc, socketOptions) {
    this.address = address;
    this.doc = doc ?? null;
    this.socket = new WebSocket(url, { perMessageDeflate: false, ...socketOptions });
    this.socket.binaryType = 'nodebuffer';
    this.socket.on('error', (error) => {
      this.lastError = error;
    });
    this.socket.on('message', (data) => this.#receive(new Uint8Array(data)));
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  get isOpen() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  async opened() {
    await waitFor(
      () => `a raw client to connect (${this.lastError})`,
      () => this.socket.readyState !== WebSocket.CONNECTING,
      { interval: 1 },
    );
    if (!this.isOpen) throw new Error(`a raw client could not connect: ${this.lastError}`);
  }

  // Sends bytes, or a text frame when given a string, as they are.
  send(bytes) {
    this.socket.send(bytes);
  }

  sendAwareness(entries) {
    this.send(frames.awareness(this.address, frames.awarenessPayload(entries)));
  }

  // Calls `listener` with every frame read, until the function that it returns is called.
  onFrame(listener) {
    this.#frameListeners.add(listener);
    return () => this.#frameListeners.delete(listener);
  }

  async waitSynced() {
    await waitFor(
      'a raw client to sync',
      () => {
        if (this.deniedReason !== null) throw new Error(`a raw client was denied: ${this.deniedReason}`);
        if (!this.isOpen) throw new Error('a raw client was closed before it synced');
        return this.synced;
      },
      { interval: 1 },
    );
  }

  // Stops reading from the TCP connection: what comes piles up, first in the kernel, then in the server.
  stopReading() {
    this.socket._socket.pause();
  }

  resumeReading() {
    this.socket._socket.resume();
  }

  // Closes with the WebSocket handshake and waits for the end of it.
  async close() {
    this.socket.close(1000);
    return settled('the server to close its side', this.closed);
  }

  // Ends the TCP connection without a word; with a reset when `reset`.
  cutWire({ reset = false } = {}) {
    if (reset) this.socket._socket?.resetAndDestroy();
    else this.socket._socket?.destroy();
  }

  terminate() {
    this.socket.terminate();
  }

  #receive(bytes) {
    this.received += 1;
    const read = frames.readServerFrame(bytes, { withAddress: this.address !== null });
    if (this.address !== null && read.address !== null && read.address !== this.address) {
      throw new Error(`the server answered to ${JSON.stringify(read.address)}, not to ${JSON.stringify(this.address)}`);
    }
    this.#act(read);
    for (const listener of [...this.#frameListeners]) listener(read);
  }

  #act(read) {
    switch (read.type) {
      case frames.type.sync:
        this.#sync(read);
        break;
      case frames.type.awareness:
        this.#awareness(read.bytes);
        break;
      case frames.type.auth:
        this.deniedReason = read.denied ?? this.deniedReason;
        this.scope = read.scope ?? this.scope;
        break;
      case frames.type.syncStatus:
        this.onSyncStatus(read.saved);
        break;
      default:
        break;
    }
  }

  #sync({ step, bytes }) {
    if (step === frames.sync.step1) {
      this.sendStep2(this.doc ? Y.encodeStateAsUpdate(this.doc, bytes) : frames.emptyUpdate);
      return;
    }
    if (this.doc) Y.applyUpdate(this.doc, bytes, this);
    if (step === frames.sync.step2) this.synced = true;
    else this.updatesReceived += 1;
  }

  #awareness(payload) {
    this.awarenessReceived.push(payload);
    if (this.awarenessReceived.length > 1000) this.awarenessReceived.splice(0, 500);
  }

  sendStep1() {
    this.send(frames.step1(this.address, this.doc ? Y.encodeStateVector(this.doc) : undefined));
  }

  sendStep2(update) {
    this.send(frames.step2(this.address, update));
  }

  sendUpdate(update) {
    this.send(frames.update(this.address, update));
  }

  onSyncStatus() {}
}

// Every Step2 and Update is answered by one SyncStatus, in the order in which they were sent: the number of answers
// says which are settled.
export class RawHocuspocus extends RawClient {
  acknowledged = 0; // SyncStatus 1
  refused = 0; // SyncStatus 0
  sent = 0; // Step2 and Update

  // Connects and, unless `silent`, authenticates and asks for the document.
  static async connect(
    server,
    document,
    { doc, token = 'token', version = '4.8.0', silent = false, path = '/', socketOptions } = {},
  ) {
    const client = new RawHocuspocus(server.url + path, document, doc, socketOptions);
    await client.opened();
    if (silent) return client;
    client.authenticate(token, version);
    client.sendStep1();
    return client;
  }

  static async join(server, document, options) {
    const client = await RawHocuspocus.connect(server, document, options);
    await client.waitSynced();
    return client;
  }

  authenticate(token = 'token', version = '4.8.0') {
    this.send(frames.authToken(this.address, token, version));
  }

  sendStep2(update) {
    this.sent += 1;
    super.sendStep2(update);
  }

  // Returns its number: it is settled when `settledCount` has reached that.
  sendUpdate(update) {
    this.sent += 1;
    super.sendUpdate(update);
    return this.sent;
  }

  get settledCount() {
    return this.acknowledged + this.refused;
  }

  async waitAcknowledged(number = this.sent, options) {
    await waitFor(
      () => `acknowledgment ${number}; there are ${this.acknowledged} of ${this.sent} sent, ${this.refused} refused`,
      () => {
        if (!this.isOpen)
          throw new Error(`closed while waiting for acknowledgment ${number}, with ${this.acknowledged}`);
        return this.settledCount >= number;
      },
      { interval: 1, ...options },
    );
    if (this.refused > 0) throw new Error(`${this.refused} updates were refused`);
  }

  onSyncStatus(saved) {
    if (saved) this.acknowledged += 1;
    else this.refused += 1;
  }
}

export class RawYWebsocket extends RawClient {
  static async connect(server, room, { doc, silent = false, prefix = '', socketOptions } = {}) {
    const client = new RawYWebsocket(`${server.url}${prefix}/${encodeURIComponent(room)}`, null, doc, socketOptions);
    await client.opened();
    if (!silent) client.sendStep1();
    return client;
  }

  static async join(server, room, options) {
    const client = await RawYWebsocket.connect(server, room, options);
    await client.waitSynced();
    return client;
  }
}
