// A PostgreSQL cluster of this run, in a temporary folder, with the settings that PostgreSQL comes with.
import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { removeFolder, temporaryFolder } from './folder.mjs'
import { atEnd, runProgram } from './process.mjs'
import pg from '../peers/pg.mjs'

const script = fileURLToPath(new URL('../../scripts/postgres.sh', import.meta.url))
const toldSettings = ['server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method', 'shared_buffers', 'max_wal_size']

export class Cluster {
  pid
  settings // { name: value } of those that matter
  #folder
  #client
  #uri
  #databases = 0
  #frozen = []

  static async start() {
    const cluster = new Cluster()
    cluster.#folder = temporaryFolder()
    atEnd(() => cluster.#stop())
    const { stdout } = await promisify(execFile)(script, ['start', cluster.#folder])
    cluster.#uri = stdout.trim()
    cluster.pid = Number(execFileSync(script, ['pid', cluster.#folder], { encoding: 'utf8' }))
    await cluster.#connect()
    const { rows } = await cluster.#client.query('SELECT name, current_setting(name) AS value FROM pg_settings WHERE name = ANY ($1)', [toldSettings])
    cluster.settings = Object.fromEntries(toldSettings.map((name) => [name, rows.find((row) => row.name === name).value]))
    if (cluster.settings.fsync !== 'on') throw new Error('fsync is off: this would measure nothing')
    return cluster
  }

  // Calls use(URI) with a new database that has our tables, after a checkpoint, so that each run begins alike.
  async withDatabase(use) {
    const name = `bench_${++this.#databases}`
    await this.#client.query(`CREATE DATABASE ${name}`)
    try {
      const uri = new URL(this.#uri)
      uri.pathname = `/${name}`
      await runProgram('canvas-ws', ['migrate', '--database', uri.href])
      await this.#client.query('CHECKPOINT')
      return await use(uri.href)
    } finally {
      this.thaw()
      await this.#client.query(`DROP DATABASE ${name} WITH (FORCE)`)
    }
  }

  // Stops it, fast or immediate (a crash), and starts it on the same port.
  async restart(mode) {
    await promisify(execFile)(script, ['stop', this.#folder, mode])
    await promisify(execFile)(script, ['start', this.#folder])
    this.pid = Number(execFileSync(script, ['pid', this.#folder], { encoding: 'utf8' }))
    await this.#connect()
  }

  // What autovacuum does within minutes.
  async vacuum(uri) {
    const client = new pg.Client({ connectionString: uri })
    await client.connect()
    await client.query('VACUUM ANALYZE')
    await client.end()
  }

  // Stops all processes of the cluster where they are (SIGSTOP), until thaw(): a database that does not answer.
  freeze() {
    this.#frozen = [this.pid, ...childrenOf(this.pid)]
    for (const pid of this.#frozen) signal(pid, 'SIGSTOP')
  }

  thaw() {
    for (const pid of this.#frozen) signal(pid, 'SIGCONT')
    this.#frozen = []
  }

  async #connect() {
    this.#client = new pg.Client({ connectionString: this.#uri })
    this.#client.on('error', () => {}) // when the cluster goes first
    await this.#client.connect()
  }

  #stop() {
    this.thaw()
    try {
      execFileSync(script, ['stop', this.#folder, 'immediate'], { stdio: 'ignore' })
    } catch {
      // it had not started
    }
    removeFolder(this.#folder)
  }
}

function childrenOf(pid) {
  return readFileSync(join('/proc', String(pid), 'task', String(pid), 'children'), 'utf8').split(' ').filter(Boolean).map(Number)
}

function signal(pid, name) {
  try {
    process.kill(pid, name)
  } catch {
    // a backend that has ended meanwhile
  }
}
