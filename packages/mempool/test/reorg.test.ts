import { describe, expect, test } from '@jest/globals';
import { hashToHex } from '@btcp2p/wire';
import { DisconnectedTransactions, Mempool } from '../src/index.ts';
import { pay, TestChain, viewOf, type MadeBlock, type Paid, type Spendable } from './support.ts';

interface Start {
  readonly chain: TestChain;
  readonly tip: MadeBlock;
  readonly coins: readonly Spendable[];
}

/** A chain whose first coinbase can be spent. */
function start(options = {}): Start {
  const chain = new TestChain(options);
  const first = chain.make(chain.genesis);
  chain.submit(first);
  return { chain, tip: chain.extend(first, 109), coins: first.coins };
}

function check({ chain }: Start, expected: readonly Paid[]): void {
  expect(chain.ids()).toEqual(expected.map(({ id }) => id).sort());
  chain.mempool.assertConsistent(chain.chain());
}

describe('blocks', () => {
  test('take out what they have and what conflicts with it, and leave what builds on it', () => {
    const world = start();
    const { chain, coins, tip } = world;
    const mined = pay([coins[0]!], { outputs: 2 });
    const child = pay([mined.outputs[0]!]);
    const conflicting = pay([coins[1]!]);
    const dependent = pay(conflicting.outputs);
    const other = pay([coins[2]!]);
    for (const one of [mined, child, conflicting, dependent, other]) chain.accept(one);
    check(world, [mined, child, conflicting, dependent, other]);
    chain.submit(chain.make(tip, [mined, pay([coins[1]!], { fee: 7n })]));
    check(world, [child, other]);
    expect(chain.mempool.get(child.txid)!.parents.size).toBe(0);
  });

  test('give back what they had when they are disconnected, in order', () => {
    const world = start();
    const { chain, coins, tip } = world;
    const one = pay([coins[0]!], { outputs: 2 });
    const two = pay([one.outputs[0]!]);
    const waiting = pay([two.outputs[0]!, coins[3]!]);
    const a1 = chain.make(tip, [one]);
    const a2 = chain.make(a1, [two]);
    chain.submit(a1);
    chain.submit(a2);
    chain.accept(waiting);
    const { sequence } = chain.mempool;
    chain.extend(tip, 3);
    check(world, [one, two, waiting]);
    expect(chain.mempool.sequence).toBe(sequence + 2);
    // It came first, and hangs together with its parent all the same.
    const entry = chain.mempool.get(waiting.txid)!;
    expect([...entry.parents].map(({ txid }) => hashToHex(txid))).toEqual([two.id]);
    expect(chain.mempool.get(one.txid)!.sequence).toBe(0);
    // And back again: nothing of it waits any more.
    const a3 = chain.make(a2, [waiting]);
    chain.submit(a3);
    chain.submit(chain.make(a3));
    check(world, []);
  });

  test('drop what is invalid after that, with what builds on it', () => {
    const world = start();
    const { chain, coins, tip } = world;
    const one = pay([coins[0]!]);
    const rival = pay([coins[0]!], { fee: 5n });
    const child = pay(one.outputs);
    const a1 = chain.make(tip, [one]);
    chain.submit(a1);
    chain.accept(child);
    // A script that only a block may have.
    const bare = pay([coins[1]!], { scriptSig: Uint8Array.of(0x51) });
    const ofBare = pay(bare.outputs);
    const a2 = chain.make(a1, [bare]);
    chain.submit(a2);
    chain.accept(ofBare);
    const reward = chain.make(a2);
    chain.submit(reward);
    const b1 = chain.make(tip, [rival]);
    chain.submit(b1);
    chain.extend(b1, 3);
    check(world, []);
  });

  test('lock what was open, if the chain gets shorter', () => {
    const world = start();
    const { chain, coins, tip } = world;
    const secondRewards = chain.make(tip);
    chain.submit(secondRewards);
    const ofFirst = pay([coins[0]!], { lockTime: tip.height + 1, sequence: 0xffff_fffe });
    const relative = pay([coins[1]!], { sequence: tip.height + 1 });
    const early = chain.headers.height(chain.manager.tip) - 99;
    const young = chainBlock(tip, early).coins[0]!;
    const mature = pay([young]);
    const child = pay(mature.outputs);
    const free = pay([coins[2]!]);
    for (const one of [ofFirst, relative, mature, child, free]) expect(chain.answer(one)).toBe('ok');
    chain.manager.invalidateBlock(chain.entryOf(secondRewards));
    check(world, [free]);
  });

  test('are given up for lost beyond the tenth that is invalidated', () => {
    const world = start();
    const { chain, coins, tip } = world;
    const blocks: MadeBlock[] = [];
    const paid: Paid[] = [];
    let at = tip;
    for (let i = 0; i < 12; i++) {
      const one = pay([coins[i]!]);
      paid.push(one);
      at = chain.make(at, [one]);
      blocks.push(at);
      chain.submit(at);
    }
    const child = pay(paid[1]!.outputs);
    chain.accept(child);
    chain.manager.invalidateBlock(chain.entryOf(blocks[0]!));
    check(world, paid.slice(2));
  });

  test('cannot make more hang together than may', () => {
    const world = start();
    const { chain, coins, tip } = world;
    const root = pay([coins[0]!], { outputs: 30 });
    const block = chain.make(tip, [root]);
    chain.submit(block);
    const below: Paid[] = [];
    for (const output of root.outputs) {
      let one = pay([output]);
      for (let i = 0; i < 3; i++) {
        below.push(one);
        expect(chain.answer(one)).toBe('ok');
        one = pay(one.outputs);
      }
    }
    expect(chain.mempool.size).toBe(90);
    chain.extend(tip, 2);
    expect(chain.mempool.size).toBe(64);
    expect(chain.mempool.get(root.txid)).toBeDefined();
    chain.mempool.assertConsistent(chain.chain());
  });
});

