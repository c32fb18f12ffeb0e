// Real Yjs clients of every version that the server promises to serve, behind one interface:
//
//   kind, doc, awareness, provider
//   isConnected, isSynced        isSynced: the server's state has arrived
//   hasUnsynced                  whether edits are not yet acknowledged; undefined without acknowledgments
//   disconnects                  how often a connection that stood was lost
//   wire                         what its sockets have met: attempts, refused upgrades, close codes
//   waitSynced()
//   goOffline(), goOnline()      a clean disconnect and the return from it
//   abruptDrop()                 the wire is cut; the client stays away until goOnline()
//   destroy()                    leaves for good, cleanly

import { atEnd } from './cleanup.mjs';
import * as hocuspocus from './hocuspocus_client.mjs';
import * as yWebsocket from './y_websocket_client.mjs';

// CLIENTS=hocuspocus-4.8,y-websocket-3.1 in the environment restricts a run to those.
export const hocuspocusKinds = hocuspocus.allKinds.filter(isChosen);
export const yWebsocketKinds = yWebsocket.allKinds.filter(isChosen);
export const kinds = [...hocuspocusKinds, ...yWebsocketKinds];

export const isHocuspocus = (kind) => hocuspocusKinds.includes(kind);

// A client of `kind` in `room`, destroyed when test `t` is over. Resolves when it is in sync.
export async function join(t, server, kind, room, options) {
  const client = connect(t, server, kind, room, options);
  await client.waitSynced();
  return client;
}

// The same without waiting. Options that both have: `headers` for the upgrade, `params` for the query of the URL. With
// `prefix` a y-websocket client connects below that path.
export function connect(t, server, kind, room, { prefix = '', ...options } = {}) {
  const Client = isHocuspocus(kind) ? hocuspocus.HocuspocusClient : yWebsocket.YWebsocketClient;
  const client = new Client(kind, server.url + prefix, room, options);
  let alive = true;
  const destroy = client.destroy.bind(client);
  client.destroy = () => {
    if (alive) destroy();
    alive = false;
  };
  atEnd(t, client.destroy);
  return client;
}

// One client of each kind in one room, all in sync.
export function joinAll(t, server, room, options) {
  return Promise.all(kinds.map((kind) => join(t, server, kind, room, options)));
}

function isChosen(kind) {
  const chosen = process.env.CLIENTS;
  return chosen === undefined || chosen.split(',').includes(kind);
}
