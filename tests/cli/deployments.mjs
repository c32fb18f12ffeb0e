// The tables as deployed versions of the app have made them.
//
//   name           completes "takes over tables ..."
//   sql            makes them, with one user where there is a table of users
//   updateColumn   of yjs_update_log
//   user           what user_id may hold

const usersWith = (type, value) => `CREATE TABLE "user" (id ${type} PRIMARY KEY); INSERT INTO "user" VALUES ('${value}');`;

const documentTable = `CREATE TABLE yjs_document (id text PRIMARY KEY, data bytea NOT NULL, updated_at timestamptz);`;

const logTable = (userType) => `CREATE TABLE yjs_update_log (
  id bigserial PRIMARY KEY,
  document_id text REFERENCES yjs_document (id) ON DELETE CASCADE,
  update bytea,
  user_id ${userType} REFERENCES "user" (id) ON DELETE SET NULL,
  created_at timestamptz
);`;

const uuid = '7d444840-9dc0-11d1-b245-5ffdce74fad2';

export const deployments = [
  {
    name: 'as the app has them',
    sql: usersWith('text', 'ada') + documentTable + logTable('text'),
    updateColumn: 'update',
    user: 'ada',
  },
  {
    name: 'with update_data in the place of update',
    sql: usersWith('text', 'ada') + documentTable + logTable('text').replace('update bytea', 'update_data bytea'),
    updateColumn: 'update_data',
    user: 'ada',
  },
  {
    name: 'without keys and indexes',
    sql: `CREATE TABLE yjs_document (id text, data bytea NOT NULL, updated_at timestamptz);
      CREATE TABLE yjs_update_log (id bigserial, document_id text, update bytea, user_id text, created_at timestamptz);`,
    updateColumn: 'update',
    user: 'ada',
  },
  {
    name: 'with times without a zone, as drizzle makes them',
    sql: (usersWith('text', 'ada') + documentTable + logTable('text')).replaceAll('timestamptz', 'timestamp'),
    updateColumn: 'update',
    user: 'ada',
  },
  {
    name: 'whose users have uuids',
    sql: usersWith('uuid', uuid) + documentTable + logTable('uuid'),
    updateColumn: 'update',
    user: uuid,
  },
  {
    name: 'whose users have numbers',
    sql: usersWith('integer', '7') + documentTable + logTable('integer'),
    updateColumn: 'update',
    user: '7',
  },
  {
    name: 'whose log counts with integers',
    sql: usersWith('text', 'ada') + documentTable + logTable('text').replace('bigserial', 'serial'),
    updateColumn: 'update',
    user: 'ada',
  },
];
