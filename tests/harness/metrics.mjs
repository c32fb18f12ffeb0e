// The text format of Prometheus, version 0.0.4, read strictly: what is not well-formed is an error.

import assert from 'node:assert/strict';

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const sampleLine = new RegExp(`^(${name})(?:\\{(.*)\\})? (\\S+)$`);
const labelPattern = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y;
const types = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);

export class Metrics {
  families = new Map(); // by name: {type, help, samples: [{name, labels, value}]}

  static async of(server) {
    const response = await fetch(`http://127.0.0.1:${server.healthPort}/metrics`, { headers: { connection: 'close' } });
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
    return new Metrics(await response.text());
  }

  constructor(text) {
    assert.ok(text.endsWith('\n'), 'the last line does not end');
    let family;
    for (const line of text.slice(0, -1).split('\n')) {
      const [, keyword, of, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
      if (keyword === 'HELP') {
        assert.ok(!this.families.has(of), `${of} stands there twice`);
        family = { name: of, help: rest, type: undefined, samples: [] };
        this.families.set(of, family);
      } else if (keyword === 'TYPE') {
        assert.equal(of, family?.name, `the type of ${of} stands alone`);
        assert.ok(types.has(rest), line);
        family.type = rest;
      } else {
        family.samples.push(readSample(line, family));
      }
    }
  }

  // The value of the sample with just these labels.
  get(metric, labels = {}) {
    const wanted = JSON.stringify(Object.entries(labels).toSorted());
    const family = this.families.get(metric) ?? this.families.get(metric.replace(/_(count|sum|bucket)$/, ''));
    const found = family?.samples.find(
      (sample) => sample.name === metric && JSON.stringify(Object.entries(sample.labels).toSorted()) === wanted,
    );
    assert.ok(found, `there is no ${metric} ${JSON.stringify(labels)}`);
    return found.value;
  }

  // By which name a sample may be asked for, as in PromQL.
  get sampleNames() {
    return new Set([...this.families.values()].flatMap((family) => family.samples.map((sample) => sample.name)));
  }
}

// Cumulative, with +Inf at the end, which is as many as there are.
export function checkHistogram(family) {
  const buckets = family.samples.filter((sample) => sample.name === `${family.name}_bucket`);
  const bounds = buckets.map((bucket) => numberOf(bucket.labels.le));
  const counts = buckets.map((bucket) => bucket.value);
  assert.deepEqual(bounds, bounds.toSorted((a, b) => a - b), `the bounds of ${family.name}`);
  assert.deepEqual(counts, counts.toSorted((a, b) => a - b), `the counts of ${family.name}`);
  assert.equal(bounds.at(-1), Infinity, `${family.name} has no +Inf`);
  const total = family.samples.find((sample) => sample.name === `${family.name}_count`);
  assert.equal(counts.at(-1), total.value, `${family.name}_count`);
  assert.ok(family.samples.some((sample) => sample.name === `${family.name}_sum`), `${family.name}_sum`);
}

function readSample(line, family) {
  const match = sampleLine.exec(line);
  assert.ok(match, `not a line of metrics: ${line}`);
  const [, metric, labelText = '', value] = match;
  const base = family?.type === 'histogram' ? metric.replace(/_(count|sum|bucket)$/, '') : metric;
  assert.equal(base, family?.name, `${metric} stands under another name`);
  return { name: metric, labels: readLabels(labelText), value: numberOf(value) };
}

function readLabels(text) {
  const labels = {};
  labelPattern.lastIndex = 0;
  for (let at = 0; at < text.length; at = labelPattern.lastIndex) {
    const match = labelPattern.exec(text);
    assert.ok(match, `not labels: ${text}`);
    assert.ok(!(match[1] in labels), `twice in ${text}: ${match[1]}`);
    labels[match[1]] = match[2];
  }
  return labels;
}

function numberOf(text) {
  if (text === '+Inf') return Infinity;
  const value = Number(text);
  assert.ok(text !== '' && !Number.isNaN(value), `not a number: ${text}`);
  return value;
}
