// canvas-ws bench: every pattern in every protocol.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Server } from '../harness/server.mjs';
import { assertNothingLost, bench, short } from './bench_runs.mjs';

const timeout = 120_000;
const patterns = ['typing', 'drag', 'replace', 'cursors', 'diagram', 'join-storm', 'churn', 'mixed'];

for (const protocol of ['hocuspocus', 'y-websocket', 'mixed']) {
  test(`every pattern in ${protocol} loses nothing`, { timeout }, async (t) => {
    const server = await Server.start(t);
    // At once: each has documents of its own, and most of the time it waits.
    const runs = patterns.map((pattern) => bench(server.url, ...short, '--protocol', protocol, '--pattern', pattern));
    for (const [i, outcome] of (await Promise.all(runs)).entries()) {
      const pattern = patterns[i];
      assertNothingLost(outcome);
      const { result } = outcome;
      assert.equal(result.pattern, pattern);
      assert.equal(result.documents_checked, 4 + result.rooms);
      if (pattern === 'churn') assert.equal(result.visits_done, 200);
      else if (pattern === 'cursors') assert.equal(result.cursors, 200);
      else if (pattern === 'join-storm') assert.ok(result.connections >= 24, `${result.connections}`);
      else assert.equal(result.updates + result.cursors, 200);
      if (['typing', 'drag', 'replace'].includes(pattern)) assert.equal(result.deliveries, 400);
      if (protocol === 'hocuspocus' && pattern !== 'cursors') assert.equal(result.acknowledged, result.updates);
    }
  });
}
