// canvas-ws bench, as the tests run it.

import assert from 'node:assert/strict';
import { runCommand } from '../harness/command.mjs';

// A load that is over soon.
export const short = ['--documents', '4', '--clients', '3', '--rate', '100', '--warm-up', '0', '--duration', '2', '--json'];

// Runs it to its end: { code, stdout, stderr, result }, which is what --json printed.
export async function bench(url, ...options) {
  const { code, stdout, stderr } = await runCommand(['bench', url, ...lastOfEach(options)]);
  return { code, stderr, stdout, result: stdout.startsWith('{') ? JSON.parse(stdout) : undefined };
}

// Of an option that comes twice the second counts.
function lastOfEach(options) {
  return options.filter((option, i) => {
    const name = option.startsWith('--') ? option : options[i - 1];
    return !options.includes(name, i + 1);
  });
}

export function assertNothingLost({ code, stderr, result }) {
  assert.equal(code, 0, `${stderr}\n${JSON.stringify(result)}`);
  assert.equal(result.fault, '');
  assert.equal(result.lost_deliveries + result.lost_acknowledged + result.lost_deletions + result.unacknowledged + result.lost_cursors, 0);
  assert.equal(result.documents_unchecked + result.corrupt + result.not_made, 0);
}
