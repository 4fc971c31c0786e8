import { beforeEach, describe, expect, test } from '@jest/globals';
import { BlockView } from '@btcp2p/wire';
import type { BlockFileInfo, ChainEvent, ChainstateManager } from '../src/index.ts';
import { filesToPrune, MIN_BLOCKS_TO_KEEP } from '../src/prune.ts';
import {
  BlockWorld, coinsHash, coinsHashOf, headersOf, newDisk, NOW, open, type Disk, type WorldBlock,
} from './block-world.ts';

const TIP = 400;
const world = new BlockWorld();
const chain = [world.genesis, ...BlockWorld.chain(world.extend(world.genesis, TIP))];

function info(changes: Partial<BlockFileInfo>): BlockFileInfo {
  return {
    blocks: 10, size: 20_000_000, undoSize: 1_000_000, heightFirst: 0, heightLast: 9, timeFirst: 0,
    timeLast: 0, ...changes,
  };
}

describe('which files are deleted', () => {
  const files = new Map([
    [2, info({ heightLast: 300 })], [0, info({ heightLast: 99 })], [1, info({ heightLast: 250 })],
    [3, info({ heightLast: 20 })], [4, info({ blocks: 0, heightLast: 0 })], [5, info({ heightLast: 900 })],
  ]);

  test.each<[string, number, number, number, readonly number[]]>([
    ['all that may go', 0, 900, 1_000, [0, 1, 2, 3]],
    ['up to a height', 0, 249, 1_000, [0, 3]],
    ['and that one', 0, 250, 1_000, [0, 1, 3]],
    ['none of the last 288', 0, 900, 900 - 300, [0, 1, 2, 3]],
    ['counted from the tip', 0, 900, 299 + 288, [0, 1, 3]],
    ['none in a short chain', 0, 900, 288, []],
    ['as many as have to go', 110_000_000, 900, 1_000, [0, 1]],
    ['none while all is below the target', 126_000_000 + 0x1100001, 900, 1_000, []],
    ['one for one byte more', 126_000_000 + 0x1100000, 900, 1_000, [0]],
  ])('%s', (_, target, height, tip, expected) => {
    const ranges = [{ first: 0, last: Math.min(height, tip - MIN_BLOCKS_TO_KEEP) }];
    expect(filesToPrune(files, target, ranges)).toEqual(expected);
  });

  test('none that has blocks of two ranges, or between them', () => {
    const some = new Map([
      [0, info({ heightLast: 99 })], [1, info({ heightFirst: 90, heightLast: 110 })],
      [2, info({ heightFirst: 250, heightLast: 260 })], [3, info({ heightFirst: 301, heightLast: 310 })],
      [4, info({ heightFirst: 90, heightLast: 305 })],
    ]);
    const ranges = [{ first: 0, last: 100 }, { first: 301, last: 400 }];
    expect(filesToPrune(some, 0, ranges)).toEqual([0, 3]);
  });

  test('more of them if more room is wanted', () => {
    const ranges = [{ first: 0, last: 250 }];
    expect(filesToPrune(files, 126_000_001, ranges, 0)).toEqual([]);
    expect(filesToPrune(files, 126_000_001, ranges, 21_000_000)).toEqual([0]);
    expect(filesToPrune(files, 126_000_001, ranges, 21_000_001)).toEqual([0, 1]);
  });
});

let disk: Disk;
let manager: ChainstateManager;
let events: ChainEvent[];

function submit(blocks: readonly WorldBlock[]): void {
  for (const block of blocks) {
    const result = manager.processBlock(BlockView.of(block.bytes), NOW, { requested: true });
    expect(result).toMatchObject({ status: 'accepted' });
  }
}

function announce(blocks: readonly WorldBlock[]): void {
  for (const { bytes } of blocks) manager.headers.add(bytes.slice(0, 80), NOW);
}

const tip = (): Uint8Array => manager.headers.hash(manager.tip);
const hasData = (block: WorldBlock): boolean =>
  manager.blocks.hasData(manager.headers.find(block.hash)!);

beforeEach(() => {
  events = [];
  disk = newDisk(10);
  manager = open(disk, { notify: (event) => events.push(event) });
});

