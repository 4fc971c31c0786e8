import { BLOCK_HEADER_SIZE, BlockHeader } from './block-header.ts';
import { MIN_TRANSACTION_SIZE } from './limits.ts';
import { Reader } from './reader.ts';
import { plainBytes, scanCompactSize, scanTransaction, type Scan } from './scan.ts';
import { sha256d, type Sha256d } from './sha256d.ts';
import { Transaction } from './transaction.ts';
import { TransactionView } from './transaction-view.ts';
import type { Writer } from './writer.ts';

/** Numbers kept for each transaction: its start, where its witnesses start (0: none), its end. */
const STRIDE = 3;

/**
 * A block as bytes whose structure has been checked once, so that no getter can fail. Transactions
 * are decoded or hashed when asked for.
 *
 * A view borrows its bytes: they must not change, and whoever keeps a small part for long copies
 * it, or the whole block stays in memory.
 */
export class BlockView {
  /** The whole block, as on the wire: header, count, transactions (witnesses included). */
  readonly bytes: Uint8Array;
  readonly #offsets: Uint32Array;
  /** Bytes without any witness. */
  readonly strippedSize: number;

  private constructor(bytes: Uint8Array, offsets: Uint32Array, strippedSize: number) {
    this.bytes = bytes;
    this.#offsets = offsets;
    this.strippedSize = strippedSize;
  }

  /**
   * Checks the structure of a whole block. Allocates 12 bytes for each transaction.
   *
   * @throws DecodeError
   */
  static of(bytes: Uint8Array): BlockView {
    const reader = new Reader(bytes);
    const view = BlockView.read(reader);
    reader.end();
    return view;
  }

  // A codec: `BlockView` itself is a `Codec<BlockView>`.

  static size(view: BlockView): number {
    return view.bytes.length;
  }

  static write(writer: Writer, view: BlockView): void {
    writer.bytes(view.bytes);
  }

  static read(reader: Reader): BlockView {
    const start = reader.offset;
    const bytes = plainBytes(reader.source);
    const first = start + BLOCK_HEADER_SIZE;
    if (first > bytes.length) reader.fail('truncated', bytes.length);
    const scan: Scan = { bytes, offset: first, witnessOffset: 0, stripped: 0 };
    const count = scanCompactSize(scan);
    if (count * MIN_TRANSACTION_SIZE > bytes.length - scan.offset) reader.fail('truncated', first);
    let stripped = scan.offset - start;
    const offsets = new Uint32Array(count * STRIDE);
    for (let i = 0; i < offsets.length; i += STRIDE) {
      offsets[i] = scan.offset - start;
      scanTransaction(scan);
      offsets[i + 1] = scan.witnessOffset === 0 ? 0 : scan.witnessOffset - start;
      offsets[i + 2] = scan.offset - start;
      stripped += scan.stripped;
    }
    reader.skip(scan.offset - start);
    return new BlockView(bytes.subarray(start, scan.offset), offsets, stripped);
  }

  /** The first 80 bytes, as a view. */
  get headerBytes(): Uint8Array {
    return this.bytes.subarray(0, BLOCK_HEADER_SIZE);
  }

  /** The header. */
  get header(): BlockHeader {
    return BlockHeader.read(new Reader(this.headerBytes));
  }

  get transactionCount(): number {
    return this.#offsets.length / STRIDE;
  }

  /** Bytes of the block. */
  get size(): number {
    return this.bytes.length;
  }

  /** Three times the stripped size plus the size (BIP 141). */
  get weight(): number {
    return 3 * this.strippedSize + this.bytes.length;
  }

  /** The hash of the block, 32 bytes in wire order. */
  hash(hash: Sha256d = sha256d): Uint8Array {
    return hash(this.headerBytes);
  }

  /** Whether a transaction is in the form of BIP 144. */
  hasWitness(index: number): boolean {
    return this.#offsets[this.#at(index) + 1] !== 0;
  }

  /** The bytes of a transaction, with its witnesses, as a view. */
  transactionBytes(index: number): Uint8Array {
    const at = this.#at(index);
    return this.bytes.subarray(this.#offsets[at], this.#offsets[at + 2]);
  }

  /** A transaction as a view of its own. */
  transactionView(index: number): TransactionView {
    const at = this.#at(index);
    const [start, witness, end] = this.#offsets.subarray(at, at + STRIDE) as ArrayLike<number> as
      [number, number, number];
    const bytes = this.bytes.subarray(start, end);
    return TransactionView.scanned(bytes, witness === 0 ? 0 : witness - start);
  }

  /** A transaction's parts. Byte arrays among them are views of the block. */
  transaction(index: number): Transaction {
    return this.transactionView(index).transaction();
  }

  /** The parts of all transactions, in order: quicker than one by one. */
  transactions(): Transaction[] {
    const reader = new Reader(this.bytes);
    const transactions: Transaction[] = [];
    reader.skip(this.#offsets[0] ?? 0);
    for (let i = 0; i < this.transactionCount; i++) transactions.push(Transaction.read(reader));
    return transactions;
  }

  /** A transaction's id, 32 bytes in wire order. */
  txid(index: number, hash: Sha256d = sha256d): Uint8Array {
    return this.transactionView(index).txid(hash);
  }

  /** A transaction's witness id, 32 bytes in wire order. */
  wtxid(index: number, hash: Sha256d = sha256d): Uint8Array {
    return hash(this.transactionBytes(index));
  }

  /** All txids, in order: 32 bytes each, in wire order. */
  txids(hash: Sha256d = sha256d): Uint8Array[] {
    const messages: Uint8Array[] = [];
    for (let i = 0; i < this.transactionCount; i++) {
      const bytes = this.hasWitness(i)
        ? this.transactionView(i).strippedBytes()
        : this.transactionBytes(i);
      messages.push(bytes);
    }
    return hash.many?.(messages) ?? messages.map((bytes) => hash(bytes));
  }

  /**
   * The block without any witness, as a peer gets it that does not ask for witnesses (BIP 144):
   * `strippedSize` bytes, which are the block's own where it has none.
   */
  strippedBytes(): Uint8Array {
    if (this.strippedSize === this.bytes.length) return this.bytes;
    const out = new Uint8Array(this.strippedSize);
    let at = this.#offsets[0]!;
    out.set(this.bytes.subarray(0, at), 0);
    for (let i = 0; i < this.transactionCount; i++) {
      const bytes = this.transactionView(i).strippedBytes();
      out.set(bytes, at);
      at += bytes.length;
    }
    return out;
  }

  #at(index: number): number {
    if (!(Number.isInteger(index) && index >= 0 && index < this.transactionCount)) {
      throw new RangeError(`no transaction ${index} in a block of ${this.transactionCount}`);
    }
    return index * STRIDE;
  }
}
