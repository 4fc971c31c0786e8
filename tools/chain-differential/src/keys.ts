import { createHash } from 'node:crypto';
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js';
import { nativeSha256d } from '@btcp2p/reactor';
import { nobleHashes, tapTweakHash, type ScriptHashes } from '@btcp2p/script';

/** Hashes by OpenSSL, but for those that not every OpenSSL has. */
export const hashes: ScriptHashes = {
  ...nobleHashes,
  sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
  sha256d: nativeSha256d,
};

/** RIPEMD-160 of the SHA-256, 20 bytes. */
export function hash160(bytes: Uint8Array): Uint8Array {
  return hashes.ripemd160(hashes.sha256(bytes));
}

/** A key that guards nothing. */
export interface Key {
  /** 32 bytes. */
  readonly secret: Uint8Array;
  /** 33 bytes. */
  readonly publicKey: Uint8Array;
  /** 65 bytes. */
  readonly uncompressed: Uint8Array;
  /** 32 bytes (BIP 340). */
  readonly xOnly: Uint8Array;
}

function makeKey(secret: Uint8Array): Key {
  const publicKey = secp256k1.getPublicKey(secret, true);
  const uncompressed = secp256k1.getPublicKey(secret, false);
  return { secret, publicKey, uncompressed, xOnly: publicKey.slice(1) };
}

/** All keys that there are. */
export const keys: readonly Key[] = Array.from({ length: 6 }, (_, i) =>
  makeKey(hashes.sha256(new TextEncoder().encode(`key ${i}`))),
);

/** The key of an output whose internal key is `key` and whose scripts have this root (BIP 341). */
export function taprootKey(key: Key, merkleRoot?: Uint8Array): Key & { readonly isOdd: boolean } {
  const { Fn, BASE } = secp256k1.Point;
  const secret = Fn.fromBytes(key.secret);
  const even = key.publicKey[0] === 2 ? secret : Fn.neg(secret);
  const tweak = Fn.fromBytes(tapTweakHash(key.xOnly, merkleRoot, hashes));
  const tweaked = Fn.add(even, tweak);
  const isOdd = BASE.multiply(tweaked).toBytes(true)[0] === 3;
  return { ...makeKey(Fn.toBytes(tweaked)), isOdd };
}

/** An ECDSA signature in DER, always the same for the same hash and key. */
export function signEcdsa(hash: Uint8Array, key: Key): Uint8Array {
  return secp256k1.sign(hash, key.secret, { prehash: false, format: 'der' });
}

/** The same signature in another form, of which only the first is DER of one with a low S. */
export function resign(der: Uint8Array, form: 'high-s' | 'long-r'): Uint8Array {
  const lengthR = der[3]!;
  const r = der.slice(4, 4 + lengthR);
  const s = der.slice(6 + lengthR);
  if (form === 'long-r') return derOf(Uint8Array.of(0, ...r), s);
  const { Fn } = secp256k1.Point;
  let value = 0n;
  for (const byte of s) value = value * 256n + BigInt(byte);
  const other = Fn.toBytes(Fn.neg(value));
  return derOf(r, other[0]! >= 0x80 ? Uint8Array.of(0, ...other) : other);
}

function derOf(r: Uint8Array, s: Uint8Array): Uint8Array {
  return Uint8Array.of(0x30, 4 + r.length + s.length, 2, r.length, ...r, 2, s.length, ...s);
}

/** A Schnorr signature of 64 bytes (BIP 340), always the same. */
export function signSchnorr(hash: Uint8Array, key: Key): Uint8Array {
  return schnorr.sign(hash, key.secret, new Uint8Array(32));
}
