// Whether the engines came to the same: each result is read by Yjs, and content, state vector and deletions are compared.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Y } from '../peers/yjs.mjs'

// `results` is [[engine, file], ...]. Throws when one differs from the last, which is a peer's or Yjs's own of the trace.
export function assertSame(one, results, folder) {
  const read = one.operation === 'json' ? (file) => JSON.parse(readFileSync(file)) : (file) => meaningOf(one, file, folder)
  const files = one.same ? [...results, ['Yjs, recorded', join(folder, one.same)]] : results
  const [expectedBy, expectedFile] = files.at(-1)
  const expected = read(expectedFile)
  for (const [engine, file] of files.slice(0, -1)) assert.deepEqual(read(file), expected, `${one.name}: ${engine} differs from ${expectedBy}`)
}

function meaningOf({ base, root, operation }, file, folder) {
  const doc = new Y.Doc()
  if (base !== undefined) Y.applyUpdate(doc, readFileSync(join(folder, base)))
  const apply = operation === 'convert' ? Y.applyUpdateV2 : Y.applyUpdate
  apply(doc, readFileSync(file))
  assert.equal(doc.store.pendingStructs, null, 'nothing waits')
  assert.equal(doc.store.pendingDs, null, 'no deletion waits')
  const { ds, sv } = Y.snapshot(doc)
  return {
    text: root.text && doc.getText(root.text).toString(),
    map: root.map && doc.getMap(root.map).toJSON(),
    clocks: [...sv].sort(([a], [b]) => a - b),
    deleted: [...ds.clients].map(([client, ranges]) => [client, ranges.map(({ clock, len }) => [clock, len])]).sort(([a], [b]) => a - b)
  }
}
