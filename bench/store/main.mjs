// What durable acknowledgements cost: progress on stderr, tables on stdout. What it measures, and how to read it: bench/README.md.
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { faultsOf } from '../common/faults.mjs'
import { Cluster } from '../common/cluster.mjs'
import { measureAppend, measureFrozen, measureKill, measureLoading, measureServer } from './measure.mjs'
import { printAppends, printFrozen, printKills, printLoads, printServers } from './report.mjs'
import { isThere, servers } from './servers.mjs'

const parts = { append: appends, ack: acknowledgements, most: mostAcknowledgements, kill: kills, frozen, load: loads }

const usage = `Usage: bench/store.sh [options]     with BUILD=folder of the binaries (default build/release)

  --quick         some seconds for each part; fails on an acknowledged update that canvas-ws loses, and on errors, and never on a time
  --repeat N      repetitions, of which the median is told (3)
  --seconds S     length of a measured window (5)
  --parts NAMES   of ${Object.keys(parts).join(', ')}
  --only NAMES    of ${servers.map((server) => server.name).join(', ')}
  --json FILE     write every single result there
`

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false }, repeat: { type: 'string' }, seconds: { type: 'string', default: '5' },
    parts: { type: 'string' }, only: { type: 'string' }, json: { type: 'string' }, help: { type: 'boolean', default: false }
  }
})

const overAllRooms = [1, 10, 1000]
const foldedAfter = 4096 // rows of log, as the server does
const full = {
  repetitions: 3, times: { 'warm-up': 1.5, duration: Number(options.seconds) }, rooms: overAllRooms, rate: 5000, outstanding: 2000,
  appends: [...[{}, { rate: 5000 }, { rate: 30_000 }].flatMap((load) => overAllRooms.map((rooms) => ({ rooms, ...load }))), { rooms: 10, compact: foldedAfter }],
  kill: { documents: 20, clients: 1, rate: 3000 }, killAfter: [3, 8, 13],
  frozen: { documents: 20, clients: 5, deliveries: 6000 }, loading: { stateBytes: 2_000_000, logRows: 1000, times: 5 }
}
const quick = {
  ...full, repetitions: 1, times: { 'warm-up': 0.3, duration: 0.8 }, rooms: [10], rate: 2000, appends: [{ rooms: 10, compact: foldedAfter }, { rooms: 10, rate: 2000 }],
  kill: { documents: 5, clients: 1, rate: 1000 }, killAfter: [1], loading: { stateBytes: 200_000, logRows: 100, times: 1 }
}
const plan = options.quick ? quick : full
const repetitions = Number(options.repeat ?? plan.repetitions)
const say = (text) => process.stderr.write(`${text}\n`)
const perSecond = (number) => `${Math.round(number).toLocaleString('en-US')}/s`
const acks = (result) => `ack p50 ${result.ack_p50_ms.toFixed(2)} p99 ${result.ack_p99_ms.toFixed(2)} ms`
const faultText = (result) => faultsOf(result).map((name) => `, ${result[name]} ${name}`).join('')
const stores = [{ kind: 'postgres', title: 'PostgreSQL' }, { kind: 'sqlite', title: 'SQLite' }]
const records = []
let chosen
let cluster

if (options.help) process.stdout.write(usage)
else await main()

async function main() {
  const wanted = pick('part', options.parts, Object.keys(parts))
  const names = pick('server', options.only, servers.map((server) => server.name))
  chosen = servers.filter((server) => names.includes(server.name))
  const missing = chosen.find((server) => !isThere(server))
  if (missing) end(1, `${missing.program} is not there: build it, or set BUILD.`)
  cluster = await Cluster.start()
  const load = loadavg()[0].toFixed(2)
  say(`${cpus()[0].model}, ${availableParallelism()} cores, load ${load} before the run (other work makes every time worse).`)
  const settings = Object.entries(cluster.settings).map(([name, value]) => `${name} ${value}`).join(', ')
  process.stdout.write(`PostgreSQL as it comes, for all: ${settings}. SQLite: synchronous FULL.\n`)
  for (const part of wanted) await parts[part]()
  if (options.json) writeFileSync(options.json, JSON.stringify(records, null, 1))
  if (options.quick) failOnFaults()
  process.exit(0) // and so stops the cluster
}

function pick(what, wanted, all) {
  const names = wanted?.split(',') ?? all
  const unknown = names.find((name) => !all.includes(name))
  if (unknown) end(2, `There is no ${what} "${unknown}".\n${usage}`)
  return names
}

