import { describe, expect, test } from '@jest/globals';
import { BlockView, hashToHex } from '@btcp2p/wire';
import type { ChainstateManager } from '../src/index.ts';
import {
  BlockWorld, coinsHash, coinsHashOf, Mirror, nameOf, newDisk, NOW, open, type WorldBlock,
} from './block-world.ts';
import { ChainModel, isOn, type Answer } from './chain-model.ts';
import { FAULTS, faultyBlock, validBlock } from './random-blocks.ts';
import { Draws } from './support.ts';

const START = 103;

/** Each takes as long as some twenty runs of simpler models. */
const WORLDS = Math.ceil(Number(process.env['BTCP2P_MODEL_RUNS'] ?? 100) / 20);
const FIRST = Number(process.env['BTCP2P_MODEL_SEED'] ?? 0);

/** A manager and the model, to which the same is done. */
class Pair {
  readonly world = new BlockWorld();
  readonly model = new ChainModel(this.world.genesis);
  readonly mirror = new Mirror();
  readonly manager: ChainstateManager;
  readonly draws: Draws;
  /** Made, and not handed in yet, or to come again. */
  readonly held: WorldBlock[] = [];
  /** What happened, for the one who reads a failure. */
  readonly history: string[] = [];
  readonly reasons = new Set<string>();
  deepest = 0;

  constructor(seed: number) {
    this.draws = new Draws(seed);
    // One chunk and some coins, so that they are also written in the middle of reorganisations.
    this.manager = open(newDisk(), { notify: this.mirror.notify, maxCoinsBytes: 1_057_500, batchBytes: 500 });
    this.mirror.chain.unshift(0);
    this.mirror.chain.length = 1;
  }

  submit(block: WorldBlock): void {
    this.history.push(`submit ${block.name} on ${block.parent!.name}: ${block.fault?.reason ?? 'valid'}`);
    const result = this.manager.processBlock(BlockView.of(block.bytes), NOW, { requested: true });
    const expected = this.model.submit(block);
    expect(answerOf(result)).toEqual(expected);
    if (result.status === 'rejected') this.reasons.add(result.reason);
  }

  entry(block: WorldBlock): number {
    return this.manager.headers.find(block.hash)!;
  }

  /** Any block whose header both know, but the first. */
  pickKnown(last: number): WorldBlock | undefined {
    const known = [...this.model.known].filter(({ height }) => height > START - 3).slice(-last);
    return known[this.draws.below(known.length)];
  }

  step(): void {
    const before = this.model.tip;
    this.act();
    let fork = before;
    while (!isOn(this.model.tip, fork)) fork = fork.parent!;
    if (fork !== this.model.tip) this.deepest = Math.max(this.deepest, before.height - fork.height);
  }

  act(): void {
    const { draws, model, world, held } = this;
    const draw = draws.below(100);
    if (draw < 45) {
      const recent = [...model.known].slice(-12);
      const parent = draws.oneIn(3) ? recent[draws.below(recent.length)]! : model.tip;
      const faulty = draws.oneIn(3);
      const block = faulty ? faultyBlock(world, parent, draws) : validBlock(world, parent, draws);
      if (draws.oneIn(4)) held.push(block);
      else this.submit(block);
    } else if (draw < 60) {
      this.holdBranch();
    } else if (draw < 85) {
      for (let count = 2 + draws.below(12); count > 0 && held.length > 0; count--) {
        const at = draws.oneIn(3) ? draws.below(held.length) : 0;
        const [block] = held.splice(at, 1);
        this.submit(block!);
        if (draws.oneIn(8)) held.push(block!);
      }
    } else {
      this.command(draw);
    }
  }

  command(draw: number): void {
    const { manager, model } = this;
    const block = this.pickKnown(15);
    if (block === undefined) return;
    this.history.push(`${draw < 90 ? 'invalidate' : draw < 95 ? 'reconsider' : 'precious'} ${block.name}`);
    if (draw < 90) {
      manager.invalidateBlock(this.entry(block));
      manager.activateBestChain();
      model.invalidate(block);
    } else if (draw < 95) {
      manager.reconsiderBlock(this.entry(block));
      manager.activateBestChain();
      model.reconsider(block);
    } else {
      manager.preciousBlock(this.entry(block));
      model.precious(block);
    }
  }

  /** A branch that is to be longer than the active chain, with a fault in some; or its headers first. */
  holdBranch(): void {
    const { draws, model, world, held } = this;
    const isAnnounced = draws.oneIn(2);
    let at = BlockWorld.ancestor(model.tip, model.tip.height - draws.below(6));
    for (let left = model.tip.height - at.height + 1; left >= 0; left--) {
      at = draws.oneIn(12) ? faultyBlock(world, at, draws) : validBlock(world, at, draws);
      held.push(at);
      if (isAnnounced) this.announce(at);
    }
  }

  announce(block: WorldBlock): void {
    this.history.push(`header ${block.name} on ${block.parent!.name}`);
    const { status } = this.manager.headers.add(block.bytes.slice(0, 80), NOW);
    expect(status).toBe(this.model.announce(block));
  }

