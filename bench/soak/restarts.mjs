// The database of a soak, stopped and started again.
import { setTimeout as sleep } from 'node:timers/promises'

export const restartsInARound = 2

// Spread evenly over so many seconds; every second one is a crash. Adds { begin, end, mode } to `restarts`, where `end` is when what it has held up must be
// done: `settleSeconds` after it is back.
export async function restartDatabase(cluster, seconds, settleSeconds, restarts, say) {
  const started = Date.now()
  for (let i = 1; i <= restartsInARound; ++i) {
    await sleep(started + (1000 * seconds * i) / (restartsInARound + 1) - Date.now())
    const mode = i % 2 === 0 ? 'immediate' : 'fast'
    say(`${new Date().toISOString()} the database is stopped (${mode}) and started again`)
    const restart = { begin: Date.now(), end: Infinity, mode }
    restarts.push(restart)
    await cluster.restart(mode)
    restart.end = Date.now() + 1000 * settleSeconds
  }
}

export const isNearRestart = (time, restarts) => restarts.some(({ begin, end }) => begin <= time && time < end)
