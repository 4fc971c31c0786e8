import { describe, expect, test } from '@jest/globals';
import { dataText, describeWithData } from '@btcp2p/testdata';
import { fromHex, networks, toHex, type Chain } from '@btcp2p/wire';
import * as fc from 'fast-check';
import { decodeAddress, encodeAddress, payToWitness } from '../src/descriptors/address.ts';
import { locateBech32Errors } from '../src/descriptors/bech32-errors.ts';

/** Texts that are no addresses of mainnet: BIP 173, BIP 350; test/functional/rpc_validateaddress.py. */
const INVALID: readonly (readonly [text: string, error: string, locations?: readonly number[]])[] = [
  [
    'tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty',
    'Invalid or unsupported Segwit (Bech32) or Base58 encoding.',
  ],
  ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5', 'Invalid Bech32 checksum', [41]],
  ['BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2', 'Version 1+ witness address must use Bech32m checksum'],
  ['BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P', 'Invalid Bech32 v0 address program size (16 bytes), per BIP141'],
  ['BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3t4', 'Invalid character or mixed case', [40]],
  ['bc1gmk9yu', 'Empty Bech32 data section'],
  ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh', 'Version 0 witness address must use Bech32 checksum'],
  [
    'bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4',
    'Invalid Base 32 character', [59],
  ],
  [
    'BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R',
    'Invalid Bech32 address witness version',
  ],
  ['bc1pw5dgrnzv', 'Invalid Bech32 address program size (1 byte)'],
  [
    'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav',
    'Invalid Bech32 address program size (41 bytes)',
  ],
  [
    'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf',
    'Invalid padding in Bech32 data section',
  ],
  ['asfah14i8fajz0123f', 'Invalid or unsupported Segwit (Bech32) or Base58 encoding.'],
  ['1q2w3e4r0', 'Invalid or unsupported Segwit (Bech32) or Base58 encoding.'],
  ['17NdbrSGoUotzeGCcMMCqnFkEvLymoou9k', 'Invalid checksum or length of Base58 address (P2PKH or P2SH)'],
  ['mo6CPsdW8EsnWdmSSCrQ6225VVDtpMBTug', 'Invalid or unsupported Base58-encoded address.'],
];

/** Addresses of mainnet and their scripts: BIP 350, and Core's of P2A. */
const VALID: readonly (readonly [address: string, script: string])[] = [
  ['BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4', '0014751e76e8199196d454941c45d1b3a323f1433bd6'],
  [
    'bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y',
    '5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6',
  ],
  ['BC1SW50QGDZ25J', '6002751e'],
  ['bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs', '5210751e76e8199196d454941c45d1b3a323'],
  [
    'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
    '512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
  ],
  ['bc1pfeessrawgf', '51024e73'],
];

test('addresses that are none', () => {
  for (const [text, error, errorLocations = []] of INVALID) {
    expect({ text, ...decodeAddress(text, 'main') }).toEqual({
      text, status: 'invalid', error, errorLocations,
    });
  }
});

test('addresses of witness programs', () => {
  for (const [address, hex] of VALID) {
    const scriptPubKey = fromHex(hex);
    expect(decodeAddress(address, 'main')).toEqual({ status: 'ok', scriptPubKey });
    expect(encodeAddress(scriptPubKey, 'main')).toBe(address.toLowerCase());
  }
});

test('every witness program of every network comes back', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...(Object.keys(networks) as Chain[])),
      fc.integer({ min: 0, max: 16 }),
      fc.uint8Array({ minLength: 2, maxLength: 40 }),
      (chain, version, bytes) => {
        const program = version === 0 ? new Uint8Array(bytes.length < 20 ? 20 : 32) : bytes;
        const scriptPubKey = payToWitness(version, program);
        const address = encodeAddress(scriptPubKey, chain)!;
        expect(decodeAddress(address, chain)).toEqual({ status: 'ok', scriptPubKey });
      },
    ),
  );
});

test('one or two wrong characters are found wherever they are', () => {
  const address = 'bcrt1pamhwamhwamhwamhwamhwamhwamhwamhwamhwamhwamhwamhwamhqz6nvlh';
  const characters = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
  const place = fc.integer({ min: 5, max: address.length - 1 });
  fc.assert(
    fc.property(fc.uniqueArray(place, { minLength: 1, maxLength: 2 }), fc.nat(30), (places, shift) => {
      const wrong = Array.from(address);
      for (const at of places) {
        wrong[at] = characters[(characters.indexOf(wrong[at]!) + 1 + shift) % 32]!;
      }
      expect(locateBech32Errors(wrong.join(''))).toEqual({
        error: 'Invalid Bech32m checksum', locations: places.toSorted((a, b) => a - b),
      });
    }),
    { numRuns: 50 },
  );
});

test('faults of a Bech32 text apart from its checksum', () => {
  expect(locateBech32Errors(`bc1${'q'.repeat(89)}`)).toEqual({
    error: 'Bech32 string too long', locations: [90, 91],
  });
  expect(locateBech32Errors('bcqqqqqqqq')).toEqual({ error: 'Missing separator', locations: [] });
  expect(locateBech32Errors('bc1qqqqq')).toEqual({ error: 'Invalid separator position', locations: [2] });
  expect(locateBech32Errors('bc1q qqqqqqqé')).toEqual({
    error: 'Invalid character or mixed case', locations: [4, 12],
  });
});

describeWithData("Core's key_io vectors", () => {
  type Facts = { readonly chain: Chain; readonly isPrivkey: boolean; readonly tryCaseFlip?: boolean };
  const valid = JSON.parse(dataText('vectors/core/key_io_valid.json')) as [string, string, Facts][];
  const invalid = JSON.parse(dataText('vectors/core/key_io_invalid.json')) as [string][];

  test('valid', () => {
    const addresses = valid.filter(([, , { isPrivkey }]) => !isPrivkey);
    expect(addresses.length).toBeGreaterThan(40);
    for (const [address, hex, { chain, tryCaseFlip = false }] of addresses) {
      const expected = { status: 'ok', scriptPubKey: fromHex(hex) };
      expect(decodeAddress(address, chain)).toEqual(expected);
      expect(encodeAddress(fromHex(hex), chain)).toBe(address);
      const flipped = decodeAddress(address.toUpperCase(), chain);
      if (tryCaseFlip) expect(flipped).toEqual(expected);
      else expect(flipped.status).toBe('invalid');
    }
  });

  test('invalid', () => {
    for (const [text] of invalid) {
      for (const chain of Object.keys(networks) as Chain[]) {
        expect({ text, status: decodeAddress(text, chain).status }).toEqual({ text, status: 'invalid' });
      }
    }
  });
});

describe('scripts without an address', () => {
  test.each(['', '6a', '51', `21${'02'.repeat(33)}ac`, '00021234', `5141${'11'.repeat(65)}`])('%s', (hex) => {
    expect(encodeAddress(fromHex(hex), 'main')).toBeUndefined();
    expect(toHex(fromHex(hex))).toBe(hex);
  });
});
