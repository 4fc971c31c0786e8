import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  type Aead,
  FsChaCha20,
  FsChaCha20Poly1305,
  nobleAead,
  PacketCipher,
  REKEY_INTERVAL,
} from '../src/index.ts';
import { concat, hex, isZero, pattern, toHex } from './support/bytes.ts';
import { NOTHING } from './support/sessions.ts';

// RFC 8439 §2.8.2.
const RFC = {
  plain: Buffer.from(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, " +
      'sunscreen would be it.',
  ),
  aad: hex('50515253c0c1c2c3c4c5c6c7'),
  key: hex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f'),
  nonce: hex('070000004041424344454647'),
  sealed:
    'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6' +
    '3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36' +
    '92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc' +
    '3ff4def08e4b7a9de576d26586cec64b6116' +
    '1ae10b594f09e26a7e902ecbd0600691',
};

describe('nobleAead', () => {
  test('the vector of RFC 8439, the plaintext in any parts', () => {
    for (let at = 0; at <= RFC.plain.length; at++) {
      const parts = [RFC.plain.subarray(0, at), NOTHING, RFC.plain.subarray(at)];
      const sealed = concat(nobleAead.seal(RFC.key, RFC.nonce, RFC.aad, parts));
      expect(toHex(sealed)).toBe(RFC.sealed);
    }
  });

  test.each([0, 1, 2, 3, 4])('opens it at an offset of %i in memory', (offset) => {
    const memory = concat([new Uint8Array(offset), hex(RFC.sealed)]);
    const plain = nobleAead.open(RFC.key, RFC.nonce, RFC.aad, memory.subarray(offset));
    expect(Buffer.from(plain ?? NOTHING).toString()).toBe(RFC.plain.toString());
  });

  test('refuses it if any bit of it, of the additional data, of nonce or key is another', () => {
    const inputs = [hex(RFC.sealed), RFC.aad.slice(), RFC.nonce.slice(), RFC.key.slice()];
    for (const input of inputs) {
      for (let bit = 0; bit < 8 * input.length; bit += 3) {
        input[bit >> 3]! ^= 1 << (bit & 7);
        const [sealed, aad, nonce, key] = inputs as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
        expect(nobleAead.open(key, nonce, aad, sealed.slice())).toBeUndefined();
        input[bit >> 3]! ^= 1 << (bit & 7);
      }
    }
  });

  test('leaves the parts as they are', () => {
    const part = pattern(100);
    nobleAead.seal(RFC.key, RFC.nonce, NOTHING, [part]);
    expect(part).toEqual(pattern(100));
  });
});

