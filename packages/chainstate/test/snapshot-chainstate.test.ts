import { beforeEach, describe, expect, test } from '@jest/globals';
import { BlockView, hashFromHex, hashToHex } from '@btcp2p/wire';
import {
  CoinsStore, MemoryStore, type ChainEvent, type ChainstateManager, type ChainstateManagerOptions,
} from '../src/index.ts';
import {
  BlockWorld, coinsHash, coinsHashOf, headersOf, newDisk, NOW, open, params as regtestParams,
  type Disk, type WorldBlock,
} from './block-world.ts';
import { faultyBlock, validBlock } from './random-blocks.ts';
import { Draws } from './support.ts';

const BASE = 112;
const world = new BlockWorld();
const draws = new Draws(3);
let at = world.extend(world.genesis, 103);
for (let i = 0; i < 17; i++) at = validBlock(world, at, draws);
const chain = [world.genesis, ...BlockWorld.chain(at)];
const base = chain[BASE]!;

const data = {
  height: BASE,
  blockHash: base.hash,
  hashSerialized: hashFromHex(coinsHashOf(world, base)),
  chainTxCount: chain.slice(0, BASE + 1)
    .reduce((sum, block) => sum + Math.max(1, block.transactions.length), 0),
};
const params = { ...regtestParams, assumeutxo: [data] };

let disk: Disk;
let snapshotStore: MemoryStore;
let manager: ChainstateManager;
let events: ChainEvent[];

/** A store with the coins of the base, as loading a file leaves it. */
function loadedCoins(): CoinsStore {
  const coins = new CoinsStore(snapshotStore, { batchBytes: Infinity });
  const placed = [...world.coinsAt(base).values()];
  coins.write(placed.map(({ outPoint, coin }) => ({ outpoint: outPoint, coin })), base.hash);
  return coins;
}

function submit(blocks: readonly WorldBlock[]): void {
  for (const block of blocks) {
    const result = manager.processBlock(BlockView.of(block.bytes), NOW, { requested: true });
    expect(result).toMatchObject({ status: 'accepted' });
  }
}

function announce(blocks: readonly WorldBlock[]): void {
  for (const { bytes } of blocks) manager.headers.add(bytes.slice(0, 80), NOW);
}

const tipName = (): string => nameOf(manager.headers.hash(manager.tip));
const behind = (): number => manager.headers.height(manager.background!.tip);
const nameOf = (hash: Uint8Array): string => hashToHex(hash);

function start(options: Partial<ChainstateManagerOptions> = {}): void {
  events = [];
  manager = open(disk, { params, notify: (event) => events.push(event), ...options });
}

/** As after the end of the process, with what was stored. */
function restart(): void {
  const knownHeaders = headersOf(manager);
  const snapshot = { coins: new CoinsStore(snapshotStore), baseHash: base.hash };
  events = [];
  manager = open(disk, { params, knownHeaders, snapshot, notify: (event) => events.push(event) });
  manager.activateBestChain();
}

beforeEach(() => {
  disk = newDisk(10);
  snapshotStore = new MemoryStore();
  start();
});

