import { concat, nativeSha256d } from './bytes.ts';

/** The merkle root of hashes: pairs, the last one twice if it is alone, level by level. */
export function merkleRoot(hashes: readonly Uint8Array[]): Uint8Array {
  let level = hashes;
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      above.push(nativeSha256d(concat([level[i]!, level[i + 1] ?? level[i]!])));
    }
    level = above;
  }
  return level[0]!;
}
