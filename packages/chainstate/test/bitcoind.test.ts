import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBitcoind, type BitcoindPeer } from '@btcp2p/bitcoind-peer';
import { blockSubsidy, consensusParams } from '@btcp2p/consensus';
import { describeWithBitcoind } from '@btcp2p/testdata';
import {
  BlockView, decode, encode, fromHex, hashToHex, Reader, regtest, toHex, Transaction, txid,
  type OutPoint,
} from '@btcp2p/wire';
import {
  BlockUndo,
  CoinsCache,
  CoinsStore,
  CoinStats,
  connectBlock,
  disconnectBlock,
  MemoryStore,
  MuHash3072,
  SNAPSHOT_METADATA_SIZE,
  SnapshotDecoder,
  SnapshotEncoder,
  SnapshotMetadata,
  undoChecksum,
} from '../src/index.ts';
import { nativeSha256, nativeSha256d, spend } from './support.ts';

const params = consensusParams(regtest);
const OP_TRUE = Uint8Array.of(0x51);
/** P2SH of OP_TRUE: HASH160 of 0x51. */
const P2SH_TRUE = fromHex('a914da1745e9b549bd0bfa1a569971c77eba30cd5a4b87');
/** The generator (SEC 2, §2.4.1), uncompressed. */
const KEY = fromHex(
  '0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798' +
    '483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8',
);

/** Scripts of every form of compression, and some of none. */
const SCRIPTS = [
  OP_TRUE,
  P2SH_TRUE,
  Uint8Array.of(0x76, 0xa9, 20, ...new Uint8Array(20), 0x88, 0xac),
  Uint8Array.of(33, 2, ...KEY.subarray(1, 33), 0xac),
  Uint8Array.of(33, 3, ...KEY.subarray(1, 33), 0xac),
  Uint8Array.of(65, ...KEY, 0xac),
  Uint8Array.of(65, ...KEY.with(64, KEY[64]! ^ 1), 0xac),
  Uint8Array.of(0x6a, 1, 1),
  new Uint8Array(0),
  new Uint8Array(300).fill(0x51),
  new Uint8Array(10_000).fill(0x51),
  new Uint8Array(10_001).fill(0x51),
];

