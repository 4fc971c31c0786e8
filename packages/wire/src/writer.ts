/**
 * Writes little-endian values into bytes of a size known beforehand. A codec that writes more than
 * its `size` announced is a bug here, and ends in a `RangeError`.
 */
export class Writer {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes written so far. */
  get offset(): number {
    return this.#offset;
  }

  u8(value: number): void {
    this.#view.setUint8(this.#offset, value);
    this.#offset += 1;
  }

  u16(value: number): void {
    this.#view.setUint16(this.#offset, value, true);
    this.#offset += 2;
  }

  /** 16 bits, big-endian: ports. */
  u16be(value: number): void {
    this.#view.setUint16(this.#offset, value, false);
    this.#offset += 2;
  }

  u32(value: number): void {
    this.#view.setUint32(this.#offset, value, true);
    this.#offset += 4;
  }

  i32(value: number): void {
    this.#view.setInt32(this.#offset, value, true);
    this.#offset += 4;
  }

  u64(value: bigint): void {
    this.#view.setBigUint64(this.#offset, value, true);
    this.#offset += 8;
  }

  i64(value: bigint): void {
    this.#view.setBigInt64(this.#offset, value, true);
    this.#offset += 8;
  }

  bytes(value: Uint8Array): void {
    this.#bytes.set(value, this.#offset);
    this.#offset += value.length;
  }

  /**
   * A hash.
   *
   * @throws RangeError if it has not 32 bytes
   */
  hash(value: Uint8Array): void {
    if (value.length !== 32) throw new RangeError(`a hash has 32 bytes, not ${value.length}`);
    this.bytes(value);
  }

  compactSize(value: number): void {
    if (value < 0xfd) {
      this.u8(value);
    } else if (value <= 0xffff) {
      this.u8(0xfd);
      this.u16(value);
    } else if (value <= 0xffff_ffff) {
      this.u8(0xfe);
      this.u32(value);
    } else {
      this.u8(0xff);
      this.u64(BigInt(value));
    }
  }

  compactSize64(value: bigint): void {
    if (value <= 0xffff_ffffn) {
      this.compactSize(Number(value));
    } else {
      this.u8(0xff);
      this.u64(value);
    }
  }

  varBytes(value: Uint8Array): void {
    this.compactSize(value.length);
    this.bytes(value);
  }
}

/** Bytes that a CompactSize of this value takes: 1, 3, 5 or 9. */
export function compactSizeSize(value: number): number {
  return value < 0xfd ? 1 : value <= 0xffff ? 3 : value <= 0xffff_ffff ? 5 : 9;
}

/** Bytes that a CompactSize and as many bytes take. */
export function varBytesSize(value: Uint8Array): number {
  return compactSizeSize(value.length) + value.length;
}
