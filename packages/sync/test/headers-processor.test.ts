import { beforeEach, describe, expect, test } from '@jest/globals';
import type { HeaderTree } from '@btcp2p/consensus';
import { PeerIds, SeededRng, type Time } from '@btcp2p/machine';
import { toHex } from '@btcp2p/wire';
import { HeaderBatch } from '../src/header-batch.ts';
import { HeadersProcessor, type HeadersOutcome } from '../src/headers-processor.ts';
import {
  addAll, fastSha256d, genesis, headersOf, mineHeaders, newTree, params, withoutWork, type Mined,
} from './support/chain.ts';

const FULL = 100;
const ids = new PeerIds();
const [alice, bob] = [ids.next(), ids.next()];
const chain = mineHeaders(genesis, 1_000);
const now: Time = { instant: 0, unix: genesis.header.time + 10_000 };

let headers: HeaderTree;
let processor: HeadersProcessor;

beforeEach(() => {
  headers = newTree();
  processor = new HeadersProcessor({
    params: { ...params, headersSync: { commitmentPeriod: 7, redownloadBufferSize: 50 } },
    headers, rng: new SeededRng(1n), sha256d: fastSha256d, maxHeadersResult: FULL,
  });
});

function process(
  mined: readonly Mined[],
  { id = alice, work = 0n, trusted = false, at = now } = {},
): HeadersOutcome {
  const batch = HeaderBatch.of(headersOf(mined), fastSha256d);
  return processor.process(id, batch, { tip: headers.anchor, workThreshold: work, trusted }, at);
}

/** The outcome, which must be of that type. */
function expectType<T extends HeadersOutcome['type']>(
  outcome: HeadersOutcome,
  type: T,
): HeadersOutcome & { type: T } {
  expect(outcome.type).toBe(type);
  return outcome as HeadersOutcome & { type: T };
}

describe('judging a message', () => {
  test('headers that connect are kept, and those that are known are not new', () => {
    expect(process(chain.slice(0, 50))).toMatchObject({ type: 'accepted', isNew: true, full: false });
    expect(headers.size).toBe(51);
    const again = process(chain.slice(0, 60));
    expect(again).toMatchObject({ type: 'accepted', last: headers.best, isNew: true });
    expect(expectType(again, 'accepted').added).toHaveLength(10);
    expect(process(chain.slice(40, 60))).toMatchObject({ type: 'accepted', added: [], isNew: false });
  });

  test('a full message asks for more, from its end', () => {
    const outcome = process(chain.slice(0, FULL));
    expect(outcome).toMatchObject({ type: 'accepted', full: true });
    expect(expectType(outcome, 'accepted').locator![0]).toEqual(chain[FULL - 1]!.hash);
    expect(process(chain.slice(FULL, 2 * FULL - 1))).toMatchObject({ locator: undefined });
  });

  test('nothing is kept of a message of which one header lacks its work', () => {
    const bad = [...chain.slice(0, 20), withoutWork(chain[20]!)];
    const detail = 'header with invalid proof of work';
    expect(process(bad)).toEqual({ type: 'misbehaving', detail });
    expect(headers.size).toBe(1);
  });

  test('nor of one with a gap', () => {
    const gap = [...chain.slice(0, 20), ...chain.slice(21, 30)];
    expect(process(gap)).toEqual({ type: 'misbehaving', detail: 'non-continuous headers sequence' });
    expect(headers.size).toBe(1);
  });

  test('headers that do not connect are told by their last one', () => {
    expect(process(chain.slice(5, 9))).toEqual({ type: 'unconnecting', lastHash: chain[8]!.hash });
  });

  test('those before an invalid one are kept', () => {
    const old = mineHeaders(chain[19]!, 1, { time: genesis.header.time });
    const outcome = process([...chain.slice(0, 20), ...old]);
    expect(outcome).toMatchObject({ type: 'invalid', reason: 'time-too-old' });
    expect(expectType(outcome, 'invalid').added).toHaveLength(20);
    expect(expectType(outcome, 'invalid').detail).toContain('time-too-old, ');
  });

  test('what builds on a block that was found invalid is refused', () => {
    process(chain.slice(0, 20));
    headers.markInvalid(headers.find(chain[10]!.hash)!);
    expect(process(chain.slice(20, 22))).toMatchObject({ type: 'invalid', reason: 'bad-prevblk' });
    expect(process(chain.slice(10, 12))).toMatchObject({ type: 'invalid', reason: 'duplicate-invalid' });
  });

  test('an empty message is just that', () => {
    expect(process([])).toEqual({ type: 'empty' });
  });
});

