import { describe, expect, test } from '@jest/globals';
import type { Aead } from '@btcp2p/bip324';
import { nativeAead } from '@btcp2p/reactor';
import {
  aeadTarget, caseSeeds, failureLines, runCase, sessionTarget, Tally, targets, type FailureReport,
  type Target,
} from '../src/index.ts';

const RUN_SEED = 1n;
const CASES: Readonly<Record<string, number>> = {
  session: 300, transport: 300, aead: 800, ellswift: 100, peer: 300,
};

const DEEP: Readonly<Record<string, readonly string[]>> = {
  session: [
    'established', 'rekeys passed', 'decoys', 'closed', 'failed: authentication-failed',
    'failed: no-garbage-terminator', 'failed: packet-too-large', 'failed: v1-detected',
    'failed after 5 MB of nonsense',
  ],
  transport: ['message', 'rejected', 'undecodable', 'failed', 'sent', 'v1 message', 'v1 failed'],
  ellswift: ['decode', 'xdh', 'create', 'refused', 'not a square'],
  peer: ['established v1', 'established v2', 'messages', 'settled', 'disconnect: v2-error'],
};

/** The first failure among so many cases. */
function run(target: Target, cases: number, tally = new Tally()): FailureReport | undefined {
  const seeds = caseSeeds(RUN_SEED, target.name);
  for (let i = 0; i < cases; i++) {
    const failure = runCase(target, seeds.next().value, tally);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

describe('targets', () => {
  // To hide a package takes a process of its own: that is for `npm run fuzz`.
  const tested = targets.filter(({ without }) => without === undefined);

  test.each(tested.map((target) => [target.name, target] as const))('%s finds nothing', (name, target) => {
    const tally = new Tally();
    const failure = run(target, CASES[name]!, tally);
    expect(failure === undefined ? [] : failureLines(failure, RUN_SEED)).toEqual([]);
    expect(tally.cases).toBe(CASES[name]);
    // What is deep has been reached: these are counts of once at least.
    const reached = tally.data.counts.map(([label]) => label);
    expect(reached).toEqual(expect.arrayContaining([...(DEEP[name] ?? [])]));
  });

  test('are the same cases each time', () => {
    const [first, again] = [new Tally(), new Tally()];
    for (const tally of [first, again]) run(sessionTarget(), 60, tally);
    expect(again.data).toEqual(first.data);
  });
});

describe('what is broken is found', () => {
  const broken: readonly (readonly [string, Aead])[] = [
    ['does not look at tags', { ...nativeAead, open: openBlindly }],
    ['leaves the end of a message out', { ...nativeAead, open: openShort }],
    ['forgets additional data', {
      seal: (key, nonce, _, parts) => nativeAead.seal(key, nonce, new Uint8Array(0), parts),
      open: (key, nonce, _, sealed) => nativeAead.open(key, nonce, new Uint8Array(0), sealed),
    }],
    ['writes beside its bytes', { ...nativeAead, open: openBeside }],
  ];

  test.each(broken)('an AEAD that %s', (_, aead) => {
    for (const target of [aeadTarget(aead), sessionTarget([aead])]) {
      const failure = run(target, 400);
      expect(failure?.kind).toBe('difference');
      // The seed alone finds it again.
      const again = runCase(target, failure!.seed, new Tally());
      expect(again?.message).toBe(failure!.message);
    }
  });
});

function openBlindly(...[key, nonce, aad, sealed]: Parameters<Aead['open']>): Uint8Array | undefined {
  const message = sealed.slice(0, Math.max(0, sealed.length - 16));
  return nativeAead.open(key, nonce, aad, sealed.slice()) ?? message;
}

function openShort(...[key, nonce, aad, sealed]: Parameters<Aead['open']>): Uint8Array | undefined {
  const opened = nativeAead.open(key, nonce, aad, sealed);
  return opened !== undefined && opened.length > 1_000 ? opened.subarray(0, -1) : opened;
}

function openBeside(...[key, nonce, aad, sealed]: Parameters<Aead['open']>): Uint8Array | undefined {
  const opened = nativeAead.open(key, nonce, aad, sealed);
  new Uint8Array(sealed.buffer).fill(0, sealed.byteOffset + sealed.length);
  return opened;
}
