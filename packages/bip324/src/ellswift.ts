import { type EllSwift, ELLSWIFT_SIZE, SECRET_KEY_SIZE } from './ell-swift.ts';
import { FIELD_ORDER, readInteger, writeInteger } from './ellswift-field.ts';
import { isOnCurve, xswiftec, xswiftecInv } from './ellswift-map.ts';
import { nobleSecp256k1 } from './noble-secp256k1.ts';
import type { RandomSource } from './random-source.ts';
import type { Secp256k1 } from './secp256k1.ts';

/** One in four attempts succeeds, so that only a broken source of randomness needs this many. */
const MAX_ATTEMPTS = 1_024;

/**
 * ElligatorSwift out of the operations on the curve that it needs.
 *
 * Only `publicX` and `multiplyX` see the secret key. All else handles what anybody on the wire
 * sees: `create` looks for u and t that stand for the public key's X coordinate, which the result gives
 * away to everybody; the attempts that fail depend on that coordinate and on randomness that is
 * used for nothing else, and tell no more about the secret key than the public key does. `xdh`
 * decodes what the peer sent in the clear.
 */
export function ellSwift(secp256k1: Secp256k1): EllSwift {
  return {
    create: (secretKey, rng) => encodeInteger(secp256k1.publicX(secretKey), rng, secp256k1),
    xdh(secretKey, theirs) {
      const shared = new Uint8Array(SECRET_KEY_SIZE);
      writeInteger(secp256k1.multiplyX(decodeInteger(theirs, secp256k1), secretKey), shared);
      return shared;
    },
  };
}

/** ElligatorSwift on top of `@noble/curves`. */
export const nobleEllSwift: EllSwift = /* @__PURE__ */ ellSwift(nobleSecp256k1);

/**
 * The X coordinate that 64 bytes stand for: any 64 bytes do.
 *
 * @param encoded u and t, 32 bytes each, big-endian, taken modulo p
 * @returns 32 bytes, big-endian
 * @throws RangeError unless there are 64 bytes
 */
export function ellswiftDecode(
  encoded: Uint8Array,
  secp256k1: Secp256k1 = nobleSecp256k1,
): Uint8Array {
  const x = new Uint8Array(SECRET_KEY_SIZE);
  writeInteger(decodeInteger(encoded, secp256k1), x);
  return x;
}

/**
 * `XElligatorSwift` of BIP 324: one of the about 2^256 encodings of an X coordinate, each as likely
 * as the other.
 *
 * @param x 32 bytes, big-endian
 * @param rng 33 bytes are drawn for each attempt, four attempts on average: u, and in the last
 *   three bits of the last byte the case. As in the BIP, u is uniform from 1 to p - 1 (0 and what
 *   is not below p are drawn again, not reduced) and the case from 0 to 7
 * @returns 64 bytes
 * @throws RangeError if `x` is not on the curve
 */
export function ellswiftEncode(
  x: Uint8Array,
  rng: RandomSource,
  secp256k1: Secp256k1 = nobleSecp256k1,
): Uint8Array {
  if (x.length !== SECRET_KEY_SIZE) throw new RangeError('an X coordinate has 32 bytes');
  const integer = readInteger(x);
  if (integer >= FIELD_ORDER || !isOnCurve(integer, secp256k1)) {
    throw new RangeError('not the X coordinate of a point');
  }
  return encodeInteger(integer, rng, secp256k1);
}

function decodeInteger(encoded: Uint8Array, secp256k1: Secp256k1): bigint {
  if (encoded.length !== ELLSWIFT_SIZE) throw new RangeError('an encoded key has 64 bytes');
  const u = readInteger(encoded) % FIELD_ORDER;
  const t = readInteger(encoded, SECRET_KEY_SIZE) % FIELD_ORDER;
  return xswiftec(u, t, secp256k1);
}

function encodeInteger(x: bigint, rng: RandomSource, secp256k1: Secp256k1): Uint8Array {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const random = rng.bytes(SECRET_KEY_SIZE + 1);
    const u = readInteger(random);
    if (u === 0n || u >= FIELD_ORDER) continue;
    const t = xswiftecInv(x, u, (random[SECRET_KEY_SIZE] as number) & 7, secp256k1);
    if (t === undefined) continue;
    const encoded = new Uint8Array(ELLSWIFT_SIZE);
    encoded.set(random.subarray(0, SECRET_KEY_SIZE));
    writeInteger(t, encoded, SECRET_KEY_SIZE);
    return encoded;
  }
  throw new Error('the source of randomness is not random');
}
