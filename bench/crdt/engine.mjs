// An engine at one case: a process that runs it once each time it is asked, so that what it has compiled stays compiled between the runs.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { atEnd, flags } from '../common/process.mjs'

const worker = fileURLToPath(new URL('worker.mjs', import.meta.url))
export const program = join(process.env.BUILD, 'bench_crdt')

export const titles = { store: 'BlockStore', doc: 'Doc', yjs: 'Yjs', ywasm: 'ywasm' }
const isOurs = (name) => name === 'store' || name === 'doc'

// The arguments of a case for bench_crdt and worker.mjs alike.
export function argumentsOf(name, one, folder) {
  const files = Object.fromEntries(['input', 'start', 'known'].filter((key) => one[key]).map((key) => [key, join(folder, one[key])]))
  const rest = { ...(one.first && { first: one.first }), ...(one.operation === 'json' && { root: one.root.map }) }
  return [one.operation, ...flags({ engine: name, ...files, ...rest }).map(String)]
}

export class Engine {
  #child
  #lines
  #said = []

  // `result` is the file that gets the result of its first run.
  constructor(name, one, folder, { result, isQuick }) {
    const list = [...argumentsOf(name, one, folder), '--result', result, ...(isQuick ? ['--once'] : [])]
    const [command, before] = isOurs(name) ? [program, []] : [process.execPath, ['--expose-gc', worker]]
    this.#child = spawn(command, [...before, ...list], { stdio: 'pipe' })
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]()
    this.#child.stderr.on('data', (data) => this.#said.push(data))
    this.#child.stdin.on('error', () => {}) // it has ended: run() tells why
    atEnd(() => this.#child.kill('SIGKILL'))
  }

  // { ms, result_bytes, held_bytes }.
  async run() {
    this.#child.stdin.write('\n')
    const { value, done } = await this.#lines.next()
    if (!done) return JSON.parse(value)
    throw new Error(Buffer.concat(this.#said).toString().trim() || 'it has ended')
  }

  async end() {
    const ended = once(this.#child, 'exit')
    this.#child.stdin.end()
    await ended
  }
}
