import { type EllSwift, SECRET_KEY_SIZE } from './ell-swift.ts';
import type { KeyWork, KeyWorkResult } from './key-work.ts';
import type { RandomSource } from './random-source.ts';

/** The order of the secp256k1 group, big-endian (SEC 2 §2.4.1). */
const ORDER = Uint8Array.of(
  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
  0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
);

/**
 * Takes a slow step of a handshake: what a session does itself unless it defers the work, and what
 * a worker does for one that does.
 *
 * @throws RangeError if the random source gives no secret key: it is broken
 */
export function performKeyWork(work: KeyWork, ellSwift: EllSwift, rng: RandomSource): KeyWorkResult {
  if (work.type === 'xdh') {
    return { type: 'xdh', sharedX: ellSwift.xdh(work.secretKey, work.theirs) };
  }
  const secretKey = newSecretKey(rng);
  return { type: 'create-key', secretKey, publicKey: ellSwift.create(secretKey, rng) };
}

function newSecretKey(rng: RandomSource): Uint8Array {
  // A random number is out of range once in 2^128.
  for (let draws = 0; draws < 8; draws++) {
    const key = rng.bytes(SECRET_KEY_SIZE);
    if (isSecretKey(key)) return key;
  }
  throw new RangeError('the random source is broken');
}

/** From 1 to the order less 1. Only of keys that are dropped does the time tell anything. */
function isSecretKey(key: Uint8Array): boolean {
  if (!key.some((byte) => byte !== 0)) return false;
  for (let i = 0; i < SECRET_KEY_SIZE; i++) {
    if (key[i] !== ORDER[i]) return key[i]! < ORDER[i]!;
  }
  return false;
}
