// ElligatorSwift against BIP 324's vectors, libsecp256k1's, and Wycheproof's for plain ECDH.
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { dataText, describeWithData, fromHex, jsonFile } from '@btcp2p/testdata';
import { curveSide } from '../src/ellswift-field.ts';
import { isSquare } from '../src/ellswift-is-square.ts';
import { xswiftec, xswiftecInv } from '../src/ellswift-map.ts';
import { ellswiftDecode, nobleEllSwift } from '../src/ellswift.ts';
import { nobleSecp256k1 } from '../src/noble-secp256k1.ts';

/** Values out of BIP 324's ellswift_decode_test_vectors.csv, with what is special about them. */
const DECODE = [
  {
    what: 'u%p=0;t%p=0;valid_x(x2)',
    ellswift:
      '0000000000000000000000000000000000000000000000000000000000000000' +
      '0000000000000000000000000000000000000000000000000000000000000000',
    x: 'edd1fd3e327ce90cc7a3542614289aee9682003e9cf7dcc9cf2ca9743be5aa0c',
  },
  {
    what: "u%p=0;(u'^3-t'^2+7)%p=0;valid_x(x3)",
    ellswift:
      '0000000000000000000000000000000000000000000000000000000000000000' +
      'bde70df51939b94c9c24979fa7dd04ebd9b3572da7802290438af2a681895441',
    x: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa9fffffd6b',
  },
  {
    what: 't%p=0;valid_x(x2)',
    ellswift:
      '1f67edf779a8a649d6def60035f2fa22d022dd359079a1a144073d84f19b92d5' +
      '0000000000000000000000000000000000000000000000000000000000000000',
    x: '025661f9aba9d15c3118456bbe980e3e1b8ba2e047c737a4eb48a040bb566f6c',
  },
  {
    what: 'valid_x(x3);t>=p',
    ellswift:
      'd917b786dac35670c330c9c5ae5971dfb495c8ae523ed97ee2420117b171f41e' +
      'ffffffffffffffffffffffffffffffffffffffffffffffffffffffff2001f6f6',
    x: 'e45b71e110b831f2bdad8651994526e58393fde4328b1ec04d59897142584691',
  },
  {
    what: 't%p=0;valid_x(x3);valid_x(x2);valid_x(x1);u>=p;t>=p',
    ellswift:
      'ffffffffffffffffffffffffffffffffffffffffffffffffffffffff2715de86' +
      'fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f',
    x: '3524f77fa3a6eb4389c3cb5d27f1f91462086429cd6c0cb0df43ea8f1e7b3fb4',
  },
  {
    what: 'valid_x(x1);u>=p;t>=p',
    ellswift:
      'fffffffffffffffffffffffffffffffffffffffffffffffffffffffffefbb982' +
      'fffffffffffffffffffffffffffffffffffffffffffffffffffffffff6d6db1f',
    x: '1c92ccdfcf4ac550c28db57cff0c8515cb26936c786584a70114008d6c33a34b',
  },
];

/** Values out of BIP 324's xswiftec_inv_test_vectors.csv. */
const INVERSE = [
  {
    u: '05ff6bdad900fc3261bc7fe34e2fb0f569f06e091ae437d3a52e9da0cbfb9590',
    x: '80cdf63774ec7022c89a5a8558e373a279170285e0ab27412dbce510bdfe23fc',
    cases: [
      '',
      '',
      '45654798ece071ba79286d04f7f3eb1c3f1d17dd883610f2ad2efd82a287466b',
      '0aeaa886f6b76c7158452418cbf5033adc5747e9e9b5d3b2303db96936528557',
      '',
      '',
      'ba9ab867131f8e4586d792fb080c14e3c0e2e82277c9ef0d52d1027c5d78b5c4',
      'f51557790948938ea7badbe7340afcc523a8b816164a2c4dcfc24695c9ad76d8',
    ],
  },
  {
    u: '1737a85f4c8d146cec96e3ffdca76d9903dcf3bd53061868d478c78c63c2aa9e',
    x: '39e48dd150d2f429be088dfd5b61882e7e8407483702ae9a5ab35927b15f85ea',
    cases: [
      '1be8cc0b04be0c681d0c6a68f733f82c6c896e0c8a262fcd392918e303a7abf4',
      '605b5814bf9b8cb066667c9e5480d22dc5b6c92f14b4af3ee0a9eb83b03685e3',
      '',
      '',
      'e41733f4fb41f397e2f3959708cc07d3937691f375d9d032c6d6e71bfc58503b',
      '9fa4a7eb4064734f99998361ab7f2dd23a4936d0eb4b50c11f56147b4fc9764c',
      '',
      '',
    ],
  },
  {
    u: '1aaa1ccebf9c724191033df366b36f691c4d902c228033ff4516d122b2564f68',
    x: 'c75541259d3ba98f207eaa30c69634d187d0b6da594e719e420f4898638fc5b0',
    cases: ['', '', '', '', '', '', '', ''],
  },
  {
    u: 'f58cd4d9830bad322699035e8246007d4be27e19b6f53621317b4f309b3daa9d',
    x: '78ec2b3dc0948de560148bbc7c6dc9633ad5df70a5a5750cbed721804f082a3b',
    cases: [
      '6c4c580b76c7594043569f9dae16dc2801c16a1fbe12860881b75f8ef929bce5',
      '94231355e7385c5f25ca436aa64191471aea4393d6e86ab7a35fe2afacaefd0d',
      'dff2a1951ada6db574df834048149da3397a75b829abf58c7e69db1b41ac0989',
      'a52b66d3c907035548028bf804711bf422aba95f1a666fc86f4648e05f29caae',
      '93b3a7f48938a6bfbca9606251e923d7fe3e95e041ed79f77e48a07006d63f4a',
      '6bdcecaa18c7a3a0da35bc9559be6eb8e515bc6c291795485ca01d4f5350ff22',
      '200d5e6ae525924a8b207cbfb7eb625cc6858a47d6540a73819624e3be53f2a6',
      '5ad4992c36f8fcaab7fd7407fb8ee40bdd5456a0e599903790b9b71ea0d63181',
    ],
  },
];

