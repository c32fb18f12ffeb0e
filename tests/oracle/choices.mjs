// Random choices of a history, on top of the seeded randomness of the other tests.

import { Random } from '../harness/random.mjs';

export class Choices extends Random {
  // A whole number from `first` to `last`.
  between(first, last) {
    return this.integer(first, last + 1);
  }

  // Takes one out of the list.
  take(list) {
    return list.splice(this.integer(0, list.length), 1)[0];
  }

  shuffled(list) {
    const result = [...list];
    for (let i = result.length - 1; i > 0; i--) {
      const k = this.integer(0, i + 1);
      [result[i], result[k]] = [result[k], result[i]];
    }
    return result;
  }

  // The value of one of `table`, a list of [weight, value].
  weighted(table) {
    let left = this.next() * table.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of table) {
      left -= weight;
      if (left < 0) return value;
    }
    return table.at(-1)[1];
  }
}