describe('coins that were loaded', () => {
  beforeEach(() => {
    announce(chain.slice(1));
    submit(chain.slice(1, 6));
    expect(manager.snapshotFault(base.hash)).toBe(undefined);
    manager.activateSnapshot(loadedCoins(), base.hash);
  });

  test('are those of the tip at once, and the others go on behind', () => {
    expect(tipName()).toBe(nameOf(base.hash));
    expect(behind()).toBe(5);
    expect(manager.background!.target).toBe(manager.tip);
    const told = events.findLast(({ type }) => type === 'snapshot' || type === 'tip')!;
    expect(told).toEqual({ type: 'snapshot', tip: manager.tip, background: manager.background!.tip });
    expect(manager.blocks.chainTransactionCount(manager.tip)).toBe(data.chainTxCount);
    expect(manager.isSnapshotProvable).toBe(undefined);
  });

  test('have most of the memory while there is much to catch up with, and then those behind', () => {
    const total = 20 * 2 ** 20;
    const shares = (): readonly number[] => [manager.coins.maxBytes, manager.background!.coinsBytes];
    disk = newDisk(10);
    snapshotStore = new MemoryStore();
    start({ maxCoinsBytes: total });
    const late = world.make(at, { time: at.time + 2 * 24 * 60 * 60 });
    announce([...chain.slice(1), late]);
    manager.activateSnapshot(loadedCoins(), base.hash);
    expect(shares()).toEqual([16 * 2 ** 20, 4 * 2 ** 20]);
    submit([...chain.slice(BASE + 1), late]);
    expect(shares()).toEqual([4 * 2 ** 20, 16 * 2 ** 20]);
    submit(chain.slice(1, BASE + 1));
    manager.snapshotProved();
    expect(manager.coins.maxBytes).toBe(total);
  });

  test('are built on, and proved', () => {
    submit(chain.slice(BASE + 1));
    expect(tipName()).toBe(nameOf(at.hash));
    expect(behind()).toBe(5);
    // Those from before come in any order.
    submit(chain.slice(6, BASE).toReversed());
    expect(behind()).toBe(BASE - 1);
    expect(manager.isSnapshotProvable).toBe(undefined);
    submit([base]);
    expect(behind()).toBe(BASE);
    expect(manager.isSnapshotProvable).toBe(data);
    expect(coinsHash(manager.backgroundCoins())).toBe(hashToHex(data.hashSerialized));
    expect(coinsHash(manager.storedCoins)).toBe(coinsHashOf(world, at));
    manager.snapshotProved();
    expect(manager.background).toBe(undefined);
    expect(tipName()).toBe(nameOf(at.hash));
    expect(events.filter(({ type }) => type === 'background').length).toBe(BASE - 5);
  });

  test('serve reorganisations behind the base', () => {
    submit(chain.slice(BASE + 1));
    const branch = BlockWorld.chain(world.extend(chain[BASE + 1]!, 9)).slice(BASE + 1);
    submit(branch);
    expect(tipName()).toBe(nameOf(branch.at(-1)!.hash));
    manager.flush();
    expect(coinsHash(manager.storedCoins)).toBe(coinsHashOf(world, branch.at(-1)!));
    submit(chain.slice(6, BASE + 1));
    expect(manager.isSnapshotProvable).toBe(data);
    expect(coinsHash(manager.backgroundCoins())).toBe(hashToHex(data.hashSerialized));
  });

  test('cannot go back before the base', () => {
    const entry = manager.headers.find(chain[BASE - 1]!.hash)!;
    expect(manager.invalidateBlock(entry)).toBe(true);
    manager.activateBestChain();
    expect(tipName()).toBe(nameOf(base.hash));
  });

  test('are there after a restart, wherever it was', () => {
    submit(chain.slice(BASE + 1, BASE + 4));
    submit(chain.slice(6, 50));
    // The end of the process without a flush: what is lost of blocks is handed in again.
    manager.saveIndex();
    restart();
    expect(tipName()).toBe(nameOf(chain[BASE + 3]!.hash));
    expect(behind()).toBe(49);
    expect(manager.background!.target).toBe(manager.headers.find(base.hash));
    submit(chain.slice(50, 80));
    manager.flush();
    restart();
    expect(behind()).toBe(79);
    submit(chain.slice(80, BASE + 1));
    submit(chain.slice(BASE + 4));
    expect(manager.isSnapshotProvable).toBe(data);
    // Here too.
    manager.flush({ keep: false });
    restart();
    expect(manager.isSnapshotProvable).toBe(data);
    expect(coinsHash(manager.backgroundCoins())).toBe(hashToHex(data.hashSerialized));
    expect(tipName()).toBe(nameOf(at.hash));
    expect(coinsHash(manager.storedCoins)).toBe(coinsHashOf(world, at));
    manager.snapshotProved();
    // The snapshot's store is the only one from then on.
    manager.flush();
    const knownHeaders = headersOf(manager);
    const only = open({ ...disk, coins: snapshotStore }, { params, knownHeaders });
    expect(nameOf(only.headers.hash(only.tip))).toBe(nameOf(at.hash));
    expect(only.background).toBe(undefined);
  });

  test('lose nothing when the process ends before anything else happens', () => {
    restart();
    expect(tipName()).toBe(nameOf(base.hash));
    expect(behind()).toBe(5);
  });

  test('are not loaded a second time', () => {
    expect(manager.snapshotFault(base.hash)).toEqual({
      message: "Can't activate a snapshot-based chainstate more than once",
    });
  });

  test('keep the blocks from being deleted that prove them', () => {
    submit(chain.slice(BASE + 1));
    submit(BlockWorld.chain(world.extend(at, 300)).slice(at.height));
    submit(chain.slice(6, 40));
    manager.pruneTo(1_000);
    const kept = chain.slice(0, 40).map(({ hash }) => manager.blocks.hasData(manager.headers.find(hash)!));
    expect(kept.lastIndexOf(false)).toBeLessThan(40);
    submit(chain.slice(40, BASE + 1));
    expect(manager.isSnapshotProvable).toBe(data);
  });
});

