// PostgreSQL is there and answers, but takes no writes or no connections for a while: what a failover looks like from
// the server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atEnd } from '../harness/cleanup.mjs';
import { databaseKinds, PostgresDatabase } from '../harness/database.mjs';
import { Random } from '../harness/random.mjs';
import { Server } from '../harness/server.mjs';
import { sleep } from '../harness/wait.mjs';
import { findDoubles, Load, loadFlags } from './load.mjs';

const options = { timeout: 120_000, skip: !databaseKinds.includes('PostgreSQL') };
const role = 'app';

const faults = {
  'the database takes no writes, and then does': {
    begin: ({ cluster, name }) => cluster.query(`ALTER DATABASE "${name}" SET default_transaction_read_only = on`),
    end: ({ cluster, name }) => cluster.query(`ALTER DATABASE "${name}" RESET default_transaction_read_only`),
  },
  'the role may have no connection, and then may again': {
    begin: ({ cluster }) => cluster.query(`ALTER ROLE ${role} CONNECTION LIMIT 0`),
    end: ({ cluster }) => cluster.query(`ALTER ROLE ${role} CONNECTION LIMIT -1`),
  },
  'the role may have one connection only, and then more': {
    begin: ({ cluster }) => cluster.query(`ALTER ROLE ${role} CONNECTION LIMIT 1`),
    end: ({ cluster }) => cluster.query(`ALTER ROLE ${role} CONNECTION LIMIT -1`),
    mayGoOn: true,
  },
  'the database takes no connections, and then does': {
    begin: ({ cluster, name }) => cluster.query(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS false`),
    end: ({ cluster, name }) => cluster.query(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS true`),
  },
};

for (const [name, { begin, end, mayGoOn = false }] of Object.entries(faults)) {
  test(name, options, async (t) => {
    const database = await PostgresDatabase.create(t, { role });
    const server = await Server.start(t, { database, flags: ['--history', '1d', ...loadFlags] });
    const load = new Load(t, Random.forTest(t));
    await load.start(server);
    await load.waitAcknowledged();

    atEnd(t, () => end(database)); // the role is that of the other tests too
    await begin(database);
    await database.cluster.terminateBackends(database.name);
    if (!mayGoOn) await assertStandstill(t, server, load);
    else await sleep(2000);
    await end(database);

    await load.waitAcknowledged();
    load.stop();
    await load.settle(server);
    await load.end();
    assert.equal(load.unacknowledged, 0);
    assert.deepEqual(await load.findLossesOn(server), []);
    assert.deepEqual(await findDoubles(database, load.documents), []);
    await server.waitHealth('healthy');
  });
}

// Nothing is acknowledged, the reason is told, and people go on editing together.
async function assertStandstill(t, server, load) {
  await sleep(500); // what was committed just before is found, and acknowledged
  const { database: state } = await server.waitHealth('degraded');
  t.diagnostic(JSON.stringify(state));
  assert.ok(state.reason, 'no reason is given');
  const acknowledged = load.acknowledgedNow;
  await load.exchange();
  await sleep(2000);
  assert.equal(load.acknowledgedNow, acknowledged, 'something was acknowledged that could not be stored');
}
