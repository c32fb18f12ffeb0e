// canvas-ws under the real PM2: crashes under load, graceful ends, and a server that cannot start.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { join, kinds } from '../harness/clients.mjs';
import { editJournal, journalOf } from '../harness/content.mjs';
import { Random } from '../harness/random.mjs';
import { settled, waitFor } from '../harness/wait.mjs';
import { Load } from '../faults/load.mjs';
import { Pm2 } from './pm2.mjs';

const timeout = 180_000;
const settings = 'max-updates-per-second = 0\n'; // the writers are faster than a client may be
const longestDrain = 9000; // ms, --drain-timeout

const isAlive = (pid) => existsSync(`/proc/${pid}`);

test('kill -9 under load: restarted, clients come back, nothing acknowledged is lost', { timeout }, async (t) => {
  const pm2 = await Pm2.prepare(t, { settings });
  await pm2.start();
  let { pid, restarts } = await pm2.waitServing();
  const load = new Load(t, Random.forTest(t));
  const bystanders = await Promise.all(kinds.map((kind) => join(t, pm2, kind, 'bystanders')));
  for (let round = 1; round <= 3; ++round) {
    await load.start(pm2);
    await load.waitAcknowledged(200);
    process.kill(pid, 'SIGKILL');
    await settled('the writers to notice', load.closed);
    await load.end();
    const next = await pm2.waitServing(pid);
    assert.equal(next.restarts, restarts + 1);
    ({ pid, restarts } = next);
    assert.deepEqual(await load.findLossesOn(pm2), [], `after round ${round}`);
    await assertBack(bystanders, round);
  }
  t.diagnostic(`${load.acknowledged} updates were acknowledged and are there`);
  assert.ok(load.acknowledged > 600, `only ${load.acknowledged} were acknowledged: the test did not test much`);
});

test('reload, restart and stop are graceful: all is committed, clients come back', { timeout }, async (t) => {
  const pm2 = await Pm2.prepare(t, { settings });
  await pm2.start();
  let { pid, settings: app } = await pm2.waitServing();
  assert.equal(app.exec_mode, 'fork_mode');
  assert.ok(app.kill_timeout > longestDrain, `${app.kill_timeout} ms`);
  const client = await join(t, pm2, 'hocuspocus-4.8', 'graceful');
  for (const command of ['reload', 'restart']) {
    const load = new Load(t, Random.forTest(t), { name: command });
    await load.start(pm2);
    await load.waitAcknowledged();
    await pm2.command(command, 'canvas-ws', '--silent');
    await load.end();
    const next = await pm2.waitServing(pid);
    assert.ok(!isAlive(pid));
    pid = next.pid;
    assert.deepEqual(await load.findLossesOn(pm2), []);
    assertStoppedWell(pm2.log());
    await assertBack([client], command);
  }
  await pm2.command('stop', 'canvas-ws', '--silent');
  assert.equal((await pm2.state()).status, 'stopped');
  assert.ok(!isAlive(pid));
  assertStoppedWell(pm2.log());
  assert.ok(client.wire.closeCodes.length >= 3 && client.wire.closeCodes.every((code) => code === 1012), `${client.wire.closeCodes}`);
});

test('a server that cannot start is tried again, at longer and longer distances, until it can', { timeout }, async (t) => {
  const pm2 = await Pm2.prepare(t, { settings: 'no-such-option = 1\n' });
  await pm2.start();
  const delays = () => [...pm2.daemonLog().matchAll(/will restart in (\d+)ms/g)].map(([, delay]) => Number(delay));
  await waitFor(
    () => `seven restarts; there were ${delays()}`,
    () => delays().length >= 7,
  );
  assert.deepEqual(delays().slice(0, 7), [100, 150, 225, 337, 505, 757, 1135]);
  assert.notEqual((await pm2.state()).status, 'errored');
  pm2.configure(settings);
  await pm2.waitServing();
});

async function assertBack(clients, label) {
  const entry = `after ${label}`;
  await Promise.all(clients.map((client) => waitFor(`${client.kind} to be back`, () => client.isConnected && client.isSynced)));
  editJournal(clients[0].doc, entry);
  await waitFor('an edit to reach all who are back', () => clients.every(({ doc }) => journalOf(doc).includes(entry)));
}

function assertStoppedWell(log) {
  const stops = log.filter((line) => line.event === 'server.stopped');
  const drains = log.filter((line) => line.event === 'server.draining');
  assert.ok(stops.length > 0 && stops.length === drains.length, 'a process has not ended by itself');
  assert.ok(stops.every((line) => line.committed === true));
}
