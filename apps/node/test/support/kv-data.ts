import type { KeyValueChange, KeyValueStore } from '@btcp2p/chainstate';

/** The batches before it whose entries a batch leaves there. */
const KEPT = 5;

/** Says which batch was the last. */
const LAST = Uint8Array.of(0x4c);

/** The entries that a batch puts, in no order: mostly some hundred, in one of eight many more. */
export function entriesOfBatch(batch: number): KeyValueChange[] {
  const count = batch % 8 === 7 ? 12_000 : 1 + (random(batch, 0) % 1_500);
  return Array.from({ length: count }, (_, i) => {
    const key = new Uint8Array(42);
    const words = new DataView(key.buffer);
    key[0] = 0x43;
    for (let at = 1; at < 33; at += 4) words.setUint32(at, random(batch, i + 1, at));
    words.setUint32(34, batch);
    words.setUint32(38, i);
    const value = key.slice(0, 20 + (key[1]! % 23));
    // Some are too large for a page.
    return { key, value: i % 500 === 0 ? new Uint8Array(9_000).fill(batch) : value };
  });
}

/** Puts the entries of a batch, and takes away those of an older one. */
export function batchOf(batch: number): KeyValueChange[] {
  const gone = batch < KEPT ? [] : entriesOfBatch(batch - KEPT);
  return [
    { key: LAST, value: Uint8Array.of(batch >> 16, batch >> 8, batch) },
    ...entriesOfBatch(batch),
    ...gone.map(({ key }) => ({ key, value: undefined })),
  ];
}

/**
 * The last batch of a store that was given batches 0, 1 and so on; -1 if there is none.
 *
 * @throws Error if the store has anything but what that batch left
 */
export function checkBatches(store: KeyValueStore): number {
  const said = store.get(LAST);
  const last = said === undefined ? -1 : (said[0]! << 16) | (said[1]! << 8) | said[2]!;
  const expected: KeyValueChange[] = [];
  for (let batch = Math.max(0, last - KEPT + 1); batch <= last; batch++) {
    expected.push(...entriesOfBatch(batch));
  }
  const values = store.getMany(expected.map(({ key }) => key));
  for (const [i, { value }] of expected.entries()) {
    if (values[i] === undefined || Buffer.compare(values[i], value!) !== 0) {
      throw new Error(`entry ${i} of ${expected.length} is not as batch ${last} left it`);
    }
  }
  const count = [...store.entries(Uint8Array.of(0), Uint8Array.of(0xff))].length;
  const entries = expected.length + (last < 0 ? 0 : 1);
  if (count !== entries) throw new Error(`${count} entries, not ${entries}`);
  return last;
}

function random(...numbers: readonly number[]): number {
  let x = 0x9e37_79b9;
  for (const number of numbers) {
    x = Math.imul(x ^ number, 0x85eb_ca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35);
    x ^= x >>> 16;
  }
  return x >>> 0;
}
