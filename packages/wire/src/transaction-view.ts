import { Reader } from './reader.ts';
import { plainBytes, scanTransaction, type Scan } from './scan.ts';
import { sha256d, type Sha256d } from './sha256d.ts';
import { Transaction } from './transaction.ts';
import { Writer } from './writer.ts';

/**
 * A transaction as bytes whose structure has been checked once, so that no method can fail: what
 * messages carry. Ids, sizes and the bytes themselves are what relaying needs, and cost nothing to
 * have; its parts are made on demand. (A hostile transaction of 4 MB has two million witness items,
 * and objects for them take a second to make and 160 MB to keep.)
 *
 * It borrows its bytes: they must not change, and whoever keeps a transaction of a block or a large
 * message for long makes `TransactionView.of(view.bytes.slice())` of it.
 */
export class TransactionView {
  /** As on the wire, witnesses included. */
  readonly bytes: Uint8Array;
  /** Where the witnesses start, 0 if there are none. */
  readonly #witnessOffset: number;

  /** Use {@link TransactionView.of}: nothing is checked here. */
  private constructor(bytes: Uint8Array, witnessOffset: number) {
    this.bytes = bytes;
    this.#witnessOffset = witnessOffset;
  }

  /**
   * Checks the structure of a whole transaction, as `Transaction.read` does. Allocates nothing.
   *
   * @throws DecodeError
   */
  static of(bytes: Uint8Array): TransactionView {
    const reader = new Reader(bytes);
    const view = TransactionView.read(reader);
    reader.end();
    return view;
  }

  /** The view of a transaction's encoding. */
  static from(transaction: Transaction): TransactionView {
    const bytes = new Uint8Array(Transaction.size(transaction));
    Transaction.write(new Writer(bytes), transaction);
    return TransactionView.of(bytes);
  }

  /**
   * The view of bytes that are known to be sound, with what the scan of a block found.
   *
   * @internal
   */
  static scanned(bytes: Uint8Array, witnessOffset: number): TransactionView {
    return new TransactionView(bytes, witnessOffset);
  }

  // A codec: `TransactionView` itself is a `Codec<TransactionView>`.

  static size(view: TransactionView): number {
    return view.bytes.length;
  }

  static write(writer: Writer, view: TransactionView): void {
    writer.bytes(view.bytes);
  }

  static read(reader: Reader): TransactionView {
    const start = reader.offset;
    const bytes = plainBytes(reader.source);
    const scan: Scan = { bytes, offset: start, witnessOffset: 0, stripped: 0 };
    scanTransaction(scan);
    reader.skip(scan.offset - start);
    const own = bytes.subarray(start, scan.offset);
    return new TransactionView(own, scan.witnessOffset === 0 ? 0 : scan.witnessOffset - start);
  }

  /** Bytes, witnesses included. */
  get size(): number {
    return this.bytes.length;
  }

  /** Bytes without witnesses. */
  get strippedSize(): number {
    // Marker and flag go, and all from the witnesses to the lock time.
    return this.hasWitness ? this.#witnessOffset - 2 + 4 : this.bytes.length;
  }

  /** Three times the stripped size plus the size (BIP 141). */
  get weight(): number {
    return 3 * this.strippedSize + this.bytes.length;
  }

  /** Whether it is in the form of BIP 144. */
  get hasWitness(): boolean {
    return this.#witnessOffset !== 0;
  }

  /** The bytes without witnesses: its own if it has none. */
  strippedBytes(): Uint8Array {
    return this.hasWitness ? strip(this.bytes, this.#witnessOffset) : this.bytes;
  }

  /** SHA-256d of the bytes without witnesses, 32 bytes in wire order. */
  txid(hash: Sha256d = sha256d): Uint8Array {
    return hash(this.strippedBytes());
  }

  /** SHA-256d of all bytes, 32 bytes in wire order (BIP 141). */
  wtxid(hash: Sha256d = sha256d): Uint8Array {
    return hash(this.bytes);
  }

  /** Its parts. Byte arrays among them are views. */
  transaction(): Transaction {
    return Transaction.read(new Reader(this.bytes));
  }
}

/** Copies a transaction without marker, flag and witnesses. */
function strip(bytes: Uint8Array, witnessOffset: number): Uint8Array {
  const out = new Uint8Array(witnessOffset - 2 + 4);
  out.set(bytes.subarray(0, 4), 0);
  out.set(bytes.subarray(6, witnessOffset), 4);
  out.set(bytes.subarray(-4), witnessOffset - 2);
  return out;
}
