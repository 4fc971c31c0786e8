import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { describeWithData, headersFile } from '@btcp2p/testdata';
import { consensusParams, genesisAnchor, HeaderTree, type ConsensusParams } from '@btcp2p/consensus';
import { SeededRng } from '@btcp2p/machine';
import { mainnet } from '@btcp2p/wire';
import { HeaderBatch } from '../src/header-batch.ts';
import { HeadersSyncState } from '../src/headers-sync-state.ts';
import {
  fastSha256d,
  genesis,
  headersOf,
  mineHeaders,
  newTree,
  params,
  REGTEST_WORK,
} from './support/chain.ts';

// The scenarios and their numbers are those of Core test/headers_sync_chainwork_tests.cpp.
const TARGET_BLOCKS = 15_000;
const CHAIN_WORK = BigInt(TARGET_BLOCKS) * REGTEST_WORK;
const REDOWNLOAD_BUFFER_SIZE = TARGET_BLOCKS - (2_000 + 123);
const COMMITMENT_PERIOD = 600;

/** Genesis is part of the work, so that this just has enough. */
const first = batchOf(TARGET_BLOCKS - 1, 0);
/** And this just has not. */
const second = batchOf(TARGET_BLOCKS - 2, 1);

function batchOf(count: number, salt: number): HeaderBatch {
  return HeaderBatch.of(headersOf(mineHeaders(genesis, count, { salt })), fastSha256d);
}

interface Overrides {
  readonly headersSync?: ConsensusParams['headersSync'];
  readonly minimumRequiredWork?: bigint;
  readonly seed?: bigint;
  readonly now?: number;
}

function create(over: Overrides = {}): HeadersSyncState {
  const headersSync = over.headersSync ?? {
    commitmentPeriod: COMMITMENT_PERIOD,
    redownloadBufferSize: REDOWNLOAD_BUFFER_SIZE,
  };
  const headers = newTree();
  return new HeadersSyncState({
    params: { ...params, headersSync },
    headers,
    chainStart: headers.best,
    minimumRequiredWork: over.minimumRequiredWork ?? CHAIN_WORK,
    rng: new SeededRng(over.seed ?? 1n),
    now: over.now ?? genesis.header.time + 365 * 24 * 3_600,
    sha256d: fastSha256d,
  });
}

/** What a step made of the state, as the macro of Core's tests checks it. */
function step(state: HeadersSyncState, batch: HeaderBatch, full: boolean): object {
  const { success, requestMore, powValidatedHeaders } = state.processNextHeaders(batch, full);
  const count = powValidatedHeaders.length;
  return {
    phase: state.phase,
    success,
    requestMore,
    count,
    ...(count > 0 && { after: powValidatedHeaders.prevHash(0).slice() }),
    ...(state.phase !== 'final' && { locator: state.nextLocator()[0] }),
  };
}

describe("Core's scenarios", () => {
  test('another chain in the second phase is found out', () => {
    const state = create();
    expect(step(state, first.slice(0, 1), true)).toEqual({
      phase: 'presync', success: true, requestMore: true, count: 0, locator: first.hash(0),
    });
    expect(state.presyncHeight).toBe(1);
    expect(step(state, first.slice(1), true)).toEqual({
      phase: 'redownload', success: true, requestMore: true, count: 0, locator: genesis.hash,
    });
    expect(step(state, second, true)).toEqual({
      phase: 'final', success: false, requestMore: false, count: 0,
    });
  });

  test.each([false, true])('the same chain twice (last messages full: %p)', (full) => {
    const state = create();
    expect(step(state, first, full)).toEqual({
      phase: 'redownload', success: true, requestMore: true, count: 0, locator: genesis.hash,
    });
    const size = REDOWNLOAD_BUFFER_SIZE;
    expect(step(state, first.slice(0, size), true)).toEqual({
      phase: 'redownload', success: true, requestMore: true, count: 0, locator: first.hash(size - 1),
    });
    expect(step(state, first.slice(size, size + 1), true)).toEqual({
      phase: 'redownload', success: true, requestMore: true, count: 1,
      after: genesis.hash, locator: first.hash(size),
    });
    expect(step(state, first.slice(size + 1), full)).toEqual({
      phase: 'final', success: true, requestMore: false, count: first.length - 1,
      after: first.hash(0),
    });
    expect(state.retainedBytes).toBe(0);
  });

  test('too little work ends without headers, and without blame', () => {
    const state = create();
    expect(step(state, second.slice(0, 1), true)).toEqual({
      phase: 'presync', success: true, requestMore: true, count: 0, locator: second.hash(0),
    });
    expect(step(state, second.slice(1), false)).toEqual({
      phase: 'final', success: true, requestMore: false, count: 0,
    });
  });
});

