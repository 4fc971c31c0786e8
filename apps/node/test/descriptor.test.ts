import { describe, expect, test } from '@jest/globals';
import { dataText, describeWithBitcoind, describeWithData } from '@btcp2p/testdata';
import { startBitcoind } from '@btcp2p/bitcoind-peer';
import { fromHex, toHex } from '@btcp2p/wire';
import * as fc from 'fast-check';
import { decodeAddress } from '../src/descriptors/address.ts';
import { descriptorChecksum, withChecksum } from '../src/descriptors/descriptor-checksum.ts';
import type { Descriptor } from '../src/descriptors/descriptor.ts';
import { parseDescriptor } from '../src/descriptors/parse-descriptor.ts';
import { scriptToJson } from '../src/descriptors/script-json.ts';
import {
  descriptorVectors, invalidDescriptors, multipathVectors,
} from './support/descriptor-vectors.ts';

function parse(text: string): readonly Descriptor[] {
  const parsed = parseDescriptor(text, 'main');
  if (parsed.status === 'invalid') throw new Error(`${text}: ${parsed.error}`);
  return parsed.descriptors;
}

function hexAt(descriptor: Descriptor, index: number): string[] | undefined {
  return descriptor.expand(index)?.map(toHex);
}

const withoutChecksum = (text: string): string => text.replace(/#.*$/, '');

describe("Core's descriptors", () => {
  test.each(descriptorVectors.map((vector) => [vector.text.slice(0, 60), vector] as const))(
    '%s',
    (_, { secret, text, isRange, needsSecrets, scripts }) => {
      const [known] = parse(secret) as [Descriptor];
      const [open] = parse(text) as [Descriptor];
      for (const descriptor of [known, open]) {
        expect(descriptor.text).toBe(withoutChecksum(text));
        expect(descriptor.isRange).toBe(isRange);
      }
      expect([known.hasPrivateKeys, open.hasPrivateKeys]).toEqual([true, false]);
      for (const [index, row] of scripts.entries()) {
        expect(hexAt(known, index)).toEqual(row);
        expect(hexAt(open, index)).toEqual(needsSecrets ? undefined : row);
      }
      if (!isRange) expect(hexAt(known, 7)).toEqual(scripts[0]);
    },
  );

  test.each(multipathVectors.map((vector) => [vector.text.slice(0, 60), vector] as const))(
    'of several paths: %s',
    (_, { secret, text, isRange, variants }) => {
      const open = parse(text);
      expect(open.map((descriptor) => descriptor.text)).toEqual(variants.map((variant) => variant.text));
      for (const [i, descriptor] of parse(secret).entries()) {
        const { text: expected, scripts } = variants[i]!;
        expect([descriptor.text, descriptor.isRange]).toEqual([expected, isRange]);
        for (const [index, script] of scripts.entries()) {
          expect(hexAt(descriptor, index)).toEqual([script]);
        }
      }
    },
  );

  test('what is no descriptor', () => {
    for (const { text, error } of invalidDescriptors) {
      expect({ text, ...parseDescriptor(text, 'main') }).toEqual({ text, status: 'invalid', error });
    }
  });
});

const KEY = '03a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd';

describe('descriptors', () => {
  test('checksums', () => {
    // BIP 380's.
    expect(descriptorChecksum('raw(deadbeef)')).toBe('89f8spxm');
    expect(descriptorChecksum('raw(Ü)')).toBeUndefined();
    expect(parseDescriptor('raw(deadbeef)', 'main', { requireChecksum: true })).toEqual({
      status: 'invalid', error: 'Missing checksum',
    });
    expect(parseDescriptor('raw(deadbeef)#89f8spxm', 'main', { requireChecksum: true })).toMatchObject({
      status: 'ok', checksum: '89f8spxm',
    });
  });

  test('keys of other networks are none', () => {
    const secret = 'pkh(L4rK1yDtCWekvXuE6oXD9jCYfFNV2cWRpVuPLBcCU2z8TrisoyY1)';
    expect(parseDescriptor(secret, 'regtest')).toEqual({
      status: 'invalid',
      error: "pkh(): key 'L4rK1yDtCWekvXuE6oXD9jCYfFNV2cWRpVuPLBcCU2z8TrisoyY1' is not valid",
    });
  });

  test('addr() and raw() are what they say, in canonical form', () => {
    const [address] = parse('addr(BC1SW50QGDZ25J)') as [Descriptor];
    expect([address.text, address.isSolvable, hexAt(address, 0)]).toEqual([
      'addr(bc1sw50qgdz25j)', false, ['6002751e'],
    ]);
    const [raw] = parse('raw(AB)') as [Descriptor];
    expect([raw.text, hexAt(raw, 0)]).toEqual(['raw(ab)', ['ab']]);
  });

  test('what is left out is refused by name', () => {
    for (const [text, error] of [
      [`tr(musig(${KEY},${KEY}))`, 'tr(): musig() is not supported'],
      [`pk(musig(${KEY},${KEY}))`, 'pk(): musig() is only allowed in tr() and rawtr()'],
      [`wsh(and_v(v:pk(${KEY}),older(5)))`, `Miniscript is not supported: 'and_v(v:pk(${KEY}),older(5))'`],
      [`sh(and_v(v:pk(${KEY}),older(5)))`, 'Miniscript expressions can only be used in wsh or tr.'],
      [`and_v(v:pk(${KEY}),older(5))`, 'Miniscript expressions can only be used in wsh or tr.'],
    ] as const) {
      expect(parseDescriptor(text, 'main')).toEqual({ status: 'invalid', error });
    }
  });

  test('trees nest up to 128 levels', () => {
    const leaf = `pk(${KEY})`;
    const nested = (levels: number): string =>
      `tr(${KEY},${'{'.repeat(levels)}${leaf}${`,${leaf}}`.repeat(levels)})`;
    expect(parse(nested(128))[0]!.expand(0)).toHaveLength(1);
    expect(parseDescriptor(nested(129), 'main')).toEqual({
      status: 'invalid', error: 'tr() supports at most 128 nesting levels',
    });
  });
});

