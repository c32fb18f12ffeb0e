// Counts the lines of a server's log, and keeps those that nobody has explained.
import { createInterface } from 'node:readline'
import { isNearRestart } from './restarts.mjs'

const keptLines = 20

// Warnings and errors that are expected: always, or while the database was away. Anything else at these levels fails the soak.
const always = new Map([['server.guests_allowed', 'the load generator is a guest']])
const nearRestart = ['store.commit_failed', 'store.unreachable', 'store.tidy_failed', 'room.load_failed', 'room.compaction_failed']

export class LogReader {
  #restarts
  #counts = new Map() // by level, event and why
  #unexplained = []

  constructor(child, restarts) {
    this.#restarts = restarts
    for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', (line) => this.#read(line))
  }

  // { counts: [{ level, event, count, why }], unexplained: [first lines] }; a bad line that has no `why` is unexplained.
  summary() {
    return { counts: [...this.#counts.values()], unexplained: this.#unexplained }
  }

  #read(line) {
    const entry = parse(line)
    const isBad = entry.level !== 'info' && entry.level !== 'debug'
    const why = isBad ? this.#explain(entry) : undefined
    const key = `${entry.level} ${entry.event} ${why}`
    const known = this.#counts.get(key) ?? { level: entry.level, event: entry.event, count: 0, why }
    known.count += 1
    this.#counts.set(key, known)
    if (isBad && !why && this.#unexplained.length < keptLines) this.#unexplained.push(line)
  }

  #explain({ event, time }) {
    if (always.has(event)) return always.get(event)
    return nearRestart.includes(event) && isNearRestart(Date.parse(time), this.#restarts) ? 'the database was stopped' : undefined
  }
}

function parse(line) {
  try {
    return JSON.parse(line)
  } catch {
    return { level: 'error', event: 'no.json' }
  }
}
