// @hocuspocus/server with its database extension, as its documentation shows it, on PostgreSQL: the state of a document goes into yjs_document after the default
// debounce (2 s of rest, 10 s at most).   node hocuspocus_database.mjs PORT DATABASE_URI
import { Database } from '@hocuspocus/extension-database'
import { Server } from '@hocuspocus/server'
import pg from 'pg'
import { sayListening, wantedPort } from './ready.mjs'

const pool = new pg.Pool({ connectionString: process.argv[3] })

const read = 'SELECT data FROM yjs_document WHERE id = $1'
const write = `INSERT INTO yjs_document (id, data, updated_at) VALUES ($1, $2, now())
  ON CONFLICT (id) DO UPDATE SET data = excluded.data, updated_at = excluded.updated_at`

const database = new Database({
  fetch: async ({ documentName }) => (await pool.query(read, [documentName])).rows[0]?.data ?? null,
  store: async ({ documentName, state }) => { await pool.query(write, [documentName, state]) }
})

const server = new Server({ address: '127.0.0.1', quiet: true, extensions: [database] })
server.httpServer.listen(wantedPort(), '127.0.0.1', () => sayListening(server.httpServer))
