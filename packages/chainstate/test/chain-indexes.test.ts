// Indexes that follow a chain: reorganisations, ends of the process, and lost blocks.
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { filterHash, filterHeader, GcsFilter, NO_FILTER_HEADER } from '@btcp2p/bip158';
import { toHex } from '@btcp2p/wire';
import {
  BlockFilterIndex, ChainIndexes, MemoryStore, transactionAt, TxIndex, WriteBehindStore,
  type ChainstateManager,
} from '../src/index.ts';
import {
  blockView, BlockWorld, headersOf, newDisk, NOW, open, type OpenOptions, type WorldBlock,
} from './block-world.ts';
import { validBlock } from './random-blocks.ts';
import { Draws, nativeSha256d } from './support.ts';

const settings = { sha256d: nativeSha256d };

/** A node's chain with both indexes, which can end at any time. */
class IndexedNode {
  readonly disk = newDisk(3);
  readonly #stores = { tx: new MemoryStore(), filter: new MemoryStore() };
  readonly #options: OpenOptions;
  manager!: ChainstateManager;
  indexes!: ChainIndexes;
  tx!: TxIndex;
  filter!: BlockFilterIndex;
  readonly log: string[] = [];

  constructor(options: OpenOptions = {}) {
    this.#options = options;
    this.open([]);
  }