describe('presync', () => {
  test('tells height, time and work', () => {
    const state = create();
    state.processNextHeaders(first.slice(0, 2_000), true);
    expect(state.presyncHeight).toBe(2_000);
    expect(state.presyncTime).toBe(first.time(1_999));
    expect(state.presyncWork).toBe(2_001n * REGTEST_WORK);
  });

  test('headers that do not follow end it', () => {
    const state = create();
    state.processNextHeaders(first.slice(0, 2_000), true);
    const gap = first.slice(2_001, 4_000);
    expect(step(state, gap, true)).toMatchObject({ phase: 'final', success: false });
    expect(() => state.processNextHeaders(first, true)).toThrow('over');
    expect(() => state.nextLocator()).toThrow('over');
  });

  test('more commitments than the longest chain could need end it', () => {
    // One second after genesis plus the two hours that clocks may be off: 6 x 7,201 blocks.
    const headersSync = { commitmentPeriod: 10, redownloadBufferSize: 100 };
    const now = genesis.header.time + 1;
    const minimumRequiredWork = 1n << 64n;
    const max = Math.floor((6 * 7_201) / 10);
    const state = create({ headersSync, now, minimumRequiredWork });
    const bound = state.maxRetainedBytes(2_000);
    let height = 0;
    let retained = 0;
    // An endless chain, which costs the peer next to nothing.
    for (let parent = genesis; state.phase === 'presync'; ) {
      const run = mineHeaders(parent, 2_000);
      state.processNextHeaders(HeaderBatch.of(headersOf(run), fastSha256d), true);
      retained = Math.max(retained, state.retainedBytes);
      height += run.length;
      parent = { ...genesis, ...run.at(-1)! };
    }
    expect(Math.abs(height - 10 * max)).toBeLessThan(2_000 + 10);
    expect(retained).toBeGreaterThan(max / 8 - 1_024);
    expect(retained).toBeLessThanOrEqual(bound);
    expect(state.retainedBytes).toBe(0);
  });

  test('starts from any known header', () => {
    const headers = newTree();
    for (let i = 0; i < 100; i++) headers.add(first.header(i), 0xffff_ffff);
    const state = new HeadersSyncState({
      params, headers, chainStart: headers.best, minimumRequiredWork: CHAIN_WORK,
      rng: new SeededRng(3n), now: genesis.header.time + 1e6, sha256d: fastSha256d,
    });
    expect(state.nextLocator()[0]).toEqual(first.hash(99));
    expect(step(state, first.slice(100), true)).toEqual({
      phase: 'redownload', success: true, requestMore: true, count: 0, locator: first.hash(99),
    });
    expect(state.nextLocator().at(-1)).toEqual(genesis.hash);
  });
});

describe('redownload', () => {
  test('a gap ends it', () => {
    const state = create();
    state.processNextHeaders(first, true);
    state.processNextHeaders(first.slice(0, 2_000), true);
    expect(step(state, first.slice(2_001), true)).toMatchObject({ phase: 'final', success: false });
  });

  test('a message that is not full ends it, and what was released stays good', () => {
    const state = create();
    state.processNextHeaders(first, true);
    expect(step(state, first.slice(0, REDOWNLOAD_BUFFER_SIZE + 5), false)).toMatchObject({
      phase: 'final', success: true, requestMore: false, count: 5,
    });
  });

  test('gives back the very headers, and hashes, whatever the sizes of the messages', () => {
    const chain = first.slice(0, 600);
    const headersSync = { commitmentPeriod: 7, redownloadBufferSize: 150 };
    const size = fc.integer({ min: 1, max: 200 });
    fc.assert(
      fc.property(fc.array(size, { minLength: 1 }), fc.nat(), (sizes, seed) => {
        const minimumRequiredWork = 601n * REGTEST_WORK;
        const state = create({ headersSync, minimumRequiredWork, seed: BigInt(seed) });
        let released = 0;
        for (let phase = 0; phase < 2; phase++) {
          for (let at = 0, turn = 0; at < chain.length; turn++) {
            const next = Math.min(at + sizes[turn % sizes.length]!, chain.length);
            const result = state.processNextHeaders(chain.slice(at, next), true);
            expect(result.success).toBe(true);
            for (let i = 0; i < result.powValidatedHeaders.length; i++, released++) {
              const { powValidatedHeaders: headers } = result;
              const isSame =
                Buffer.compare(headers.header(i), chain.header(released)) === 0 &&
                Buffer.compare(headers.hash(i), chain.hash(released)) === 0;
              if (!isSame) throw new Error(`header ${released} is another`);
            }
            at = next;
          }
        }
        expect(released).toBe(600);
        expect(state.phase).toBe('final');
      }),
      { numRuns: 30 },
    );
  });

  test('a switch to another chain gets nothing past the buffer, but by luck', () => {
    // 20 commitments are in the buffer: of 40 attempts with as many salts, none should come through.
    const headersSync = { commitmentPeriod: 25, redownloadBufferSize: 500 };
    const minimumRequiredWork = 2_001n * REGTEST_WORK;
    for (let seed = 0n; seed < 40n; seed++) {
      const state = create({ headersSync, minimumRequiredWork, seed });
      state.processNextHeaders(first.slice(0, 2_000), true);
      expect(state.phase).toBe('redownload');
      let released = 0;
      for (let at = 0; at < 2_000 && state.phase !== 'final'; at += 100) {
        const { powValidatedHeaders } = state.processNextHeaders(second.slice(at, at + 100), true);
        released += powValidatedHeaders.length;
      }
      expect([state.phase, released]).toEqual(['final', 0]);
    }
  });

  test('new headers above those that were committed to are welcome', () => {
    const headersSync = { commitmentPeriod: 5, redownloadBufferSize: 50 };
    const state = create({ headersSync, minimumRequiredWork: 101n * REGTEST_WORK });
    state.processNextHeaders(first.slice(0, 100), true);
    expect(step(state, first.slice(0, 300), false)).toMatchObject({
      phase: 'final', success: true, count: 300,
    });
  });
});

