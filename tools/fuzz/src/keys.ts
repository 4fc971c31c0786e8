import type { EllSwift, KeyWork, KeyWorkResult, RandomSource } from '@btcp2p/bip324';
import { nativeEllSwift } from '@btcp2p/reactor';
import { Draw } from './draw.ts';

/** A key that was made ahead. */
export interface PoolKey {
  /** 32 bytes. */
  readonly secretKey: Uint8Array;
  /** 64 bytes, ElligatorSwift. */
  readonly publicKey: Uint8Array;
}

/** Products of so few keys are soon all known: a handshake takes next to nothing. Our choice. */
const POOL_SIZE = 12;

let pool: readonly PoolKey[] | undefined;

/** The same keys in every run, so that a case is its seed and nothing else. */
export function keyPool(): readonly PoolKey[] {
  return (pool ??= Array.from({ length: POOL_SIZE }, (_, i) => {
    const draw = new Draw(BigInt(i + 1));
    const secretKey = draw.bytes(32);
    return { secretKey, publicKey: nativeEllSwift.create(secretKey, draw) };
  }));
}

const known = new Map<string, Uint8Array>();

/** ECDH that remembers products of keys of the pool. */
export function pooledXdh(secretKey: Uint8Array, theirs: Uint8Array): Uint8Array {
  const name = Buffer.from(secretKey).toString('latin1') + Buffer.from(theirs).toString('latin1');
  const product = known.get(name);
  if (product !== undefined) return product.slice();
  const made = nativeEllSwift.xdh(secretKey, theirs);
  if (keyPool().some(({ publicKey }) => Buffer.compare(publicKey, theirs) === 0)) {
    known.set(name, made.slice());
  }
  return made;
}

/**
 * ElligatorSwift as a session with a key of the pool sees it.
 *
 * @param handedOut gets every secret that a caller was given, to look at later
 */
export function pooledEllSwift(key: PoolKey, handedOut: Uint8Array[]): EllSwift {
  return {
    create: () => key.publicKey.slice(),
    xdh(secretKey, theirs) {
      const product = pooledXdh(secretKey, theirs);
      handedOut.push(product);
      return product;
    },
  };
}

/**
 * Randomness whose first 32 bytes are a key of the pool: it is the first that a session asks for.
 *
 * @param handedOut as for {@link pooledEllSwift}
 */
export function randomWithKey(draw: Draw, key: PoolKey, handedOut: Uint8Array[]): RandomSource {
  let isGiven = false;
  return {
    bytes(length) {
      if (isGiven || length !== 32) return draw.bytes(length);
      isGiven = true;
      const secretKey = key.secretKey.slice();
      handedOut.push(secretKey);
      return secretKey;
    },
  };
}

/** Takes a slow step as a worker would, with a key of the pool. */
export function pooledWork(work: KeyWork, key: PoolKey, handedOut: Uint8Array[]): KeyWorkResult {
  if (work.type === 'xdh') {
    const sharedX = pooledXdh(work.secretKey, work.theirs);
    handedOut.push(sharedX);
    return { type: 'xdh', sharedX };
  }
  const secretKey = key.secretKey.slice();
  handedOut.push(secretKey);
  return { type: 'create-key', secretKey, publicKey: key.publicKey.slice() };
}
