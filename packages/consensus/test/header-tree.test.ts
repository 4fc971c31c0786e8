import { describe, expect, test } from '@jest/globals';
import {
  BlockHeader,
  decode,
  fromHex,
  hashToHex,
  mainnet,
  networks,
  regtest,
  testnet4,
} from '@btcp2p/wire';
import {
  blockProof,
  calculateNextWorkRequired,
  consensusParams,
  genesisAnchor,
  HeaderTree,
  MAX_FUTURE_BLOCK_TIME,
  type ConsensusParams,
  type HeaderAnchor,
  type HeaderEntry,
} from '../src/index.ts';
import { EASY_BITS, entryOf, LATE, mine, nativeSha256d, remine, RETARGETING } from './support.ts';

const GENESIS_TIME = regtest.genesis.header.time;

/** The easiest bits where {@link RETARGETING} holds, and some that are four times harder. */
const EASIEST = 0x2000ffff;
const HARD = 0x1f3fffc0;

/** The first header of a chain where {@link RETARGETING} holds. */
function anchorOf(bits: number): HeaderAnchor {
  return { header: mine({ time: GENESIS_TIME, bits }), height: 0, chainWork: blockProof(bits) };
}

/** Regtest with parameters of one's own; grows by mined headers. */
class Miner {
  readonly params: ConsensusParams;
  readonly tree: HeaderTree;

  constructor(
    params: Partial<ConsensusParams> = {},
    anchor: HeaderAnchor = genesisAnchor(regtest),
  ) {
    this.params = { ...consensusParams(regtest), ...params };
    this.tree = new HeaderTree({ params: this.params, anchor, sha256d: nativeSha256d });
  }

  /** A header after `parent`, of the same bits, one spacing later; `fields` override. */
  header(parent: HeaderEntry, fields: Partial<BlockHeader> = {}): Uint8Array {
    const { tree } = this;
    const time = tree.time(parent) + this.params.powTargetSpacing;
    return mine({ prevBlockHash: tree.hash(parent), time, bits: tree.bits(parent), ...fields });
  }

  /** Adds `count` headers after `parent` and returns the last one. */
  extend(parent: HeaderEntry, count: number, fields: Partial<BlockHeader> = {}): HeaderEntry {
    let entry = parent;
    for (let i = 0; i < count; i++)
      entry = entryOf(this.tree.add(this.header(entry, fields), LATE));
    return entry;
  }
}

