// Both indexes against bitcoind's, over blocks that it made of random transactions, with a reorg.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBitcoind, type BitcoindPeer } from '@btcp2p/bitcoind-peer';
import { describeWithBitcoind } from '@btcp2p/testdata';
import {
  BlockView, encode, fromHex, hashFromHex, hashToHex, toHex, Transaction, txid, type OutPoint,
} from '@btcp2p/wire';
import {
  BlockFilterIndex, MemoryStore, transactionAt, TxIndex,
  type BlockPosition, type BlockUndo, type ChainReader, type Coin,
} from '../src/index.ts';
import { sync } from './index-chain.ts';
import { Draws, makeCoin, nativeSha256d, spend } from './support.ts';

const options = { sha256d: nativeSha256d };

/** Blocks with random transactions before and after the reorganisation. */
const BEFORE = 110;
const AFTER = 90;

interface Spendable {
  readonly outpoint: OutPoint;
  readonly value: bigint;
  readonly scriptPubKey: Uint8Array;
}

const nameOf = ({ txid: id, index }: OutPoint): string => `${toHex(id)}:${index}`;

/** What bitcoind has in its files, and where: blocks by their hash in hex. */
function blockPositions(directory: string): Map<string, BlockPosition & { block: Uint8Array }> {
  const folder = join(directory, 'regtest', 'blocks');
  const key = readFileSync(join(folder, 'xor.dat'));
  const bytes = new Uint8Array(readFileSync(join(folder, 'blk00000.dat')));
  for (let i = 0; i < bytes.length; i++) bytes[i]! ^= key[i % 8]!;
  const view = new DataView(bytes.buffer);
  const positions = new Map<string, BlockPosition & { block: Uint8Array }>();
  for (let at = 0; at + 8 <= bytes.length && view.getUint32(at) === 0xfabfb5da; ) {
    const [position, size] = [at + 8, view.getUint32(at + 4, true)];
    const block = bytes.subarray(position, position + size);
    positions.set(toHex(BlockView.of(block).hash(nativeSha256d)), { file: 0, position, block });
    at = position + size;
  }
  return positions;
}

/** The chain of a bitcoind, with what its blocks spend. */
class BitcoindChain implements ChainReader {
  readonly hashes: string[] = [];
  readonly blocks = new Map<string, BlockView>();
  positions = new Map<string, BlockPosition & { block: Uint8Array }>();
  /** All outputs that there ever were. */
  readonly #outputs = new Map<string, Coin>();

  get height(): number {
    return this.hashes.length - 1;
  }

  hashAt(height: number): Uint8Array | undefined {
    const hash = this.hashes[height];
    return hash === undefined ? undefined : fromHex(hash);
  }

  heightOf(hash: Uint8Array): number | undefined {
    const height = this.hashes.indexOf(toHex(hash));
    return height < 0 ? undefined : height;
  }

  block(hash: Uint8Array): BlockView | undefined {
    return this.blocks.get(toHex(hash));
  }

  position(hash: Uint8Array): BlockPosition | undefined {
    return this.positions.get(toHex(hash));
  }

