// What a test has started is ended when the test is over, passed or not: the latest first.

const stacks = new WeakMap();

// Calls `end` when test `t` is over. What `end` throws fails the test.
export function atEnd(t, end) {
  if (!stacks.has(t)) {
    stacks.set(t, []);
    t.after(() => runAll(stacks.get(t)));
  }
  stacks.get(t).push(end);
}

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
