import { describe, expect, test } from '@jest/globals';
import {
  checkProofOfWork, consensusParams, genesisAnchor, HeaderTree, type HeaderEntry,
} from '@btcp2p/consensus';
import {
  BlockView, fromHex, hashFromHex, hashToHex, mainnet, regtest, signet, testnet4, toHex, TransactionView,
} from '@btcp2p/wire';
import {
  assembleBlock, createBlockTemplate, minimumTime, templateTip, withTime, type TemplateTransaction,
} from '../src/mining/block-template.ts';
import { mineBlock } from '../src/mining/mine-block.ts';
import { miningMethods } from '../src/mining/mining-methods.ts';
import type { MiningMempool } from '../src/mining/mining-context.ts';
import { JsonObject, JsonNumber, type JsonOutput, type JsonValue } from '../src/rpc/json-value.ts';
import { RpcArgs } from '../src/rpc/rpc-method.ts';
import { undescribed } from '../src/rpc/rpc-result.ts';
import { encodeAddress } from '../src/descriptors/address.ts';
import { MiningNode } from './support/mining-node.ts';

const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const ANYONE = Uint8Array.of(0x51);

/** Calls a method as the server does, and compares the answer with its description. */
async function call(node: MiningNode, name: string, ...values: JsonValue[]): Promise<JsonOutput> {
  const method = miningMethods.find((each) => each.name === name)!;
  const { signal } = new AbortController();
  const args = new RpcArgs(method.params, values);
  const result = await method.handler(args, { mining: node }, { user: '', signal });
  expect(undescribed(method.results, result)).toBeUndefined();
  return result;
}

const number = (value: number): JsonNumber => new JsonNumber(String(value));
const object = (members: { readonly [name: string]: JsonValue }): JsonObject =>
  new JsonObject(Object.entries(members));
const SEGWIT = object({ rules: ['segwit'] });

describe('templates', () => {
  const params = consensusParams(regtest);
  const tip = {
    hash: new Uint8Array(32).fill(7), height: 142, time: 5_000, medianTimePast: 1_000,
    bitsAt: () => 0x207fffff,
  };

  test('their time is after the median time past, and not before the clock', () => {
    const make = (now: number) =>
      createBlockTemplate({ tip, params, version: 4, scriptPubKey: ANYONE, now });
    expect([make(0).time, make(1_001).time, make(9_000).time]).toEqual([1_001, 1_001, 9_000]);
    expect(minimumTime({ ...tip, height: 143 }, params)).toBe(4_400);
    expect([0, 1_500].map((now) => withTime(make(1_200), params, now).time)).toEqual([1_200, 1_500]);
  });

  test.each([[0, '5100'], [15, '6000'], [16, '011100'], [127, '02800000'], [32_767, '0300800000']])(
    'after height %i, the coinbase begins with %s',
    (height, hex) => {
      const { coinbase } = createBlockTemplate({
        tip: { ...tip, height }, params, version: 4, scriptPubKey: ANYONE, now: 0,
      });
      expect(toHex(coinbase.inputs[0]!.scriptSig)).toBe(hex);
      expect([coinbase.lockTime, coinbase.inputs[0]!.sequence]).toEqual([height, 0xffff_fffe]);
    },
  );

  test('blocks of test networks get easier when time has passed', () => {
    const network = testnet4;
    const headers = new HeaderTree({ params: consensusParams(network), anchor: genesisAnchor(network) });
    const [hard, easy] = [0x1c0fffff, 0x1d00ffff];
    const made = {
      ...tip, bitsAt: (time: number) => (time > tip.time + 1_200 ? easy : hard),
    };
    const template = createBlockTemplate({
      tip: made, params: consensusParams(network), version: 4, scriptPubKey: ANYONE, now: 5_000,
    });
    expect(template.bits).toBe(hard);
    expect(withTime(template, consensusParams(network), 6_201).bits).toBe(easy);
    expect(templateTip(headers, headers.best).bitsAt(2_000_000_000)).toBe(easy);
  });

  test('fees go to the miner, and blocks obey all rules', async () => {
    const source = new MiningNode();
    const [hash] = await source.miner.generate({
      scriptPubKey: ANYONE, count: 1, maxTries: 100n,
    }) as [string];
    const view = BlockView.of(source.blocks.get(reversed(hash))!);
    const spend: TemplateTransaction = {
      transaction: TransactionView.from({
        version: 2,
        inputs: [{
          prevout: { txid: view.txid(0), index: 0 }, scriptSig: new Uint8Array(0), sequence: 0,
          witness: [Uint8Array.of(1)],
        }],
        outputs: [{ value: 1n, scriptPubKey: ANYONE }],
        lockTime: 0,
      }),
      fee: 4_999_999_999n,
      sigOpCost: 4,
    };
    const template = await source.miner.createTemplate(ANYONE, [spend]);
    expect(template.coinbase.outputs[0]!.value).toBe(9_999_999_999n);
    const block = assembleBlock(template);
    await mineBlock(block, { params, maxTries: 1_000n });
    expect(await source.submitBlock(block)).toBeUndefined();
  });
});

