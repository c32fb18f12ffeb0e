// The server under the soak: as it is shipped, on PostgreSQL, with its limits of rates off for the load generator, which is one person at one address.
import { join } from 'node:path'
import { startServer } from '../common/process.mjs'

export const startCanvas = (uri, folder) => startServer({
  title: 'canvas-ws', program: join(process.env.BUILD, 'canvas-ws'), folder,
  arguments: [
    'serve', '--host', '127.0.0.1', '--port', '0', '--health-port', '0', '--database', uri, '--auth', 'guest',
    '--max-connections-per-user', '0', '--max-updates-per-second', '0', '--max-awareness-per-second', '0'
  ]
})
