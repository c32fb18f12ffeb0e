// A real Better Auth, in this process, set up as the app has it: roles owner, admin, editor and viewer on the resource
// `diagram`. What its tests do to sessions they do through its HTTP API.

import { randomBytes } from 'node:crypto';
import { drizzle } from 'drizzle-orm/node-postgres';
import { createDatabase, SqliteDatabase } from '../../harness/database.mjs';
import { atEnd } from '../../harness/cleanup.mjs';
import { runCommand } from '../../harness/command.mjs';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { createTables, schema } from './app_schema.mjs';
import { loadPackage } from './packages.mjs';

export { versions } from './packages.mjs';

// Where the tables are and how they look: as Better Auth makes them on PostgreSQL, as the app has them (in a database
// whose own time zone is not UTC), and as Better Auth makes them in an SQLite file.
export const layouts = ['built-in', 'app', 'SQLite'];

export const origin = 'http://app.example';

export class BetterAuth {
  version;
  layout;
  secret = randomBytes(32).toString('base64');
  database; // of database.mjs: that of the users, and on PostgreSQL of the documents too
  baseUrl;
  auth;
  #columns; // how a column is called here
  #people = 0;
  #admin = null;

  // `migration`: what `canvas-ws migrate` is given beside the database, when its tables are wanted there; or null.
  // `database` in place of a new one; `changes` go over the options of Better Auth.
  static async start(
    t,
    { version = 'newest', layout = 'built-in', migration = [], baseUrl = origin, database, changes = {} } = {},
  ) {
    const auth = new BetterAuth(version, layout, baseUrl);
    auth.database = database ?? (await newDatabase(t, layout));
    const betterAuth = await loadPackage(version);
    const options = { ...auth.#options(betterAuth, await auth.#connect(t, betterAuth)), ...changes };
    auth.auth = betterAuth.betterAuth(options);
    if (layout === 'app') await auth.sql(createTables);
    else await (await betterAuth.getMigrations(options)).runMigrations();
    if (migration !== null && layout !== 'SQLite') await auth.migrate(...migration);
    return auth;
  }

  constructor(version, layout, baseUrl) {
    this.version = version;
    this.layout = layout;
    this.baseUrl = baseUrl;
    this.#columns = layout === 'app' ? snakeCase : (name) => `"${name}"`;
  }

  // `canvas-ws migrate` with further flags. Fails when that does.
  async migrate(...flags) {
    const { code, stderr } = await runCommand(['migrate', '--database', this.database.url, ...flags]);
    if (code !== 0) throw new Error(`canvas-ws migrate ${flags.join(' ')} failed: ${stderr}`);
  }

  // For Server.start: a server that lets in who is signed in here.
  serverOptions({ flags = [], environment = {}, ...options } = {}) {
    const isSqlite = this.layout === 'SQLite';
    return {
      auth: 'better-auth',
      database: isSqlite ? undefined : this.database,
      environment: { BETTER_AUTH_SECRET: this.secret, BETTER_AUTH_URL: this.baseUrl, ...environment },
      flags: [...(isSqlite ? ['--auth-database', this.database.url] : []), ...flags],
      ...options,
    };
  }

  // A statement on the tables, behind Better Auth's back; `{name}` stands for the column of that camelCase name.
  sql(text, ...parameters) {
    return this.database.all(
      text.replace(/\{(\w+)\}/g, (_, name) => this.#columns(name)),
      ...parameters,
    );
  }

  // When the person's session ends, as its row says.
  async setExpiry({ sessionId }, time) {
    const zoned = this.layout === 'app' ? "?::timestamptz AT TIME ZONE 'UTC'" : '?::timestamptz';
    const value = this.layout === 'SQLite' ? '?' : zoned;
    await this.sql(`UPDATE session SET {expiresAt} = ${value} WHERE id = ?`, time.toISOString(), sessionId);
  }

  // Banned by somebody who has only the database: Better Auth's own sessions go on.
  async banInSql({ userId }) {
    await this.sql('UPDATE "user" SET banned = TRUE WHERE id = ?', userId);
  }

  // Somebody new who is signed in. Without `role` Better Auth gives the default one, with null there is none.
  async signUp({ name = `person${(this.#people += 1)}`, role } = {}) {
    const email = `${name}@example.com`;
    const response = await this.request('sign-up/email', { body: { name, email, password: 'correct horse' } });
    const person = await this.#personOf(response, email);
    if (role !== undefined) await this.sql('UPDATE "user" SET role = ? WHERE id = ?', role, person.userId);
    return person;
  }

  // The same person once more, in a session of its own.
  async signIn({ email }) {
    return this.#personOf(await this.request('sign-in/email', { body: { email, password: 'correct horse' } }), email);
  }

  signOut(person) {
    return this.request('sign-out', { person, body: {} });
  }

  // The person's own "sign out that device", from `from`, another session of the same user.
  revokeSession(person, from = person) {
    return this.request('revoke-session', { person: from, body: { token: person.token } });
  }

  async ban(person) {
    return this.request('admin/ban-user', { person: await this.admin(), body: { userId: person.userId } });
  }

  async removeUser(person) {
    return this.request('admin/remove-user', { person: await this.admin(), body: { userId: person.userId } });
  }

  async setRole(person, role) {
    return this.request('admin/set-role', { person: await this.admin(), body: { userId: person.userId, role } });
  }

  // Signed in as `person` by an administrator.
  async impersonate(person) {
    const by = await this.admin();
    const response = await this.request('admin/impersonate-user', { person: by, body: { userId: person.userId } });
    return this.#personOf(response, person.email);
  }

  async oneTimeToken(person) {
    return (await (await this.request('one-time-token/generate', { person })).json()).token;
  }

  async jwt(person) {
    return (await (await this.request('token', { person })).json()).token;
  }

  // Who may ban and remove; of no other use.
  admin() {
    this.#admin ??= this.signUp({ name: 'administrator', role: 'owner' });
    return this.#admin;
  }

  // One request to Better Auth's HTTP API; with a `body` a POST. Fails when the answer is not 200.
  async request(path, { person, body } = {}) {
    const request = new Request(`${this.baseUrl}/api/auth/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', origin: this.baseUrl, cookie: person?.cookie ?? '' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const response = await this.auth.handler(request);
    if (response.status !== 200) {
      throw new Error(`Better Auth answered ${path} with ${response.status}: ${await response.text()}`);
    }
    return response;
  }

  async #personOf(response, email) {
    const cookie = sessionCookie(response);
    const signedToken = decodeURIComponent(cookie.slice(cookie.indexOf('=') + 1));
    const token = signedToken.slice(0, signedToken.lastIndexOf('.'));
    const [row] = await this.sql('SELECT id, {userId} AS user_id FROM session WHERE token = ?', token);
    return { email, cookie, token, signedToken, sessionId: row.id, userId: row.user_id };
  }

  async #connect(t, { drizzleAdapter }) {
    if (this.layout === 'SQLite') {
      const file = new DatabaseSync(this.database.path);
      file.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 20000');
      atEnd(t, () => file.close());
      return file;
    }
    const pool = new pg.Pool({ connectionString: this.database.url, max: 5 });
    pool.on('error', () => {}); // tests stop PostgreSQL
    atEnd(t, () => pool.end());
    return this.layout === 'app' ? drizzleAdapter(drizzle(pool, { schema }), { provider: 'pg', schema }) : pool;
  }

  #options(betterAuth, database) {
    return {
      database,
      baseURL: this.baseUrl,
      secret: this.secret,
      emailAndPassword: { enabled: true, password: quickPasswords },
      rateLimit: { enabled: false },
      logger: { level: 'error' },
      telemetry: { enabled: false },
      plugins: [
        betterAuth.admin(adminOptions(betterAuth)),
        betterAuth.bearer(),
        betterAuth.oneTimeToken(),
        betterAuth.jwt(),
        ...(this.layout === 'app' ? [] : [betterAuth.organization({ dynamicAccessControl: { enabled: true } })]),
      ],
    };
  }
}

function adminOptions({ createAccessControl, defaultStatements, adminAc }) {
  const access = createAccessControl({
    ...defaultStatements,
    diagram: ['create', 'edit', 'view', 'delete', 'share'],
  });
  const all = { ...adminAc.statements, diagram: ['create', 'edit', 'view', 'delete', 'share'] };
  return {
    ac: access,
    roles: {
      owner: access.newRole(all),
      admin: access.newRole(all),
      editor: access.newRole({ diagram: ['create', 'edit', 'view', 'delete'] }),
      viewer: access.newRole({ diagram: ['view'] }),
    },
    adminRoles: ['owner', 'admin'],
    defaultRole: 'editor',
  };
}

// Hashing as it should be takes longer than everything else here together.
const quickPasswords = { hash: async (password) => password, verify: async ({ hash, password }) => hash === password };

// As a browser sends it: `name=value`, the value still encoded.
function sessionCookie(response) {
  const found = response.headers.getSetCookie().find((each) => /^(__Secure-)?[\w-]+\.session_token=[^;]/.test(each));
  if (found === undefined) throw new Error('Better Auth has set no session cookie');
  return found.split(';')[0];
}

async function newDatabase(t, layout) {
  if (layout === 'SQLite') return SqliteDatabase.create(t);
  const database = await createDatabase(t, 'PostgreSQL', { migrate: false });
  const sql = `ALTER DATABASE ${pg.escapeIdentifier(database.name)} SET timezone TO 'America/New_York'`;
  if (layout === 'app') await database.all(sql);
  return database;
}

const snakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
