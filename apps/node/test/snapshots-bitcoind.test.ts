import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startBitcoind, type BitcoindPeer } from '@btcp2p/bitcoind-peer';
import { CoinsStore } from '@btcp2p/chainstate';
import { SeededRng } from '@btcp2p/machine';
import { describeWithBitcoind } from '@btcp2p/testdata';
import { hashFromHex, toHex } from '@btcp2p/wire';
import { LmdbStore } from '../src/storage/kv/lmdb-store.ts';
import { RpcNode } from './support/rpc-node.ts';
import { SNAPSHOT_HEIGHT, snapshotChain } from './support/snapshot-chain.ts';
import { temporaryDirectory } from './support/support.ts';

/** How often nodes are killed: in all, five times as often. */
const LIVES = 2 * Number(process.env['BTCP2P_CRASH_RUNS'] ?? 1);
const SEED = BigInt(process.env['BTCP2P_CRASH_SEED'] ?? 1);
const TIP = SNAPSHOT_HEIGHT + 60;

interface State {
  readonly blocks: number;
  readonly validated: boolean;
  readonly snapshot_blockhash?: string;
}

describeWithBitcoind('coins that bitcoind has dumped', (binary) => {
  const files = mkdtempSync(join(tmpdir(), 'btcp2p-snapshots-'));
  const dump = join(files, 'snapshot.dat');
  let core: BitcoindPeer;
  const headers: string[] = [];
  let address: string;

  beforeAll(async () => {
    core = await startBitcoind(binary, ['-coinstatsindex=1']);
    for (const block of snapshotChain()) await core.rpc('submitblock', toHex(block.bytes));
    await core.rpc('dumptxoutset', dump, 'latest');
    address = `127.0.0.1:${core.port}`;
    await core.rpc('generatetodescriptor', TIP - SNAPSHOT_HEIGHT, 'raw(51)');
    for (let height = 1; height <= TIP; height++) {
      const hash = await core.rpc<string>('getblockhash', height);
      headers.push(await core.rpc<string>('getblockheader', hash, false));
    }
  }, 60_000);
  afterAll(async () => {
    await core?.stop();
    rmSync(files, { recursive: true });
  });

  const states = async (node: RpcNode): Promise<readonly State[]> =>
    (await node.rpc<{ chainstates: readonly State[] }>('getchainstates')).chainstates;
  const services = async (node: RpcNode): Promise<readonly string[]> =>
    (await node.rpc<{ localservicesnames: readonly string[] }>('getnetworkinfo')).localservicesnames;
  const giveHeaders = async (node: RpcNode): Promise<void> => {
    for (const header of headers) await node.rpc('submitheader', header);
  };

  /** A node that has the headers and has loaded the coins. */
  async function loaded(directory: string): Promise<RpcNode> {
    const node = await RpcNode.up(directory);
    await giveHeaders(node);
    await node.rpc('loadtxoutset', dump);
    return node;
  }

  /** The coins of the active chain have to be those of its last block. */
  async function checkCoins(node: RpcNode): Promise<void> {
    const { height, muhash } = await node.rpc<{ height: number; muhash: string }>(
      'gettxoutsetinfo', 'muhash',
    );
    const theirs = await core.rpc<{ muhash: string }>('gettxoutsetinfo', 'muhash', height);
    expect({ height, muhash }).toEqual({ height, muhash: theirs.muhash });
  }

  async function proved(node: RpcNode): Promise<void> {
    await node.until(async () => {
      const [last, ...others] = await states(node);
      return others.length === 0 && last!.blocks === TIP;
    });
  }

  test('are gone on from, proved, and have the place of the others after a restart', async () => {
    const directory = temporaryDirectory();
    let node = await loaded(directory);
    expect(await states(node)).toMatchObject([
      { blocks: 0, validated: true }, { blocks: SNAPSHOT_HEIGHT, validated: false },
    ]);
    expect(await services(node)).not.toContain('NETWORK');
    expect(await services(node)).toContain('NETWORK_LIMITED');
    await expect(node.rpc('loadtxoutset', dump)).rejects.toThrow('more than once');
    const missing = await core.rpc<string>('getblockhash', SNAPSHOT_HEIGHT);
    await expect(node.rpc('getblock', missing)).rejects.toThrow('Block not available (not fully downloaded)');
    await checkCoins(node);
    await node.stop();

    node = await RpcNode.up(directory);
    expect(await states(node)).toMatchObject([{ blocks: 0 }, { blocks: SNAPSHOT_HEIGHT, validated: false }]);
    expect(await services(node)).not.toContain('NETWORK');
    await node.rpc('addnode', address, 'onetry');
    await proved(node);
    const [state] = await states(node);
    expect(state).toMatchObject({ validated: true, snapshot_blockhash: missing });
    expect(await services(node)).toContain('NETWORK');
    await checkCoins(node);
    const [ours, theirs] = ['ours', 'theirs'].map((name) => join(files, name)) as [string, string];
    await Promise.all([
      node.rpc('dumptxoutset', ours, 'latest'), core.rpc('dumptxoutset', theirs, 'latest'),
    ]);
    expect(readFileSync(ours).equals(readFileSync(theirs))).toBe(true);
    await node.rpc('dumptxoutset', `${ours}-rolled-back`, 'rollback', { rollback: SNAPSHOT_HEIGHT });
    expect(readFileSync(`${ours}-rolled-back`).equals(readFileSync(dump))).toBe(true);
    expect(existsSync(join(node.directory, 'chainstate_snapshot'))).toBe(true);
    await node.stop();

    node = await RpcNode.up(directory);
    expect(existsSync(join(node.directory, 'chainstate_snapshot'))).toBe(false);
    const [last, ...others] = await states(node);
    expect([last, others]).toEqual([expect.objectContaining({ blocks: TIP, validated: true }), []]);
    expect(last!.snapshot_blockhash).toBe(undefined);
    await checkCoins(node);
    for (const height of [1, SNAPSHOT_HEIGHT, TIP]) {
      const hash = await core.rpc<string>('getblockhash', height);
      expect(await node.rpc('getblock', hash, 0)).toBe(await core.rpc('getblock', hash, 0));
    }
    await node.stop();
  }, 60_000);

  test('are moved away if the blocks come to others', async () => {
    const directory = temporaryDirectory();
    let node = await loaded(directory);
    await node.stop();
    // As a fault of the disk would have it.
    const store = LmdbStore.open(join(node.directory, 'chainstate'));
    const coins = new CoinsStore(store);
    const coin = { value: 1n, scriptPubKey: Uint8Array.of(0x51), height: 0, isCoinbase: false };
    coins.write([{ outpoint: { txid: hashFromHex('ab'.repeat(32)), index: 0 }, coin }], coins.bestBlock());
    store.close();
    node = await RpcNode.start(directory, [`-connect=${address}`]);
    expect((await node.ended).code).toBe(1);
    expect(node.log).toMatch(/\[snapshot\] hash mismatch: actual=\w{64}, expected=17dcc016/);
    expect(node.log).toContain('failed to validate the -assumeutxo snapshot state');
    expect(existsSync(join(node.directory, 'chainstate_snapshot'))).toBe(false);
    expect(existsSync(join(node.directory, 'chainstate_snapshot_INVALID'))).toBe(true);

    node = await RpcNode.up(directory, [`-connect=${address}`]);
    await proved(node);
    expect(await services(node)).toContain('NETWORK');
    await node.stop();
  }, 60_000);

  test('are loaded anew where loading was left', async () => {
    const directory = temporaryDirectory();
    const node = await RpcNode.up(directory, ['-dbbatchsize=100']);
    await giveHeaders(node);
    const left = node.rpc('loadtxoutset', dump).then(() => 'loaded', () => 'left');
    await delay(10);
    await node.stop();
    const again = await RpcNode.up(directory);
    expect((await states(again)).length).toBe((await left) === 'loaded' ? 2 : 1);
    if ((await left) === 'left') await again.rpc('loadtxoutset', dump);
    await checkCoins(again);
    await again.stop();
  }, 60_000);

  test(`survive ${5 * LIVES} times kill -9, seed ${SEED}`, async () => {
    const rng = new SeededRng(SEED);
    const tally = { unloaded: 0, loaded: 0, behind: 0, proved: 0 };

    async function killed(node: RpcNode, milliseconds: number): Promise<void> {
      await delay(milliseconds);
      await node.kill();
    }

    for (let life = 0; life < LIVES; life++) {
      const directory = temporaryDirectory();
      let node = await RpcNode.up(directory, ['-dbbatchsize=300']);
      await giveHeaders(node);
      const load = async (): Promise<void> => {
        node.rpc('loadtxoutset', dump).catch(() => {});
        await killed(node, rng.below(250));
        node = await RpcNode.up(directory, ['-dbbatchsize=300']);
        await checkCoins(node);
        tally[(await states(node)).length === 2 ? 'loaded' : 'unloaded']++;
      };
      await load();
      if ((await states(node)).length === 1) await load();
      if ((await states(node)).length === 1) await node.rpc('loadtxoutset', dump);

      for (let i = 0; i < 2; i++) {
        await node.rpc('addnode', address, 'onetry');
        await killed(node, rng.below(400));
        node = await RpcNode.up(directory);
        await checkCoins(node);
        tally[(await states(node)).length === 2 ? 'behind' : 'proved']++;
      }

      // Around the proof, and around what follows it at the next start.
      await node.rpc('addnode', address, 'onetry');
      if ((await states(node)).length === 2) {
        await node.until(() => node.log.includes('computing UTXO stats'));
      }
      await killed(node, rng.below(20));
      node = await RpcNode.start(directory);
      await killed(node, rng.below(1_200));
      node = await RpcNode.up(directory, [`-connect=${address}`]);
      await checkCoins(node);
      await proved(node);
      await checkCoins(node);
      await node.stop();
      node = await RpcNode.up(directory);
      expect(existsSync(join(node.directory, 'chainstate_snapshot'))).toBe(false);
      await checkCoins(node);
      expect(await states(node)).toMatchObject([{ blocks: TIP, validated: true }]);
      await node.stop();
    }
    process.stderr.write(`${5 * LIVES} kills, no difference: ${JSON.stringify(tally)}\n`);
  }, 60_000 + 40_000 * LIVES);
});
