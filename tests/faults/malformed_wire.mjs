// The corpus of malformed.test.mjs below the message: bytes that are not HTTP, not a handshake, or not WebSocket.

import * as frames from '../harness/frames.mjs';
import { handshake, opcode, webSocketFrame } from '../harness/tcp.mjs';

const step1 = Buffer.from(frames.step1('wire'));

// Bytes that are sent instead of a handshake; the server must answer with an HTTP error or hang up.
export function brokenHandshakes() {
  const key = (value) => handshake('/', { 'Sec-WebSocket-Key': value });
  return [
    ['not HTTP', 'GARBAGE\r\n\r\n'],
    ['binary garbage', Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 37) % 256)).toString('latin1')],
    ['only NULs', '\0'.repeat(5000)],
    ['a TLS client hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.padEnd(517, 'x')],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['HTTP/9.9', handshake('/').replace('HTTP/1.1', 'HTTP/9.9')],
    ['HTTP/1.0', handshake('/').replace('HTTP/1.1', 'HTTP/1.0')],
    ['no path', handshake('/').replace('GET / ', 'GET  ')],
    ['a header line without a colon', handshake('/').replace('Host: ', 'Host ')],
    ['a header name with a space', handshake('/').replace('Host:', 'Ho st:')],
    ['a NUL in a header', handshake('/', { 'X-Nul': 'a\0b' })],
    ['a header of a megabyte', handshake('/', { 'X-Long': 'x'.repeat(1 << 20) })],
    ['a path of a megabyte', handshake(`/${'x'.repeat(1 << 20)}`)],
    ['100,000 headers', handshake('/').replace('\r\n\r\n', `\r\n${'X: y\r\n'.repeat(100_000)}\r\n`)],
    ['an endless first line', 'G'.repeat(1 << 20)],
    ['no key', key(undefined)],
    ['an empty key', key('')],
    ['version 12', handshake('/', { 'Sec-WebSocket-Version': '12' })],
    ['no version', handshake('/', { 'Sec-WebSocket-Version': undefined })],
    ['a POST', handshake('/').replace('GET', 'POST')],
    ['no Connection header', handshake('/', { Connection: undefined })],
    ['an upgrade to something else', handshake('/', { Upgrade: 'h2c' })],
    ['a body that never comes', handshake('/', { 'Content-Length': '10' })],
    ['a body of 2^63 bytes', handshake('/', { 'Content-Length': '9223372036854775808' })],
    ['two lengths', handshake('/', { 'Content-Length': '1\r\nContent-Length: 2' })],
    ['chunks and a length', handshake('/', { 'Transfer-Encoding': 'chunked', 'Content-Length': '5' })],
    ['a chunk of 2^64 bytes', `${handshake('/', { 'Transfer-Encoding': 'chunked' })}fffffffffffffffff\r\n`],
  ].map(([name, bytes]) => ({ name, bytes: Buffer.from(bytes, 'latin1') }));
}

// Bytes that are sent after a good handshake. `code`: the close code that RFC 6455 asks for; undefined where it
// leaves a choice.
export function brokenFrames() {
  const head = (...bytes) => Buffer.from(bytes);
  const big = (length) => webSocketFrame({ length, form: 64 }).subarray(0, 14);
  return [
    ['reserved bit 1', webSocketFrame({ reserved: 4, payload: step1 }), 1002],
    ['reserved bit 2', webSocketFrame({ reserved: 2, payload: step1 }), 1002],
    ['reserved bit 3', webSocketFrame({ reserved: 1, payload: step1 }), 1002],
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((code) => [
      `opcode ${code}`,
      webSocketFrame({ code, payload: step1 }),
      1002,
    ]),
    ['no mask', webSocketFrame({ masked: false, payload: step1 }), 1002],
    ['a ping without a mask', webSocketFrame({ code: opcode.ping, masked: false }), 1002],
    ['a length of 2^63', big(2n ** 63n)],
    ['a length of 2^64 - 1', big(2n ** 64n - 1n)],
    ['a length of 2^63 - 1', big(2n ** 63n - 1n)],
    ['a length of 2^40', big(2n ** 40n), 1009],
    ['a length of 6 MiB before anybody is let in', big(6n << 20n), 1009],
    ['a short length in 16 bits', webSocketFrame({ payload: step1, form: 16 }), 1002],
    ['a short length in 64 bits', webSocketFrame({ payload: step1, form: 64 }), 1002],
    ['a ping in fragments', webSocketFrame({ code: opcode.ping, final: false }), 1002],
    ['a close in fragments', webSocketFrame({ code: opcode.close, final: false }), 1002],
    ['a ping of 126 bytes', webSocketFrame({ code: opcode.ping, payload: Buffer.alloc(126) }), 1002],
    ['a close of 200 bytes', webSocketFrame({ code: opcode.close, payload: Buffer.alloc(200, 3) }), 1002],
    ['a continuation of nothing', webSocketFrame({ code: opcode.continuation, payload: step1 }), 1002],
    [
      'a message inside another',
      Buffer.concat([webSocketFrame({ final: false, payload: step1 }), webSocketFrame({ payload: step1 })]),
      1002,
    ],
    ['a close with half a code', webSocketFrame({ code: opcode.close, payload: head(3) }), 1002],
    ...[0, 999, 1004, 1005, 1006, 1016, 2999, 5000, 65535].map((code) => [
      `a close with code ${code}`,
      webSocketFrame({ code: opcode.close, payload: head(code >> 8, code & 255) }),
    ]),
    ['a close whose reason is not UTF-8', webSocketFrame({ code: opcode.close, payload: head(3, 0xe8, 0xc3, 0x28) })],
    ['text that is not UTF-8', webSocketFrame({ code: opcode.text, payload: head(0xc3, 0x28) })],
    ['random bytes', Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * i * 31 + 7) % 256))],
    ['HTTP again', Buffer.from(handshake('/'))],
  ].map(([name, bytes, code]) => ({ name, bytes, code }));
}
