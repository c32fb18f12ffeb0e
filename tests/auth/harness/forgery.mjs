// Credentials that must not work, made of one that does.

import { createHmac } from 'node:crypto';

export const sign = (token, secret) => `${token}.${createHmac('sha256', secret).update(token).digest('base64')}`;

export const cookieOf = (signedToken, name = 'better-auth.session_token') =>
  `${name}=${encodeURIComponent(signedToken)}`;

// Another character in place of the one at `index`.
export function tampered(text, index) {
  const position = index < 0 ? text.length + index : index;
  return text.slice(0, position) + (text[position] === 'A' ? 'B' : 'A') + text.slice(position + 1);
}

// Signed tokens that somebody could make who has the right one, and not the secret.
export function forgedTokens({ token, signedToken }) {
  const signature = signedToken.slice(token.length + 1);
  return {
    'of another token': `${tampered(token, 5)}.${signature}`,
    'with another signature': tampered(signedToken, token.length + 3),
    'that is cut off': signedToken.slice(0, -3),
    'that is cut in the token': `${token.slice(0, 20)}.${signature}`,
    'signed with another secret': sign(token, 'a secret that only the attacker knows'),
    'signed with nothing': sign(token, ''),
    'with an empty signature': `${token}.`,
    'in base64url': `${token}.${Buffer.from(signature, 'base64').toString('base64url')}`,
    'with something behind': `${signedToken}x`,
  };
}

// JWTs likewise.
export function forgedJwts(jwt) {
  const [head, body, signature] = jwt.split('.');
  const claims = decode(body);
  const withHead = (changes) => encode({ ...decode(head), ...changes });
  const hmac = (text) => createHmac('sha256', head).update(text).digest('base64url');
  const symmetric = `${withHead({ alg: 'HS256' })}.${body}`;
  return {
    'of another user': [head, encode({ ...claims, sub: 'somebody', id: 'somebody' }), signature].join('.'),
    'that lasts longer': [head, encode({ ...claims, exp: claims.exp + 3600 }), signature].join('.'),
    'that is not signed': [withHead({ alg: 'none' }), body, ''].join('.'),
    'that says it needs no signature': [withHead({ alg: 'none' }), body, signature].join('.'),
    'with a symmetric signature': `${symmetric}.${hmac(symmetric)}`,
    'of another algorithm': [withHead({ alg: 'ES256' }), body, signature].join('.'),
    'of a key that nobody knows': [withHead({ kid: 'x' }), body, signature].join('.'),
    'with another signature': [head, body, tampered(signature, 4)].join('.'),
    'that is cut off': jwt.slice(0, -6),
  };
}

const decode = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
