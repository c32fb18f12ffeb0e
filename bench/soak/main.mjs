// Drives one canvas-ws on PostgreSQL for a long time, with faults, and says whether anything was lost or has grown. Progress on stderr, the report on stdout;
// exit code 1 when a line of the report is FAIL. What it does, and how to read it: bench/README.md.
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Cluster } from '../common/cluster.mjs'
import { removeFolder, temporaryFolder } from '../common/folder.mjs'
import { stopServer } from '../common/process.mjs'
import { startLoads } from './loads.mjs'
import { LogReader } from './log_reader.mjs'
import { judge, printReport } from './report.mjs'
import { Sampler } from './sampler.mjs'
import { startCanvas } from './server.mjs'

const usage = `Usage: bench/soak.sh [options]     with BUILD=folder of the binaries (default build/release)

  --minutes N     length of the load (30)
  --quick         two minutes, the form that ./test runs
  --rate N        updates a second of the mixed load (2000)
  --rooms N       documents that the churn goes through (10000; 1000 with --quick)
  --json FILE     write every sample and every result there
`

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string' }, quick: { type: 'boolean', default: false }, rate: { type: 'string', default: '2000' },
    rooms: { type: 'string' }, json: { type: 'string' }, help: { type: 'boolean', default: false }
  }
})
const plan = {
  seconds: 60 * Number(options.minutes ?? (options.quick ? 2 : 30)),
  rate: Number(options.rate),
  rooms: Number(options.rooms ?? (options.quick ? 1000 : 10_000)),
  databaseRestarts: options.quick ? 2 : 10,
  sampleSeconds: options.quick ? 1 : 5
}
const say = (text) => process.stderr.write(`${text}\n`)

if (options.help) {
  process.stdout.write(usage)
} else {
  process.exit(await main()) // the cluster's connection would keep it
}

async function main() {
  say(`${cpus()[0].model}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(2)} before the run.`)
  const cluster = await Cluster.start()
  return cluster.withDatabase((uri) => soak(cluster, uri))
}

async function soak(cluster, uri) {
  const folder = temporaryFolder()
  const server = await startCanvas(uri, folder)
  const log = new LogReader(server.child)
  const sampler = new Sampler(server, plan.sampleSeconds)
  try {
    const loads = startLoads(server, plan)
    const restarts = await restartDatabase(cluster, loads)
    const results = await loads.ended
    const samples = sampler.stop()
    say(`${new Date().toISOString()} the load has ended; waiting until the rooms are unloaded`)
    const rest = await sampler.waitForRest()
    await stopServer(server)
    const run = { plan, results, samples, rest, restarts, log: log.summary(), exitCode: server.child.exitCode }
    if (options.json) writeFileSync(options.json, JSON.stringify(run, null, 1))
    const lines = judge(run)
    printReport(run, lines)
    return lines.every(({ passed }) => passed) ? 0 : 1
  } finally {
    sampler.stop()
    await stopServer(server)
    removeFolder(folder)
  }
}

// Spread evenly over the load; every second one is a crash.
async function restartDatabase(cluster, loads) {
  const restarts = []
  const distance = (1000 * plan.seconds) / (plan.databaseRestarts + 1)
  for (let i = 0; i < plan.databaseRestarts; ++i) {
    await Promise.race([sleep(distance), loads.ended])
    if (loads.hasEnded) break
    const mode = i % 2 === 0 ? 'fast' : 'immediate'
    say(`${new Date().toISOString()} the database is stopped (${mode}) and started again`)
    const begin = Date.now()
    await cluster.restart(mode)
    restarts.push({ begin, end: Date.now(), mode })
  }
  return restarts
}
