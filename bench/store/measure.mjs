// One result each: of the store alone, of a server, of a server that is killed, of one whose database does not answer.
import { flags, killServer, resultOrError, runProgram, stopServer } from '../common/process.mjs'
import { readState } from '../peers/newcomer.mjs'
import { start, withDatabase, withServer } from './servers.mjs'

const store = async (uri, ...list) => await runProgram('bench_store', ['--database', uri, ...list])

// `plan` is { rooms, rate? } and what else bench_store append takes.
export const measureAppend = (kind, cluster, plan) => resultOrError(() => withDatabase(kind, cluster, async (uri) =>
  JSON.parse(await store(uri, 'append', ...flags({ ...plan, ...databasePid(kind, cluster) })))))

// A document of `stateBytes` and `logRows`, loaded `times` times, each in a process of its own.
export const measureLoading = (kind, cluster, { stateBytes, logRows, times }) => resultOrError(() => withDatabase(kind, cluster, async (uri) => {
  const { document } = JSON.parse(await store(uri, 'fill', '--state-bytes', stateBytes, '--log-rows', logRows))
  if (kind === 'postgres') await cluster.vacuum(uri)
  const loads = []
  for (let i = 0; i < times; ++i) loads.push(JSON.parse(await store(uri, 'load', '--document', document)))
  return { loads }
}))

// `load` is what bench_load takes: { documents, clients, rate or outstanding, ... }.
export const measureServer = (server, cluster, load) => resultOrError(() => withServer(server, cluster, async ({ port, pid }) =>
  JSON.parse(await runProgram('bench_load', flags({ port, pid, json: true, ...databasePid(server.database, cluster), ...load })))))

// The database of the server does not answer from the begin of the measured window to its end.
export const measureFrozen = (server, cluster, load) => resultOrError(() => withServer(server, cluster, async ({ port, pid }) => {
  const onLine = (line) => {
    if (line === 'the window begins') cluster.freeze()
    if (line === 'the window ends') cluster.thaw()
  }
  return JSON.parse(await runProgram('bench_load', flags({ port, pid, json: true, announce: true, ...load }), onLine))
}))

// kill -9 so many seconds into the load, and another start on the same database: what was acknowledged, and is gone?
export const measureKill = (server, cluster, load, seconds) => resultOrError(() => withDatabase(server.database, cluster, async (uri) => {
  const journal = await writeUntilKilled(await start(server, uri), load, seconds)
  const again = await start(server, uri)
  try {
    return await reckonUp(journal, again.port)
  } finally {
    await stopServer(again)
  }
}))

async function writeUntilKilled(running, load, seconds) {
  let killed
  const onLine = (line) => {
    if (line === 'the window begins') killed = new Promise((resolve) => setTimeout(() => resolve(killServer(running)), 1000 * seconds))
  }
  try {
    const options = { port: running.port, journal: true, announce: true, 'warm-up': 0, duration: seconds + 20, drain: 0, ...load }
    return JSON.parse(await runProgram('bench_load', flags(options), onLine))
  } finally {
    await killed
    await killServer(running)
  }
}

async function reckonUp(journal, port) {
  const states = new Map() // by the number of the document
  for (let i = 0; i < journal.documents; ++i) states.set(i, await readState(port, `${journal.name}-${i}`))
  const result = { sent: journal.sent, acknowledged: 0, lost: 0 }
  journal.acknowledged.forEach((acknowledged, client) => {
    const clock = states.get(client % journal.documents).get(journal.first_client_id + client) ?? 0
    result.acknowledged += acknowledged
    result.lost += Math.max(0, acknowledged - Math.floor(clock / journal.update_length))
  })
  return result
}

const databasePid = (kind, cluster) => kind === 'postgres' ? { 'database-pid': cluster.pid } : {}
