import { createHash } from 'node:crypto';
import { nativeSha256d } from '@btcp2p/reactor';
import { nobleHashes, type ScriptHashes } from '@btcp2p/script';

/** Hashes by OpenSSL, but for those that not every OpenSSL has. */
export const nodeHashes: ScriptHashes = {
  ...nobleHashes,
  sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
  sha256d: nativeSha256d,
};

/** RIPEMD-160 of the SHA-256, 20 bytes: what addresses are made of. */
export function hash160(bytes: Uint8Array): Uint8Array {
  return nodeHashes.ripemd160(nodeHashes.sha256(bytes));
}
