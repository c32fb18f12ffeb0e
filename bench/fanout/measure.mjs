// Runs bench_load against one server, once or in search of its limit.
import { faultsOf } from '../common/faults.mjs'
import { flags, resultOrError, runProgram } from '../common/process.mjs'
import { withServer } from './servers.mjs'

const load = async (server, { port, pid }, options) =>
  JSON.parse(await runProgram('bench_load', flags({ port, pid, protocol: server.protocol, json: true, ...options })))

const withServerOrError = (server, use) => resultOrError(() => withServer(server, use))

// `scenario` is { documents, clients, deliveries (a second) }, `times` is { warmUp, seconds, drain }.
export function measureFanOut(server, scenario, times) {
  return withServerOrError(server, (process) => load(server, process, {
    documents: scenario.documents, clients: scenario.clients, rate: scenario.deliveries / (scenario.clients - 1),
    'warm-up': times.warmUp, duration: times.seconds, drain: times.drain
  }))
}

export const measureIdle = (server, connections) =>
  withServerOrError(server, (process) => load(server, process, { idle: connections }))

const wantedP99 = 100
const step = { warmUp: 3, seconds: 4, drain: 10 } // Node compiles its code in the first seconds
const firstRate = 12_000
const lastRate = 768_000
const halvings = 3

export function isSustained(result) {
  return faultsOf(result).length === 0 && result.latency_p99_ms < wantedP99 &&
    result.achieved_per_second > 0.97 * result.offered_per_second
}

// The most deliveries a second with a p99 under 100 ms: doubles until it fails, then halves the interval a few times. A step that fails is tried again, because
// one pause of the machine fails it too. Gives the best result; undefined when every step failed.
export async function searchLimit(server, scenario, onStep) {
  let best
  let low = 0
  let high
  const attempt = async (deliveries) => {
    for (const _try of [1, 2]) {
      const result = await measureFanOut(server, { ...scenario, deliveries }, step)
      onStep(result)
      if (!isSustained(result)) continue
      best = result
      return true
    }
    return false
  }
  for (let rate = firstRate; rate <= lastRate && high === undefined; rate *= 2) {
    if (await attempt(rate)) low = rate
    else high = rate
  }
  for (let i = 0; i < halvings && high !== undefined; ++i) {
    const middle = (low + high) / 2
    if (await attempt(middle)) low = middle
    else high = middle
  }
  return best
}
