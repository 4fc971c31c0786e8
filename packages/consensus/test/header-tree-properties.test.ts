import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { regtest } from '@btcp2p/wire';
import {
  blockProof,
  consensusParams,
  HeaderTree,
  type ConsensusParams,
  type HeaderAnchor,
} from '../src/index.ts';
import { skipHeight } from '../src/skip-height.ts';
import { ancestorOf, NaiveChain, type NaiveHeader } from './naive-chain.ts';
import { EASY_BITS, entryOf, LATE, mine, nativeSha256d, RETARGETING } from './support.ts';

const START = 1_600_000_000;

interface Pair {
  readonly tree: HeaderTree;
  readonly model: NaiveChain;
}

/** A tree and its model on one anchor, at some height of a period of 10. */
function pairOf(changes: Partial<ConsensusParams>, bits: number, height = 0): Pair {
  const params = { ...consensusParams(regtest), ...changes };
  const header = mine({ time: START, bits });
  const anchor: HeaderAnchor = {
    header,
    height,
    chainWork: blockProof(bits),
    periodStart: header,
  };
  return {
    tree: new HeaderTree({ params, anchor, sha256d: nativeSha256d, salt: 42n }),
    model: new NaiveChain(params, anchor),
  };
}

/** Adds a header to both, and compares what they say. */
function addToBoth({ tree, model }: Pair, header: Uint8Array, now = LATE): string {
  const size = tree.size;
  const expected = model.add(header, now) ?? 'added';
  const result = tree.add(header, now);
  expect(result.status === 'invalid' ? result.reason : result.status).toBe(expected);
  if (result.status === 'added') expect(result.entry).toBe(size);
  expect(tree.size).toBe(model.headers.length);
  return expected;
}

describe('the skip list', () => {
  // Core src/test/skiplist_tests.cpp, skiplist_test.
  test('points to a lower height', () => {
    expect([0, 1].map(skipHeight)).toEqual([0, 0]);
    for (let height = 1; height < 300_000; height++) {
      const skip = skipHeight(height);
      if (!(skip >= 0 && skip < height)) throw new Error(`${height} skips to ${skip}`);
    }
  });
});

describe('any tree', () => {
  // Of 0 to 1. Doubles would nearly all be next to 0.
  const fraction = fc.nat(999_999).map((parts) => parts / 1_000_000);
  // A branch point as a fraction of the headers so far, and how many headers follow it.
  const branches = fc.array(fc.tuple(fraction, fc.integer({ min: 1, max: 40 })), {
    minLength: 1,
    maxLength: 8,
  });
  const anchorHeight = fc.constantFrom(0, 1, 7, 100);

  /** Grows both by branches that start anywhere. */
  const grow = (pair: Pair, shape: readonly (readonly [number, number])[]): void => {
    for (const [at, length] of shape) {
      let tip = pair.model.headers[Math.floor(at * pair.model.headers.length)]!;
      for (let i = 0; i < length; i++) {
        const time = tip.fields.time + 1 + ((i * 7) % 900);
        const version = 0x20000000 + pair.model.headers.length;
        addToBoth(pair, mine({ prevBlockHash: tip.hash, time, version }));
        tip = pair.model.headers.at(-1)!;
      }
    }
  };

  test('gives the same ancestors, medians, locators and forks as walking from parent to parent', () => {
    fc.assert(
      fc.property(
        branches,
        anchorHeight,
        fc.array(fc.tuple(fraction, fraction), { minLength: 5, maxLength: 20 }),
        (shape, height, picks) => {
          const pair = pairOf({}, EASY_BITS, height);
          grow(pair, shape);
          for (const [a, b] of picks) compareEntries(pair, a, b);
        },
      ),
      { numRuns: 40 },
    );
  });

  const compareEntries = ({ tree, model }: Pair, pickA: number, pickB: number): void => {
    const { headers } = model;
    const a = headers[Math.floor(pickA * headers.length)]!;
    const b = headers[Math.floor(pickB * headers.length)]!;
    const anchorHeight = headers[0]!.height;
    expect(tree.height(a.number)).toBe(a.height);
    expect(tree.parent(a.number)).toBe(a.parent?.number);
    expect(tree.chainWork(a.number)).toBe(a.work);
    expect(tree.headerBytes(a.number)).toEqual(a.bytes);
    expect(tree.find(a.hash)).toBe(a.number);
    expect(tree.medianTimePast(a.number)).toBe(model.medianTimePast(a));
    const height = anchorHeight + Math.floor(pickB * (a.height - anchorHeight + 1));
    expect(tree.ancestor(a.number, height)).toBe(ancestorOf(a, height).number);
    const common = lastCommon(a, b);
    expect(tree.lastCommonAncestor(a.number, b.number)).toBe(common.number);
    expect(tree.isAncestor(a.number, b.number)).toBe(common === a);
    const locator = naiveLocator(a, anchorHeight);
    expect(tree.locator(a.number).map((hash) => tree.find(hash))).toEqual(
      locator.map(({ number }) => number),
    );
    const fork = locator.find((at) => lastCommon(at, b) === at) ?? headers[0]!;
    const beyond = lastCommon(a, b) === b;
    expect(tree.findFork(tree.locator(a.number), b.number)).toBe(beyond ? b.number : fork.number);
    const single = common === a ? a : beyond ? b : headers[0]!;
    expect(tree.findFork([a.hash], b.number)).toBe(single.number);
    expect(Math.sign(tree.compareWork(a.number, b.number))).toBe(
      a.work > b.work ? 1 : a.work < b.work ? -1 : 0,
    );
  };

  test('has as its best header the first of most work that is not invalid', () => {
    fc.assert(
      fc.property(branches, fc.array(fraction, { maxLength: 6 }), (shape, marks) => {
        const pair = pairOf({}, EASY_BITS);
        const { tree, model } = pair;
        grow(pair, shape);
        expect(tree.best).toBe(model.best().number);
        for (const at of marks) {
          const header = model.headers[1 + Math.floor(at * (model.headers.length - 1))]!;
          model.markInvalid(header);
          tree.markInvalid(header.number);
          expect(tree.best).toBe(model.best().number);
          // Old headers and new ones meet the marks too.
          addToBoth(pair, header.bytes);
          addToBoth(pair, mine({ prevBlockHash: header.hash, time: START + 100_000 }));
          const valid = model.best();
          const next = {
            prevBlockHash: valid.hash,
            time: valid.fields.time + 600,
            version: 0x3fffffff,
          };
          addToBoth(pair, mine(next));
          expect(tree.best).toBe(model.best().number);
        }
        for (const { number, invalid } of model.headers)
          expect(tree.isInvalid(number)).toBe(invalid);
      }),
      { numRuns: 40 },
    );
  });
});

