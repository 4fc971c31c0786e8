// getheaders, getblocks: version 4 | locator: CompactSize count (at most 101), 32 each | stop 32
import { array, hash32, struct, u32, type Codec } from '../codec.ts';
import { MAX_LOCATOR_SZ } from '../limits.ts';

/** `getheaders` and `getblocks` ask for what follows a point of the chain. */
export interface GetHeaders {
  /** The sender's protocol version. Ignored by all. */
  readonly version: number;
  /** Hashes of blocks that the sender has, newest first, ever further apart: 32 bytes each. */
  readonly locator: readonly Uint8Array[];
  /** The last block wanted, or zeros for as many as one message holds: 32 bytes. */
  readonly hashStop: Uint8Array;
}

export const GetHeaders: Codec<GetHeaders> = struct<GetHeaders>({
  version: u32,
  locator: array(hash32, { max: MAX_LOCATOR_SZ, minSize: 32 }),
  hashStop: hash32,
});

/** `getblocks`: the same, to be answered by an `inv` of at most 500 blocks. */
export type GetBlocks = GetHeaders;
export const GetBlocks: Codec<GetBlocks> = GetHeaders;