describe('a tree of mainnet headers', () => {
  // Mainnet block 1.
  const first = fromHex(
    '010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299',
  );
  // Mainnet block 2.
  const second = fromHex(
    '010000004860eb18bf1b1620e37e9490fc8a427514416fd75159ab86688e9a8300000000d5fdcc541e25de1c7a5addedf24858b8bb665c9f36ef744ee42c316022c90f9bb0bc6649ffff001d08d2bd61',
  );

  test('takes blocks 1 and 2 in order, and gives back what it was given', () => {
    const tree = new HeaderTree({
      params: consensusParams(mainnet),
      anchor: genesisAnchor(mainnet),
    });
    expect(tree.add(second, LATE)).toEqual({ status: 'orphan' });
    expect(tree.add(first, LATE)).toEqual({ status: 'added', entry: 1 });
    expect(tree.add(second, LATE)).toEqual({ status: 'added', entry: 2 });
    expect(tree.add(first, LATE)).toEqual({ status: 'known', entry: 1 });
    expect(tree.add(mainnet.genesis.headerBytes, LATE)).toEqual({ status: 'known', entry: 0 });
    expect(tree.size).toBe(3);
    expect(tree.best).toBe(2);
    expect([0, 1, 2].map((entry) => tree.headerBytes(entry))).toEqual([
      mainnet.genesis.headerBytes,
      first,
      second,
    ]);
    expect(tree.header(2)).toEqual(decode(BlockHeader, second));
    expect([0, 1, 2].map((entry) => tree.parent(entry))).toEqual([undefined, 0, 1]);
    expect([0, 1, 2].map((entry) => tree.height(entry))).toEqual([0, 1, 2]);
    expect([0, 1, 2].map((entry) => tree.find(tree.hash(entry)))).toEqual([0, 1, 2]);
    // Hash, time and chain work of mainnet block 2.
    expect(hashToHex(tree.hash(2))).toBe(
      '000000006a625f06636b8bb6ac7b960a8d03705d1ace08b1a19da3fdcc99ddbd',
    );
    expect(tree.time(2)).toBe(1231469744);
    expect(tree.bits(2)).toBe(0x1d00ffff);
    expect(tree.chainWork(2)).toBe(0x300030003n);
  });

  test('keeps its own copy', () => {
    const tree = new HeaderTree({
      params: consensusParams(mainnet),
      anchor: genesisAnchor(mainnet),
    });
    const header = first.slice();
    tree.add(header, LATE);
    header.fill(0);
    expect(tree.headerBytes(1)).toEqual(first);
    tree.hash(1).fill(0);
    tree.headerBytes(1).fill(0);
    tree.headerBytes(0).fill(0);
    expect(tree.headerBytes(1)).toEqual(first);
    expect(tree.headerBytes(0)).toEqual(mainnet.genesis.headerBytes);
  });

  test('starts from the genesis of every network', () => {
    for (const network of Object.values(networks)) {
      const tree = new HeaderTree({
        params: consensusParams(network),
        anchor: genesisAnchor(network),
      });
      expect(tree.hash(tree.anchor)).toEqual(network.genesisHash);
      expect(tree.locator(tree.best)).toEqual([network.genesisHash]);
      expect(tree.findFork([], tree.best)).toBe(0);
    }
  });
});

