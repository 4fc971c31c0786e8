import type { ConsensusParams } from '@btcp2p/consensus';
import { SeededRng, type Rng } from '@btcp2p/machine';
import { hashToHex, regtest } from '@btcp2p/wire';
import { CoreNode } from './core-node.ts';
import { Difference } from './difference.ts';
import { applyFault, randomFault } from './faults.ts';
import { pick } from './locks.ts';
import { OurNode } from './our-node.ts';
import { addPayments, Purse } from './payments.ts';
import { assemble, newPlan } from './plan.ts';
import { randomSettings, START_BLOCKS, type Settings } from './settings.ts';
import type { ChainTip, Subject } from './subject.ts';
import { ancestor, medianTimePast, World, type Made } from './world.ts';

/** Seconds that the clock is at most ahead of the tip at first. */
const START_AHEAD = 200 * 600;

/** How a run goes. */
export interface RunOptions {
  readonly seed: number;
  readonly steps: number;
  /** The coins are compared once in so many steps. */
  readonly coinsEvery: number;
  /** Called for each step, before it is done. */
  readonly trace?: (line: string) => void;
}

/** What a run came across. */
export interface RunReport {
  readonly steps: number;
  /** How often each answer was given to each kind of step. */
  readonly answers: ReadonlyMap<string, number>;
  readonly height: number;
  /** The most blocks that were taken off at once. */
  readonly deepest: number;
}

/**
 * Does the same to a bitcoind and to our chain state, step by step.
 *
 * @param binary of bitcoind
 * @throws Difference at the first step at which the two do not agree
 */
export async function run(binary: string, options: RunOptions): Promise<RunReport> {
  const rng = new SeededRng(BigInt(options.seed));
  const settings = randomSettings(rng.fork('settings'));
  const core = await CoreNode.start(binary, settings.args);
  try {
    const soak = new Soak(options, settings, core, rng.fork('steps'));
    await soak.start();
    for (let step = 1; step <= options.steps; step++) await soak.step(step);
    await soak.end();
    return soak.report();
  } finally {
    await core.stop();
  }
}

class Soak {
  readonly #options: RunOptions;
  readonly #params: ConsensusParams;
  readonly #edges: ReadonlySet<number>;
  readonly #core: CoreNode;
  readonly #ours: OurNode;
  readonly #rng: Rng;
  readonly #world: World;
  /** Made, and still to be handed in. */
  readonly #held: Made[] = [];
  readonly #invalidated: Made[] = [];
  readonly #answers = new Map<string, number>();
  /** The block that both have as their tip. */
  #tip: Made;
  #now: number;
  #step = 0;
  #deepest = 0;

  constructor(options: RunOptions, { params, edges }: Settings, core: CoreNode, rng: Rng) {
    this.#options = options;
    this.#params = params;
    this.#edges = edges;
    this.#core = core;
    this.#ours = new OurNode(params);
    this.#rng = rng;
    const { time } = regtest.genesis.header;
    const genesis: Made = {
      hash: params.genesisHash, parent: undefined, height: 0, time, bytes: undefined,
      coinbase: undefined, created: [], spent: [], label: 'genesis',
    };
    this.#world = new World(genesis);
    this.#tip = genesis;
    this.#now = time + START_AHEAD;
  }

  /** A chain to start from, so that there are coinbases to spend. */
  async start(): Promise<void> {
    for (let i = 0; i < START_BLOCKS; i++) await this.#submit(this.#valid(this.#tip));
    await this.#compare('start');
  }

