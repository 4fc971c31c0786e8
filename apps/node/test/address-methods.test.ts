import { expect, test } from '@jest/globals';
import { startBitcoind } from '@btcp2p/bitcoind-peer';
import { describeWithBitcoind } from '@btcp2p/testdata';
import { addressMethods } from '../src/descriptors/address-methods.ts';
import { withChecksum } from '../src/descriptors/descriptor-checksum.ts';
import { JsonNumber, type JsonOutput, type JsonValue } from '../src/rpc/json-value.ts';
import { RpcArgs } from '../src/rpc/rpc-method.ts';
import { undescribed } from '../src/rpc/rpc-result.ts';

async function call(name: string, ...values: JsonValue[]): Promise<JsonOutput> {
  const method = addressMethods.find((each) => each.name === name)!;
  const { signal } = new AbortController();
  const context = { addresses: { chain: 'regtest' } } as const;
  const result = await method.handler(new RpcArgs(method.params, values), context, { user: '', signal });
  expect(undescribed(method.results, result)).toBeUndefined();
  return result;
}

const KEY = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
const LONG_KEY =
  '0408ef68c46d20596cc3f6ddf7c8794f71913add807f1dc55949fa805d764d191c' +
  '0b7ce6894c126fce0babc6663042f3dde9b0cf76467ea315514e5a6731149c67';
const TPUB =
  'tpubD6NzVbkrYhZ4XgiXtGrdW5XDAPFCL9h7we1vwNCpn8tGbBcgfVYjXyhWo4E1xkh56hjod1RhGjxbaTLV3X4FyWuejifB9jusQ46QzG87VKp';

/** Method and parameters, as a client sends them. */
const CALLS: readonly (readonly [method: string, ...params: unknown[]])[] = [
  ['validateaddress', 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'],
  ['validateaddress', 'mneYUmWYsuk7kySiURxCi3AGxrAqZxLgPZ'],
  ['validateaddress', '2N2JD6wb56AfK4tfmM6PwdVmoYk2dCKf4Br'],
  ['validateaddress', 'bcrt1pamhqk96edn'],
  ['validateaddress', 'bcrt1pfeesnyr2tx'],
  ['validateaddress', 'bcrt1pamhwamhwamhwamhwamhwamhwamhwamhwamhwamhwamhwamhwamhqz6nvlh'],
  ['validateaddress', 'bcrt1pamhwamhwamhwamhwamhwamhwamhwamhwamhwamhwamhwamhwamhqz6nvlq'],
  ['validateaddress', ''],
  ['getdescriptorinfo', `wpkh([D34DB33F/84'/0h/0h]${KEY})`],
  ['getdescriptorinfo', `wpkh(${TPUB}/<0;1>/*h)`],
  ['getdescriptorinfo', 'addr(bcrt1pamhqk96edn)'],
  ['getdescriptorinfo', ''],
  ['deriveaddresses', `wpkh(${KEY})`],
  ['deriveaddresses', withChecksum(`wpkh(${KEY})`)],
  ['deriveaddresses', withChecksum(`wpkh(${KEY})`), [0, 1]],
  ['deriveaddresses', withChecksum(`wpkh(${TPUB}/0/*)`)],
  ['deriveaddresses', withChecksum(`wpkh(${TPUB}/0/*)`), 3],
  ['deriveaddresses', withChecksum(`wpkh(${TPUB}/0/*)`), [2_147_483_645, 2_147_483_647]],
  ['deriveaddresses', withChecksum(`wpkh(${TPUB}/0/*)`), [1, 0]],
  ['deriveaddresses', withChecksum(`wpkh(${TPUB}/0/*)`), [-1, 0]],
  ['deriveaddresses', withChecksum(`wpkh(${TPUB}/0/*)`), 2_147_483_648],
  ['deriveaddresses', withChecksum(`wpkh(${TPUB}/0/*)`), 1_000_000],
  ['deriveaddresses', withChecksum(`wpkh(${TPUB}/0/*)`), [1]],
  ['deriveaddresses', withChecksum(`wpkh(${TPUB}/0/*h)`), 1],
  ['deriveaddresses', withChecksum(`tr(${TPUB}/<0;1>/*)`), [4, 5]],
  ['deriveaddresses', withChecksum(`combo(${KEY})`)],
  ['deriveaddresses', withChecksum(`pk(${KEY})`)],
  ['deriveaddresses', withChecksum('raw(51)')],
  ['createmultisig', 1, [KEY]],
  ['createmultisig', 2, [KEY, LONG_KEY]],
  ['createmultisig', 2, [KEY, LONG_KEY], 'bech32'],
  ['createmultisig', 2, [KEY, KEY, KEY, KEY], 'p2sh-segwit'],
  ['createmultisig', 17, Array.from({ length: 20 }, () => KEY), 'bech32'],
  ['createmultisig', 1, Array.from({ length: 16 }, () => KEY)],
  ['createmultisig', 1, Array.from({ length: 21 }, () => KEY)],
  ['createmultisig', 0, [KEY]],
  ['createmultisig', 2, [KEY]],
  ['createmultisig', 1, [KEY], 'bech32m'],
  ['createmultisig', 1, [KEY], 'x'],
  ['createmultisig', 1, ['x']],
  ['createmultisig', 1, ['0011']],
  ['createmultisig', 1, [`02${'ff'.repeat(32)}`]],
];

function toJsonValue(value: unknown): JsonValue {
  if (typeof value === 'number') return new JsonNumber(String(value));
  return Array.isArray(value) ? value.map(toJsonValue) : (value as string);
}

/** What was answered, or the sentence of the refusal. */
async function outcome(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    return { refusal: (error as Error).message.replace(/^[a-z]+: /, '') };
  }
}

describeWithBitcoind('beside a real bitcoind', (binary) => {
  test('the methods of addresses answer and refuse alike', async () => {
    const core = await startBitcoind(binary, ['-connect=0']);
    try {
      for (const [method, ...params] of CALLS) {
        const ours = await outcome(call(method, ...params.map(toJsonValue)));
        const theirs = await outcome(core.rpc(method, ...params));
        expect({ method, params, ours }).toEqual({ method, params, ours: theirs });
      }
    } finally {
      await core.stop();
    }
  });
});

test('an address, and what is wrong with another', async () => {
  expect(await call('validateaddress', 'bcrt1pfeesnyr2tx')).toMatchObject({
    isvalid: true, isscript: true, iswitness: true, scriptPubKey: '51024e73',
  });
  expect(await call('validateaddress', 'bcrt1pfeesnyr2tq')).toEqual({
    isvalid: false, error: 'Invalid Bech32m checksum', error_locations: [15],
  });
});
