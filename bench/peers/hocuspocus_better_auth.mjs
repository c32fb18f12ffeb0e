// @hocuspocus/server with Better Auth in onAuthenticate, as their documentations show them; nothing is stored. The token is that of the session cookie, signed.
//   BETTER_AUTH_SECRET=... node hocuspocus_better_auth.mjs PORT DATABASE_URI
import { Server } from '@hocuspocus/server'
import { makeAuth } from './better_auth.mjs'
import { sayListening, wantedPort } from './ready.mjs'

const auth = makeAuth(process.argv[3], process.env.BETTER_AUTH_SECRET)

const server = new Server({
  address: '127.0.0.1',
  quiet: true,
  async onAuthenticate({ token }) {
    const headers = new Headers({ cookie: `better-auth.session_token=${encodeURIComponent(token)}` })
    const session = await auth.api.getSession({ headers })
    if (session?.user.role !== 'editor') throw new Error('not allowed')
    return { user: session.user }
  }
})
server.httpServer.listen(wantedPort(), '127.0.0.1', () => sayListening(server.httpServer))
