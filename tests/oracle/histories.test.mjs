// The engine against Yjs over random histories.
//
//   tests/oracle/run                   HISTORIES (20,000) histories from seed START (1) on
//   tests/oracle/run --minutes 60      for that long, from a seed of the clock
//   tests/oracle/run --seed 123        that history alone
//
// The same by the environment: MINUTES=60 and SEED=123. WORKERS (2) threads share the histories. CRDT_DRIVER is the program to test:
// build/release/crdt_driver, or another.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { Choices } from './choices.mjs';
import { Driver } from './driver.mjs';
import { History } from './history.mjs';

const { SEED, START, HISTORIES = 20_000, MINUTES, WORKERS = 2 } = process.env;

// What a worker runs: every `step`th seed.
function* seedsOf({ first, count, step, end }) {
  for (let i = 0; i < count && Date.now() < end; i += step) yield first + i;
}

const runHistories = (part) => {
  const driver = new Driver();
  let done = 0;
  try {
    for (const seed of seedsOf(part)) {
      try {
        new History(new Choices(seed), driver).run();
      } catch (error) {
        throw new Error(`tests/oracle/run --seed ${seed}\n${error.stack.slice(0, 4000)}`);
      }
      done++;
    }
  } finally {
    driver.close();
  }
  return { done, counts: History.counts };
};

const runPart = (workerData) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => code !== 0 && reject(new Error(`a worker has ended with ${code}`)));
  });

const partsOf = ({ first, count, end }, workers) =>
  Array.from({ length: workers }, (_, i) => ({ first: first + i, count: count - i, step: workers, end }));

const addCounts = (sum, counts) => {
  for (const [what, count] of Object.entries(counts)) sum[what] = (sum[what] ?? 0) + count;
  return sum;
};

if (isMainThread) {
  test('the engine and Yjs agree on every history', async (context) => {
    const first = Number(SEED ?? START ?? (MINUTES ? Date.now() % 1e9 : 1));
    const end = MINUTES && !SEED ? Date.now() + Number(MINUTES) * 60_000 : Infinity;
    const count = SEED ? 1 : MINUTES ? Infinity : Number(HISTORIES);
    const results = await Promise.all(partsOf({ first, count, end }, SEED ? 1 : Number(WORKERS)).map(runPart));
    const done = results.reduce((sum, result) => sum + result.done, 0);
    const counts = results.reduce((sum, result) => addCounts(sum, result.counts), {});
    context.diagnostic(`${done} histories from seed ${first} on: ${JSON.stringify(counts)}`);
    const { 'another form': others = 0, 'the same bytes': same = 0 } = counts;
    assert.ok(SEED || others <= same / 200, `${others} times another form than that of Yjs, ${same} times the same bytes`);
  });
} else {
  parentPort.postMessage(runHistories(workerData));
}