describe('chains of low work', () => {
  /** Enough work for the first 500 headers and genesis. */
  const work = 2n * 501n;

  test('are ignored if they end', () => {
    expect(process(chain.slice(0, 99), { work })).toEqual({ type: 'low-work', height: 99 });
    expect([headers.size, processor.lowWorkSyncs]).toEqual([1, 0]);
  });

  test('are kept from a trusted peer', () => {
    expect(process(chain.slice(0, 99), { work, trusted: true })).toMatchObject({ type: 'accepted' });
  });

  test('are let through if known already', () => {
    addAll(headers, chain.slice(0, 99));
    expect(process(chain.slice(50, 99), { work })).toMatchObject({ type: 'accepted', added: [] });
    // A known branch that is not the best counts for nothing.
    const branch = mineHeaders(genesis, 9, { salt: 1 });
    addAll(headers, branch);
    expect(process(branch, { work })).toEqual({ type: 'low-work', height: 9 });
  });

  test('are downloaded twice, and then kept', () => {
    const outcomes: string[] = [];
    let locator: readonly Uint8Array[] | undefined = headers.locator(headers.best);
    const heights = new Map([genesis, ...chain].map(({ hash, height }) => [toHex(hash), height]));
    while (locator !== undefined) {
      const from = heights.get(toHex(locator[0]!))!;
      const outcome = process(chain.slice(from, from + FULL), { work });
      outcomes.push(`${outcome.type} ${headers.size - 1}`);
      locator = 'locator' in outcome ? outcome.locator : undefined;
      // At the end of this chain of 1,000 the last message is full, and a peer answers with none.
      if (from + FULL >= chain.length) break;
    }
    expect(outcomes).toEqual([
      ...Array.from({ length: 5 }, () => 'presync 0'),
      'accepted 50', 'accepted 150', 'accepted 250', 'accepted 350', 'accepted 500',
      'accepted 600', 'accepted 700', 'accepted 800', 'accepted 900', 'accepted 1000',
    ]);
    expect([processor.lowWorkSyncs, processor.retainedBytes]).toEqual([0, 0]);
  });

  test('end with an empty message', () => {
    process(chain.slice(0, FULL), { work });
    expect(processor.lowWorkSync(alice)!.presyncHeight).toBe(FULL);
    process([]);
    expect(processor.lowWorkSync(alice)).toBeUndefined();
  });

  test('end with one that is not full', () => {
    process(chain.slice(0, FULL), { work });
    const next = chain.slice(FULL, FULL + 1);
    expect(process(next, { work })).toEqual({ type: 'presync', locator: undefined });
    expect(processor.lowWorkSyncs).toBe(0);
  });

  test('are one for each peer, and go with it', () => {
    process(chain.slice(0, FULL), { work });
    process(chain.slice(0, FULL), { work, id: bob });
    process(chain.slice(FULL, 2 * FULL), { work, id: bob });
    expect(processor.lowWorkSyncs).toBe(2);
    expect(processor.lowWorkSync(bob)!.presyncHeight).toBe(2 * FULL);
    processor.removePeer(bob);
    expect(processor.lowWorkSyncs).toBe(1);
    processor.removePeer(alice);
    expect(processor.retainedBytes).toBe(0);
  });

  test('an announcement in between ends it, and is judged by itself', () => {
    process(chain.slice(0, FULL), { work });
    expect(process(chain.slice(900, 901), { work })).toEqual({
      type: 'unconnecting', lastHash: chain[900]!.hash,
    });
    expect(processor.lowWorkSyncs).toBe(0);
  });

  test('a claim of work without the work is found out before anything is kept', () => {
    // One header that claims more than the threshold, at the end of worthless ones.
    const { header } = chain[20]!;
    const claim = { ...chain[20]!, header: { ...header, bits: 0x1d00ffff } };
    expect(process([...chain.slice(0, 20), claim], { work })).toMatchObject({ type: 'misbehaving' });
    expect(headers.size).toBe(1);
  });

  test('liars cost a bounded amount of memory each, however long they go on', () => {
    const endless = mineHeaders(genesis, 12_000);
    let retained = 0;
    for (let at = 0; at < endless.length; at += FULL) {
      process(endless.slice(at, at + FULL), { work: 1n << 60n });
      retained = Math.max(retained, processor.retainedBytes);
    }
    // 12,000 headers at 1 bit in 7: 215 bytes, of one chunk of 1 KiB.
    expect(retained).toBe(1_024);
    expect(headers.size).toBe(1);
  });
});