describeWithBitcoind('a chain that bitcoind made', (binary) => {
  let bitcoind: BitcoindPeer;
  const directory = mkdtempSync(join(tmpdir(), 'btcp2p-chainstate-'));
  const store = new CoinsStore(new MemoryStore(), { batchBytes: 10_000 });
  const coins = new CoinsCache(store);
  const blocks: BlockView[] = [];
  const undos: BlockUndo[] = [];

  /** Connects what bitcoind has more than we. */
  async function follow(): Promise<void> {
    const count = await bitcoind.rpc<number>('getblockcount');
    for (let height = blocks.length; height <= count; height++) {
      const id = await bitcoind.rpc<string>('getblockhash', height);
      const block = BlockView.of(fromHex(await bitcoind.rpc<string>('getblock', id, 0)));
      const trial = new CoinsCache(coins);
      const hash = block.hash(nativeSha256d);
      const result = connectBlock(block, trial, {
        hash, height, params, blockHashAt: (at) => blocks[at]!.hash(nativeSha256d),
      });
      if (result.status !== 'ok') throw new Error(`${height}: ${result.reason}`);
      trial.flush();
      blocks.push(block);
      undos.push(result.undo);
      if (height % 50 === 0) coins.flush();
    }
  }

  /** What both say of all coins. */
  async function compare(): Promise<void> {
    coins.sync();
    const stats = new CoinStats({ serialized: true, muhash: new MuHash3072(nativeSha256) });
    for (const entry of store.coins()) stats.add(entry);
    const theirs = await bitcoind.rpc<Record<string, number | string>>('gettxoutsetinfo');
    const { muhash } = await bitcoind.rpc<Record<string, string>>('gettxoutsetinfo', 'muhash');
    const { totalAmount, ...totals } = stats.totals();
    expect({
      ...totals,
      total_amount: Number(totalAmount) / 1e8,
      bestblock: hashToHex(store.bestBlock()),
      hash_serialized_3: hashToHex(stats.hashSerialized3()),
    }).toEqual({
      transactions: theirs['transactions'],
      txouts: theirs['txouts'],
      bogosize: theirs['bogosize'],
      total_amount: theirs['total_amount'],
      bestblock: theirs['bestblock'],
      hash_serialized_3: theirs['hash_serialized_3'],
    });
    expect(hashToHex(stats.muhash())).toBe(muhash);
  }

  beforeAll(async () => {
    bitcoind = await startBitcoind(binary, [`-blocksdir=${directory}`, '-acceptnonstdtxn=1']);
    await bitcoind.rpc('generatetodescriptor', 110, 'raw(51)');
    await follow();
    const mine = async (...transactions: readonly Transaction[]): Promise<void> => {
      const hex = transactions.map((transaction) => toHex(encode(Transaction, transaction)));
      await bitcoind.rpc('generateblock', 'raw(51)', hex);
    };
    const coinbaseOf = (height: number): OutPoint => ({ txid: blocks[height]!.txid(0), index: 0 });
    const value = blockSubsidy(1, params);
    // All scripts; so many outputs that their keys are not in order; and both spent again in part.
    const forms = spend([coinbaseOf(1)], SCRIPTS.map((script, i) => [BigInt(i) * 12_345n, script]));
    const amounts = Array.from({ length: 17_000 }, (_, i) => [BigInt(i)] as const);
    const many = spend([coinbaseOf(2), coinbaseOf(3)], amounts);
    await mine(forms, many);
    const redeemed = spend([{ txid: txid(forms), index: 1 }, { txid: txid(forms), index: 0 }], [[1n]]);
    const [first, second] = redeemed.inputs;
    const inputs = [
      { ...first!, scriptSig: Uint8Array.of(1, 0x51) },
      { ...second!, scriptSig: new Uint8Array(0) },
    ];
    const others = [9, 129, 300, 16_700].map((index) => ({ txid: txid(many), index }));
    const more = spend(others, [[5n, SCRIPTS[5]!], [6n]]);
    const last = spend([{ txid: txid(more), index: 1 }, coinbaseOf(4)], [[value]]);
    await mine({ ...redeemed, inputs }, more, last);
    await mine(spend([{ txid: txid(last), index: 0 }], [[value - 1n, P2SH_TRUE]]));
    await follow();
  }, 60_000);

  afterAll(async () => {
    await bitcoind?.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  test('hashes and totals of all coins', compare, 30_000);

  test('its snapshot', async () => {
    const path = join(directory, 'snapshot.dat');
    await bitcoind.rpc('dumptxoutset', path, 'latest');
    const bytes = new Uint8Array(readFileSync(path));
    const metadata = decode(SnapshotMetadata, bytes.subarray(0, SNAPSHOT_METADATA_SIZE));
    expect(metadata.baseBlockHash).toEqual(blocks.at(-1)!.hash());
    expect(metadata.magic).toEqual(regtest.magic);

    const theirs = new CoinsCache(new CoinsStore(new MemoryStore()));
    const decoder = new SnapshotDecoder({ metadata, baseHeight: blocks.length - 1 });
    for (let at = SNAPSHOT_METADATA_SIZE; at < bytes.length; at += 1_001) {
      for (const { outpoint, coin } of decoder.push(bytes.subarray(at, at + 1_001))) {
        theirs.addCoin(outpoint, coin, false);
      }
    }
    decoder.end();

    coins.sync();
    const encoder = new SnapshotEncoder();
    const parts: Uint8Array[] = [];
    let same = 0;
    for (const entry of store.coins()) {
      parts.push(encoder.push(entry));
      const other = theirs.getCoin(entry.outpoint);
      if (other?.value === entry.coin.value && other.height === entry.coin.height) same++;
    }
    expect(BigInt(same)).toBe(metadata.coinsCount);
    const ours = Buffer.concat([encode(SnapshotMetadata, metadata), ...parts, encoder.end()]);
    expect(Buffer.compare(ours, bytes)).toBe(0);
  }, 30_000);

  test('its undo file', () => {
    const folder = join(directory, 'regtest', 'blocks');
    const key = readFileSync(join(folder, 'xor.dat'));
    const bytes = new Uint8Array(readFileSync(join(folder, 'rev00000.dat')));
    for (let i = 0; i < bytes.length; i++) bytes[i]! ^= key[i % 8]!;
    const reader = new Reader(bytes);
    for (const [height, undo] of undos.entries()) {
      if (height === 0) continue;
      expect(toHex(reader.bytes(4))).toBe(toHex(regtest.magic));
      const data = reader.bytes(reader.u32());
      const parent = blocks[height]!.header.prevBlockHash;
      expect(toHex(reader.bytes(32))).toBe(toHex(undoChecksum(parent, data)));
      expect(decode(BlockUndo, data)).toEqual(undo);
      expect(toHex(encode(BlockUndo, undo))).toBe(toHex(data));
    }
  });

  test('and undoes again', async () => {
    await bitcoind.rpc('invalidateblock', hashToHex(blocks.at(-3)!.hash()));
    for (let i = 0; i < 3; i++) {
      const height = blocks.length - 1;
      const block = blocks.pop()!;
      const trial = new CoinsCache(coins);
      expect(disconnectBlock(block, undos.pop()!, trial, { hash: block.hash(), height })).toBe('ok');
      trial.flush();
    }
    await compare();
    await bitcoind.rpc('generatetodescriptor', 4, 'raw(51)');
    await follow();
    await compare();
  }, 30_000);
});
