import { describe, expect, test } from '@jest/globals';
import { fromHex, toHex, type Transaction } from '@btcp2p/wire';
import * as fc from 'fast-check';
import * as tiny from 'tiny-secp256k1';
import {
  checkSignatureEncoding, isLowS, isStrictDer, nobleVerifier, normalizeS, parseDerLax,
  PrecomputedTransaction, ScriptVerifyFlags, type SignatureVerifier, TransactionSignatureChecker,
  witnessV0SignatureHash,
} from '../src/index.ts';
import { concat, fastHashes, fastVerifier } from './support.ts';

// secp256k1's order, from SEC 2.
const ORDER = 0xffffffff_ffffffff_ffffffff_fffffffe_baaedce6_af48a03b_bfd25e8c_d0364141n;

const secret = fc.bigInt({ min: 1n, max: ORDER - 1n }).map((value) => bytesOf(value));
const fixed = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

function bytesOf(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, '0'));
}

/** A number of DER: as short as it can be, with a zero where it would else be negative. */
function derInteger(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const rest = bytes.subarray(start);
  const value = rest[0]! >= 0x80 ? concat(Uint8Array.of(0), rest) : rest;
  return concat(Uint8Array.of(2, value.length), value);
}

function derOf(signature: Uint8Array): Uint8Array {
  const body = concat(derInteger(signature.subarray(0, 32)), derInteger(signature.subarray(32)));
  return concat(Uint8Array.of(0x30, body.length), body);
}

