import { createHash } from 'node:crypto';

/** SHA-256 twice, native. */
export function hash256(bytes: Uint8Array): Uint8Array {
  const once = createHash('sha256').update(bytes).digest();
  return Uint8Array.from(createHash('sha256').update(once).digest());
}
