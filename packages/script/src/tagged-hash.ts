import { sha256 } from '@noble/hashes/sha2.js';

/** What precedes a message in a tagged hash (BIP 340): SHA-256 of the tag, twice; 64 bytes. */
export type TagPrefix = () => Uint8Array;

/** The prefix of a tag in ASCII, made when it is first asked for. */
export function tagPrefix(tag: string): TagPrefix {
  let prefix: Uint8Array | undefined;
  return () => (prefix ??= prefixOf(tag));
}

function prefixOf(tag: string): Uint8Array {
  const hash = sha256(Uint8Array.from(tag, (character) => character.charCodeAt(0)));
  const prefix = new Uint8Array(64);
  prefix.set(hash, 0);
  prefix.set(hash, 32);
  return prefix;
}