describeWithData("Core's scripts as JSON", () => {
  type Expected = {
    readonly asm: string; readonly address?: string; readonly desc: string; readonly type: string;
  };
  const vectors = JSON.parse(dataText('vectors/core/rpc_decodescript.json')) as [string, Expected][];

  test.each(vectors)('%s', (hex, { asm, address, desc, type }) => {
    const expected = { asm, desc, hex, ...(address === undefined ? {} : { address }), type };
    expect(scriptToJson(fromHex(hex), 'regtest')).toEqual(expected);
  });
});

describeWithData("BIP 341's wallet vectors", () => {
  type Tree = null | { readonly script: string; readonly leafVersion: number } | readonly [Tree, Tree];
  interface Vector {
    readonly given: { readonly internalPubkey: string; readonly scriptTree: Tree };
    readonly expected: { readonly scriptPubKey: string };
  }
  const { scriptPubKey } = JSON.parse(dataText('vectors/core/bip341_wallet_vectors.json')) as {
    readonly scriptPubKey: readonly Vector[];
  };

  /** As a descriptor: leaves that are `<key> OP_CHECKSIG` in tapscript; undefined for others. */
  function treeText(tree: Tree): string | undefined {
    if (tree === null) return '';
    if ('script' in tree) {
      const match = /^20([0-9a-f]{64})ac$/.exec(tree.script);
      return match !== null && tree.leafVersion === 0xc0 ? `pk(${match[1]})` : undefined;
    }
    const branches = tree.map(treeText);
    return branches.includes(undefined) ? undefined : `{${branches.join(',')}}`;
  }

  test('output keys', () => {
    let count = 0;
    for (const { given, expected } of scriptPubKey) {
      const tree = treeText(given.scriptTree);
      if (tree === undefined) continue;
      const text = `tr(${given.internalPubkey}${tree === '' ? '' : `,${tree}`})`;
      expect(hexAt(parse(text)[0]!, 0)).toEqual([expected.scriptPubKey]);
      count++;
    }
    expect(count).toBeGreaterThanOrEqual(4);
  });
});

interface ValidateAddress {
  readonly isvalid: boolean;
  readonly error?: string;
  readonly error_locations?: readonly number[];
}

const ADDRESSES: Readonly<Record<string, string>> = {
  bc1q: 'bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3',
  bc1p: 'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
  1: '1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mo',
  3: '3P14159f73E4gFr7JterCCQh9QjiTjiZrG',
};

