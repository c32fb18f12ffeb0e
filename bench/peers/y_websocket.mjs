// The server of y-websocket 2.1.0, as its bin/server.cjs starts it; without YPERSISTENCE nothing is stored.   node y_websocket.mjs [PORT]
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { sayListening, wantedPort } from './ready.mjs'

const require = createRequire(import.meta.url)
const { Server } = require('ws')
const { setupWSConnection } = require('y-websocket/bin/utils')

const sockets = new Server({ noServer: true })
sockets.on('connection', setupWSConnection)

const http = createServer((_request, response) => response.end('okay'))
http.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (connection) => sockets.emit('connection', connection, request))
})
http.listen(wantedPort(), '127.0.0.1', () => sayListening(http))
