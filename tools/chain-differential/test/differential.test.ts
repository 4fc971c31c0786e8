import { expect, test } from '@jest/globals';
import { describeWithBitcoind } from '@btcp2p/testdata';
import { Difference, faults, run } from '../src/index.ts';

describeWithBitcoind('side by side with bitcoind', (binary) => {
  test('150 steps', async () => {
    const report = await run(binary, { seed: 77, steps: 150, coinsEvery: 25 });
    expect(report.height).toBeGreaterThan(120);
    // Valid blocks, some that are not, and more than a few reasons.
    expect(report.answers.get('submit: null')).toBeGreaterThan(50);
    const reasons = [...report.answers.keys()].filter((answer) => answer.startsWith('submit: bad-'));
    expect(reasons.length).toBeGreaterThan(5);
  }, 60_000);
});

test('there are dozens of faults', () => {
  expect(Object.keys(faults).length).toBeGreaterThan(80);
});

test('a difference says where it is', () => {
  const { message } = new Difference(3, 14, 'submit', null, 'high-hash');
  expect(message).toBe('seed 3, step 14: submit\n  ours:     null\n  bitcoind: "high-hash"');
});
