// canvas-ws run once, to its end: for the commands that are not serve.

import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { binary } from './server.mjs';
import { settled } from './wait.mjs';

// Settings of whoever runs the tests are not those of the tests.
const foreign = /^(DATABASE_URL|PG.*|WS_.*|CANVAS_WS_BENCH_.*|BETTER_AUTH_.*|AUTH_SECRET|LOG_LEVEL|NODE_ENV)$/;

// Resolves to {code, stdout, stderr, bytes}: what it printed as text, and standard output as bytes. `input` is what
// standard input has; after `interruptAfter` milliseconds it gets a SIGINT.
export async function runCommand(args, { input = '', env = {}, cwd = tmpdir(), timeout = 60_000, interruptAfter } = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const child = spawn(binary, args, { cwd, env: { ...Object.fromEntries(inherited), ...env } });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  child.stdin.on('error', () => {}); // it may end before it has read everything
  child.stdin.end(input);
  const timer = interruptAfter && setTimeout(() => child.kill('SIGINT'), interruptAfter);
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  try {
    const code = await settled(`canvas-ws ${args.join(' ')}`, ended, { timeout });
    const bytes = Buffer.concat(stdout);
    return { code, stdout: bytes.toString(), stderr: Buffer.concat(stderr).toString(), bytes };
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}

function collect(stream) {
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk));
  return chunks;
}
