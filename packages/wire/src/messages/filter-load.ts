// filterload (BIP 37): filter: CompactSize, bytes | hash functions 4 | tweak 4 | flags 1
import { struct, u32, u8, varBytes, type Codec } from '../codec.ts';

/**
 * `filterload` sets a bloom filter. Core reads one of any size and then calls a peer misbehaving
 * whose filter has more than `MAX_BLOOM_FILTER_SIZE` bytes or `MAX_HASH_FUNCS` functions, which is
 * why it is not refused here.
 */
export interface FilterLoad {
  /** At most 36,000 bytes. */
  readonly filter: Uint8Array;
  /** At most 50. */
  readonly hashFunctions: number;
  readonly tweak: number;
  /** 0 never updates the filter, 1 adds matched outputs, 2 those paid to keys. */
  readonly flags: number;
}

export const FilterLoad: Codec<FilterLoad> = struct<FilterLoad>({
  filter: varBytes(),
  hashFunctions: u32,
  tweak: u32,
  flags: u8,
});
