import type { KeyValueChange, KeyValueEntry, KeyValueStore } from './ports.ts';

/**
 * A {@link KeyValueStore} in memory that outlives nothing: for tests and simulations. Ranges are
 * sorted when asked for, which takes a while where there are many entries.
 */
export class MemoryStore implements KeyValueStore {
  readonly #entries = new Map<string, KeyValueEntry>();

  /** Entries. */
  get size(): number {
    return this.#entries.size;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#entries.get(nameOf(key))?.value;
  }

  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    return keys.map((key) => this.get(key));
  }

  write(batch: Iterable<KeyValueChange>): void {
    // All of it is read before any of it is applied: what makes the batch may throw.
    const changes = Array.from(batch, ({ key, value }) => ({ key: key.slice(), value: value?.slice() }));
    for (const { key, value } of changes) {
      if (value === undefined) this.#entries.delete(nameOf(key));
      else this.#entries.set(nameOf(key), { key, value });
    }
  }

  entries(from: Uint8Array, to: Uint8Array): Iterable<KeyValueEntry> {
    const entries: KeyValueEntry[] = [];
    for (const entry of this.#entries.values()) {
      if (compareBytes(entry.key, from) >= 0 && compareBytes(entry.key, to) < 0) entries.push(entry);
    }
    return entries.sort((a, b) => compareBytes(a.key, b.key));
  }
}

/** The bytes as a string of as many characters. */
function nameOf(key: Uint8Array): string {
  return String.fromCharCode(...key);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
