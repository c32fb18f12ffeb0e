// The WebSocket that the real clients are given: the `ws` package, and a way to cut the wire under it.

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
