import { spawnSync } from 'node:child_process';
import { createECDH } from 'node:crypto';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from '@jest/globals';
import { ellSwift, nobleEllSwift, nobleSecp256k1, type Secp256k1 } from '@btcp2p/bip324';
import { describeWithData, fromHex, jsonFile } from '@btcp2p/testdata';
import * as fc from 'fast-check';
import { nativeEllSwift, nativeSecp256k1, secp256k1Source } from '../src/native-secp256k1.ts';
import { bindingSecp256k1 } from '../src/secp256k1-binding.ts';
import { SECRETS_SIZE, SLOT } from '../src/secp256k1-code.ts';
import { Secp256k1Memory } from '../src/secp256k1-memory.ts';
import { wasmSecp256k1 } from '../src/secp256k1-wasm.ts';

const P = 2n ** 256n - 2n ** 32n - 977n;
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const GENERATOR_X = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n;

const wasm = wasmSecp256k1();
const binding = bindingSecp256k1();

function bytesOf(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, '0'));
}

/** 256 bits of long runs of zeros and ones, which carries go through, and of random bits. */
const bits256 = fc
  .array(fc.oneof(fc.constantFrom('0', '1'), fc.bigInt(0n, 2n ** 29n - 1n)), {
    minLength: 9,
    maxLength: 9,
  })
  .map((limbs) => {
    const texts = limbs.map((limb) =>
      typeof limb === 'string' ? limb.repeat(29) : limb.toString(2).padStart(29, '0'),
    );
    return BigInt(`0b${texts.join('').slice(-256)}`);
  });
const element = fc.oneof(
  bits256.map((bits) => bits % P),
  fc.bigInt(0n, P - 1n),
  fc.bigInt(0n, 1_000n).map((n) => P - 1n - n),
);
const scalar = fc.oneof(bits256, fc.bigInt(1n, N - 1n)).map((bits) => (bits % (N - 1n)) + 1n);
const key = scalar.map(bytesOf);

/** By OpenSSL: another implementation than all of those that are tested. */
function publicXByOpenSsl(secretKey: Uint8Array): bigint {
  const ecdh = createECDH('secp256k1');
  ecdh.setPrivateKey(secretKey);
  return BigInt(`0x${ecdh.getPublicKey('hex', 'compressed').slice(2)}`);
}

test('the chosen one', () => {
  expect(secp256k1Source()).toBe(binding === undefined ? 'wasm' : 'secp256k1');
  expect(nativeSecp256k1.publicX(bytesOf(1n))).toBe(GENERATOR_X);
  expect(nativeSecp256k1.multiplyX(GENERATOR_X, bytesOf(N - 1n))).toBe(GENERATOR_X);
  expect(nativeSecp256k1.sqrt(4n)).toBe(2n);
  expect(nativeSecp256k1.invert(2n)).toBe((P + 1n) / 2n);
});

