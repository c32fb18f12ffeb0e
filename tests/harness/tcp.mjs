// A TCP connection to the server, for what no WebSocket library would send.

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { waitFor } from './wait.mjs';

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

export class TcpClient {
  received = Buffer.alloc(0); // all of it
  hasEnded = false; // the server has closed its side, or reset the connection
  #socket;

  static async connect(port) {
    const client = new TcpClient(port);
    await waitFor('a TCP connection', () => client.#socket.readyState === 'open', { interval: 1 });
    return client;
  }

  constructor(port) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (data) => {
      this.received = Buffer.concat([this.received, data]);
    });
    this.#socket.on('error', () => {
      this.hasEnded = true;
    });
    this.#socket.on('end', () => {
      this.hasEnded = true;
    });
    this.#socket.on('close', () => {
      this.hasEnded = true;
    });
  }

  // A connection on which the WebSocket handshake is done.
  static async openWebSocket(port, path = '/') {
    const client = await TcpClient.connect(port);
    client.write(handshake(path));
    await client.#waitHeader();
    if (client.status !== 101) throw new Error(`the handshake was answered ${client.status}`);
    return client;
  }

  write(bytes) {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  // The status of the HTTP answer, once it is there.
  get status() {
    const match = /^HTTP\/1\.[01] (\d{3})/.exec(this.received.subarray(0, 20).toString('latin1'));
    return match ? Number(match[1]) : undefined;
  }

  // The WebSocket frames that came after the handshake, as far as they are complete: [{code, payload}].
  get frames() {
    const frames = [];
    let rest = this.received.subarray(this.received.indexOf('\r\n\r\n') + 4);
    for (let frame = readFrame(rest); frame; frame = readFrame(rest)) {
      frames.push(frame);
      rest = rest.subarray(frame.size);
    }
    return frames;
  }

  // The code of the server's close frame; null while there is none.
  get closeCode() {
    const close = this.frames.find((frame) => frame.code === opcode.close);
    if (!close) return null;
    return close.payload.length >= 2 ? close.payload.readUInt16BE(0) : 1005;
  }

  reset() {
    this.#socket.resetAndDestroy();
  }

  destroy() {
    this.#socket.destroy();
  }

  #waitHeader() {
    return waitFor('the answer to a handshake', () => this.hasEnded || this.received.includes('\r\n\r\n'), {
      interval: 1,
    });
  }
}

export function handshake(path, headers = {}) {
  const all = {
    Host: '127.0.0.1',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Version': '13',
    ...headers,
  };
  const lines = Object.entries(all)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

// A client's WebSocket frame; every part can be made wrong. `length` is what the header says, `form` how: 7, 16 or 64
// bits.
export function webSocketFrame({
  code = opcode.binary,
  final = true,
  reserved = 0,
  masked = true,
  payload = Buffer.alloc(0),
  length = payload.length,
  form,
}) {
  const head = [(final ? 0x80 : 0) | (reserved << 4) | code];
  const maskBit = masked ? 0x80 : 0;
  const bits = form ?? (length < 126 ? 7 : length < 2 ** 16 ? 16 : 64);
  if (bits === 7) head.push(maskBit | length);
  if (bits === 16) head.push(maskBit | 126, ...bigEndian(BigInt(length), 2));
  if (bits === 64) head.push(maskBit | 127, ...bigEndian(BigInt(length), 8));
  if (!masked) return Buffer.concat([Buffer.from(head), payload]);
  const mask = randomBytes(4);
  return Buffer.concat([Buffer.from(head), mask, Buffer.from(payload).map((byte, i) => byte ^ mask[i % 4])]);
}

function bigEndian(value, bytes) {
  return Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * (bytes - 1 - i))) & 0xffn));
}

function readFrame(bytes) {
  if (bytes.length < 2) return null;
  const short = bytes[1] & 0x7f;
  const headSize = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < headSize) return null;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  if (bytes.length < headSize + length) return null;
  return { code: bytes[0] & 0x0f, payload: bytes.subarray(headSize, headSize + length), size: headSize + length };
}
