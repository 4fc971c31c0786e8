import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { describeWithData, headersFile, hexLines } from '@btcp2p/testdata';
import { BlockView, mainnet, networks, regtest } from '@btcp2p/wire';
import {
  ALWAYS_ACTIVE,
  consensusParams,
  genesisAnchor,
  HeaderTree,
  isSignalling,
  NEVER_ACTIVE,
  NO_TIMEOUT,
  VERSIONBITS_LAST_OLD_BLOCK_VERSION,
  VERSIONBITS_NUM_BITS,
  VERSIONBITS_TOP_BITS,
  VersionBitsCache,
  versionBitsDeployments,
  type Bip9Deployment,
  type ConsensusParams,
  type ThresholdState,
  type VersionBitsDeployment,
} from '../src/index.ts';
import { ArrayChain, type ArrayBlock } from './array-chain.ts';
import { entryOf, LATE, mine, nativeSha256d } from './support.ts';

const base = consensusParams(regtest);

/** Regtest with these deployments instead of its own. */
function withDeployments(
  testdummy: Bip9Deployment,
  taproot: Bip9Deployment = base.deployments.taproot,
): ConsensusParams {
  return { ...base, deployments: { testdummy, taproot } };
}

// Core src/test/versionbits_tests.cpp, versionbits_test: the same chains and states.
describe('Core’s chains of signalling', () => {
  /** One block each 10 minutes from 14 November 2014 on. */
  const testTime = (height: number): number => 1_415_926_536 + 600 * height;
  const normal: Bip9Deployment = {
    bit: 8,
    startTime: BigInt(testTime(10_000)),
    timeout: BigInt(testTime(20_000)),
    minActivationHeight: 0,
    period: 1_000,
    threshold: 900,
  };
  const delayed = { ...normal, minActivationHeight: 15_000 };

  /** Mine up to so many blocks, all of this time and these bits; then the state of the next block. */
  type Step = readonly [
    blocks: number,
    time: number,
    bits: number,
    state: ThresholdState,
    since: number,
    delayedSince?: number,
  ];

  const cases: Readonly<Record<string, readonly Step[]>> = {
    'defined, started after the timeout, failed': [
      [1, testTime(1), 0x100, 'defined', 0],
      [11, testTime(11), 0x100, 'defined', 0],
      [989, testTime(989), 0x100, 'defined', 0],
      [999, testTime(20_000), 0x100, 'defined', 0],
      [1_000, testTime(20_000), 0, 'started', 1_000],
      [1_999, testTime(30_001), 0, 'started', 1_000],
      [2_000, testTime(30_002), 0x100, 'failed', 2_000],
      [2_001, testTime(30_003), 0x100, 'failed', 2_000],
      [2_999, testTime(30_004), 0x100, 'failed', 2_000],
      [3_000, testTime(30_005), 0x100, 'failed', 2_000],
      [4_000, testTime(30_006), 0x100, 'failed', 2_000],
    ],
    'defined, started, failed by one block': [
      [1, testTime(1), 0, 'defined', 0],
      [1_000, testTime(10_000) - 1, 0x100, 'defined', 0],
      [2_000, testTime(10_000), 0x100, 'started', 2_000],
      [2_051, testTime(10_010), 0, 'started', 2_000],
      [2_950, testTime(10_020), 0x100, 'started', 2_000],
      [3_000, testTime(20_000), 0, 'failed', 3_000],
      [4_000, testTime(20_010), 0x100, 'failed', 3_000],
    ],
    'defined, started, locked in after the timeout, active': [
      [1, testTime(1), 0, 'defined', 0],
      [1_000, testTime(10_000) - 1, 0x101, 'defined', 0],
      [2_000, testTime(10_000), 0x101, 'started', 2_000],
      [2_999, testTime(30_000), 0x100, 'started', 2_000],
      [3_000, testTime(30_000), 0x100, 'locked_in', 3_000],
      [3_999, testTime(30_001), 0, 'locked_in', 3_000],
      [4_000, testTime(30_002), 0, 'active', 4_000, 3_000],
      [14_333, testTime(30_003), 0, 'active', 4_000, 3_000],
      [24_000, testTime(40_000), 0, 'active', 4_000, 15_000],
    ],
    'defined, started, locked in before the timeout, active': [
      [1, testTime(1), 0, 'defined', 0],
      [1_000, testTime(10_000) - 1, 0x101, 'defined', 0],
      [2_000, testTime(10_000), 0x101, 'started', 2_000],
      [2_050, testTime(10_010), 0x200, 'started', 2_000],
      [2_950, testTime(10_020), 0x100, 'started', 2_000],
      [2_999, testTime(19_999), 0x200, 'started', 2_000],
      [3_000, testTime(29_999), 0x200, 'locked_in', 3_000],
      [3_999, testTime(30_001), 0, 'locked_in', 3_000],
      [4_000, testTime(30_002), 0, 'active', 4_000, 3_000],
      [14_333, testTime(30_003), 0, 'active', 4_000, 3_000],
      [15_000, testTime(40_000), 0, 'active', 4_000, 15_000],
      [24_000, testTime(40_000), 0, 'active', 4_000, 15_000],
    ],
    'defined for periods, started for periods, failed': [
      [999, testTime(999), 0, 'defined', 0],
      [1_000, testTime(1_000), 0, 'defined', 0],
      [2_000, testTime(2_000), 0, 'defined', 0],
      [3_000, testTime(10_000), 0, 'started', 3_000],
      [4_000, testTime(10_000), 0, 'started', 3_000],
      [5_000, testTime(10_000), 0, 'started', 3_000],
      [5_999, testTime(20_000), 0, 'started', 3_000],
      [6_000, testTime(20_000), 0, 'failed', 6_000],
      [7_000, testTime(20_000), 0x100, 'failed', 6_000],
      [24_000, testTime(20_000), 0x100, 'failed', 6_000],
    ],
  };

  test.each(Object.entries(cases))('%s', (_, steps) => {
    const chain = new ArrayChain();
    const params = withDeployments(normal, delayed);
    // One that is asked at each step and one that is asked now and then must say the same.
    const often = new VersionBitsCache(params, chain);
    const seldom = new VersionBitsCache(params, chain);
    const always = { ...normal, startTime: ALWAYS_ACTIVE };
    const never = { ...normal, startTime: NEVER_ACTIVE };
    const fixed = new VersionBitsCache(withDeployments(always, never), chain);
    const check = (state: ThresholdState, since: number, delayedSince: number): void => {
      const { last } = chain;
      // A delayed activation stays locked in for longer.
      const later = state === 'active' && delayedSince < 15_000 ? 'locked_in' : state;
      for (const cache of chain.size % 3 === 0 ? [often, seldom] : [often]) {
        expect(cache.state('testdummy', last)).toBe(state);
        expect(cache.stateSince('testdummy', last)).toBe(since);
        expect(cache.state('taproot', last)).toBe(later);
        expect(cache.stateSince('taproot', last)).toBe(delayedSince);
      }
      expect(fixed.state('testdummy', last)).toBe('active');
      expect(fixed.state('taproot', last)).toBe('failed');
      for (const name of versionBitsDeployments) expect(fixed.stateSince(name, last)).toBe(0);
    };
    check('defined', 0, 0);
    for (const [blocks, time, bits, state, since, delayedSince = since] of steps) {
      while (chain.size < blocks) chain.add({ time, version: VERSIONBITS_TOP_BITS | bits });
      check(state, since, delayedSince);
    }
  });
});

