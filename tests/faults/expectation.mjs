// What must be in a document, what must not, and what may be either way because nobody was told.

import { journalOf } from '../harness/content.mjs';

export class Expectation {
  entries = new Set(); // of the journal, from the providers
  #keys = new Map(); // key -> 'there', 'gone' or 'unknown'

  // What a RawWriter did, of which it was told up to `acknowledged` that it is saved. Returns how many changes that are.
  addChanges(changes, acknowledged) {
    for (const { number, key, isDeletion } of changes) {
      if (number <= acknowledged) this.#keys.set(key, isDeletion ? 'gone' : 'there');
      else this.#keys.set(key, 'unknown');
    }
    return changes.filter(({ number }) => number <= acknowledged).length;
  }

  addEntries(entries) {
    for (const entry of entries) this.entries.add(entry);
    return entries.length;
  }

  // What was acknowledged and is lost: sentences, none if all is well.
  compare(doc) {
    const map = doc.getMap('keys');
    const journal = new Set(journalOf(doc));
    const losses = [];
    for (const [key, expected] of this.#keys) {
      if (expected === 'there' && !map.has(key)) losses.push(`the acknowledged key ${key} is lost`);
      if (expected === 'gone' && map.has(key)) losses.push(`the acknowledged deletion of ${key} is lost`);
    }
    for (const entry of this.entries) {
      if (!journal.has(entry)) losses.push(`the acknowledged entry "${entry}" is lost`);
    }
    return losses;
  }
}
