import { describe, expect, test } from '@jest/globals';
import { BlockView } from '@btcp2p/wire';
import { BlockStatus, type ChainstateManager } from '../src/index.ts';
import {
  BlockWorld, headersOf, newDisk, NOW, open, type Disk, type WorldBlock,
} from './block-world.ts';
import { faultyBlock, isValid, validBlock } from './random-blocks.ts';
import { Draws } from './support.ts';

const world = new BlockWorld();
const base = world.extend(world.genesis, 103);

function started(): { readonly disk: Disk; readonly manager: ChainstateManager } {
  const disk = newDisk(20);
  const manager = open(disk);
  submit(manager, BlockWorld.chain(base));
  return { disk, manager };
}

function submit(manager: ChainstateManager, blocks: readonly WorldBlock[]): void {
  for (const block of blocks) manager.processBlock(BlockView.of(block.bytes), NOW, { requested: true });
}

const entryOf = ({ headers }: ChainstateManager, { hash }: WorldBlock): number => headers.find(hash)!;
const tipOf = (manager: ChainstateManager): Uint8Array => manager.headers.hash(manager.tip);

/** Stores all, and opens it anew: with the headers from their own file, or those in the index alone. */
function restarted(disk: Disk, manager: ChainstateManager, withHeaders = true): ChainstateManager {
  manager.flush();
  const again = open(disk, withHeaders ? { knownHeaders: headersOf(manager) } : {});
  again.activateBestChain();
  return again;
}

/** All that the index knows of a block. */
function facts(manager: ChainstateManager, block: WorldBlock): unknown {
  const entry = entryOf(manager, block);
  const { blocks, headers } = manager;
  return {
    status: blocks.status(entry),
    transactions: blocks.transactionCount(entry),
    chainTransactions: blocks.chainTransactionCount(entry),
    position: blocks.position(entry),
    undoPosition: blocks.undoPosition(entry),
    isInvalid: headers.isInvalid(entry),
  };
}

function invalidate(manager: ChainstateManager, block: WorldBlock): void {
  manager.invalidateBlock(entryOf(manager, block));
  manager.activateBestChain();
}

function reconsider(manager: ChainstateManager, block: WorldBlock): void {
  manager.reconsiderBlock(entryOf(manager, block));
  manager.activateBestChain();
}

test.each([
  [true], [false],
])('all that is known is known after a restart (headers of their own: %s)', (withHeaders) => {
  for (let seed = 0; seed < 4; seed++) {
    const draws = new Draws(seed);
    const { disk, manager } = started();
    const made: WorldBlock[] = [base];
    for (let i = 0; i < 25; i++) {
      const last = made.filter((block) => isValid(block) || draws.oneIn(5)).slice(-4);
      const parent = last[draws.below(last.length)]!;
      const block = (draws.oneIn(6) ? faultyBlock : validBlock)(world, parent, draws);
      made.push(block);
      // Some without their block, and some before their parents.
      if (!draws.oneIn(8)) manager.headers.add(block.bytes.slice(0, 80), NOW);
      if (!draws.oneIn(6)) submit(manager, [block]);
    }
    invalidate(manager, made.findLast((block, i) => i < 21 && entryOf(manager, block) !== undefined)!);
    const again = restarted(disk, manager, withHeaders);
    expect(tipOf(again)).toEqual(tipOf(manager));
    let compared = 0;
    for (const block of [...BlockWorld.chain(base), ...made]) {
      // Headers of which nothing else is known are not in the index.
      if (entryOf(again, block) === undefined) {
        const before = entryOf(manager, block);
        expect(before === undefined || manager.blocks.status(before) === 0).toBe(true);
        continue;
      }
      expect(facts(again, block)).toEqual(facts(manager, block));
      compared++;
    }
    expect(compared).toBeGreaterThan(110);
    // What waited for its parent still does.
    for (const block of made) {
      submit(manager, [block]);
      submit(again, [block]);
    }
    expect(again.headers.height(again.tip)).toBe(manager.headers.height(manager.tip));
  }
});

