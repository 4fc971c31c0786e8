import { ellswiftDecode, type EllSwift, nobleEllSwift, nobleSecp256k1 } from '@btcp2p/bip324';
import { nativeEllSwift, nativeSecp256k1, secp256k1Source } from '@btcp2p/reactor';
import { elligatorSwift as other } from '@scure/btc-signer/p2p.js';
import { brief, bytesOfInteger, concat } from '../bytes.ts';
import { Draw } from '../draw.ts';
import type { FuzzCase } from '../fuzz-case.ts';
import type { Target } from '../target.ts';

/** SEC 2 §2.4.1: the field's prime, and the order of the group. */
const P = 2n ** 256n - 2n ** 32n - 977n;
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const LAST = 2n ** 256n - 1n;
const ORDERS = [N - 2n, N - 1n];

/**
 * ElligatorSwift in three versions.
 *
 * @param without an optional package that is hidden from `nativeEllSwift`
 */
export function ellswiftTarget(name: string, without?: string): Target {
  return {
    name,
    what: `nativeEllSwift against nobleEllSwift and @scure/btc-signer${without ? `, no ${without}` : ''}`,
    ...(without === undefined ? {} : { without }),
    run: runEllSwift,
  };
}

function runEllSwift(test: FuzzCase): void {
  const { draw } = test;
  test.count(`native is ${secp256k1Source()}`);
  checkField(test);
  const encoded = encodedKey(draw);
  test.note(`the encoding ${brief(encoded)}`);
  const x = ellswiftDecode(encoded);
  test.sameBytes(ellswiftDecode(encoded, nativeSecp256k1), x, 'decoded');
  test.sameBytes(other.decode(encoded), x, 'decoded by @scure/btc-signer');
  test.count('decode');
  // These take milliseconds, where decoding takes some ten microseconds.
  if (draw.oneIn(4)) checkProducts(test, encoded);
  if (draw.oneIn(4)) checkCreation(test);
  if (draw.oneIn(20)) checkRefusals(test, encoded);
}

/** Roots and inverses of what is special, and of anything. */
function checkField(test: FuzzCase): void {
  const a = integer(test.draw) % P;
  test.note(`the field element ${a}`);
  const root = nobleSecp256k1.sqrt(a);
  test.same(nativeSecp256k1.sqrt(a), root, 'square root');
  test.check(root === undefined || (root * root) % P === a, 'no root of it');
  const inverse = nativeSecp256k1.invert(a);
  test.same(inverse, nobleSecp256k1.invert(a), 'inverse');
  test.same((inverse * a) % P, a === 0n ? 0n : 1n, 'the product with the inverse');
  test.count(root === undefined ? 'not a square' : 'square');
}

function checkProducts(test: FuzzCase, encoded: Uint8Array): void {
  const secretKey = bytesOfInteger(secret(test.draw));
  test.note(`the secret key ${brief(secretKey)}`);
  const product = nativeEllSwift.xdh(secretKey, encoded);
  test.sameBytes(product, nobleEllSwift.xdh(secretKey, encoded), 'xdh');
  test.count('xdh');
  if (!test.draw.oneIn(4)) return;
  test.sameBytes(product, other.getSharedSecret(secretKey, encoded), 'xdh of @scure/btc-signer');
  test.count('xdh of @scure/btc-signer');
}

function checkCreation(test: FuzzCase): void {
  const { draw } = test;
  const secretKey = bytesOfInteger(secret(draw));
  const seed = draw.u64();
  test.note(`the secret key ${brief(secretKey)}, created with ${seed}`);
  const created = nativeEllSwift.create(secretKey, randomOf(seed));
  test.sameBytes(created, nobleEllSwift.create(secretKey, randomOf(seed)), 'created');
  const x = bytesOfInteger(nobleSecp256k1.publicX(secretKey));
  test.sameBytes(ellswiftDecode(created, nativeSecp256k1), x, 'decoded after creation');
  test.sameBytes(other.decode(created), x, 'decoded after creation by @scure/btc-signer');
  test.count('create');
}

