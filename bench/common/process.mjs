// The processes of a benchmark: servers, which say on which port they listen, and load generators, which print what they have measured. None outlives this one.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const startLimit = 20_000
const stopLimit = 10_000
const longestOutput = 16 << 20
const running = new Set() // child processes

// Starts `program` in `folder` and gives { child, port, healthPort, pid } when it listens. It says so in a JSON line (a peer without a health port: undefined); what else it says is told when it fails. `environment` goes
// over that of this process.
export async function startServer({ title, program, arguments: list, folder, environment = {} }) {
  const child = spawn(program, list, { cwd: folder, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
  remember(child)
  try {
    return { child, ...await portsOf(title, child), pid: child.pid }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

// With SIGTERM, and when that does not help with SIGKILL.
export async function stopServer({ child }) {
  if (hasEnded(child)) return
  const timer = setTimeout(() => child.kill('SIGKILL'), stopLimit)
  child.kill('SIGTERM')
  await once(child, 'exit')
  clearTimeout(timer)
}

export async function killServer({ child }) {
  if (hasEnded(child)) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

// Runs one of our programs to its end and gives what it printed. `onLine` gets the lines of its stderr while it runs.
export async function runProgram(name, list, onLine) {
  const promise = promisify(execFile)(join(process.env.BUILD, name), list.map(String), { maxBuffer: longestOutput })
  remember(promise.child)
  if (onLine) createInterface(promise.child.stderr).on('line', onLine)
  return (await promise).stdout
}

export const flags = (options) => Object.entries(options).flatMap(([name, value]) => value === true ? [`--${name}`] : [`--${name}`, value])

// A result, or { error } when there is none.
export async function resultOrError(measure) {
  try {
    return await measure()
  } catch (error) {
    return { error: (error.stderr || error.message).trim() }
  }
}

// Kills what runs, and calls each `cleanup`, the last one first, when this process ends: also on signals.
const cleanups = []
export const atEnd = (cleanup) => cleanups.unshift(cleanup)

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  for (const cleanup of cleanups) cleanup()
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130))

function remember(child) {
  running.add(child)
  child.once('exit', () => running.delete(child))
}

const hasEnded = (child) => child.pid === undefined || child.exitCode !== null || child.signalCode !== null

function portsOf(title, child) {
  return new Promise((resolve, reject) => {
    const said = []
    const fail = (why) => reject(new Error(`${title} ${why}\n${said.join('\n')}`))
    const timer = setTimeout(() => fail('is not ready after 20 s'), startLimit)
    const onLine = (line) => {
      if (said.length < 20) said.push(line)
      const ports = portsIn(line)
      if (ports === undefined) return
      clearTimeout(timer)
      resolve(ports)
    }
    createInterface(child.stdout).on('line', onLine)
    createInterface(child.stderr).on('line', onLine)
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code, signal) => fail(`has ended (${signal ?? code})`))
  })
}

function portsIn(line) {
  if (!line.includes('server.listening')) return undefined
  try {
    const { event, port, health_port: healthPort } = JSON.parse(line)
    return event === 'server.listening' ? { port, healthPort } : undefined
  } catch {
    return undefined
  }
}
