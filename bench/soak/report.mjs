// What a soak has shown, line by line.
import { isNearRestart, restartsInARound } from './restarts.mjs'
import { slopePerMinute } from './sampler.mjs'

const mebibyte = 1 << 20
const warmUpShare = 0.25 // of the samples: allocators and caches fill
const mostGrowthBytes = 16 * mebibyte // over the rest of the run, by the slope
const leastMinutes = 10 // of it: in a shorter one a single restart of the database is most of the slope
const connectionsToDatabase = 10
const mostRestBytes = 64 * mebibyte // with nobody there, after the load
const restBytesAConnection = 16 << 10 // and for as many as there were at once: Asio keeps a record for each, in pages that it shares with nothing

export function judge(run) {
  const { mixed, churn } = run.results
  const steady = run.samples.slice(Math.floor(warmUpShare * run.samples.length)).filter(({ time }) => !isNearRestart(time, run.restarts))
  const minutes = (run.samples.at(-1).time - run.samples[0].time) * (1 - warmUpShare) / 60_000
  const memory = slopePerMinute(steady, (sample) => sample.residentBytes)
  const files = slopePerMinute(steady, (sample) => sample.filesBesideConnections)
  const bad = run.log.counts.filter(({ level, why }) => why === undefined && level !== 'info' && level !== 'debug')
  const mostConnections = Math.max(...run.samples.map((sample) => sample.openFiles))
  const rooms = (mixed.rooms ?? 0) + (churn.rooms ?? 0)
  return [
    line('the faults happened', run.restarts.length === run.plan.rounds * restartsInARound && mixed.reconnected > 0 && rooms >= run.plan.rooms,
      `${run.restarts.length} restarts of the database, ${mixed.reconnected} people came back, ${rooms} rooms`),
    line('the mixed load lost nothing', isClean(mixed), told(mixed)),
    line('the churn lost nothing', isClean(churn), told(churn)),
    line('memory is flat', minutes < leastMinutes || memory * minutes < mostGrowthBytes,
      `${(memory / 1024).toFixed(1)} KiB a minute over ${minutes.toFixed(1)} minutes; at most ${mib(Math.max(...run.samples.map((sample) => sample.residentBytes)))}`),
    line('memory is given back', run.rest.residentBytes < mostRestBytes + mostConnections * restBytesAConnection,
      `${mib(run.rest.residentBytes)} with nobody there, after ${mostConnections} files open at once`),
    line('file descriptors are flat', (minutes < leastMinutes || files * minutes < 20) && run.rest.openFiles <= run.samples[0].openFiles + connectionsToDatabase,
      `${files.toFixed(2)} a minute, those of connections apart; ${run.rest.openFiles} with nobody there, ${run.samples[0].openFiles} before`),
    line('every warning and error is explained', bad.length === 0, bad.map(({ event, count }) => `${count} x ${event}`).join(', ') || 'yes'),
    line('the server ended well', run.exitCode === 0, `exit code ${run.exitCode}`)
  ]
}

export function printReport(run, lines) {
  const out = [`${run.plan.seconds / 60} minutes of load, ${run.plan.rate} updates a second`, '']
  for (const { title, passed, detail } of lines) out.push(`${passed ? 'PASS' : 'FAIL'}  ${title}: ${detail}`)
  out.push('', 'The log:')
  for (const { level, event, count, why } of run.log.counts) out.push(`  ${level} ${event}: ${count}${why ? ` (${why})` : ''}`)
  for (const text of run.log.unexplained) out.push(`  unexplained: ${text}`)
  process.stdout.write(`${out.join('\n')}\n`)
}

const line = (title, passed, detail) => ({ title, passed, detail })
const mib = (bytes) => `${(bytes / mebibyte).toFixed(1)} MiB`
const isClean = (result) => !result.error && !result.failed

function told(result) {
  if (result.error) return result.error
  const { updates, deliveries, acknowledged, visits, reconnected, documents_checked, delivery_p50_ms, delivery_p99_ms, ack_p99_ms, lost_deliveries, lost_acknowledged, fault, first_lost } = result
  return `${updates} updates, ${deliveries} deliveries (p50 ${delivery_p50_ms.toFixed(2)}, p99 ${delivery_p99_ms.toFixed(1)} ms), ${acknowledged} acknowledged (p99 ${ack_p99_ms.toFixed(0)} ms), ` +
    `${visits} visits, ${reconnected} came back, ${documents_checked} documents checked, ${lost_deliveries} + ${lost_acknowledged} lost${fault ? `: ${fault}` : ''}${first_lost ? `; ${first_lost}` : ''}`
}