  /** Opens what is stored: what waited to be written is gone. */
  open(knownHeaders: readonly Uint8Array[], withIndexes = true): void {
    const save = (): void => this.manager.saveIndex();
    const tx = new WriteBehindStore(this.#stores.tx, save);
    const filter = new WriteBehindStore(this.#stores.filter, save);
    this.tx = new TxIndex(tx, settings);
    this.filter = new BlockFilterIndex(filter, settings);
    const named = [
      { name: 'tx', index: this.tx, store: tx }, { name: 'filter', index: this.filter, store: filter },
    ];
    this.manager = open(this.disk, {
      ...this.#options,
      knownHeaders,
      findBlocks: (manager) => {
        this.indexes = new ChainIndexes(manager, withIndexes ? named : []);
      },
      connected: (block) => this.indexes.connected(block),
      pruneLock: () => {
        this.indexes.commit();
        return this.indexes.oldest();
      },
      notify: (event) => {
        if (event.type === 'log') this.log.push(event.text);
      },
    });
    this.indexes.start();
    this.manager.activateBestChain();
  }

  take(block: WorldBlock): void {
    const result = this.manager.processBlock(blockView(block), NOW, { requested: true });
    if (result.status !== 'accepted') throw new Error(result.reason);
  }

  catchUp(): number {
    let steps = 0;
    for (let step = this.indexes.step(); step !== undefined; step = this.indexes.step()) {
      if (step.step.status === 'missing') throw new Error('missing');
      steps++;
    }
    return steps;
  }
}

interface Expected {
  readonly filter: string;
  readonly header: Uint8Array;
}

const memo = new WeakMap<WorldBlock, Expected>();

function expectedFilter(world: BlockWorld, block: WorldBlock): Expected {
  const known = memo.get(block);
  if (known !== undefined) return known;
  const created = blockView(block).transactions().flatMap(({ outputs }) => outputs);
  const spent = block.parent === undefined ? [] : world.spentBy(block).flat();
  const scripts = [
    ...created.map((out) => out.scriptPubKey).filter((script) => script[0] !== 0x6a),
    ...spent.map((coin) => coin.scriptPubKey),
  ].filter(({ length }) => length > 0);
  const { bytes } = GcsFilter.of(scripts, block.hash);
  const before = block.parent === undefined ? NO_FILTER_HEADER : expectedFilter(world, block.parent).header;
  const expected = { filter: toHex(bytes), header: filterHeader(filterHash(bytes), before) };
  memo.set(block, expected);
  return expected;
}

/** Both indexes know the whole chain, and of other blocks nothing wrong. */
function check(node: IndexedNode, world: BlockWorld, tip: WorldBlock): void {
  expect(toHex(node.manager.headers.hash(node.manager.tip))).toBe(toHex(tip.hash));
  expect(node.indexes.isBehind).toBe(false);
  for (const { isSynced, height } of node.indexes.summaries()) {
    expect([isSynced, height]).toEqual([true, tip.height]);
  }
  for (const block of [world.genesis, ...BlockWorld.chain(tip)]) {
    for (const [i, txid] of block.txids.entries()) {
      const at = node.tx.find(txid);
      const found = at && transactionAt(node.disk.files.readBlock(at), at.offset);
      expect(found && toHex(found.txid())).toBe(toHex(txid));
      const { blocks, headers } = node.manager;
      if (i === 0) expect(at).toMatchObject(blocks.position(headers.find(block.hash)!)!);
    }
  }
  for (const block of [...world.blocks, ...BlockWorld.chain(tip)]) {
    const found = node.filter.find(block);
    if (found === undefined) continue;
    const { filter, header } = expectedFilter(world, block);
    expect(toHex(node.filter.filter(block)!)).toBe(filter);
    expect(toHex(found.header)).toBe(toHex(header));
  }
  for (const block of BlockWorld.chain(tip)) expect(node.filter.find(block)).toBeDefined();
}

describe('ChainIndexes', () => {
  test('follows the chain at once, over to another and back', () => {
    const world = new BlockWorld();
    const draws = new Draws(1);
    const node = new IndexedNode();
    let tip = world.genesis;
    for (const block of BlockWorld.chain(world.extend(tip, 103))) {
      node.take(block);
      expect(node.tx.bestBlock()).toEqual({ hash: block.hash, height: block.height });
      tip = block;
    }
    const fork = tip;
    for (const length of [3, 4, 6]) {
      tip = fork;
      for (let i = 0; i < length; i++) {
        tip = validBlock(world, tip, draws);
        node.take(tip);
      }
      expect(node.indexes.step()).toBeUndefined();
      check(node, world, tip);
    }
    for (const block of world.blocks) expect(node.filter.find(block)).toBeDefined();
  });

  test('waits where the last block is declared invalid, and goes back where others follow', () => {
    const world = new BlockWorld();
    const node = new IndexedNode();
    const chain = BlockWorld.chain(world.extend(world.genesis, 30));
    for (const block of chain) node.take(block);
    node.manager.invalidateBlock(node.manager.headers.find(chain[9]!.hash)!);
    expect(node.indexes.isBehind).toBe(false);
    expect(node.tx.bestBlock()?.height).toBe(30);
    // Deeper than is taken back at once: the rest in steps.
    const other = world.make(chain[8]!);
    node.take(other);
    expect(node.indexes.isBehind).toBe(true);
    expect(node.catchUp()).toBeGreaterThan(20);
    check(node, world, other);
    node.manager.reconsiderBlock(node.manager.headers.find(chain[9]!.hash)!);
    node.manager.activateBestChain();
    node.catchUp();
    check(node, world, chain[29]!);
  });

  test('catches up where it was not kept', () => {
    const world = new BlockWorld();
    const node = new IndexedNode();
    const chain = BlockWorld.chain(world.extend(world.genesis, 40));
    for (const block of chain.slice(0, 10)) node.take(block);
    node.indexes.commit();
    node.manager.flush();
    node.open([], false);
    for (const block of chain.slice(10)) node.take(block);
    node.manager.flush();
    node.open([]);
    expect(node.indexes.summaries()).toEqual([
      { name: 'tx', isSynced: false, height: 10 }, { name: 'filter', isSynced: false, height: 10 },
    ]);
    expect(node.indexes.oldest()).toEqual({ name: 'tx', height: 10 });
    expect(node.indexes.stuck()).toBeUndefined();
    // A block that comes meanwhile is taken when it is its turn.
    node.indexes.step();
    const next = world.make(chain[39]!);
    node.take(next);
    expect(node.catchUp()).toBe(2 * 31 - 1);
    check(node, world, next);
  });

  test('what it needs is not deleted, and what is deleted makes it stop', () => {
    const world = new BlockWorld();
    const node = new IndexedNode();
    const chain = BlockWorld.chain(world.extend(world.genesis, 400));
    for (const block of chain.slice(0, 50)) node.take(block);
    node.manager.flush();
    node.indexes.commit();
    node.open([], false);
    for (const block of chain.slice(50)) node.take(block);
    node.manager.flush();
    node.open([]);
    node.manager.pruneTo(100);
    expect(node.log).toContain('tx limited pruning to height 39');
    const has = (height: number): boolean => node.manager.blocks.hasData(node.manager.chain.at(height)!);
    expect([has(30), has(42), has(60)]).toEqual([false, true, true]);
    node.catchUp();
    node.manager.pruneTo(100);
    expect([has(90), has(112)]).toEqual([false, true]);
    // Without the indexes nothing is held back.
    node.indexes.commit();
    node.manager.flush();
    node.open([], false);
    const more = BlockWorld.chain(world.extend(chain[399]!, 500)).slice(400);
    for (const block of more) node.take(block);
    node.manager.pruneTo(390);
    node.manager.flush();
    node.open([]);
    expect(node.indexes.stuck()).toBeUndefined();
    node.open([], false);
    node.manager.pruneTo(450);
    node.open([]);
    expect(node.indexes.stuck()).toBe('tx');
    expect(() => node.catchUp()).toThrow('missing');
  });

  test('any order of blocks, steps and deaths', () => {
    const action = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ type: fc.constant('add' as const), n: fc.integer({ min: 1, max: 4 }) }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ type: fc.constant('fork' as const), n: fc.integer({ min: 1, max: 5 }) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ type: fc.constant('step' as const), n: fc.integer({ min: 1, max: 9 }) }),
      },
      fc.record({
        type: fc.constantFrom('commit' as const, 'save' as const, 'flush' as const), n: fc.constant(0),
      }),
      {
        weight: 2,
        arbitrary: fc.record({ type: fc.constant('die' as const), n: fc.integer({ min: 0, max: 3 }) }),
      },
    );
    fc.assert(fc.property(fc.nat(), fc.array(action, { maxLength: 30 }), (seed, actions) => {
      const world = new BlockWorld();
      const draws = new Draws(seed);
      const node = new IndexedNode();
      const base = BlockWorld.chain(world.extend(world.genesis, 101));
      for (const block of base) node.take(block);
      node.manager.flush();
      let tip = base.at(-1)!;
      const given: WorldBlock[] = [...base];
      const give = (block: WorldBlock): void => {
        given.push(block);
        node.take(block);
        if (block.height > tip.height) tip = block;
      };
      for (const { type, n } of actions) {
        if (type === 'add') for (let i = 0; i < n; i++) give(validBlock(world, tip, draws));
        if (type === 'fork') {
          let at = BlockWorld.ancestor(tip, Math.max(101, tip.height - n));
          for (let i = 0; i <= n; i++) {
            at = validBlock(world, at, draws);
            give(at);
          }
        }
        if (type === 'step') for (let i = 0; i < n; i++) node.indexes.step();
        if (type === 'commit') node.indexes.commit();
        if (type === 'save') node.manager.saveIndex();
        if (type === 'flush') node.manager.flush();
        if (type === 'die') {
          // With all headers or with those of blocks that were saved; some time without the indexes.
          node.open(n % 2 === 0 ? [] : headersOf(node.manager), n < 2);
          // Blocks that were lost come again, and are stored in another place.
          for (const block of given) node.take(block);
          if (n >= 2) {
            node.manager.flush();
            node.open([]);
          }
        }
      }
      node.catchUp();
      const active = given.find((block) =>
        toHex(block.hash) === toHex(node.manager.headers.hash(node.manager.tip)))!;
      expect(active.height).toBe(tip.height);
      check(node, world, active);
    }), { numRuns: 20 });
  }, 60_000);
});
