import { toHex } from '@btcp2p/wire';

/** A packet to send. */
export interface Packet {
  /** Hex. */
  readonly contents: string;
  /** A decoy. */
  readonly ignore: boolean;
}

/**
 * `count` packets, all different, of 0 to 300 bytes of contents, every tenth a decoy.
 *
 * @param salt a byte by which one side's differ from another's
 */
export function packetsOf(count: number, salt = 0): Packet[] {
  return Array.from({ length: count }, (_, i) => {
    const bytes = Array.from({ length: (i * 37) % 301 }, (_, j) => (i + (i >> 8) + j * 7 + salt) & 0xff);
    return { contents: toHex(Uint8Array.from(bytes)), ignore: i % 10 === 9 };
  });
}

/** Arrays joined. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