/** Values out of BIP 324's packet_encoding_test_vectors.csv. */
const KEYS = [
  {
    secretKey: '61062ea5071d800bbfd59e2e8b53d47d194b095ae5a4df04936b49772ef0d4d7',
    ours:
      'ec0adff257bbfe500c188c80b4fdd640f6b45a482bbc15fc7cef5931deff0aa1' +
      '86f6eb9bba7b85dc4dcc28b28722de1e3d9108b985e2967045668f66098e475b',
    theirs:
      'a4a94dfce69b4a2a0a099313d10f9f7e7d649d60501c9e1d274c300e0d89aafa' +
      'ffffffffffffffffffffffffffffffffffffffffffffffffffffffff8faf88d5',
    oursX: '19e965bc20fc40614e33f2f82d4eeff81b5e7516b12a5c6c0d6053527eba0923',
    theirsX: '0c71defa3fafd74cb835102acd81490963f6b72d889495e06561375bd65f6ffc',
    sharedX: '4eb2bf85bd00939468ea2abb25b63bc642e3d1eb8b967fb90caa2d89e716050e',
  },
  {
    secretKey: '6f312890ec83bbb26798abaadd574684a53e74ccef7953b790fcc29409080246',
    ours:
      'a8785af31c029efc82fa9fc677d7118031358d7c6a25b5779a9b900e5ccd94aa' +
      'c97eb36a3c5dbcdb2ca5843cc4c2fe0aaa46d10eb3d233a81c3dde476da00eef',
    theirs:
      'fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f' +
      '0000000000000000000000000000000000000000000000000000000000000000',
    oursX: 'd4b65faa965b31fe2d9faaeb806c6449a50fe3679555c3518f7a0885f572457f',
    theirsX: 'edd1fd3e327ce90cc7a3542614289aee9682003e9cf7dcc9cf2ca9743be5aa0c',
    sharedX: '13c1bf6a3ca37da9ffc7f45ec1810fa935c45454c03dc0144c1a9755bb52f81f',
  },
];

