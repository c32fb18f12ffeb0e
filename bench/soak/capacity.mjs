// What the machine can do of the mixed load, with the database and the load generator on it: the most updates a second, of those tried, at which nothing is lost
// and 99 of 100 deliveries take less than 200 ms.
import { flags, resultOrError, runProgram } from '../common/process.mjs'

const steps = [4000, 8000, 12_000, 16_000, 20_000, 26_000, 32_000, 38_000, 44_000, 52_000, 60_000, 80_000, 100_000]
const mostDeliveryMs = 200

export async function findCapacity(server, say) {
  let capacity = 0
  for (const rate of steps) {
    const load = { pattern: 'mixed', protocol: 'mixed', documents: 40, clients: 5, drops: 2, rate, duration: 12, json: true }
    const result = await resultOrError(async () => JSON.parse(await runProgram('canvas-ws', ['bench', `ws://127.0.0.1:${server.port}`, ...flags(load)])))
    if (result.error) say(`${rate} updates a second: ${result.error}`)
    else say(`${rate} updates a second: ${result.deliveries_per_second.toFixed(0)} deliveries a second, p99 ${result.delivery_p99_ms.toFixed(1)} ms`)
    if (result.error || result.delivery_p99_ms >= mostDeliveryMs) break
    capacity = rate
  }
  return capacity
}
