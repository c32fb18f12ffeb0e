// The load generators of a soak: people who edit, of whom some lose their connection now and then, and visitors who come to ever other documents.
import { flags, runProgram } from '../common/process.mjs'

const visitsARoom = 2
const drops = 2 // connections cut a second
const documents = 40

// Gives { mixed, churn, rounds }: what `canvas-ws bench --json` printed, or an `error`; `rounds` are the parts of `mixed`. People go home at the end of a round, and work on other documents in the next one:
// in one document for ever its text grows for ever. Calls startFaults(seconds) at the beginning of each round, and waits for what it gives.
export async function runLoads(server, plan, startFaults) {
  const url = `ws://127.0.0.1:${server.port}`
  const common = { drain: 60, json: true }
  const churn = run(url, { ...common, duration: plan.seconds, pattern: 'churn', protocol: 'mixed', clients: visitsARoom, rate: visitsARoom * plan.rooms / plan.seconds })
  const seconds = plan.seconds / plan.rounds
  const mixed = []
  for (let i = 0; i < plan.rounds; ++i) {
    const faults = startFaults(seconds)
    mixed.push(await run(url, { ...common, duration: seconds, pattern: 'mixed', protocol: 'mixed', documents, clients: 5, rate: plan.rate, drops, seed: i + 1 }))
    await faults
  }
  return { mixed: sum(mixed), churn: await churn, rounds: mixed }
}

// The exit code says whether something was lost; the result does too, so it is read in both cases.
async function run(url, options) {
  try {
    return JSON.parse(await runProgram('canvas-ws', ['bench', url, ...flags(options)]))
  } catch (error) {
    if (error.stdout) return { ...JSON.parse(error.stdout), failed: true }
    return { error: (error.stderr || error.message).trim() }
  }
}

// Counts are added up, of times the worst is kept, and the first fault.
function sum(results) {
  const bad = results.find(({ error }) => error)
  if (bad) return bad
  const total = { ...results[0], failed: results.some(({ failed }) => failed), fault: results.map(({ fault }) => fault).find(Boolean), first_lost: results.map(({ first_lost }) => first_lost).find(Boolean) }
  for (const result of results.slice(1)) {
    for (const [name, value] of Object.entries(result)) {
      if (typeof value !== 'number') continue
      total[name] = name.endsWith('_ms') ? Math.max(total[name], value) : total[name] + value
    }
  }
  return total
}
