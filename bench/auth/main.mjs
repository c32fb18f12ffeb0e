// What it costs to let somebody in: progress on stderr, tables on stdout. What it measures, and how to read it: bench/README.md.
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { Cluster } from '../common/cluster.mjs'
import { flags, resultOrError, runProgram } from '../common/process.mjs'
import { printConnects } from './report.mjs'
import { isThere, servers, withServer } from './servers.mjs'

const usage = `Usage: bench/auth.sh [options]     with BUILD=folder of the binaries (default build/release)

  --quick         some seconds for each part; fails on somebody who is not let in, and never on a time
  --repeat N      repetitions, of which the median is told (3)
  --seconds S     length of a measured window (8)
  --rate N        connects a second of the open loop (500)
  --at-once N     connects under way in the closed loop (64)
  --only NAMES    of ${servers.map((server) => server.name).join(', ')}
  --json FILE     write every single result there
`

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false }, repeat: { type: 'string' }, seconds: { type: 'string' }, rate: { type: 'string' },
    'at-once': { type: 'string' }, only: { type: 'string' }, json: { type: 'string' }, help: { type: 'boolean', default: false }
  }
})

const plan = options.quick ? { people: 100, repeat: 1, warmUp: 0.3, seconds: 1, rate: 200 } : { people: 500, repeat: 3, warmUp: 2, seconds: 8, rate: 500 }
const repetitions = Number(options.repeat ?? plan.repeat)
const rate = Number(options.rate ?? plan.rate)
const atOnce = Number(options['at-once'] ?? 64)
const times = { 'warm-up': plan.warmUp, duration: Number(options.seconds ?? plan.seconds) }
const say = (text) => process.stderr.write(`${text}\n`)

if (options.help) process.stdout.write(usage)
else await main()

async function main() {
  const chosen = servers.filter((server) => options.only === undefined || options.only.split(',').includes(server.name))
  if (chosen.length === 0) end(2, usage)
  const missing = chosen.find((server) => !isThere(server))
  if (missing) end(1, `${missing.program} is not there: build it, or set BUILD.`)
  const cluster = await Cluster.start()
  say(`${cpus()[0].model}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(2)} before the run (other work makes every time worse).`)
  const most = await interleave(cluster, chosen, 'most', { 'at-once': atOnce })
  const steady = await interleave(cluster, chosen, 'steady', { rate })
  printConnects(`As many as each can let in, ${atOnce} under way`, most)
  printConnects(`${rate} connects a second`, steady)
  const records = [...most, ...steady]
  if (options.json) writeFileSync(options.json, JSON.stringify(records, null, 1))
  if (options.quick) failOnFaults(records)
  process.exit(0) // and so stops the cluster
}

// A B A B ...: what drifts on the machine drifts for both.
async function interleave(cluster, chosen, kind, load) {
  const records = []
  for (let repetition = 1; repetition <= repetitions; ++repetition) {
    for (const server of chosen) {
      const result = await resultOrError(() => measure(server, cluster, load))
      records.push({ kind, repetition, server: server.name, title: server.title, ...result })
      say(`  ${repetition}/${repetitions} ${kind.padEnd(7)} ${server.title.padEnd(36)} ${result.error ?? summary(result)}`)
    }
  }
  return records
}

function measure(server, cluster, load) {
  return withServer(server, cluster, plan.people, async ({ port, pid, tokens }) =>
    JSON.parse(await runProgram('bench_connect', flags({ port, pid, tokens, 'database-pid': cluster.pid, ...load, ...times }), say)))
}

function summary(result) {
  return `${Math.round(result.visits_per_second)}/s, p50 ${result.connect_p50_ms.toFixed(2)} p99 ${result.connect_p99_ms.toFixed(2)} ms, ` +
    `generator ${Math.round(100 * result.generator_load)} % CPU and ${result.start_lag_p99_ms.toFixed(1)} ms late${faultText(result)}`
}

function faultText({ refused, failed }) {
  return refused + failed > 0 ? `, ${refused} refused, ${failed} failed` : ''
}

function failOnFaults(records) {
  const bad = records.filter(({ error, refused, failed, visits }) => error || refused + failed > 0 || visits === 0)
  for (const record of bad) say(`${record.kind}, ${record.title}: ${record.error ?? (faultText(record).slice(2) || 'nobody was let in')}`)
  if (bad.length > 0) end(1, 'Failed.')
  say('\nEverybody was let in.')
}

function end(code, message) {
  say(message)
  process.exit(code)
}