function reversed(hash: string): string {
  return toHex(hashFromHex(hash));
}

describe('mining', () => {
  const params = consensusParams(regtest);
  const block = async (): Promise<Uint8Array> =>
    assembleBlock(await new MiningNode().miner.createTemplate(ANYONE));

  test('finds a nonce, and says how many tries it took', async () => {
    const bytes = await block();
    const { status, triesLeft } = await mineBlock(bytes, { params, maxTries: 1_000n });
    const { nonce, bits } = BlockView.of(bytes).header;
    expect(status).toBe('found');
    expect(1_000n - triesLeft).toBe(BigInt(nonce));
    expect(checkProofOfWork(BlockView.of(bytes).hash(), bits, params)).toBe(true);
  });

  test('ends after enough tries, at the last nonce, and when it is told', async () => {
    const hard = { ...params, powLimit: (1n << 200n) - 1n };
    const aborted = AbortSignal.abort();
    expect(await mineBlock(await block(), { params: hard, maxTries: 300n })).toEqual({
      status: 'tried-enough', triesLeft: 0n,
    });
    const atEnd = await block();
    atEnd.set([0xf0, 0xff, 0xff, 0xff], 76);
    expect(await mineBlock(atEnd, { params: hard, maxTries: 300n })).toEqual({
      status: 'no-nonce-left', triesLeft: 285n,
    });
    expect(await mineBlock(await block(), { params: hard, maxTries: 300n, signal: aborted })).toEqual({
      status: 'tried-enough', triesLeft: 300n,
    });
  });

  test('others get their turn', async () => {
    const hard = { ...params, powLimit: (1n << 200n) - 1n };
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    await mineBlock(await block(), { params: hard, maxTries: 200_000n });
    clearInterval(timer);
    expect(longest).toBeGreaterThan(0);
    // Slices are of 10 ms; the machine may be busy with others besides.
    expect(longest).toBeLessThan(500);
  });
});