describe('what is refused', () => {
  const now = GENESIS_TIME + 1_000_000;
  const refused = (miner: Miner, header: Uint8Array): unknown => {
    const { size, best } = miner.tree;
    const result = miner.tree.add(header, now);
    expect(miner.tree.size).toBe(size);
    expect(miner.tree.best).toBe(best);
    return result;
  };

  test('high-hash', () => {
    const miner = new Miner();
    const header = miner.header(0);
    // The first nonce after the mined one whose hash is too high.
    do new DataView(header.buffer).setUint32(76, header[76]! + 1, true);
    while (nativeSha256d(header)[31]! < 0x80);
    const expected = { status: 'invalid', reason: 'high-hash', debug: 'proof of work failed' };
    expect(refused(miner, header)).toEqual(expected);
    // Before anything else: even of an orphan.
    expect(refused(miner, header.fill(1, 4, 36).fill(0, 72, 76))).toEqual(expected);
  });

  test('orphans', () => {
    const prevBlockHash = new Uint8Array(32).fill(7);
    expect(refused(new Miner(), mine({ prevBlockHash }))).toEqual({ status: 'orphan' });
  });

  test('bad-diffbits', () => {
    const miner = new Miner();
    expect(refused(miner, miner.header(0, { bits: 0x207ffffe }))).toEqual({
      status: 'invalid',
      reason: 'bad-diffbits',
      debug: 'incorrect proof of work',
    });
  });

  test('time-too-old: not after the median of 11', () => {
    const miner = new Miner();
    const tip = miner.extend(0, 30);
    const median = miner.tree.time(miner.tree.ancestor(tip, 25));
    expect(miner.tree.medianTimePast(tip)).toBe(median);
    expect(refused(miner, miner.header(tip, { time: median }))).toEqual({
      status: 'invalid',
      reason: 'time-too-old',
      debug: "block's timestamp is too early",
    });
    expect(miner.tree.add(miner.header(tip, { time: median + 1 }), now).status).toBe('added');
  });

  test('time-too-new: more than two hours ahead of the clock', () => {
    const miner = new Miner();
    const limit = now + MAX_FUTURE_BLOCK_TIME;
    expect(refused(miner, miner.header(0, { time: limit + 1 }))).toEqual({
      status: 'invalid',
      reason: 'time-too-new',
      debug: 'block timestamp too far in the future',
    });
    expect(miner.tree.add(miner.header(0, { time: limit }), now).status).toBe('added');
  });

  test('times are unsigned: the last second of 2106 is not in the past', () => {
    const miner = new Miner();
    const header = miner.header(0, { time: 0xffffffff });
    expect(refused(miner, header)).toMatchObject({ reason: 'time-too-new' });
    expect(miner.tree.add(header, 0xffffffff).status).toBe('added');
    expect(miner.tree.time(1)).toBe(0xffffffff);
  });

  test.each([
    [{ bip34Height: 3, bip66Height: 9, bip65Height: 9 }, 1, 2, '0x00000001'],
    [{ bip34Height: 1, bip66Height: 3, bip65Height: 9 }, 2, 3, '0x00000002'],
    [{ bip34Height: 1, bip66Height: 1, bip65Height: 3 }, 3, 4, '0x00000003'],
    [{ bip34Height: 3, bip66Height: 9, bip65Height: 9 }, -1, 2, '0xffffffff'],
    [{ bip34Height: 3, bip66Height: 9, bip65Height: 9 }, -0x80000000, 0x7fffffff, '0x80000000'],
  ])('bad-version from %j on: %i', (params, version, allowed, hex) => {
    const miner = new Miner(params);
    // Until its height, the rule does not hold.
    const tip = miner.extend(0, 2, { version: version < 0 ? 2 : version });
    expect(refused(miner, miner.header(tip, { version }))).toEqual({
      status: 'invalid',
      reason: `bad-version(${hex})`,
      debug: `rejected nVersion=${hex} block`,
    });
    expect(miner.tree.add(miner.header(tip, { version: allowed }), now).status).toBe('added');
  });

  test('bad-prevblk and duplicate-invalid: after a header that was marked', () => {
    const miner = new Miner();
    const bad = miner.extend(0, 2);
    const child = miner.header(bad);
    const badBytes = miner.tree.headerBytes(bad);
    miner.tree.markInvalid(bad);
    const debug = '';
    expect(refused(miner, child)).toEqual({ status: 'invalid', reason: 'bad-prevblk', debug });
    expect(refused(miner, badBytes)).toEqual({
      status: 'invalid',
      reason: 'duplicate-invalid',
      debug,
    });
  });

  test('the order of the checks is that of Core', () => {
    // A header with every fault loses them one by one.
    const miner = new Miner({ enforceBIP94: true, powTargetTimespan: 6_000 });
    const tip = miner.extend(0, 9);
    const late = miner.tree.time(tip) - 601;
    const faults = { bits: 0x207ffffe, time: GENESIS_TIME, version: 1 };
    const reasonOf = (fields: Partial<BlockHeader>): unknown =>
      refused(miner, miner.header(tip, { ...faults, ...fields }));
    expect(reasonOf({})).toMatchObject({ reason: 'bad-diffbits' });
    expect(reasonOf({ bits: EASY_BITS })).toMatchObject({ reason: 'time-too-old' });
    expect(reasonOf({ bits: EASY_BITS, time: late })).toMatchObject({
      reason: 'time-timewarp-attack',
    });
    const ahead = now + MAX_FUTURE_BLOCK_TIME + 1;
    expect(reasonOf({ bits: EASY_BITS, time: ahead })).toMatchObject({ reason: 'time-too-new' });
    expect(reasonOf({ bits: EASY_BITS, time: late + 1 })).toMatchObject({
      reason: 'bad-version(0x00000001)',
    });
  });

  test('other than 80 bytes is the caller’s fault', () => {
    expect(() => new Miner().tree.add(new Uint8Array(81), now)).toThrow(RangeError);
  });
});

