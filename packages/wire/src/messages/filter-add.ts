// filteradd (BIP 37): element: CompactSize, bytes
import { struct, varBytes, type Codec } from '../codec.ts';

/** `filteradd` puts one more element into the filter that was set. */
export interface FilterAdd {
  /** At most 520 bytes; Core calls a peer misbehaving that sends more. */
  readonly data: Uint8Array;
}

export const FilterAdd: Codec<FilterAdd> = struct<FilterAdd>({ data: varBytes() });