describe('a chain whose first blocks are gone', () => {
  beforeEach(() => {
    submit(chain.slice(1));
    manager.pruneTo(TIP);
    events.length = 0;
  });

  test('has whole files deleted, and says so for good', () => {
    // Blocks 0 to 109; file 11 has block 113 to 119 too.
    expect(chain.map(hasData)).toEqual(chain.map(({ height }) => height >= 110));
    expect(manager.readUndo(manager.headers.find(chain[109]!.hash)!)).toBe(undefined);
    expect(manager.hasPruned).toBe(true);
    const again = open(disk, { knownHeaders: headersOf(manager) });
    expect(again.hasPruned).toBe(true);
    expect(again.headers.hash(again.tip)).toEqual(chain[TIP]!.hash);
    const stored = chain.map(({ hash }) => again.blocks.hasData(again.headers.find(hash)!));
    expect(stored).toEqual(chain.map(hasData));
  });

  test('goes over to a branch 288 blocks back', () => {
    const branch = BlockWorld.chain(world.extend(chain[TIP - 288]!, 289)).slice(TIP - 288);
    submit(branch);
    expect(tip()).toEqual(branch.at(-1)!.hash);
    manager.flush();
    expect(coinsHash(manager.storedCoins)).toBe(coinsHashOf(world, branch.at(-1)!));
    const counts = events.filter(({ type }) => type === 'disconnected');
    expect(counts.length).toBe(288);
  });

  test('cannot go over to one from before', () => {
    const branch = BlockWorld.chain(world.extend(chain[105]!, TIP - 105)).slice(105);
    submit(branch);
    expect(tip()).toEqual(chain[TIP]!.hash);
    const last = world.make(branch.at(-1)!);
    const go = (): unknown => manager.processBlock(BlockView.of(last.bytes), NOW, { requested: true });
    expect(go).toThrow(expect.objectContaining({ name: 'ChainstateError', code: 'corrupt' }));
    // What was stored last is still good.
    const again = open(disk, { knownHeaders: headersOf(manager) });
    expect(again.headers.hash(again.tip)).toEqual(chain[TIP]!.hash);
  });

  test('nor back by hand, but as far as blocks are there', () => {
    const entry = manager.headers.find(chain[100]!.hash)!;
    expect(manager.invalidateBlock(entry)).toBe(true);
    manager.activateBestChain();
    expect(tip()).toEqual(chain[109]!.hash);
    expect(manager.headers.isInvalid(entry)).toBe(false);
    expect(manager.headers.isInvalid(manager.headers.find(chain[110]!.hash)!)).toBe(true);
    manager.reconsiderBlock(entry);
    manager.activateBestChain();
    expect(tip()).toEqual(chain[TIP]!.hash);
    manager.flush();
    expect(coinsHash(manager.storedCoins)).toBe(coinsHashOf(world, chain[TIP]!));
  });
});

test('what is deleted is told, by file', () => {
  submit(chain.slice(1, 321));
  manager.pruneTo(25);
  const pruned = events.flatMap((event) => (event.type === 'pruned' ? [event] : []));
  expect(pruned.map(({ file, entries }) => [file, entries.length])).toEqual([[0, 10], [1, 10]]);
  expect(pruned.flatMap(({ entries }) => entries.map((entry) => manager.headers.height(entry)))).toEqual(
    Array.from({ length: 20 }, (_, height) => height),
  );
});

test('with a target, files go by themselves when all is stored', () => {
  const target = 0x1100000 + 20_000;
  disk = newDisk(10);
  manager = open(disk, { pruneTarget: target });
  submit(chain.slice(1));
  const size = (): number => {
    let sum = 0;
    for (const one of disk.files.files().values()) sum += one.size + one.undoSize;
    return sum;
  };
  expect(size()).toBeGreaterThan(20_000);
  manager.flush();
  // As far as they may go.
  expect(hasData(chain[109]!)).toBe(false);
  expect(hasData(chain[110]!)).toBe(true);
});

describe('a better chain of which some blocks are gone', () => {
  const fork = chain[100]!;
  const branch = BlockWorld.chain(world.extend(fork, TIP - 100 + 2)).slice(100);
  const early = branch.slice(0, 10);

  /** Blocks of the branch alone are in a file of low blocks; of the chain none are, in spite of height. */
  beforeEach(() => {
    submit(chain.slice(1, 100));
    submit([fork, ...early.slice(0, 9)]);
    announce(chain.slice(101));
    // Each of these files has a high block too, so that it stays.
    submit([...chain.slice(101, 110), chain[398]!, ...chain.slice(110, 119), chain[399]!]);
    submit(chain.slice(119, 398));
    submit(chain.slice(400));
    expect(tip()).toEqual(chain[TIP]!.hash);
    manager.pruneTo(TIP);
    expect(early.slice(0, 9).map(hasData)).toEqual(early.slice(0, 9).map(() => false));
    expect(chain.slice(101).every(hasData)).toBe(true);
    submit(branch.slice(9));
  });

  test('waits', () => {
    expect(tip()).toEqual(chain[TIP]!.hash);
  });

  test.each<[string, (blocks: WorldBlock[]) => WorldBlock[]]>([
    ['in order', (blocks) => blocks],
    ['from the last to the first', (blocks) => blocks.toReversed()],
    ['in any order', (blocks) => [5, 0, 8, 2, 1, 7, 3, 6, 4].map((i) => blocks[i]!)],
  ])('and is taken when they have come again, %s', (_, order) => {
    for (const [i, block] of order(early.slice(0, 9)).entries()) {
      submit([block]);
      expect(tip()).toEqual(i === 8 ? branch.at(-1)!.hash : chain[TIP]!.hash);
    }
    manager.flush();
    expect(coinsHash(manager.storedCoins)).toBe(coinsHashOf(world, branch.at(-1)!));
  });

  test('also after a restart', () => {
    manager.flush();
    manager = open(disk, { knownHeaders: headersOf(manager) });
    manager.activateBestChain();
    expect(tip()).toEqual(chain[TIP]!.hash);
    submit(early.slice(0, 9).toReversed());
    expect(tip()).toEqual(branch.at(-1)!.hash);
  });
});
