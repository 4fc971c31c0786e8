import { describe, expect, test } from '@jest/globals';
import { chacha20, chacha20poly1305 } from '@noble/ciphers/chacha.js';
import * as fc from 'fast-check';
import { SHORT_LIMIT, wasm } from '../src/chacha20-poly1305-wasm.ts';
import { nativeAead } from '../src/native-aead.ts';
import { pattern } from './support.ts';

const TAG_SIZE = 16;
const NONE = new Uint8Array(0);

function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

function isEqual(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}

/** `length` bytes that differ with `seed`, at an odd address. */
function bytes(length: number, seed: number): Uint8Array {
  const array = new Uint8Array(length + 1).subarray(1);
  let state = Math.imul(seed, 0x9e37_79b1) | 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    array[i] = state >>> 24;
  }
  return array;
}

/** Cuts at places that differ with `seed`; some pieces are empty. */
function split(message: Uint8Array, seed: number): Uint8Array[] {
  const cuts = [...bytes(seed % 5, seed)].map((byte) => Math.floor((message.length * byte) / 255));
  const places = [0, ...cuts.toSorted((a, b) => a - b), message.length];
  return places.slice(1).map((place, i) => message.subarray(places[i], place));
}

function seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(nativeAead.seal(key, nonce, aad, parts)));
}

/** Whether both directions do as the default does; says nothing else, since it runs very often. */
function agrees(aad: Uint8Array, message: Uint8Array, seed: number): boolean {
  const [key, nonce] = [bytes(32, seed), bytes(12, seed + 1)];
  const expected = chacha20poly1305(key, nonce, aad).encrypt(message);
  return (
    isEqual(seal(key, nonce, aad, ...split(message, seed)), expected) &&
    isEqual(nativeAead.open(key, nonce, aad, expected.slice()), message)
  );
}

describe('RFC 8439', () => {
  // RFC 8439 §2.8.2.
  const sunscreen = {
    key: hex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f'),
    nonce: hex('070000004041424344454647'),
    aad: hex('50515253c0c1c2c3c4c5c6c7'),
    text:
      'Ladies and Gentlemen of the class of \'99: If I could offer you only one tip for the ' +
      'future, sunscreen would be it.',
    sealed: hex(
      'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6' +
        '3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36' +
        '92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc' +
        '3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691',
    ),
  };
  // RFC 8439 §A.5.
  const draft = {
    key: hex('1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0'),
    nonce: hex('000000000102030405060708'),
    aad: hex('f33388860000000000004e91'),
    text:
      'Internet-Drafts are draft documents valid for a maximum of six months and may be updated, ' +
      'replaced, or obsoleted by other documents at any time. It is inappropriate to use ' +
      'Internet-Drafts as reference material or to cite them other than as ' +
      '/\u201cwork in progress./\u201d',
    sealed: hex(
      '64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb2' +
        '4c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100d4f03b7f355894cf' +
        '332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855' +
        '9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4' +
        'b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523e' +
        'af4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a' +
        '0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a10' +
        '49e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29' +
        'a6ad5cb4022b02709beead9d67890cbb22392336fea1851f38',
    ),
  };

  test.each([['§2.8.2', sunscreen], ['§A.5', draft]])('%s', (_, vector) => {
    const { key, nonce, aad, text, sealed } = vector;
    const message = new Uint8Array(Buffer.from(text, 'utf8'));
    expect(seal(key, nonce, aad, message)).toEqual(sealed);
    expect(nativeAead.open(key, nonce, aad, sealed.slice())).toEqual(message);
  });
});

