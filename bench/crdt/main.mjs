// The engine beside Yjs and ywasm: progress on stderr, tables on stdout. What it measures, and how to read it: bench/README.md.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { temporaryFolder } from '../common/folder.mjs'
import { assertSame } from './agreement.mjs'
import { casesOf, growths, plans } from './cases.mjs'
import { Engine, program, titles } from './engine.mjs'
import { countInstructions } from './instructions.mjs'
import { printGrowths, printMemory, printTimes } from './report.mjs'

const usage = `Usage: bench/crdt.sh [options]     with BUILD=folder of the binaries (default build/release)

  --quick          each case once, on less; fails when the engines differ, and never on a time
  --repeat N       repetitions, of which the median is told (5)
  --cases NAMES    of ${casesOf(plans.full, []).map(({ name }) => name).join(', ')}
  --only ENGINES   of ${Object.keys(titles).join(', ')}
  --json FILE      write every single result there
  --instructions   instead: count the instructions of (a) and (e) with callgrind
`

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false }, repeat: { type: 'string' }, cases: { type: 'string' }, only: { type: 'string' },
    json: { type: 'string' }, instructions: { type: 'boolean', default: false }, help: { type: 'boolean', default: false }
  }
})

const plan = options.quick ? plans.quick : plans.full
const repetitions = Number(options.repeat ?? (options.quick ? 0 : 5))
const say = (text) => process.stderr.write(`${text}\n`)

if (options.help) process.stdout.write(usage)
else await main()

async function main() {
  const engines = pick('engine', options.only, Object.keys(titles))
  const all = casesOf(plan, engines)
  const names = pick('case', options.cases, all.map(({ name }) => name))
  const cases = all.filter(({ name, engines: its }) => names.includes(name) && its.length > 0)
  if (!existsSync(program)) end(1, `${program} is not there: build it, or set BUILD.`)
  const folder = inputs()
  if (options.instructions) return countInstructions(cases, folder)
  say(`${cpus()[0].model}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(2)} before the run (other work makes every time worse).`)
  const records = []
  for (const one of cases) records.push(...await measure(one, folder))
  if (options.json) writeFileSync(options.json, JSON.stringify(records, null, 1))
  if (!options.quick) {
    printTimes(cases, records, engines)
    printGrowths(growths.filter((growth) => growth.slice(1).every((name) => names.includes(name))), records, engines)
    printMemory(cases, records, engines)
  }
  say('\nThe engines came to the same.')
  process.exit(0)
}

function pick(what, wanted, all) {
  const names = wanted?.split(',') ?? all
  const unknown = names.find((name) => !all.includes(name))
  if (unknown) end(2, `There is no ${what} "${unknown}".\n${usage}`)
  return names
}

// The folder with all inputs: the traces unpacked, the rest generated; made when it is not there, or older than what makes it.
function inputs() {
  const traces = fileURLToPath(new URL('traces/', import.meta.url))
  const generator = fileURLToPath(new URL('generate.mjs', import.meta.url))
  const folder = join(process.env.BUILD, options.quick ? 'bench-crdt-quick' : 'bench-crdt')
  const done = join(folder, 'made-for')
  const wanted = JSON.stringify(plan)
  if (existsSync(done) && readFileSync(done, 'utf8') === wanted && statSync(done).mtimeMs > statSync(generator).mtimeMs) return folder
  say(`Making the inputs in ${folder} ...`)
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(traces).filter((file) => file.endsWith('.xz'))) {
    writeFileSync(join(folder, name.slice(0, -'.xz'.length)), execFileSync('xz', ['-dc', join(traces, name)], { maxBuffer: 64 << 20 }))
  }
  execFileSync(process.execPath, [generator, folder, wanted], { stdio: 'inherit' })
  return folder
}

// A B C A B C ...: what drifts on the machine drifts for all. The run before the first repetition warms up, tells the memory, and has its result compared.
async function measure(one, folder) {
  const results = temporaryFolder()
  const running = one.engines.map((name) => ({ name, result: join(results, name) }))
  for (const each of running) each.engine = new Engine(each.name, one, folder, { result: each.result, isQuick: options.quick })
  const records = []
  for (let repetition = 0; repetition <= repetitions; ++repetition) {
    for (const { name, engine } of running) {
      const record = { name: one.name, engine: name, repetition, ...await runOrEnd(one, name, engine) }
      records.push(record)
    }
  }
  for (const { engine } of running) await engine.end()
  compare(one, running.map(({ name, result }) => [name, result]), folder)
  say(`${one.title}: ${one.engines.map((name) => `${titles[name]} ${records.findLast((record) => record.engine === name).ms.toFixed(2)} ms`).join(', ')}`)
  return records
}

async function runOrEnd(one, name, engine) {
  try {
    return await engine.run()
  } catch (error) {
    return end(1, `${one.name}, ${titles[name]}: ${error.message}`)
  }
}

function compare(one, results, folder) {
  try {
    assertSame(one, results, folder)
  } catch (error) {
    end(1, error.message)
  }
}

function end(code, message) {
  say(message)
  process.exit(code)
}