// A B C A B C ...: what drifts on the machine drifts for all. Each case is [what it is, how it is measured].
async function interleave(kind, cases, summary) {
  const mine = []
  for (let repetition = 1; repetition <= repetitions; ++repetition) {
    for (const [about, measure] of cases) {
      const record = { kind, repetition, ...about, ...await measure() }
      mine.push(record)
      say(`  ${repetition}/${repetitions} ${about.title.padEnd(30)} ${record.error ?? summary(record)}`)
    }
  }
  records.push(...mine)
  return mine
}

async function appends() {
  say('\nThe store alone:')
  const cases = plan.appends.flatMap((load) => stores.map(({ kind, title }) => [
    { title, ...load }, () => measureAppend(kind, cluster, { ...load, outstanding: 2 * plan.outstanding, ...plan.times })
  ]))
  printAppends(await interleave('append', cases, (result) =>
    `${result.rooms} rooms, ${result.rate ?? 'all'}/s${result.compact ? ', folded' : ''}: ${perSecond(result.updates_per_second)}, ${result.mean_group.toFixed(0)} a commit, ${acks(result)}`))
}

async function overRooms(kind, loadOf) {
  const cases = plan.rooms.flatMap((rooms) => chosen.map((server) => [
    { server: server.name, title: server.title, rooms }, () => measureServer(server, cluster, { documents: rooms, clients: 1, ...loadOf(rooms), ...plan.times })
  ]))
  return interleave(kind, cases, (result) => `${result.rooms} rooms: ${perSecond(result.acks_per_second)}, ${acks(result)}${faultText(result)}`)
}

async function acknowledgements() {
  say(`\nServers, ${plan.rate} updates/s, one writer a room:`)
  const mine = await overRooms('ack', () => ({ rate: plan.rate }))
  printServers(`Acknowledgements at ${plan.rate.toLocaleString('en-US')} updates/s, one writer a room`, mine)
}

async function mostAcknowledgements() {
  say(`\nServers, as fast as acknowledgements come, ${plan.outstanding} on their way:`)
  const mine = await overRooms('most', (rooms) => ({ outstanding: Math.ceil(plan.outstanding / rooms) }))
  printServers('As many as each can acknowledge', mine)
}

async function kills() {
  say(`\nkill -9, ${plan.kill.rate} updates/s to ${plan.kill.documents} documents:`)
  const cases = plan.killAfter.flatMap((seconds) => chosen.map((server) => [
    { server: server.name, title: server.title, seconds }, () => measureKill(server, cluster, plan.kill, seconds)
  ]))
  printKills(await interleave('kill', cases, (result) => `after ${result.seconds} s: ${result.acknowledged} acknowledged, ${result.lost} lost`))
}

async function frozen() {
  const server = chosen.find(({ name }) => name === 'canvas-postgres')
  if (!server) return
  say('\nBroadcast while PostgreSQL is stopped:')
  const { documents, clients, deliveries } = plan.frozen
  const load = { documents, clients, rate: deliveries / (clients - 1), drain: 60, ...plan.times }
  const cases = [['answers', measureServer], ['is stopped', measureFrozen]].map(([database, measure]) => [
    { server: server.name, title: server.title, database }, () => measure(server, cluster, load)
  ])
  printFrozen(await interleave('frozen', cases, (result) =>
    `PostgreSQL ${result.database}: delivered p50 ${result.latency_p50_ms.toFixed(2)} p99 ${result.latency_p99_ms.toFixed(2)} ms, ${acks(result)}${faultText(result)}`), plan.frozen)
}

async function loads() {
  say('\nLoading a large document:')
  const cases = stores.map(({ kind, title }) => [{ title }, () => measureLoading(kind, cluster, plan.loading)])
  printLoads(await interleave('load', cases, ({ loads: all }) => all.map((load) => `${load.read_ms.toFixed(1)} + ${load.build_ms.toFixed(1)} ms`).join(', ')), plan.loading)
}

function failOnFaults() {
  const bad = records.filter((record) => faultsOf(record).length > 0 && (record.error || isDurable(record)) || record.acknowledged === 0)
  for (const record of bad) say(`${record.kind}, ${record.title}: ${record.error ?? (faultText(record).slice(2) || 'nothing was acknowledged')}`)
  if (bad.length > 0) end(1, 'Failed.')
  say('\nNothing that canvas-ws acknowledged is lost.')
}

function isDurable({ server }) {
  return servers.find(({ name }) => name === server)?.isDurable ?? true
}

function end(code, message) {
  say(message)
  process.exit(code)
}
