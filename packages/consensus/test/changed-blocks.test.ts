import { describe, expect, test } from '@jest/globals';
import { blockFile, describeWithData } from '@btcp2p/testdata';
import { BLOCK_HEADER_SIZE, BlockView, mainnet } from '@btcp2p/wire';
import { checkBlock, checkBlockContext, consensusParams, isBlockMutated } from '../src/index.ts';
import { assemble, nativeSha256d } from './support.ts';

describeWithData('real blocks that were changed', () => {
  const params = consensusParams(mainnet);
  const reasonOf = (block: BlockView, height: number): string => {
    const result = checkBlock(block, params, nativeSha256d);
    if (result.status === 'invalid') return result.reason;
    const context = { height, medianTimePast: block.header.time };
    const inContext = checkBlockContext(block, context, params, nativeSha256d);
    return inContext.status === 'invalid' ? inContext.reason : 'ok';
  };
  const transactionsOf = (block: BlockView): Uint8Array[] =>
    Array.from({ length: block.transactionCount }, (_, i) => block.transactionBytes(i));

  describe.each(['main-170', 'main-413567', 'main-757739', 'main-831328'])('%s', (name) => {
    const { bytes, height } = blockFile(name);
    const block = BlockView.of(bytes);
    const transactions = transactionsOf(block);

    test('order, omission and repetition', () => {
      const other = (list: readonly Uint8Array[]): string =>
        reasonOf(assemble(block.headerBytes, list), height);
      expect(other(transactions)).toBe('ok');
      expect(other(transactions.toReversed())).toBe('bad-txnmrklroot');
      expect(other(transactions.slice(1))).toBe('bad-txnmrklroot');
      expect(other(transactions.slice(0, -1))).toBe('bad-txnmrklroot');
      expect(other([])).toBe('bad-txnmrklroot');
      const repeatable = transactions.length & -transactions.length;
      const expected = repeatable < transactions.length ? 'bad-txns-duplicate' : 'bad-txnmrklroot';
      expect(other([...transactions, ...transactions.slice(-repeatable)])).toBe(expected);
    });

    test('any bit: proof of work, root or commitment fails', () => {
      const reasons = new Set<string>();
      const step = Math.max(1, Math.floor(bytes.length / 80));
      for (let at = 0; at < bytes.length; at += step) {
        const changed = bytes.slice();
        changed[at]! ^= 1 << (at & 7);
        let view: BlockView;
        try {
          view = BlockView.of(changed);
        } catch {
          continue;
        }
        const reason = reasonOf(view, height);
        expect(reason).not.toBe('ok');
        if (at < BLOCK_HEADER_SIZE) expect(reason).toBe('high-hash');
        reasons.add(reason);
      }
      const expected = ['high-hash', 'bad-txnmrklroot'];
      if (height >= params.segwitHeight) expected.push('bad-witness-merkle-match');
      expect([...reasons].sort()).toEqual(expected.sort());
    });

    test('another height, unless the coinbase names none', () => {
      const expected = height >= params.bip34Height ? 'bad-cb-height' : 'ok';
      expect(reasonOf(block, height + 1)).toBe(expected);
    });
  });

  test('witnesses before BIP 141: unexpected-witness', () => {
    const { bytes, height } = blockFile('main-757739');
    const block = BlockView.of(bytes);
    const before = { ...params, segwitHeight: height + 1 };
    const context = { height, medianTimePast: block.header.time };
    expect(checkBlockContext(block, context, before, nativeSha256d)).toMatchObject({
      reason: 'unexpected-witness',
      mutated: true,
    });
    expect(isBlockMutated(block, false, nativeSha256d)).toBe(true);
  });
});
