import { DecodeError } from '@btcp2p/wire';

/** Bits of a remainder: the parameter P of basic filters (BIP 158; Core `BASIC_FILTER_P`). */
export const BASIC_FILTER_P = 19;

const DIVISOR = 2 ** BASIC_FILTER_P;

/** Ones of a quotient that leave room in 32 bits for the zero behind them and the remainder. */
const SHORT_QUOTIENT = 32 - 1 - BASIC_FILTER_P;

/** Bytes that {@link writeGolombRice} writes for these values. */
export function golombRiceSize(sorted: Float64Array): number {
  let bits = sorted.length * (1 + BASIC_FILTER_P);
  let last = 0;
  for (const value of sorted) {
    bits += Math.floor((value - last) / DIVISOR);
    last = value;
  }
  return Math.ceil(bits / 8);
}

/**
 * Writes the differences of ascending numbers from 0 on, Golomb-Rice coded with P = 19 (BIP 158
 * §Golomb-Rice Coding), and zeros up to a whole byte.
 *
 * @param out has {@link golombRiceSize} bytes from `offset` on
 */
export function writeGolombRice(sorted: Float64Array, out: Uint8Array, offset: number): void {
  let at = offset;
  let last = 0;
  // What does not fill a byte yet: the lowest `held` bits of `bits`. What is above them is written.
  let bits = 0;
  let held = 0;
  for (const value of sorted) {
    const delta = value - last;
    last = value;
    let quotient = Math.floor(delta / DIVISOR);
    const remainder = delta - quotient * DIVISOR;
    while (quotient > 0) {
      const ones = Math.min(quotient, 16);
      bits = (bits << ones) | ((1 << ones) - 1);
      quotient -= ones;
      for (held += ones; held >= 8; ) out[at++] = bits >>> (held -= 8);
    }
    bits = (bits << (1 + BASIC_FILTER_P)) | remainder;
    for (held += 1 + BASIC_FILTER_P; held >= 8; ) out[at++] = bits >>> (held -= 8);
  }
  if (held > 0) out[at] = bits << (8 - held);
}

/** Reads what {@link writeGolombRice} writes, one difference after the other. */
export class GolombRiceReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** The last bit that has 32 more behind it, whatever its place in its byte. */
  readonly #lastQuick: number;
  /** The next bit, counted from the first byte's highest one. */
  #position: number;

  /** @param offset the byte to start with */
  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#lastQuick = 8 * (bytes.length - 5) + 7;
    this.#position = 8 * offset;
  }

  /** Bytes read so far, those included of which only a part was. */
  get offset(): number {
    return Math.ceil(this.#position / 8);
  }

  /** @throws DecodeError `truncated` where the bytes end before it does */
  next(): number {
    const position = this.#position;
    if (position > this.#lastQuick) return this.#nextByBits();
    const at = position >>> 3;
    const used = position & 7;
    const window = (this.#view.getInt32(at) << used) | (this.#bytes[at + 4]! >>> (8 - used));
    const quotient = Math.clz32(~window);
    if (quotient > SHORT_QUOTIENT) return this.#nextByBits();
    this.#position = position + quotient + 1 + BASIC_FILTER_P;
    return quotient * DIVISOR + ((window << (quotient + 1)) >>> (32 - BASIC_FILTER_P));
  }

  #nextByBits(): number {
    let quotient = 0;
    while (this.#bit() === 1) {
      quotient++;
      // Millions of ones in a row are hostile, and quicker in whole bytes.
      while ((this.#position & 7) === 0 && this.#bytes[this.#position >>> 3] === 0xff) {
        this.#position += 8;
        quotient += 8;
      }
    }
    let remainder = 0;
    for (let i = 0; i < BASIC_FILTER_P; i++) remainder = (remainder << 1) | this.#bit();
    return quotient * DIVISOR + remainder;
  }

  #bit(): number {
    const byte = this.#bytes[this.#position >>> 3];
    if (byte === undefined) throw new DecodeError('truncated', this.#bytes.length);
    return (byte >>> (7 - (this.#position++ & 7))) & 1;
  }
}
