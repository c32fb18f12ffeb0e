// @hocuspocus/server as it comes: no extension, so nothing is stored.   node hocuspocus.mjs [PORT]
import { Server } from '@hocuspocus/server'
import { sayListening, wantedPort } from './ready.mjs'

const server = new Server({ address: '127.0.0.1', quiet: true })
// Its own listen() takes 0 for "the default port": what that does beyond this is to print a banner.
server.httpServer.listen(wantedPort(), '127.0.0.1', () => sayListening(server.httpServer))
