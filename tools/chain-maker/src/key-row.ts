import { normalizeZ } from '@noble/curves/abstract/curve.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { ORDER, toInteger } from './scalar.ts';

const { Point } = secp256k1;

/** A scalar and its product with the generator. */
export interface Key {
  readonly secret: bigint;
  /** The secret, or its negative: the one whose point has an even Y, as BIP 340 wants it. */
  readonly evenSecret: bigint;
  /** 33 bytes. */
  readonly publicKey: Uint8Array;
}

/**
 * Keys whose secrets follow one another: each costs one addition of points, some 20 times less than
 * a multiplication.
 *
 * @param start 32 bytes, from which the first secret is made
 */
export function keyRow(start: Uint8Array, count: number): Key[] {
  const first = (toInteger(start) % (ORDER - BigInt(count) - 1n)) + 1n;
  const points = [Point.BASE.multiply(first)];
  while (points.length < count) points.push(points.at(-1)!.add(Point.BASE));
  return normalizeZ(Point, points).map((point, i) => {
    const secret = first + BigInt(i);
    const publicKey = point.toBytes(true);
    return { secret, evenSecret: publicKey[0] === 2 ? secret : ORDER - secret, publicKey };
  });
}
