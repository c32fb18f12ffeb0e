// Tables of what was measured: the median of the repetitions, and ratios that are formed within one repetition before their median is taken.
import { faultsOf } from '../common/faults.mjs'
import { fixed, grouped, median, table } from '../common/table.mjs'

// A generator that sends later than this is measuring itself, or a machine that is busy with other things.
const lateGeneratorMilliseconds = 20

const byServer = (records, name) => records.filter((record) => record.server === name && !record.error)
const print = (text) => process.stdout.write(`${text}\n`)

// A cell that is the median of one field.
const cell = (field, format, scale = 1) => (records) => format(median(records.map((record) => record[field])) * scale)

function faultCell(records) {
  const total = (name) => records.reduce((sum, record) => sum + record[name], 0)
  const names = [...new Set(records.flatMap(faultsOf))]
  if (records.length === 0) return 'failed'
  return names.length === 0 ? '0' : names.map((name) => `${total(name)} ${name}`).join(', ')
}

// Messages for each update that was delivered: under 1, the server merges updates.
const messagesEach = (records) =>
  fixed(2)(median(records.map((record) => record.update_messages / (record.deliveries + record.echoes))))

export function printFanOut(scenario, servers, records) {
  const columns = [
    ['server', ({ title }) => title],
    ['offered/s', ({ of }) => cell('offered_per_second', grouped)(of)],
    ['delivered/s', ({ of }) => cell('achieved_per_second', grouped)(of)],
    ['CPU us each', ({ of }) => cell('cpu_us', fixed(2))(of)],
    ['of it user', ({ of }) => cell('cpu_user_us', fixed(2))(of)],
    ['p50 ms', ({ of }) => cell('latency_p50_ms', fixed(2))(of)],
    ['p99 ms', ({ of }) => cell('latency_p99_ms', fixed(2))(of)],
    ['ack p50 ms', ({ of, server }) => server.protocol === 'hocuspocus' ? cell('ack_p50_ms', fixed(2))(of) : '-'],
    ['ack p99 ms', ({ of, server }) => server.protocol === 'hocuspocus' ? cell('ack_p99_ms', fixed(2))(of) : '-'],
    ['messages each', ({ of }) => messagesEach(of)],
    ['faults', ({ of }) => faultCell(of)]
  ]
  print(`\n## ${scenario.name}, ${grouped(scenario.deliveries)} deliveries/s\n`)
  print(table(columns, servers.map((server) => ({ server, title: server.title, of: byServer(records, server.name) }))))
  printRatios(records)
  printDoubts(records)
}

function printRatios(records) {
  const lines = [
    ['canvas', 'relay', 'at most 1.5 is the aim'],
    ['hocuspocus', 'canvas', 'at least 6 is the aim'],
    ['y-websocket', 'canvas-y', '']
  ].map(([above, below, aim]) => [above, below, aim, ratio(records, above, below)]).filter(([, , , value]) => Number.isFinite(value))
  if (lines.length > 0) print('')
  for (const [above, below, aim, value] of lines) print(`- CPU of ${above} / ${below}: ${value.toFixed(2)}${aim && ` (${aim})`}`)
}

function ratio(records, above, below) {
  const cpu = (name) => new Map(byServer(records, name).map((record) => [record.repetition, record.cpu_us]))
  const [a, b] = [cpu(above), cpu(below)]
  return median([...a.keys()].filter((repetition) => b.has(repetition)).map((repetition) => a.get(repetition) / b.get(repetition)))
}

function printDoubts(records) {
  const late = Math.max(...records.map((record) => record.send_lag_p99_ms ?? 0))
  if (late <= lateGeneratorMilliseconds) return
  print(`- the generator was up to ${late.toFixed(0)} ms late (p99): the machine was busy, and these latencies are its too`)
}

export function printIdle(servers, records) {
  const columns = [
    ['server', ({ title }) => title],
    ['KiB for each open connection', ({ of }) => cell('opened_bytes', fixed(1), 1 / 1024)(of)],
    ['KiB for each that has joined', ({ of }) => cell('joined_bytes', fixed(1), 1 / 1024)(of)],
    ['server MiB', ({ of }) => cell('server_rss_bytes', fixed(1), 1 / 1024 / 1024)(of)]
  ]
  print('\n## Idle connections (under 8 KiB is the aim of canvas-ws)\n')
  print(table(columns, servers.map((server) => ({ title: server.title, of: byServer(records, server.name) }))))
}

export function printLimits(servers, records) {
  const columns = [
    ['server', ({ title }) => title],
    ['deliveries/s', ({ best }) => grouped(best.achieved_per_second)],
    ['CPU us each', ({ best }) => fixed(2)(best.cpu_us)],
    ['p50 ms', ({ best }) => fixed(2)(best.latency_p50_ms)],
    ['p99 ms', ({ best }) => fixed(2)(best.latency_p99_ms)],
    ['messages each', ({ best }) => 'update_messages' in best ? messagesEach([best]) : '-'],
    ['generator %', ({ best }) => fixed(0)(100 * best.generator_load)]
  ]
  print('\n## 20 documents x 5 clients, the most with a p99 under 100 ms\n')
  print(table(columns, servers.map((server) => ({ title: server.title, best: byServer(records, server.name)[0] ?? {} }))))
}
