// bench_crdt for Yjs and ywasm: the same operations, options and lines (operations.h, main.cpp). Needs --expose-gc.
import { readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { median } from '../common/table.mjs'
import { peers } from './peers.mjs'
import { readSequence } from './sequence.mjs'

const leastOfARun = 100 // ms
const mostOfARun = 15

const { values: options, positionals: [operation] } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string' }, input: { type: 'string' }, start: { type: 'string' }, known: { type: 'string' }, root: { type: 'string' },
    first: { type: 'string' }, result: { type: 'string' }, once: { type: 'boolean', default: false }
  }
})

const engine = peers[options.engine]
const readOptional = (file) => file === undefined ? undefined : new Uint8Array(readFileSync(file))
const prepared = { apply, load, encode, difference: encode, merge, json }[operation]()
let resultFile = options.result

for await (const _ of createInterface(process.stdin)) {
  const { ms, heldBytes, result } = run()
  if (resultFile !== undefined) writeFileSync(resultFile, result)
  resultFile = undefined
  console.log(JSON.stringify({ ms, result_bytes: result.length, held_bytes: heldBytes }))
}

function run() {
  const spent = []
  let inAll = 0
  for (;;) {
    globalThis.gc()
    const outcome = prepared()
    spent.push(outcome.ms)
    inAll += outcome.ms
    if (options.once || inAll >= leastOfARun || spent.length >= mostOfARun) return { ...outcome, ms: median(spent) }
  }
}

function timed(work) {
  const begin = performance.now()
  const result = work()
  return { ms: performance.now() - begin, result }
}

function apply() {
  const updates = readSequence(options.input, options.first === undefined ? undefined : Number(options.first))
  return applyTo(readOptional(options.start), updates)
}

function load() {
  return applyTo(undefined, [readOptional(options.input)])
}

function applyTo(start, updates) {
  return () => {
    const before = engine.heldBytes()
    const document = loaded(start)
    const { ms } = timed(() => { for (const update of updates) document.apply(update) })
    const heldBytes = engine.heldBytes() - before
    const result = document.encodeDifference()
    document.free()
    return { ms, heldBytes, result }
  }
}

function encode() {
  const update = readOptional(options.input)
  const known = readOptional(options.known)
  return onDocument(update, (document) => document.encodeDifference(known))
}

function json() {
  return onDocument(readOptional(options.input), (document) => document.mapJson(options.root))
}

function onDocument(update, work) {
  return () => {
    const document = loaded(update)
    const outcome = timed(() => work(document))
    document.free()
    return outcome
  }
}

function merge() {
  const updates = readSequence(options.input, options.first === undefined ? undefined : Number(options.first))
  return () => timed(() => engine.merge(updates))
}

function loaded(update) {
  const document = engine.newDocument()
  if (update !== undefined) document.apply(update)
  return document
}