test('a block before the base that breaks a rule ends it all', () => {
  // The header chain and the coins are good as far as can be seen.
  const other = new BlockWorld();
  let top = other.extend(other.genesis, 103);
  let bad: WorldBlock;
  do bad = faultyBlock(other, top, draws);
  while (bad.fault?.stage !== 'connect');
  top = other.extend(bad, 8);
  const all = BlockWorld.chain(top);
  const hashSerialized = hashFromHex(coinsHashOf(other, top));
  const lie = { height: top.height, blockHash: top.hash, hashSerialized, chainTxCount: 200 };
  start({ params: { ...regtestParams, assumeutxo: [lie] } });
  announce(all);
  const coins = new CoinsStore(snapshotStore);
  const placed = [...other.coinsAt(top).values()];
  coins.write(placed.map(({ outPoint, coin }) => ({ outpoint: outPoint, coin })), top.hash);
  manager.activateSnapshot(coins, top.hash);
  submit(all.slice(0, 103));
  expect(behind()).toBe(103);
  expect(() => submit([bad])).toThrow(expect.objectContaining({
    name: 'ChainstateError',
    message: expect.stringContaining('which the snapshot rests on, is invalid'),
  }));
});

describe('why coins cannot be loaded', () => {
  const name = nameOf(base.hash);

  test('nobody knows their hash', () => {
    announce(chain.slice(1));
    const other = chain[50]!.hash;
    expect(manager.snapshotFault(other)).toEqual({
      message: `assumeutxo block hash in snapshot metadata not recognized (hash: ${nameOf(other)}). ` +
        `The following snapshot heights are available: ${BASE}`,
    });
  });

  test('their block is not among the headers', () => {
    announce(chain.slice(1, BASE));
    expect(manager.snapshotFault(base.hash)).toEqual({
      message: `The base block header (${name}) must appear in the headers chain. ` +
        'Make sure all headers are syncing, and call loadtxoutset again',
    });
    announce([base]);
    expect(manager.snapshotFault(base.hash)).toBe(undefined);
  });

  test('their block is on an invalid chain', () => {
    announce(chain.slice(1));
    manager.invalidateBlock(manager.headers.find(chain[30]!.hash)!);
    expect(manager.snapshotFault(base.hash)).toEqual({
      message: `The base block header (${name}) is part of an invalid chain`,
    });
    manager.reconsiderBlock(manager.headers.find(chain[30]!.hash)!);
    expect(manager.snapshotFault(base.hash)).toBe(undefined);
  });

  test('there is a better chain of headers', () => {
    announce(chain.slice(1));
    announce(BlockWorld.chain(world.extend(chain[BASE - 1]!, 30)));
    expect(manager.snapshotFault(base.hash)).toEqual({
      message: 'A forked headers-chain with more work than the chain with the snapshot base block ' +
        'header exists. Please proceed to sync without AssumeUtxo.',
    });
  });

  test('the chain is as far already', () => {
    submit(chain.slice(1, BASE));
    expect(manager.snapshotFault(base.hash)).toMatchObject({ message: expect.stringContaining('headers') });
    announce([base]);
    expect(manager.snapshotFault(base.hash)).toBe(undefined);
    submit([base]);
    expect(manager.snapshotFault(base.hash)).toEqual({
      message: 'Population failed: Work does not exceed active chainstate',
    });
  });
});
