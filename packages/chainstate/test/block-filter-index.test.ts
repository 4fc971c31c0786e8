import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { filterHash, filterHeader, GcsFilter, NO_FILTER_HEADER } from '@btcp2p/bip158';
import { fromHex, toHex } from '@btcp2p/wire';
import {
  BlockFilterIndex, ChainstateError, MemoryStore, stepIndex, type BlockId,
} from '../src/index.ts';
import { dump, Failure, FailingStore, sync, TestChain, type TestBlock } from './index-chain.ts';
import { Draws, nativeSha256d } from './support.ts';

const options = { sha256d: nativeSha256d };

/** The filter of a block, made of the decoded transactions. */
function filterOf({ hash, block, undo }: TestBlock): Uint8Array {
  const created = block.transactions().flatMap(({ outputs }) => outputs.map((out) => out.scriptPubKey));
  const spent = undo.transactions.flatMap(({ prevouts }) => prevouts.map((coin) => coin.scriptPubKey));
  const elements = [...created.filter((script) => script[0] !== 0x6a), ...spent];
  return GcsFilter.of(elements.filter(({ length }) => length > 0), hash).bytes;
}

/** What must be known of a block and all before it, in ascending order, in hex. */
function expected(chain: TestChain, tip: TestBlock): Record<string, string>[] {
  const line: TestBlock[] = [];
  for (let at: TestBlock | undefined = tip; at !== undefined; ) {
    line.unshift(at);
    at = chain.blocks.get(toHex(at.block.header.prevBlockHash));
  }
  let header = NO_FILTER_HEADER;
  return line.map((block) => {
    const filter = filterOf(block);
    header = filterHeader(filterHash(filter), header);
    return {
      blockHash: toHex(block.hash), filterHash: toHex(filterHash(filter)), header: toHex(header),
      filter: toHex(filter),
    };
  });
}

/** Asks the index for all that it says of a block and those before it. */
function found(index: BlockFilterIndex, tip: BlockId, startHeight = 0): Record<string, string>[] {
  const filters = [...index.filters(startHeight, tip)!];
  return index.range(startHeight, tip)!.map(({ blockHash, filterHash: hash, header }, i) => {
    const { filter, blockHash: same } = filters[i]!;
    expect(toHex(same)).toBe(toHex(blockHash));
    const id = { hash: blockHash, height: startHeight + i };
    expect(index.find(id)).toMatchObject({ blockHash, filterHash: hash, header });
    expect(index.filter(id)).toEqual(filter);
    return {
      blockHash: toHex(blockHash), filterHash: toHex(hash), header: toHex(header), filter: toHex(filter),
    };
  });
}

