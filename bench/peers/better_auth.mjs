// Better Auth as an app has it, on PostgreSQL: for hocuspocus_better_auth.mjs, and to sign people up.
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { admin } from 'better-auth/plugins'
import pg from 'pg'

export const baseUrl = 'http://app.example'

const optionsFor = (uri, secret) => ({
  database: new pg.Pool({ connectionString: uri }),
  baseURL: baseUrl,
  secret,
  emailAndPassword: { enabled: true, password: quickPasswords },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  plugins: [admin({ defaultRole: 'user' })]
})

// Nobody is measured while signing in.
const quickPasswords = { hash: async (password) => password, verify: async ({ hash, password }) => hash === password }

export const makeAuth = (uri, secret) => betterAuth(optionsFor(uri, secret))

// Makes the tables and signs up `count` people; gives their session tokens, signed, as their cookies have them.
export async function signUpPeople(uri, secret, count) {
  const options = optionsFor(uri, secret)
  await (await getMigrations(options)).runMigrations()
  const auth = betterAuth(options)
  const tokens = []
  for (let i = 0; i < count; ++i) {
    const body = { name: `person ${i}`, email: `person${i}@example.com`, password: 'correct horse' }
    const { headers } = await auth.api.signUpEmail({ body, returnHeaders: true })
    tokens.push(decodeURIComponent(/session_token=([^;]+)/.exec(headers.get('set-cookie'))[1]))
  }
  await options.database.query(`UPDATE "user" SET role = 'editor'`)
  await options.database.end()
  return tokens
}
