// How many instructions our engines need for (a) and (e), counted by callgrind in `canvas::bench::timed` alone. No clock, so no noise but a few millionths: the
// key of our hash is another each time.
import { spawnSync } from 'node:child_process'
import { grouped, table } from '../common/table.mjs'
import { argumentsOf, program, titles } from './engine.mjs'

export function countInstructions(cases, folder) {
  const counted = cases.filter(({ name }) => name === 'apply-b4' || name === 'apply-diagram')
  const engines = ['store', 'doc'].filter((engine) => counted.some((one) => one.engines.includes(engine)))
  process.stdout.write(`${table([
    ['Instructions', ({ title }) => title],
    ...engines.map((engine) => [titles[engine], (one) => grouped(instructions(argumentsOf(engine, one, folder)))])
  ], counted)}\n`)
}

function instructions(list) {
  const valgrind = ['--tool=callgrind', '--callgrind-out-file=/dev/null', '--toggle-collect=canvas::bench::timed(*', program]
  const { status, stderr } = spawnSync('valgrind', [...valgrind, ...list, '--once'], { input: '\n', encoding: 'utf8' })
  const collected = /Collected : (\d+)/.exec(stderr ?? '')
  if (status !== 0 || collected === null || collected[1] === '0') throw new Error(`callgrind has counted nothing:\n${stderr}`)
  return Number(collected[1])
}
