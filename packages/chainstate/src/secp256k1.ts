import { fromHex, toHex } from '@btcp2p/wire';

/** The prime of secp256k1's field (SEC 2, §2.4.1). The curve is y² = x³ + 7. */
const P = 2n ** 256n - 2n ** 32n - 977n;

/**
 * The uncompressed form (65 bytes: 4, x, y) of a compressed public key (33 bytes: 2 or 3, x), or
 * undefined if no point of the curve has that x.
 */
export type DecompressPublicKey = (compressed: Uint8Array) => Uint8Array | undefined;

/**
 * The default {@link DecompressPublicKey}, with BigInt: 0.1 ms a key. Only coins that pay to an
 * uncompressed public key need it, as the early ones do; a caller with libsecp256k1 passes that.
 */
export const decompressPublicKey: DecompressPublicKey = (compressed) => {
  const x = numberOf(compressed.subarray(1));
  if (x >= P) return undefined;
  const square = (x * x * x + 7n) % P;
  let y = squareRoot(square);
  if ((y * y) % P !== square) return undefined;
  if ((y & 1n) !== BigInt(compressed[0]! & 1)) y = P - y;
  const key = new Uint8Array(65);
  key[0] = 4;
  key.set(compressed.subarray(1), 1);
  key.set(fromHex(y.toString(16).padStart(64, '0')), 33);
  return key;
};

/** Whether an uncompressed public key of 65 bytes that starts with 4 is a point of the curve. */
export function isOnCurve(key: Uint8Array): boolean {
  const x = numberOf(key.subarray(1, 33));
  const y = numberOf(key.subarray(33));
  return x < P && y < P && (y * y - x * x * x - 7n) % P === 0n;
}

/** The number to the power of (P + 1) / 4: its square root, if it has one. */
function squareRoot(a: bigint): bigint {
  // The exponent's bits are 223 ones, a zero, 22 ones, four zeros, two ones and two zeros. xN is the
  // number to the power of N ones.
  const x2 = (square(a, 1) * a) % P;
  const x3 = (square(x2, 1) * a) % P;
  const x6 = (square(x3, 3) * x3) % P;
  const x9 = (square(x6, 3) * x3) % P;
  const x11 = (square(x9, 2) * x2) % P;
  const x22 = (square(x11, 11) * x11) % P;
  const x44 = (square(x22, 22) * x22) % P;
  const x88 = (square(x44, 44) * x44) % P;
  const x176 = (square(x88, 88) * x88) % P;
  const x220 = (square(x176, 44) * x44) % P;
  const x223 = (square(x220, 3) * x3) % P;
  const upper = (square(x223, 23) * x22) % P;
  return square((square(upper, 6) * x2) % P, 2);
}

/** Squared so many times. */
function square(value: bigint, times: number): bigint {
  let result = value;
  for (let i = 0; i < times; i++) result = (result * result) % P;
  return result;
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes)}`);
}
