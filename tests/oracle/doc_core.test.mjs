// The core of Doc against Yjs over random histories: the same updates in the same batches give the same bytes.
//
//   npm test                    DOC_HISTORIES (1,000) histories from seed START (1) on
//   SEED=123 npm test           that history alone
//   TRACES=folder npm test      and the recorded sessions of traces.test.mjs, one update at a time

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as decoding from 'lib0/decoding';
import { Choices } from './choices.mjs';
import { DocHistory } from './doc_history.mjs';
import { Driver } from './driver.mjs';
import { DriverDoc } from './driver_doc.mjs';
import { assertSameBytes } from './updates.mjs';

const { SEED, START = 1, DOC_HISTORIES = 1000, TRACES } = process.env;
const first = Number(SEED ?? START);
const count = SEED ? 1 : Number(DOC_HISTORIES);

test('Doc and Yjs agree on every history', (context) => {
  const driver = new Driver();
  let seed = first;
  try {
    for (; seed < first + count; seed++) new DocHistory(new Choices(seed), driver).run();
  } catch (error) {
    error.message = `SEED=${seed}: ${error.message}`;
    throw error;
  } finally {
    driver.close();
    context.diagnostic(`up to seed ${seed}: ${JSON.stringify(DocHistory.counts)}`);
  }
});

const suffix = '-updates.v1.bin';

test('Doc makes of a trace the bytes that Yjs makes of it', { skip: TRACES ? false : 'TRACES is not given' }, () => {
  const names = readdirSync(TRACES)
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length));
  assert.ok(names.length > 0, `no *${suffix} in ${TRACES}`);
  const driver = new Driver();
  try {
    for (const name of names) {
      const doc = new DriverDoc(driver, 0, { gc: true });
      for (const updates of batches(name)) doc.applyAll(updates);
      doc.check();
      assertSameBytes(doc.state(), readFileSync(join(TRACES, `${name}-final.v1.bin`)), `the final state of ${name}`);
    }
  } finally {
    driver.close();
  }
});

// The updates of a trace, a thousand a request.
function* batches(name) {
  const decoder = decoding.createDecoder(readFileSync(join(TRACES, name + suffix)));
  while (decoding.hasContent(decoder)) {
    const updates = [];
    while (decoding.hasContent(decoder) && updates.length < 1000) updates.push(decoding.readVarUint8Array(decoder));
    yield updates;
  }
}
