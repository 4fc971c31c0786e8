import { BLOCK_HEADER_SIZE, Reader, sha256d, type BlockView, type Sha256d } from '@btcp2p/wire';
import { GcsFilter } from './gcs-filter.ts';
import { HashedSet } from './hashed-set.ts';
import { sipHashKey } from './sip-hash.ts';

/** Type of basic filters in messages (BIP 158; Core `BlockFilterType::BASIC`, blockfilter.h). */
export const BASIC_FILTER_TYPE = 0;

const OP_RETURN = 0x6a;

/**
 * The basic filter of a block (BIP 158 §Block Filters; Core `BlockFilter`): of all output scripts that
 * it creates, but for those that start with OP_RETURN, and all that it spends. Empty scripts are left
 * out.
 *
 * @param spentScripts the script of each output that the block spends, in any order
 * @param blockHash 32 bytes in wire order, if the caller has it
 */
export function basicFilter(
  block: BlockView,
  spentScripts: Iterable<Uint8Array>,
  blockHash: Uint8Array = block.hash(),
): GcsFilter {
  const set = new HashedSet(sipHashKey(blockHash));
  addOutputScripts(set, block);
  for (const script of spentScripts) if (script.length > 0) set.add(script);
  return GcsFilter.ofSet(set);
}

/** The scripts stay where they are in the block: no transaction is decoded. */
function addOutputScripts(set: HashedSet, block: BlockView): void {
  const { bytes } = block;
  const reader = new Reader(bytes);
  reader.skip(BLOCK_HEADER_SIZE);
  const count = reader.compactSize();
  for (let i = 0; i < count; i++) {
    const end = reader.offset + block.transactionBytes(i).length;
    // The version; where there are witnesses, marker and flag.
    reader.skip(block.hasWitness(i) ? 6 : 4);
    for (let inputs = reader.compactSize(); inputs > 0; inputs--) {
      reader.skip(36);
      reader.skip(reader.compactSize() + 4);
    }
    for (let outputs = reader.compactSize(); outputs > 0; outputs--) {
      reader.skip(8);
      const length = reader.compactSize();
      const start = reader.offset;
      reader.skip(length);
      if (length > 0 && bytes[start] !== OP_RETURN) set.add(bytes, start, start + length);
    }
    reader.skip(end - reader.offset);
  }
}

/** The hash of a filter: SHA-256d of its bytes (BIP 157 §Filter Headers). 32 bytes in wire order. */
export function filterHash(filter: Uint8Array, hash: Sha256d = sha256d): Uint8Array {
  return hash(filter);
}

/**
 * The filter header of a block (BIP 157 §Filter Headers): SHA-256d of the hash of its filter and the
 * filter header of its parent. 32 bytes in wire order.
 *
 * @param previousHeader 32 bytes; {@link NO_FILTER_HEADER} below the genesis block
 */
export function filterHeader(
  filterHash: Uint8Array,
  previousHeader: Uint8Array,
  hash: Sha256d = sha256d,
): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set(filterHash);
  bytes.set(previousHeader, 32);
  return hash(bytes);
}

/** What the genesis block's filter header has in place of its parent's: 32 zeros (BIP 157). */
export const NO_FILTER_HEADER: Uint8Array = new Uint8Array(32);
