import { describe, expect, test } from '@jest/globals';
import { BlockHeader, decode, regtest } from '@btcp2p/wire';
import { compactToTarget, consensusParams, genesisAnchor, HeaderTree } from '../src/index.ts';
import { NaiveChain } from './naive-chain.ts';
import { mine, nativeSha256d, remine } from './support.ts';

// On regtest one hash in two meets the target, and so each header can be mined again after a bit of
// it has been flipped: that is how to get past the proof of work to the rules behind it.
const params = consensusParams(regtest);
const anchor = genesisAnchor(regtest);
const NOW = regtest.genesis.header.time + 20 * 600;

/** 20 headers after genesis, and one more that may follow them. */
const [next, ...headers] = mineChain(21).toReversed();
headers.reverse();

function mineChain(length: number): Uint8Array[] {
  const chain: Uint8Array[] = [];
  let { hash, time } = { hash: regtest.genesisHash, time: regtest.genesis.header.time };
  for (let i = 0; i < length; i++) {
    time += 600;
    const header = mine({ prevBlockHash: hash, time, version: 4 });
    hash = nativeSha256d(header);
    chain.push(header);
  }
  return chain;
}

/** A tree and its model of these headers. */
function grown(): { tree: HeaderTree; model: NaiveChain } {
  const tree = new HeaderTree({ params, anchor, sha256d: nativeSha256d });
  const model = new NaiveChain(params, anchor);
  for (const header of headers) {
    tree.add(header, NOW);
    model.add(header, NOW);
  }
  expect([tree.size, model.headers.length]).toEqual([21, 21]);
  return { tree, model };
}

function flip(header: Uint8Array, bit: number): Uint8Array {
  const flipped = header.slice();
  flipped[bit >>> 3]! ^= 1 << (bit & 7);
  return flipped;
}

/** The bits of a header that a field takes. */
function bitsOf(first: number, end: number): number[] {
  return Array.from({ length: 8 * (end - first) }, (_, i) => 8 * first + i);
}

function judge(header: Uint8Array): string {
  const { tree, model } = grown();
  const result = tree.add(header, NOW);
  const answer = result.status === 'invalid' ? result.reason : result.status;
  expect(answer).toBe(model.add(header, NOW) ?? 'added');
  return answer;
}

describe('a header with one of its 640 bits flipped', () => {
  test('as it is', () => {
    const answers = bitsOf(0, 80).map((bit) => judge(flip(next!, bit)));
    // Half of them fail at the hash.
    expect(answers.filter((answer) => answer === 'high-hash').length).toBeGreaterThan(240);
    expect(new Set(answers).size).toBeGreaterThanOrEqual(6);
  });

  test('in its version, mined again: too low a version, or a signed one', () => {
    const answers = bitsOf(0, 4).map((bit) => judge(remine(flip(next!, bit))));
    // 4 is the least allowed: without its only bit it is 0, with the highest it is negative.
    expect(answers[2]).toBe('bad-version(0x00000000)');
    expect(answers[31]).toBe('bad-version(0x80000004)');
    expect(answers.filter((answer) => answer === 'added')).toHaveLength(30);
  });

  test('in its previous hash, mined again: an orphan', () => {
    for (const bit of bitsOf(4, 36)) expect(judge(remine(flip(next!, bit)))).toBe('orphan');
  });

  test('in its merkle root, mined again: another header', () => {
    for (const bit of bitsOf(36, 68)) expect(judge(remine(flip(next!, bit)))).toBe('added');
  });

  test('in its time, mined again: too old, too new, or allowed', () => {
    const { time } = decode(BlockHeader, next!);
    const { model } = grown();
    const median = model.medianTimePast(model.headers.at(-1)!);
    const seen = new Set<string>();
    for (const bit of bitsOf(68, 72)) {
      const flipped = remine(flip(next!, bit));
      const changed = decode(BlockHeader, flipped).time;
      expect(changed).not.toBe(time);
      const expected =
        changed <= median ? 'time-too-old' : changed > NOW + 7_200 ? 'time-too-new' : 'added';
      expect(judge(flipped)).toBe(expected);
      seen.add(expected);
    }
    expect(seen).toEqual(new Set(['time-too-old', 'time-too-new', 'added']));
  });

  test('in its bits, mined again where that is possible: bad-diffbits', () => {
    let mined = 0;
    for (const bit of bitsOf(72, 76)) {
      const flipped = flip(next!, bit);
      const { target, negative, overflow } = compactToTarget(decode(BlockHeader, flipped).bits);
      const possible = !negative && !overflow && target >= 1n << 240n && target <= params.powLimit;
      if (possible) mined++;
      expect(judge(possible ? remine(flipped) : flipped)).toBe(
        possible ? 'bad-diffbits' : 'high-hash',
      );
    }
    // All of the mantissa but its sign.
    expect(mined).toBeGreaterThanOrEqual(23);
  });
});
