// Debian's nginx with the files of deploy/nginx as they are, but for ports, certificates and the folder of the logs.

import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { atEnd } from '../harness/cleanup.mjs';
import { waitFor } from '../harness/wait.mjs';

const run = promisify(execFile);
const program = '/usr/sbin/nginx';
const shipped = path.resolve(import.meta.dirname, '../../deploy/nginx');

export const shippedFile = (name) => readFileSync(path.join(shipped, name), 'utf8');

export class Nginx {
  folder = mkdtempSync(path.join(tmpdir(), 'canvas-ws-nginx-'));
  port; // TLS
  plainPort;
  #process;
  #errors = '';
  #files; // name: text, as nginx includes them

  // Serves in front of `server`. With `backends` documents are spread over them instead, by upstream-hash.conf.
  static async start(t, server, { backends } = {}) {
    if (!existsSync(program)) throw new Error(`there is no ${program}: apt-get install nginx`);
    const nginx = new Nginx();
    atEnd(t, () => nginx.#dispose(t));
    await nginx.#makeCertificate();
    [nginx.port, nginx.plainPort] = await freePorts(2);
    nginx.#files = { 'canvas-ws.conf': nginx.#adapt(server) };
    if (backends !== undefined) nginx.#spread(backends);
    nginx.#write();
    await nginx.#launch();
    return nginx;
  }

  get url() {
    return `wss://127.0.0.1:${this.port}`;
  }

  // What a test changes in the files is in force after reload().
  edit(name, change) {
    this.#files[name] = change(this.#files[name]);
    this.#write();
  }

  // nginx -s reload. Resolves when new workers serve and the old ones take nobody new.
  async reload() {
    const before = this.workers();
    await run(program, ['-c', path.join(this.folder, 'nginx.conf'), '-p', this.folder, '-s', 'reload']);
    await waitFor(
      () => `new workers of nginx; ${this.#errors}`,
      () => this.workers().some((worker) => !before.includes(worker)) && this.#leaving(before),
    );
    return { before };
  }

  workers() {
    const { pid } = this.#process;
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  }

  // All that it has written into its logs.
  logs() {
    const names = readdirSync(path.join(this.folder, 'logs'));
    return names.map((name) => readFileSync(path.join(this.folder, 'logs', name), 'utf8')).join('') + this.#errors;
  }

  #leaving(workers) {
    const titles = workers.filter((pid) => existsSync(`/proc/${pid}`)).map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    return titles.every((title) => title.includes('shutting down'));
  }

  async #makeCertificate() {
    const names = ['key.pem', 'certificate.pem'].map((name) => path.join(this.folder, name));
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', '/CN=draw.example.com', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', names[0], '-out', names[1]],
    ]);
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(names[1], 'utf8')]);
  }

  // The second address of each `listen` is an IPv6 one, which not every machine has.
  #adapt(server) {
    return replaceAll(shippedFile('canvas-ws.conf'), [
      [/listen 80;/, `listen 127.0.0.1:${this.plainPort};`],
      [/listen \[::\]:80;/, `listen 127.0.0.9:${this.plainPort};`],
      [/listen 443 ssl http2;/, `listen 127.0.0.1:${this.port} ssl http2;`],
      [/listen \[::\]:443 ssl http2;/, `listen 127.0.0.9:${this.port} ssl http2;`],
      [/\/etc\/letsencrypt\/live\/draw\.example\.com\/fullchain\.pem/, path.join(this.folder, 'certificate.pem')],
      [/\/etc\/letsencrypt\/live\/draw\.example\.com\/privkey\.pem/, path.join(this.folder, 'key.pem')],
      [/\/var\/log\/nginx\//, path.join(this.folder, 'logs/')],
      [/server 127\.0\.0\.1:3001;/, `server 127.0.0.1:${server.port};`],
      [/http:\/\/127\.0\.0\.1:3002\//, `http://127.0.0.1:${server.healthPort}/`],
    ]);
  }

  #spread(backends) {
    const addresses = backends.map(({ port }, i) => [new RegExp(`10\\.0\\.0\\.1${i + 1}:3001`), `127.0.0.1:${port}`]);
    this.#files['upstream-hash.conf'] = replaceAll(shippedFile('upstream-hash.conf'), addresses);
    this.edit('canvas-ws.conf', (text) => replaceAll(text, [[/http:\/\/canvas_ws;/, 'http://canvas_ws_by_document;']]));
  }

  #write() {
    for (const [name, text] of Object.entries(this.#files)) writeFileSync(path.join(this.folder, name), text);
    writeFileSync(path.join(this.folder, 'nginx.conf'), this.#mainFile());
  }

  #mainFile() {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    return [
      process.getuid() === 0 ? 'user root;' : '',
      'daemon off;',
      'worker_processes 2;',
      `pid ${this.folder}/nginx.pid;`,
      'error_log stderr notice;',
      'events { worker_connections 1024; }',
      'http {',
      '  access_log off;',
      ...temporary.map((name) => `  ${name}_temp_path ${this.folder}/${name};`),
      ...Object.keys(this.#files).map((name) => `  include ${this.folder}/${name};`),
      '}',
      '',
    ].join('\n');
  }

  async #launch() {
    await run('mkdir', ['-p', path.join(this.folder, 'logs')]);
    chmodSync(this.folder, 0o755);
    const options = ['-c', path.join(this.folder, 'nginx.conf'), '-p', this.folder];
    await run(program, ['-t', ...options]);
    this.#process = spawn(program, options, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process.stderr.on('data', (data) => {
      this.#errors += data;
    });
    await waitFor(
      () => `nginx to serve: ${this.#errors}`,
      () => this.#process.exitCode === null && existsSync(path.join(this.folder, 'nginx.pid')) && this.workers().length === 2,
    );
  }

  async #dispose(t) {
    if (this.#process?.exitCode === null) {
      const ended = new Promise((resolve) => this.#process.once('close', resolve));
      this.#process.kill('SIGTERM');
      await ended;
    }
    if (!t.passed) t.diagnostic(`nginx said:\n${this.#errors.split('\n').slice(-20).join('\n')}`);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

// A pattern that is not there is a mistake of the test: the shipped file has changed.
function replaceAll(text, pairs) {
  return pairs.reduce((result, [pattern, replacement]) => {
    if (!pattern.test(result)) throw new Error(`${pattern} is not in the shipped file`);
    return result.replaceAll(new RegExp(pattern, 'g'), replacement);
  }, text);
}

// Free a moment ago: nginx has to be told its ports.
export async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