  async step(step: number): Promise<void> {
    this.#step = step;
    const what = await this.#act();
    await this.#compare(what);
    if (step % this.#options.coinsEvery === 0) await this.#compareCoins();
  }

  async end(): Promise<void> {
    await this.#compareCoins();
  }

  report(): RunReport {
    const { height } = this.#tip;
    return { steps: this.#step, answers: this.#answers, height, deepest: this.#deepest };
  }

  // --- steps -------------------------------------------------------------------------------------

  async #act(): Promise<string> {
    const draw = this.#rng.below(100);
    // What holds from a height is tried there many times, since blocks that fail leave the tip.
    const isEdge = this.#edges.has(this.#tip.height + 1);
    if (isEdge && draw < 85) {
      return this.#submit(draw < 5 ? this.#valid(this.#tip) : this.#faulty(this.#tip));
    }
    if (draw < 30) return this.#submit(this.#valid(this.#tip));
    if (draw < 58) return this.#submit(this.#faulty(this.#tip));
    if (draw < 64) return this.#submit(this.#valid(this.#near()));
    if (draw < 67) return this.#submit(this.#faulty(this.#near()));
    if (draw < 72) return this.#branch();
    if (draw < 82) return this.#handInHeld();
    if (draw < 85) return this.#submit(pick(this.#rng, this.#world.recent(60)));
    if (draw < 88) return this.#header();
    if (draw < 90) return this.#invalidate();
    if (draw < 93) return this.#reconsider();
    if (draw < 96) return this.#precious();
    if (draw < 98) return this.#propose();
    return this.#moveClock();
  }

  /** A branch, whose blocks come later, and mostly not in order. */
  async #branch(): Promise<string> {
    const rng = this.#rng;
    const depth = rng.below(20) === 0 ? 40 : 6;
    let at = ancestor(this.#tip, Math.max(0, this.#tip.height - rng.below(depth)));
    const length = this.#tip.height - at.height + rng.below(4);
    for (let i = 0; i <= length; i++) {
      at = rng.below(20) === 0 ? this.#faulty(at) : this.#valid(at);
      this.#held.splice(rng.below(3) === 0 ? rng.below(this.#held.length + 1) : this.#held.length, 0, at);
    }
    return this.#handInHeld();
  }

  /** Some of what was held back: often with its header first, so that it may come out of order. */
  async #handInHeld(): Promise<string> {
    const rng = this.#rng;
    let what = 'nothing was held back';
    for (let count = 1 + rng.below(5); count > 0; count--) {
      const block = this.#held.shift();
      if (block === undefined) break;
      if (rng.below(3) === 0) await this.#submitHeaders(block);
      what = await this.#submit(block);
      // It may come again when its parent is there.
      if (rng.below(2) === 0 && this.#held.length < 60) this.#held.push(block);
    }
    return what;
  }

  /** The headers of a block and of those before it, so far as they may be unknown. */
  async #submitHeaders(block: Made): Promise<void> {
    const chain: Made[] = [];
    for (let at = block; at.parent !== undefined && chain.length < 8; at = at.parent) chain.push(at);
    for (const each of chain.toReversed()) {
      await this.#both('header', each, (subject) => subject.submitHeader(each.bytes!, this.#now));
    }
  }

