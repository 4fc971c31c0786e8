import { BLOCK_HEADER_SIZE, BlockHeader } from './block-header.ts';
import { DecodeError } from './decode-error.ts';
import { MIN_TRANSACTION_SIZE } from './limits.ts';
import { Reader } from './reader.ts';
import { scanCompactSize, scanTransaction, type Scan } from './scan.ts';
import { sha256d, type Sha256d } from './sha256d.ts';
import { Transaction } from './transaction.ts';

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
    if (bytes.length < BLOCK_HEADER_SIZE) throw new DecodeError('truncated', bytes.length);
    const scan: Scan = { bytes, offset: BLOCK_HEADER_SIZE, witnessOffset: 0, stripped: 0 };
    const count = scanCompactSize(scan);
    if (count * MIN_TRANSACTION_SIZE > bytes.length - scan.offset) {
      throw new DecodeError('truncated', BLOCK_HEADER_SIZE);
    }
    let stripped = scan.offset;
    const offsets = new Uint32Array(count * STRIDE);
    for (let i = 0; i < offsets.length; i += STRIDE) {
      offsets[i] = scan.offset;
      scanTransaction(scan);
      offsets[i + 1] = scan.witnessOffset;
      offsets[i + 2] = scan.offset;
      stripped += scan.stripped;
    }
    if (scan.offset !== bytes.length) throw new DecodeError('trailing-bytes', scan.offset);
    return new BlockView(bytes, offsets, stripped);
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

  /** A transaction. Its byte arrays are views of the block. */
  transaction(index: number): Transaction {
    return Transaction.read(new Reader(this.transactionBytes(index)));
  }

  /** A transaction's id, 32 bytes in wire order. */
  txid(index: number, hash: Sha256d = sha256d): Uint8Array {
    return hash(this.#stripped(index));
  }

  /** A transaction's witness id, 32 bytes in wire order. */
  wtxid(index: number, hash: Sha256d = sha256d): Uint8Array {
    return hash(this.transactionBytes(index));
  }

  /** All txids, in order. */
  txids(hash: Sha256d = sha256d): Uint8Array[] {
    const ids: Uint8Array[] = [];
    for (let i = 0; i < this.transactionCount; i++) ids.push(this.txid(i, hash));
    return ids;
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
      const bytes = this.#stripped(i);
      out.set(bytes, at);
      at += bytes.length;
    }
    return out;
  }

  /** A transaction's bytes without witnesses: a view if it has none. */
  #stripped(index: number): Uint8Array {
    const at = this.#at(index);
    const witness = this.#offsets[at + 1]!;
    if (witness === 0) return this.transactionBytes(index);
    return strip(this.bytes, this.#offsets[at]!, witness, this.#offsets[at + 2]!);
  }

  #at(index: number): number {
    if (!(index >= 0 && index < this.transactionCount)) {
      throw new RangeError(`no transaction ${index} in a block of ${this.transactionCount}`);
    }
    return index * STRIDE;
  }
}

/** A transaction's bytes without marker, flag and witnesses. */
function strip(block: Uint8Array, start: number, witness: number, end: number): Uint8Array {
  const out = new Uint8Array(4 + (witness - start - 6) + 4);
  out.set(block.subarray(start, start + 4), 0);
  out.set(block.subarray(start + 6, witness), 4);
  out.set(block.subarray(end - 4, end), out.length - 4);
  return out;
}
