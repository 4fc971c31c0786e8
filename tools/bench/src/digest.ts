import { createHash } from 'node:crypto';

/** SHA-256 of byte strings, in hex: an answer that is short to compare and to print. */
export function digest(parts: Iterable<Uint8Array>): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
