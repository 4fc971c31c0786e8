import { compactSizeSize, DecodeError, Reader, Writer } from '@btcp2p/wire';
import {
  BASIC_FILTER_P, golombRiceSize, GolombRiceReader, writeGolombRice,
} from './golomb-rice.ts';
import { hashToRange } from './fast-range.ts';
import { BASIC_FILTER_M, HashedSet } from './hashed-set.ts';
import { sipHashKey, type SipHashKey } from './sip-hash.ts';

/**
 * A Golomb-coded set (BIP 158 §Golomb-Coded Sets; Core `GCSFilter`) with the parameters of basic
 * filters, P = 19 and M = 784931: it says of all its elements that they match, and of one in M others.
 *
 * It is its bytes: none of its methods decodes it into numbers that are kept.
 */
export class GcsFilter {
  /** As `cfilter` messages carry it: the number of elements as a CompactSize, the coded numbers. */
  readonly bytes: Uint8Array;
  /** Elements. */
  readonly count: number;
  readonly #key: SipHashKey;
  /** Where the coded numbers start. */
  readonly #start: number;

  private constructor(bytes: Uint8Array, count: number, start: number, key: SipHashKey) {
    this.bytes = bytes;
    this.count = count;
    this.#start = start;
    this.#key = key;
  }

  /**
   * The filter of some elements. Several of the same bytes are one.
   *
   * @param key SipHash's key in its first 16 bytes: in a block's filter the block's hash
   * @throws RangeError if the key is shorter
   */
  static of(elements: Iterable<Uint8Array>, key: Uint8Array): GcsFilter {
    const set = new HashedSet(sipHashKey(key));
    for (const element of elements) set.add(element);
    return GcsFilter.ofSet(set);
  }

  /**
   * The filter of a set, with its key.
   *
   * @internal
   */
  static ofSet(set: HashedSet): GcsFilter {
    const values = set.sorted();
    const start = compactSizeSize(set.size);
    const bytes = new Uint8Array(start + golombRiceSize(values));
    new Writer(bytes).compactSize(set.size);
    writeGolombRice(values, bytes, start);
    return new GcsFilter(bytes, set.size, start, set.key);
  }

  /**
   * The filter of bytes from outside, which it borrows. It accepts what Core accepts: as many numbers
   * as are announced, and no byte behind them. It allocates nothing, and takes time for the bytes that
   * there are, whatever number they announce.
   *
   * @throws DecodeError `truncated`, `trailing-bytes`; of the number of elements `non-canonical-size`,
   *   `size-too-large`
   */
  static decode(bytes: Uint8Array, key: Uint8Array): GcsFilter {
    const filter = GcsFilter.trusted(bytes, key);
    const least = filter.count * (1 + BASIC_FILTER_P);
    if (least > 8 * (bytes.length - filter.#start)) throw new DecodeError('truncated', bytes.length);
    const reader = new GolombRiceReader(bytes, filter.#start);
    for (let i = 0; i < filter.count; i++) reader.next();
    if (reader.offset < bytes.length) throw new DecodeError('trailing-bytes', reader.offset);
    return filter;
  }

  /**
   * The filter of bytes that were checked before, as those in an index: only the number of elements
   * is read. If the bytes are not those of a filter after all, matching may throw `DecodeError`.
   *
   * @throws DecodeError `truncated`, `non-canonical-size`, `size-too-large`
   */
  static trusted(bytes: Uint8Array, key: Uint8Array): GcsFilter {
    const reader = new Reader(bytes);
    const count = reader.compactSize();
    return new GcsFilter(bytes, count, reader.offset, sipHashKey(key));
  }

  /** Whether it may have this element. */
  match(element: Uint8Array): boolean {
    const wanted = hashToRange(this.#key, element, this.count * BASIC_FILTER_M);
    const reader = new GolombRiceReader(this.bytes, this.#start);
    let value = 0;
    for (let i = 0; i < this.count; i++) {
      value += reader.next();
      if (value >= wanted) return value === wanted;
    }
    return false;
  }

  /**
   * Whether it may have any of these elements; false if there are none. Takes one look at the filter
   * for all of them.
   */
  matchAny(elements: Iterable<Uint8Array>): boolean {
    if (this.count === 0) return false;
    const set = new HashedSet(this.#key);
    for (const element of elements) set.add(element);
    return this.#hasOneOf(set.sortedBelow(this.count * BASIC_FILTER_M));
  }

  /** Whether a number is in it and among these, which ascend. */
  #hasOneOf(wanted: Float64Array): boolean {
    if (wanted.length === 0) return false;
    const reader = new GolombRiceReader(this.bytes, this.#start);
    let value = 0;
    let at = 0;
    for (let i = 0; i < this.count; i++) {
      value += reader.next();
      while (wanted[at]! < value) if (++at === wanted.length) return false;
      if (wanted[at] === value) return true;
    }
    return false;
  }
}
