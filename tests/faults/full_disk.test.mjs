// The disk of the database fills up under load, and somebody makes room again.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, statfsSync, symlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { atEnd } from '../harness/cleanup.mjs';
import { createDatabase, databaseKinds } from '../harness/database.mjs';
import { PostgresCluster } from '../harness/postgres.mjs';
import { Random } from '../harness/random.mjs';
import { Server } from '../harness/server.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';
import { findDoubles, Load, loadFlags } from './load.mjs';

const timeout = 180_000;
const settings = ['min_wal_size=32MB', 'max_wal_size=32MB', 'checkpoint_timeout=30s', 'shared_buffers=8MB'];

// Where the disk is, and what makes the database need more of it.
const cases = {
  'of an SQLite file': {
    kind: 'SQLite',
    size: '16m',
    make: (t, disk) => createDatabase(t, 'SQLite', { folder: disk.folder }),
  },
  'of PostgreSQL': {
    kind: 'PostgreSQL',
    size: '112m',
    make: async (t, disk) => {
      const cluster = await PostgresCluster.start(t, { folder: disk.folder, settings });
      return createDatabase(t, 'PostgreSQL', { cluster });
    },
  },
  "of PostgreSQL's write-ahead log": {
    kind: 'PostgreSQL',
    size: '80m',
    make: async (t, disk) => {
      const cluster = await PostgresCluster.start(t, { settings });
      await moveLog(cluster, disk);
      return createDatabase(t, 'PostgreSQL', { cluster });
    },
    press: useUpLog,
  },
};

for (const [disk, { kind, size, make, press }] of Object.entries(cases)) {
  if (databaseKinds.includes(kind)) {
    test(`a full disk ${disk} is no loss, and no end`, { timeout }, (t) => testFullDisk(t, size, make, press));
  }
}

async function testFullDisk(t, size, make, press = () => {}) {
  const disk = SmallDisk.mount(t, size);
  if (disk === null) return t.skip('a small disk can be mounted only by root, and not in every container');
  const database = await make(t, disk);
  const server = await Server.start(t, { database, flags: ['--history', '1d', ...loadFlags] });
  const load = new Load(t, Random.forTest(t));
  await load.start(server);
  await load.waitAcknowledged();

  disk.fill();
  await press(database.cluster);
  const { database: state } = await server.waitHealth('degraded');
  t.diagnostic(JSON.stringify(state));
  assert.ok(state.reason, 'no reason is given');
  for (let i = 0; i < 3; ++i) {
    await sleep(1000);
    disk.fill(); // what was freed meanwhile, by a restart of PostgreSQL for example
    await load.exchange();
  }
  const acknowledged = load.acknowledgedNow;
  await sleep(1000);
  assert.ok(load.outstanding > 0);
  assert.equal(load.acknowledgedNow, acknowledged, 'something was acknowledged on a full disk');

  disk.makeRoom();
  await restartIfDown(t, database.cluster);
  assert.deepEqual(await load.findLossesIn(database), [], 'acknowledged before it was committed');
  await load.waitAcknowledged();
  load.stop();
  await load.settle(server);
  await load.end();
  assert.equal(load.unacknowledged, 0);
  assert.deepEqual(await findDoubles(database, load.documents), []);
  await server.waitHealth('healthy');
  await server.kill();
  await server.launch();
  assert.deepEqual(await load.findLossesOn(server), []);
  t.diagnostic(`${load.acknowledged} updates were acknowledged and are there`);
}

async function moveLog(cluster, disk) {
  await cluster.stop('fast');
  const [from, to] = [path.join(cluster.folder, 'data', 'pg_wal'), path.join(disk.folder, 'pg_wal')];
  execFileSync('cp', ['-a', from, to]);
  rmSync(from, { recursive: true });
  symlinkSync(to, from);
  await cluster.start();
}

// Files of the log that are there already are used up, and then it needs another one.
async function useUpLog(cluster) {
  for (let i = 0; i < 20 && (await cluster.isUp()); ++i) {
    await cluster.query('SELECT pg_switch_wal()').catch(() => {});
    await sleep(50);
  }
}

// PostgreSQL ends itself when it cannot write its log; an operator then starts it again.
async function restartIfDown(t, cluster) {
  if (cluster === undefined) return;
  await sleep(500);
  if (await cluster.isUp()) return;
  t.diagnostic('PostgreSQL went down with its disk, and is started again');
  await cluster.stop().catch(() => {});
  await cluster.start();
  await waitFor('PostgreSQL to be up', () => cluster.isUp());
}

// A file system of a few megabytes.
class SmallDisk {
  folder = mkdtempSync(path.join(tmpdir(), 'canvas-ws-small-disk-'));
  #ballast = 0;

  // Null when this user, or this machine, cannot.
  static mount(t, size) {
    const disk = new SmallDisk();
    try {
      if (process.getuid() !== 0) return disk.#giveUp();
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0755`, 'tmpfs', disk.folder], { stdio: 'pipe' });
    } catch {
      return disk.#giveUp();
    }
    atEnd(t, () => {
      execFileSync('umount', ['-l', disk.folder]);
      rmdirSync(disk.folder);
    });
    return disk;
  }

  // To the last byte.
  fill() {
    const file = openSync(path.join(this.folder, `ballast-${(this.#ballast += 1)}`), 'w');
    const chunk = Buffer.alloc(64 << 10, 1);
    try {
      for (;;) writeSync(file, chunk);
    } catch (error) {
      if (error.code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
    const { bavail } = statfsSync(this.folder);
    assert.equal(bavail, 0);
  }

  makeRoom() {
    for (; this.#ballast > 0; --this.#ballast) rmSync(path.join(this.folder, `ballast-${this.#ballast}`));
  }

  #giveUp() {
    rmdirSync(this.folder);
    return null;
  }
}
