// The servers that let people in, each with a database of its own for each run, in which the same people are signed in.
import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { removeFolder, temporaryFolder } from '../common/folder.mjs'
import { startServer, stopServer } from '../common/process.mjs'
import { baseUrl, signUpPeople } from '../peers/better_auth.mjs'

const build = process.env.BUILD
const canvas = join(build, 'canvas-ws')
const hocuspocus = fileURLToPath(new URL('../peers/hocuspocus_better_auth.mjs', import.meta.url))

export const servers = [
  {
    name: 'canvas', title: 'canvas-ws', program: canvas,
    arguments: (uri) => [
      'serve', '--host', '127.0.0.1', '--port', '0', '--health-port', '0', '--database', uri, '--auth', 'better-auth',
      ...(process.env.CANVAS_FLAGS ?? '').split(' ').filter(Boolean)
    ]
  },
  { name: 'hocuspocus', title: '@hocuspocus/server with getSession', program: process.execPath, arguments: (uri) => [hocuspocus, '0', uri] }
]

export const isThere = (server) => existsSync(server.program)

// Calls use({ port, pid, tokens }) with a server on a new database with `people`; `tokens` is the file of their tokens.
export const withServer = (server, cluster, people, use) => cluster.withDatabase(async (uri) => {
  const secret = randomBytes(32).toString('base64')
  const folder = temporaryFolder()
  const tokens = join(folder, 'tokens')
  writeFileSync(tokens, (await signUpPeople(uri, secret, people)).join('\n'))
  const environment = { BETTER_AUTH_SECRET: secret, BETTER_AUTH_URL: baseUrl }
  const started = await startServer({ ...server, arguments: server.arguments(uri), folder: build, environment })
  try {
    return await use({ ...started, tokens })
  } finally {
    await stopServer(started)
    removeFolder(folder)
  }
})
