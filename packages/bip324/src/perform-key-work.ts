import { type EllSwift, SECRET_KEY_SIZE } from './ell-swift.ts';
import type { KeyWork, KeyWorkResult } from './key-work.ts';
import type { RandomSource } from './random-source.ts';
import { isSecretKey } from './secret-key.ts';

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
