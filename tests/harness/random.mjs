// Seeded randomness: a failing run is repeated with SEED=<the number it printed>.

export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  // From the environment, or a new one; said in the test's output either way.
  static forTest(t) {
    const seed = process.env.SEED === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(process.env.SEED);
    t.diagnostic(`SEED=${seed}`);
    return new Random(seed);
  }

  // In [0, 1): mulberry32.
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  // A whole number in [from, below).
  integer(from, below) {
    return from + Math.floor(this.next() * (below - from));
  }

  chance(probability) {
    return this.next() < probability;
  }

  pick(list) {
    return list[this.integer(0, list.length)];
  }

  bytes(length) {
    return Uint8Array.from({ length }, () => this.integer(0, 256));
  }

  // A generator of its own, so that what one part draws does not shift what another part gets.
  split() {
    return new Random(this.integer(0, 2 ** 32));
  }
}
