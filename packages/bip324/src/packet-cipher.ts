import { type Aead, TAG_SIZE } from './aead.ts';
import { FsChaCha20Poly1305 } from './fs-chacha20-poly1305.ts';
import { FsChaCha20, LENGTH_LEN } from './fs-chacha20.ts';

/** Core `BIP324Cipher::HEADER_LEN`: bytes in front of a packet's contents, encrypted with them. */
export const HEADER_LEN = 1;

/** Core `BIP324Cipher::IGNORE_BIT`: the bit of the header that marks a decoy (BIP 324). */
export const IGNORE_BIT = 0x80;

/** Core `BIP324Cipher::EXPANSION`: bytes that a packet has on top of its contents (BIP 324). */
export const EXPANSION = LENGTH_LEN + HEADER_LEN + TAG_SIZE;

/** The longest contents that 3 bytes of length can announce (BIP 324 §"Packet encryption"). */
export const MAX_ENCODABLE_CONTENTS_LEN = 0xffffff;

/**
 * Up to this many bytes, pieces are copied into one: a system call or a small write costs more. Our
 * choice: about the size where copying is no longer lost beside the rest of the work on a packet.
 */
const MAX_JOINED_SIZE = 4_096;

/**
 * Packets up to this size are put next to each other into slabs: a `Uint8Array` of more than 64 bytes
 * takes V8 longer to allocate than all else that is done here for a small packet. Our choice: 48
 * packets of 64 bytes to a slab, and little memory for a connection that idles.
 */
const MAX_SLAB_PACKET_SIZE = 512;
const SLAB_SIZE = 4_096;

const GENUINE_HEADER = Uint8Array.of(0);
const DECOY_HEADER = Uint8Array.of(IGNORE_BIT);

/** A packet as it was before encryption. */
export interface OpenedPacket {
  /** Whether it is a decoy, which is to be ignored. */
  readonly ignore: boolean;
  readonly contents: Uint8Array;
}

/**
 * The ciphers of one direction of a connection (BIP 324 §"Packet encryption"): a packet is its
 * length encrypted by `FSChaCha20` (3 bytes), and a header (1 byte) and the contents encrypted by
 * `FSChaCha20Poly1305`, with their tag (16 bytes). Packets are taken in order, each of them once.
 */
export class PacketCipher {
  readonly #lengths: FsChaCha20;
  readonly #contents: FsChaCha20Poly1305;
  #slab: Uint8Array = new Uint8Array(0);
  #slabUsed = 0;

  /** @param lengthKey, contentsKey 32 bytes each, which are copied */
  constructor(lengthKey: Uint8Array, contentsKey: Uint8Array, aead: Aead) {
    this.#lengths = new FsChaCha20(lengthKey);
    this.#contents = new FsChaCha20Poly1305(contentsKey, aead);
  }

  /**
   * Encrypts a packet whose contents are the concatenation of `parts`, which are left as they are.
   *
   * @returns its pieces in order; a small packet is one piece, which may be a view of memory that
   * others are in too
   * @throws RangeError if the contents are longer than 2^24 - 1 bytes
   */
  encrypt(parts: readonly Uint8Array[], aad: Uint8Array, ignore: boolean): readonly Uint8Array[] {
    const size = contentsSize(parts);
    const sealed = this.#contents.seal(aad, [ignore ? DECOY_HEADER : GENUINE_HEADER, ...parts]);
    if (size + EXPANSION <= MAX_JOINED_SIZE) {
      const packet = this.#allocate(size + EXPANSION);
      this.#writeLength(packet, size);
      let offset = LENGTH_LEN;
      for (const piece of sealed) {
        packet.set(piece, offset);
        offset += piece.length;
      }
      return [packet];
    }
    const length = new Uint8Array(LENGTH_LEN);
    this.#writeLength(length, size);
    return [length, ...sealed];
  }

  /** The next packet's contents' length, from the 3 bytes at `offset`, which are overwritten. */
  decryptLength(bytes: Uint8Array, offset: number): number {
    this.#lengths.crypt(bytes, offset);
    return bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16);
  }

  /**
   * Decrypts the packet whose length came last.
   *
   * @param sealed what follows the length: contents + 17 bytes, which may be overwritten
   * @returns undefined if it is not authentic
   */
  decrypt(sealed: Uint8Array, aad: Uint8Array): OpenedPacket | undefined {
    const plain = this.#contents.open(aad, sealed);
    if (plain === undefined) return undefined;
    return { ignore: (plain[0]! & IGNORE_BIT) !== 0, contents: plain.subarray(HEADER_LEN) };
  }

  /** Overwrites all keys. The cipher is of no use afterwards: it throws. */
  wipe(): void {
    this.#lengths.wipe();
    this.#contents.wipe();
  }

  #allocate(size: number): Uint8Array {
    if (size > MAX_SLAB_PACKET_SIZE) return new Uint8Array(size);
    if (this.#slabUsed + size > this.#slab.length) {
      this.#slab = new Uint8Array(SLAB_SIZE);
      this.#slabUsed = 0;
    }
    const start = this.#slabUsed;
    this.#slabUsed += size;
    return this.#slab.subarray(start, start + size);
  }

  #writeLength(packet: Uint8Array, size: number): void {
    packet[0] = size & 0xff;
    packet[1] = (size >>> 8) & 0xff;
    packet[2] = size >>> 16;
    this.#lengths.crypt(packet, 0);
  }
}

/**
 * Bytes of a packet's contents.
 *
 * @throws RangeError if there are more than 2^24 - 1
 */
export function contentsSize(parts: readonly Uint8Array[]): number {
  let size = 0;
  for (const part of parts) size += part.length;
  if (size > MAX_ENCODABLE_CONTENTS_LEN) throw new RangeError(`contents of ${size} bytes`);
  return size;
}
