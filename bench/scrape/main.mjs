// What scraping costs: progress on stderr, tables on stdout. What it measures, and how to read it: bench/README.md.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { faultsOf } from '../common/faults.mjs'
import { flags, runProgram } from '../common/process.mjs'
import { fixed, grouped, median, table } from '../common/table.mjs'
import { servers, withServer } from '../fanout/servers.mjs'

const usage = `Usage: bench/scrape.sh [options]     with BUILD=folder of the binaries (default build/release)

  --quick         a few seconds; fails on a lost, doubled or corrupt update, and never on a time
  --pairs N       windows with scrapes, and as many without (12)
  --seconds S     length of a window (6)
  --interval S    between two scrapes of /metrics and /health (1)
  --scrapes N     at rest, to know what a single one costs (1000)
`
const scenario = { documents: 20, clients: 5, deliveries: 24_000 }
const ticksPerSecond = 100 // USER_HZ

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false }, pairs: { type: 'string' }, seconds: { type: 'string' }, interval: { type: 'string', default: '1' },
    scrapes: { type: 'string' }, help: { type: 'boolean', default: false }
  }
})
const pairs = Number(options.pairs ?? (options.quick ? 1 : 12))
const seconds = Number(options.seconds ?? (options.quick ? 2 : 6))
const interval = Number(options.interval)
const scrapes = Number(options.scrapes ?? (options.quick ? 50 : 1000))
const say = (text) => process.stderr.write(`${text}\n`)

if (options.help) process.stdout.write(usage)
else await withServer(servers.find((server) => server.name === 'canvas'), main)

// One process for all: two differ by more than what is looked for. Pairs alternate which goes first, so that what drifts cancels out.
async function main(server) {
  say(`${scenario.documents} documents x ${scenario.clients} clients, ${scenario.deliveries} deliveries/s offered, ${seconds} s each:`)
  await measure(server) // warms up, and is not told
  const found = []
  for (let pair = 0; pair < pairs; ++pair) {
    const order = pair % 2 === 0 ? ['plain', 'scraped'] : ['scraped', 'plain']
    const results = {}
    for (const kind of order) results[kind] = kind === 'plain' ? await measure(server) : await whileScraping(server, () => measure(server))
    found.push(results)
    say(`  ${pair + 1}/${pairs} plain ${summary(results.plain)}; scraped ${summary(results.scraped)}`)
  }
  report(found, await costAtRest(server))
  const bad = found.flatMap(({ plain, scraped }) => [plain, scraped]).filter((result) => faultsOf(result).length > 0)
  if (bad.length === 0) return
  for (const result of bad) say(`Failed: ${faultsOf(result).map((name) => `${result[name]} ${name}`).join(', ')}`)
  process.exitCode = 1
}

async function measure({ port, pid }) {
  return JSON.parse(await runProgram('bench_load', flags({
    port, pid, protocol: 'hocuspocus', json: true, documents: scenario.documents, clients: scenario.clients,
    rate: scenario.deliveries / (scenario.clients - 1), 'warm-up': options.quick ? 0.5 : 1, duration: seconds, drain: 15
  })))
}

async function whileScraping(server, use) {
  let isOver = false
  const scraping = (async () => {
    while (!isOver) {
      await scrape(server)
      await sleep(1000 * interval)
    }
  })()
  const result = await use()
  isOver = true
  await scraping
  return result
}

// On new connections, as the worst of scrapers.
async function scrape({ healthPort }) {
  for (const path of ['/metrics', '/health']) {
    const answer = await fetch(`http://127.0.0.1:${healthPort}${path}`, { headers: { connection: 'close' } })
    await answer.text()
    if (!answer.ok) throw new Error(`${path} is answered ${answer.status}`)
  }
}

// CPU seconds of one scrape, with what the load has left in memory.
async function costAtRest(server) {
  const before = cpuSeconds(server.pid)
  for (let i = 0; i < scrapes; ++i) await scrape(server)
  return (cpuSeconds(server.pid) - before) / scrapes
}

// proc(5): utime and stime. The name of the program ends with the last ')'.
function cpuSeconds(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

function report(found, perScrape) {
  const changes = (name) => found.map(({ plain, scraped }) => 100 * (scraped[name] / plain[name] - 1))
  const row = (title, name, digits) => ({
    title, plain: median(found.map(({ plain }) => plain[name])), scraped: median(found.map(({ scraped }) => scraped[name])), change: changes(name), digits
  })
  const rows = [row('CPU a delivery, us', 'cpu_us', 2), row('delivered a second', 'achieved_per_second', 0), row('p50, ms', 'latency_p50_ms', 2), row('p99, ms', 'latency_p99_ms', 2)]
  const show = (digits) => digits === 0 ? grouped : fixed(digits)
  process.stdout.write(`\n${table([
    [`${found.length} pairs`, ({ title }) => title],
    ['not scraped', ({ plain, digits }) => show(digits)(plain)],
    [`every ${interval} s`, ({ scraped, digits }) => show(digits)(scraped)],
    ['change', ({ change }) => `${fixed(2)(median(change))} %`],
    ['+-', ({ change }) => change.length > 1 ? `${fixed(2)(standardError(change))} %` : '-']
  ], rows)}\n`)
  const share = 100 * perScrape / interval
  const perDelivery = 1e6 * perScrape / interval / scenario.deliveries
  const ofLoad = 100 * perDelivery / median(found.map(({ plain }) => plain.cpu_us))
  process.stdout.write(`\nOne scrape of /metrics and /health: ${(1e6 * perScrape).toFixed(0)} us of the server's CPU at rest, so every ${interval} s it is ${share.toFixed(3)} % of a core.\n` +
    `At ${grouped(scenario.deliveries)} deliveries a second that is ${perDelivery.toFixed(3)} us for each, ${ofLoad.toFixed(2)} % of what a delivery costs: ${ofLoad < 1 ? 'under' : 'NOT under'} 1 %.\n`)
}

function standardError(numbers) {
  const middle = numbers.reduce((sum, number) => sum + number, 0) / numbers.length
  return Math.sqrt(numbers.reduce((sum, number) => sum + (number - middle) ** 2, 0) / (numbers.length - 1) / numbers.length)
}

function summary(result) {
  return `${Math.round(result.achieved_per_second)}/s ${result.cpu_us.toFixed(2)} us p99 ${result.latency_p99_ms.toFixed(2)} ms`
}
