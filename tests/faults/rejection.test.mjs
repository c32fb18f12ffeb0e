// The database refuses single rows: once, or all of one document. Nothing else suffers, and nothing is lost.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createDatabase, databaseKinds } from '../harness/database.mjs';
import { Random } from '../harness/random.mjs';
import { RawHocuspocus } from '../harness/raw_client.mjs';
import { Server } from '../harness/server.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';
import { findDoubles, Load, loadFlags } from './load.mjs';

const timeout = 120_000;
const refused = 'refused "document"';

for (const kind of databaseKinds) {
  describe(kind, () => {
    test('a document that is refused does not hold up the others', { timeout }, (t) => testRefusedDocument(t, kind));
  });
}

if (databaseKinds.includes('PostgreSQL')) {
  test('statements that fail once in the middle of a group', { timeout }, async (t) => {
    const database = await createDatabase(t, 'PostgreSQL');
    const server = await Server.start(t, { database, flags: ['--history', '1d', ...loadFlags] });
    const load = new Load(t, Random.forTest(t));
    // What a sequence has counted stays counted when the transaction is rolled back.
    const failing = [40, 41, 300, 301, 302, 900, 2000];
    await database.all('CREATE SEQUENCE insertions');
    await installTrigger(database, `nextval('insertions') IN (${failing})`);
    await load.start(server);
    await waitFor('all failures to have happened', async () => (await insertions(database)) > failing.at(-1));
    assert.deepEqual(await load.findLossesIn(database), [], 'acknowledged before it was committed');
    load.stop();
    await load.settle(server);
    await load.end();
    assert.equal(load.unacknowledged, 0);
    assert.deepEqual(await load.findLossesOn(server), []);
    assert.deepEqual(await findDoubles(database, load.documents), []);
    await server.waitHealth('healthy');
  });
}

async function testRefusedDocument(t, kind) {
  const database = await createDatabase(t, kind);
  const server = await Server.start(t, { database, flags: ['--history', '1d', ...loadFlags] });
  const others = new Load(t, Random.forTest(t), { rawWriters: 6 });
  const unlucky = new Load(t, Random.forTest(t), { name: 'unlucky', documents: [refused], rawWriters: 2 });
  await Promise.all([others.start(server), unlucky.start(server)]);
  await unlucky.waitAcknowledged(10);

  await installTrigger(database, `NEW.document_id = '${refused}'`);
  await sleep(500);
  const acknowledged = unlucky.acknowledgedNow;
  const { database: state } = await server.waitHealth('degraded');
  t.diagnostic(JSON.stringify(state));
  assert.ok(state.reason.includes(refused), `the reason names no document: ${state.reason}`);
  await others.waitAcknowledged(300);
  others.stop();
  unlucky.stop();
  await others.settle(server);
  await unlucky.exchange();
  assert.equal(unlucky.acknowledgedNow, acknowledged, 'an update that is refused was acknowledged');
  assert.ok(unlucky.outstanding > 0);
  const newcomer = await RawHocuspocus.join(server, refused);
  newcomer.terminate();

  await removeTrigger(database);
  await unlucky.settle(server);
  await server.waitHealth('healthy');
  for (const load of [others, unlucky]) {
    await load.end();
    assert.equal(load.unacknowledged, 0);
    assert.deepEqual(await findDoubles(database, load.documents), []);
  }
  await server.kill();
  await server.launch();
  for (const load of [others, unlucky]) assert.deepEqual(await load.findLossesOn(server), []);
}

// Every row of the log for which `condition` holds is refused from here on.
async function installTrigger(database, condition) {
  if (database.cluster === undefined) {
    await database.all(`CREATE TRIGGER refusal BEFORE INSERT ON yjs_update_log WHEN ${condition}
      BEGIN SELECT RAISE(ABORT, 'refused by the test'); END`);
    return;
  }
  await database.all(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF ${condition} THEN RAISE EXCEPTION 'refused by the test'; END IF; RETURN NEW; END $$`);
  await database.all('CREATE TRIGGER refusal BEFORE INSERT ON yjs_update_log FOR EACH ROW EXECUTE FUNCTION refuse()');
}

async function removeTrigger(database) {
  await database.all(`DROP TRIGGER refusal${database.cluster === undefined ? '' : ' ON yjs_update_log'}`);
}

async function insertions(database) {
  const [row] = await database.all('SELECT last_value FROM insertions');
  return Number(row.last_value);
}
