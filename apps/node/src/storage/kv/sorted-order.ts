import type { KeyValueChange } from '@btcp2p/chainstate';

/**
 * The places of the changes of a batch, nearly in the order of their keys. Changes of one key stay in
 * their order.
 *
 * It goes by bytes 1 to 4 of a key: the first is the same in most of a batch, since it says what kind
 * of entry it is, and four are enough for pages. Numbers of 64 bits, the place below those bytes, are
 * sorted in native code.
 */
export function sortedOrder(changes: readonly KeyValueChange[]): Uint32Array {
  const [place, rank] = LITTLE_ENDIAN ? [0, 1] : [1, 0];
  const words = new Uint32Array(2 * changes.length);
  for (const [i, { key }] of changes.entries()) {
    words[2 * i + place] = i;
    words[2 * i + rank] =
      ((key[1] ?? 0) << 24) | ((key[2] ?? 0) << 16) | ((key[3] ?? 0) << 8) | (key[4] ?? 0);
  }
  new BigUint64Array(words.buffer).sort();
  const order = new Uint32Array(changes.length);
  for (let i = 0; i < order.length; i++) order[i] = words[2 * i + place]!;
  return order;
}

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
