import { expect, test } from '@jest/globals';
import { startBitcoind, type BitcoindPeer } from '@btcp2p/bitcoind-peer';
import { describeWithBitcoind } from '@btcp2p/testdata';
import { fromHex, mainnet, regtest, toHex } from '@btcp2p/wire';
import { assembleBlock } from '../src/mining/block-template.ts';
import { difficultyOf } from '../src/mining/difficulty.ts';
import { mineBlock } from '../src/mining/mine-block.ts';
import { miningMethods } from '../src/mining/mining-methods.ts';
import { JsonNumber, JsonObject, type JsonOutput, type JsonValue } from '../src/rpc/json-value.ts';
import { RpcArgs } from '../src/rpc/rpc-method.ts';
import { formatDouble, writeJson } from '../src/rpc/write-json.ts';
import { MiningNode, type MiningNodeOptions } from './support/mining-node.ts';

const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const SEGWIT = { rules: ['segwit'] };
const REQUEST = new JsonObject([['rules', ['segwit']]]);

/** Calls a method of ours. The answer is as a client gets it. */
async function call(node: MiningNode, name: string, ...values: JsonValue[]): Promise<unknown> {
  const method = miningMethods.find((each) => each.name === name)!;
  const { signal } = new AbortController();
  const args = new RpcArgs(method.params, values);
  const result: JsonOutput = await method.handler(args, { mining: node }, { user: '', signal });
  return JSON.parse(writeJson(result));
}

/** Calls `body` with a bitcoind, and a node of ours that has the same headers and the same clock. */
async function withBoth(
  binary: string,
  args: readonly string[],
  options: MiningNodeOptions,
  body: (core: BitcoindPeer, node: MiningNode) => Promise<void>,
): Promise<void> {
  const chain = options.network === mainnet ? 'main' : 'regtest';
  const core = await startBitcoind(binary, ['-connect=0', ...args], chain);
  try {
    const node = new MiningNode(options);
    await node.follow(core);
    await body(core, node);
  } finally {
    await core.stop();
  }
}

/** Sets both clocks, on regtest. */
async function setTime(core: BitcoindPeer, node: MiningNode, time: number): Promise<void> {
  node.time = time;
  await core.rpc('setmocktime', time);
}

/** A template of ours, mined, which bitcoind accepts and so is the tip of both. */
async function mineOurs(core: BitcoindPeer, node: MiningNode): Promise<void> {
  const block = assembleBlock(await node.miner.createTemplate(Uint8Array.of(0x51)));
  await mineBlock(block, { params: node.params, maxTries: 1_000n });
  expect(await core.rpc('submitblock', toHex(block))).toBeNull();
  await node.follow(core);
}

async function compareTemplates(core: BitcoindPeer, node: MiningNode): Promise<Record<string, unknown>> {
  const theirs = await core.rpc<Record<string, unknown>>('getblocktemplate', SEGWIT);
  const ours = await call(node, 'getblocktemplate', REQUEST) as Record<string, unknown>;
  // Core counts transactions that came and went in the last part of the id.
  expect(ours).toEqual({ ...theirs, longpollid: expect.stringMatching(/^[0-9a-f]{64}\d+$/) });
  expect(Object.keys(ours)).toEqual(Object.keys(theirs));
  expect(String(theirs['longpollid']).slice(0, 64)).toBe(String(ours['longpollid']).slice(0, 64));
  return ours;
}

async function compareInfo(core: BitcoindPeer, node: MiningNode): Promise<void> {
  for (const [count, height] of [[120, -1], [-1, -1], [5, 3], [1_000, 7]] as const) {
    const ours = call(
      node, 'getnetworkhashps', new JsonNumber(String(count)), new JsonNumber(String(height)),
    );
    expect(await ours).toBe(await core.rpc('getnetworkhashps', count, height));
  }
  const theirs = await core.rpc<Record<string, unknown>>('getmininginfo');
  const ours = await call(node, 'getmininginfo') as Record<string, unknown>;
  // Warnings are the node's, and not of mining.
  expect(ours).toEqual({ ...theirs, warnings: [] });
  expect(Object.keys(ours)).toEqual(Object.keys(theirs));
}