describe('FsChaCha20', () => {
  // Core crypto_tests.cpp, TestFSChaCha20: plaintext, key, interval, and what the plaintext is after
  // the first change of the key.
  test.each([
    [
      '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      '0000000000000000000000000000000000000000000000000000000000000000',
      256,
      'a93df4ef03011f3db95f60d996e1785df5de38fc39bfcb663a47bb5561928349',
    ],
    ['01', '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 5, 'ea'],
    [
      'e93fdb5c762804b9a706816aca31e35b11d2aa3080108ef46a5b1f1508819c0a',
      '8ec4c3ccdaea336bdeb245636970be01266509b33f3d2642504eaf412206207a',
      4_096,
      '8bfaa4eacff308fdb4a94a5ff25bd9d0c1f84b77f81239f67ff39d6e1ac280c9',
    ],
  ])('%#', (plain, key, interval, after) => {
    const cipher = new FsChaCha20(hex(key), plain.length / 2, interval);
    for (let i = 0; i < interval; i++) cipher.crypt(hex(plain));
    const bytes = hex(plain);
    cipher.crypt(bytes);
    expect(toHex(bytes)).toBe(after);
  });

  test('takes the bytes at an offset, and leaves those around them', () => {
    const bytes = new Uint8Array(9);
    new FsChaCha20(pattern(32)).crypt(bytes, 3);
    const alone = new Uint8Array(3);
    new FsChaCha20(pattern(32)).crypt(alone);
    expect(bytes).toEqual(concat([new Uint8Array(3), alone, new Uint8Array(3)]));
    expect(isZero(alone)).toBe(false);
  });

  test('keeps no reference to the key, and is of no use once it is wiped', () => {
    const key = pattern(32);
    const cipher = new FsChaCha20(key);
    expect(key).toEqual(pattern(32));
    cipher.wipe();
    expect(() => cipher.crypt(new Uint8Array(3))).toThrow('wiped');
  });
});

describe('FsChaCha20Poly1305', () => {
  // Core crypto_tests.cpp, TestFSChaCha20Poly1305: plaintext, additional data, key, how many packets
  // come before, ciphertext.
  test.each([
    [
      'd6a4cb04ef0f7c09c1866ed29dc24d820e75b0491032a51b4c3366f9ca35c19e' +
        'a3047ec6be9d45f9637b63e1cf9eb4c2523a5aab7b851ebeba87199db0e839cf' +
        '0d5c25e50168306377aedbe9089fd2463ded88b83211cf51b73b150608cc7a60' +
        '0d0f11b9a742948482e1b109d8faf15b450aa7322e892fa2208c6691e3fecf4c' +
        '711191b14d75a72147',
      '786cb9b6ebf44288974cf0',
      '5c9e1c3951a74fba66708bf9d2c217571684556b6a6a3573bff2847d38612654',
      500,
      '9dcebbd3281ea3dd8e9a1ef7d55a97abd6743e56ebc0c190cb2c4e14160b385e' +
        '0bf508dddf754bd02c7c208447c131ce23e47a4a14dfaf5dd8bc601323950f75' +
        '4e05d46e9232f83fc5120fbbef6f5347a826ec79a93820718d4ec7a2b7cfaaa4' +
        '4b21e16d726448b62f803811aff4f6d827ed78e738ce8a507b81a8ae13131192' +
        '8039213de18a5120dc9b7370baca878f50ff254418de3da50c',
    ],
    [
      '8349b7a2690b63d01204800c288ff1138a1d473c832c90ea8b3fc102d0bb3adc' +
        '44261b247c7c3d6760bfbe979d061c305f46d94c0582ac3099f0bf249f8cb234',
      '',
      '3bd2093fcbcb0d034d8c569583c5425c1a53171ea299f8cc3bbf9ae3530adfce',
      60_000,
      '30a6757ff8439b975363f166a0fa0e36722ab35936abd704297948f45083f4d4' +
        '99433137ce931f7fca28a0acd3bc30f57b550acbc21cbd45bbef0739d9caf30c' +
        '14b94829deb27f0b1923a2af704ae5d6',
    ],
  ])('%#', (plain, aad, key, before, sealed) => {
    // What comes before only counts, so that it need not be encrypted.
    let isFree = true;
    const aead: Aead = {
      seal: (...args) => (isFree ? [] : nobleAead.seal(...args)),
      open: (...args) => (isFree ? undefined : nobleAead.open(...args)),
    };
    const sender = new FsChaCha20Poly1305(hex(key), aead);
    const receiver = new FsChaCha20Poly1305(hex(key), aead);
    for (let i = 0; i < before; i++) {
      sender.seal(NOTHING, []);
      receiver.open(NOTHING, NOTHING);
    }
    isFree = false;
    expect(toHex(concat(sender.seal(hex(aad), [hex(plain)])))).toBe(sealed);
    expect(toHex(receiver.open(hex(aad), hex(sealed)) ?? NOTHING)).toBe(plain);
  });

  test('no key and nonce are used twice, over four epochs', () => {
    const used = new Set<string>();
    const aead: Aead = {
      ...nobleAead,
      seal: (key, nonce) => {
        used.add(`${toHex(key)} ${toHex(nonce)}`);
        return [];
      },
    };
    const cipher = new FsChaCha20Poly1305(pattern(32), aead);
    for (let i = 0; i < 4 * REKEY_INTERVAL; i++) cipher.seal(NOTHING, []);
    expect(used.size).toBe(4 * REKEY_INTERVAL);
    expect(new Set([...used].map((entry) => entry.slice(0, 64))).size).toBe(4);
  });

  test('overwrites the key that it replaces, and the last one when it is wiped', () => {
    const keys = new Set<Uint8Array>();
    const aead: Aead = { ...nobleAead, seal: (key) => (keys.add(key), []) };
    const original = pattern(32);
    const cipher = new FsChaCha20Poly1305(original, aead);
    for (let i = 0; i < REKEY_INTERVAL; i++) cipher.seal(NOTHING, []);
    for (const key of keys) expect(key).not.toEqual(original);
    cipher.seal(NOTHING, []);
    cipher.wipe();
    for (const key of keys) expect(isZero(key)).toBe(true);
    expect(() => cipher.seal(NOTHING, [])).toThrow('wiped');
    expect(() => cipher.open(NOTHING, NOTHING)).toThrow('wiped');
  });
});

describe('PacketCipher', () => {
  const cipher = (aead = nobleAead): PacketCipher => new PacketCipher(pattern(32, 1), pattern(32, 2), aead);

  test('what is encrypted can be decrypted: any contents in any parts, over changes of keys', () => {
    const packet = fc.record({
      parts: fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }),
      aad: fc.uint8Array({ maxLength: 40 }),
      ignore: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.nat(500), fc.array(packet, { minLength: 1, maxLength: 20 }), (skip, packets) => {
        let isFree = true;
        const aead: Aead = {
          seal: (...args) => (isFree ? [] : nobleAead.seal(...args)),
          open: (...args) => (isFree ? undefined : nobleAead.open(...args)),
        };
        const [sender, receiver] = [cipher(aead), cipher(aead)];
        for (let i = 0; i < skip; i++) {
          sender.encrypt([], NOTHING, false);
          receiver.decryptLength(new Uint8Array(3), 0);
          receiver.decrypt(NOTHING, NOTHING);
        }
        isFree = false;
        for (const { parts, aad, ignore } of packets) {
          const contents = concat(parts);
          const bytes = concat(sender.encrypt(parts, aad, ignore));
          expect(bytes.length).toBe(contents.length + 20);
          expect(receiver.decryptLength(bytes, 0)).toBe(contents.length);
          expect(receiver.decrypt(bytes.subarray(3), aad)).toEqual({ ignore, contents });
        }
      }),
      { numRuns: 30 },
    );
  });

  test('a small packet is one piece; the pieces of a large one are those that the AEAD makes', () => {
    const made: Uint8Array[] = [];
    const aead: Aead = {
      ...nobleAead,
      seal: (...args) => {
        const sealed = concat(nobleAead.seal(...args));
        const pieces = [sealed.subarray(0, 1), sealed.subarray(1)];
        made.push(...pieces);
        return pieces;
      },
    };
    expect(cipher(aead).encrypt([pattern(4_000)], NOTHING, false)).toHaveLength(1);
    made.length = 0;
    const pieces = cipher(aead).encrypt([pattern(5_000)], NOTHING, false);
    expect(pieces.slice(1)).toEqual(made);
    expect(pieces[2]).toBe(made[1]);
    expect(pieces[0]).toHaveLength(3);
  });

  test('packets that are next to each other in memory do not touch', () => {
    const sender = cipher();
    const packets = Array.from({ length: 300 }, (_, i) => sender.encrypt([pattern(i)], NOTHING, false)[0]!);
    const receiver = cipher();
    packets.forEach((packet, i) => {
      expect(receiver.decryptLength(packet, 0)).toBe(i);
      expect(receiver.decrypt(packet.subarray(3), NOTHING)?.contents).toEqual(pattern(i));
    });
  });

  test('takes the longest contents that a length can tell, and no longer', () => {
    const free: Aead = { seal: () => [], open: () => undefined };
    const part = new Uint8Array(4_095);
    const parts = Array.from({ length: 4_097 }, () => part);
    const [length] = cipher(free).encrypt(parts, NOTHING, false);
    expect(cipher(free).decryptLength(length!, 0)).toBe(0xffffff);
    expect(() => cipher(free).encrypt([...parts, Uint8Array.of(1)], NOTHING, false)).toThrow(RangeError);
  });
});
