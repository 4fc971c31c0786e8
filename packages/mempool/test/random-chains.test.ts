import { describe, expect, test } from '@jest/globals';
import { inTopologicalOrder, Mempool } from '../src/index.ts';
import { Draws, pay, TestChain, type MadeBlock, type Paid, type Spendable } from './support.ts';

/** Transactions, blocks and reorganisations as they come. */
class Walk {
  readonly draws: Draws;
  readonly chain = new TestChain();
  readonly #conflicts: boolean;
  readonly #paid: Paid[] = [];
  /** Where outputs may be spent: rewards that are mature everywhere, and outputs of transactions. */
  readonly #outputs: Spendable[] = [];
  readonly #blocks: MadeBlock[] = [];
  /** Ids of what the node took, alone or in a block. */
  readonly #seen = new Set<string>();
  reorganizations = 0;

  constructor(seed: number, conflicts: boolean) {
    this.draws = new Draws(seed);
    this.#conflicts = conflicts;
    let at = this.chain.genesis;
    for (let i = 0; i < 4; i++) {
      at = this.chain.make(at);
      this.chain.submit(at);
      this.#outputs.push(...at.coins);
    }
    this.#blocks.push(this.chain.extend(at, 105));
  }

  step(): void {
    if (this.draws.below(3) < 2) this.#pay();
    else this.#mine();
  }

  #pay(): void {
    const { draws } = this;
    const spends: Spendable[] = [];
    for (let left = 1 + draws.below(2); left > 0 && this.#outputs.length > 0; left--) {
      const place = draws.below(this.#outputs.length);
      const output = this.#outputs[place]!;
      if (spends.includes(output)) continue;
      // An output stays to be spent again, if conflicts are wanted.
      if (!this.#conflicts || !draws.oneIn(3)) this.#outputs.splice(place, 1);
      spends.push(output);
    }
    if (spends.length === 0) return;
    const one = pay(spends, { outputs: 1 + draws.below(3), fee: BigInt(draws.below(5_000)) });
    this.#paid.push(one);
    this.#outputs.push(...one.outputs);
    // Some are first seen in a block, or never.
    if (!this.draws.oneIn(5) && this.chain.answer(one) === 'ok') this.#seen.add(one.id);
  }

  /** A block on some chain, not far from the tip, of transactions that are valid there. */
  #mine(): void {
    const { chain, draws } = this;
    const recent = this.#blocks.slice(-6);
    const parent = draws.oneIn(3) ? recent.at(-1)! : draws.pick(recent);
    const mined = new Set<string>();
    const spent = new Set<string>();
    for (let at: MadeBlock | undefined = parent; at !== undefined; at = at.parent) {
      for (const one of at.transactions) this.#take(one, mined, spent);
    }
    const chosen: Paid[] = [];
    for (const one of this.#paid) {
      if (mined.has(one.id) || !draws.oneIn(3) || !this.#isValid(one, mined, spent)) continue;
      this.#take(one, mined, spent);
      chosen.push(one);
    }
    const block = chain.make(parent, chosen);
    this.#blocks.push(block);
    const before = chain.tipId;
    chain.submit(block);
    if (chain.tipId !== before && parent.id !== before) this.reorganizations++;
    this.#see(block);
    if (draws.oneIn(20)) {
      chain.manager.invalidateBlock(chain.entryOf(block));
      chain.manager.activateBestChain();
      this.#blocks.pop();
    }
  }

  /** Takes note of what was connected, if the block was. */
  #see(block: MadeBlock): void {
    if (this.chain.tipId !== block.id) return;
    for (let at: MadeBlock | undefined = block; at !== undefined; at = at.parent) {
      for (const { id } of at.transactions) this.#seen.add(id);
    }
  }

  #take({ id, spends }: Paid, mined: Set<string>, spent: Set<string>): void {
    mined.add(id);
    for (const outpoint of spends) spent.add(`${outpoint.txid.join()}:${outpoint.index}`);
  }

  #isValid({ spends }: Paid, mined: ReadonlySet<string>, spent: ReadonlySet<string>): boolean {
    return spends.every(({ txid, index }) => {
      if (spent.has(`${txid.join()}:${index}`)) return false;
      const parent = this.#paid.find((one) => one.txid === txid);
      return parent === undefined || mined.has(parent.id);
    });
  }

  /** What a new mempool takes of the transactions in this order. */
  anew(transactions: Iterable<{ readonly view: Paid['view'] }>): Mempool {
    const pool = new Mempool({ minRelayFeeRate: 0n });
    const context = { chain: this.chain.chain(), now: 1 };
    for (const { view } of transactions) pool.accept(view, context);
    return pool;
  }

  /** All that were ever made. */
  get paid(): readonly Paid[] {
    return this.#paid;
  }

  /** All that the node took, alone or in a block. */
  get seen(): readonly Paid[] {
    return this.#paid.filter(({ id }) => this.#seen.has(id));
  }
}

function facts(pool: Mempool): object {
  const entries = [...pool.entries()].map(({ txid, fee, parents, children, virtualSize }) => ({
    id: txid.join(), fee, virtualSize, parents: parents.size, children: children.size,
  }));
  const { size, virtualSize, totalFee, usage } = pool;
  return { size, virtualSize, totalFee, usage, entries: entries.sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

describe('whatever happens to the chain', () => {
  test.each([1, 2, 3, 4])('the pool can be made again from its transactions (%i)', (seed) => {
    const walk = new Walk(seed, true);
    for (let i = 0; i < 250; i++) {
      walk.step();
      const { mempool } = walk.chain;
      mempool.assertConsistent(walk.chain.chain());
      if (i % 5 > 0) continue;
      const again = walk.anew(inTopologicalOrder(mempool.entries()));
      expect(facts(again)).toEqual(facts(mempool));
    }
    expect(walk.reorganizations).toBeGreaterThan(3);
  });

  test.each([5, 6, 7])('nothing that could be mined is lost, where none conflict (%i)', (seed) => {
    const walk = new Walk(seed, false);
    for (let i = 0; i < 200; i++) {
      walk.step();
      const { mempool } = walk.chain;
      if (i % 5 === 0) expect(facts(walk.anew(walk.seen))).toEqual(facts(mempool));
    }
    // Everybody's transactions come: then it is as if all had come in the end only.
    for (const one of walk.paid) walk.chain.accept(one);
    const all = walk.anew(walk.paid);
    expect(facts(all)).toEqual(facts(walk.chain.mempool));
    expect(all.size).toBeGreaterThan(0);
    expect(walk.reorganizations).toBeGreaterThan(3);
  });
});