describe('methods', () => {
  test('generatetoaddress, generatetodescriptor: a chain of blocks', async () => {
    const node = new MiningNode();
    const first = await call(node, 'generatetoaddress', number(3), ADDRESS) as string[];
    const second = await call(node, 'generatetodescriptor', number(2), 'raw(51)') as string[];
    const hashes = [...first, ...second];
    expect(hashes).toHaveLength(5);
    const { headers } = node;
    expect(hashToHex(headers.hash(node.tip()))).toBe(hashes[4]);
    expect(headers.height(node.tip())).toBe(5);
    await expect(call(node, 'generatetoaddress', number(1), 'x')).rejects.toMatchObject({
      code: -5, message: 'Error: Invalid address',
    });
    expect(await call(node, 'generatetodescriptor', number(1), 'raw(51)', number(0))).toEqual([]);
  });

  test('generateblock', async () => {
    const node = new MiningNode();
    const kept = await call(node, 'generateblock', ADDRESS, [], false) as { hash: string; hex: string };
    expect(node.headers.height(node.tip())).toBe(0);
    expect(await call(node, 'submitblock', kept.hex)).toBeNull();
    expect(hashToHex(node.headers.hash(node.tip()))).toBe(kept.hash);
    expect(await call(node, 'submitblock', kept.hex)).toBe('duplicate');
    const missing = '00'.repeat(32);
    const key = 'tpubD6NzVbkrYhZ4XgiXtGrdW5XDAPFCL9h7we1vwNCpn8tGbBcgfVYjXyhWo4E1xkh56hjod1RhGjxbaTLV3X4FyWuejifB9jusQ46QzG87VKp';
    for (const [output, transactions, code, message] of [
      [ADDRESS, [missing], -5, `Transaction ${missing} not in mempool.`],
      [
        ADDRESS, ['0000'], -22,
        'Transaction decode failed for 0000. Make sure the tx has at least one input.',
      ],
      ['1234', [], -5, 'Error: Invalid address or descriptor'],
      [
        `pkh(${key}/0/*)`, [], -8,
        'Ranged descriptor not accepted. Maybe pass through deriveaddresses first?',
      ],
      [`pkh(${key}/0'/0)`, [], -5, 'Cannot derive script without private keys'],
      [`pkh(${key}/<0;1>)`, [], -8, 'Multipath descriptor not accepted'],
    ] as const) {
      await expect(call(node, 'generateblock', output, transactions)).rejects.toMatchObject({
        code, message,
      });
    }
  });

  test('combo() pays to P2WPKH, or P2PKH of a key that is not compressed', async () => {
    const node = new MiningNode();
    // The keys and addresses of test/functional/rpc_generate.py.
    for (const [key, address] of [
      [
        '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
        'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080',
      ],
      [
        '0408ef68c46d20596cc3f6ddf7c8794f71913add807f1dc55949fa805d764d191c' +
          '0b7ce6894c126fce0babc6663042f3dde9b0cf76467ea315514e5a6731149c67',
        'mkc9STceoCcjoXEXe6cm66iJbmjM6zR9B2',
      ],
    ] as const) {
      const { hex } = await call(node, 'generateblock', `combo(${key})`, [], false) as { hex: string };
      const { scriptPubKey } = BlockView.of(fromHex(hex)).transaction(0).outputs[0]!;
      expect(encodeAddress(scriptPubKey, 'regtest')).toBe(address);
    }
  });

  test('generate is no more', async () => {
    await expect(call(new MiningNode(), 'generate')).rejects.toMatchObject({
      code: -32601,
      message:
        'generate\n\nhas been replaced by the -generate cli option. Refer to -help for more information.\n',
    });
  });

  test('submitblock puts in the reserved value that a miner left out', async () => {
    const node = new MiningNode();
    const bytes = assembleBlock(await node.miner.createTemplate(ANYONE));
    await mineBlock(bytes, { params: node.params, maxTries: 1_000n });
    const view = BlockView.of(bytes);
    const stripped = toHex(view.strippedBytes());
    expect(await call(node, 'submitblock', stripped)).toBeNull();
    expect(node.blocks.get(toHex(view.hash()))).toEqual(bytes);
    await expect(call(node, 'submitblock', stripped.slice(0, -2))).rejects.toMatchObject({
      code: -22, message: 'Block decode failed',
    });
    expect(await call(node, 'submitblock', '00'.repeat(81))).toBe('high-hash');
  });

  test('submitheader', async () => {
    const node = new MiningNode();
    const { hex, hash } = await call(
      node, 'generateblock', ADDRESS, [], false,
    ) as { hex: string; hash: string };
    expect(await call(node, 'submitheader', hex)).toBeNull();
    expect(hashToHex(node.headers.hash(node.headers.best))).toBe(hash);
    expect(node.headers.height(node.tip())).toBe(0);
    for (const [header, code, message] of [
      ['xx'.repeat(80), -22, 'Block header decode failed'],
      ['ff'.repeat(78), -22, 'Block header decode failed'],
      ['00'.repeat(80), -25, `Must submit previous header (${'00'.repeat(32)}) first`],
    ] as const) {
      await expect(call(node, 'submitheader', header)).rejects.toMatchObject({ code, message });
    }
  });

  test('getnetworkhashps refuses what it cannot tell', async () => {
    const node = new MiningNode();
    expect(await call(node, 'getnetworkhashps')).toBe(0);
    await call(node, 'generatetoaddress', number(3), ADDRESS);
    await expect(call(node, 'getnetworkhashps', number(0))).rejects.toMatchObject({
      code: -8, message: 'Invalid nblocks. Must be a positive number or -1.',
    });
    await expect(call(node, 'getnetworkhashps', number(1), number(4))).rejects.toMatchObject({
      code: -8, message: 'Block does not exist at specified height',
    });
    expect(await call(node, 'getnetworkhashps', number(1), number(1))).toBeGreaterThan(0);
  });

  test('getmininginfo tells of the last template once there is one', async () => {
    const node = new MiningNode();
    expect(Object.keys(await call(node, 'getmininginfo') as object)).not.toContain('currentblocktx');
    await call(node, 'getblocktemplate', SEGWIT);
    expect(await call(node, 'getmininginfo')).toMatchObject({ currentblocktx: 0, currentblockweight: 8_000 });
  });
});

