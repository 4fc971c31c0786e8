import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { nobleHashes, nobleVerifier, type SignatureVerifier } from '@btcp2p/script';
import { dataText, describeWithData } from '@btcp2p/testdata';
import { fromHex } from '@btcp2p/wire';
import * as tiny from 'tiny-secp256k1';
import { addonVerifier } from '../src/addon-verifier.ts';
import { AddonGate, nativeScriptHashes, nativeVerifier } from '../src/index.ts';
import { wasmVerifier } from '../src/wasm-verifier.ts';

const verifiers: [string, SignatureVerifier][] = [
  ['secp256k1', addonVerifier()!],
  ['tiny-secp256k1', wasmVerifier()!],
  ['noble', nobleVerifier],
];

/** The group order, and the order of the field (SEC 2, section 2.4.1). */
const ORDER = fromHex('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141');
const FIELD = fromHex('fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f');
const ZERO = new Uint8Array(32);

/** 32 bytes that look random, the same in each run. */
function bytesOf(text: string): Uint8Array {
  return nobleHashes.sha256(new TextEncoder().encode(text));
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

/** One of each kind, by one key. */
function samples(name: string) {
  const secret = bytesOf(`secret ${name}`);
  const message = bytesOf(`message ${name}`);
  const tweak = bytesOf(`tweak ${name}`);
  const x = tiny.xOnlyPointFromScalar(secret);
  const tweaked = tiny.xOnlyPointAddTweak(x, tweak)!;
  return {
    secret,
    message,
    ecdsa: tiny.sign(message, secret),
    keys: [tiny.pointFromScalar(secret, true)!, tiny.pointFromScalar(secret, false)!],
    schnorr: tiny.signSchnorr(message, secret),
    x,
    tweak,
    outputKey: tweaked.xOnlyPubkey,
    parity: tweaked.parity,
  };
}

describe.each(verifiers)('%s', (_, verifier) => {
  test('takes what holds, and nothing with one bit changed', () => {
    for (let i = 0; i < 4; i++) {
      const { message, ecdsa, keys, schnorr, x, tweak, outputKey, parity } = samples(`${i}`);
      const bit = 37 * i + 5;
      for (const key of keys) {
        expect(verifier.verifyEcdsa(ecdsa, message, key)).toBe(true);
        expect(verifier.verifyEcdsa(flipped(ecdsa, bit), message, key)).toBe(false);
        expect(verifier.verifyEcdsa(ecdsa, flipped(message, bit), key)).toBe(false);
        expect(verifier.verifyEcdsa(ecdsa, message, flipped(key, bit + 8))).toBe(false);
      }
      expect(verifier.verifySchnorr(schnorr, message, x)).toBe(true);
      expect(verifier.verifySchnorr(flipped(schnorr, bit), message, x)).toBe(false);
      expect(verifier.verifySchnorr(flipped(schnorr, 256 + bit), message, x)).toBe(false);
      expect(verifier.verifySchnorr(schnorr, flipped(message, bit), x)).toBe(false);
      expect(verifier.verifySchnorr(schnorr, message, flipped(x, bit))).toBe(false);
      expect(verifier.checkTapTweak(x, tweak, outputKey, parity)).toBe(true);
      expect(verifier.checkTapTweak(x, tweak, outputKey, parity === 1 ? 0 : 1)).toBe(false);
      expect(verifier.checkTapTweak(flipped(x, bit), tweak, outputKey, parity)).toBe(false);
      expect(verifier.checkTapTweak(x, flipped(tweak, bit), outputKey, parity)).toBe(false);
      expect(verifier.checkTapTweak(x, tweak, flipped(outputKey, bit), parity)).toBe(false);
    }
  });

  test('refuses what is no number and no point', () => {
    const { secret, message, ecdsa, keys, schnorr, x, tweak, outputKey } = samples('edges');
    const [r, s] = [ecdsa.subarray(0, 32), ecdsa.subarray(32)];
    for (const signature of [concat(ZERO, s), concat(r, ZERO), new Uint8Array(64)]) {
      expect(verifier.verifyEcdsa(signature, message, keys[0]!)).toBe(false);
    }
    // 5 is the X of no point, and 5 is not its Y; 6 and 7 tell hybrid keys.
    const five = concat(new Uint8Array(31), Uint8Array.of(5));
    for (const key of [concat(Uint8Array.of(2), five), concat(Uint8Array.of(4), x, five)]) {
      expect(verifier.verifyEcdsa(ecdsa, message, key)).toBe(false);
    }
    for (const key of [five, ZERO, FIELD, ORDER, new Uint8Array(32).fill(255)]) {
      expect(verifier.verifySchnorr(schnorr, message, key)).toBe(false);
      expect(verifier.checkTapTweak(key, tweak, outputKey, 0)).toBe(false);
    }
    const [nonce, scalar] = [schnorr.subarray(0, 32), schnorr.subarray(32)];
    for (const bad of [
      concat(nonce, ORDER), concat(nonce, ZERO), concat(ZERO, scalar), concat(FIELD, scalar),
      concat(nonce, new Uint8Array(32).fill(255)), new Uint8Array(64), new Uint8Array(64).fill(255),
    ]) expect(verifier.verifySchnorr(bad, message, x)).toBe(false);
    expect(verifier.checkTapTweak(x, ORDER, outputKey, 0)).toBe(false);
    expect(verifier.checkTapTweak(x, ORDER, x, 0)).toBe(false);
    // The key minus itself: the point at infinity.
    const isOdd = tiny.pointFromScalar(secret, true)![0] === 3;
    const opposite = isOdd ? secret : tiny.privateNegate(secret);
    for (const parity of [0, 1] as const) {
      expect(verifier.checkTapTweak(x, opposite, x, parity)).toBe(false);
      expect(verifier.checkTapTweak(x, opposite, ZERO, parity)).toBe(false);
    }
    // Nothing added is the key itself.
    expect(verifier.checkTapTweak(x, ZERO, x, 0)).toBe(true);
    expect(verifier.checkTapTweak(x, ZERO, x, 1)).toBe(false);
  });
});

test('a nonce with an odd Y, or at infinity, is refused by all', () => {
  const { secret, message, x } = samples('nonce');
  const isOdd = tiny.pointFromScalar(secret, true)![0] === 3;
  const d = isOdd ? tiny.privateNegate(secret) : secret;
  const tag = bytesOf('BIP0340/challenge');
  const challenge = (r: Uint8Array): Uint8Array => nobleHashes.sha256(concat(tag, tag, r, x, message));
  const signWith = (k: Uint8Array, r: Uint8Array): Uint8Array =>
    concat(r, tiny.privateAdd(product(challenge(r), d), k)!);
  const k = bytesOf('nonce');
  const point = tiny.pointFromScalar(k, true)!;
  const even = point[0] === 2 ? k : tiny.privateNegate(k);
  const r = point.subarray(1);
  const atInfinity = concat(r, product(challenge(r), d));
  for (const [name, verifier] of verifiers) {
    expect([name, verifier.verifySchnorr(signWith(even, r), message, x)]).toEqual([name, true]);
    expect([name, verifier.verifySchnorr(signWith(tiny.privateNegate(even), r), message, x)])
      .toEqual([name, false]);
    expect([name, verifier.verifySchnorr(atInfinity, message, x)]).toEqual([name, false]);
  }
});

/** The product of two numbers modulo the group order. */
function product(a: Uint8Array, b: Uint8Array): Uint8Array {
  const value = (integer(a) * integer(b)) % integer(ORDER);
  return fromHex(value.toString(16).padStart(64, '0'));
}

function integer(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

describeWithData('vectors', () => {
  const rows = dataText('vectors/bips/bip-0340/test-vectors.csv').trim().split('\n').slice(1);
  const vectors = rows.map((row) => row.split(','))
    .filter((row) => row[4]!.length === 64)
    .map(([index, , key, , message, signature, result]) =>
      ({ index, key: key!, message: message!, signature: signature!, result: result === 'TRUE' }));

  test.each(verifiers)('BIP 340, %s', (_, verifier) => {
    expect(vectors.length).toBeGreaterThanOrEqual(15);
    for (const { index, key, message, signature, result } of vectors) {
      const verdict = verifier.verifySchnorr(fromHex(signature), fromHex(message), fromHex(key));
      expect([index, verdict]).toEqual([index, result]);
    }
  });
});

describe('a gate', () => {
  test('lets nobody in once it is closed, and closing it waits for nobody who is out', () => {
    const gate = new AddonGate();
    const other = new AddonGate(gate.memory);
    expect(gate.enter()).toBe(true);
    gate.leave();
    other.close();
    expect(gate.isClosed).toBe(true);
    expect(gate.enter()).toBe(false);
  });

  test('a verifier behind a closed gate goes on with another one', () => {
    const gate = new AddonGate();
    const { source, verifier } = nativeVerifier(gate);
    expect(source).toBe('secp256k1');
    const { message, ecdsa, keys, schnorr, x, tweak, outputKey, parity } = samples('gate');
    const checks = () => [
      verifier.verifyEcdsa(ecdsa, message, keys[0]!),
      verifier.verifySchnorr(schnorr, message, x),
      verifier.checkTapTweak(x, tweak, outputKey, parity),
      verifier.verifyEcdsa(ecdsa, message, keys[0]!.with(0, 5)),
    ];
    expect(checks()).toEqual([true, true, true, false]);
    gate.close();
    expect(checks()).toEqual([true, true, true, false]);
  });

  // Without a gate most of these hang or abort.
  test.each(['exit', 'terminate', 'throw'])('threads inside of the addon can be ended: %s', (mode) => {
    const file = new URL('ended-threads.mjs', import.meta.url).pathname;
    const { status, signal, stdout } = spawnSync(process.execPath, [file, mode], {
      encoding: 'utf8', timeout: 15_000, killSignal: 'SIGKILL',
    });
    const expected = { status: mode === 'throw' ? 1 : 0, signal: null, stdout: 'secp256k1\n' };
    expect({ status, signal, stdout }).toEqual(expected);
  }, 20_000);
});

test('the hashes are those of noble', () => {
  for (const size of [0, 1, 32, 33, 64, 520, 10_000]) {
    const bytes = new Uint8Array(size).map((_, i) => i * 7);
    for (const name of ['sha256', 'sha256d', 'ripemd160', 'sha1'] as const) {
      expect(nativeScriptHashes[name](bytes)).toEqual(nobleHashes[name](bytes));
    }
  }
});
