// The load generators of a soak: people who edit, of whom some lose their connection now and then, and visitors who come to ever other documents.
import { flags, runProgram } from '../common/process.mjs'

const visitsARoom = 2
const drops = 2 // connections cut a second

// Gives { ended, hasEnded }: a promise of { mixed, churn }, what `canvas-ws bench --json` printed, or an `error`.
export function startLoads(server, plan) {
  const url = `ws://127.0.0.1:${server.port}`
  const common = { duration: plan.seconds, drain: 60, json: true }
  const mixed = run(url, { ...common, pattern: 'mixed', protocol: 'mixed', documents: 40, clients: 5, rate: plan.rate, drops })
  const churn = run(url, { ...common, pattern: 'churn', protocol: 'mixed', clients: visitsARoom, rate: visitsARoom * plan.rooms / plan.seconds })
  const loads = { hasEnded: false }
  loads.ended = Promise.all([mixed, churn]).then(([mixed, churn]) => {
    loads.hasEnded = true
    return { mixed, churn }
  })
  return loads
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