describe('roots and inverses in WebAssembly', () => {
  test('of edge values', () => {
    expect(wasm.sqrt(0n)).toBe(0n);
    expect(wasm.sqrt(1n)).toBe(1n);
    // -1 and 7 have none: p = 3 modulo 4, and no point has the X coordinate 0.
    expect(wasm.sqrt(P - 1n)).toBeUndefined();
    expect(wasm.sqrt(7n)).toBeUndefined();
    expect(wasm.sqrt(P - 7n)).toBe(nobleSecp256k1.sqrt(P - 7n));
    expect(wasm.invert(0n)).toBe(0n);
    expect(wasm.invert(1n)).toBe(1n);
    expect(wasm.invert(P - 1n)).toBe(P - 1n);
  });

  test('of any: as noble', () => {
    fc.assert(
      fc.property(element, (a) => {
        expect(wasm.sqrt(a)).toBe(nobleSecp256k1.sqrt(a));
        expect(wasm.invert(a)).toBe(nobleSecp256k1.invert(a));
      }),
      { numRuns: 2_000 },
    );
  });

  test('of squares, which have one', () => {
    fc.assert(
      fc.property(element, (a) => {
        const root = wasm.sqrt((a * a) % P);
        expect(root === a || root === (P - a) % P).toBe(true);
        expect((wasm.invert(a) * a) % P).toBe(a === 0n ? 0n : 1n);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('limbs as far as secp256k1-field.ts allows', () => {
  const memory = new Secp256k1Memory();
  const limbs = new BigInt64Array(memory.wasm.memory.buffer);
  const most = 2n ** 29n + 2n ** 24n;

  /** Sets all limbs to the most that there may be, times up to `factor`, of whichever sign. */
  function write(address: number, signs: readonly number[], factor: bigint): bigint {
    signs.forEach((sign, i) => (limbs[address / 8 + i] = BigInt(sign) * most * factor));
    return signs.reduce((sum, sign, i) => sum + ((BigInt(sign) * most * factor) << BigInt(29 * i)), 0n);
  }

  const modulo = (a: bigint): bigint => ((a % P) + P) % P;
  const signs = fc.oneof(
    fc.constantFrom(1, -1).map((sign) => Array.from({ length: 9 }, () => sign)),
    fc.array(fc.constantFrom(-1, 0, 1), { minLength: 9, maxLength: 9 }),
  );

  test('a product', () => {
    fc.assert(
      fc.property(signs, signs, fc.constantFrom([1n, 1n], [1n, 3n], [2n, 1n]), (a, b, [f, g]) => {
        const product = write(SLOT.a, a, f!) * write(SLOT.b, b, g!);
        memory.wasm.multiply(SLOT.c, SLOT.a, SLOT.b);
        expect(memory.read(SLOT.c)).toBe(modulo(product));
        for (let i = 0; i < 9; i++) {
          expect(limbs[SLOT.c / 8 + i]!).toBeLessThan(most);
          expect(limbs[SLOT.c / 8 + i]!).toBeGreaterThan(-(2n ** 24n));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('two products, squares, and multiples added', () => {
    fc.assert(
      fc.property(signs, signs, fc.integer({ min: -63, max: 63 }), (s, t, factor) => {
        const [a, b] = [write(SLOT.a, s, 1n), write(SLOT.b, t, 1n)];
        memory.wasm.multiplyTwo(SLOT.c, SLOT.a, SLOT.a, SLOT.a, SLOT.b);
        expect(memory.read(SLOT.c)).toBe(modulo(a * a + a * b));
        memory.wasm.multiplyAdd(SLOT.c, SLOT.a, SLOT.b, SLOT.a, factor);
        expect(memory.read(SLOT.c)).toBe(modulo(a * b + BigInt(factor) * a));
        memory.wasm.squareAdd(SLOT.c, SLOT.a, SLOT.b, factor);
        expect(memory.read(SLOT.c)).toBe(modulo(a * a + BigInt(factor) * b));
        memory.wasm.addMultiple(SLOT.c, SLOT.a, SLOT.b, factor);
        expect(memory.read(SLOT.c)).toBe(modulo(a + BigInt(factor) * b));
        memory.wasm.squares(SLOT.c, SLOT.a, 3);
        expect(memory.read(SLOT.c)).toBe(modulo(a ** 8n));
      }),
      { numRuns: 1_000 },
    );
  });

  test('sums of any size come out from 0 to p - 1', () => {
    const ends = [0n, 1n, 976n, 977n, 2n ** 29n - 977n, 2n ** 29n - 1n, 2n ** 32n, P - 1n, P, P + 1n];
    for (let high = -32n; high < 32n; high++) {
      for (const end of ends) {
        for (const low of [end, end - high * (2n ** 32n + 977n)]) {
          const sum = (high << 256n) + BigInt.asUintN(256, low);
          for (let i = 0; i < 8; i++) limbs[SLOT.a / 8 + i] = BigInt.asUintN(29, sum >> BigInt(29 * i));
          limbs[SLOT.a / 8 + 8] = sum >> 232n;
          expect(memory.read(SLOT.a)).toBe(modulo(sum));
        }
      }
    }
    memory.write(SLOT.a, 2n ** 256n - 1n);
    expect(memory.read(SLOT.a)).toBe(2n ** 256n - 1n - P);
  });
});

const EDGE_KEYS = [1n, 2n, 3n, 15n, 16n, 17n, 2n ** 255n, (N - 1n) / 2n, (N + 1n) / 2n, N - 2n, N - 1n];

/** What has to be true of any of them. */
function products(secp256k1: Pick<Secp256k1, 'publicX' | 'multiplyX'>): void {
  test('edge keys', () => {
    for (const scalar of EDGE_KEYS) {
      const secretKey = bytesOf(scalar);
      const x = publicXByOpenSsl(secretKey);
      expect(secp256k1.publicX(secretKey)).toBe(x);
      expect(secp256k1.multiplyX(GENERATOR_X, secretKey)).toBe(x);
      expect(secp256k1.multiplyX(x, secretKey)).toBe(nobleSecp256k1.multiplyX(x, secretKey));
    }
  });

  test('any keys: as OpenSSL and noble', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        const x = secp256k1.publicX(a);
        expect(x).toBe(publicXByOpenSsl(a));
        expect(secp256k1.multiplyX(x, b)).toBe(nobleSecp256k1.multiplyX(x, b));
      }),
      { numRuns: 100 },
    );
  });

  test('any points: the order of the factors makes no difference', () => {
    fc.assert(
      fc.property(element, scalar, scalar, (x, a, b) => {
        fc.pre(nobleSecp256k1.sqrt((x ** 3n + 7n) % P) !== undefined);
        const ab = secp256k1.multiplyX(secp256k1.multiplyX(x, bytesOf(a)), bytesOf(b));
        expect(ab).toBe(secp256k1.multiplyX(secp256k1.multiplyX(x, bytesOf(b)), bytesOf(a)));
        expect(ab).toBe(secp256k1.multiplyX(x, bytesOf((a * b) % N)));
      }),
      { numRuns: 200 },
    );
  });

  test('every part of a key by itself', () => {
    for (let bit = 0n; bit < 256n; bit += 4n) {
      const value = BigInt(1 + Number((bit / 4n) % 15n)) << bit;
      const secretKey = bytesOf(value < N ? value : N - 1n);
      expect(secp256k1.publicX(secretKey)).toBe(publicXByOpenSsl(secretKey));
    }
  });

  test('keys that are none are refused', () => {
    for (const bytes of [
      new Uint8Array(32), bytesOf(N), bytesOf(N + 1n), new Uint8Array(32).fill(255),
      new Uint8Array(31).fill(1), new Uint8Array(33).fill(1),
    ]) {
      expect(() => secp256k1.publicX(bytes)).toThrow(RangeError);
      expect(() => secp256k1.multiplyX(GENERATOR_X, bytes)).toThrow(RangeError);
    }
  });

  test('X coordinates that no point has are refused', () => {
    for (const x of [0n, 5n, P - 1n]) {
      expect(nobleSecp256k1.sqrt((x ** 3n + 7n) % P)).toBeUndefined();
      expect(() => secp256k1.multiplyX(x, bytesOf(1n))).toThrow(RangeError);
    }
  });

  test('the key is left as it was, wherever it lies', () => {
    const large = new Uint8Array(100).fill(7);
    const copy = large.slice();
    expect(secp256k1.publicX(large.subarray(11, 43))).toBe(publicXByOpenSsl(large.slice(11, 43)));
    secp256k1.multiplyX(GENERATOR_X, large.subarray(11, 43));
    expect(large).toEqual(copy);
  });
}

describe('products in WebAssembly', () => {
  products(wasm);

  test('leave nothing in memory that depends on the key', () => {
    const memory = new Secp256k1Memory();
    const secp256k1 = wasmSecp256k1(memory);
    const left = [bytesOf(3n), new Uint8Array(32).fill(0x5a)].flatMap((secretKey) => {
      secp256k1.publicX(secretKey);
      const afterPublic = new Uint8Array(memory.wasm.memory.buffer.slice(0));
      secp256k1.multiplyX(GENERATOR_X, secretKey);
      return [afterPublic, new Uint8Array(memory.wasm.memory.buffer.slice(0))];
    });
    for (const one of left) expect(Buffer.compare(one, left[0]!)).toBe(0);
    expect(left[0]!.subarray(0, SECRETS_SIZE).every((byte) => byte === 0)).toBe(true);
  });
});

if (binding === undefined) {
  describe.skip('products by the package secp256k1 [skipped: it has no binary here]', () => {
    test.skip('skipped', () => {});
  });
} else {
  describe('products by the package secp256k1', () => products(binding));
}

describe('products of the chosen one', () => products(nativeSecp256k1));

describeWithData('Wycheproof', () => {
  interface Vectors {
    readonly testGroups: readonly {
      readonly tests: readonly {
        readonly tcId: number;
        /** The X.509 encoding of the point; in valid ones, its last 64 bytes are X and Y. */
        readonly public: string;
        /** An integer, with any number of leading zeros. */
        readonly private: string;
        readonly shared: string;
        readonly result: 'valid' | 'acceptable' | 'invalid';
      }[];
    }[];
  }
  const { testGroups } = jsonFile<Vectors>('vectors/ellswift/ecdh_secp256k1_test.json');
  const valid = testGroups.flatMap(({ tests }) => tests).filter(({ result }) => result === 'valid');

  test.each([['wasm', wasm], ['secp256k1', binding]] as const)('shared secrets: %s', (_, secp256k1) => {
    expect(valid).toHaveLength(473);
    if (secp256k1 === undefined) return;
    for (const { tcId, public: point, private: secret, shared } of valid) {
      const x = BigInt(`0x${point.slice(-128, -64)}`);
      const product = secp256k1.multiplyX(x, bytesOf(BigInt(`0x${secret}`)));
      expect([tcId, product.toString(16).padStart(64, '0')]).toEqual([tcId, shared]);
    }
  });
});

describe('ElligatorSwift', () => {
  const all = { native: nativeEllSwift, wasm: ellSwift(wasm) };

  test.each(Object.entries(all))('%s: encodings and secrets as those of noble', (_, one) => {
    fc.assert(
      fc.property(key, key, fc.infiniteStream(fc.nat(255)), (ours, theirs, stream) => {
        const bytes: number[] = [];
        /** The same bytes for each. */
        const source = (): { bytes: (length: number) => Uint8Array } => {
          let next = 0;
          return {
            bytes: (length) => {
              next += length;
              while (bytes.length < next) bytes.push(stream.next().value);
              return Uint8Array.from(bytes.slice(next - length, next));
            },
          };
        };
        const publicKey = one.create(theirs, source());
        expect(publicKey).toEqual(nobleEllSwift.create(theirs, source()));
        expect(one.xdh(ours, publicKey)).toEqual(nobleEllSwift.xdh(ours, publicKey));
      }),
      { numRuns: 50 },
    );
  });

  test('both sides agree', () => {
    fc.assert(
      fc.property(key, key, fc.uint8Array({ minLength: 64, maxLength: 64 }), (a, b, anything) => {
        const rng = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };
        const [toB, toA] = [nativeEllSwift.create(a, rng), nativeEllSwift.create(b, rng)];
        expect(nativeEllSwift.xdh(a, toA)).toEqual(nativeEllSwift.xdh(b, toB));
        expect(nativeEllSwift.xdh(a, anything)).toEqual(all.wasm.xdh(a, anything));
      }),
      { numRuns: 200 },
    );
  });
});

describe('what is chosen where something is missing', () => {
  const module = new URL('../dist/native-secp256k1.js', import.meta.url);
  const script = `
    const { nativeEllSwift, nativeSecp256k1, secp256k1Source } = await import('${module.href}');
    const key = new Uint8Array(32).fill(1);
    const rng = { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) };
    const shared = nativeEllSwift.xdh(key, nativeEllSwift.create(key, rng));
    const x = nativeSecp256k1.multiplyX(nativeSecp256k1.publicX(key), key);
    if (BigInt('0x' + Buffer.from(shared).toString('hex')) !== x) throw new Error('wrong');
    console.log(secp256k1Source());
  `;

  test.each([
    [['--no-addons'], 'wasm'],
    [['--no-addons', '--jitless'], 'noble'],
  ])('%j: %s', (flags, source) => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [...flags, '--input-type=module', '-e', script],
      { encoding: 'utf8', timeout: 20_000, env: { ...process.env, NODE_OPTIONS: '' } },
    );
    expect({ stdout, stderr }).toMatchObject({ stdout: `${source}\n` });
  });

  test('a thread, where the package would abort the process: wasm', async () => {
    const start = `
      import('${module.href}').then(({ nativeSecp256k1, secp256k1Source }) => {
        nativeSecp256k1.publicX(new Uint8Array(32).fill(1));
        require('node:worker_threads').parentPort.postMessage(secp256k1Source());
      });
    `;
    const thread = new Worker(start, { eval: true, execArgv: [] });
    expect(await once(thread, 'message')).toEqual(['wasm']);
    await thread.terminate();
  });
});
