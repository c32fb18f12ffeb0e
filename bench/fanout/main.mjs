// Compares the servers of servers.mjs: progress on stderr, tables on stdout. What it measures, and how to read it: bench/README.md.
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { faultsOf } from '../common/faults.mjs'
import { measureFanOut, measureIdle, searchLimit } from './measure.mjs'
import { printFanOut, printIdle, printLimits } from './report.mjs'
import { isThere, servers } from './servers.mjs'

const usage = `Usage: bench/fanout.sh [options]     with BUILD=folder of the binaries (default build/release)

  --quick         a few seconds for each server; fails on a lost, doubled or corrupt update, and never on a time
  --repeat N      repetitions, of which the median is told (3)
  --seconds S     length of a measured window (6)
  --only NAMES    of ${servers.map((server) => server.name).join(', ')}
  --no-limits     leave out the search for what each can sustain
  --no-idle       leave out the cost of idle connections
  --json FILE     write every single result there
`

const scenarios = [
  { name: '20 documents x 5 clients, which all can follow', documents: 20, clients: 5, deliveries: 6_000 },
  { name: '20 documents x 5 clients', documents: 20, clients: 5, deliveries: 24_000 },
  { name: '1 document x 200 clients', documents: 1, clients: 200, deliveries: 24_000 }
]
const quickScenarios = [
  { name: '20 documents x 5 clients', documents: 20, clients: 5, deliveries: 4_000 },
  { name: '1 document x 50 clients', documents: 1, clients: 50, deliveries: 4_900 }
]
const idleConnections = 1000

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false }, repeat: { type: 'string' }, seconds: { type: 'string', default: '6' },
    only: { type: 'string' }, 'no-limits': { type: 'boolean', default: false }, 'no-idle': { type: 'boolean', default: false },
    json: { type: 'string' }, help: { type: 'boolean', default: false }
  }
})
const repetitions = Number(options.repeat ?? (options.quick ? 1 : 3))
const times = options.quick ? { warmUp: 0.5, seconds: 1.5, drain: 30 } : { warmUp: 2, seconds: Number(options.seconds), drain: 15 }
const say = (text) => process.stderr.write(`${text}\n`)

if (options.help) {
  process.stdout.write(usage)
} else {
  await main()
}

async function main() {
  const chosen = chooseServers()
  const load = loadavg()[0].toFixed(2)
  say(`${cpus()[0].model}, ${availableParallelism()} cores, load ${load} before the run (other work makes every time worse).`)
  const records = []
  for (const scenario of options.quick ? quickScenarios : scenarios) await repeatFanOut(chosen, scenario, records)
  if (!options.quick && !options['no-idle']) await repeatIdle(chosen, records)
  if (!options.quick && !options['no-limits']) await findLimits(chosen, records)
  if (options.json) writeFileSync(options.json, JSON.stringify(records, null, 1))
  if (options.quick) failOnFaults(records)
}

function chooseServers() {
  const names = options.only?.split(',') ?? servers.map((server) => server.name)
  const unknown = names.find((name) => !servers.some((server) => server.name === name))
  if (unknown) end(2, `There is no server "${unknown}".\n${usage}`)
  const chosen = servers.filter((server) => names.includes(server.name))
  const missing = chosen.find((server) => !isThere(server))
  if (missing) end(1, `${missing.program} is not there: build it, set BUILD, or leave it out with --only.`)
  return chosen
}

// A B C D A B C D ...: what drifts on the machine drifts for all.
async function interleave(chosen, measure) {
  for (let repetition = 1; repetition <= repetitions; ++repetition) {
    for (const server of chosen) await measure(server, repetition)
  }
}

async function repeatFanOut(chosen, scenario, records) {
  say(`\n${scenario.name}, ${scenario.deliveries} deliveries/s offered, ${times.seconds} s after ${times.warmUp} s of warm-up:`)
  const mine = []
  await interleave(chosen, async (server, repetition) => {
    const result = await measureFanOut(server, scenario, times)
    mine.push({ kind: 'fan-out', scenario: scenario.name, server: server.name, repetition, ...result })
    say(`  ${repetition}/${repetitions} ${server.title.padEnd(22)} ${summary(result)}`)
  })
  records.push(...mine)
  printFanOut(scenario, chosen, mine)
}

async function repeatIdle(chosen, records) {
  say(`\n${idleConnections} idle connections, and as many that have joined a document:`)
  const mine = []
  await interleave(chosen, async (server, repetition) => {
    const result = await measureIdle(server, idleConnections)
    mine.push({ kind: 'idle', server: server.name, repetition, ...result })
    const told = result.error ?? `${(result.opened_bytes / 1024).toFixed(1)} KiB, ${(result.joined_bytes / 1024).toFixed(1)} KiB`
    say(`  ${repetition}/${repetitions} ${server.title.padEnd(22)} ${told}`)
  })
  records.push(...mine)
  printIdle(chosen, mine)
}

async function findLimits(chosen, records) {
  const scenario = scenarios[1]
  say(`\n${scenario.name}: the most deliveries/s with a p99 under 100 ms and nothing lost:`)
  const mine = []
  for (const server of chosen) {
    const best = await searchLimit(server, scenario, (result) => say(`  ${server.title.padEnd(22)} ${summary(result)}`))
    mine.push({ kind: 'limit', server: server.name, ...best })
  }
  records.push(...mine)
  printLimits(chosen, mine)
}

function summary(result) {
  if (result.error) return result.error
  const faults = faultsOf(result).map((name) => `, ${result[name]} ${name}`).join('')
  return `${Math.round(result.achieved_per_second)} of ${Math.round(result.offered_per_second)}/s, ${result.cpu_us.toFixed(1)} us, ` +
    `p50 ${result.latency_p50_ms.toFixed(2)} p99 ${result.latency_p99_ms.toFixed(2)} ms${faults}; ` +
    `generator ${(100 * result.generator_load).toFixed(0)} %, ${result.send_lag_p99_ms.toFixed(2)} ms late`
}

function failOnFaults(records) {
  const bad = records.filter((record) => faultsOf(record).length > 0)
  for (const record of bad) {
    const faults = record.error ?? `${faultsOf(record).map((name) => `${record[name]} ${name}`).join(', ')} of ${record.expected}`
    say(`${record.server}, ${record.scenario}: ${faults}`)
  }
  if (bad.length > 0) end(1, 'Failed.')
  say('\nEvery update arrived once at everyone.')
}

function end(code, message) {
  say(message)
  process.exit(code)
}