  /** The same tip, the same coins, and undo data of the last blocks that fit. */
  compare(): void {
    const { manager, model, world } = this;
    const { headers } = manager;
    expect(hashToHex(headers.hash(manager.tip))).toBe(hashToHex(model.tip.hash));
    expect(this.mirror.chain).toEqual([...manager.chain]);
    const coins = world.coinsAt(model.tip);
    const found = manager.coins.getCoins(world.outPoints);
    for (const [i, outPoint] of world.outPoints.entries()) {
      const expected = coins.get(nameOf(outPoint))?.coin;
      if (found[i] !== undefined || expected !== undefined) expect(found[i]).toEqual(expected);
    }
    for (const block of BlockWorld.chain(model.tip).slice(-8)) {
      const undo = manager.readUndo(this.entry(block))!;
      expect(undo.transactions.map(({ prevouts }) => prevouts)).toEqual(world.spentBy(block));
    }
    for (const block of model.known) {
      expect(headers.isInvalid(this.entry(block))).toBe(model.failed.has(block));
      expect(manager.blocks.isLinked(this.entry(block))).toBe(model.ranks.has(block));
    }
  }

  compareStored(): void {
    this.manager.flush();
    expect(coinsHash(this.manager.storedCoins)).toBe(coinsHashOf(this.world, this.model.tip));
  }

  /** All the way back, and on again. */
  roundTrip(): void {
    const { manager, model } = this;
    const { tip } = model;
    const first = BlockWorld.ancestor(tip, 1);
    manager.invalidateBlock(this.entry(first));
    manager.activateBestChain();
    expect(manager.tip).toBe(0);
    manager.flush();
    expect([...manager.storedCoins.coins()]).toEqual([]);
    model.invalidate(first);
    manager.reconsiderBlock(this.entry(first));
    manager.activateBestChain();
    model.reconsider(first);
    this.compare();
    this.compareStored();
  }
}

function answerOf(result: ReturnType<ChainstateManager['processBlock']>): Answer {
  if (result.status === 'rejected') return { status: 'rejected', reason: result.reason };
  const { isNew, verdict } = result;
  const text = verdict === undefined || verdict === 'valid' ? verdict : verdict.reason;
  return { status: 'accepted', isNew, verdict: text };
}

describe('random worlds', () => {
  const reasons = new Set<string>();
  let deepest = 0;

  test.each(Array.from({ length: WORLDS }, (_, i) => [FIRST + i]))('seed %i', (seed) => {
    const pair = new Pair(seed);
    try {
      for (const block of BlockWorld.chain(pair.world.extend(pair.world.genesis, START))) pair.submit(block);
      for (let step = 0; step < 70; step++) {
        pair.step();
        pair.compare();
        if (pair.draws.oneIn(8)) pair.compareStored();
      }
      pair.roundTrip();
    } catch (error) {
      throw new Error(`seed ${seed}:\n${pair.history.slice(-40).join('\n')}`, { cause: error });
    }
    for (const reason of pair.reasons) reasons.add(reason);
    deepest = Math.max(deepest, pair.deepest);
  });

  test('which go far enough', () => {
    expect(reasons.size).toBeGreaterThan(8);
    expect(deepest).toBeGreaterThan(2);
  });
});

describe('each fault on top of the tip, with the reason and without a trace', () => {
  const world = new BlockWorld();
  const draws = new Draws(5);
  const manager = open(newDisk());
  let base = world.extend(world.genesis, START);
  for (let i = 0; i < 3; i++) base = validBlock(world, base, draws);
  for (const block of BlockWorld.chain(base)) {
    manager.processBlock(BlockView.of(block.bytes), NOW, { requested: true });
  }

  test.each(FAULTS.map(([stage, reason], i) => [stage, reason, i] as const))('%s: %s', (stage, reason, i) => {
    const only = new Draws(i);
    let block: WorldBlock;
    do block = faultyBlock(world, base, only);
    while (block.fault?.reason !== reason || block.fault.stage !== stage);
    const hash = coinsHash((manager.flush(), manager.storedCoins));
    const submit = (): Answer =>
      answerOf(manager.processBlock(BlockView.of(block.bytes), NOW, { requested: true }));
    const first = submit();
    if (stage === 'connect') expect(first).toEqual({ status: 'accepted', isNew: true, verdict: reason });
    else expect(first).toEqual({ status: 'rejected', reason });
    const isMarked = stage === 'context' || stage === 'connect';
    expect(submit()).toEqual({ status: 'rejected', reason: isMarked ? 'duplicate-invalid' : reason });
    const entry = manager.headers.find(block.hash);
    expect(entry === undefined).toBe(stage === 'check');
    if (entry !== undefined) expect(manager.headers.isInvalid(entry)).toBe(isMarked);
    expect(manager.headers.hash(manager.tip)).toEqual(base.hash);
    manager.flush();
    expect(coinsHash(manager.storedCoins)).toBe(hash);
  });
});
