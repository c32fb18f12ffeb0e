// The database of a soak, stopped and started again.
import { setTimeout as sleep } from 'node:timers/promises'

export const restartsInARound = 2
const settleMilliseconds = 60_000 // after it is back, until what it has held up is done

// Spread evenly over so many seconds; every second one is a crash. Adds { begin, end, mode } to `restarts`.
export async function restartDatabase(cluster, seconds, restarts, say) {
  const started = Date.now()
  for (let i = 1; i <= restartsInARound; ++i) {
    await sleep(started + (1000 * seconds * i) / (restartsInARound + 1) - Date.now())
    const mode = i % 2 === 0 ? 'immediate' : 'fast'
    say(`${new Date().toISOString()} the database is stopped (${mode}) and started again`)
    const restart = { begin: Date.now(), end: Infinity, mode }
    restarts.push(restart)
    await cluster.restart(mode)
    restart.end = Date.now()
  }
}

export const isNearRestart = (time, restarts) => restarts.some(({ begin, end }) => begin <= time && time < end + settleMilliseconds)
