import { describe, expect, test } from '@jest/globals';
import { DecodeError, fromHex, toHex } from '@btcp2p/wire';
import { ChainstateError, MemoryStore, stepIndex, transactionAt, TxIndex } from '../src/index.ts';
import { dump, Failure, FailingStore, sync, TestChain } from './index-chain.ts';
import { coinbase, Draws, makeBlock, nativeSha256d } from './support.ts';

const options = { sha256d: nativeSha256d };

/** Finds every transaction of the active chain where it is. */
function checkAll(index: TxIndex, chain: TestChain): void {
  expect(index.bestBlock()).toEqual({ hash: chain.tip.hash, height: chain.height });
  for (const { block, height, position } of chain.active) {
    for (const [i, txid] of block.txids(nativeSha256d).entries()) {
      const found = index.find(txid);
      if (height === 0) expect(found).toBeUndefined();
      if (found === undefined) continue;
      expect({ file: found.file, position: found.position }).toEqual(position);
      const { bytes } = transactionAt(block.bytes, found.offset);
      expect(toHex(bytes)).toBe(toHex(block.transactionBytes(i)));
    }
  }
}

describe('TxIndex', () => {
  test('finds the transactions of the chain, through reorganisations', () => {
    const chain = new TestChain(new Draws(1));
    const index = new TxIndex(new MemoryStore(), options);
    expect(sync(index, chain)).toEqual([]);
    expect(index.bestBlock()).toBeUndefined();
    chain.mine(30);
    expect(sync(index, chain)).toHaveLength(30);
    checkAll(index, chain);
    const stale = chain.takeOff(7);
    chain.mine(12);
    const steps = sync(index, chain).map(({ status }) => status);
    expect(steps).toEqual([...Array(7).fill('disconnected'), ...Array(12).fill('connected')]);
    checkAll(index, chain);
    // As in Core, what was of the chain is found still.
    for (const { block } of stale) expect(index.find(block.txid(0))).toBeDefined();
    expect(index.find(new Uint8Array(32))).toBeUndefined();
  });

  test('a value is three VARINTs, as Core\'s', () => {
    const store = new MemoryStore();
    const chain = new TestChain(new Draws(2));
    chain.mine(1);
    const index = new TxIndex(store, options);
    sync(index, chain);
    chain.mine(1);
    const position = { file: 256, position: 65_535 };
    index.connect({ ...chain.tip, position });
    const txid = chain.tip.block.txid(0);
    // Core test/serialize_tests.cpp has the first two.
    expect(toHex(store.get(Uint8Array.of(0x74, ...txid))!)).toBe('810082fe7f01');
    expect(index.find(txid)).toEqual({ ...position, offset: 1 });
  });

  test('the count of transactions may take 3 bytes', () => {
    const transactions = Array.from({ length: 300 }, (_, i) => coinbase(1n, i));
    const block = makeBlock(transactions);
    const [hash, position] = [block.hash(), { file: 0, position: 8 }];
    const index = new TxIndex(new MemoryStore());
    index.connect({ hash: new Uint8Array(32), height: 0, block, position });
    index.connect({ hash, height: 1, block, position, txids: block.txids(nativeSha256d) });
    for (const [i, txid] of block.txids(nativeSha256d).entries()) {
      const { offset } = index.find(txid)!;
      expect(toHex(transactionAt(block.bytes, offset).bytes)).toBe(toHex(block.transactionBytes(i)));
    }
    expect(index.find(block.txid(0))?.offset).toBe(3);
  });

  test('goes on where it stood, whichever write fails', () => {
    const plan = (): TestChain => {
      const chain = new TestChain(new Draws(4));
      chain.mine(12);
      return chain;
    };
    const run = (index: TxIndex, chain: TestChain): void => {
      sync(index, chain);
      if (chain.height === 11) {
        chain.takeOff(4);
        chain.mine(6);
      }
      sync(index, chain);
    };
    const whole = new MemoryStore();
    run(new TxIndex(whole, options), plan());
    // Heights after each write: 12 blocks, 4 back, 6 more.
    const heights = [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 10, 9, 8, 7, 8, 9, 10, 11, 12, 13];
    for (let writes = 1; writes <= 22; writes++) {
      for (const after of [false, true]) {
        const [store, chain] = [new MemoryStore(), plan()];
        const failing = new FailingStore(store, writes, after);
        expect(() => run(new TxIndex(failing, options), chain)).toThrow(Failure);
        const index = new TxIndex(store, options);
        expect(index.bestBlock()?.height ?? -1).toBe(heights[after ? writes : writes - 1]);
        run(index, chain);
        checkAll(index, chain);
        expect(dump(store)).toEqual(dump(whole));
      }
    }
  });

  test('is told of what is missing, and takes nothing that does not follow', () => {
    const chain = new TestChain(new Draws(5));
    chain.mine(5);
    const index = new TxIndex(new MemoryStore(), options);
    chain.prunedBlocks.add(toHex(chain.active[2]!.hash));
    stepIndex(index, chain);
    stepIndex(index, chain);
    for (let i = 0; i < 2; i++) {
      const missing = { status: 'missing', data: 'block', block: { height: 2 } };
      expect(stepIndex(index, chain)).toMatchObject(missing);
    }
    expect(() => index.connect(chain.active[3]!)).toThrow('does not follow');
    expect(() => index.connect({ ...chain.active[3]!, height: 2 })).toThrow('does not follow');
    expect(() => new TxIndex(new MemoryStore()).connect(chain.active[1]!)).toThrow('does not follow');
    index.connect(chain.active[2]!);
    expect(index.bestBlock()?.height).toBe(2);
  });

  test('taken off to the last block, it knows none', () => {
    const chain = new TestChain(new Draws(6));
    chain.mine(3);
    const store = new MemoryStore();
    const index = new TxIndex(store, options);
    sync(index, chain);
    for (let i = 0; i < 5; i++) index.disconnect();
    expect(index.bestBlock()).toBeUndefined();
    expect(new TxIndex(store, options).bestBlock()).toBeUndefined();
    sync(index, chain);
    checkAll(index, chain);
  });

  test('broken records', () => {
    const store = new MemoryStore();
    const chain = new TestChain(new Draws(7));
    chain.mine(3);
    const index = new TxIndex(store, options);
    sync(index, chain);
    store.write([
      { key: fromHex('6800000001'), value: undefined },
      { key: Uint8Array.of(0x74, ...chain.tip.block.txid(0)), value: fromHex('01') },
    ]);
    expect(() => index.disconnect()).toThrow(ChainstateError);
    expect(() => index.find(chain.tip.block.txid(0))).toThrow(DecodeError);
    store.write([{ key: fromHex('42'), value: new Uint8Array(35) }]);
    expect(() => new TxIndex(store)).toThrow(ChainstateError);
  });
});