describe('time-timewarp-attack (BIP 94)', () => {
  const params = { enforceBIP94: true, powTargetTimespan: 6_000 };

  test('the first of a period is at most 600 seconds before its parent', () => {
    const miner = new Miner(params);
    const tip = miner.extend(0, 9);
    const time = miner.tree.time(tip) - 600;
    expect(miner.tree.add(miner.header(tip, { time: time - 1 }), LATE)).toEqual({
      status: 'invalid',
      reason: 'time-timewarp-attack',
      debug: "block's timestamp is too early on diff adjustment block",
    });
    expect(miner.tree.add(miner.header(tip, { time }), LATE).status).toBe('added');
  });

  test('others may be earlier, and so may the first of a period without the rule', () => {
    const miner = new Miner(params);
    const inside = miner.extend(0, 8);
    const early = { time: miner.tree.time(inside) - 601 };
    expect(miner.tree.add(miner.header(inside, early), LATE).status).toBe('added');
    const lax = new Miner({ ...params, enforceBIP94: false });
    const tip = lax.extend(0, 9);
    const time = lax.tree.time(tip) - 601;
    expect(lax.tree.add(lax.header(tip, { time }), LATE).status).toBe('added');
  });
});

describe('least difficulty after two spacings (testnet3: 20 minutes)', () => {
  const anchored = (params: Partial<ConsensusParams> = {}): Miner =>
    new Miner({ ...RETARGETING, ...params }, anchorOf(HARD));
  const status = (miner: Miner, parent: HeaderEntry, after: number, bits: number): string => {
    const time = miner.tree.time(parent) + after;
    const result = miner.tree.add(miner.header(parent, { time, bits }), LATE);
    return result.status === 'invalid' ? result.reason : result.status;
  };
  /** A header of least difficulty after `parent`. */
  const easy = (miner: Miner, parent: HeaderEntry): HeaderEntry =>
    miner.extend(parent, 1, { time: miner.tree.time(parent) + 9, bits: EASIEST });

  test('after more than 8 seconds it must be least, before that it must not', () => {
    const miner = anchored();
    expect(status(miner, 0, 9, HARD)).toBe('bad-diffbits');
    expect(status(miner, 0, 8, EASIEST)).toBe('bad-diffbits');
    expect(status(miner, 0, 9, EASIEST)).toBe('added');
    expect(status(miner, 0, 8, HARD)).toBe('added');
  });

  test('then the real difficulty comes back, across any number of least ones', () => {
    const miner = anchored();
    let tip = 0;
    for (let i = 0; i < 6; i++) {
      tip = easy(miner, tip);
      expect(status(miner, tip, 4, EASIEST)).toBe('bad-diffbits');
    }
    expect(status(miner, tip, 4, HARD)).toBe('added');
  });

  test('the end of a period: testnet3 goes on from the last bits, testnet4 from the first', () => {
    for (const enforceBIP94 of [false, true]) {
      const miner = anchored({ enforceBIP94 });
      const tip = easy(miner, miner.extend(0, 8));
      expect(miner.tree.height(tip)).toBe(9);
      // The period took 41 seconds in place of 40: 0x3fffc0 * 41 / 40, or the limit.
      const next = enforceBIP94 ? 0x1f419958 : EASIEST;
      expect(status(miner, tip, 4, HARD)).toBe('bad-diffbits');
      expect(status(miner, tip, 4, next)).toBe('added');
    }
  });

  test('not on the first block of a period', () => {
    const miner = anchored();
    const tip = miner.extend(0, 9);
    expect(status(miner, tip, 9, EASIEST)).toBe('bad-diffbits');
  });
});

