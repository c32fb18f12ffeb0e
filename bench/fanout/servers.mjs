// The servers that are compared: how each is started on a free port of 127.0.0.1, and stopped.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const build = process.env.BUILD
const peer = (name) => fileURLToPath(new URL(`../peers/${name}`, import.meta.url))
const canvas = join(build, 'canvas-ws')

// Durable, as it is shipped: SQLite in a folder of this run. CANVAS_FLAGS adds to its command line.
const canvasArguments = (folder) => [
  'serve', '--host', '127.0.0.1', '--port', '0', '--health-port', '0',
  '--database', `sqlite:${join(folder, 'canvas.sqlite')}`, '--auth', 'guest',
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

const startLimit = 20_000
const stopLimit = 10_000
const running = new Map() // child process -> its folder

// Starts `server`, calls use({ port, pid }), stops it, and gives what use gave.
export async function withServer(server, use) {
  const folder = mkdtempSync(join(tmpdir(), 'canvas-bench-'))
  const child = spawn(server.program, server.arguments(folder), { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  running.set(child, folder)
  try {
    return await use({ port: await portOf(server, child), pid: child.pid })
  } finally {
    await stop(child)
    forget(child)
  }
}

export function killAll() {
  for (const child of running.keys()) {
    child.kill('SIGKILL')
    forget(child)
  }
}

function forget(child) {
  rmSync(running.get(child), { recursive: true, force: true })
  running.delete(child)
}

// Every server prints a JSON line when it is ready; what else it says is kept for the case that it fails.
function portOf(server, child) {
  return new Promise((resolve, reject) => {
    const said = []
    const fail = (why) => reject(new Error(`${server.title} ${why}\n${said.join('\n')}`))
    const timer = setTimeout(() => fail('is not ready after 20 s'), startLimit)
    const onLine = (line) => {
      if (said.length < 20) said.push(line)
      const port = portIn(line)
      if (port === undefined) return
      clearTimeout(timer)
      resolve(port)
    }
    createInterface(child.stdout).on('line', onLine)
    createInterface(child.stderr).on('line', onLine)
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code, signal) => fail(`has ended (${signal ?? code})`))
  })
}

function portIn(line) {
  if (!line.includes('server.listening')) return undefined
  try {
    const { event, port } = JSON.parse(line)
    return event === 'server.listening' ? port : undefined
  } catch {
    return undefined
  }
}

async function stop(child) {
  const hasEnded = child.pid === undefined || child.exitCode !== null || child.signalCode !== null
  if (hasEnded) return
  const timer = setTimeout(() => child.kill('SIGKILL'), stopLimit)
  child.kill('SIGTERM')
  await once(child, 'exit')
  clearTimeout(timer)
}
