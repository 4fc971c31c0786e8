import { describe, expect, test } from '@jest/globals';
import { MemoryStore, type KeyValueStore } from '../src/index.ts';
import { keyValueStoreCompliance } from '../src/compliance.ts';

test.each(keyValueStoreCompliance.map(({ name, run }) => [name, run] as const))('%s', (_, run) => {
  run(() => new MemoryStore());
});

describe('a store that does it wrong fails', () => {
  /** How the suite fares with a memory store that is changed in one way. */
  function failures(change: (store: MemoryStore) => Partial<KeyValueStore>): string[] {
    const open = (): KeyValueStore => {
      const store = new MemoryStore();
      return {
        get: (key) => store.get(key),
        getMany: (keys) => store.getMany(keys),
        write: (batch) => store.write(batch),
        entries: (from, to) => store.entries(from, to),
        ...change(store),
      };
    };
    return keyValueStoreCompliance.filter(({ run }) => {
      try {
        run(open);
        return false;
      } catch {
        return true;
      }
    }).map(({ name }) => name);
  }

  test.each<[string, string, (store: MemoryStore) => Partial<KeyValueStore>]>([
    ['many in another order', 'many are found', (store) => (
      { getMany: (keys) => store.getMany(keys.toReversed()) }
    )],
    ['no batches', 'cannot be read', (store) => (
      { write: (batch) => { for (const change of batch) store.write([change]); } }
    )],
    ['ranges that include their end', 'a range is in the order', (store) => (
      { entries: (from, to) => store.entries(from, Uint8Array.of(...to, 0)) }
    )],
    ['ranges that are read late', 'as it was when', (store) => ({
      *entries(from, to) { yield* store.entries(from, to); },
    })],
    ['removals that are forgotten', 'come and go', (store) => (
      { write: (batch) => store.write([...batch].filter(({ value }) => value !== undefined)) }
    )],
  ])('%s', (_, expected, change) => {
    expect(failures(change).some((name) => name.includes(expected))).toBe(true);
  });
});