describe('Poly1305 in WebAssembly', () => {
  const memory = new Uint8Array(wasm.memory.buffer);
  // Anywhere but at the constants, which are the first 16 bytes.
  const [KEY, TAG, FIRST, SECOND] = [1_024, 1_080, 2_051, 4_096] as const;

  function poly1305(key: Uint8Array, message: Uint8Array, at: number): string {
    memory.set(key, KEY);
    memory.set(message.subarray(0, at), FIRST);
    memory.set(message.subarray(at), SECOND);
    wasm.poly1305(KEY, FIRST, FIRST + at, SECOND, SECOND + message.length - at, TAG);
    const tag = Buffer.from(memory.subarray(TAG, TAG + TAG_SIZE)).toString('hex');
    memory.fill(0, KEY, SECOND + message.length);
    return tag;
  }

  function number(array: Uint8Array): bigint {
    return BigInt(`0x0${Buffer.from(array.toReversed()).toString('hex')}`);
  }

  /** The lowest 128 bits. */
  function littleEndian(value: bigint): Uint8Array {
    return hex(BigInt.asUintN(128, value).toString(16).padStart(32, '0')).toReversed();
  }

  /** RFC 8439 §2.5.1, of whole blocks. */
  function reference(key: Uint8Array, message: Uint8Array): string {
    const r = number(key.subarray(0, 16)) & 0x0fff_fffc_0fff_fffc_0fff_fffc_0fff_ffffn;
    let sum = 0n;
    for (let i = 0; i < message.length; i += 16) {
      sum = ((sum + number(message.subarray(i, i + 16)) + 2n ** 128n) * r) % (2n ** 130n - 5n);
    }
    return Buffer.from(littleEndian(sum + number(key.subarray(16)))).toString('hex');
  }

  // RFC 8439 §A.3: number, r, s, message and tag of those of whole blocks.
  const vectors: [number, string, string, string, string][] = [
    [1, '00', '00', '00'.repeat(64), '00'],
    [5, '02', '00', 'ff'.repeat(16), '03'],
    [6, '02', 'ff'.repeat(16), '02'.padEnd(32, '0'), '03'],
    [7, '01', '00', `${'ff'.repeat(16)}f0${'ff'.repeat(15)}11${'00'.repeat(15)}`, '05'],
    [8, '01', '00', `${'ff'.repeat(16)}fb${'fe'.repeat(15)}${'01'.repeat(16)}`, '00'],
    [9, '02', '00', `fd${'ff'.repeat(15)}`, `fa${'ff'.repeat(15)}`],
    [
      10, '01000000000000000400000000000000', '00',
      `e33594d7505e43b9${'00'.repeat(8)}3394d7505e4379cd01${'00'.repeat(23)}01`.padEnd(128, '0'),
      '14000000000000005500000000000000',
    ],
    [
      11, '01000000000000000400000000000000', '00',
      'e33594d7505e43b900000000000000003394d7505e4379cd01'.padEnd(96, '0'),
      '13',
    ],
  ];

  test.each(vectors)('RFC 8439 §A.3 #%d', (_, r, s, message, tag) => {
    const key = hex(r.padEnd(32, '0') + s.padEnd(32, '0'));
    expect(reference(key, hex(message))).toBe(tag.padEnd(32, '0'));
    for (const at of [0, 16, message.length / 2]) {
      expect(poly1305(key, hex(message), at)).toBe(tag.padEnd(32, '0'));
    }
  });

  test('keys and blocks of many ones and zeros: as with big integers', () => {
    const byte = fc.oneof(fc.constantFrom(0x00, 0x01, 0xfa, 0xfb, 0xfc, 0xff), fc.nat(255));
    const run = (length: number): fc.Arbitrary<number[]> => fc.oneof(
      fc.array(byte, { minLength: length, maxLength: length }),
      byte.map((value) => Array.from({ length }, () => value)),
    );
    const blocks = fc.array(run(16), { maxLength: 12 });
    fc.assert(
      fc.property(run(16), run(16), blocks, fc.nat(12), (r, s, list, cut) => {
        const [key, message] = [Uint8Array.from([...r, ...s]), Uint8Array.from(list.flat())];
        const at = 16 * Math.min(cut, list.length);
        expect(poly1305(key, message, at)).toBe(reference(key, message));
      }),
      { numRuns: 3_000 },
    );
  });

  test('sums around the prime', () => {
    // With r = 1, blocks are only added up, each with 2^128 more: here to 2^130 - 5 + offset.
    for (let offset = -90n; offset <= 90n; offset++) {
      const message = [2n ** 128n - 100n, 0n, 95n + offset].map(littleEndian);
      for (const s of ['00', 'ff']) {
        const key = hex('01'.padEnd(32, '0') + s.repeat(16));
        const joined = Uint8Array.from(Buffer.concat(message));
        expect(poly1305(key, joined, 16)).toBe(reference(key, joined));
      }
    }
  });
});