// Core src/test/versionbits_tests.cpp, check_computeblockversion.
describe('the version of new blocks', () => {
  const own = Object.values(networks).flatMap((network) =>
    versionBitsDeployments.map((name) => [network.chain, name, consensusParams(network)] as const),
  );
  // January 1, 2008 to December 31, 2008.
  const in2008 = { startTime: 1_199_145_601n, timeout: 1_230_767_999n };
  const chosen = [{}, { minActivationHeight: 403_200 }].map((delay) => {
    const params = consensusParams(regtest, { versionBits: { testdummy: { ...in2008, ...delay } } });
    return ['regtest with options', 'testdummy', params] as const;
  });

  test('no network uses a bit twice', () => {
    for (const network of Object.values(networks)) {
      const { testdummy, taproot } = consensusParams(network).deployments;
      expect(testdummy.bit).not.toBe(taproot.bit);
    }
  });

  test.each([...own, ...chosen])('of %s signals for %s until it fails or is active', (_, name, params) => {
    const { bit, startTime, timeout, minActivationHeight, period, threshold } =
      params.deployments[name];
    expect(threshold > 0 && threshold < period).toBe(true);
    const genesis = new VersionBitsCache(params, new ArrayChain());
    expect(genesis.computeBlockVersion(undefined)).toBe(VERSIONBITS_TOP_BITS);
    if (startTime === ALWAYS_ACTIVE || startTime === NEVER_ACTIVE) {
      expect(genesis.isActiveAfter(name, undefined)).toBe(startTime === ALWAYS_ACTIVE);
      expect([minActivationHeight, timeout]).toEqual([0, NO_TIMEOUT]);
      return;
    }
    expect(minActivationHeight % period).toBe(0);
    const old = VERSIONBITS_LAST_OLD_BLOCK_VERSION;

    /** Adds blocks up to a height and checks whether the bit is set, at the end or at each. */
    const miner = (): ((height: number, time: number, version: number, set: boolean) => void) => {
      const chain = new ArrayChain();
      const cache = new VersionBitsCache(params, chain);
      return (size, time, version, set) => {
        while (chain.size < size) chain.add({ time, version });
        const computed = cache.computeBlockVersion(chain.last);
        expect((computed >>> bit) & 1).toBe(set ? 1 : 0);
        expect(computed >>> 29).toBe(1);
        const isActive = version !== old && !set;
        expect(cache.isActiveAfter(name, chain.last)).toBe(isActive);
      };
    };

    const first = miner();
    const start = Number(startTime);
    if (start === 0) first(period - 1, 0, old, false);
    else {
      first(period, start - 1, old, false);
      for (let i = 1; i < period - 4; i++) first(period + i, start - 1, old, false);
      // Five blocks are not enough to move the median.
      for (let i = period - 4; i <= period; i++) first(period + i, start, old, false);
    }
    first(3 * period, start, old, true);
    let height = 3 * period;
    let time = start + 600;
    for (let left = 2 * period; left > 0 && time < timeout; left--, time += 600) {
      first(++height, time, old, true);
    }
    if (timeout !== NO_TIMEOUT) {
      const end = Number(timeout);
      while (height % period !== 0) first(++height, end - 1, old, true);
      for (let i = 0; i < period - 1; i++) first(++height, end, old, true);
      first(++height, end, old, false);
    }

    const second = miner();
    const signalling = VERSIONBITS_TOP_BITS | (1 << bit);
    second(period, start, old, true);
    second(2 * period, start, signalling, true);
    second(3 * period - 1, start, signalling, true);
    if (3 * period < minActivationHeight) {
      second(minActivationHeight - 1, start, signalling, true);
      second(minActivationHeight, start, signalling, false);
    } else second(3 * period, start, signalling, false);
  });
});

