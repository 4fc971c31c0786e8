/** The prime of secp256k1's field, 2^256 - 2^32 - 977 (SEC 2 §2.4.1). */
export const FIELD_ORDER = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn;

/** `a` modulo {@link FIELD_ORDER}, from 0 to p - 1, also where `a` is negative. */
export function modulo(a: bigint): bigint {
  const remainder = a % FIELD_ORDER;
  return remainder < 0n ? remainder + FIELD_ORDER : remainder;
}

/** x^3 + 7, the right side of the curve's equation: a square just if `x` is on the curve. */
export function curveSide(x: bigint): bigint {
  return (((x * x) % FIELD_ORDER) * x + 7n) % FIELD_ORDER;
}

/** The integer in 32 bytes, big-endian, from `offset` on. Four words are quicker than hex. */
export function readInteger(bytes: Uint8Array, offset = 0): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 32);
  return (
    (view.getBigUint64(0) << 192n) |
    (view.getBigUint64(8) << 128n) |
    (view.getBigUint64(16) << 64n) |
    view.getBigUint64(24)
  );
}

/** Writes an integer below 2^256 to 32 bytes, big-endian, from `offset` on. */
export function writeInteger(value: bigint, bytes: Uint8Array, offset = 0): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 32);
  // DataView takes the low 64 bits of each.
  view.setBigUint64(0, value >> 192n);
  view.setBigUint64(8, value >> 128n);
  view.setBigUint64(16, value >> 64n);
  view.setBigUint64(24, value);
}
