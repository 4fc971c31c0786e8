// secp256k1's group order and its half, big-endian (SEC 2, section 2.4.1).
const ORDER = /* @__PURE__ */ bytesOf(
  'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141',
);
const HALF_ORDER = /* @__PURE__ */ bytesOf(
  '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0',
);

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

/**
 * R and S of an ECDSA signature in DER, 32 bytes each, big-endian; all zeros, with which no signature
 * holds, if one of them is not below the group order; undefined if they cannot be found.
 *
 * Before BIP 66, blocks have signatures that break the rules of DER: with negative or padded numbers,
 * with bytes behind the end, with lengths in more bytes than they need. This takes what Core's
 * `ecdsa_signature_parse_der_lax` (pubkey.cpp) takes.
 */
export function parseDerLax(der: Uint8Array): Uint8Array | undefined {
  const { length } = der;
  if (length < 2 || der[0] !== 0x30) return undefined;
  let at = 2;
  // The length of the whole is read over, and never compared with anything.
  if (der[1]! >= 0x80) at += der[1]! - 0x80;
  if (at > length) return undefined;
  const signature = new Uint8Array(64);
  let fits = true;
  for (let half = 0; half < 64; half += 32) {
    if (at + 2 > length || der[at] !== 0x02) return undefined;
    let size = der[at + 1]!;
    at += 2;
    if (size >= 0x80) {
      let width = size - 0x80;
      if (width > length - at) return undefined;
      for (; width > 0 && der[at] === 0; width--) at++;
      if (width >= 4) return undefined;
      size = 0;
      for (; width > 0; width--) size = size * 256 + der[at++]!;
    }
    if (size > length - at) return undefined;
    if (!copyScalar(der, at, size, signature, half)) fits = false;
    at += size;
  }
  return fits ? signature : signature.fill(0);
}

/** Copies a number without its zeros in front; false if it is not below the group order. */
function copyScalar(
  from: Uint8Array, start: number, size: number, to: Uint8Array, offset: number,
): boolean {
  const end = start + size;
  let first = start;
  while (first < end && from[first] === 0) first++;
  const length = end - first;
  if (length > 32) return false;
  const shift = offset + 32 - length;
  for (let i = 0; i < length; i++) to[shift + i] = from[first + i]!;
  return compareScalar(to, offset, ORDER) < 0;
}

function compareScalar(bytes: Uint8Array, offset: number, limit: Uint8Array): number {
  for (let i = 0; i < 32; i++) {
    const difference = bytes[offset + i]! - limit[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether S, the second half of a signature, is at most half of the group order. */
export function isLowS(signature: Uint8Array): boolean {
  return compareScalar(signature, 32, HALF_ORDER) <= 0;
}

/**
 * Replaces S by the group order minus S if that is the lower one. Both hold or fail together, but
 * libsecp256k1 takes the lower alone (Core `CPubKey::Verify` does the same).
 */
export function normalizeS(signature: Uint8Array): void {
  if (isLowS(signature)) return;
  let borrow = 0;
  for (let i = 31; i >= 0; i--) {
    const difference = ORDER[i]! - signature[32 + i]! - borrow;
    borrow = difference < 0 ? 1 : 0;
    signature[32 + i] = difference & 0xff;
  }
}