type Naive = Omit<Bip9Deployment, 'bit'> & { readonly signals: (height: number) => boolean };

/** The rules of BIP 9 word by word, from the first block on. */
function naiveState(
  path: readonly ArrayBlock[],
  rules: Naive,
): { state: ThresholdState; since: number } {
  if (rules.startTime === ALWAYS_ACTIVE) return { state: 'active', since: 0 };
  if (rules.startTime === NEVER_ACTIVE) return { state: 'failed', since: 0 };
  let state: ThresholdState = 'defined';
  let since = 0;
  for (let end = rules.period; end <= path.length; end += rules.period) {
    const next = naiveNext(state, path, end, rules);
    if (next !== state) since = end;
    state = next;
  }
  return { state, since };
}

/** The state after a period that ends before height `end`. */
function naiveNext(
  state: ThresholdState,
  path: readonly ArrayBlock[],
  end: number,
  rules: Naive,
): ThresholdState {
  const past = path.slice(Math.max(end - 11, 0), end).map(({ time }) => time);
  const median = BigInt(past.toSorted((a, b) => a - b)[past.length >>> 1]!);
  if (state === 'defined' && median >= rules.startTime) return 'started';
  if (state === 'started') {
    let count = 0;
    for (let i = end - rules.period; i < end; i++) if (rules.signals(i)) count++;
    if (count >= rules.threshold) return 'locked_in';
    if (median >= rules.timeout) return 'failed';
  }
  return state === 'locked_in' && end >= rules.minActivationHeight ? 'active' : state;
}