describe('the best header', () => {
  test('of equal work is the first seen, until another has more', () => {
    const miner = new Miner();
    const fork = miner.extend(0, 3);
    const a = miner.extend(fork, 2);
    const b = miner.extend(fork, 2, { version: 5 });
    expect(miner.tree.best).toBe(a);
    expect(miner.tree.compareWork(a, b)).toBe(0);
    const longer = miner.extend(b, 1);
    expect(miner.tree.best).toBe(longer);
    expect(miner.tree.compareWork(longer, a)).toBeGreaterThan(0);
    expect(miner.tree.compareWork(a, longer)).toBeLessThan(0);
    expect(miner.tree.lastCommonAncestor(longer, a)).toBe(fork);
    expect(miner.tree.isAncestor(fork, longer)).toBe(true);
    expect(miner.tree.isAncestor(a, longer)).toBe(false);
  });

  test('has most work, not most headers', () => {
    const miner = new Miner(RETARGETING, anchorOf(EASIEST));
    let slow: HeaderEntry = 0;
    for (let i = 0; i < 15; i++) {
      slow = miner.extend(slow, 1, { time: miner.tree.time(slow) + 8 });
    }
    expect(miner.tree.best).toBe(slow);
    let quick: HeaderEntry = 0;
    for (let i = 0; i < 9; i++) {
      quick = miner.extend(quick, 1, { time: miner.tree.time(quick) + 1 });
    }
    // A quarter of the time or less makes the next period four times harder.
    quick = miner.extend(quick, 3, { bits: HARD });
    expect(miner.tree.height(quick)).toBe(12);
    expect(miner.tree.height(slow)).toBe(15);
    expect(miner.tree.best).toBe(quick);
    expect(miner.tree.chainWork(slow)).toBe(16n * blockProof(EASIEST));
    expect(miner.tree.chainWork(quick)).toBe(10n * blockProof(EASIEST) + 3n * blockProof(HARD));
  });

  test('is never one that was marked invalid', () => {
    const miner = new Miner();
    const fork = miner.extend(0, 3);
    const a = miner.extend(fork, 3);
    const b = miner.extend(fork, 2, { version: 5 });
    const c = miner.extend(fork, 2, { version: 6 });
    miner.tree.markInvalid(miner.tree.ancestor(a, 5));
    // The parent of the marked one has as much work as neither b nor c; those two tie, b came first.
    expect(miner.tree.best).toBe(b);
    expect([fork, a, b, c].map((entry) => miner.tree.isInvalid(entry))).toEqual([
      false,
      true,
      false,
      false,
    ]);
    expect(miner.tree.bestInvalid).toBe(a);
    // Marking one that is not the best moves nothing, and marking twice changes nothing.
    miner.tree.markInvalid(c);
    miner.tree.markInvalid(c);
    expect(miner.tree.best).toBe(b);
    miner.tree.markInvalid(b);
    miner.tree.markInvalid(miner.tree.parent(b)!);
    expect(miner.tree.best).toBe(miner.tree.ancestor(a, 4));
    miner.tree.markInvalid(miner.tree.ancestor(fork, 1));
    expect(miner.tree.best).toBe(0);
    // Of equal work, the best invalid one is the one that was marked first.
    expect(miner.tree.bestInvalid).toBe(a);
    // The tree goes on from what is left.
    expect(miner.extend(0, 1, { version: 7 })).toBe(miner.tree.best);
    expect(() => miner.tree.markInvalid(0)).toThrow(RangeError);
  });

  test('marks are taken back from a header, those before it and those after it, and no others', () => {
    const miner = new Miner();
    const { tree } = miner;
    const fork = miner.extend(0, 3);
    const a = miner.extend(fork, 5, { version: 8 });
    const b = miner.extend(fork, 4, { version: 9 });
    tree.markInvalid(tree.ancestor(fork, 2));
    expect([fork, a, b].map((entry) => tree.isInvalid(entry))).toEqual([true, true, true]);
    expect(tree.best).toBe(tree.ancestor(fork, 1));
    // Of a's branch: its ancestors are free too, but b's branch is not related to it.
    const cleared = tree.clearInvalid(tree.ancestor(a, 5));
    const chain = Array.from({ length: 7 }, (_, i) => tree.ancestor(a, i + 2));
    expect(cleared.toSorted((x, y) => x - y)).toEqual(chain.toSorted((x, y) => x - y));
    expect([fork, a, b].map((entry) => tree.isInvalid(entry))).toEqual([false, false, true]);
    expect(tree.best).toBe(a);
    expect(tree.clearInvalid(a)).toEqual([]);
    expect(tree.clearInvalid(b)).toHaveLength(4);
    expect(tree.isInvalid(b)).toBe(false);
    expect(tree.bestInvalid).toBeUndefined();
  });

  test('a trusted header is kept whatever is marked, so that two trees number alike', () => {
    const miner = new Miner();
    const other = new HeaderTree({
      params: miner.params,
      anchor: genesisAnchor(regtest),
      sha256d: nativeSha256d,
    });
    const tip = miner.extend(0, 4);
    for (let entry = 1; entry <= tip; entry++) {
      expect(other.addTrusted(miner.tree.headerBytes(entry))).toBe(entry);
    }
    expect(other.best).toBe(miner.tree.best);
    const bad = other.ancestor(tip, 2);
    other.markInvalid(bad);
    const child = miner.extend(tip, 1);
    expect(other.addTrusted(miner.tree.headerBytes(child))).toBe(child);
    expect(other.isInvalid(child)).toBe(true);
    expect(other.best).toBe(1);
    // What it knows it names again; what has no parent there it does not take.
    expect(other.addTrusted(miner.tree.headerBytes(tip))).toBe(tip);
    const next = miner.extend(child, 2);
    expect(other.addTrusted(miner.tree.headerBytes(next))).toBeUndefined();
    other.clearInvalid(bad);
    expect(other.best).toBe(child);
  });
});