describe('as @noble/ciphers does', () => {
  test.each([0, 1, 15, 16, 17, 64, 1_000, 2_500, 4_111])('all sizes to 1,200, %d of aad', (aadSize) => {
    const aad = bytes(aadSize, 7);
    const source = bytes(1_200, aadSize);
    const wrong: number[] = [];
    for (let size = 0; size <= 1_200; size++) {
      if (!agrees(aad, source.subarray(0, size), size + aadSize)) wrong.push(size);
    }
    expect(wrong).toEqual([]);
  });

  test.each([0, 12, 15, 16])('sizes around that of the change to OpenSSL, %d of aad', (aadSize) => {
    const source = bytes(SHORT_LIMIT + 300, 1);
    const wrong: number[] = [];
    for (let size = SHORT_LIMIT - 300; size <= source.length; size++) {
      if (!agrees(bytes(aadSize, size), source.subarray(0, size), size)) wrong.push(size);
    }
    expect(wrong).toEqual([]);
  });

  test('the largest additional data that is short', () => {
    for (let size = 0; size <= 32; size++) {
      expect(agrees(bytes(SHORT_LIMIT - size, 3), bytes(size, 4), size)).toBe(true);
    }
  });

  test.each([65_536, 999_999, 1_048_576, 1_048_577, 4_000_014])('%d bytes', (size) => {
    expect(agrees(NONE, bytes(size, 5), 4)).toBe(true);
  });

  test('any message in any parts', () => {
    const array = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
    const fixed = (length: number): fc.Arbitrary<Uint8Array> =>
      fc.uint8Array({ minLength: length, maxLength: length });
    const parts = fc.array(fc.oneof(array(40), array(2_000)), { maxLength: 6 });
    fc.assert(
      fc.property(fixed(32), fixed(12), array(200), parts, (key, nonce, aad, list) => {
        const inputs = [key, nonce, aad, ...list];
        const before = inputs.map((input) => input.slice());
        const expected = chacha20poly1305(key, nonce, aad).encrypt(Buffer.concat(list));
        const sealed = seal(key, nonce, aad, ...list);
        expect(isEqual(sealed, expected)).toBe(true);
        expect(isEqual(nativeAead.open(key, nonce, aad, sealed.slice()), Buffer.concat(list))).toBe(true);
        expect(inputs).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });
});

// A packet with 64 bytes, and one that OpenSSL decrypts.
const SIZES = [65, SHORT_LIMIT + 1];

describe.each(SIZES)('%d bytes', (size) => {
  const [key, nonce, aad, message] = [bytes(32, 1), bytes(12, 2), bytes(21, 3), bytes(size, 4)];
  const sealed = seal(key, nonce, aad, message);

  test('results stay as they are when there are others', () => {
    const results: Uint8Array[] = [];
    const copies: Uint8Array[] = [];
    for (let i = 0; i < 500; i++) {
      const pieces = nativeAead.seal(key, nonce, aad, [bytes(size, i)]);
      const plain = nativeAead.open(key, nonce, aad, sealed.slice())!;
      results.push(...pieces, plain);
      copies.push(...pieces.map((piece) => piece.slice()), message);
    }
    expect(results.every((result, i) => isEqual(result, copies[i]!))).toBe(true);
  });

  test('results are no Buffers, even if what is given is', () => {
    const pieces = nativeAead.seal(key, nonce, aad, [Buffer.from(message)]);
    const plain = nativeAead.open(key, nonce, aad, Buffer.from(sealed));
    expect(plain).toEqual(message);
    for (const result of [...pieces, plain]) {
      expect(Object.getPrototypeOf(result)).toBe(Uint8Array.prototype);
    }
  });

  /** Whether what is `changed` in one bit is refused, and what is as it was is not. */
  function refusesFlip(changed: Uint8Array, bit: number, open: () => Uint8Array | undefined): boolean {
    changed[bit >> 3]! ^= 1 << (bit & 7);
    const flipped = open();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    return flipped === undefined && isEqual(open(), message);
  }

  test('any flipped bit: undefined', () => {
    const inputs = [key, nonce, aad, sealed.slice()] as const;
    const [k, n, a, s] = inputs;
    for (const changed of inputs) {
      const bits = 8 * changed.length;
      // Of long messages some bits, and those of the tag.
      const step = bits > 1_000 ? 37 : 1;
      for (let bit = 0; bit < bits; bit += bit < bits - 128 ? step : 1) {
        const refused = refusesFlip(changed, bit, () => nativeAead.open(k, n, a, s.slice()));
        if (!refused) throw new Error(`bit ${bit} of ${changed.length} bytes`);
      }
    }
  });

  test('more or less of it: undefined', () => {
    const open = (a: Uint8Array, s: Uint8Array): unknown => nativeAead.open(key, nonce, a, s);
    expect(open(aad, sealed.slice(0, -1))).toBeUndefined();
    expect(open(aad, sealed.slice(1))).toBeUndefined();
    expect(open(aad, Uint8Array.of(...sealed, 0))).toBeUndefined();
    expect(open(aad.subarray(1), sealed.slice())).toBeUndefined();
    expect(open(NONE, sealed.slice())).toBeUndefined();
    // Zeros that the padding would add do not pass for data.
    expect(open(Uint8Array.of(...aad, 0), sealed.slice())).toBeUndefined();
    expect(open(aad, sealed.slice(-TAG_SIZE))).toBeUndefined();
    for (let length = 0; length < TAG_SIZE; length++) {
      expect(open(NONE, sealed.slice(0, length))).toBeUndefined();
    }
  });

  test('keys and nonces of wrong sizes: our own mistake', () => {
    for (const length of [0, 16, 31, 33]) {
      expect(() => nativeAead.seal(bytes(length, 1), nonce, aad, [message])).toThrow(RangeError);
      expect(() => nativeAead.open(bytes(length, 1), nonce, aad, sealed)).toThrow(RangeError);
    }
    for (const length of [0, 8, 11, 13, 24]) {
      expect(() => nativeAead.seal(key, bytes(length, 1), aad, [message])).toThrow(RangeError);
      expect(() => nativeAead.open(key, bytes(length, 1), aad, sealed)).toThrow(RangeError);
    }
  });
});

describe('what stays in the memory of WebAssembly', () => {
  const memory = Buffer.from(wasm.memory.buffer);
  const constants = 'expand 32-byte k';
  const [key, nonce, aad] = [bytes(32, 1), bytes(12, 2), bytes(21, 3)];

  /** Runs, and returns what is in the memory then besides the constants and what is `known` to all. */
  function left(known: readonly Uint8Array[], run: () => unknown): Buffer {
    memory.fill(0, constants.length);
    run();
    const copy = Buffer.from(memory);
    expect(copy.toString('latin1', 0, constants.length)).toBe(constants);
    for (const part of [Buffer.from(constants), ...known]) {
      const at = copy.indexOf(part);
      expect(at).toBeGreaterThanOrEqual(0);
      copy.fill(0, at, at + part.length);
    }
    return copy;
  }

  test.each([1, 16, 65, 176, 191, 192, 193, 447, 448, 449, SHORT_LIMIT - 21])('%d bytes', (size) => {
    const message = pattern(size);
    const sealed = chacha20poly1305(key, nonce, aad).encrypt(message);
    const nothing = Buffer.alloc(memory.length);
    const ciphertext = sealed.subarray(0, size);
    const forged = Uint8Array.from([...ciphertext, ...sealed.subarray(size).map((byte) => byte ^ 1)]);

    expect(left([aad, sealed], () => seal(key, nonce, aad, message)).equals(nothing)).toBe(true);
    for (const bytesOnWire of [sealed, forged]) {
      const open = (): unknown => nativeAead.open(key, nonce, aad, bytesOnWire.slice());
      expect(left([aad, ciphertext], open).equals(nothing)).toBe(true);
    }
  });

  test('a secret that stayed would be seen', () => {
    const keystream = chacha20(key, nonce, new Uint8Array(256));
    const found = left([], () => memory.set(keystream.subarray(250), 9_000));
    expect(found.some((byte) => byte > 0)).toBe(true);
  });
});
