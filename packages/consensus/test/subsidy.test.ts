import { expect, test } from '@jest/globals';
import { mainnet, regtest } from '@btcp2p/wire';
import { blockSubsidy, COIN, consensusParams, MAX_MONEY } from '../src/index.ts';

const main = consensusParams(mainnet);

// Core src/test/validation_tests.cpp, block_subsidy_test.
test.each([main, consensusParams(regtest), { ...main, subsidyHalvingInterval: 1_000 }])(
  'halves every $subsidyHalvingInterval blocks, and ends',
  (params) => {
    const interval = params.subsidyHalvingInterval;
    for (let halvings = 0; halvings < 64; halvings++) {
      const expected = (50n * COIN) / 2n ** BigInt(halvings);
      expect(blockSubsidy(halvings * interval, params)).toBe(expected);
      expect(blockSubsidy((halvings + 1) * interval - 1, params)).toBe(expected);
    }
    expect(blockSubsidy(64 * interval, params)).toBe(0n);
    expect(blockSubsidy(1_000 * interval, params)).toBe(0n);
  },
);

// Core src/test/validation_tests.cpp, subsidy_limit_test.
test('all of it together stays under 21 million', () => {
  let sum = 0n;
  for (let height = 0; height < 14_000_000; height += 1_000) {
    sum += blockSubsidy(height, main) * 1_000n;
  }
  expect(sum).toBe(2_099_999_997_690_000n);
  expect(sum <= MAX_MONEY).toBe(true);
});
