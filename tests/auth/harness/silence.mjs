// That nothing of a credential is told.

import assert from 'node:assert/strict';

// Neither whole nor in telling parts: what parts of it are parted by is what Better Auth parts them by.
export function assertSilent(texts, secrets) {
  const parts = new Set(
    secrets
      .flatMap((secret) => [secret, decodeURIComponent(secret), ...secret.split(/[ .=;]|%3D|%2E/)])
      .filter((part) => part.length >= 16),
  );
  for (const text of texts) {
    for (const part of parts) assert.ok(!text.includes(part), `${part} stands in ${text}`);
    assert.ok(!/[?&](token|access_token|session_token|share)=/.test(text), text);
    assert.ok(!/session_token=/.test(text), text);
  }
}

export function assertLogSilent(server, secrets) {
  const texts = server.log.map((line) => JSON.stringify(line));
  assertSilent(texts, secrets);
}
