// Better Auth's tables as the app of docs/compatibility.md has them: made with drizzle, in snake_case, and with times
// that have no zone and hold UTC.

import { boolean, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

export const createTables = `
  CREATE TABLE "user" (
    id text PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE, email_verified boolean NOT NULL DEFAULT false,
    image text, created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now(),
    role text, banned boolean DEFAULT false, ban_reason text, ban_expires timestamp);
  CREATE TABLE session (
    id text PRIMARY KEY, expires_at timestamp NOT NULL, token text NOT NULL UNIQUE,
    created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL, ip_address text, user_agent text,
    user_id text NOT NULL REFERENCES "user" ON DELETE CASCADE, impersonated_by text);
  CREATE TABLE account (
    id text PRIMARY KEY, account_id text NOT NULL, provider_id text NOT NULL,
    user_id text NOT NULL REFERENCES "user" ON DELETE CASCADE, access_token text, refresh_token text, id_token text,
    access_token_expires_at timestamp, refresh_token_expires_at timestamp, scope text, password text,
    created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL);
  CREATE TABLE verification (
    id text PRIMARY KEY, identifier text NOT NULL, value text NOT NULL, expires_at timestamp NOT NULL,
    created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now());
  CREATE TABLE jwks (
    id text PRIMARY KEY, public_key text NOT NULL, private_key text NOT NULL, created_at timestamp NOT NULL,
    expires_at timestamp, alg text, crv text);`;

const required = (name) => text(name).notNull();
const time = (name) => timestamp(name);

const user = pgTable('user', {
  id: text('id').primaryKey(),
  name: required('name'),
  email: required('email').unique(),
  emailVerified: boolean('email_verified').notNull().default(false),
  image: text('image'),
  createdAt: time('created_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull().defaultNow(),
  role: text('role'),
  banned: boolean('banned').default(false),
  banReason: text('ban_reason'),
  banExpires: time('ban_expires'),
});

const session = pgTable('session', {
  id: text('id').primaryKey(),
  expiresAt: time('expires_at').notNull(),
  token: required('token').unique(),
  createdAt: time('created_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull(),
  ipAddress: text('ip_address'),
  userAgent: text('user_agent'),
  userId: required('user_id').references(() => user.id, { onDelete: 'cascade' }),
  impersonatedBy: text('impersonated_by'),
});

const account = pgTable('account', {
  id: text('id').primaryKey(),
  accountId: required('account_id'),
  providerId: required('provider_id'),
  userId: required('user_id').references(() => user.id, { onDelete: 'cascade' }),
  accessToken: text('access_token'),
  refreshToken: text('refresh_token'),
  idToken: text('id_token'),
  accessTokenExpiresAt: time('access_token_expires_at'),
  refreshTokenExpiresAt: time('refresh_token_expires_at'),
  scope: text('scope'),
  password: text('password'),
  createdAt: time('created_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull(),
});

const verification = pgTable('verification', {
  id: text('id').primaryKey(),
  identifier: required('identifier'),
  value: required('value'),
  expiresAt: time('expires_at').notNull(),
  createdAt: time('created_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull().defaultNow(),
});

const jwks = pgTable('jwks', {
  id: text('id').primaryKey(),
  publicKey: required('public_key'),
  privateKey: required('private_key'),
  createdAt: time('created_at').notNull(),
  expiresAt: time('expires_at'),
  alg: text('alg'),
  crv: text('crv'),
});

export const schema = { user, session, account, verification, jwks };