describe('locators', () => {
  test('10 single steps, then doubling, at last the anchor (Core LocatorEntries)', () => {
    const miner = new Miner();
    const tip = miner.extend(0, 100);
    const heights = miner.tree
      .locator(tip)
      .map((hash) => miner.tree.height(miner.tree.find(hash)!));
    expect(heights).toEqual([
      100, 99, 98, 97, 96, 95, 94, 93, 92, 91, 90, 89, 87, 83, 75, 59, 27, 0,
    ]);
    expect(miner.tree.locator(3)).toHaveLength(4);
  });

  test('the fork that one leads to', () => {
    const miner = new Miner();
    const fork = miner.extend(0, 20);
    const a = miner.extend(fork, 5);
    const b = miner.extend(fork, 7, { version: 5 });
    const { tree } = miner;
    expect(tree.findFork(tree.locator(a), b)).toBe(tree.ancestor(fork, 20));
    expect(tree.findFork(tree.locator(b), b)).toBe(b);
    // A peer that is ahead of us.
    expect(tree.findFork(tree.locator(b), tree.ancestor(b, 22))).toBe(tree.ancestor(b, 22));
    const stranger = new Uint8Array(32).fill(9);
    expect(tree.findFork([stranger, tree.hash(3)], a)).toBe(3);
    expect(tree.findFork([stranger], a)).toBe(0);
  });
});

