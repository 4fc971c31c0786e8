// merkleblock (BIP 37):
//   header 80 | transactions in the block 4 | hashes: CompactSize, 32 each | flags: CompactSize, bytes
import { array, hash32, struct, u32, varBytes, type Codec } from '../codec.ts';
import { BlockHeader } from '../block-header.ts';
import { MAX_BLOCK_WEIGHT } from '../limits.ts';

/** Most hashes that a merkle branch of one block can hold: one for each possible transaction. */
const MAX_HASHES = Math.floor(MAX_BLOCK_WEIGHT / (4 * 60));

/** `merkleblock` proves which transactions of a block a bloom filter matches. */
export interface MerkleBlock {
  readonly header: BlockHeader;
  /** Transactions in the whole block. */
  readonly transactionCount: number;
  /** Nodes of the merkle tree, depth first: 32 bytes each. */
  readonly hashes: readonly Uint8Array[];
  /** A bit for each node visited, least significant first. */
  readonly flags: Uint8Array;
}

export const MerkleBlock: Codec<MerkleBlock> = struct<MerkleBlock>({
  header: BlockHeader,
  transactionCount: u32,
  hashes: array(hash32, { max: MAX_HASHES, minSize: 32 }),
  flags: varBytes({ max: MAX_HASHES }),
});