  undo(hash: Uint8Array): BlockUndo | undefined {
    const transactions = this.block(hash)?.transactions().slice(1);
    return transactions && {
      transactions: transactions.map(({ inputs }) => (
        { prevouts: inputs.map(({ prevout }) => this.#outputs.get(nameOf(prevout))!) }
      )),
    };
  }

  /** Takes over bitcoind's active chain. */
  async follow(bitcoind: BitcoindPeer): Promise<void> {
    const tip = await bitcoind.rpc<number>('getblockcount');
    let height = Math.min(tip, this.height);
    const idAt = (at: number): Promise<string> => bitcoind.rpc<string>('getblockhash', at);
    while (height >= 0 && toHex(hashFromHex(await idAt(height))) !== this.hashes[height]) height--;
    this.hashes.length = height + 1;
    for (height++; height <= tip; height++) {
      const id = await idAt(height);
      const block = BlockView.of(fromHex(await bitcoind.rpc<string>('getblock', id, 0)));
      this.hashes.push(toHex(hashFromHex(id)));
      this.blocks.set(toHex(hashFromHex(id)), block);
      for (const [i, { outputs }] of block.transactions().entries()) {
        const id32 = block.txid(i, nativeSha256d);
        for (const [index, { value, scriptPubKey }] of outputs.entries()) {
          const coin = makeCoin({ value, scriptPubKey, height, isCoinbase: i === 0 });
          this.#outputs.set(nameOf({ txid: id32, index }), coin);
        }
      }
    }
  }
}

describeWithBitcoind('indexes of a chain that bitcoind made', (binary) => {
  const directory = mkdtempSync(join(tmpdir(), 'btcp2p-indexes-'));
  const draws = new Draws(0x158);
  const chain = new BitcoindChain();
  const filters = new BlockFilterIndex(new MemoryStore(), options);
  const transactions = new TxIndex(new MemoryStore(), options);
  let bitcoind: BitcoindPeer;
  /** What can be spent: the coinbases that are mature, and what was made of them. */
  let spendable: Spendable[] = [];
  let stale: string[] = [];

  /** A script that anybody can spend with nothing, that is new or one of a few; or one of no use. */
  const randomScript = (): Uint8Array => {
    const kind = draws.below(10);
    if (kind === 0) return new Uint8Array(0);
    if (kind === 1) return Uint8Array.of(0x6a, 2, ...draws.bytes(2));
    if (kind === 2) return new Uint8Array(10_001).fill(0x51);
    if (kind <= 4) return Uint8Array.of(1, draws.below(4), 0x75, 0x51);
    const data = draws.bytes(1 + draws.below(75));
    return Uint8Array.of(data.length, ...data, 0x75, 0x51);
  };
  /** Whether it can be spent with no more than this in front: an empty script needs something true. */
  const scriptSigOf = (script: Uint8Array): Uint8Array | undefined => {
    if (script.length === 0) return Uint8Array.of(0x51);
    return script[0] === 0x6a || script.length > 10_000 ? undefined : new Uint8Array(0);
  };

  function randomTransaction(): Transaction {
    const inputs = Array.from({ length: Math.min(1 + draws.below(3), spendable.length) }, () => {
      const [input] = spendable.splice(draws.below(spendable.length), 1);
      return input!;
    });
    const total = inputs.reduce((sum, { value }) => sum + value, 0n);
    const output = () => [total / 10n, randomScript()] as const;
    const outputs = Array.from({ length: 1 + draws.below(6) }, output);
    const bare = spend(inputs.map(({ outpoint }) => outpoint), outputs);
    const signed = bare.inputs.map((input, i) => (
      { ...input, scriptSig: scriptSigOf(inputs[i]!.scriptPubKey)! }
    ));
    const transaction = { ...bare, inputs: signed };
    // A transaction may spend what one before it in the block made.
    for (const [index, { value, scriptPubKey }] of transaction.outputs.entries()) {
      if (scriptSigOf(scriptPubKey) === undefined) continue;
      spendable.push({ outpoint: { txid: txid(transaction), index }, value, scriptPubKey });
    }
    return transaction;
  }

  async function mine(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const hex: string[] = [];
      for (let left = draws.below(5); left > 0; left--) {
        hex.push(toHex(encode(Transaction, randomTransaction())));
      }
      const script = draws.oneIn(2) ? '51' : toHex(Uint8Array.of(3, ...draws.bytes(3), 0x75, 0x51));
      await bitcoind.rpc('generateblock', `raw(${script})`, hex);
    }
    await chain.follow(bitcoind);
    chain.positions = blockPositions(directory);
  }

  beforeAll(async () => {
    bitcoind = await startBitcoind(binary, [
      `-blocksdir=${directory}`, '-blockfilterindex=1', '-txindex=1', '-acceptnonstdtxn=1',
    ]);
    await bitcoind.rpc('generatetodescriptor', 120, 'raw(51)');
    await chain.follow(bitcoind);
    const coinbases = chain.hashes.slice(1, 20).map((hash) => chain.blocks.get(hash)!);
    spendable = coinbases.map((block) => {
      const [{ value, scriptPubKey }] = block.transaction(0).outputs as [Coin];
      return { outpoint: { txid: block.txid(0), index: 0 }, value, scriptPubKey };
    });
    const all = [...spendable];
    await mine(BEFORE);
    sync(transactions, chain);
    sync(filters, chain);
    const fork = 150;
    stale = chain.hashes.slice(fork);
    await bitcoind.rpc('invalidateblock', hashToHex(fromHex(stale[0]!)));
    await bitcoind.rpc('generatetodescriptor', 1, 'raw(52)');
    await chain.follow(bitcoind);
    // Of what was there, that is left which none of the blocks below has spent.
    const spent = new Set(chain.hashes.flatMap((hash) =>
      chain.blocks.get(hash)!.transactions().flatMap(({ inputs }) =>
        inputs.map(({ prevout }) => nameOf(prevout)),
      ),
    ));
    spendable = all.filter(({ outpoint }) => !spent.has(nameOf(outpoint)));
    await mine(AFTER);
    sync(transactions, chain);
    sync(filters, chain);
  }, 120_000);

  afterAll(async () => {
    await bitcoind?.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  test('filters and filter headers, also of blocks that were taken off', async () => {
    expect(filters.bestBlock()).toEqual({ hash: chain.hashAt(chain.height), height: chain.height });
    const fork = chain.height - AFTER;
    const old = stale.map((hash, i) => ({ hash, height: fork + i }));
    let elements = 0;
    const active = chain.hashes.map((hash, height) => ({ hash, height }));
    for (const { hash, height } of [...active, ...old]) {
      const id = { hash: fromHex(hash), height };
      const theirs = await bitcoind.rpc<{ filter: string; header: string }>(
        'getblockfilter', hashToHex(id.hash),
      );
      const filter = filters.filter(id)!;
      elements += filter[0]!;
      expect([height, toHex(filter)]).toEqual([height, theirs.filter]);
      expect([height, hashToHex(filters.find(id)!.header)]).toEqual([height, theirs.header]);
    }
    expect(elements).toBeGreaterThan(1_000);
  }, 60_000);

  test('ranges up to both tips', () => {
    const stop = { hash: fromHex(stale.at(-1)!), height: chain.height - AFTER + stale.length - 1 };
    const range = filters.range(100, stop)!;
    const fork = stop.height - stale.length;
    const hashes = [...chain.hashes.slice(100, fork + 1), ...stale];
    expect(range.map(({ blockHash }) => toHex(blockHash))).toEqual(hashes);
    const tip = { hash: chain.hashAt(chain.height)!, height: chain.height };
    expect(filters.range(0, tip)!.map(({ blockHash }) => toHex(blockHash))).toEqual(chain.hashes);
  });

  test('transactions are where the index says in bitcoind\'s own files', async () => {
    const blocks = [...chain.positions.values()];
    const bytesAt = new Map(blocks.map(({ position, block }) => [position, block]));
    let count = 0;
    for (const hash of [...chain.hashes.slice(1), ...stale]) {
      const block = chain.blocks.get(hash)!;
      for (const [i, id] of block.txids(nativeSha256d).entries()) {
        const found = transactions.find(id)!;
        const { bytes } = transactionAt(bytesAt.get(found.position)!, found.offset);
        expect(toHex(bytes)).toBe(toHex(block.transactionBytes(i)));
        if (++count % 20 > 0) continue;
        expect(await bitcoind.rpc('getrawtransaction', hashToHex(id))).toBe(toHex(bytes));
      }
    }
    expect(count).toBeGreaterThan(500);
  }, 60_000);
});