/** The same signature with the other S. */
function otherS(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${toHex(signature.subarray(32))}`);
  return concat(signature.subarray(0, 32), bytesOf(ORDER - s));
}

describe('DER', () => {
  const signature = fc.tuple(secret, secret).map(([r, s]) => concat(r, s));

  test('strict signatures are recognised and parsed', () => {
    fc.assert(fc.property(signature, fc.nat(255), (compact, type) => {
      const der = derOf(compact);
      expect(isStrictDer(concat(der, Uint8Array.of(type)))).toBe(true);
      expect(parseDerLax(der)).toEqual(compact);
    }));
  });

  test('what is strict is parsed, and written again is the same', () => {
    fc.assert(fc.property(signature, fc.nat(600), (compact, bit) => {
      const der = concat(derOf(compact), Uint8Array.of(1));
      const changed = der.slice();
      changed[(bit >> 3) % der.length]! ^= 1 << (bit & 7);
      if (!isStrictDer(changed)) return;
      const parsed = parseDerLax(changed.subarray(0, -1))!;
      const fits = parsed.some((byte) => byte !== 0);
      if (fits) expect(derOf(parsed)).toEqual(changed.subarray(0, -1));
    }));
  });

  const one = concat(bytesOf(1n), bytesOf(1n));
  const zeros = new Uint8Array(64);
  test.each<[what: string, der: string, parsed: Uint8Array | undefined]>([
    ['plain', '3006020101020101', one],
    ['length of the whole is wrong', '30ff' + '00'.repeat(127) + '020101020101', one],
    ['length of the whole in one byte more', '308106020101020101', one],
    ['bytes behind the end', '3006020101020101ffffff', one],
    ['zeros in front', '300a02030000010203000001', one],
    ['length of R in three bytes', '3008028200010102810101', one],
    ['length of R in nine bytes, of which eight are zero', '3011028900000000000000000101020101', one],
    ['R below zero counts as large', '30060201ff020101', concat(bytesOf(255n), bytesOf(1n))],
    ['R is empty, and zero', '30050200020101', concat(bytesOf(0n), bytesOf(1n))],
    ['R of 33 bytes', `30260221${'01'.repeat(33)}020101`, zeros],
    ['S is the group order', `302502010102 20${toHex(bytesOf(ORDER))}`.replace(' ', ''), zeros],
    ['nothing', '', undefined],
    ['one byte', '30', undefined],
    ['no sequence', '3106020101020101', undefined],
    ['no integer', '3006030101020101', undefined],
    ['R runs past the end', '3006020901020101', undefined],
    ['S runs past the end', '3006020101020201', undefined],
    ['S is missing', '3003020101', undefined],
    ['length bytes run past the end', '30ff020101020101', undefined],
    ['length of R in four bytes that are not zero', '3009028401010101020101', undefined],
  ])('Core pubkey.cpp ecdsa_signature_parse_der_lax: %s', (_, der, parsed) => {
    expect(parseDerLax(fromHex(der))).toEqual(parsed);
  });

  test('any bytes are parsed or not, and never throw', () => {
    const start = fc.constantFrom('30', '3006', '300602', '30060201').map((hex) => fromHex(hex));
    fc.assert(fc.property(start, fc.uint8Array({ maxLength: 80 }), (front, rest) => {
      const parsed = parseDerLax(concat(front, rest));
      expect(parsed === undefined || parsed.length === 64).toBe(true);
      isStrictDer(concat(front, rest));
    }), { numRuns: 2_000 });
  });

  test('low S', () => {
    const half = ORDER / 2n;
    expect(isLowS(concat(bytesOf(1n), bytesOf(half)))).toBe(true);
    expect(isLowS(concat(bytesOf(1n), bytesOf(half + 1n)))).toBe(false);
    fc.assert(fc.property(signature, (compact) => {
      const normal = compact.slice();
      normalizeS(normal);
      expect(isLowS(normal)).toBe(true);
      expect([toHex(compact), toHex(otherS(compact))]).toContain(toHex(normal));
    }));
  });

  test('encodings by flag: Core CheckSignatureEncoding', () => {
    const { DERSIG, LOW_S, STRICTENC, NONE } = ScriptVerifyFlags;
    const low = concat(derOf(one), Uint8Array.of(1));
    const high = concat(derOf(otherS(one)), Uint8Array.of(1));
    // R of zero is strict DER, and does not hide a high S.
    const highOfZero = concat(derOf(otherS(concat(bytesOf(0n), bytesOf(1n)))), Uint8Array.of(1));
    const lax = concat(derOf(one), Uint8Array.of(0, 1));
    const strange = concat(derOf(one), Uint8Array.of(0x42));
    const empty = new Uint8Array(0);
    const all = DERSIG | LOW_S | STRICTENC;
    expect(checkSignatureEncoding(empty, all)).toBe('OK');
    expect(checkSignatureEncoding(low, all)).toBe('OK');
    expect(checkSignatureEncoding(lax, NONE)).toBe('OK');
    for (const flag of [DERSIG, LOW_S, STRICTENC]) expect(checkSignatureEncoding(lax, flag)).toBe('SIG_DER');
    expect(checkSignatureEncoding(high, DERSIG | STRICTENC)).toBe('OK');
    expect(checkSignatureEncoding(high, LOW_S)).toBe('SIG_HIGH_S');
    expect(checkSignatureEncoding(highOfZero, LOW_S)).toBe('SIG_HIGH_S');
    expect(checkSignatureEncoding(strange, DERSIG | LOW_S)).toBe('OK');
    expect(checkSignatureEncoding(strange, STRICTENC)).toBe('SIG_HASHTYPE');
  });
});

describe('verifiers', () => {
  const both = (ask: (verifier: SignatureVerifier) => boolean): boolean => {
    const answers = [ask(nobleVerifier), ask(fastVerifier)];
    expect(answers[0]).toBe(answers[1]);
    return answers[0]!;
  };

  test('noble and libsecp256k1 agree on ECDSA, and on changed bits', () => {
    fc.assert(fc.property(secret, fixed(32), fc.nat(511), fc.boolean(), (key, hash, bit, compressed) => {
      const publicKey = tiny.pointFromScalar(key, compressed)!;
      const signature = tiny.sign(hash, key);
      expect(both((verifier) => verifier.verifyEcdsa(signature, hash, publicKey))).toBe(true);
      const changed = signature.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(both((verifier) => verifier.verifyEcdsa(changed, hash, publicKey))).toBe(false);
    }), { numRuns: 20 });
  });

  test('and on Schnorr', () => {
    fc.assert(fc.property(secret, fixed(32), fc.nat(511), (key, hash, bit) => {
      const publicKey = tiny.xOnlyPointFromScalar(key);
      const signature = tiny.signSchnorr(hash, key);
      expect(both((verifier) => verifier.verifySchnorr(signature, hash, publicKey))).toBe(true);
      const changed = signature.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(both((verifier) => verifier.verifySchnorr(changed, hash, publicKey))).toBe(false);
    }), { numRuns: 20 });
  });

  test('and on tweaks', () => {
    fc.assert(fc.property(secret, secret, (key, tweak) => {
      const internal = tiny.xOnlyPointFromScalar(key);
      const { parity, xOnlyPubkey } = tiny.xOnlyPointAddTweak(internal, tweak)!;
      const check = (output: Uint8Array, odd: 0 | 1): boolean =>
        both((verifier) => verifier.checkTapTweak(internal, tweak, output, odd));
      expect(check(xOnlyPubkey, parity)).toBe(true);
      expect(check(xOnlyPubkey, parity === 0 ? 1 : 0)).toBe(false);
      expect(check(internal, parity)).toBe(false);
    }), { numRuns: 20 });
  });

  test('hostile bytes are false, and nothing throws', () => {
    const scalar = fc.oneof(
      fixed(32), fc.constantFrom(0n, 1n, ORDER - 1n, ORDER, 2n ** 256n - 1n).map(bytesOf),
    );
    const first = fc.constantFrom(0, 2, 3, 4, 5, 6, 7, 255);
    const key = fc.oneof(
      fc.tuple(first, fixed(32)).map(([byte, x]) => Uint8Array.of(byte, ...x)),
      fc.tuple(first, fixed(64)).map(([byte, xy]) => Uint8Array.of(byte, ...xy)),
      fc.uint8Array({ maxLength: 70 }),
    );
    fc.assert(fc.property(scalar, scalar, scalar, key, (r, s, hash, publicKey) => {
      const signature = concat(r, s);
      expect(both((verifier) => verifier.verifyEcdsa(signature, hash, publicKey))).toBe(false);
      expect(both((verifier) => verifier.verifySchnorr(signature, hash, r))).toBe(false);
      both((verifier) => verifier.checkTapTweak(r, s, hash, 0));
    }), { numRuns: 150 });
  });

  test('an internal key that a tweak takes to infinity, or leaves as it is', () => {
    const one = bytesOf(1n);
    const internal = tiny.xOnlyPointFromScalar(one);
    // 1 - 1 = 0: no point.
    const stays = (tweak: bigint): boolean =>
      both((verifier) => verifier.checkTapTweak(internal, bytesOf(tweak), internal, 0));
    expect(stays(ORDER - 1n)).toBe(false);
    expect(stays(0n)).toBe(true);
  });

  // BIP 340, test-vectors.csv, 0 and 5.
  test('BIP 340', () => {
    const key = fromHex('F9308A019258C31049344F85F89D5229B531C845836F99B08601F113BCE036F9'); // BIP 340
    const message = new Uint8Array(32);
    const signature = fromHex( // BIP 340
      'E907831F80848D1069A5371B402410364BDF1C5F8307B0084C55F1CE2DCA821525F66A4A85EA8B71E482A74F382D2CE5EBEEE8FDB2172F477DF4900D310536C0',
    );
    expect(both((verifier) => verifier.verifySchnorr(signature, message, key))).toBe(true);
    const offCurve = fromHex('EEFDEA4CDB677750A420FEE807EACF21EB9898AE79B9768766E4FAA04A2D4A34'); // BIP 340
    expect(both((verifier) => verifier.verifySchnorr(signature, message, offCurve))).toBe(false);
  });
});

describe('TransactionSignatureChecker', () => {
  const input = {
    prevout: { txid: new Uint8Array(32), index: 0 }, scriptSig: new Uint8Array(0), sequence: 5, witness: [],
  };
  const output = { value: 1n, scriptPubKey: new Uint8Array(0) };
  const transaction: Transaction = { version: 2, inputs: [input], outputs: [output], lockTime: 100 };
  const checkerOf = (change: Partial<Transaction> = {}): TransactionSignatureChecker =>
    new TransactionSignatureChecker(
      PrecomputedTransaction.of({ ...transaction, ...change }, [output], fastHashes), 0, fastVerifier,
    );

  test('keys: compressed, uncompressed, hybrid of the right parity; not others', () => {
    const key = bytesOf(12_345n);
    const code = Uint8Array.of(0x51);
    const precomputed = PrecomputedTransaction.of(transaction, [output], fastHashes);
    const hash = witnessV0SignatureHash(precomputed, 0, code, 1);
    const compact = tiny.sign(hash, key);
    const signature = concat(derOf(compact), Uint8Array.of(1));
    const high = concat(derOf(otherS(compact)), Uint8Array.of(1));
    const check = (publicKey: Uint8Array, own = signature): boolean =>
      checkerOf().checkEcdsaSignature(own, publicKey, code, 'WITNESS_V0');
    const uncompressed = tiny.pointFromScalar(key, false)!;
    const withFirst = (first: number): Uint8Array => Uint8Array.of(first, ...uncompressed.subarray(1));
    const odd = uncompressed[64]! & 1;
    expect(check(tiny.pointFromScalar(key, true)!)).toBe(true);
    expect(check(uncompressed)).toBe(true);
    expect(check(uncompressed, high)).toBe(true);
    expect(check(withFirst(6 + odd))).toBe(true);
    expect(check(withFirst(7 - odd))).toBe(false);
    expect(check(withFirst(5))).toBe(false);
    expect(check(uncompressed.subarray(0, 33))).toBe(false);
    expect(check(uncompressed.subarray(0, 64))).toBe(false);
    expect(check(new Uint8Array(0))).toBe(false);
    expect(check(uncompressed, new Uint8Array(0))).toBe(false);
    expect(check(uncompressed, Uint8Array.of(1))).toBe(false);
  });

  // BIP 65.
  test.each([
    [100, 100, 5, true], [101, 100, 5, false], [0, 100, 5, true], [0, 100, 0xffff_ffff, false],
    [499_999_999, 500_000_000, 5, false], [500_000_000, 499_999_999, 5, false],
    [500_000_000, 500_000_000, 5, true], [2 ** 32, 0xffff_ffff, 5, false],
    [0xffff_ffff, 0xffff_ffff, 5, true],
  ])('lock time %i of a transaction of %i, sequence %i: %s', (asked, lockTime, sequence, reached) => {
    expect(checkerOf({ lockTime, inputs: [{ ...input, sequence }] }).checkLockTime(asked)).toBe(reached);
  });

  // BIP 112.
  test.each([
    [5, 2, 5, true], [6, 2, 5, false], [5, 1, 5, false], [5, 0xffff_ffff, 5, true],
    [5, 2, 0x8000_0005, false], [0x40_0005, 2, 5, false], [5, 2, 0x40_0005, false],
    [0x40_0005, 2, 0x40_0006, true], [0x7f_0000_0005, 2, 5, true], [0x3f_0005, 2, 5, true],
  ])('sequence %i of version %i and sequence %i: %s', (asked, version, sequence, reached) => {
    expect(checkerOf({ version, inputs: [{ ...input, sequence }] }).checkSequence(asked)).toBe(reached);
  });
});
