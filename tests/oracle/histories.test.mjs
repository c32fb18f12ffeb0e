// The block store against Yjs over random histories.
//
//   npm test                    HISTORIES (2,000) histories from seed START (1) on
//   MINUTES=60 npm test         for that long, from a seed of the clock
//   SEED=123 npm test           that history alone
//
// CRDT_DRIVER is the program to test: build/release/crdt_driver, or another.

import { test } from 'node:test';
import { Driver } from './driver.mjs';
import { History } from './history.mjs';
import { Choices } from './choices.mjs';

const { SEED, START, HISTORIES = 2000, MINUTES } = process.env;

function* seeds() {
  if (SEED) return yield Number(SEED);
  const first = Number(START ?? (MINUTES ? Date.now() % 1e9 : 1));
  const end = MINUTES ? Date.now() + Number(MINUTES) * 60_000 : Infinity;
  const count = MINUTES ? Infinity : Number(HISTORIES);
  for (let i = 0; i < count && Date.now() < end; i++) yield first + i;
}

test('the block store and Yjs agree on every history', (context) => {
  const driver = new Driver();
  let count = 0;
  let last;
  try {
    for (const seed of seeds()) {
      last = seed;
      new History(new Choices(seed), driver).run();
      count++;
    }
  } catch (error) {
    error.message = `SEED=${last}: ${error.message}`;
    throw error;
  } finally {
    driver.close();
    context.diagnostic(`${count} histories up to seed ${last}: ${JSON.stringify(History.counts)}`);
  }
});