function chainBlock(tip: MadeBlock, height: number): MadeBlock {
  let at = tip;
  while (at.height > height) at = at.parent!;
  return at;
}

describe('transactions of disconnected blocks', () => {
  const world = start();
  const { chain, coins, tip } = world;
  const paid = coins.slice(0, 10).map((coin) => pay([coin], { scriptPubKey: new Uint8Array(1_000) }));
  const a1 = chain.make(tip, paid.slice(0, 5));
  const a2 = chain.make(a1, paid.slice(5));

  test('come back as they were mined', () => {
    const pool = new DisconnectedTransactions();
    expect(pool.add(viewOf(a2))).toEqual([]);
    expect(pool.add(viewOf(a1))).toEqual([]);
    expect(pool.size).toBe(12);
    pool.removeForBlock([paid[2]!.txid, new Uint8Array(32)]);
    const left = pool.take();
    expect(left.map(({ isCoinbase }) => isCoinbase)).toEqual(
      [true, false, false, false, false, true, false, false, false, false, false],
    );
    const ids = left.filter(({ isCoinbase }) => !isCoinbase).map(({ txid }) => hashToHex(txid));
    expect(ids).toEqual(paid.filter((_, i) => i !== 2).map(({ id }) => id));
    expect(pool.size).toBe(0);
    expect(pool.byteLength).toBe(0);
  });

  test('go if they are too many, the last that were mined first', () => {
    const pool = new DisconnectedTransactions(9_000);
    expect(pool.add(viewOf(a2))).toEqual([]);
    const gone = pool.add(viewOf(a1));
    expect(pool.byteLength).toBeLessThanOrEqual(9_000);
    expect(gone.map(({ txid }) => hashToHex(txid))).toEqual(
      paid.slice(5).toReversed().slice(0, gone.length).map(({ id }) => id),
    );
    expect(gone.length).toBeGreaterThan(2);
    // Bytes of their own, not those of the block.
    for (const { view } of pool.take()) expect(view.bytes.buffer.byteLength).toBe(view.size);
  });

  test('must be settled before anything is accepted', () => {
    const pool = new Mempool();
    pool.blockDisconnected(viewOf(a1), viewOf(a1).txids());
    const context = { chain: chain.chain(), now: 0 };
    expect(() => pool.accept(paid[0]!.view, context)).toThrow('on its way');
  });
});