describeWithBitcoind('with a real bitcoind', (binary) => {
  test('blocks of ours are accepted one after the other, and templates are the same', () =>
    withBoth(binary, [], {}, async (core, node) => {
      const start = regtest.genesis.header.time;
      for (let height = 0; height < 20; height++) {
        await setTime(core, node, start + 600 * height + (height % 3 === 0 ? 1_201 : 0));
        await compareTemplates(core, node);
        await mineOurs(core, node);
      }
      await compareTemplates(core, node);
      await compareInfo(core, node);
      expect(Number(formatDouble(difficultyOf(0x207fffff)))).toBe(await core.rpc('getdifficulty'));
    }));

  test('where segwit starts late, and testdummy is signalled for', () =>
    withBoth(
      binary,
      ['-testactivationheight=segwit@150', '-vbparams=testdummy:0:999999999999'],
      {
        consensus: {
          activationHeights: { segwit: 150 },
          versionBits: { testdummy: { startTime: 0n, timeout: 999_999_999_999n } },
        },
      },
      async (core, node) => {
        const seen = new Set<string>();
        const start = regtest.genesis.header.time;
        for (let round = 0; round < 38; round++) {
          await setTime(core, node, start + 6_000 * (round + 1));
          const { version, rules, vbavailable } = await compareTemplates(core, node);
          seen.add(JSON.stringify({ version, rules, vbavailable }));
          await mineOurs(core, node);
          await core.rpc('generatetoaddress', 11, ADDRESS);
          await node.follow(core);
        }
        // Segwit comes while testdummy is signalled for, which is locked in then and then holds.
        expect([...seen].map((text) => JSON.parse(text))).toEqual([
          { version: 0x20000000, rules: ['csv', 'taproot'], vbavailable: {} },
          { version: 0x30000000, rules: ['csv', 'taproot'], vbavailable: { testdummy: 28 } },
          { version: 0x30000000, rules: ['csv', '!segwit', 'taproot'], vbavailable: { testdummy: 28 } },
          { version: 0x20000000, rules: ['csv', '!segwit', 'taproot', 'testdummy'], vbavailable: {} },
        ]);
      },
    ));

  test('under BIP 94, a period does not begin long before the last one ended', () =>
    withBoth(binary, ['-test=bip94'], { consensus: { enforceBIP94: true } }, async (core, node) => {
      const start = regtest.genesis.header.time;
      await setTime(core, node, start + 144_000);
      await core.rpc('generatetoaddress', 142, ADDRESS);
      await setTime(core, node, start + 150_000);
      await core.rpc('generatetoaddress', 1, ADDRESS);
      await node.follow(core);
      await setTime(core, node, start + 145_000);
      expect(await compareTemplates(core, node)).toMatchObject({
        height: 144, mintime: start + 149_400, curtime: start + 149_400,
      });
      await mineOurs(core, node);
      await compareInfo(core, node);
    }));

  test('blocks with transactions: witnesses are committed to as Core does', () =>
    withBoth(binary, [], {}, async (core, node) => {
      await setTime(core, node, regtest.genesis.header.time + 600);
      const descriptor = 'raw(51)';
      await core.rpc('generatetodescriptor', 101, descriptor);
      await node.follow(core);
      const coinbase = await core.rpc<string>(
        'getblock', await core.rpc('getblockhash', 1), 1,
      ) as unknown as { tx: string[] };
      const spend = await core.rpc<string>(
        'createrawtransaction', [{ txid: coinbase.tx[0], vout: 0 }], [{ [ADDRESS]: 49 }],
      );
      const { hex } = await call(node, 'generateblock', ADDRESS, [spend], false) as { hex: string };
      expect(await core.rpc('submitblock', hex)).toBeNull();
      const theirs = await core.rpc<{ hex: string }>('generateblock', ADDRESS, [], false);
      await node.follow(core);
      const ours = await call(node, 'generateblock', ADDRESS, [], false) as { hex: string };
      // The nonce apart, it is the same block: both take the first that does.
      expect(ours).toEqual(theirs);
      expect(fromHex(ours.hex).length).toBeGreaterThan(200);
    }));
});
