// canvas-ws doctor: what it finds, on databases that are as they should be and on others.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { atEnd } from '../harness/cleanup.mjs';
import { runCommand } from '../harness/command.mjs';
import { createDatabase, databaseKinds } from '../harness/database.mjs';

const timeout = 120_000;
const onPostgres = databaseKinds.includes('PostgreSQL') ? test : test.skip;
const secret = 'a secret of the app that has bytes enough';
const token = 'AnnAnnAnnAnnAnnAnnAnnAnnAnnAnn12';
const env = { BETTER_AUTH_SECRET: secret, BETTER_AUTH_URL: 'https://draw.example.com' };

// As the app's drizzle schema has them.
const tables = `
  CREATE TABLE "user" (id text PRIMARY KEY, role text, banned boolean, ban_expires timestamp);
  CREATE TABLE session (id text PRIMARY KEY, token text UNIQUE, expires_at timestamp NOT NULL,
    user_id text REFERENCES "user" ON DELETE CASCADE, impersonated_by text);
  INSERT INTO "user" VALUES ('ann', 'viewer', false, NULL);
  INSERT INTO session VALUES ('s1', '${token}', (now() AT TIME ZONE 'UTC') + interval '1 hour', 'ann', NULL);`;

onPostgres('all is well, and a credential is looked up', { timeout }, async (t) => {
  const database = await createDatabase(t, 'PostgreSQL');
  await database.all(tables);
  const args = ['doctor', '--database', database.url];
  const well = await runCommand(args, { env });
  assert.equal(well.code, 0, well.stdout + well.stderr);
  assert.match(well.stdout, /all is well/);
  assert.match(well.stdout, /ok +look-up/);
  const looked = await runCommand([...args, '--credential', '-', '--document', 'plan'], { env, input: `${token}\n` });
  assert.equal(looked.code, 0, looked.stdout);
  assert.match(looked.stdout, /user ann, session s1, until .*Z, may only view document 'plan'/);
  for (const text of [well, looked].map(({ stdout, stderr }) => stdout + stderr)) {
    assert.ok(!text.includes(token) && !text.includes(secret), text);
  }
});

onPostgres('the file of serve counts, with what only serve has in it', { timeout }, async (t) => {
  const database = await createDatabase(t, 'PostgreSQL');
  await database.all(tables);
  const folder = mkdtempSync(path.join(tmpdir(), 'canvas-ws-doctor-'));
  atEnd(t, () => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'canvas-ws.toml');
  writeFileSync(file, `port = 3001\ndatabase = "${database.url}"\nbase-url = "https://draw.example.com"\n`);
  const args = ['doctor', '--config', file];
  const well = await runCommand(args, { env: { BETTER_AUTH_SECRET: secret } });
  assert.equal(well.code, 0, well.stdout + well.stderr);
  assert.match(well.stdout, /all is well/);
  writeFileSync(file, 'prot = 3001\n');
  const mistyped = await runCommand(args, { env });
  assert.equal(mistyped.code, 2);
  assert.match(mistyped.stderr, /prot is no option of canvas-ws serve/);
});

onPostgres('what is wrong is said, with what to do', { timeout }, async (t) => {
  const database = await createDatabase(t, 'PostgreSQL', { migrate: false });
  const args = ['doctor', '--database', database.url];
  const bare = await runCommand(args, { env });
  assert.equal(bare.code, 1);
  assert.match(bare.stdout, /WRONG documents: .*canvas-ws migrate/);
  assert.match(bare.stdout, /WRONG Better Auth: .*session/);
  assert.match((await runCommand(args)).stdout, /WRONG settings: .*BETTER_AUTH_SECRET/);

  await database.migrate();
  await database.all(tables);
  const unknown = await runCommand([...args, '--credential', '-'], { env, input: 'NobodyNobodyNobodyNobodyNobody12' });
  assert.equal(unknown.code, 1);
  assert.match(unknown.stdout, /WRONG credential: there is no such session/);
  const open = await runCommand(args, { env: { ...env, WS_ALLOWED_ORIGINS: '*' } });
  assert.match(open.stdout, /WRONG settings: every origin/);
  const query = ['--permissions', 'sql', '--permission-query', 'SELECT action FROM nowhere WHERE u = $1 AND d = $2'];
  const broken = await runCommand([...args, ...query], { env });
  assert.equal(broken.code, 1);
  assert.match(broken.stdout, /WRONG .*nowhere/);
});

test('an SQLite file that is not there yet is no fault, and guests are named', { timeout }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'canvas-ws-doctor-'));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  const { code, stdout } = await runCommand(['doctor', '--database', `sqlite:${path.join(folder, 'new.sqlite')}`]);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /guests: everybody/);
});
