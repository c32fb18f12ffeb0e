// What people do with a document, over random histories against Yjs: reading, editing, restoring.
//
//   npm test                    TYPE_HISTORIES (300) histories of each kind from seed START (1) on
//   SEED=123 npm test           that history alone

import { test } from 'node:test';
import { Choices } from './choices.mjs';
import { Driver } from './driver.mjs';
import { EditingHistory, ReadingHistory } from './doc_types_histories.mjs';
import { RestoreHistory } from './restore_history.mjs';

const { SEED, START = 1, TYPE_HISTORIES = 300 } = process.env;
const first = Number(SEED ?? START);
const count = SEED ? 1 : Number(TYPE_HISTORIES);

const testHistories = (name, History) => {
  test(name, (context) => {
    const driver = new Driver();
    let seed = first;
    try {
      for (; seed < first + count; seed++) new History(new Choices(seed), driver).run();
    } catch (error) {
      error.message = `SEED=${seed}: ${error.message}`;
      throw error;
    } finally {
      driver.close();
      context.diagnostic(`up to seed ${seed}: ${JSON.stringify(History.counts)}`);
    }
  });
};

testHistories('a document reads as Yjs reads it', ReadingHistory);
testHistories('an edit is the edit that Yjs makes', EditingHistory);
testHistories('what was is brought back', RestoreHistory);