describe('against the rules word by word', () => {
  const deployment = (bit: number): fc.Arbitrary<Bip9Deployment> =>
    fc.record({
      bit: fc.constant(bit),
      startTime: fc.oneof(
        { arbitrary: fc.bigInt({ min: 0n, max: 400n }), weight: 8 },
        { arbitrary: fc.constantFrom(ALWAYS_ACTIVE, NEVER_ACTIVE), weight: 1 },
      ),
      timeout: fc.oneof(fc.bigInt({ min: 0n, max: 1_500n }), fc.constant(NO_TIMEOUT)),
      minActivationHeight: fc.integer({ min: 0, max: 80 }),
      period: fc.integer({ min: 2, max: 12 }),
      threshold: fc.integer({ min: 1, max: 8 }),
    });
  const block = fc.record({
    step: fc.integer({ min: 0, max: 20 }),
    bits: fc.constantFrom(0, 1, 2, 3, 4, 7, 0x1000_0000, -1),
    // Now and then a new branch.
    back: fc.oneof(
      { arbitrary: fc.constant(0), weight: 20 },
      { arbitrary: fc.integer({ min: 1, max: 30 }), weight: 1 },
    ),
  });

  test('in random trees, whatever is asked first', () => {
    const states = new Set<string>();
    let warnings = 0;
    const property = fc.property(
      deployment(0),
      deployment(1),
      fc.array(block, { minLength: 100, maxLength: 140 }),
      fc.integer({ min: 2, max: 8 }),
      fc.integer({ min: 0, max: 40 }),
      fc.infiniteStream(fc.nat()),
      (testdummy, taproot, steps, warningPeriod, minBip9WarningHeight, order) => {
        const params: ConsensusParams = {
          ...withDeployments(testdummy, taproot),
          powTargetTimespan: warningPeriod * base.powTargetSpacing,
          minBip9WarningHeight,
        };
        const chain = new ArrayChain();
        const times: number[] = [];
        for (const { step, bits, back } of steps) {
          const parent = Math.max(chain.size - 1 - back, 0);
          // Times never fall, as medians of real ones never do.
          const time = (times[parent] ?? 0) + step;
          const version = bits < 0 ? 4 : VERSIONBITS_TOP_BITS | bits;
          times[chain.add({ time, version, parent })] = time;
        }
        const cache = new VersionBitsCache(params, chain);
        const naive = (path: readonly ArrayBlock[], name: VersionBitsDeployment) => {
          const rules = params.deployments[name];
          const signals = (i: number): boolean => isSignalling(path[i]!.version, rules.bit);
          return naiveState(path, { ...rules, signals });
        };
        const naiveVersion = (path: readonly ArrayBlock[]): number =>
          versionBitsDeployments.reduce((version, name) => {
            const { state } = naive(path, name);
            const signals = state === 'started' || state === 'locked_in';
            return signals ? version | (1 << params.deployments[name].bit) : version;
          }, VERSIONBITS_TOP_BITS);
        for (const number of order.take(12)) {
          const entry = number % chain.size;
          const path = chain.path(entry);
          for (const name of versionBitsDeployments) {
            const next = naive(path, name);
            const now = naive(path.slice(0, -1), name);
            const { period, threshold, bit } = params.deployments[name];
            expect(cache.state(name, entry)).toBe(next.state);
            expect(cache.stateSince(name, entry)).toBe(next.since);
            states.add(next.state);
            const info = cache.info(name, entry);
            expect(info).toMatchObject({ state: now.state, nextState: next.state, since: now.since });
            expect(info.activeSince).toBe(
              now.state === 'active' ? now.since : next.state === 'active' ? path.length : undefined,
            );
            if (now.state !== 'started' && now.state !== 'locked_in') {
              expect([info.statistics, info.signallingBlocks]).toEqual([undefined, undefined]);
              continue;
            }
            const start = path.length - 1 - ((path.length - 1) % period);
            const blocks = path.slice(start).map(({ version }) => isSignalling(version, bit));
            const count = blocks.filter(Boolean).length;
            const left = period - blocks.length;
            const isStarted = now.state === 'started';
            expect(info.signallingBlocks).toEqual(blocks);
            expect(info.statistics).toEqual({
              period,
              elapsed: blocks.length,
              count,
              threshold: isStarted ? threshold : 0,
              possible: isStarted && count + left >= threshold,
            });
          }
          expect(cache.computeBlockVersion(entry)).toBe(naiveVersion(path));
          // A bit is unknown where it is set and nobody should have set it.
          const expected = path.map((_, i) => naiveVersion(path.slice(0, i)));
          const unknown = Array.from({ length: VERSIONBITS_NUM_BITS }, (_, bit) => bit).flatMap(
            (bit) => {
              const { state } = naiveState(path, {
                startTime: 0n,
                timeout: NO_TIMEOUT,
                minActivationHeight: 0,
                period: warningPeriod,
                threshold: Math.floor((warningPeriod * 3) / 4),
                signals: (i) =>
                  i >= minBip9WarningHeight &&
                  isSignalling(path[i]!.version, bit) &&
                  ((expected[i]! >>> bit) & 1) === 0,
              });
              if (state !== 'active' && state !== 'locked_in') return [];
              return [{ bit, isActive: state === 'active' }];
            },
          );
          warnings += unknown.length;
          expect(cache.unknownActivations(entry)).toEqual(unknown);
        }
      },
    );
    fc.assert(property, { numRuns: 60 });
    expect([...states].toSorted()).toEqual(['active', 'defined', 'failed', 'locked_in', 'started']);
    expect(warnings).toBeGreaterThan(0);
  });
});

