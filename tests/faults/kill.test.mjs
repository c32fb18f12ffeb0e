// kill -9 at any moment loses nothing that a client was told is saved. And the control: the same procedure finds the
// loss in a server that acknowledges before it commits.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createDatabase, databaseKinds } from '../harness/database.mjs';
import { Random } from '../harness/random.mjs';
import { earlyAckBinary, Server } from '../harness/server.mjs';
import { KillTrial } from './kill_trial.mjs';
import { loadFlags } from './load.mjs';

const rounds = 50;
const timeout = 300_000;

for (const kind of databaseKinds) describe(kind, () => testKill(kind));

function testKill(kind) {
  test(`${rounds} times kill -9 under load: nothing acknowledged is lost`, { timeout }, async (t) => {
    const database = await createDatabase(t, kind);
    const server = await Server.start(t, { database, flags: loadFlags });
    const trial = new KillTrial(t, server, Random.forTest(t));
    for (let round = 1; round <= rounds; ++round) {
      assert.deepEqual(await trial.round(), [], `after round ${round}`);
    }
    assert.equal((await server.terminate()).code, 0);
    await server.launch();
    const { load } = trial;
    assert.deepEqual(await load.findLossesOn(server), [], 'after a clean restart');
    t.diagnostic(
      `${load.acknowledged} updates were acknowledged and are there, ${load.unacknowledged} were not acknowledged`,
    );
    assert.ok(load.acknowledged > 1000, `only ${load.acknowledged} were acknowledged: the test did not test much`);
  });

  test('control: the procedure finds the loss in a server that acknowledges early', { timeout }, async (t) => {
    const database = await createDatabase(t, kind);
    const server = await Server.start(t, { database, program: earlyAckBinary, flags: loadFlags });
    const trial = new KillTrial(t, server, Random.forTest(t));
    for (let round = 1; round <= rounds; ++round) {
      const losses = await trial.round();
      if (losses.length > 0) {
        t.diagnostic(`round ${round} found ${losses.length} losses, for example ${losses[0]}`);
        return;
      }
    }
    assert.fail(`${rounds} rounds found no loss`);
  });
}
