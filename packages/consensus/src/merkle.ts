import { sha256d, type Sha256d } from '@btcp2p/wire';

/** What {@link merkleRoot} found. */
export interface MerkleRoot {
  /** 32 bytes; all 0 for no hashes. */
  readonly root: Uint8Array;
  /**
   * Whether two neighbours were equal at some level. A list with its end repeated has the same root
   * as without (CVE-2012-2459), so an equal root does not prove that such a list is the right one.
   */
  readonly mutated: boolean;
}

/**
 * The root of the tree of hashes in which each node is the hash of the two below it, and the last
 * of an odd row is paired with itself (Core `ComputeMerkleRoot`, consensus/merkle.cpp).
 *
 * @param hashes 32 bytes each
 */
export function merkleRoot(hashes: readonly Uint8Array[], hash: Sha256d = sha256d): MerkleRoot {
  const { length } = hashes;
  if (length === 0) return { root: new Uint8Array(32), mutated: false };
  // The row that is being folded, and before it the pair that is being hashed: one buffer, so that
  // bytes can be moved between the two without an array for each pair.
  const bytes = new Uint8Array(PAIR + 32 * (length + 1));
  for (let i = 0; i < length; i++) bytes.set(hashes[i]!, PAIR + 32 * i);
  let mutated = false;
  for (let count = length; count > 1; count = (count + 1) >>> 1) {
    if (foldRow(bytes, count, hash)) mutated = true;
  }
  return { root: bytes.slice(PAIR, PAIR + 32), mutated };
}

const PAIR = 64;

/** Replaces a row by the one above it. Returns whether two neighbours in it were equal. */
function foldRow(bytes: Uint8Array, count: number, hash: Sha256d): boolean {
  if (hash.pairs !== undefined) return foldRowAtOnce(bytes, count, hash.pairs);
  const pair = bytes.subarray(0, PAIR);
  let equal = false;
  for (let i = 0; i < count; i += 2) {
    const left = PAIR + 32 * i;
    bytes.copyWithin(0, left, left + PAIR);
    if (i + 1 === count) bytes.copyWithin(32, 0, 32);
    else if (hasEqualHalves(pair, 0)) equal = true;
    bytes.set(hash(pair), PAIR + 16 * i);
  }
  return equal;
}

function foldRowAtOnce(
  bytes: Uint8Array,
  count: number,
  hashPairs: (row: Uint8Array) => Uint8Array,
): boolean {
  const even = count + (count % 2);
  const row = bytes.subarray(PAIR, PAIR + 32 * even);
  let equal = false;
  for (let at = 0; at + PAIR <= 32 * count; at += PAIR) {
    if (hasEqualHalves(row, at)) equal = true;
  }
  if (even !== count) row.copyWithin(32 * count, 32 * (count - 1), 32 * count);
  bytes.set(hashPairs(row), PAIR);
  return equal;
}

/** Whether the two hashes at an offset are equal. */
function hasEqualHalves(bytes: Uint8Array, at: number): boolean {
  for (let i = at; i < at + 32; i++) if (bytes[i] !== bytes[i + 32]) return false;
  return true;
}
