// Counts the lines of a server's log, and keeps those that nobody has explained.
import { createInterface } from 'node:readline'

const keptLines = 20

// Warnings and errors that the faults of the soak must cause. Anything else at these levels fails it.
const explained = new Map([
  ['server.guests_allowed', 'the load generator is a guest'],
  ...['store.commit_failed', 'store.unreachable', 'store.tidy_failed', 'room.load_failed', 'room.compaction_failed']
    .map((event) => [event, 'the database was stopped'])
])

export class LogReader {
  #counts = new Map() // by level and event
  #unexplained = []

  constructor(child) {
    for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', (line) => this.#read(line))
  }

  // { counts: [{ level, event, count, why }], unexplained: [first lines] }
  summary() {
    const counts = [...this.#counts].map(([key, count]) => {
      const [level, event] = key.split(' ')
      return { level, event, count, why: explained.get(event) }
    })
    return { counts, unexplained: this.#unexplained }
  }

  #read(line) {
    const entry = parse(line)
    const key = `${entry.level} ${entry.event}`
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    const isBad = entry.level !== 'info' && entry.level !== 'debug'
    if (isBad && !explained.has(entry.event) && this.#unexplained.length < keptLines) this.#unexplained.push(line)
  }
}

function parse(line) {
  try {
    return JSON.parse(line)
  } catch {
    return { level: 'error', event: 'no.json' }
  }
}
