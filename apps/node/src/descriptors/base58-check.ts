import { sha256d } from '@btcp2p/wire';
import { base58 } from '@scure/base';

/** What Core's `IsSpace` (util/strencodings.h) takes for white space. */
const SPACES = ' \\f\\n\\r\\t\\v';
const AROUND = new RegExp(`^[${SPACES}]+|[${SPACES}]+$`, 'g');

/**
 * Bytes of Base58 without a checksum; white space around it does not count. Undefined if it is no
 * Base58, or more bytes than allowed (Core `DecodeBase58`, base58.cpp).
 */
export function decodeBase58(text: string, maxBytes: number): Uint8Array | undefined {
  const trimmed = text.replace(AROUND, '');
  // Each character carries less than a byte, so more than this cannot fit; the time is quadratic.
  if (trimmed.length > 2 * maxBytes + 2) return undefined;
  try {
    const bytes = base58.decode(trimmed);
    return bytes.length <= maxBytes ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The bytes in front of the four of the checksum; undefined if that is wrong, or there are more bytes
 * than allowed (Core `DecodeBase58Check`, base58.cpp).
 */
export function decodeBase58Check(text: string, maxBytes: number): Uint8Array | undefined {
  const bytes = decodeBase58(text, maxBytes + 4);
  if (bytes === undefined || bytes.length < 4) return undefined;
  const payload = bytes.slice(0, -4);
  const checksum = sha256d(payload);
  for (let i = 0; i < 4; i++) {
    if (bytes[payload.length + i] !== checksum[i]) return undefined;
  }
  return payload;
}

/** Bytes and the first four of their SHA-256d, in Base58 (Core `EncodeBase58Check`, base58.cpp). */
export function encodeBase58Check(payload: Uint8Array): string {
  return base58.encode(Uint8Array.of(...payload, ...sha256d(payload).subarray(0, 4)));
}

/** Whether the text begins or ends with what Core's `IsSpace` takes for white space. */
export function hasSpaceAround(text: string): boolean {
  return text.replace(AROUND, '') !== text;
}
