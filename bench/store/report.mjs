// Tables of what was measured: the median of the repetitions, and ratios that are formed within one repetition before their median is taken.
import { faultsOf } from '../common/faults.mjs'
import { fixed, grouped, median, table } from '../common/table.mjs'

const print = (text) => process.stdout.write(`${text}\n`)
const good = (records) => records.filter((record) => !record.error)
const cell = (field, format, scale = 1) => ({ of }) => format(median(good(of).map((record) => scale * valueOf(record, field))))
const valueOf = (record, field) => typeof field === 'function' ? field(record) : record[field]

// Rows: each different value of `keys` among the records, in their order; `of` is the records of the row.
function rowsBy(records, ...keys) {
  const rows = new Map()
  for (const record of records) {
    const key = keys.map((name) => record[name]).join('\n')
    if (!rows.has(key)) rows.set(key, { of: [] })
    rows.get(key).of.push(record)
  }
  return [...rows.values()]
}

function faultCell({ of }) {
  const names = [...new Set(of.flatMap(faultsOf))]
  const total = (name) => name === 'error' ? of.filter(({ error }) => error).length : good(of).reduce((sum, record) => sum + record[name], 0)
  return names.length === 0 ? '0' : names.map((name) => `${total(name)} ${name}`).join(', ')
}

const title = ['', ({ of }) => of[0].title]
const rooms = ['rooms', ({ of }) => grouped(of[0].rooms)]
const percent = (seconds) => (record) => 100 * record[seconds] / record.window_seconds

export function printAppends(records) {
  print('\n## The store alone: updates a second that are durable, and how soon\n')
  print(table([
    title, rooms,
    ['offered/s', ({ of }) => of[0].rate ? grouped(of[0].rate) : 'all it takes'],
    ['folded', ({ of }) => of[0].compact ? 'yes' : 'no'],
    ['durable/s', cell('updates_per_second', grouped)],
    ['p50 ms', cell('ack_p50_ms', fixed(2))],
    ['p99 ms', cell('ack_p99_ms', fixed(2))],
    ['rows a commit', cell('mean_group', grouped)],
    ['CPU %', cell('own_load', fixed(0), 100)],
    ['PostgreSQL CPU %', cell('database_load', fixed(0), 100)],
    ['errors', ({ of }) => of.filter(({ error }) => error).length]
  ], rowsBy(records, 'title', 'rate', 'rooms', 'compact')))
}

const serverColumns = [
  title, rooms,
  ['saved/s', cell('acks_per_second', grouped)],
  ['ack p50 ms', cell('ack_p50_ms', fixed(2))],
  ['ack p99 ms', cell('ack_p99_ms', fixed(2))],
  ['server CPU %', cell(percent('server_cpu_seconds'), fixed(0))],
  ['PostgreSQL CPU %', cell(percent('database_cpu_seconds'), fixed(0))],
  ['generator CPU %', cell('generator_load', fixed(0), 100)],
  ['faults', faultCell]
]

export function printServers(heading, records) {
  print(`\n## ${heading}\n`)
  print(table(serverColumns, rowsBy(records, 'rooms', 'title')))
  print('')
  for (const { of: ofRooms } of rowsBy(records, 'rooms')) {
    for (const name of ['canvas-postgres', 'canvas-sqlite']) printRatios(ofRooms, name)
  }
}

function printRatios(records, name) {
  const rate = ratio(records, name, 'hocuspocus', 'acks_per_second')
  const ack = ratio(records, name, 'hocuspocus', 'ack_p99_ms')
  if (!Number.isFinite(rate)) return
  print(`- ${grouped(records[0].rooms)} rooms, ${name} / hocuspocus: saved/s ${rate.toFixed(2)}, ack p99 ${ack.toFixed(2)}`)
}

function ratio(records, above, below, field) {
  const values = (name) => new Map(good(records).filter((record) => record.server === name).map((record) => [record.repetition, record[field]]))
  const [a, b] = [values(above), values(below)]
  return median([...a.keys()].filter((repetition) => b.has(repetition)).map((repetition) => a.get(repetition) / b.get(repetition)))
}

export function printKills(records) {
  print('\n## kill -9 in the middle, and another start: acknowledged updates that are gone\n')
  const total = (field) => ({ of }) => grouped(good(of).reduce((sum, record) => sum + record[field], 0))
  print(table([
    title,
    ['killed after s', ({ of }) => of[0].seconds],
    ['times', ({ of }) => of.length],
    ['acknowledged', total('acknowledged')],
    ['lost', total('lost')],
    ['errors', ({ of }) => of.filter(({ error }) => error).length]
  ], rowsBy(records, 'title', 'seconds')))
}

export function printFrozen(records, { documents, clients, deliveries }) {
  print(`\n## Broadcast while the database does not answer: ${documents} documents x ${clients} clients, ${grouped(deliveries)} deliveries/s\n`)
  print(table([
    title,
    ['PostgreSQL', ({ of }) => of[0].database],
    ['delivered/s', cell('achieved_per_second', grouped)],
    ['p50 ms', cell('latency_p50_ms', fixed(2))],
    ['p99 ms', cell('latency_p99_ms', fixed(2))],
    ['ack p50 ms', cell('ack_p50_ms', fixed(1))],
    ['ack p99 ms', cell('ack_p99_ms', fixed(1))],
    ['faults', faultCell]
  ], rowsBy(records, 'title', 'database')))
}

export function printLoads(records, { stateBytes, logRows }) {
  print(`\n## A room of ${(stateBytes / 1e6).toFixed(1)} MB and ${grouped(logRows)} rows of log: the first load of a process\n`)
  const rows = rowsBy(records, 'title').map(({ of }) => ({ of: good(of).flatMap(({ title: name, loads }) => loads.map((load) => ({ title: name, ...load }))) }))
  print(table([
    title,
    ['loads', ({ of }) => of.length],
    ['blocks', cell('blocks', grouped)],
    ['read ms', cell('read_ms', fixed(1))],
    ['build ms', cell('build_ms', fixed(1))],
    ['together ms', cell((load) => load.read_ms + load.build_ms, fixed(1))]
  ], rows.filter(({ of }) => of.length > 0)))
}
