import { expect, test } from '@jest/globals';
import { BlockView, Writer } from '@btcp2p/wire';
import { BlockWorld, coinsHash, newDisk, NOW, open, OP_TRUE, pay } from './block-world.ts';
import { FAULTS, faultyBlock, validBlock } from './random-blocks.ts';
import { Draws } from './support.ts';

const world = new BlockWorld();
const base = world.extend(world.genesis, 105);
const manager = open(newDisk());
for (const block of BlockWorld.chain(base)) {
  manager.processBlock(BlockView.of(block.bytes), NOW, { requested: true });
}
const draws = new Draws(1);
const good = world.make(base, { transactions: [pay([world.spendable(base)[0]!], [OP_TRUE])] });

/** A block with other numbers in its header, and so without proof of work. */
function changed(at: number, value: number): BlockView {
  const bytes = good.bytes.slice();
  new Writer(bytes.subarray(at)).u32(value);
  return BlockView.of(bytes);
}

const medianTime = BlockWorld.ancestor(base, 100).time;

test.each<[string, BlockView, string | undefined]>([
  ['a good one', BlockView.of(good.bytes), undefined],
  ['one that is not mined', changed(76, 0), undefined],
  ['bits', changed(72, 0x207ffffe), 'bad-diffbits'],
  ['of the median time', changed(68, medianTime), 'time-too-old'],
  ['right behind it', changed(68, medianTime + 1), undefined],
  ['two hours ahead', changed(68, NOW + 7_200), undefined],
  ['and a second more', changed(68, NOW + 7_201), 'time-too-new'],
  ['version', changed(0, 3), 'bad-version(0x00000003)'],
  ['not on the tip', BlockView.of(world.make(base.parent!).bytes), 'inconclusive-not-best-prevblk'],
])('a proposal: %s', (_, block, reason) => {
  const { size } = manager.headers;
  expect(manager.testBlock(block, NOW)?.reason).toBe(reason);
  expect(manager.headers.size).toBe(size);
});

test('without a clock no time is too new', () => {
  expect(manager.testBlock(changed(68, NOW + 1_000_000))).toBe(undefined);
});

test('a proposal with any fault is refused for it, and nothing is kept', () => {
  manager.flush();
  const hash = coinsHash(manager.storedCoins);
  const seen = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const block = (draws.oneIn(5) ? validBlock : faultyBlock)(world, base, draws);
    expect(manager.testBlock(BlockView.of(block.bytes), NOW)?.reason).toBe(block.fault?.reason);
    if (block.fault !== undefined) seen.add(block.fault.reason);
  }
  // Some need coins that this chain does not have.
  expect(seen.size).toBeGreaterThan(FAULTS.length / 2);
  manager.flush();
  expect(coinsHash(manager.storedCoins)).toBe(hash);
});
