import { beforeAll, describe, expect, test } from '@jest/globals';
import { BlockView, equalHashes } from '@btcp2p/wire';
import type { ChainstateManager } from '../src/index.ts';
import {
  BlockWorld, coinsHash, coinsHashOf, headersOf, NOW, open, type OpenOptions, type WorldBlock,
} from './block-world.ts';
import { CrashDisk, Death, Power } from './crash-disk.ts';
import { faultyBlock, isValid, validBlock } from './random-blocks.ts';
import { Draws } from './support.ts';

/** Coins are written in many batches, and also when the cache has some hundred. */
const OPTIONS: OpenOptions = { batchBytes: 60, maxCoinsBytes: 1_056_600 };

type Step = (manager: ChainstateManager) => void;

const world = new BlockWorld();
const draws = new Draws(11);
const base = world.extend(world.genesis, 103);
const byHash = (hash: Uint8Array): WorldBlock =>
  [world.genesis, ...world.blocks].find((block) => equalHashes(block.hash, hash))!;

function grow(parent: WorldBlock, count: number): WorldBlock[] {
  const made: WorldBlock[] = [];
  for (let i = 0; i < count; i++) made.push(validBlock(world, made.at(-1) ?? parent, draws));
  return made;
}

/** A block that is kept, and turns out to be invalid when it is connected. */
function lateFault(parent: WorldBlock): WorldBlock {
  for (;;) {
    const block = faultyBlock(world, parent, draws);
    if (block.fault?.stage === 'connect') return block;
  }
}

const submit = (block: WorldBlock): Step => (manager) => {
  manager.processBlock(BlockView.of(block.bytes), NOW, { requested: true });
};
const announce = (block: WorldBlock): Step => (manager) => {
  manager.headers.add(block.bytes.slice(0, 80), NOW);
};
const flush = (keep: boolean): Step => (manager) => manager.flush({ keep });
const saveIndex: Step = (manager) => manager.saveIndex();
const invalidate = (block: WorldBlock): Step => (manager) => {
  manager.invalidateBlock(manager.headers.find(block.hash)!);
  manager.activateBestChain();
};
const reconsider = (block: WorldBlock): Step => (manager) => {
  manager.reconsiderBlock(manager.headers.find(block.hash)!);
  manager.activateBestChain();
};

/** Reorganisations, refused blocks, and flushes before, between and in them. Ends with one best chain. */
function scenario(): { readonly steps: readonly Step[]; readonly tip: WorldBlock } {
  const a = grow(base, 4);
  const b = grow(a[0]!, 5);
  const late = lateFault(b[4]!);
  const more = grow(b[4]!, 2);
  const c = grow(base, 9);
  const d = grow(c[8]!, 3);
  const steps = [
    ...a.map(submit), saveIndex,
    ...b.map(submit), flush(true),
    submit(late), ...more.map(submit), flush(false),
    ...c.map(announce), ...c.toReversed().map(submit), saveIndex,
    invalidate(c[6]!), flush(true), reconsider(c[6]!),
    submit(d[0]!), flush(true), submit(d[1]!), submit(d[2]!),
  ];
  return { steps, tip: d[2]! };
}

const { steps, tip: last } = scenario();

/** A disk with the first blocks, flushed. */
let start: CrashDisk;

beforeAll(() => {
  start = new CrashDisk(new Power());
  const manager = open(start, OPTIONS);
  for (const block of BlockWorld.chain(base)) submit(block)(manager);
  manager.flush({ keep: false });
});

/** Does all steps, or as many as there is power for. Returns the headers that it then knows. */
function perform(disk: CrashDisk): { readonly headers: Uint8Array[]; readonly isAlive: boolean } {
  let manager: ChainstateManager | undefined;
  try {
    manager = open(disk, OPTIONS);
    manager.activateBestChain();
    for (const step of steps) step(manager);
    return { headers: headersOf(manager), isAlive: true };
  } catch (error) {
    if (!(error instanceof Death)) throw error;
    return { headers: manager === undefined ? [] : headersOf(manager), isAlive: false };
  }
}

/** The coins are those of the tip, whose chain obeys the rules, and all of it can be undone. */
function check(manager: ChainstateManager): void {
  const tip = byHash(manager.headers.hash(manager.tip));
  expect(isValid(tip)).toBe(true);
  manager.flush();
  expect(coinsHash(manager.storedCoins)).toBe(coinsHashOf(world, tip));
  for (const block of BlockWorld.chain(tip).slice(-12)) {
    const undo = manager.readUndo(manager.headers.find(block.hash)!);
    expect(undo?.transactions.map(({ prevouts }) => prevouts)).toEqual(world.spentBy(block));
  }
}

function recover(disk: CrashDisk, knownHeaders: readonly Uint8Array[]): void {
  const manager = open(disk, { ...OPTIONS, knownHeaders });
  manager.activateBestChain();
  check(manager);
  for (const step of steps) step(manager);
  expect(byHash(manager.headers.hash(manager.tip))).toBe(last);
  check(manager);
  // And what is stored then is enough for the next one.
  manager.flush({ keep: false });
  expect(byHash(manager.headers.hash(open(disk, OPTIONS).tip))).toBe(last);
}

describe('the process ends at a write', () => {
  const power = new Power();

  test('which is one of many, of each kind', () => {
    expect(perform(start.clone(power)).isAlive).toBe(true);
    expect(power.writes).toBeGreaterThan(100);
    for (const kind of ['block', 'undo', 'index', 'coins', 'sync']) {
      expect(power.kinds.get(kind)).toBeGreaterThan(3);
    }
  });

  test('any of them: it goes on from what was written', () => {
    let between = 0;
    let crashes = 0;
    for (let write = 1; write <= power.writes; write++) {
      const disk = start.clone(new Power(write));
      const { headers, isAlive } = perform(disk);
      expect(isAlive).toBe(false);
      if (disk.isBetweenBatches) between++;
      try {
        // Headers are stored apart, and may have been lost too.
        recover(disk.clone(), write % 2 === 0 ? headers : []);
      } catch (error) {
        throw new Error(`after the end at write ${write}`, { cause: error });
      }
      crashes++;
    }
    expect(crashes).toBe(power.writes);
    // Or writes of coins were never cut in two.
    expect(between).toBeGreaterThan(20);
  }, 60_000);

  test('and again while it recovers', () => {
    for (let write = 3; write <= power.writes; write += 9) {
      const disk = start.clone(new Power(write));
      perform(disk);
      for (let second = 1; second <= 9; second += 2) {
        const again = disk.clone(new Power(second));
        perform(again);
        try {
          recover(again.clone(), []);
        } catch (error) {
          throw new Error(`after the end at write ${write}, and then at ${second}`, { cause: error });
        }
      }
    }
  }, 60_000);
});
