// The engine between Yjs 13.6 and the release candidate of Yjs 14 (@y/y): each reads what the others write.
//
//   npm test                    YJS14_HISTORIES (300) histories from seed START (1) on
//   SEED=123 npm test           that history alone

import { test } from 'node:test';
import { Choices } from './choices.mjs';
import { Driver } from './driver.mjs';
import { History14 } from './yjs14_history.mjs';

const { SEED, START = 1, YJS14_HISTORIES = 300 } = process.env;
const first = Number(SEED ?? START);
const count = SEED ? 1 : Number(YJS14_HISTORIES);

test('Yjs 13.6, Yjs 14 and the engine read one another', (context) => {
  const driver = new Driver();
  let seed = first;
  try {
    for (; seed < first + count; seed++) new History14(new Choices(seed), driver).run();
  } catch (error) {
    error.message = `SEED=${seed}: ${error.message}`;
    throw error;
  } finally {
    driver.close();
    context.diagnostic(`up to seed ${seed}: ${JSON.stringify(History14.counts)}`);
  }
});
