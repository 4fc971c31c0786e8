import { sha256d, TransactionView, type BlockView, type Sha256d } from '@btcp2p/wire';
import { hashKey } from './hash-key.ts';

/**
 * Bytes of transactions that are kept of blocks that were disconnected
 * (Core `MAX_DISCONNECTED_TX_POOL_BYTES`, kernel/disconnected_transactions.h).
 */
export const MAX_DISCONNECTED_TX_POOL_BYTES = 20_000_000;

/** Bytes that one takes besides its own: objects, a key and its place in a map. Our estimate. */
const OVERHEAD_BYTES = 400;

/** A transaction of a block that is not in the chain any more. */
export interface DisconnectedTransaction {
  readonly view: TransactionView;
  /** 32 bytes in wire order. */
  readonly txid: Uint8Array;
  readonly isCoinbase: boolean;
}

/**
 * Transactions of blocks that were disconnected, until the chain has come to rest and it is clear which
 * of them are in no block (Core `DisconnectedBlockTransactions`).
 *
 * Specification: blocks are added from the tip downwards. If they take too much, those go first that
 * were mined last: what is left never builds on what is gone.
 */
export class DisconnectedTransactions {
  readonly #maxBytes: number;
  readonly #sha256d: Sha256d;
  /** What was mined last comes first. */
  readonly #transactions = new Map<string, DisconnectedTransaction>();
  #bytes = 0;

  constructor(maxBytes = MAX_DISCONNECTED_TX_POOL_BYTES, hash: Sha256d = sha256d) {
    this.#maxBytes = maxBytes;
    this.#sha256d = hash;
  }

  get size(): number {
    return this.#transactions.size;
  }

  /** Bytes that they take, about. */
  get byteLength(): number {
    return this.#bytes;
  }

  /**
   * Adds those of the block that was the tip. Their bytes are copied.
   *
   * @param txids all of them, 32 bytes each in wire order
   * @returns those that were let go
   */
  add(
    block: BlockView,
    txids: readonly Uint8Array[] = block.txids(this.#sha256d),
  ): DisconnectedTransaction[] {
    for (let i = block.transactionCount - 1; i >= 0; i--) {
      // A copy, since the view would hold on to the whole block.
      const view = TransactionView.of(block.transactionBytes(i).slice());
      const txid = txids[i]!.slice();
      this.#transactions.set(hashKey(txid), { view, txid, isCoinbase: i === 0 });
      this.#bytes += view.size + OVERHEAD_BYTES;
    }
    const gone: DisconnectedTransaction[] = [];
    if (this.#bytes <= this.#maxBytes) return gone;
    for (const [key, transaction] of this.#transactions) {
      this.#delete(key, transaction);
      gone.push(transaction);
      if (this.#bytes <= this.#maxBytes) break;
    }
    return gone;
  }

  /** Drops what is in a block of the chain again. */
  removeForBlock(txids: readonly Uint8Array[]): void {
    if (this.#transactions.size === 0) return;
    for (const txid of txids) {
      const key = hashKey(txid);
      const transaction = this.#transactions.get(key);
      if (transaction !== undefined) this.#delete(key, transaction);
    }
  }

  /** All of them, what was mined first in front; none is left here. */
  take(): DisconnectedTransaction[] {
    const all = [...this.#transactions.values()].toReversed();
    this.#transactions.clear();
    this.#bytes = 0;
    return all;
  }

  #delete(key: string, { view }: DisconnectedTransaction): void {
    this.#transactions.delete(key);
    this.#bytes -= view.size + OVERHEAD_BYTES;
  }
}