describe('what miners are told', () => {
  test('deployments by state, and none that has not started or has failed', () => {
    const params = consensusParams(regtest);
    const chain = new ArrayChain();
    const cache = new VersionBitsCache(params, chain);
    const version = VERSIONBITS_TOP_BITS | (1 << 28);
    const taproot = { name: 'taproot', bit: 2, mask: 4, isOptional: true };
    const testdummy = { name: 'testdummy', bit: 28, mask: 0x1000_0000, isOptional: true };
    const empty = { signalling: [], lockedIn: [], active: [taproot] };
    const template = (size: number): unknown => {
      while (chain.size < size) chain.add({ time: 1, version });
      return cache.templateDeployments(chain.last!);
    };
    expect(template(143)).toEqual(empty);
    expect(template(144)).toEqual({ ...empty, signalling: [testdummy] });
    expect(template(288)).toEqual({ ...empty, lockedIn: [testdummy] });
    expect(template(432)).toEqual({ ...empty, active: [taproot, testdummy] });
    const off = consensusParams(regtest, {
      versionBits: { testdummy: { startTime: NEVER_ACTIVE, timeout: 0n } },
    });
    expect(new VersionBitsCache(off, chain).templateDeployments(431)).toEqual(empty);
  });

  test('the largest bit, and versions that only look like BIP 9', () => {
    expect(isSignalling(0x3000_0000, 28)).toBe(true);
    expect(isSignalling(0x2000_0000, 28)).toBe(false);
    expect(isSignalling(0x1000_0000, 28)).toBe(false);
    expect(isSignalling(0x7000_0000, 28)).toBe(false);
    expect(isSignalling(-1, 28)).toBe(false);
    expect(isSignalling(0x6000_0001, 0)).toBe(false);
    expect(isSignalling(0x2000_0001, 0)).toBe(true);
  });

  test('versions are signed, and none below 0 signals', () => {
    const activationHeights = { bip34: 9, bip65: 9, bip66: 9 };
    const params = consensusParams(regtest, { activationHeights });
    const tree = new HeaderTree({ params, anchor: genesisAnchor(regtest) });
    for (const version of [-1, -0x8000_0000, 0x7fff_ffff, 0x2000_0001]) {
      const time = tree.time(tree.best) + 1;
      const header = mine({ version, time, prevBlockHash: tree.hash(tree.best) });
      const entry = entryOf(tree.add(header, LATE));
      expect(tree.version(entry)).toBe(version);
      expect(isSignalling(tree.version(entry), 0)).toBe(version === 0x2000_0001);
    }
  });

  test('a chain that begins too late to know', () => {
    const anchor = { ...genesisAnchor(mainnet), height: 2_016 * 400 };
    const params = consensusParams(mainnet);
    const tree = new HeaderTree({ params, anchor });
    // Its time is long before the start, but the unknown bits are counted from the first block on.
    const cache = new VersionBitsCache(params, tree);
    expect(() => cache.unknownActivations(tree.anchor)).toThrow(RangeError);
    expect(tree.version(tree.anchor)).toBe(1);
  });
});