describe('getblocktemplate', () => {
  test('refuses modes that there are none, and clients that do not know the rules', async () => {
    for (const [request, code, message] of [
      [object({ mode: number(1) }), -8, 'Invalid mode'],
      [object({ mode: 'x', rules: ['segwit'] }), -8, 'Invalid mode'],
      [object({ mode: 'proposal' }), -3, 'Missing data String key for proposal'],
      [object({ mode: 'proposal', data: '00' }), -22, 'Block decode failed'],
      [object({ rules: [number(1)] }), -3, 'JSON value of type number is not of expected type string'],
      [
        object({ longpollid: 'x', rules: ['segwit'] }), -8,
        "longpollid must be of length 64 (not 1, for 'x')",
      ],
      [
        object({}), -8,
        'getblocktemplate must be called with the segwit rule set (call with {"rules": ["segwit"]})',
      ],
    ] as const) {
      await expect(call(new MiningNode(), 'getblocktemplate', request)).rejects.toMatchObject({
        code, message,
      });
    }
    await expect(
      call(new MiningNode({ network: signet }), 'getblocktemplate', SEGWIT),
    ).rejects.toMatchObject({
      code: -8,
      message:
        'getblocktemplate must be called with the signet rule set ' +
        '(call with {"rules": ["segwit", "signet"]})',
    });
  });

  test('on the main network, asks for peers and for their blocks', async () => {
    const node = new MiningNode({ network: mainnet });
    await expect(call(node, 'getblocktemplate', SEGWIT)).rejects.toMatchObject({ code: -9 });
    node.connections = 1;
    await expect(call(node, 'getblocktemplate', SEGWIT)).rejects.toMatchObject({ code: -10 });
    node.initialDownload = false;
    expect(await call(node, 'getblocktemplate', SEGWIT)).toMatchObject({ height: 1, bits: '1d00ffff' });
  });

  test('before segwit, limits and counts are the old ones', async () => {
    const { transaction } = coin();
    const mempool = memory([{ transaction, fee: 5n, sigOpCost: 8 }]);
    const node = new MiningNode({ consensus: { activationHeights: { segwit: 10 } }, mempool });
    const template = await call(node, 'getblocktemplate', SEGWIT) as Record<string, JsonOutput>;
    expect(template).toMatchObject({ rules: ['csv', 'taproot'], sigoplimit: 20_000, sizelimit: 1_000_000 });
    expect(template).not.toHaveProperty('weightlimit');
    expect(template['transactions']).toMatchObject([{ fee: 5n, sigops: 2 }]);
  });

  test('transactions tell what they depend on', async () => {
    const first = coin();
    const second = coin(first.transaction.txid());
    const mempool = memory([
      { ...first, fee: 1n, sigOpCost: 0 }, { ...second, fee: 1n, sigOpCost: 0 },
    ]);
    const node = new MiningNode({ mempool });
    expect(await call(node, 'getblocktemplate', SEGWIT)).toMatchObject({
      transactions: [{ depends: [] }, { depends: [1], txid: hashToHex(second.transaction.txid()) }],
      coinbasevalue: 5_000_000_002n,
    });
  });

  test('a template lasts until there is another tip, or after 5 s another transaction', async () => {
    const mempool = memory([]);
    const node = new MiningNode({ mempool });
    const ids = async (): Promise<JsonOutput> => {
      const { longpollid } = await call(node, 'getblocktemplate', SEGWIT) as { longpollid: string };
      return longpollid.slice(64);
    };
    expect(await ids()).toBe('0');
    mempool.updates = 3;
    node.time += 5;
    expect(await ids()).toBe('0');
    node.time += 1;
    expect(await ids()).toBe('3');
    mempool.updates = 4;
    await call(node, 'generatetoaddress', number(1), ADDRESS);
    expect(await ids()).toBe('4');
  });

  test('waits for another tip if asked to', async () => {
    const node = new MiningNode();
    const { longpollid } = await call(node, 'getblocktemplate', SEGWIT) as { longpollid: string };
    const waiting = call(node, 'getblocktemplate', object({ rules: ['segwit'], longpollid }));
    let answered = false;
    void waiting.then(() => (answered = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    await call(node, 'generatetoaddress', number(1), ADDRESS);
    expect(await waiting).toMatchObject({ height: 2 });
    // Of a tip that is no more, at once.
    expect(await call(node, 'getblocktemplate', object({ rules: ['segwit'], longpollid }))).toMatchObject({
      height: 2,
    });
  });

  test('ends waiting when the node does', async () => {
    const node = new MiningNode();
    const { longpollid } = await call(node, 'getblocktemplate', SEGWIT) as { longpollid: string };
    const controller = new AbortController();
    const waiting = node.templates.request(object({ rules: ['segwit'], longpollid }), controller.signal);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: -9, message: 'Shutting down' });
  });

  test('proposals', async () => {
    const node = new MiningNode();
    const { hex } = await call(node, 'generateblock', ADDRESS, [], false) as { hex: string };
    const propose = (data: string) => call(node, 'getblocktemplate', object({ mode: 'proposal', data }));
    expect(await propose(hex)).toBeNull();
    await call(node, 'submitheader', hex);
    expect(await propose(hex)).toBe('duplicate-inconclusive');
    await call(node, 'submitblock', hex);
    expect(await propose(hex)).toBe('duplicate');
    const other = `${hex.slice(0, 8)}${'00'.repeat(32)}${hex.slice(72)}`;
    expect(await propose(other)).toBe('inconclusive-not-best-prevblk');
  });

  test('versions signal, once deployments have started', async () => {
    const versionBits = { testdummy: { startTime: 0n, timeout: 0x7fff_ffff_ffff_ffffn } };
    const node = new MiningNode({ consensus: { versionBits } });
    expect(await call(node, 'getblocktemplate', SEGWIT)).toMatchObject({
      version: 0x20000000, vbavailable: {},
    });
    await call(node, 'generatetoaddress', number(143), ADDRESS);
    expect(await call(node, 'getblocktemplate', SEGWIT)).toMatchObject({
      version: 0x30000000, vbavailable: { testdummy: 28 },
    });
    await call(node, 'generatetoaddress', number(288), ADDRESS);
    expect(await call(node, 'getblocktemplate', SEGWIT)).toMatchObject({
      version: 0x20000000, vbavailable: {}, rules: ['csv', '!segwit', 'taproot', 'testdummy'],
    });
  });
});

function coin(txid: Uint8Array = new Uint8Array(32).fill(9)): { readonly transaction: TransactionView } {
  const input = { prevout: { txid, index: 0 }, scriptSig: new Uint8Array(0), sequence: 0, witness: [] };
  const outputs = [{ value: 1n, scriptPubKey: ANYONE }];
  return { transaction: TransactionView.from({ version: 2, inputs: [input], outputs, lockTime: 0 }) };
}

function memory(transactions: readonly TemplateTransaction[]): MiningMempool & { updates: number } {
  return {
    size: transactions.length,
    updates: 0,
    get: () => Promise.resolve(undefined),
    select: () => Promise.resolve({ tip: 0, updates: 0, transactions }),
  };
}

test('a tip is an entry of the tree', () => {
  const node = new MiningNode();
  const entry: HeaderEntry = node.tip();
  expect(templateTip(node.headers, entry)).toMatchObject({ height: 0, time: 1296688602 });
});