interface InverseVector {
  readonly u: string;
  readonly x: string;
  /** The t of each case; empty or null where there is none. */
  readonly cases: readonly (string | null)[];
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function integer(hex: string): bigint {
  return BigInt(`0x${hex}`);
}

function checkDecode(ellswift: string, x: string): void {
  expect(toHex(ellswiftDecode(fromHex(ellswift)))).toBe(x);
}

/** Every case gives what it has to, and what it gives is mapped back. */
function checkInverse({ u, x, cases }: InverseVector): void {
  expect(cases).toHaveLength(8);
  for (const [ellCase, expected] of cases.entries()) {
    const t = xswiftecInv(integer(x), integer(u), ellCase);
    expect(t?.toString(16).padStart(64, '0') ?? '').toBe(expected ?? '');
    if (t !== undefined) expect(xswiftec(integer(u), t)).toBe(integer(x));
  }
}

function checkKeys(row: (typeof KEYS)[number]): void {
  const secretKey = fromHex(row.secretKey);
  expect(nobleSecp256k1.publicX(secretKey)).toBe(integer(row.oursX));
  checkDecode(row.ours, row.oursX);
  checkDecode(row.theirs, row.theirsX);
  expect(toHex(nobleEllSwift.xdh(secretKey, fromHex(row.theirs)))).toBe(row.sharedX);
  expect(nobleSecp256k1.multiplyX(integer(row.theirsX), secretKey)).toBe(integer(row.sharedX));
}

describe("some of BIP 324's vectors", () => {
  test.each(DECODE)('decode: $what', ({ ellswift, x }) => checkDecode(ellswift, x));
  test.each(INVERSE)('inverse: u = $u', checkInverse);
  test.each(KEYS)('keys: $secretKey', checkKeys);
});

describeWithData("all of BIP 324's vectors", () => {
  /** The rows of a CSV file, which has no quoted fields, by its first row's names. */
  function csv(name: string): Map<string, string>[] {
    const [head = '', ...rows] = dataText(`vectors/bips/bip-0324/${name}.csv`).trim().split('\n');
    const names = head.split(',');
    return rows.map((row) => {
      const fields = row.split(',');
      return new Map(names.map((field, index) => [field.trim(), fields[index]?.trim() ?? '']));
    });
  }
  function field(row: Map<string, string>, name: string): string {
    const value = row.get(name);
    if (value === undefined) throw new Error(`no column ${name}`);
    return value;
  }

  test('ellswift_decode_test_vectors.csv', () => {
    const rows = csv('ellswift_decode_test_vectors');
    expect(rows).toHaveLength(76);
    for (const row of rows) checkDecode(field(row, 'ellswift'), field(row, 'x'));
  });

  test('xswiftec_inv_test_vectors.csv', () => {
    const rows = csv('xswiftec_inv_test_vectors');
    expect(rows).toHaveLength(32);
    for (const row of rows) {
      const cases = Array.from({ length: 8 }, (_, ellCase) => field(row, `case${ellCase}_t`));
      checkInverse({ u: field(row, 'u'), x: field(row, 'x'), cases });
    }
  });

  test('keys of packet_encoding_test_vectors.csv', () => {
    const rows = csv('packet_encoding_test_vectors');
    expect(rows).toHaveLength(7);
    for (const row of rows) {
      checkKeys({
        secretKey: field(row, 'in_priv_ours'),
        ours: field(row, 'in_ellswift_ours'),
        theirs: field(row, 'in_ellswift_theirs'),
        oursX: field(row, 'mid_x_ours'),
        theirsX: field(row, 'mid_x_theirs'),
        sharedX: field(row, 'mid_x_shared'),
      });
    }
  });
});

describeWithData("libsecp256k1's vectors", () => {
  interface Vectors {
    readonly xswiftecInv: readonly InverseVector[];
    readonly decode: readonly { readonly ellswift: string; readonly x: string }[];
    readonly xdhBip324: readonly {
      readonly privateOurs: string;
      readonly ellswiftOurs: string;
      readonly ellswiftTheirs: string;
      readonly initiating: boolean;
      readonly sharedSecret: string;
    }[];
  }
  const vectors = jsonFile<Vectors>('vectors/ellswift/ellswift_vectors.json');

  test('decode', () => {
    expect(vectors.decode).toHaveLength(76);
    for (const { ellswift, x } of vectors.decode) checkDecode(ellswift, x);
  });

  test('xswiftec_inv', () => {
    expect(vectors.xswiftecInv).toHaveLength(32);
    for (const row of vectors.xswiftecInv) checkInverse(row);
  });

  test("xdh, hashed as BIP 324's v2_ecdh does", () => {
    const tag = createHash('sha256').update('bip324_ellswift_xonly_ecdh').digest();
    expect(vectors.xdhBip324).toHaveLength(7);
    for (const row of vectors.xdhBip324) {
      const [ours, theirs] = [fromHex(row.ellswiftOurs), fromHex(row.ellswiftTheirs)];
      const hash = createHash('sha256').update(tag).update(tag);
      for (const key of row.initiating ? [ours, theirs] : [theirs, ours]) hash.update(key);
      hash.update(nobleEllSwift.xdh(fromHex(row.privateOurs), theirs));
      expect(hash.digest('hex')).toBe(row.sharedSecret);
    }
  });
});

describeWithData("Wycheproof's ECDH over secp256k1", () => {
  interface Row {
    readonly tcId: number;
    readonly public: string;
    readonly private: string;
    readonly shared: string;
    readonly result: 'valid' | 'acceptable' | 'invalid';
  }
  interface Wycheproof {
    readonly testGroups: readonly { readonly tests: readonly Row[] }[];
  }
  const { testGroups } = jsonFile<Wycheproof>('vectors/ellswift/ecdh_secp256k1_test.json');
  /** DER of a public key of this very curve, up to and including the 4 of an uncompressed point. */
  const prefix = '3056301006072a8648ce3d020106052b8104000a03420004';
  const rows = testGroups
    .flatMap((group) => group.tests)
    .filter((row) => row.public.startsWith(prefix) && row.public.length === (24 + 64) * 2);

  function xOf(row: Row): bigint {
    return integer(row.public.slice(prefix.length, prefix.length + 64));
  }

  function secretKey(row: Row): Uint8Array {
    return fromHex(row.private.padStart(64, '0').slice(-64));
  }

  test('valid keys', () => {
    const valid = rows.filter((row) => row.result === 'valid');
    expect(valid).toHaveLength(473);
    for (const row of valid) {
      const shared = nobleSecp256k1.multiplyX(xOf(row), secretKey(row));
      expect([row.tcId, shared]).toEqual([row.tcId, integer(row.shared)]);
    }
  });

  test('an X coordinate off the curve is refused', () => {
    const offCurve = rows.filter((row) => !isSquare(curveSide(xOf(row))));
    expect(offCurve.length).toBeGreaterThan(0);
    for (const row of offCurve) {
      expect(row.result).toBe('invalid');
      expect(() => nobleSecp256k1.multiplyX(xOf(row), secretKey(row))).toThrow(RangeError);
    }
  });
});