/** Keys that are none are refused by both. */
function checkRefusals(test: FuzzCase, encoded: Uint8Array): void {
  const { draw } = test;
  const value = draw.pick([0n, N, N + 1n, P, P + 1n, LAST, N + BigInt(draw.below(2 ** 32))]);
  const secretKey = draw.oneIn(3) ? draw.bytes(draw.pick([0, 31, 33])) : bytesOfInteger(value);
  for (const [name, swift] of [['native', nativeEllSwift], ['noble', nobleEllSwift]] as const) {
    for (const what of [() => swift.create(secretKey, draw), () => swift.xdh(secretKey, encoded)]) {
      test.check(isRefused(what), `${name} takes the secret key ${brief(secretKey)}`);
    }
    const short: Parameters<EllSwift['xdh']> = [bytesOfInteger(1n), draw.bytes(draw.pick([0, 63, 65]))];
    test.check(isRefused(() => swift.xdh(...short)), `${name} takes a key of another size`);
  }
  test.count('refused');
}

function isRefused(what: () => unknown): boolean {
  try {
    what();
    return false;
  } catch (error) {
    if (error instanceof RangeError) return true;
    throw error;
  }
}

/** Random bytes, which may include what has to be drawn again: a u of 0, and one above the prime. */
function randomOf(seed: bigint): { bytes(length: number): Uint8Array } {
  const draw = new Draw(seed);
  return {
    bytes(length) {
      if (length !== 33 || !draw.oneIn(4)) return draw.bytes(length);
      return concat([bytesOfInteger(integer(draw)), draw.bytes(1)]);
    },
  };
}

/** 64 bytes that stand for a key: any, those that are replaced, and those near them. */
function encodedKey(draw: Draw): Uint8Array {
  if (draw.oneIn(3)) return draw.bytes(64);
  const u = integer(draw);
  // u^3 + t^2 + 7 = 0 has no image, and another t takes its place.
  const root = draw.oneIn(3) ? nobleSecp256k1.sqrt((((P - u % P) * u * u) % P + P - 7n) % P) : undefined;
  if (root === undefined) return concat([bytesOfInteger(u), bytesOfInteger(integer(draw))]);
  const t = draw.oneIn(2) ? root : (P - root) % P;
  return concat([bytesOfInteger(u), bytesOfInteger(t + P <= LAST && draw.oneIn(2) ? t + P : t)]);
}

/** Any 256 bits: what is special, what is near it, powers of two and their sums, or anything. */
function integer(draw: Draw): bigint {
  const special = draw.pick([0n, 1n, P - 1n, P, P + 1n, LAST, N, P / 2n, 2n ** 255n]);
  switch (draw.below(5)) {
    case 0:
      return special;
    case 1:
      return clamp(special + BigInt(draw.between(-1_000, 1_000)));
    case 2: {
      const power = 2n ** BigInt(draw.below(256));
      return clamp(draw.pick([power - 1n, power, P - power, special - power, special + power]));
    }
    case 3:
      return runsOfBits(draw);
    default:
      return BigInt(`0x${Buffer.from(draw.bytes(32)).toString('hex')}`);
  }
}

/** Carries run far where there are many equal bits. */
function runsOfBits(draw: Draw): bigint {
  let value = 0n;
  for (let bits = 0; bits < 256; ) {
    const length = draw.between(1, 90);
    value = (value << BigInt(length)) | (draw.oneIn(2) ? 2n ** BigInt(length) - 1n : 0n);
    bits += length;
  }
  return value & LAST;
}

function secret(draw: Draw): bigint {
  if (draw.oneIn(10)) return draw.pick([1n, 2n, 3n, ...ORDERS, N / 2n, N / 2n + 1n]);
  const value = integer(draw) % N;
  return value === 0n ? 1n : value;
}

function clamp(value: bigint): bigint {
  if (value < 0n) return -value;
  return value > LAST ? LAST : value;
}