test('holds no more than it says, whatever the peer sends', () => {
  const headersSync = { commitmentPeriod: 3, redownloadBufferSize: 1_000 };
  const message = fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 2_000 }));
  fc.assert(
    fc.property(fc.array(message), fc.nat(), (plan, seed) => {
      const state = create({ headersSync, minimumRequiredWork: 6_000n, seed: BigInt(seed) });
      const bound = state.maxRetainedBytes(2_000);
      let at = 0;
      let phase = state.phase;
      for (const [honest, count] of plan) {
        if (state.phase === 'final') break;
        const batch = (honest ? first : second).slice(at, Math.min(at + count, second.length));
        if (batch.length === 0) break;
        state.processNextHeaders(batch, true);
        at = state.phase === phase ? at + batch.length : 0;
        phase = state.phase;
        expect(state.retainedBytes).toBeLessThanOrEqual(bound);
      }
    }),
    { numRuns: 30 },
  );
});

test('the bound for mainnet in November 2026 is about 1.5 MB', () => {
  const headers = new HeaderTree({
    params: consensusParams(mainnet), anchor: genesisAnchor(mainnet), sha256d: fastSha256d,
  });
  const state = new HeadersSyncState({
    params: consensusParams(mainnet), headers, chainStart: headers.best,
    minimumRequiredWork: 1n << 90n, rng: new SeededRng(1n), now: 1_795_300_000,
  });
  expect(state.maxRetainedBytes(2_000) / 1e6).toBeCloseTo(1.52, 1);
});

describeWithData('mainnet headers, whose difficulty is fixed within a period', () => {
  const batch = HeaderBatch.ofBytes(headersFile('mainnet_0-10236').subarray(80), fastSha256d);
  const mainParams = {
    ...consensusParams(mainnet),
    headersSync: { commitmentPeriod: 100, redownloadBufferSize: 3_000 },
  };
  const begin = (): HeadersSyncState => {
    const headers = new HeaderTree({
      params: mainParams, anchor: genesisAnchor(mainnet), sha256d: fastSha256d,
    });
    return new HeadersSyncState({
      params: mainParams, headers, chainStart: headers.best, sha256d: fastSha256d,
      minimumRequiredWork: 10_237n * 0x100010001n, rng: new SeededRng(7n), now: 1_800_000_000,
    });
  };

  test('10,236 of them pass both phases, 2,000 at a time', () => {
    const state = begin();
    let released = 0;
    for (const phase of ['presync', 'redownload']) {
      for (let at = 0; at < batch.length && state.phase === phase; at += 2_000) {
        const message = batch.slice(at, Math.min(at + 2_000, batch.length));
        const result = state.processNextHeaders(message, message.length === 2_000);
        expect(result.success).toBe(true);
        released += result.powValidatedHeaders.length;
      }
    }
    expect([state.phase, released]).toEqual(['final', 10_236]);
  });

  test('other bits within a period are refused, in either phase', () => {
    const altered = batchWithBits(batch.slice(0, 100), 50, 0x1c7fff80);
    expect(begin().processNextHeaders(altered, true).success).toBe(false);
    const state = begin();
    state.processNextHeaders(batch, true);
    expect(state.phase).toBe('redownload');
    expect(state.processNextHeaders(altered, true).success).toBe(false);
  });
});

/** Headers whose bits change at one of them, without work: nobody here checks that. */
function batchWithBits(batch: HeaderBatch, index: number, bits: number): HeaderBatch {
  const bytes = new Uint8Array(batch.length * 80);
  let previous = batch.prevHash(0);
  for (let i = 0; i < batch.length; i++) {
    const header = bytes.subarray(i * 80, (i + 1) * 80);
    header.set(batch.header(i));
    header.set(previous, 4);
    if (i === index) new DataView(header.buffer, header.byteOffset).setUint32(72, bits, true);
    previous = fastSha256d(header);
  }
  return HeaderBatch.ofBytes(bytes, fastSha256d);
}
