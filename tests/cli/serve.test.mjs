// canvas-ws serve on a PostgreSQL database that is not there yet, or does not let it in.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../harness/command.mjs';
import { databaseKinds } from '../harness/database.mjs';
import { PostgresCluster } from '../harness/postgres.mjs';
import { Server } from '../harness/server.mjs';
import { waitFor } from '../harness/wait.mjs';

const timeout = 120_000;
const onPostgres = databaseKinds.includes('PostgreSQL') ? test : test.skip;
const serve = ['serve', '--auth', 'guest', '--port', '0', '--database'];

onPostgres('serve waits for a database that starts together with it', { timeout }, async (t) => {
  const cluster = await PostgresCluster.start(t);
  const url = withPassword(cluster, 'canvas');
  assert.equal((await runCommand(['migrate', '--database', url])).code, 0);
  await cluster.stop('fast');
  const starting = Server.start(t, { database: { url } });
  setTimeout(() => cluster.start(), 2000);
  const server = await starting;
  const waits = server.log.filter((line) => line.event === 'database.unreachable');
  assert.notEqual(waits.length, 0);
  assert.ok(waits[0].reason.length > 0 && waits[0].retry_in_ms > 0);
  assert.ok(!JSON.stringify(server.log).includes('secret'));
  await waitFor('a healthy server', async () => (await server.health()).status === 'healthy');
});

onPostgres('serve gives up after 30 seconds', { timeout }, async (t) => {
  const cluster = await PostgresCluster.start(t);
  const url = withPassword(cluster, 'canvas');
  await cluster.stop('fast');
  const began = Date.now();
  const { code, stdout, stderr } = await runCommand([...serve, url]);
  assert.equal(code, 1);
  assert.ok(Date.now() - began > 20_000 && Date.now() - began < 40_000, `${Date.now() - began} ms`);
  assert.match(stderr, /cannot use the database/);
  assert.ok(!(stdout + stderr).includes('secret'), stdout + stderr);
});

onPostgres('serve does not wait where it is refused, and does not say the password', { timeout }, async (t) => {
  const cluster = await PostgresCluster.start(t);
  const rules = path.join(cluster.folder, 'data', 'pg_hba.conf');
  writeFileSync(rules, `host all locked 127.0.0.1/32 scram-sha-256\n${readFileSync(rules, 'utf8')}`);
  await cluster.query("CREATE ROLE locked LOGIN PASSWORD 'another'");
  await cluster.query('SELECT pg_reload_conf()');
  const began = Date.now();
  const { code, stdout, stderr } = await runCommand([...serve, withPassword(cluster, 'locked')]);
  assert.equal(code, 1);
  assert.ok(Date.now() - began < 10_000, `${Date.now() - began} ms`);
  assert.match(stderr, /password authentication failed/);
  assert.ok(!(stdout + stderr).includes('secret'), stdout + stderr);
});

onPostgres('serve on PostgreSQL needs the secret of Better Auth, and not the one that everybody knows', { timeout }, async () => {
  const args = ['serve', '--database', 'postgres://127.0.0.1:1/canvas'];
  const none = await runCommand(args);
  assert.equal(none.code, 2);
  assert.match(none.stderr, /BETTER_AUTH_SECRET/);
  const known = await runCommand(args, { env: { BETTER_AUTH_SECRET: 'better-auth-secret-12345678901234567890' } });
  assert.equal(known.code, 2);
  assert.match(known.stderr, /anybody can sign/);
});

function withPassword(cluster, user) {
  return cluster.uriOf('postgres', `${user}:secret`);
}