/** Addresses with a few characters changed, left out, repeated or of another case. */
function damaged(addresses: readonly string[], count: number): string[] {
  const choice = fc.constantFrom(...addresses);
  const change = fc.record({ at: fc.nat(100), kind: fc.nat(3), by: fc.integer({ min: 33, max: 126 }) });
  const damage = fc.tuple(choice, fc.array(change, { maxLength: 4 })).map(([address, changes]) => {
    const text = Array.from(address);
    for (const { at, kind, by } of changes) {
      const place = at % text.length;
      const old = text[place]!;
      text[place] = [
        'qpzry9x8gf2tvdw0s3jn54khce6mua7l'[by % 32]!, '', old + old, String.fromCharCode(by),
      ][kind]!;
    }
    return text.join('');
  });
  return fc.sample(damage, { numRuns: count, seed: 1 });
}

/** Scripts in hex, most of them close to one of the standard kinds. */
function randomScripts(count: number): string[] {
  const bytes = (size: number): fc.Arbitrary<string> =>
    fc.uint8Array({ minLength: size, maxLength: size }).map(toHex);
  const part = fc.oneof(
    fc.constantFrom(
      '00', '51', '52', '53', '6a', '76a914', 'a914', '87', '88ac', 'ac', 'ae', '4f', '50', 'ba', 'ff',
    ),
    bytes(20), bytes(32).map((x) => `20${x}`), bytes(32).map((x) => `2102${x}`), bytes(1),
    bytes(4).map((x) => `04${x}`), bytes(5).map((x) => `4c05${x}`),
  );
  const script = fc.oneof(
    fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')),
    fc.array(bytes(32), { minLength: 1, maxLength: 3 }).map(
      (keys) => `51${keys.map((key) => `2103${key}`).join('')}${(0x50 + keys.length).toString(16)}ae`,
    ),
    bytes(32).map((key) => `5120${key}`),
    bytes(20).map((hash) => `76a914${hash}88ac`),
    bytes(32).map((key) => `21${key}02ac`),
    bytes(64).map((key) => `4106${key}ac`),
  );
  return fc.sample(script, { numRuns: count, seed: 2 });
}

describeWithBitcoind('beside a real bitcoind', (binary) => {
  test('descriptors, addresses and scripts are the same', async () => {
    const core = await startBitcoind(binary, ['-connect=0'], 'main');
    try {
      for (const { secret, text, isRange, needsSecrets } of descriptorVectors) {
        const [own] = parse(secret) as [Descriptor];
        const info = await core.rpc<{ descriptor: string; checksum: string }>('getdescriptorinfo', secret);
        expect(withChecksum(own.text)).toBe(info.descriptor);
        const range = isRange ? [[7, 8]] : [];
        const source = needsSecrets ? secret : text;
        const given = `${withoutChecksum(source)}#${descriptorChecksum(withoutChecksum(source))}`;
        const scripts = isRange ? [...own.expand(7)!, ...own.expand(8)!] : own.expand(0)!;
        const addresses = scripts.map((script) => scriptToJson(script, 'main').address);
        const expected = core.rpc('deriveaddresses', given, ...range);
        if (addresses.every((address) => address === undefined)) await expect(expected).rejects.toThrow();
        else expect(addresses.filter((address) => address !== undefined)).toEqual(await expected);
      }
      for (const { text } of invalidDescriptors) {
        const parsed = parseDescriptor(text, 'main');
        const error = core.rpc('getdescriptorinfo', text);
        await expect(error).rejects.toThrow(
          `getdescriptorinfo: ${parsed.status === 'invalid' && parsed.error}`,
        );
      }
      for (const text of damaged(['bc1q', 'bc1p', '1', '3'].map((start) => ADDRESSES[start]!), 150)) {
        const decoded = decodeAddress(text, 'main');
        const { isvalid, error, error_locations } = await core.rpc<ValidateAddress>('validateaddress', text);
        expect({ text, ...decoded }).toEqual(
          isvalid
            ? { text, status: 'ok', scriptPubKey: expect.anything() }
            : { text, status: 'invalid', error, errorLocations: error_locations },
        );
      }
      for (const script of randomScripts(200)) {
        const { p2sh: _p2sh, segwit: _segwit, ...expected } = await core.rpc<
          object & { p2sh?: string; segwit?: object }
        >('decodescript', script);
        const { hex: _hex, ...own } = scriptToJson(fromHex(script), 'main');
        expect({ script, ...own }).toEqual({ script, ...expected });
      }
    } finally {
      await core.stop();
    }
  }, 60_000);
});
