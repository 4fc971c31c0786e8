import {
  BLOCK_HEADER_SIZE, compactSizeSize, Reader, TransactionView, Writer, type BlockView, type Sha256d,
} from '@btcp2p/wire';
import {
  blockIdBytes, checkFollows, hashKey, heightKey, parseBlockId,
  type BlockId, type ChainIndex, type ChainReader, type MissingData,
} from './chain-index.ts';
import { ChainstateError } from './chainstate-error.ts';
import type { BlockPosition, KeyValueChange, KeyValueStore } from './ports.ts';
import { readVarInt, varIntSize, writeVarInt } from './var-int.ts';

/** Key of the last block, `B` (Core `DB_BEST_BLOCK`, index/base.cpp, which has a locator there). */
const DB_BEST_BLOCK = Uint8Array.of(0x42);
/** First byte of a transaction's key, `t` (Core `DB_TXINDEX`, index/txindex.cpp). */
const DB_TXINDEX = 0x74;
/** First byte of a height's key, `h`, under which is the block's hash. Core has no such entries. */
const DB_HEIGHT = 0x68;

/** Where a transaction is (Core `CDiskTxPos`, index/disktxpos.h). */
export interface TxPosition extends BlockPosition {
  /** Bytes from the end of the block's header to the transaction. */
  readonly offset: number;
}

/** A block with what {@link TxIndex} takes of it. */
export interface TxIndexBlock extends BlockId {
  readonly block: BlockView;
  readonly position: BlockPosition;
  /** All txids, 32 bytes each in wire order, if the caller has them. */
  readonly txids?: readonly Uint8Array[];
}

/**
 * Where each transaction of the chain is in the block files, by its txid (Core `TxIndex`,
 * index/txindex.cpp): the keys and values of Core's database, and of each height the block's hash.
 *
 * Specification: a block is one batch, with the record of the last block. A block that is taken off
 * leaves its transactions, as in Core: whoever finds one asks whether its block is of the active chain.
 * The genesis block's transaction is left out, since nobody can spend its output.
 */
export class TxIndex implements ChainIndex {
  readonly #store: KeyValueStore;
  readonly #sha256d: Sha256d | undefined;
  #best: BlockId | undefined;

  /** @throws ChainstateError if the record of the last block is broken */
  constructor(store: KeyValueStore, options: { readonly sha256d?: Sha256d } = {}) {
    this.#store = store;
    this.#sha256d = options.sha256d;
    const best = store.get(DB_BEST_BLOCK);
    this.#best = best === undefined ? undefined : parseBlockId(best);
  }

  bestBlock(): BlockId | undefined {
    return this.#best;
  }

  /**
   * Where a transaction is. The one that is there may be another, if the process died before the block
   * files were written to the disk: its txid tells.
   *
   * @param txid 32 bytes in wire order
   * @throws DecodeError if the store has what is no position
   */
  find(txid: Uint8Array): TxPosition | undefined {
    const value = this.#store.get(hashKey(DB_TXINDEX, txid));
    if (value === undefined) return undefined;
    const reader = new Reader(value);
    const file = readVarInt(reader, 0x7fff_ffff);
    const position = readVarInt(reader, 0xffff_ffff);
    const offset = readVarInt(reader, 0xffff_ffff);
    reader.end();
    return { file, position, offset };
  }

  /** @throws Error if it does not follow on the last block */
  connect(block: TxIndexBlock): void {
    checkFollows(this.#best, block, block.block.header.prevBlockHash);
    const best = { hash: block.hash.slice(), height: block.height };
    this.#store.write(this.#changes(block, best));
    this.#best = best;
  }

  connectFrom(chain: ChainReader, id: BlockId): MissingData | undefined {
    const [block, position] = [chain.block(id.hash), chain.position(id.hash)];
    if (block === undefined || position === undefined) return 'block';
    this.connect({ ...id, block, position });
    return undefined;
  }

  /** @throws ChainstateError if it does not know the block before the last */
  disconnect(): void {
    if (this.#best === undefined) return;
    const { height } = this.#best;
    const best = height === 0 ? undefined : { hash: this.#hashAt(height - 1), height: height - 1 };
    this.#store.write([
      { key: heightKey(DB_HEIGHT, height), value: undefined },
      { key: DB_BEST_BLOCK, value: best && blockIdBytes(best) },
    ]);
    this.#best = best;
  }

  *#changes(of: TxIndexBlock, best: BlockId): Generator<KeyValueChange, void, undefined> {
    const { block, position, height } = of;
    if (height > 0) {
      const txids = of.txids ?? block.txids(this.#sha256d);
      let offset = compactSizeSize(block.transactionCount);
      for (const [i, txid] of txids.entries()) {
        const value = txPositionBytes({ ...position, offset });
        yield { key: hashKey(DB_TXINDEX, txid), value };
        offset += block.transactionBytes(i).length;
      }
    }
    yield { key: heightKey(DB_HEIGHT, height), value: best.hash };
    yield { key: DB_BEST_BLOCK, value: blockIdBytes(best) };
  }

  #hashAt(height: number): Uint8Array {
    const hash = this.#store.get(heightKey(DB_HEIGHT, height));
    if (hash?.length === 32) return hash;
    const message = `the transaction index has lost its block of height ${height}`;
    throw new ChainstateError('corrupt', message);
  }
}

/** Three VARINTs: file, position, offset. */
function txPositionBytes({ file, position, offset }: TxPosition): Uint8Array {
  const bytes = new Uint8Array(varIntSize(file) + varIntSize(position) + varIntSize(offset));
  const writer = new Writer(bytes);
  for (const value of [file, position, offset]) writeVarInt(writer, value);
  return bytes;
}

/**
 * The transaction at {@link TxPosition.offset} of a block. It borrows the block's bytes.
 *
 * @throws DecodeError if there is none
 */
export function transactionAt(block: Uint8Array, offset: number): TransactionView {
  const reader = new Reader(block);
  reader.skip(BLOCK_HEADER_SIZE + offset);
  return TransactionView.read(reader);
}
