// Drives one canvas-ws on PostgreSQL for a long time, with faults, and says whether anything was lost or has grown. Progress on stderr, the report on stdout;
// exit code 1 when a line of the report is FAIL. What it does, and how to read it: bench/README.md.
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { Cluster } from '../common/cluster.mjs'
import { removeFolder, temporaryFolder } from '../common/folder.mjs'
import { stopServer } from '../common/process.mjs'
import { findCapacity } from './capacity.mjs'
import { runLoads } from './loads.mjs'
import { LogReader } from './log_reader.mjs'
import { judge, printReport } from './report.mjs'
import { restartDatabase } from './restarts.mjs'
import { Sampler } from './sampler.mjs'
import { startCanvas } from './server.mjs'

const usage = `Usage: bench/soak.sh [options]     with BUILD=folder of the binaries (default build/release)

  --minutes N     length of the load (30)
  --quick         two minutes, the form that ./test runs
  --rate N        updates a second of the mixed load (2000)
  --fifth         find out first what the machine can do, and take a fifth of it as the rate
  --rooms N       documents that the churn goes through (10000; 1000 with --quick)
  --json FILE     write every sample and every result there
`

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string' }, quick: { type: 'boolean', default: false }, fifth: { type: 'boolean', default: false },
    rate: { type: 'string', default: '2000' },
    rooms: { type: 'string' }, json: { type: 'string' }, help: { type: 'boolean', default: false }
  }
})
const plan = {
  seconds: 60 * Number(options.minutes ?? (options.quick ? 2 : 30)),
  rate: Number(options.rate),
  rooms: Number(options.rooms ?? (options.quick ? 1000 : 10_000)),
  rounds: options.quick ? 1 : 5,
  sampleSeconds: options.quick ? 1 : 5,
  settleSeconds: options.quick ? 20 : 60
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
  if (options.fifth) plan.rate = Math.round(await cluster.withDatabase(measureCapacity) / 5)
  return cluster.withDatabase((uri) => soak(cluster, uri))
}

async function measureCapacity(uri) {
  const folder = temporaryFolder()
  const server = await startCanvas(uri, folder)
  for (const stream of [server.child.stdout, server.child.stderr]) stream.resume()
  try {
    return await findCapacity(server, say)
  } finally {
    await stopServer(server)
    removeFolder(folder)
  }
}

async function soak(cluster, uri) {
  const folder = temporaryFolder()
  const server = await startCanvas(uri, folder)
  const restarts = []
  const log = new LogReader(server.child, restarts)
  const sampler = new Sampler(server, plan.sampleSeconds)
  try {
    const results = await runLoads(server, plan, (seconds) => restartDatabase(cluster, seconds, plan.settleSeconds, restarts, say))
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