function lastCommon(a: NaiveHeader, b: NaiveHeader): NaiveHeader {
  const height = Math.min(a.height, b.height);
  let [left, right] = [ancestorOf(a, height), ancestorOf(b, height)];
  while (left !== right) [left, right] = [left.parent!, right.parent!];
  return left;
}

function naiveLocator(tip: NaiveHeader, anchorHeight: number): NaiveHeader[] {
  const found: NaiveHeader[] = [];
  for (let at = tip, step = 1; ; ) {
    found.push(at);
    if (at.height === anchorHeight) return found;
    at = ancestorOf(at, Math.max(at.height - step, anchorHeight));
    if (found.length > 10) step *= 2;
  }
}

describe('difficulty', () => {
  const networks: readonly (readonly [string, Partial<ConsensusParams>])[] = [
    ['mainnet', { ...RETARGETING, powAllowMinDifficultyBlocks: false }],
    ['testnet3', RETARGETING],
    ['testnet4', { ...RETARGETING, enforceBIP94: true }],
    ['regtest', { ...RETARGETING, powNoRetargeting: true }],
  ];
  // Seconds after the parent: many near the 8 that tell least difficulty, some backwards.
  const step = fc.oneof(
    fc.integer({ min: -6, max: 20 }),
    fc.integer({ min: 7, max: 10 }),
    fc.integer({ min: -700, max: -500 }),
    fc.constant(400),
  );
  // Which of the last headers to build on, and which bits to claim.
  const moves = fc.array(
    fc.record({
      back: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 4 })),
      step,
      claim: fc.constantFrom('required', 'required', 'required', 'limit', 'parent'),
    }),
    { minLength: 20, maxLength: 60 },
  );
  // Targets below that would take too many hashes.
  const floor = blockProof(0x1f1fffff);

  test.each(networks)('moves as in Core’s own words under the rules of %s', (_, changes) => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        moves,
        fc.constantFrom(0x2000ffff, 0x1f3fffc0),
        fc.constantFrom(0, 3, 10),
        (moves, bits, height) => {
          const pair = pairOf(changes, bits, height);
          const { model } = pair;
          for (const { back, step, claim } of moves) {
            const parent = model.headers.at(-1 - back) ?? model.headers[0]!;
            const time = parent.fields.time + step;
            // A mid-chain anchor is its own first header here, which the model does not know.
            const knowsPeriod =
              parent.height + 1 - model.interval >= height || (parent.height + 1) % 10 !== 0;
            if (!knowsPeriod) break;
            const claims = {
              required: model.requiredBits(parent, time),
              limit: 0x2000ffff,
              parent: parent.fields.bits,
            };
            if (blockProof(claims[claim]) > floor) break;
            const header = mine({ prevBlockHash: parent.hash, time, bits: claims[claim] });
            seen.add(addToBoth(pair, header));
          }
        },
      ),
      { numRuns: 20 },
    );
    // Others, such as time warps, come up in most runs and not in all.
    for (const reason of ['added', 'bad-diffbits']) expect(seen).toContain(reason);
  });
});

test('a tree of 1,500, which takes several pages of memory: everything is still there', () => {
  const pair = pairOf({}, EASY_BITS);
  const { tree } = pair;
  let tip = 0;
  for (let i = 0; i < 1_500; i++) {
    tip = entryOf(
      tree.add(mine({ prevBlockHash: tree.hash(tip), time: tree.time(tip) + 1 }), LATE),
    );
  }
  for (let height = 0; height <= 1_500; height++) {
    expect(tree.ancestor(tip, height)).toBe(height);
    expect(tree.find(tree.hash(height))).toBe(height);
  }
});