describeWithData('real version bits', () => {
  /** Headers of a file from a first block of a period on, as a chain that starts there. */
  const load = (name: string, from: number, first: number): ArrayBlock[] => {
    const bytes = headersFile(name);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const blocks: ArrayBlock[] = [];
    for (let at = 80 * (first - from); at < bytes.length; at += 80) {
      blocks.push({ time: view.getUint32(at + 68, true), version: view.getInt32(at, true) });
    }
    return blocks;
  };
  const rules = { startTime: 0n, timeout: NO_TIMEOUT, minActivationHeight: 0, period: 2_016 };
  const signalsIn = (blocks: readonly ArrayBlock[], period: number, bit: number): number =>
    blocks
      .slice(2_016 * period, 2_016 * (period + 1))
      .filter(({ version }) => isSignalling(version, bit)).length;

  test('mainnet before CSV: nobody but BIP 109, bit 28, in early 2016', () => {
    // 97 periods of blocks are not there; the rest is a chain of its own.
    const blocks = load('mainnet_194270-404640', 194_270, 97 * 2_016);
    const chain = ArrayChain.of(blocks);
    // Versions 0x30000000 in the periods of blocks 397,152, 399,168 and 401,184.
    expect([100, 101, 102].map((period) => signalsIn(blocks, period, 28))).toEqual([3, 59, 83]);
    for (const [threshold, since] of [[3, 101], [59, 102], [60, 103]] as const) {
      const params = {
        ...consensusParams(mainnet),
        deployments: {
          testdummy: { ...rules, bit: 28, threshold },
          taproot: { ...rules, bit: 2, threshold: 1_000 },
        },
      };
      const cache = new VersionBitsCache(params, chain);
      // Locked in by the first period that reaches the threshold, and active one later.
      const end = 2_016 * since - 1;
      expect(cache.state('testdummy', end - 1)).toBe('started');
      expect(cache.state('testdummy', end)).toBe('locked_in');
      expect(cache.stateSince('testdummy', chain.last)).toBe(2_016 * Math.min(since + 1, 103));
      expect(cache.state('taproot', chain.last)).toBe('started');
      // Bit 28 has a meaning here, and too few set it for a warning anyway.
      expect(cache.unknownActivations(chain.last!)).toEqual([]);
    }
  });

  test('mainnet of 2024: rolled versions (BIP 320) alarm nobody', () => {
    const blocks = load('mainnet_822528-830592', 822_528, 822_528);
    const chain = ArrayChain.of(blocks);
    const params = { ...consensusParams(mainnet), minBip9WarningHeight: 0 };
    const cache = new VersionBitsCache(params, chain);
    expect(cache.unknownActivations(chain.last!)).toEqual([]);
    // On a test network, whose threshold is lower, with periods so short that some reach it.
    const short = { ...params, chain: 'test' as const, powTargetTimespan: 8 * 600 };
    const warned = new VersionBitsCache(short, chain).unknownActivations(chain.last!);
    const active = Array.from({ length: VERSIONBITS_NUM_BITS }, (_, bit) => bit).filter((bit) => {
      for (let end = 16; end + 8 <= blocks.length; end += 8) {
        const period = blocks.slice(end - 8, end);
        if (period.filter(({ version }) => isSignalling(version, bit)).length >= 6) return true;
      }
      return false;
    });
    expect(warned).toEqual(active.map((bit) => ({ bit, isActive: true })));
    // Bits 13 to 28 are those that BIP 320 gives away.
    expect(active.every((bit) => bit >= 13)).toBe(true);
    expect(active.length).toBeGreaterThan(10);
  });

  test('taproot would have failed if signalling had started in 2024', () => {
    // A chain of these headers alone, as if there were none before.
    const blocks = load('mainnet_822528-830592', 822_528, 822_528);
    const cache = new VersionBitsCache(consensusParams(mainnet), ArrayChain.of(blocks));
    // All headers here are later than the timeout, and hardly one of them signals.
    expect(cache.state('taproot', 2_014)).toBe('defined');
    expect(cache.state('taproot', 2_015)).toBe('started');
    expect(cache.state('taproot', 4_031)).toBe('failed');
    const info = cache.info('taproot', 4_030);
    expect(info.statistics?.count).toBe(
      blocks.slice(2_016, 4_031).filter(({ version }) => isSignalling(version, 2)).length,
    );
    expect(info.statistics).toMatchObject({ elapsed: 2_015, threshold: 1_815, possible: false });
  });

  test('a regtest chain that bitcoind mined: it set just the bits that we would', () => {
    const params = consensusParams(regtest);
    const tree = new HeaderTree({ params, anchor: genesisAnchor(regtest), sha256d: nativeSha256d });
    const cache = new VersionBitsCache(params, tree);
    const versions = new Set<number>();
    for (const bytes of hexLines('regtest/rust-bitcoinkernel_block_data.txt')) {
      const { headerBytes, header } = BlockView.of(bytes);
      expect(header.version).toBe(cache.computeBlockVersion(tree.best));
      const entry = entryOf(tree.add(headerBytes, LATE));
      expect(tree.version(entry)).toBe(header.version);
      versions.add(header.version);
    }
    expect([...versions]).toEqual([0x2000_0000, 0x3000_0000]);
    expect(cache.info('testdummy', tree.best)).toMatchObject({ state: 'started', since: 144 });
    expect(cache.unknownActivations(tree.best)).toEqual([]);
  });
});
