import { describe, expect, test } from '@jest/globals';
import { describeWithData, headersFile } from '@btcp2p/testdata';
import { consensusParams } from '@btcp2p/consensus';
import { blockHeaderBytes, mainnet } from '@btcp2p/wire';
import { HeaderBatch } from '../src/header-batch.ts';
import {
  fastSha256d, genesis, headersOf, mineHeaders, params, withoutWork,
} from './support/chain.ts';

const chain = mineHeaders(genesis, 10);

describe('HeaderBatch', () => {
  const batch = HeaderBatch.of(headersOf(chain));

  test('has the bytes, hashes and fields of its headers', () => {
    expect(batch.length).toBe(10);
    for (const [i, { header, hash }] of chain.entries()) {
      expect(batch.header(i)).toEqual(blockHeaderBytes(header));
      expect(batch.hash(i)).toEqual(hash);
      expect(batch.prevHash(i)).toEqual(header.prevBlockHash);
      expect([batch.time(i), batch.bits(i)]).toEqual([header.time, header.bits]);
    }
  });

  test('a slice is the same headers', () => {
    const slice = batch.slice(3, 7);
    expect(slice.length).toBe(4);
    expect(slice.hash(0)).toEqual(chain[3]!.hash);
    expect(slice.header(3)).toEqual(batch.header(6));
    expect(batch.slice(9).length).toBe(1);
  });

  test('tells whether each header names the one before', () => {
    expect(batch.isContinuous()).toBe(true);
    expect(HeaderBatch.empty.isContinuous()).toBe(true);
    const gap = headersOf([...chain.slice(0, 4), ...chain.slice(5)]);
    expect(HeaderBatch.of(gap, fastSha256d).isContinuous()).toBe(false);
  });

  test('tells whether all have the work that they claim', () => {
    expect(batch.hasValidProofOfWork(params)).toBe(true);
    const bad = headersOf([...chain.slice(0, 9), withoutWork(chain[9]!)]);
    expect(HeaderBatch.of(bad, fastSha256d).hasValidProofOfWork(params)).toBe(false);
  });

  test('adds up the work that they claim', () => {
    expect(batch.claimedWork()).toBe(20n);
    // 0x1d00ffff is difficulty 1: 2^32 and a little more.
    const last = { ...chain[9]!.header, bits: 0x1d00ffff };
    const harder = [...headersOf(chain.slice(0, 6)), last, last];
    expect(HeaderBatch.of(harder, fastSha256d).claimedWork()).toBe(6n * 2n + 2n * 0x100010001n);
    expect(HeaderBatch.empty.claimedWork()).toBe(0n);
  });
});

describeWithData('mainnet', () => {
  const bytes = headersFile('mainnet_0-10236');
  test('10,237 headers from genesis are continuous and have their work', () => {
    const batch = HeaderBatch.ofBytes(bytes, fastSha256d);
    expect(batch.isContinuous()).toBe(true);
    expect(batch.hasValidProofOfWork(consensusParams(mainnet))).toBe(true);
    expect(batch.claimedWork()).toBe(10_237n * 0x100010001n);
  });
});