  async #header(): Promise<string> {
    const rng = this.#rng;
    const block = rng.below(2) === 0 ? this.#faulty(this.#near()) : this.#valid(this.#near());
    if (rng.below(2) === 0) this.#held.push(block);
    return this.#both('header', block, (subject) => subject.submitHeader(block.bytes!, this.#now));
  }

  async #invalidate(): Promise<string> {
    const rng = this.#rng;
    const depth = rng.below(10) === 0 ? 50 : 7;
    const isOnChain = rng.below(3) > 0;
    const block = isOnChain
      ? ancestor(this.#tip, this.#tip.height - rng.below(depth))
      : pick(rng, this.#world.recent(50));
    if (block.height <= 100) return 'nothing to invalidate';
    this.#invalidated.push(block);
    return this.#both('invalidate', block, (subject) => subject.invalidate(block.hash));
  }

  async #reconsider(): Promise<string> {
    const rng = this.#rng;
    const at = rng.below(this.#invalidated.length + 1);
    const [listed] = rng.below(4) > 0 ? this.#invalidated.splice(at, 1) : [];
    const block = listed ?? pick(rng, this.#world.recent(40));
    return this.#both('reconsider', block, (subject) => subject.reconsider(block.hash));
  }

  async #precious(): Promise<string> {
    const rng = this.#rng;
    const level = this.#world.recent(60).filter(({ height }) => height >= this.#tip.height);
    const from = level.length > 0 && rng.below(4) > 0 ? level : this.#world.recent(30);
    const block = pick(rng, from);
    return this.#both('precious', block, (subject) => subject.precious(block.hash));
  }

  async #propose(): Promise<string> {
    const rng = this.#rng;
    const parent = rng.below(6) === 0 ? this.#near() : this.#tip;
    const block = rng.below(4) === 0 ? pick(rng, this.#world.recent(20)) : this.#faulty(parent, true);
    return this.#both('propose', block, (subject) => subject.propose(block.bytes!, this.#now));
  }

  async #moveClock(): Promise<string> {
    const rng = this.#rng;
    const jump = pick(rng, [600, 6_000, 100_000, -600, -5_000, -50_000]);
    const { time } = regtest.genesis.header;
    this.#now = Math.max(time, this.#now + rng.below(Math.abs(jump)) * Math.sign(jump));
    return `clock to ${this.#now}`;
  }

  // --- blocks ------------------------------------------------------------------------------------

  /** A block that is near the tip, on whatever branch. */
  #near(): Made {
    const rng = this.#rng;
    const near = this.#world.recent(30).filter(({ height }) => height > this.#tip.height - 8);
    return near.length > 0 && rng.below(2) === 0
      ? pick(rng, near)
      : ancestor(this.#tip, Math.max(0, this.#tip.height - rng.below(6)));
  }

  /** A time that its parent allows, and mostly the clock too. */
  #timeAfter(parent: Made): number {
    const rng = this.#rng;
    const earliest = medianTimePast(parent) + 1;
    const wanted = parent.time + pick(rng, [1, 60, 600, 600, 1_200, -300]);
    // The clock goes on with the chain.
    if (wanted > this.#now + 3_600 && rng.below(10) > 0) this.#now = wanted;
    return Math.max(earliest, wanted);
  }

  #valid(parent: Made): Made {
    const rng = this.#rng;
    const plan = newPlan(parent, rng, this.#timeAfter(parent));
    const purse = new Purse(plan, this.#params, this.#world.coinsAt(parent));
    addPayments(plan, purse, rng, rng.below(4));
    return this.#made(assemble(plan, this.#params));
  }

  /** @param forgotten whether nothing is to build on it */
  #faulty(parent: Made, forgotten = false): Made {
    const rng = this.#rng;
    for (;;) {
      const plan = newPlan(parent, rng, this.#timeAfter(parent));
      const purse = new Purse(plan, this.#params, this.#world.coinsAt(parent));
      const context = { world: this.#world, params: this.#params, purse, rng, now: this.#now };
      const name = randomFault(rng, this.#edges.has(plan.height));
      if (!applyFault(name, plan, context)) continue;
      const block = assemble(plan, this.#params);
      return forgotten ? block : this.#made(block);
    }
  }

  #made(block: Made): Made {
    this.#world.add(block);
    return block;
  }

  // --- comparing ---------------------------------------------------------------------------------

  #submit(block: Made): Promise<string> {
    if (block.bytes === undefined) return Promise.resolve('genesis');
    const bytes = block.bytes;
    return this.#both('submit', block, (subject) => subject.submitBlock(bytes, this.#now));
  }

  /** Asks both, and compares what they answer. */
  async #both(
    act: string,
    block: Made,
    ask: (subject: Subject) => string | null | Promise<string | null>,
  ): Promise<string> {
    const what = `${act} ${hashToHex(block.hash)} at ${block.height} (${block.label})`;
    this.#options.trace?.(`${this.#step}: ${what}`);
    const theirs = await ask(this.#core);
    const ours = await ask(this.#ours);
    if (ours !== theirs) throw this.#difference(what, ours, theirs);
    const isText = theirs?.startsWith('Must submit') === true;
    const answer = `${act}: ${isText ? 'no previous header' : theirs}`;
    this.#answers.set(answer, (this.#answers.get(answer) ?? 0) + 1);
    this.#followTip();
    return what;
  }

  /** Blocks are made on top of our tip; whether it is theirs is seen soon. */
  #followTip(): void {
    const tip = this.#world.find(this.#ours.tipHash());
    if (tip === undefined) throw new Error('a tip that nobody made');
    const before = this.#tip;
    this.#tip = tip;
    let fork = tip;
    while (fork.parent !== undefined && !this.#world.isOn(before, fork)) fork = fork.parent;
    this.#deepest = Math.max(this.#deepest, before.height - fork.height);
  }

  async #compare(what: string): Promise<void> {
    const [best, tips] = [await this.#core.best(), await this.#core.tips()];
    this.#equal(what, this.#ours.best(), best);
    this.#equal(what, sorted(this.#ours.tips()), sorted(tips));
  }

  async #compareCoins(): Promise<void> {
    this.#equal('coins', this.#ours.coinsHash(), await this.#core.coinsHash());
  }

  #equal(what: string, ours: unknown, theirs: unknown): void {
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) throw this.#difference(what, ours, theirs);
  }

  #difference(what: string, ours: unknown, theirs: unknown): Difference {
    return new Difference(this.#options.seed, this.#step, what, ours, theirs);
  }
}

/** Texts that can be compared; those of equal height in the order of their hashes. */
function sorted(tips: readonly ChainTip[]): string[] {
  return tips
    .map(({ height, hash, branchlen, status }) => `${height} ${hash} ${branchlen} ${status}`)
    .sort();
}
