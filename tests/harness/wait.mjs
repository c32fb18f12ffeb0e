// Waiting for something to become true. Time-outs are generous: they catch what never happens, they measure nothing.

import { setTimeout as sleep } from 'node:timers/promises';

export { sleep };

const defaultTimeout = 30_000;

// Errors that make every wait fail at once: for example that the server under test has died.
export const alarms = new Set();

// Polls `predicate` (may be async) until it is truthy and returns that value. `what` completes the sentence "timed
// out waiting for ..."; as a function it is asked only when the time is over, so it can say how far things got.
export async function waitFor(what, predicate, { timeout = defaultTimeout, interval = 20 } = {}) {
  const deadline = Date.now() + timeout;
  for (;;) {
    for (const alarm of alarms) throw alarm;
    const value = await predicate();
    if (value) return value;
    if (Date.now() > deadline) {
      throw new Error(`timed out after ${timeout / 1000} s waiting for ${typeof what === 'function' ? what() : what}`);
    }
    await sleep(interval);
  }
}

// Waits for a promise, but not for ever, and not past an alarm.
export async function settled(what, promise, options) {
  let outcome;
  promise.then(
    (value) => {
      outcome = { value };
    },
    (error) => {
      outcome = { error };
    },
  );
  await waitFor(what, () => outcome, { interval: 2, ...options });
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}
