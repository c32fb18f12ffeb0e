// What the other tests rest on: that Better Auth's versions, on each layout of the tables, do what the harness says.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { BetterAuth, layouts, versions } from './harness/better_auth.mjs';

const timeout = 60_000;

for (const version of versions) {
  for (const layout of layouts) {
    test(`Better Auth ${version}, ${layout}: people come and go`, { timeout }, async (t) => {
      const auth = await BetterAuth.start(t, { version, layout, migration: null });
      const person = await auth.signUp();
      const signature = createHmac('sha256', auth.secret).update(person.token).digest('base64');
      assert.equal(person.signedToken, `${person.token}.${signature}`);
      assert.match(await auth.oneTimeToken(person), /^[\w-]{32}$/);
      assert.equal((await auth.jwt(person)).split('.').length, 3);
      assert.deepEqual(await rolesOf(auth, person), ['editor']);

      await auth.setRole(person, 'viewer');
      assert.deepEqual(await rolesOf(auth, person), ['viewer']);

      const again = await auth.signIn(person);
      assert.notEqual(again.token, person.token);
      assert.equal(await sessionCount(auth, person), 2);
      await auth.revokeSession(again, person);
      assert.equal(await sessionCount(auth, person), 1);
      await auth.signOut(person);
      assert.equal(await sessionCount(auth, person), 0);

      const other = await auth.signUp();
      await auth.ban(other);
      assert.equal(await sessionCount(auth, other), 0);
      await auth.removeUser(other);
      assert.deepEqual(await rolesOf(auth, other), []);
      assert.equal((await auth.impersonate(person)).userId, person.userId);
    });
  }
}

async function rolesOf(auth, { userId }) {
  return (await auth.sql('SELECT role FROM "user" WHERE id = ?', userId)).map((row) => row.role);
}

async function sessionCount(auth, { userId }) {
  return (await auth.sql('SELECT id FROM session WHERE {userId} = ?', userId)).length;
}
