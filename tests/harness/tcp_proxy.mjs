// A wire between a program and a TCP server that can go dead without either side being told.

import { connect, createServer } from 'node:net';
import { atEnd } from './cleanup.mjs';

export class TcpProxy {
  port;
  #server;
  #wires = new Set();
  #lostOfNew = null;

  // Ended, with its connections, when test `t` is over.
  static async start(t, target) {
    const proxy = new TcpProxy();
    proxy.#server = createServer((client) => proxy.#join(client, connect(target, '127.0.0.1')));
    await new Promise((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    proxy.port = proxy.#server.address().port;
    atEnd(t, () => proxy.#end());
    return proxy;
  }

  // The present connections stay open for both sides, and what one side sends is lost from here on: the 'requests' of
  // the program, or the 'answers' of the server. New connections work.
  lose(what) {
    for (const wire of this.#wires) wire.lost = what;
    return this.#wires.size;
  }

  // The same for the connections to come.
  loseNew(what) {
    this.#lostOfNew = what;
  }

  #join(client, server) {
    const wire = { client, server, lost: this.#lostOfNew };
    this.#wires.add(wire);
    client.on('data', (data) => wire.lost === 'requests' || server.write(data));
    server.on('data', (data) => wire.lost === 'answers' || client.write(data));
    for (const [one, other] of [
      [client, server],
      [server, client],
    ]) {
      one.on('error', () => {});
      one.on('close', () => {
        if (wire.lost === null)
          other.destroy(); // else neither learns of the other's end
        else if (one === server) this.#wires.delete(wire);
      });
    }
  }

  #end() {
    this.#server.close();
    for (const { client, server } of this.#wires) {
      client.destroy();
      server.destroy();
    }
  }
}
