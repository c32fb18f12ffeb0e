// canvas-ws manual: the pages that are made from the options say what the options are.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { binary } from '../harness/server.mjs';

const page = path.resolve(import.meta.dirname, '../../docs/configuration.md');
const run = (...list) => execFileSync(binary, list, { encoding: 'utf8', maxBuffer: 16 << 20 });

test('docs/configuration.md is current', () => {
  assert.equal(
    readFileSync(page, 'utf8'),
    run('manual', '--format', 'markdown'),
    'write it anew with scripts/write_configuration.sh, and commit it',
  );
});

test('the environment of whoever makes the page does not get into it', () => {
  const environment = { ...process.env, DATABASE_URL: 'postgres://me:secret@host/db', WS_PORT: '4711', BETTER_AUTH_SECRET: 'x' };
  const made = execFileSync(binary, ['manual', '--format', 'markdown'], { encoding: 'utf8', env: environment });
  assert.equal(made, run('manual', '--format', 'markdown'));
});

test('each option of each command is in both pages', () => {
  const markdown = run('manual', '--format', 'markdown');
  const man = run('manual', '--format', 'man').replaceAll('\\-', '-');
  const commands = commandsIn(run('--help')).flatMap((command) => {
    const parts = commandsIn(run(command, '--help'));
    return parts.length === 0 ? [[command]] : parts.map((part) => [command, part]);
  });
  assert.ok(commands.length > 10);
  for (const command of commands) {
    const options = [...run(...command, '--help').matchAll(/^ {2}(?:-\w,)?(--[\w-]+)/gm)].map(([, option]) => option);
    for (const option of options.filter((name) => name !== '--help')) {
      assert.ok(sectionOf(markdown, `## canvas-ws ${command.join(' ')}\n`, '\n## ').includes(option), `${command} ${option}: markdown`);
      assert.ok(sectionOf(man, `.SH "${command.join(' ').toUpperCase()}"\n`, '\n.SH ').includes(option), `${command} ${option}: man`);
    }
  }
});

test('the man page renders without a warning', () => {
  const { stdout, stderr, status } = spawnSync('groff', ['-man', '-Tutf8', '-ww'], {
    input: run('manual', '--format', 'man'),
    encoding: 'utf8',
    maxBuffer: 16 << 20,
  });
  assert.equal(status, 0);
  assert.equal(stderr, '');
  assert.match(stdout, /CANVAS-WS\(1\)/);
});

const commandsIn = (help) => {
  const list = /Subcommands:\n([\s\S]*?)(?:\n\n|\n$|$)/.exec(help)?.[1] ?? '';
  return [...list.matchAll(/^ {2}(\w[\w-]*)/gm)].map(([, name]) => name);
};

function sectionOf(text, heading, next) {
  const begin = text.indexOf(heading);
  assert.notEqual(begin, -1, `there is no ${heading}`);
  const end = text.indexOf(next, begin + heading.length);
  return text.slice(begin, end === -1 ? undefined : end);
}
