// How somebody comes to the door, and what the door does: real clients of every version, and what they are told.

import { connect, isHocuspocus } from '../../harness/clients.mjs';
import { waitFor } from '../../harness/wait.mjs';

let visitors = 0;

// The options of a client that says who it is by what is given here, and from where: of these
//   cookie         a Cookie header; with it `origin`, that of the page
//   authorization  the Authorization header
//   token          of the Auth message with Hocuspocus, of the URL with y-websocket
//   url            of the URL with both
//   header         x-session-token
// Each visitor has an address of its own, so that the limits by address are not met.
export function introduction(kind, { cookie, origin, authorization, token, url, header, address } = {}) {
  visitors += 1;
  const given = { Cookie: cookie, Origin: origin, Authorization: authorization, 'X-Session-Token': header };
  const headers = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  headers['X-Forwarded-For'] = address ?? `10.${(visitors >> 16) & 255}.${(visitors >> 8) & 255}.${visitors & 255}`;
  const inUrl = url ?? (isHocuspocus(kind) ? undefined : token);
  const params = inUrl === undefined ? {} : { token: inUrl };
  return isHocuspocus(kind) ? { headers, params, token: token ?? 'cookie' } : { headers, params };
}

// A client that comes so, without waiting for the answer.
export function approach(t, server, kind, room, by, options = {}) {
  return connect(t, server, kind, room, { ...introduction(kind, by), ...options });
}

// What comes of it, in words: "read-write", "readonly", "denied: REASON" or "refused: STATUS". y-websocket clients are
// not told whether they may write: with them it is "in".
export async function outcomeOf(client) {
  await waitFor(
    () => `an answer to a ${client.kind}`,
    () => client.isSynced || client.wasDenied || client.wire.refusals.length > 0 || client.wire.closeCodes.length > 0,
    { interval: 5 },
  );
  if (client.wasDenied) return `denied: ${client.denials[0]}`;
  if (client.wire.refusals.length > 0) return `refused: ${client.wire.refusals[0]}`;
  if (!client.isSynced) return `closed: ${client.wire.closeCodes[0]}`;
  return isHocuspocus(client.kind) ? client.scope : 'in';
}

// Comes, hears, and goes.
export async function ask(t, server, kind, room, by) {
  const client = approach(t, server, kind, room, by);
  const outcome = await outcomeOf(client);
  client.destroy();
  return outcome;
}
