import { secp256k1 } from '@noble/curves/secp256k1.js';

/** The order of secp256k1's group (SEC 2, §2.4.1). */
export const ORDER = secp256k1.Point.Fn.ORDER;

/** The integer that 32 bytes are, big-endian. */
export function toInteger(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 32);
  const high = (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
  return (high << 128n) | (view.getBigUint64(16) << 64n) | view.getBigUint64(24);
}

/** Writes an integer below 2^256 as 32 bytes, big-endian. */
export function writeInteger(value: bigint, bytes: Uint8Array, offset: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 32);
  // Of what is more, these take the low 64 bits.
  for (let word = 0; word < 4; word++) view.setBigUint64(8 * word, value >> BigInt(192 - 64 * word));
}
