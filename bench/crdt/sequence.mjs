// A sequence of updates in a file: each behind its length (varUint).
import { readFileSync, writeFileSync } from 'node:fs'
import { decoding, encoding } from '../peers/yjs.mjs'

export function readSequence(file, most = Infinity) {
  const decoder = decoding.createDecoder(readFileSync(file))
  const updates = []
  while (decoding.hasContent(decoder) && updates.length < most) updates.push(decoding.readVarUint8Array(decoder))
  return updates
}

export function writeSequence(file, updates) {
  const encoder = encoding.createEncoder()
  for (const update of updates) encoding.writeVarUint8Array(encoder, update)
  writeFileSync(file, encoding.toUint8Array(encoder))
}
