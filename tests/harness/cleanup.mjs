// What a test has started is ended when the test is over, passed or not: the latest first.

import { after } from 'node:test';

const stacks = new WeakMap();

// Calls `end` when test `t` is over. What `end` throws fails the test.
export function atEnd(t, end) {
  if (!stacks.has(t)) {
    stacks.set(t, []);
    t.after(() => runAll(stacks.get(t)));
  }
  stacks.get(t).push(end);
}

// In place of a test: what several tests of a file share is ended after the last of them.
export const file = { passed: true, diagnostic: (text) => console.log(text), after: (end) => fileEnds.push(end) };

const fileEnds = [];
after(() => runAll(fileEnds)); // here, where no test runs: inside one it would be that test's

async function runAll(stack) {
  const errors = [];
  while (stack.length > 0) {
    try {
      await stack.pop()();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors, 'cleaning up failed');
}