describe('BlockFilterIndex', () => {
  test('has filters, hashes and headers of the chain', () => {
    const chain = new TestChain(new Draws(1));
    const index = new BlockFilterIndex(new MemoryStore(), options);
    expect(sync(index, chain)).toEqual([]);
    chain.mine(40);
    expect(sync(index, chain)).toHaveLength(40);
    expect(index.bestBlock()).toEqual({ hash: chain.tip.hash, height: 39 });
    const all = expected(chain, chain.tip);
    expect(found(index, chain.tip)).toEqual(all);
    for (const [start, stop] of [[0, 0], [3, 3], [5, 20], [39, 39], [1, 39]] as const) {
      expect(found(index, chain.active[stop]!, start)).toEqual(all.slice(start, stop + 1));
    }
  });

  test('and of blocks that were of the chain', () => {
    const chain = new TestChain(new Draws(2));
    const index = new BlockFilterIndex(new MemoryStore(), options);
    const tips: TestBlock[] = [];
    // Forks from forks, deep and shallow.
    for (const [off, on] of [[0, 20], [5, 7], [3, 4], [15, 16], [1, 1], [10, 30]] as const) {
      chain.takeOff(off);
      chain.mine(on);
      sync(index, chain);
      tips.push(chain.tip);
    }
    for (const tip of tips) {
      const all = expected(chain, tip);
      for (const start of [0, 4, 8, 12, 16, tip.height]) {
        if (start <= tip.height) expect(found(index, tip, start)).toEqual(all.slice(start));
      }
      for (const interval of [1, 3, 7, 1_000]) {
        const heights = all.map(({ header }) => header).filter((_, i) => i > 0 && i % interval === 0);
        expect(index.checkpoints(tip, interval)?.map(toHex)).toEqual(heights);
      }
    }
  });

  test('a block that comes back', () => {
    const chain = new TestChain(new Draws(3));
    const store = new MemoryStore();
    const index = new BlockFilterIndex(store, options);
    chain.mine(10);
    sync(index, chain);
    const before = dump(store);
    const off = chain.takeOff(4);
    sync(index, chain);
    expect(index.bestBlock()?.height).toBe(5);
    expect(found(index, off.at(-1)!)).toEqual(expected(chain, off.at(-1)!));
    off.forEach((block) => chain.add(block));
    sync(index, chain);
    expect(dump(store)).toEqual(before);
  });

  test('what it does not have', () => {
    const chain = new TestChain(new Draws(4));
    const index = new BlockFilterIndex(new MemoryStore(), options);
    expect(index.range(0, { hash: new Uint8Array(32), height: 0 })).toBeUndefined();
    chain.mine(10);
    const unknown = chain.takeOff(2);
    chain.mine(3);
    sync(index, chain);
    const others = [{ hash: new Uint8Array(32), height: 5 }, { ...chain.tip, height: 400 }];
    for (const id of [...unknown, ...others]) {
      expect(index.find(id)).toBeUndefined();
      expect(index.filter(id)).toBeUndefined();
      expect(index.range(0, id)).toBeUndefined();
      expect(index.filters(0, id)).toBeUndefined();
      expect(index.checkpoints(id)).toBeUndefined();
    }
    expect(index.range(chain.height + 1, chain.tip)).toBeUndefined();
    expect(index.checkpoints(chain.tip)).toEqual([]);
  });

  test('the chain goes on while filters are read', () => {
    const chain = new TestChain(new Draws(5));
    const index = new BlockFilterIndex(new MemoryStore(), options);
    chain.mine(12);
    sync(index, chain);
    const all = expected(chain, chain.tip);
    const filters = index.filters(2, chain.tip)!;
    chain.takeOff(8);
    const read: string[] = [];
    for (const { filter } of filters) {
      read.push(toHex(filter));
      chain.mine(1);
      stepIndex(index, chain);
    }
    expect(read).toEqual(all.slice(2).map(({ filter }) => filter));
  });

  test('goes on where it stood, whichever write fails', () => {
    const plan = (): TestChain => {
      const chain = new TestChain(new Draws(6));
      chain.mine(8);
      return chain;
    };
    const run = (index: BlockFilterIndex, chain: TestChain): void => {
      sync(index, chain);
      if (chain.height === 7) {
        chain.takeOff(3);
        chain.mine(4);
      }
      sync(index, chain);
    };
    const whole = new MemoryStore();
    run(new BlockFilterIndex(whole, options), plan());
    // Heights after each write: 8 blocks, 3 back, 4 more.
    const heights = [-1, 0, 1, 2, 3, 4, 5, 6, 7, 6, 5, 4, 5, 6, 7, 8];
    for (let writes = 1; writes <= 15; writes++) {
      for (const after of [false, true]) {
        const [store, chain] = [new MemoryStore(), plan()];
        const failing = new FailingStore(store, writes, after);
        expect(() => run(new BlockFilterIndex(failing, options), chain)).toThrow(Failure);
        const index = new BlockFilterIndex(store, options);
        expect(index.bestBlock()?.height ?? -1).toBe(heights[after ? writes : writes - 1]);
        run(index, chain);
        expect(dump(store)).toEqual(dump(whole));
      }
    }
  });

  test('any order of mining, reorganising, stepping and dying', () => {
    const action = fc.oneof(
      fc.record({ type: fc.constant('mine' as const), count: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ type: fc.constant('off' as const), count: fc.integer({ min: 1, max: 8 }) }),
      fc.record({ type: fc.constant('back' as const), count: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ type: fc.constant('step' as const), count: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ type: fc.constant('die' as const), count: fc.integer({ min: 1, max: 6 }) }),
    );
    fc.assert(fc.property(fc.nat(), fc.array(action, { maxLength: 25 }), (seed, actions) => {
      const chain = new TestChain(new Draws(seed));
      const store = new MemoryStore();
      let index = new BlockFilterIndex(store, options);
      const known = new Map<string, TestBlock>();
      let off: TestBlock[] = [];
      chain.mine(1);
      for (const { type, count } of actions) {
        if (type === 'mine') chain.mine(count);
        if (type === 'off') off = chain.takeOff(Math.min(count, chain.height));
        if (type === 'back' && off[0]?.block.header.prevBlockHash.join() === chain.tip.hash.join()) {
          off.splice(0, count).forEach((block) => chain.add(block));
        }
        const target = type === 'die'
          ? new BlockFilterIndex(new FailingStore(store, count, count % 2 === 0), options)
          : index;
        const steps = type === 'step' || type === 'die' ? count : 0;
        for (let i = 0; i < steps; i++) {
          try {
            const step = stepIndex(target, chain);
            if (step.status !== 'connected') continue;
            const { hash, height } = step.block;
            known.set(toHex(hash), chain.active[height]!);
          } catch (error) {
            expect(error).toBeInstanceOf(Failure);
            break;
          }
        }
        // It stands where the other was.
        if (type === 'die') index = new BlockFilterIndex(store, options);
      }
      sync(index, chain);
      expect(found(index, chain.tip)).toEqual(expected(chain, chain.tip));
      for (const block of known.values()) expect(found(index, block)).toEqual(expected(chain, block));
      // Under its height or under its hash, but never both.
      const fresh = new MemoryStore();
      sync(new BlockFilterIndex(fresh, options), chain);
      const active = dump(store, 0x73).filter((line) => !line.startsWith('66'));
      expect(active).toEqual(dump(fresh).filter((line) => !line.startsWith('66')));
      const stale = dump(store).filter((line) => line.startsWith('73'));
      const both = stale.filter((line) => chain.heightOf(fromHex(line.slice(2, 66))) !== undefined);
      expect(both).toEqual([]);
    }), { numRuns: 60 });
  });

  test('is ahead of a chain that forgot its last blocks', () => {
    const chain = new TestChain(new Draws(8));
    const store = new MemoryStore();
    chain.mine(20);
    sync(new BlockFilterIndex(store, options), chain);
    // Of the last five, nothing was written to the disk but what is in the index.
    for (const { hash } of chain.takeOff(5)) chain.blocks.delete(toHex(hash));
    const index = new BlockFilterIndex(store, options);
    expect(sync(index, chain)).toHaveLength(5);
    chain.mine(2);
    sync(index, chain);
    expect(found(index, chain.tip)).toEqual(expected(chain, chain.tip));
  });

  test('is told of what is missing, and takes nothing that does not follow', () => {
    const chain = new TestChain(new Draws(9));
    chain.mine(6);
    const index = new BlockFilterIndex(new MemoryStore(), options);
    chain.prunedUndo.add(toHex(chain.active[2]!.hash));
    chain.prunedBlocks.add(toHex(chain.active[4]!.hash));
    stepIndex(index, chain);
    stepIndex(index, chain);
    const noUndo = { status: 'missing', data: 'undo', block: { height: 2 } };
    expect(stepIndex(index, chain)).toMatchObject(noUndo);
    expect(() => index.connect(chain.active[3]!)).toThrow('does not follow');
    index.connect(chain.active[2]!);
    stepIndex(index, chain);
    const noBlock = { status: 'missing', data: 'block', block: { height: 4 } };
    expect(stepIndex(index, chain)).toMatchObject(noBlock);
    chain.prunedBlocks.clear();
    sync(index, chain);
    expect(found(index, chain.tip)).toEqual(expected(chain, chain.tip));
  });

  test('another genesis block', () => {
    const [chain, other] = [new TestChain(new Draws(10)), new TestChain(new Draws(11))];
    chain.mine(3);
    other.mine(4);
    const index = new BlockFilterIndex(new MemoryStore(), options);
    sync(index, chain);
    sync(index, other);
    expect(found(index, other.tip)).toEqual(expected(other, other.tip));
    expect(found(index, chain.tip)).toEqual(expected(chain, chain.tip));
  });

  test('broken records', () => {
    const chain = new TestChain(new Draws(12));
    chain.mine(4);
    const store = new MemoryStore();
    const index = new BlockFilterIndex(store, options);
    sync(index, chain);
    const [filter] = [...store.entries(fromHex('6600000002'), fromHex('6600000003'))];
    store.write([{ key: filter!.key, value: fromHex('00') }]);
    expect(() => index.filter(chain.active[2]!)).toThrow(ChainstateError);
    expect(() => [...index.filters(0, chain.tip)!]).toThrow(ChainstateError);
    store.write([{ key: fromHex('7400000001'), value: undefined }]);
    expect(() => index.range(0, chain.tip)).toThrow(ChainstateError);
    expect(() => index.checkpoints(chain.tip, 1)).toThrow(ChainstateError);
    store.write([{ key: fromHex('7400000003'), value: undefined }]);
    expect(() => new BlockFilterIndex(store, options)).toThrow(ChainstateError);
  });
});
