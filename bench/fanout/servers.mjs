// The servers that are compared: how each is started on a free port of 127.0.0.1, and stopped.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { removeFolder, temporaryFolder } from '../common/folder.mjs'
import { startServer, stopServer } from '../common/process.mjs'

const build = process.env.BUILD
const peer = (name) => fileURLToPath(new URL(`../peers/${name}`, import.meta.url))
const canvas = join(build, 'canvas-ws')

// Durable, as it is shipped: SQLite in a folder of this run. CANVAS_FLAGS adds to its command line.
const canvasArguments = (folder) => [
  'serve', '--host', '127.0.0.1', '--port', '0', '--health-port', '0',
  '--database', `sqlite:${join(folder, 'canvas.sqlite')}`, '--auth', 'guest',
  '--max-updates-per-second', '0', '--max-awareness-per-second', '0', // the peers know no such limits
  ...(process.env.CANVAS_FLAGS ?? '').split(' ').filter(Boolean)
]

// `protocol` is what the clients speak. `arguments` gets an empty folder that is removed afterwards.
export const servers = [
  { name: 'relay', title: 'bare epoll relay', protocol: 'hocuspocus', program: join(build, 'bench_relay'), arguments: () => ['0'] },
  { name: 'canvas', title: 'canvas-ws', protocol: 'hocuspocus', program: canvas, arguments: canvasArguments },
  { name: 'canvas-y', title: 'canvas-ws, y-websocket', protocol: 'y-websocket', program: canvas, arguments: canvasArguments },
  { name: 'hocuspocus', title: '@hocuspocus/server', protocol: 'hocuspocus', program: process.execPath, arguments: () => [peer('hocuspocus.mjs'), '0'] },
  { name: 'y-websocket', title: 'y-websocket server', protocol: 'y-websocket', program: process.execPath, arguments: () => [peer('y_websocket.mjs'), '0'] }
]

export const isThere = (server) => existsSync(server.program)

// Starts `server`, calls use({ port, pid }), stops it, and gives what use gave.
export async function withServer(server, use) {
  const folder = temporaryFolder()
  try {
    const started = await startServer({ ...server, arguments: server.arguments(folder), folder })
    try {
      return await use(started)
    } finally {
      await stopServer(started)
    }
  } finally {
    removeFolder(folder)
  }
}