describe('an anchor in mid-chain', () => {
  /** Heights 0 to 19: two periods, the second one four times harder. */
  const twoPeriods = (): HeaderTree => {
    const miner = new Miner(RETARGETING, anchorOf(EASIEST));
    let tip: HeaderEntry = 0;
    for (let i = 0; i < 9; i++) tip = miner.extend(tip, 1, { time: miner.tree.time(tip) + 1 });
    miner.extend(miner.extend(tip, 1, { bits: HARD }), 9);
    return miner.tree;
  };

  test('goes on as the whole chain does', () => {
    const whole = twoPeriods();
    const anchor = {
      header: whole.headerBytes(14),
      height: 14,
      chainWork: whole.chainWork(14),
      periodStart: whole.headerBytes(10),
    };
    const part = new Miner(RETARGETING, anchor).tree;
    for (let height = 15; height < whole.size; height++) {
      expect(part.add(whole.headerBytes(height), LATE).status).toBe('added');
    }
    expect(part.height(part.best)).toBe(19);
    expect(part.hash(part.best)).toEqual(whole.hash(whole.best));
    expect(part.chainWork(part.best)).toBe(whole.chainWork(whole.best));
    expect(part.headerBytes(3)).toEqual(whole.headerBytes(17));
    expect(part.ancestor(part.best, 14)).toBe(part.anchor);
    expect(part.locator(part.best).at(-1)).toEqual(part.hash(part.anchor));
    expect(() => part.ancestor(part.best, 13)).toThrow(RangeError);
    expect(() => part.ancestor(part.best, 20)).toThrow(RangeError);
    // The retarget at 20 counts from 10, which is before the anchor.
    const { params } = new Miner(RETARGETING);
    const bits = calculateNextWorkRequired(whole.header(10), whole.header(19), params);
    expect(bits).not.toBe(HARD);
    const next = { prevBlockHash: whole.hash(whole.best), time: whole.time(whole.best) + 4 };
    for (const tree of [whole, part]) {
      expect(tree.add(mine({ ...next, bits: HARD }), LATE)).toMatchObject({
        reason: 'bad-diffbits',
      });
      expect(tree.add(mine({ ...next, bits }), LATE).status).toBe('added');
    }
  });

  test('what is missing in one', () => {
    const header = mine({});
    const anchor = { header, height: 14, chainWork: 1n, periodStart: header };
    const { periodStart: _, ...incomplete } = anchor;
    expect(() => new Miner(RETARGETING, incomplete)).toThrow(RangeError);
    expect(() => new Miner(RETARGETING, { ...incomplete, height: 20 })).not.toThrow();
    for (const changes of [
      { header: new Uint8Array(79) },
      { periodStart: new Uint8Array(81) },
      { height: -1 },
      { height: 1.5 },
      { chainWork: -1n },
      { chainWork: 1n << 128n },
    ]) {
      expect(() => new Miner(RETARGETING, { ...anchor, ...changes })).toThrow(RangeError);
    }
  });

  test('chain work keeps all of its 128 bits', () => {
    const chainWork = 0xfedcba98765432100123456789abcdefn;
    const miner = new Miner({}, { ...genesisAnchor(regtest), chainWork });
    expect(miner.tree.chainWork(0)).toBe(chainWork);
    miner.extend(0, 3);
    expect(miner.tree.chainWork(3)).toBe(chainWork + 6n);
    const edge = new Miner(
      {},
      { ...genesisAnchor(regtest), chainWork: 0xffffffffffffffffffffffffn },
    );
    edge.extend(0, 1);
    expect(edge.tree.chainWork(1)).toBe(0x1000000000000000000000001n);
    expect(edge.tree.best).toBe(1);
    const full = new Miner({}, { ...genesisAnchor(regtest), chainWork: (1n << 128n) - 1n });
    expect(() => full.extend(0, 1)).toThrow('128 bits');
  });
});

test('handles of other trees are refused', () => {
  const { tree } = new Miner();
  const calls: ((entry: number) => unknown)[] = [
    (entry) => tree.height(entry),
    (entry) => tree.hash(entry),
    (entry) => tree.headerBytes(entry),
    (entry) => tree.parent(entry),
    (entry) => tree.time(entry),
    (entry) => tree.bits(entry),
    (entry) => tree.chainWork(entry),
    (entry) => tree.medianTimePast(entry),
    (entry) => tree.ancestor(entry, 0),
    (entry) => tree.isAncestor(0, entry),
    (entry) => tree.compareWork(0, entry),
    (entry) => tree.lastCommonAncestor(entry, 0),
    (entry) => tree.locator(entry),
    (entry) => tree.isInvalid(entry),
    (entry) => tree.markInvalid(entry),
  ];
  for (const call of calls)
    for (const entry of [1, -1, NaN]) expect(() => call(entry)).toThrow(RangeError);
});

test('testnet4 is a chain of its own (BIP 94): its genesis is not testnet3’s', () => {
  const tree = new HeaderTree({
    params: consensusParams(testnet4),
    anchor: genesisAnchor(testnet4),
  });
  expect(tree.add(networks.test.genesis.headerBytes, LATE)).toEqual({ status: 'orphan' });
  // Any other header of least difficulty would take 2^32 hashes to make.
  const header = testnet4.genesis.headerBytes.slice();
  header[4] = 1;
  expect(tree.add(header, LATE)).toMatchObject({ reason: 'high-hash' });
});

test('remining starts where the nonce stands', () => {
  const header = mine({ nonce: 1_000 });
  expect(decode(BlockHeader, header).nonce).toBeGreaterThanOrEqual(1_000);
  expect(remine(header.slice())).toEqual(header);
});
