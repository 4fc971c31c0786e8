const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Bytes as lower-case hex, in the order they stand. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte]!;
  return text;
}

/**
 * Hex to bytes, upper or lower case.
 *
 * @throws RangeError if the text is not an even number of hex digits
 */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new RangeError('not an even number of hex digits');
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** A hash the way people write it: its 32 bytes in hex, last byte first. */
export function hashToHex(hash: Uint8Array): string {
  let text = '';
  for (let i = hash.length - 1; i >= 0; i--) text += HEX[hash[i]!]!;
  return text;
}

/**
 * A hash as people write it, back to its 32 bytes in wire order.
 *
 * @throws RangeError if the text is not 64 hex digits
 */
export function hashFromHex(text: string): Uint8Array {
  if (text.length !== 64) throw new RangeError('a hash is 64 hex digits');
  return fromHex(text).toReversed();
}

/** Whether two hashes of 32 bytes are the same. Not for secrets: it stops at the first difference. */
export function equalHashes(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < 32; i++) if (a[i] !== b[i]) return false;
  return true;
}
