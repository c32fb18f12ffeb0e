// The WebSocket that the real clients are given: the `ws` package, a way to cut the wire under it, and a record of how
// the server has answered.

import { WebSocket } from 'ws';

export class TrackedWebSocket extends WebSocket {
  constructor(...args) {
    super(...args);
    // A client that closes a socket which is still connecting has already taken its listeners away; the error would
    // end the process.
    this.on('error', () => {});
  }

  // As when a laptop lid closes, except that the other side learns of it: the TCP connection ends without a WebSocket
  // close.
  cutWire() {
    this._socket?.destroy();
  }
}

// What all the sockets of one client have met.
export class Wire {
  attempts = 0; // sockets that were made
  refusals = []; // HTTP statuses of upgrades that were refused
  closeCodes = []; // of sockets that had opened; 1006 when the wire was cut
}

// A class of sockets that send `headers` with the upgrade, as browsers do by themselves, and tell `wire`.
export function trackedWebSocket(wire, headers = {}) {
  return class extends TrackedWebSocket {
    constructor(url, protocols) {
      super(url, protocols, { headers });
      let hasOpened = false;
      wire.attempts += 1;
      this.on('open', () => {
        hasOpened = true;
      });
      this.on('error', ({ message }) => {
        const status = /^Unexpected server response: (\d+)/.exec(message)?.[1];
        if (status !== undefined) wire.refusals.push(Number(status));
      });
      this.on('close', (code) => {
        if (hasOpened) wire.closeCodes.push(code);
      });
    }
  };
}
