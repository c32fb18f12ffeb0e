// bench_crdt for Yjs and ywasm: the same operations, options and lines (operations.h, main.cpp). Needs --expose-gc.
import { readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { median } from '../common/table.mjs'
import { peers } from './peers.mjs'
import { readSequence } from './sequence.mjs'

// What is short is done several times a run, and its median told; in the first run, until Node has compiled it well.
const leastOfARun = 100 // ms
const leastOfFirstRun = 1000
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
const prepared = { apply, load, encode, difference: encode, merge, diff, convert, json }[operation]()
let isFirst = true

for await (const _ of createInterface(process.stdin)) {
  if (isFirst) console.log(JSON.stringify(firstRun()))
  else console.log(JSON.stringify({ ms: run(leastOfARun) }))
  isFirst = false
}

// Only this run tells memory: a collection makes Node forget compiled code that it has good use for.
function firstRun() {
  const { ms, heldBytes, result } = prepared({ isMemoryMeasured: true })
  if (options.result !== undefined) writeFileSync(options.result, result)
  if (!options.once && ms < leastOfFirstRun) run(leastOfFirstRun - ms)
  return { ms, result_bytes: result.length, held_bytes: heldBytes }
}

function run(least) {
  const spent = []
  let inAll = 0
  do {
    const { ms } = prepared({ isMemoryMeasured: false })
    spent.push(ms)
    inAll += ms
  } while (!options.once && inAll < least && spent.length < mostOfARun)
  return median(spent)
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
  return ({ isMemoryMeasured }) => {
    const before = isMemoryMeasured ? engine.heldBytes() : undefined
    const document = loaded(start)
    const { ms } = timed(() => { for (const update of updates) document.apply(update) })
    const heldBytes = isMemoryMeasured ? engine.heldBytes() - before : undefined
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

function diff() {
  const [update, known] = [readOptional(options.input), readOptional(options.known)]
  return () => timed(() => engine.diff(update, known))
}

function convert() {
  const update = readOptional(options.input)
  return () => timed(() => engine.convert(update))
}

function loaded(update) {
  const document = engine.newDocument()
  if (update !== undefined) document.apply(update)
  return document
}
