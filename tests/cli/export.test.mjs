// canvas-ws document export --format: the content as JSON, text, XML and both update formats, as Yjs itself would give it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import * as Y from 'yjs';
import { editEverything } from '../harness/content.mjs';
import { databaseKinds } from '../harness/database.mjs';
import { Random } from '../harness/random.mjs';
import { Desk, threeVersions } from './desk.mjs';

const timeout = 120_000;
const diagram = '<mxfile><diagram id="1">Gärten &amp; Bäume 🌳\n</diagram></mxfile>';

const app = () => {
  const doc = new Y.Doc();
  doc.getText('diagram-xml').insert(0, diagram);
  return doc;
};

// As JSON has it: bytes are objects, and a bigint is its digits.
const asJson = (doc, names) => {
  const roots = names.map(([name, get]) => [name, doc[get](name).toJSON()]);
  const bigintAsNumber = (key, value) => (typeof value === 'bigint' ? Number(value) : value);
  return JSON.parse(JSON.stringify(Object.fromEntries(roots), bigintAsNumber));
};

for (const kind of databaseKinds) {
  const check = (name, run) => test(`${kind}: ${name}`, { timeout }, async (t) => run(await Desk.open(t, kind), t));

  check('a diagram of the app is given as text, and as JSON', async (desk) => {
    await desk.import('plan', Y.encodeStateAsUpdate(app()));
    assert.equal((await desk.succeeds(['export', 'plan', '--format', 'text'])).stdout, diagram);
    const { stdout } = await desk.succeeds(['export', 'plan', '--format', 'json']);
    assert.deepEqual(JSON.parse(stdout), { 'diagram-xml': diagram });
  });

  check('a document of all types is given as JSON, text and XML', async (desk, t) => {
    const doc = new Y.Doc();
    for (const entry of ['one', 'two']) editEverything(doc, entry, Random.forTest(t));
    await desk.import('plan', Y.encodeStateAsUpdate(doc));
    const { stdout } = await desk.succeeds(['export', 'plan', '--format', 'json']);
    const names = [
      ['journal', 'getArray'],
      ['map', 'getMap'],
      ['array', 'getArray'],
      ['text', 'getText'],
      ['prose', 'getText'],
      ['xml', 'getXmlFragment'],
    ];
    const { subdocuments, ...json } = JSON.parse(stdout);
    assert.deepEqual(json, asJson(doc, names));
    assert.deepEqual(Object.keys(subdocuments).toSorted(), ['one', 'two']);
    const textOf = async (format, root) => (await desk.succeeds(['export', 'plan', '--format', format, '--root', root])).stdout;
    assert.equal(await textOf('text', 'prose'), doc.getText('prose').toString());
    assert.equal(await textOf('text', 'text'), doc.getText('text').toString());
    assert.equal(await textOf('xml', 'xml'), doc.getXmlFragment('xml').toString());
    assert.deepEqual(JSON.parse(await textOf('json', 'map')), asJson(doc, [['map', 'getMap']]).map);
  });

  check('both update formats hold the same', async (desk, t) => {
    const doc = new Y.Doc();
    editEverything(doc, 'one', Random.forTest(t));
    await desk.import('plan', Y.encodeStateAsUpdate(doc));
    const v1 = (await desk.succeeds(['export', 'plan'])).bytes;
    const v2 = (await desk.succeeds(['export', 'plan', '--format', 'update-v2'])).bytes;
    assert.deepEqual(Buffer.from(Y.convertUpdateFormatV2ToV1(v2)), Buffer.from(v1));
    const read = new Y.Doc();
    Y.applyUpdateV2(read, v2);
    assert.equal(read.getXmlFragment('xml').toString(), doc.getXmlFragment('xml').toString());
  });

  check('an earlier time is given in every format', async (desk) => {
    const [first] = await threeVersions(desk);
    assert.equal((await desk.succeeds(['export', 'plan', '--at', first, '--format', 'text'])).stdout, 'first');
    assert.deepEqual(JSON.parse((await desk.succeeds(['export', 'plan', '--at', first, '--format', 'json'])).stdout), { text: 'first' });
    const file = path.join(desk.folder, 'plan.txt');
    await desk.succeeds(['export', 'plan', '--format', 'text', '--output', file]);
    assert.equal(readFileSync(file, 'utf8'), 'third');
  });

  check('what cannot be given so is an error that says what can', async (desk, t) => {
    const doc = new Y.Doc();
    editEverything(doc, 'one', Random.forTest(t));
    await desk.import('plan', Y.encodeStateAsUpdate(doc));
    await desk.import('diagram', Y.encodeStateAsUpdate(app()));
    assert.match((await desk.fails(['export', 'plan', '--format', 'text'])).stderr, /several.*--root/s);
    assert.match((await desk.fails(['export', 'plan', '--format', 'text', '--root', 'nothing'])).stderr, /'nothing'.*'prose'/s);
    assert.match((await desk.fails(['export', 'diagram', '--format', 'xml'])).stderr, /--format text/);
    assert.match((await desk.isMisused(['export', 'plan', '--root', 'text'])).stderr, /--root/);
  });
}