describe('among chains of equal work', () => {
  const [a, b, c] = [0, 1, 2].map(() => world.make(base));

  test('the first that came stays, also after a restart', () => {
    const { disk, manager } = started();
    submit(manager, [a!, b!, c!]);
    expect(tipOf(manager)).toEqual(a!.hash);
    const again = restarted(disk, manager);
    expect(tipOf(again)).toEqual(a!.hash);
    invalidate(again, a!);
    expect(tipOf(again)).not.toEqual(a!.hash);
    // It was the best when the process ended, and so goes before those.
    reconsider(again, a!);
    expect(tipOf(again)).toEqual(a!.hash);
  });

  test('without one, the next takes over', () => {
    const { manager } = started();
    submit(manager, [a!, b!, c!]);
    invalidate(manager, a!);
    expect(tipOf(manager)).toEqual(b!.hash);
    invalidate(manager, b!);
    expect(tipOf(manager)).toEqual(c!.hash);
    reconsider(manager, b!);
    expect(tipOf(manager)).toEqual(b!.hash);
    reconsider(manager, a!);
    expect(tipOf(manager)).toEqual(a!.hash);
  });

  test('a precious one goes first, and one that is so later before it', () => {
    const { disk, manager } = started();
    submit(manager, [a!, b!, c!]);
    for (const block of [c!, b!, c!, a!]) {
      manager.preciousBlock(entryOf(manager, block));
      expect(tipOf(manager)).toEqual(block.hash);
    }
    manager.preciousBlock(entryOf(manager, b!));
    // That is the chain which is there after a restart; that it was precious is forgotten.
    const again = restarted(disk, manager);
    expect(tipOf(again)).toEqual(b!.hash);
    invalidate(again, b!);
    invalidate(again, c!);
    expect(tipOf(again)).toEqual(a!.hash);
  });

  test('what comes after a restart comes last', () => {
    const { disk, manager } = started();
    submit(manager, [a!, b!]);
    const again = restarted(disk, manager);
    submit(again, [c!]);
    invalidate(again, a!);
    expect(tipOf(again)).toEqual(b!.hash);
    invalidate(again, b!);
    expect(tipOf(again)).toEqual(c!.hash);
  });
});

describe('what is invalid', () => {
  const first = world.make(base);
  const [left, right] = [world.make(first), world.make(first)];
  const leaf = world.make(left);

  test('stays so, with all that builds on it', () => {
    const { disk, manager } = started();
    submit(manager, [first, left, right, leaf]);
    invalidate(manager, left);
    expect(tipOf(manager)).toEqual(right.hash);
    const again = restarted(disk, manager);
    expect(tipOf(again)).toEqual(right.hash);
    expect(again.headers.isInvalid(entryOf(again, leaf))).toBe(true);
    // In the index only the block itself has failed.
    const failed = (block: WorldBlock): boolean =>
      (again.blocks.status(entryOf(again, block)) & BlockStatus.FAILED_VALID) !== 0;
    expect([left, leaf].map(failed)).toEqual([true, false]);
    reconsider(again, leaf);
    expect(tipOf(again)).toEqual(leaf.hash);
    expect(tipOf(restarted(disk, again))).toEqual(leaf.hash);
  });

  test('stays so beside a branch of which it was taken back', () => {
    const { disk, manager } = started();
    submit(manager, [first, left, right, leaf]);
    invalidate(manager, first);
    // Core `ResetBlockFailureFlags`: the block, its ancestors and its descendants, not its brothers.
    reconsider(manager, right);
    expect(tipOf(manager)).toEqual(right.hash);
    const invalid = (one: ChainstateManager): boolean[] =>
      [first, left, leaf, right].map((block) => one.headers.isInvalid(entryOf(one, block)));
    expect(invalid(manager)).toEqual([false, true, true, false]);
    const again = restarted(disk, manager);
    expect(invalid(again)).toEqual([false, true, true, false]);
    expect(tipOf(again)).toEqual(right.hash);
    reconsider(again, leaf);
    expect(tipOf(again)).toEqual(leaf.hash);
  });

  test('may be a header of which the block is not here', () => {
    const { disk, manager } = started();
    submit(manager, [first]);
    for (const { bytes } of [left, leaf]) manager.headers.add(bytes.slice(0, 80), NOW);
    invalidate(manager, left);
    const again = restarted(disk, manager, false);
    expect(again.headers.isInvalid(entryOf(again, left))).toBe(true);
    submit(again, [left]);
    expect(tipOf(again)).toEqual(first.hash);
    reconsider(again, left);
    submit(again, [left]);
    expect(tipOf(again)).toEqual(left.hash);
  });
});
