import { blockProof, checkProofOfWork, type ConsensusParams } from '@btcp2p/consensus';
import {
  BLOCK_HEADER_SIZE,
  BlockHeader,
  equalHashes,
  sha256d,
  Writer,
  type Sha256d,
} from '@btcp2p/wire';

const HASH_SIZE = 32;

/**
 * Headers as they came in one message: each encoded to its 80 bytes once, and hashed once, for all
 * the checks that follow. Two arrays hold them all, so that 2,000 headers are not 4,000 objects.
 */
export class HeaderBatch {
  /** No headers. */
  static readonly empty: HeaderBatch = new HeaderBatch(new Uint8Array(0), new Uint8Array(0));

  readonly #bytes: Uint8Array;
  readonly #hashes: Uint8Array;
  /** How many headers there are. */
  readonly length: number;

  private constructor(bytes: Uint8Array, hashes: Uint8Array) {
    this.#bytes = bytes;
    this.#hashes = hashes;
    this.length = bytes.length / BLOCK_HEADER_SIZE;
  }

  /** Encodes and hashes decoded headers. */
  static of(headers: readonly BlockHeader[], hash: Sha256d = sha256d): HeaderBatch {
    const bytes = new Uint8Array(headers.length * BLOCK_HEADER_SIZE);
    const writer = new Writer(bytes);
    for (const header of headers) BlockHeader.write(writer, header);
    return HeaderBatch.ofBytes(bytes, hash);
  }

  /** Hashes headers of 80 bytes, back to back. The array is kept, not copied. */
  static ofBytes(bytes: Uint8Array, hash: Sha256d = sha256d): HeaderBatch {
    const count = bytes.length / BLOCK_HEADER_SIZE;
    const hashes = new Uint8Array(count * HASH_SIZE);
    for (let i = 0; i < count; i++) {
      const start = i * BLOCK_HEADER_SIZE;
      hashes.set(hash(bytes.subarray(start, start + BLOCK_HEADER_SIZE)), i * HASH_SIZE);
    }
    return new HeaderBatch(bytes, hashes);
  }

  /**
   * Headers that have been hashed already.
   *
   * @param bytes 80 bytes for each
   * @param hashes 32 bytes for each
   */
  static ofHashed(bytes: Uint8Array, hashes: Uint8Array): HeaderBatch {
    return new HeaderBatch(bytes, hashes);
  }

  /** The 80 bytes of a header, as a view. */
  header(index: number): Uint8Array {
    const start = index * BLOCK_HEADER_SIZE;
    return this.#bytes.subarray(start, start + BLOCK_HEADER_SIZE);
  }

  /** The hash of a header, 32 bytes, as a view. */
  hash(index: number): Uint8Array {
    return this.#hashes.subarray(index * HASH_SIZE, (index + 1) * HASH_SIZE);
  }

  /** The hash that a header names as that of the block before, 32 bytes, as a view. */
  prevHash(index: number): Uint8Array {
    const start = index * BLOCK_HEADER_SIZE + 4;
    return this.#bytes.subarray(start, start + HASH_SIZE);
  }

  /** When the header's miner says the block was made, Unix seconds. */
  time(index: number): number {
    return readU32(this.#bytes, index * BLOCK_HEADER_SIZE + 68);
  }

  /** The target in compact form. */
  bits(index: number): number {
    return readU32(this.#bytes, index * BLOCK_HEADER_SIZE + 72);
  }

  /** Headers from `start` to before `end`, sharing memory with these. */
  slice(start: number, end: number = this.length): HeaderBatch {
    return new HeaderBatch(
      this.#bytes.subarray(start * BLOCK_HEADER_SIZE, end * BLOCK_HEADER_SIZE),
      this.#hashes.subarray(start * HASH_SIZE, end * HASH_SIZE),
    );
  }

  /** Whether each header names the one before (Core `CheckHeadersAreContinuous`). */
  isContinuous(): boolean {
    for (let i = 1; i < this.length; i++) {
      if (!equalHashes(this.prevHash(i), this.hash(i - 1))) return false;
    }
    return true;
  }

  /** Whether each hash meets the target that its header claims (Core `HasValidProofOfWork`). */
  hasValidProofOfWork(params: ConsensusParams): boolean {
    for (let i = 0; i < this.length; i++) {
      if (!checkProofOfWork(this.hash(i), this.bits(i), params)) return false;
    }
    return true;
  }

  /** The work that the headers claim, in all (Core `CalculateClaimedHeadersWork`). */
  claimedWork(): bigint {
    let work = 0n;
    // Nearly always all headers have the same bits, so that runs of them are one multiplication.
    for (let i = 0; i < this.length; ) {
      const bits = this.bits(i);
      const start = i;
      while (i < this.length && this.bits(i) === bits) i++;
      work += BigInt(i - start) * blockProof(bits);
    }
    return work;
  }
}

function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
