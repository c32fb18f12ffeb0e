// The operator of a server: a Hocuspocus client of its health port that may change every document.

import { createHmac } from 'node:crypto';
import { RawHocuspocus } from './raw_client.mjs';

// What proves that one knows the secret of Better Auth.
export const operatorToken = (secret) => createHmac('sha256', secret).update('canvas-ws operator').digest('base64');

const optionsWith = (headers) => ({ path: '/operator', token: '', socketOptions: { headers } });

const healthOf = (server) => ({ url: `ws://127.0.0.1:${server.healthPort}` });

export const joinAsOperator = (server, document, headers = {}) =>
  RawHocuspocus.join(healthOf(server), document, optionsWith(headers));

// The status with which the server refuses the upgrade; null when it does not.
export async function refusalOfOperator(server, document, headers = {}) {
  try {
    const client = await RawHocuspocus.connect(healthOf(server), document, optionsWith(headers));
    client.terminate();
    return null;
  } catch (error) {
    return Number(/Unexpected server response: (\d+)/.exec(error.message)?.[1]);
  }
}
