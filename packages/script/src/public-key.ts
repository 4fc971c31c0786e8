/**
 * Whether first byte and size of a public key agree (Core `CPubKey::IsValid`): 33 bytes from 2 or 3,
 * 65 bytes from 4, or from the hybrid 6 or 7. It may still be no point.
 */
export function hasPublicKeySize(key: Uint8Array): boolean {
  const first = key[0];
  if (key.length === 33) return first === 2 || first === 3;
  return key.length === 65 && (first === 4 || first === 6 || first === 7);
}

/**
 * A public key in one of the two common forms. A hybrid key is an uncompressed one whose first byte
 * says also whether Y is odd; undefined if it says so wrongly, as libsecp256k1 takes it for no key.
 */
export function withoutHybrid(key: Uint8Array): Uint8Array | undefined {
  const first = key[0]!;
  if (first < 6) return key;
  if ((first & 1) !== (key[64]! & 1)) return undefined;
  const uncompressed = key.slice();
  uncompressed[0] = 4;
  return uncompressed;
}

/** Compressed (33 bytes from 2 or 3), as witness v0 asks for (`WITNESS_PUBKEYTYPE`). */
export function isCompressedPublicKey(key: Uint8Array): boolean {
  return key.length === 33 && (key[0] === 2 || key[0] === 3);
}

/** Compressed or uncompressed (65 bytes from 4), as `STRICTENC` asks for. */
export function isCompressedOrUncompressedPublicKey(key: Uint8Array): boolean {
  return isCompressedPublicKey(key) || (key.length === 65 && key[0] === 4);
}
