// Tables of what was measured: medians of the repetitions, and ratios that are formed within one repetition before their median is taken.
import { fixed, grouped, median, table } from '../common/table.mjs'
import { titles } from './engine.mjs'

const print = (text) => process.stdout.write(`${text}\n`)
const milliseconds = (number) => !Number.isFinite(number) ? '-' : fixed(number < 10 ? 2 : number < 100 ? 1 : 0)(number)
const ratio = (number) => !Number.isFinite(number) ? '-' : `${fixed(number < 10 ? 2 : 0)(number)} x`

export function printTimes(cases, records, engines) {
  print('\n## Milliseconds\n')
  print(table([
    ['', ({ title }) => title],
    ...engines.map((engine) => [titles[engine], ({ name }) => milliseconds(median(times(records, name, engine)))]),
    ...pairs(engines).map(([ours, theirs]) => [`${titles[theirs]} / ${titles[ours]}`, ({ name }) => ratio(quotient(times(records, name, theirs), times(records, name, ours)))])
  ], cases))
}

// `growths` as in cases.mjs.
export function printGrowths(growths, records, engines) {
  print('\n## How the time grows\n')
  print(table([
    ['', ([what]) => what],
    ...engines.map((engine) => [titles[engine], ([, more, less]) => ratio(quotient(times(records, more, engine), times(records, less, engine)))])
  ], growths))
}

// Below it Node's own comings and goings hide what a document takes.
const leastOfNode = 1000 // kB

export function printMemory(cases, records, engines) {
  const held = (name, engine) => {
    const kilobytes = records.find((record) => record.name === name && record.engine === engine)?.held_bytes / 1000
    return engine === 'yjs' && kilobytes < leastOfNode ? NaN : kilobytes
  }
  print('\n## Live memory, kB\n')
  print(table([
    ['', ({ title }) => title],
    ...engines.map((engine) => [titles[engine], ({ name }) => grouped(held(name, engine))]),
    ...pairs(engines).map(([ours, theirs]) => [`${titles[theirs]} / ${titles[ours]}`, ({ name }) => ratio(held(name, theirs) / held(name, ours))])
  ], cases.filter(({ name }) => records.some((record) => record.name === name && record.held_bytes !== undefined))))
}

const pairs = (engines) => ['store', 'doc'].flatMap((ours) => ['yjs', 'ywasm'].map((theirs) => [ours, theirs]))
  .filter((pair) => pair.every((engine) => engines.includes(engine)))

// By repetition; the first run of a process warms it up and has none.
function times(records, name, engine) {
  return records.filter((record) => record.name === name && record.engine === engine && record.repetition > 0).map(({ ms }) => ms)
}

const quotient = (dividends, divisors) => median(dividends.filter((_, i) => i in divisors).map((dividend, i) => dividend / divisors[i]))
