// What the server says of itself: /metrics with real traffic, and the files that rest on its names.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { atEnd } from '../harness/cleanup.mjs';
import { hocuspocusKinds, join, yWebsocketKinds } from '../harness/clients.mjs';
import { checkHistogram, Metrics } from '../harness/metrics.mjs';
import { Server } from '../harness/server.mjs';
import { waitFor } from '../harness/wait.mjs';

const timeout = 120_000;
const options = { timeout, skip: hocuspocusKinds.length === 0 || yWebsocketKinds.length === 0 };
const edits = 25;
const fileOf = (name) => readFileSync(path.resolve(import.meta.dirname, '../..', name), 'utf8');

// A sanitizer's memory is not the server's.
const isOrdinaryBuild = !process.env.CANVAS_WS_BINARY;

test('a server that nobody uses takes less than 20 MiB', { skip: !isOrdinaryBuild }, async (t) => {
  const server = await Server.start(t);
  t.diagnostic(`${(server.residentBytes() / 2 ** 20).toFixed(1)} MiB`);
  assert.ok(server.residentBytes() < 20 * 2 ** 20);
});

test('/metrics counts what happened, exactly', options, async (t) => {
  const server = await Server.start(t);
  const author = await join(t, server, hocuspocusKinds.at(-1), 'plan');
  const others = [
    await join(t, server, hocuspocusKinds.at(-1), 'plan'),
    await join(t, server, yWebsocketKinds.at(-1), 'plan'),
  ];
  await waitFor('all handshakes to be acknowledged', () => !author.hasUnsynced && !others[0].hasUnsynced);
  const before = await Metrics.of(server);
  for (let i = 1; i <= edits; ++i) {
    author.doc.getMap('numbers').set('last', i);
    await waitFor('an edit to arrive', () => others.every((client) => client.doc.getMap('numbers').get('last') === i), {
      interval: 1,
    });
  }
  await waitFor('all edits to be saved', () => !author.hasUnsynced);
  const after = await Metrics.of(server);

  assert.equal(after.get('canvas_ws_connections', { protocol: 'hocuspocus' }), 2);
  assert.equal(after.get('canvas_ws_connections', { protocol: 'y-websocket' }), 1);
  assert.equal(after.get('canvas_ws_connections', { protocol: 'unknown' }), 0);
  assert.equal(after.get('canvas_ws_connections_opened_total'), 3);
  assert.equal(after.get('canvas_ws_rooms'), 1);
  assert.equal(after.get('canvas_ws_members'), 3);
  assert.ok(after.get('canvas_ws_room_memory_bytes', { rank: '1' }) > 0);

  const grew = (name, labels) => after.get(name, labels) - before.get(name, labels);
  assert.equal(grew('canvas_ws_updates_received_total'), edits);
  assert.equal(grew('canvas_ws_updates_taken_total'), edits);
  assert.equal(grew('canvas_ws_updates_sent_total'), 2 * edits);
  assert.equal(grew('canvas_ws_acknowledgments_sent_total'), edits);
  assert.equal(grew('canvas_ws_updates_committed_total'), edits);
  assert.equal(grew('canvas_ws_commit_updates_sum'), edits);
  assert.equal(grew('canvas_ws_commit_seconds_count'), grew('canvas_ws_commit_updates_count'));
  assert.equal(grew('canvas_ws_broadcast_seconds_count'), edits, 'each edit was alone in its turn');
  const acknowledged = grew('canvas_ws_acknowledgment_seconds_count');
  assert.ok(acknowledged >= 1 && acknowledged <= edits, `${acknowledged} acknowledgments were timed`);
  assert.ok(grew('canvas_ws_messages_received_total') >= edits);
  assert.ok(grew('canvas_ws_received_bytes_total') >= grew('canvas_ws_messages_received_total'));
  assert.ok(grew('canvas_ws_sent_bytes_total') > grew('canvas_ws_committed_bytes_total'));
  assert.equal(after.get('canvas_ws_backlog_bytes'), 0);
  assert.equal(after.get('canvas_ws_backlog_updates'), 0);
  assert.equal(after.get('canvas_ws_database_up'), 1);
  assert.equal(after.get('canvas_ws_load_seconds_count'), 1);
  const resident = after.get('process_resident_memory_bytes') / server.residentBytes();
  assert.ok(resident > 0.7 && resident < 1.4, `the metric is ${resident} times what the system says`);
  assert.ok(Math.abs(after.get('process_open_fds') - server.openFiles()) < 10);

  for (const client of [author, ...others]) client.destroy();
  await server.quiet();
  const last = await Metrics.of(server);
  assert.equal(last.get('canvas_ws_rooms_unloaded_total'), 1);
  assert.equal(last.get('canvas_ws_compaction_seconds_count'), 1);
  assert.equal(last.get('canvas_ws_compacted_rows_total'), edits);
  assert.equal(last.get('canvas_ws_members'), 0);
});

