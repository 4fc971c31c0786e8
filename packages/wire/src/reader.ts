import { DecodeError, type DecodeErrorCode } from './decode-error.ts';
import { MAX_SIZE } from './limits.ts';

const NOTHING = new Uint8Array(0);

/**
 * Reads little-endian values from bytes, in order. Every method throws {@link DecodeError} and
 * none reads past the end. Byte arrays that it returns are views of the input, not copies.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  // What views of the input are made of, which is cheaper to keep than to ask for each time.
  readonly #buffer: ArrayBufferLike;
  readonly #base: number;
  readonly #length: number;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#buffer = bytes.buffer;
    this.#base = bytes.byteOffset;
    this.#length = bytes.length;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes still to be read. */
  get remaining(): number {
    return this.#length - this.#offset;
  }

  /** Throws a {@link DecodeError} that points at `offset`, by default where the reader stands. */
  fail(code: DecodeErrorCode, offset = this.#offset, size?: number): never {
    throw new DecodeError(code, offset, size);
  }

  /** Throws `trailing-bytes` unless everything has been read. */
  end(): void {
    if (this.remaining !== 0) this.fail('trailing-bytes');
  }

  /** Moves over `length` bytes and returns where they start. */
  #take(length: number): number {
    const start = this.#offset;
    if (length > this.#length - start) this.fail('truncated');
    this.#offset = start + length;
    return start;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  /** 16 bits, big-endian: ports. */
  u16be(): number {
    return this.#view.getUint16(this.#take(2), false);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  /** `length` bytes, as a view; none at all are one array that all share. */
  bytes(length: number): Uint8Array {
    // Real transactions have had half a million empty witness items, at a hundred bytes for a view.
    if (length === 0) return NOTHING;
    const start = this.#take(length);
    return new Uint8Array(this.#buffer, this.#base + start, length);
  }

  /** All bytes, those included that were read already. */
  get source(): Uint8Array {
    return this.#bytes;
  }

  /** Moves over bytes. */
  skip(length: number): void {
    this.#take(length);
  }

  /**
   * A CompactSize of 1, 3, 5 or 9 bytes, which must be the shortest form and at most
   * {@link MAX_SIZE} (Core `ReadCompactSize` with its range check).
   */
  compactSize(): number {
    const first = this.u8();
    if (first < 0xfd) return first;
    const start = this.#offset - 1;
    const value = first === 0xfd ? this.u16() : first === 0xfe ? this.u32() : Number(this.u64());
    const least = first === 0xfd ? 0xfd : first === 0xfe ? 0x1_0000 : 0x1_0000_0000;
    if (value < least) this.fail('non-canonical-size', start);
    if (value > MAX_SIZE) this.fail('size-too-large', start, value);
    return value;
  }

  /** A CompactSize that is a number and not a size, so that all 64 bits are allowed. */
  compactSize64(): bigint {
    const first = this.u8();
    if (first < 0xfd) return BigInt(first);
    const start = this.#offset - 1;
    const value = first === 0xfd ? BigInt(this.u16()) : first === 0xfe ? BigInt(this.u32()) : this.u64();
    const least = first === 0xfd ? 0xfdn : first === 0xfe ? 0x1_0000n : 0x1_0000_0000n;
    if (value < least) this.fail('non-canonical-size', start);
    return value;
  }

  /**
   * The count in front of a list. A count that the remaining bytes cannot hold is `truncated`, as
   * it would be if one tried to read them, and only then one above `max` is `tooMany`. So a short
   * message that announces billions of entries costs nothing.
   *
   * @param minSize the fewest bytes that an entry takes
   */
  count(max: number, minSize: number, tooMany: DecodeErrorCode = 'limit-exceeded'): number {
    const start = this.#offset;
    const count = this.compactSize();
    if (count * minSize > this.remaining) this.fail('truncated', start);
    if (count > max) this.fail(tooMany, start, count);
    return count;
  }

  /** A CompactSize and as many bytes, as a view. */
  varBytes(max: number = MAX_SIZE): Uint8Array {
    const start = this.#offset;
    const length = this.compactSize();
    if (length > max) this.fail('size-too-large', start, length);
    return this.bytes(length);
  }
}
