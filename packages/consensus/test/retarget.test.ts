import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { describeWithData, retargetHeaders } from '@btcp2p/testdata';
import { BlockHeader, decode, mainnet, networks, regtest, testnet4 } from '@btcp2p/wire';
import {
  calculateNextWorkRequired,
  checkProofOfWork,
  compactToTarget,
  consensusParams,
  difficultyAdjustmentInterval,
  permittedDifficultyTransition,
} from '../src/index.ts';

const main = consensusParams(mainnet);

describe('parameters', () => {
  // Core src/test/pow_tests.cpp, sanity_check_chainparams.
  test.each(Object.values(networks))('of $chain are sane', (network) => {
    const params = consensusParams(network);
    expect(params.chain).toBe(network.chain);
    expect(params.powTargetTimespan % params.powTargetSpacing).toBe(0);
    const { bits } = network.genesis.header;
    const { target, negative, overflow } = compactToTarget(bits);
    expect({ negative, overflow }).toEqual({ negative: false, overflow: false });
    expect(target > 0n && target <= params.powLimit).toBe(true);
    expect(checkProofOfWork(network.genesisHash, bits, params)).toBe(true);
    if (!params.powNoRetargeting) {
      const most = ((1n << 256n) - 1n) / BigInt(4 * params.powTargetTimespan);
      expect(params.powLimit < most).toBe(true);
    }
  });

  test('periods have 2,016 blocks, on regtest 144', () => {
    expect(difficultyAdjustmentInterval(main)).toBe(2_016);
    expect(difficultyAdjustmentInterval(consensusParams(regtest))).toBe(144);
  });
});

describe('retarget', () => {
  // Core src/test/pow_tests.cpp: time of the first block, time and bits of the last one, height of
  // the next, and its bits.
  test.each([
    ['get_next_work', 1261130161, 1262152739, 0x1d00ffff, 32256, 0x1d00d86a],
    ['get_next_work_pow_limit', 1231006505, 1233061996, 0x1d00ffff, 2016, 0x1d00ffff],
    ['get_next_work_lower_limit_actual', 1279008237, 1279297671, 0x1c05a3f4, 68544, 0x1c0168fd],
    ['get_next_work_upper_limit_actual', 1263163443, 1269211443, 0x1c387f6f, 46368, 0x1d00e1fd],
  ])('Core %s', (_, firstTime, time, bits, height, expected) => {
    const first = { time: firstTime, bits };
    expect(calculateNextWorkRequired(first, { time, bits }, main)).toBe(expected);
    expect(permittedDifficultyTransition(main, height, bits, expected)).toBe(true);
  });

  // The same tests: one beyond the limits of a transition.
  test('transitions beyond a factor of 4', () => {
    expect(permittedDifficultyTransition(main, 68544, 0x1c05a3f4, 0x1c0168fd - 1)).toBe(false);
    expect(permittedDifficultyTransition(main, 46368, 0x1c387f6f, 0x1d00e1fd + 1)).toBe(false);
  });

  test('no transition inside a period, and any where least difficulty is allowed', () => {
    expect(permittedDifficultyTransition(main, 2017, 0x1d00ffff, 0x1d00fffe)).toBe(false);
    expect(permittedDifficultyTransition(main, 2017, 0x1d00ffff, 0x1d00ffff)).toBe(true);
    const testnet = consensusParams(testnet4);
    expect(permittedDifficultyTransition(testnet, 2017, 0x1d00ffff, 0x1b00ffff)).toBe(true);
  });

  test('whatever the times, a retarget is a permitted transition', () => {
    const time = fc.integer({ min: 1231006505, max: 0xffffffff });
    const bits = fc.tuple(
      fc.integer({ min: 8, max: 28 }),
      fc.integer({ min: 0x8000, max: 0x7fffff }),
    );
    fc.assert(
      fc.property(time, time, bits, (first, last, [size, mantissa]) => {
        const old = size * 0x1000000 + mantissa;
        const next = calculateNextWorkRequired(
          { time: first, bits: old },
          { time: last, bits: old },
          main,
        );
        expect(permittedDifficultyTransition(main, 4_032, old, next)).toBe(true);
      }),
    );
  });

  test('BIP 94 takes the bits of the first block', () => {
    const params = consensusParams(testnet4);
    const first = { time: 1_000_000_000, bits: 0x1b00ffff };
    const last = { time: first.time + params.powTargetTimespan, bits: 0x1d00ffff };
    expect(calculateNextWorkRequired(first, last, params)).toBe(first.bits);
    const before = { ...params, enforceBIP94: false };
    expect(calculateNextWorkRequired(first, last, before)).toBe(last.bits);
  });

  test('on regtest the bits stay', () => {
    const params = consensusParams(regtest);
    const first = { time: 0, bits: 0x1d00ffff };
    expect(calculateNextWorkRequired(first, { time: 1, bits: 0x207fffff }, params)).toBe(
      0x207fffff,
    );
  });
});

describeWithData('mainnet', () => {
  test('all 413 retargets to height 832,608', () => {
    const headers = new Map(
      retargetHeaders().map(({ height, header }) => [height, decode(BlockHeader, header)]),
    );
    let count = 0;
    for (let height = 2_016; height <= 832_608; height += 2_016, count++) {
      const [first, last, next] = [height - 2_016, height - 1, height].map(
        (at) => headers.get(at)!,
      );
      const required = calculateNextWorkRequired(first!, last!, main);
      if (required !== next!.bits) throw new Error(`at ${height}: ${required}`);
      expect(permittedDifficultyTransition(main, height, last!.bits, next!.bits)).toBe(true);
    }
    expect(count).toBe(413);
  });
});
