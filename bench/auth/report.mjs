// Tables of what was measured: the median of the repetitions, and ratios that are formed within one repetition before their median is taken.
import { fixed, grouped, median, table } from '../common/table.mjs'

const print = (text) => process.stdout.write(`${text}\n`)
const good = (records) => records.filter((record) => !record.error)
const cell = (valueOf, format) => ({ of }) => format(median(good(of).map(valueOf)))
const percent = (field) => (record) => 100 * record[field] / record.window_seconds

export function printConnects(heading, records) {
  print(`\n## ${heading}\n`)
  const names = [...new Set(records.map(({ server }) => server))]
  const rows = names.map((name) => ({ of: records.filter(({ server }) => server === name) }))
  print(table([
    ['', ({ of }) => of[0].title],
    ['connects/s', cell((record) => record.visits_per_second, grouped)],
    ['p50 ms', cell((record) => record.connect_p50_ms, fixed(2))],
    ['p99 ms', cell((record) => record.connect_p99_ms, fixed(2))],
    ['server ms CPU each', cell((record) => 1000 * record.server_cpu_seconds / record.visits, fixed(2))],
    ['server CPU %', cell(percent('server_cpu_seconds'), fixed(0))],
    ['PostgreSQL CPU %', cell(percent('database_cpu_seconds'), fixed(0))],
    ['generator CPU %', cell((record) => 100 * record.generator_load, fixed(0))],
    ['faults', ({ of }) => of.reduce((sum, record) => sum + (record.error ? 1 : record.refused + record.failed), 0)]
  ], rows))
  print('')
  const connects = ratio(records, (record) => record.visits_per_second)
  const cpu = ratio(records, (record) => record.visits / record.server_cpu_seconds)
  const p99 = ratio(records, (record) => record.connect_p99_ms)
  if (Number.isFinite(connects)) {
    print(`- canvas-ws / hocuspocus: connects/s ${connects.toFixed(1)}, connects for each second of the server's CPU ${cpu.toFixed(1)}, p99 ${p99.toFixed(2)}`)
  }
}

function ratio(records, valueOf) {
  const values = (name) => new Map(good(records).filter(({ server }) => server === name).map((record) => [record.repetition, valueOf(record)]))
  const [ours, theirs] = [values('canvas'), values('hocuspocus')]
  return median([...ours.keys()].filter((repetition) => theirs.has(repetition)).map((repetition) => ours.get(repetition) / theirs.get(repetition)))
}
