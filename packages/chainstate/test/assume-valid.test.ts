import { describe, expect, test } from '@jest/globals';
import { BlockView, hashFromHex, hashToHex } from '@btcp2p/wire';
import type { BlockRejection, ChainstateManager } from '../src/index.ts';
import {
  BlockWorld, Mirror, newDisk, NOW, open, OP_TRUE, pay, type OpenOptions, type WorldBlock,
} from './block-world.ts';

// The chain of Core's feature_assumevalid.py: in block 102 a script fails.
const world = new BlockWorld();
const first = world.make(world.genesis);
const parent = world.extend(first, 100);
const bad = makeBad();
const blocks = BlockWorld.chain(world.extend(bad, 2_100));
const nameOf = ({ hash }: WorldBlock): string => hashToHex(hash);

function makeBad(): WorldBlock {
  const coin = world.spendable(parent).find((one) => one.coin.height === 1)!;
  const made = pay([coin], [OP_TRUE]);
  const inputs = made.inputs.map((input) => ({ ...input, scriptSig: Uint8Array.of(0x6a) }));
  return world.make(parent, { transactions: [{ ...made, inputs }] });
}

interface Subject {
  readonly manager: ChainstateManager;
  readonly log: readonly string[];
}

/** A manager that knows headers, in this order. */
function subject(headers: readonly WorldBlock[], options: OpenOptions): Subject {
  const { log, notify } = new Mirror();
  const manager = open(newDisk(), { notify, ...options });
  for (const { bytes } of headers) manager.headers.add(bytes.slice(0, 80), NOW);
  return { manager, log };
}

/** Hands in blocks. Returns why the last was refused when it was connected. */
function submit({ manager }: Subject, handed: readonly WorldBlock[]): BlockRejection | 'valid' | undefined {
  for (const block of handed) {
    const result = manager.processBlock(BlockView.of(block.bytes), NOW, { requested: true });
    if (result.status === 'rejected') return result;
    if (result.verdict !== 'valid') return result.verdict;
  }
  return 'valid';
}

const REFUSED = { reason: 'block-script-verify-flag-failed (OP_RETURN was encountered)' };
const at = (block: WorldBlock): string => `block #${block.height} (${nameOf(block)})`;
const enabled = (block: WorldBlock, reason: string): string =>
  `Enabling script verification at ${at(block)}: ${reason}.`;

describe('which blocks have their scripts checked', () => {
  test('all without assumevalid', () => {
    const one = subject(blocks, {});
    expect(submit(one, blocks.slice(0, 102))).toMatchObject(REFUSED);
    expect(one.log).toEqual([enabled(first, 'assumevalid=0 (always verify)')]);
    expect(one.manager.chain.height).toBe(101);
  });

  test('not those up to the assumed one, on the best chain, two weeks back', () => {
    const one = subject(blocks, { assumeValid: bad.hash });
    expect(submit(one, blocks.slice(0, 110))).toBe('valid');
    expect(one.log).toEqual([
      `Disabling script verification at ${at(first)}.`,
      enabled(blocks[102]!, 'block height above assumevalid height'),
    ]);
    expect(one.manager.chain.height).toBe(110);
  });

  test('those too near to the best header', () => {
    const one = subject(blocks.slice(0, 200), { assumeValid: bad.hash });
    expect(submit(one, blocks.slice(0, 102))).toMatchObject(REFUSED);
    expect(one.log).toEqual([enabled(first, 'block too recent relative to best header')]);
  });

  test('which is when there are no more than 2,016 blocks on top of them', () => {
    // The work of as many blocks as two weeks have is not enough, that of one more is.
    for (const [headers, isSkipped] of [[102 + 2_016, false], [102 + 2_017, true]] as const) {
      const one = subject(blocks.slice(0, headers), { assumeValid: bad.hash });
      const result = submit(one, blocks.slice(0, 102));
      if (isSkipped) expect(result).toBe('valid');
      else expect(result).toMatchObject(REFUSED);
      const enabledAt = enabled(bad, 'block too recent relative to best header');
      expect(one.log.includes(enabledAt)).toBe(!isSkipped);
    }
  });

  test('those off the best header chain', () => {
    const others = BlockWorld.chain(world.extend(world.genesis, 150));
    const one = subject([...others, ...blocks.slice(0, 103)], { assumeValid: bad.hash });
    expect(submit(one, blocks.slice(0, 1))).toBe('valid');
    expect(one.log).toEqual([enabled(first, 'block not in best header chain')]);
  });

  test('those off the assumed chain', () => {
    const other = world.make(world.genesis, { time: first.time + 1 });
    const one = subject(blocks.slice(0, 103), { assumeValid: bad.hash });
    expect(submit(one, [other])).toBe('valid');
    expect(one.log).toEqual([enabled(other, 'block not in assumevalid chain')]);
  });

  test('all while the assumed one is not known', () => {
    const unknown = hashFromHex('1234567890abcdef'.repeat(4));
    const one = subject(blocks.slice(0, 200), { assumeValid: unknown });
    expect(submit(one, blocks.slice(0, 1))).toBe('valid');
    expect(one.log).toEqual([enabled(first, 'assumevalid hash not in headers')]);
  });

  test('all below the least work that the best chain has to have', () => {
    const options = { assumeValid: bad.hash, minimumChainWork: 0xffffn };
    const one = subject(blocks, options);
    expect(submit(one, blocks.slice(0, 1))).toBe('valid');
    expect(one.log).toEqual([enabled(first, 'best header chainwork below minimumchainwork')]);
  });

  test('everything else is checked anyway', () => {
    const coin = world.spendable(parent)[1]!;
    const greedy = world.make(parent, { transactions: [pay([coin], [OP_TRUE], -1n)] });
    const assumed = BlockWorld.chain(world.extend(greedy, 2_100));
    const one = subject(assumed, { assumeValid: greedy.hash });
    expect(submit(one, assumed.slice(0, 102))).toMatchObject({ reason: 'bad-txns-in-belowout' });
    expect(one.log).toEqual([`Disabling script verification at ${at(first)}.`]);
  });
});

test('a block that was not asked for needs the least work, and to be of use soon', () => {
  const chain = BlockWorld.chain(world.extend(world.genesis, 300));
  const unasked = (one: Subject, block: WorldBlock): boolean => {
    const result = one.manager.processBlock(BlockView.of(block.bytes), NOW, { requested: false });
    return result.status === 'accepted' && result.isNew;
  };
  const work = (height: number): bigint => 2n * BigInt(height + 1);
  const poor = subject(chain, { minimumChainWork: work(2) });
  expect(chain.slice(0, 3).map((block) => unasked(poor, block))).toEqual([false, true, true]);
  const one = subject(chain, {});
  expect(unasked(one, chain[288]!)).toBe(false);
  expect(unasked(one, chain[287]!)).toBe(true);
  expect(unasked(one, chain[287]!)).toBe(false);
  submit(one, chain.slice(0, 3));
  // Less work than the active chain.
  const fork = world.make(world.genesis, { time: first.time + 2 });
  expect(unasked(one, fork)).toBe(false);
  expect(unasked(one, chain[289]!)).toBe(true);
});
