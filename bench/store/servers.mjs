// The servers whose acknowledgements are compared, each with a database of its own for each run.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { removeFolder, temporaryFolder } from '../common/folder.mjs'
import { startServer, stopServer } from '../common/process.mjs'

const build = process.env.BUILD
const canvas = join(build, 'canvas-ws')
const hocuspocus = fileURLToPath(new URL('../peers/hocuspocus_database.mjs', import.meta.url))

const canvasArguments = (uri) => [
  'serve', '--host', '127.0.0.1', '--port', '0', '--health-port', '0', '--database', uri, '--auth', 'guest',
  '--max-document-bytes', String(1 << 30), '--max-encoded-bytes', '0', '--max-updates-per-second', '0', // as fast as it can, into one document
  ...(process.env.CANVAS_FLAGS ?? '').split(' ').filter(Boolean)
]

export const servers = [
  { name: 'canvas-postgres', title: 'canvas-ws, PostgreSQL', database: 'postgres', isDurable: true, program: canvas, arguments: canvasArguments },
  { name: 'canvas-sqlite', title: 'canvas-ws, SQLite', database: 'sqlite', isDurable: true, program: canvas, arguments: canvasArguments },
  { name: 'hocuspocus', title: '@hocuspocus/server, PostgreSQL', database: 'postgres', isDurable: false, program: process.execPath,
    arguments: (uri) => [hocuspocus, '0', uri] }
]

export const isThere = (server) => existsSync(server.program)

// Calls use(URI) with a new and empty database.
export async function withDatabase(kind, cluster, use) {
  if (kind === 'postgres') return cluster.withDatabase(use)
  const folder = temporaryFolder()
  try {
    return await use(`sqlite:${join(folder, 'canvas.sqlite')}`)
  } finally {
    removeFolder(folder)
  }
}

// Starts `server` on a database that may have been used before.
export const start = (server, uri) => startServer({ ...server, arguments: server.arguments(uri), folder: build })

// Calls use({ port, pid }) with a server on a new database.
export const withServer = (server, cluster, use) => withDatabase(server.database, cluster, async (uri) => {
  const started = await start(server, uri)
  try {
    return await use(started)
  } finally {
    await stopServer(started)
  }
})
