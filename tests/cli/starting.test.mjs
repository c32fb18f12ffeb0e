// What the health port says before there is a database, and when the server goes down: what systemd, PM2 and load
// balancers act on.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { atEnd } from '../harness/cleanup.mjs';
import { join, kinds } from '../harness/clients.mjs';
import { runCommand } from '../harness/command.mjs';
import { databaseKinds } from '../harness/database.mjs';
import { PostgresCluster } from '../harness/postgres.mjs';
import { binary, Server } from '../harness/server.mjs';
import { waitFor } from '../harness/wait.mjs';

const timeout = 120_000;
const onPostgres = databaseKinds.includes('PostgreSQL') ? test : test.skip;
const kind = kinds[0];

test('while it waits for its database it is alive, and neither healthy nor ready', { timeout }, async (t) => {
  const port = await freePort();
  const child = serve(t, 'postgres://nobody@127.0.0.1:1/nothing', port);
  await waitFor('/livez to answer', async () => (await ask(port, '/livez'))?.status === 200);
  const ready = await ask(port, '/readyz');
  assert.equal(ready.status, 503);
  assert.match(ready.text, /waits for the database/);
  const health = await ask(port, '/health');
  assert.equal(health.status, 503);
  const said = JSON.parse(health.text);
  assert.equal(said.status, 'unhealthy');
  assert.match(said.reasons[0], /waits for the database/);
  assert.equal((await ask(port, '/metrics')).status, 503);
  child.kill('SIGTERM');
  await once(child, 'exit');
});

test('a health port that is taken is said at once', { timeout }, async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  atEnd(t, () => taken.close());
  await once(taken, 'listening');
  const { port } = taken.address();
  const { code, stderr } = await runCommand([
    ...['serve', '--auth', 'guest', '--port', '0', '--health-port', String(port)],
    ...['--database', 'postgres://nobody@127.0.0.1:1/nothing'],
  ]);
  assert.equal(code, 1);
  assert.ok(stderr.includes(`127.0.0.1:${port}`), stderr);
});

onPostgres('when its database has come it is ready, on the same port', { timeout }, async (t) => {
  const cluster = await PostgresCluster.start(t);
  const url = cluster.uriOf('postgres');
  assert.equal((await runCommand(['migrate', '--database', url])).code, 0);
  await cluster.stop('fast');
  const port = await freePort();
  serve(t, url, port);
  await waitFor('/readyz to say no', async () => (await ask(port, '/readyz'))?.status === 503);
  await cluster.start();
  await waitFor('/readyz to say yes', async () => (await ask(port, '/readyz'))?.status === 200, { timeout: 60_000 });
  const health = await ask(port, '/health');
  assert.equal(health.status, 200);
  assert.deepEqual(JSON.parse(health.text).reasons, []);
});

onPostgres('while it goes down it is alive, and neither healthy nor ready', { timeout }, async (t) => {
  const cluster = await PostgresCluster.start(t);
  const url = cluster.uriOf('postgres');
  assert.equal((await runCommand(['migrate', '--database', url])).code, 0);
  const server = await Server.start(t, { database: { url } });
  const client = await join(t, server, kind, 'plan');
  await cluster.stop('immediate');
  client.doc.getMap('numbers').set('one', 1);
  await waitFor('the edit to wait', async () => (await server.health()).database.backlog_updates === 1);
  await server.waitHealth('degraded');

  const ended = server.terminate(); // which waits some seconds for the database
  const ready = await waitFor('/readyz to say no', async () => {
    const answer = await ask(server.healthPort, '/readyz');
    return answer?.status === 503 && answer;
  });
  assert.match(ready.text, /going down/);
  const health = await ask(server.healthPort, '/health');
  assert.equal(health.status, 503);
  assert.equal(JSON.parse(health.text).status, 'unhealthy');
  assert.equal((await ask(server.healthPort, '/livez')).status, 200);
  assert.equal((await ended).code, 1, 'an edit was lost, and nobody was told');
});

function serve(t, url, healthPort) {
  const child = spawn(
    binary,
    ['serve', '--auth', 'guest', '--port', '0', '--health-port', String(healthPort), '--database', url],
    { stdio: 'ignore' },
  );
  atEnd(t, async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return child;
}

// {status, text}, or nothing when nobody listens.
async function ask(port, path) {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    if (error.cause?.code === 'ECONNREFUSED' || error.cause?.code === 'ECONNRESET' || error.cause?.code === 'UND_ERR_SOCKET') return undefined;
    throw error;
  }
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
