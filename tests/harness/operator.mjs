// The operator of a server: a Hocuspocus client of its health port that may change every document.

import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import { RawHocuspocus } from './raw_client.mjs';

// What proves that one knows the secret of Better Auth, to who has asked with `nonce`.
export const operatorProof = (server, secret, nonce) =>
  createHmac('sha256', secret).update(`canvas-ws operator\n${server.healthPort}\n${nonce}`).digest('base64');

// The nonce with which the server refuses who has shown nothing.
export async function challengeOf(server) {
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const response = await new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: server.healthPort, path: '/operator', headers }, resolve).on('error', reject).end();
  });
  response.resume();
  return /^Canvas-Operator (\S+)$/.exec(response.headers['www-authenticate'])[1];
}

// The header with which who knows the secret answers a new challenge.
export async function authorizationOf(server, secret) {
  const nonce = await challengeOf(server);
  return `Canvas-Operator ${nonce} ${operatorProof(server, secret, nonce)}`;
}

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
