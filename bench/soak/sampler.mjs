// Looks at a server from outside, again and again.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const restLimit = 120_000

export class Sampler {
  #server
  #samples = []
  #timer
  #failed = []

  constructor(server, seconds) {
    this.#server = server
    const usage = usageOf(server.pid)
    this.#samples.push({ time: Date.now(), ...usage, filesBesideConnections: usage.openFiles })
    this.#timer = setInterval(() => this.#sample().catch((error) => this.#failed.push(error.message)), 1000 * seconds)
  }

  // Gives { residentBytes, openFiles, threads } when no room has been in memory for a while.
  async waitForRest() {
    if (this.#failed.length > 0) throw new Error(`the server could not be looked at ${this.#failed.length} times: ${this.#failed[0]}`)
    const deadline = Date.now() + restLimit
    for (;;) {
      const { rooms } = await this.#health()
      if (rooms === 0) break
      if (Date.now() > deadline) throw new Error(`${rooms} rooms are still in memory two minutes after the load`)
      await sleep(500)
    }
    await sleep(2000)
    return usageOf(this.#server.pid)
  }

  stop() {
    clearInterval(this.#timer)
    return this.#samples
  }

  // Twice is asked how many connections there are: between the two answers the number of files is looked at.
  async #sample() {
    const before = (await this.#health()).connections
    const usage = usageOf(this.#server.pid)
    const after = (await this.#health()).connections
    this.#samples.push({ time: Date.now(), ...usage, filesBesideConnections: usage.openFiles - Math.max(before, after) })
  }

  async #health() {
    const response = await fetch(`http://127.0.0.1:${this.#server.port}/health`, { headers: { connection: 'close' } })
    return response.json()
  }
}

function usageOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const number = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)[1])
  return { residentBytes: 1024 * number('VmRSS'), openFiles: readdirSync(`/proc/${pid}/fd`).length, threads: number('Threads') }
}

// Least squares: how much `value(sample)` grows in a minute.
export function slopePerMinute(samples, value) {
  if (samples.length < 2) return 0
  const minutes = samples.map(({ time }) => (time - samples[0].time) / 60_000)
  const values = samples.map(value)
  const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length
  const x = mean(minutes)
  const y = mean(values)
  const covariance = mean(minutes.map((minute, i) => (minute - x) * (values[i] - y)))
  return covariance / mean(minutes.map((minute) => (minute - x) ** 2))
}