test('/metrics is well-formed, and the files name just what is there', options, async (t) => {
  const server = await Server.start(t);
  const client = await join(t, server, hocuspocusKinds.at(-1), 'a-secret-plan');
  client.doc.getMap('numbers').set('one', 1);
  await waitFor('the edit to be saved', () => !client.hasUnsynced);
  const metrics = await Metrics.of(server);
  for (const family of metrics.families.values()) {
    assert.ok(family.help && family.type, `${family.name} has no help or no type`);
    assert.equal(family.name.endsWith('_total'), family.type === 'counter', `${family.name} is a ${family.type}`);
    assert.notEqual(family.samples.length, 0, `${family.name} is empty`);
    if (family.type === 'histogram') checkHistogram(family);
    for (const sample of family.samples) assert.ok(!JSON.stringify(sample).includes('secret'), family.name);
  }

  const there = metrics.sampleNames;
  for (const file of ['deploy/grafana/canvas-ws.json', 'deploy/prometheus/alerts.yml']) {
    const named = metricsIn(fileOf(file).replace(/^ *#.*$/gm, ''));
    assert.ok(named.size > 10, `${file} names hardly a metric`);
    for (const name of named) assert.ok(there.has(name) || metrics.families.has(name), `${file} names ${name}, which is not there`);
  }
  const explained = new Set([...fileOf('docs/metrics.md').matchAll(/^\| `(\w+)/gm)].map((match) => match[1]));
  for (const name of metrics.families.keys()) assert.ok(explained.has(name), `docs/metrics.md does not explain ${name}`);
  for (const name of explained) {
    if (/^(canvas_ws|process)_/.test(name)) assert.ok(metrics.families.has(name), `docs/metrics.md explains ${name}, which is not there`);
  }
});

test('the alert rules and the dashboard are what Prometheus and Grafana expect', { timeout }, () => {
  const rules = fileOf('deploy/prometheus/alerts.yml').split(/^ {6}- alert: /m).slice(1);
  assert.ok(rules.length > 10);
  for (const rule of rules) {
    const name = rule.slice(0, rule.indexOf('\n'));
    assert.match(name, /^CanvasWs[A-Za-z]+$/);
    for (const part of [/^ {8}expr: \S/m, /^ {8}for: \d+[mh]$/m, /^ {8}labels: \{ severity: (page|ticket) \}$/m, /^ {10}summary: '[^']+'$/m, /^ {10}action: '[^']+'$/m])
      assert.match(rule, part, name);
    assertBalanced(/^ {8}expr: (.+)$/m.exec(rule)[1], name);
  }
  const dashboard = JSON.parse(fileOf('deploy/grafana/canvas-ws.json'));
  const ids = dashboard.panels.map((panel) => panel.id);
  assert.equal(new Set(ids).size, ids.length, 'two panels have one id');
  for (const panel of dashboard.panels.filter(({ type }) => type !== 'row')) {
    assert.ok(panel.targets.length > 0 && panel.gridPos.x + panel.gridPos.w <= 24, panel.title);
    for (const target of panel.targets) assertBalanced(target.expr, panel.title);
  }
});

// PROMTOOL names it where it is not installed: it is in Debian's package `prometheus`, which starts a server.
const promtool = process.env.PROMTOOL ?? '/usr/bin/promtool';
test('promtool takes the metrics, the rules and the queries of the dashboard', { timeout, skip: !existsSync(promtool) }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'canvas-ws-promtool-'));
  atEnd(t, () => rmSync(folder, { recursive: true }));
  const queries = JSON.parse(fileOf('deploy/grafana/canvas-ws.json'))
    .panels.flatMap((panel) => panel.targets ?? [])
    .map(({ expr }, i) => `  - record: query_${i}\n    expr: ${JSON.stringify(withoutVariables(expr))}\n`);
  const dashboard = path.join(folder, 'dashboard.yml');
  writeFileSync(dashboard, `groups:\n- name: dashboard\n  rules:\n${queries.join('')}`);
  const server = await Server.start(t);
  const response = await fetch(`http://127.0.0.1:${server.healthPort}/metrics`, { headers: { connection: 'close' } });
  const rules = path.resolve(import.meta.dirname, '../../deploy/prometheus/alerts.yml');
  const outcomes = [
    spawnSync(promtool, ['check', 'rules', rules, dashboard], { encoding: 'utf8' }),
    spawnSync(promtool, ['check', 'metrics'], { encoding: 'utf8', input: await response.text() }),
  ];
  for (const { status, stdout, stderr } of outcomes) assert.equal(status, 0, stdout + stderr);
});

test('/health, /livez and /readyz say that all is well, on the ports where they belong', options, async (t) => {
  const server = await Server.start(t);
  const ask = (port, url, method = 'GET') =>
    fetch(`http://127.0.0.1:${port}${url}`, { method, headers: { connection: 'close' } });
  for (const port of [server.port, server.healthPort]) {
    for (const url of ['/health', '/healthz']) {
      const answer = await ask(port, url);
      const said = await answer.json();
      assert.equal(answer.status, 200);
      assert.equal(said.status, 'healthy');
      assert.deepEqual(said.reasons, []);
      for (const key of ['uptime_seconds', 'connections', 'rooms', 'read_only_rooms']) assert.equal(typeof said[key], 'number', key);
      for (const key of ['away_seconds', 'backlog_bytes', 'backlog_updates']) assert.equal(said.database[key], 0, key);
      assert.equal(said.database.ok, true);
    }
  }
  for (const url of ['/livez', '/readyz', '/metrics']) {
    assert.equal((await ask(server.healthPort, url)).status, 200, url);
    assert.equal((await ask(server.healthPort, url, 'HEAD')).status, 200, url);
    assert.equal((await ask(server.healthPort, url, 'POST')).status, 405, url);
    assert.equal((await ask(server.port, url)).status, 404, `${url} on the main port`);
  }
  const client = await join(t, server, hocuspocusKinds.at(-1), 'plan');
  client.doc.getMap('numbers').set('one', 1);
  await waitFor('the edit to be saved', () => !client.hasUnsynced);
  const { connections, rooms, database } = await server.health();
  assert.deepEqual([connections, rooms], [1, 1]);
  assert.ok(database.latency_ms > 0);
});

const withoutVariables = (expression) => expression.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*');

// `canvas_ws_x` in a text, and what all programs have.
function metricsIn(text) {
  return new Set(text.match(/\b(canvas_ws|process)_[a-z0-9_]+\b/g));
}

function assertBalanced(expression, where) {
  const open = [];
  const bare = expression.replace(/"(?:[^"\\]|\\.)*"/g, '');
  for (const character of bare) {
    if ('([{'.includes(character)) open.push(character);
    if (')]}'.includes(character)) assert.equal(open.pop(), '([{'[')]}'.indexOf(character)], `${where}: ${expression}`);
  }
  assert.deepEqual(open, [], `${where}: ${expression}`);
}
