import { beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import { MINUTE, PeerIds, type PeerId, type Time } from '@btcp2p/machine';
import {
  BLOCK_DOWNLOAD_WINDOW, BlockDownload, MAX_BLOCKS_IN_TRANSIT_PER_PEER,
} from '../src/block-download.ts';
import type { BlockStatus } from '../src/ports.ts';
import { addAll, genesis, mineHeaders, newTree, params } from './support/chain.ts';

const FULL_NODE = 1n | 8n;
const main = mineHeaders(genesis, 1_700);
const branch = mineHeaders(main[999]!, 500, { salt: 1 });
const at = (instant: number): Time => ({ instant, unix: 0 });

/** Blocks that a test says are stored, and a tip that it sets. */
class Stored implements BlockStatus {
  readonly has = new Set<HeaderEntry>([0]);
  tipEntry: HeaderEntry = 0;
  hasBlock(entry: HeaderEntry): boolean {
    return this.has.has(entry);
  }
  tip(): HeaderEntry {
    return this.tipEntry;
  }
}

let ids: PeerIds;
let headers: HeaderTree;
let mainTip: HeaderEntry;
let branchTip: HeaderEntry;
let stored: Stored;
let download: BlockDownload;

beforeEach(() => {
  ids = new PeerIds();
  headers = newTree();
  mainTip = addAll(headers, main);
  branchTip = addAll(headers, branch);
  stored = new Stored();
  download = new BlockDownload({ params, headers, blocks: stored });
});

function newPeer(services = FULL_NODE): PeerId {
  const id = ids.next();
  download.addPeer(id, { services });
  return id;
}

const entryAt = (height: number, chain = mainTip): HeaderEntry => headers.ancestor(chain, height);
const heights = (entries: readonly HeaderEntry[]): number[] => entries.map((e) => headers.height(e));
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Requests what is next, as much as may be. */
function request(id: PeerId, best = mainTip, time = at(0)): number[] {
  const { wanted } = download.findNext(id, best, stored.tipEntry, download.capacity(id));
  for (const entry of wanted) download.requested(id, entry, time);
  return heights(wanted);
}

function store(from: number, to: number, chain = mainTip): void {
  for (let height = from; height <= to; height++) stored.has.add(entryAt(height, chain));
}

describe('the window', () => {
  test('16 blocks from each of several peers, in order', () => {
    const [a, b] = [newPeer(), newPeer()];
    expect(request(a)).toEqual(range(1, 16));
    expect(request(a)).toEqual([]);
    expect(request(b)).toEqual(range(17, 32));
    expect(download.inFlight).toBe(32);
    expect(heights(download.inFlightFrom(b))).toEqual(range(17, 32));
  });

  test('is not moved by asking: what is found is wanted until it is requested', () => {
    const a = newPeer();
    expect(heights(download.findNext(a, mainTip, 0, 5).wanted)).toEqual(range(1, 5));
    expect(heights(download.findNext(a, mainTip, 0, 7).wanted)).toEqual(range(1, 7));
  });

  test('ends 1,024 above the last common block', () => {
    const a = newPeer();
    store(2, 1_010);
    expect(request(a)).toEqual([1, ...range(1_011, 1_024)]);
    stored.has.add(entryAt(1));
    expect(request(a)).toEqual([1_025]);
    expect(download.lastCommon(a)).toBe(entryAt(1_010));
  });

  test('starts at the fork when the tip is on another branch', () => {
    const a = newPeer();
    store(1, 1_700);
    stored.tipEntry = mainTip;
    expect(request(a, branchTip)).toEqual(range(1_001, 1_016));
    expect(heights([download.lastCommon(a)!])).toEqual([1_000]);
  });

  test('a stored block above a missing one is passed over, and counts once that one is there', () => {
    const a = newPeer();
    store(2, 5);
    expect(request(a)[1]).toBe(6);
    expect(download.lastCommon(a)).toBe(0);
    download.received(a, entryAt(1), at(0));
    stored.has.add(entryAt(1));
    download.stored(entryAt(1), at(0));
    request(a);
    expect(download.lastCommon(a)).toBe(entryAt(5));
  });

  test('nothing is fetched above an invalid block', () => {
    const a = newPeer();
    headers.markInvalid(entryAt(4));
    expect(request(a)).toEqual([1, 2, 3]);
  });

  test('a limited peer gives its last 286 blocks', () => {
    const a = newPeer(1_024n | 8n);
    expect(request(a)).toEqual([]);
    store(1, 1_000);
    expect(request(a)[0]).toBe(1_700 - 285);
  });

  test('a peer without witnesses gives blocks before segwit', () => {
    const old = { ...params, segwitHeight: 5 };
    download = new BlockDownload({ params: old, headers, blocks: stored });
    expect(request(newPeer(1n))).toEqual([1, 2, 3, 4]);
    expect(request(newPeer())).toEqual(range(5, 20));
  });
});

describe('a block that came', () => {
  test('counts against its peer until the owner has answered', () => {
    const a = newPeer();
    request(a);
    download.received(a, entryAt(1), at(0));
    download.given(a, entryAt(1));
    expect([download.capacity(a), download.inFlight, download.handedOut]).toEqual([0, 15, 1]);
    expect(download.isHere(entryAt(1))).toBe(true);
    stored.has.add(entryAt(1));
    download.stored(entryAt(1), at(0));
    expect([download.capacity(a), download.handedOut]).toEqual([1, 0]);
    expect(request(a)).toEqual([17]);
  });

  test('and was refused, is wanted again', () => {
    const [a, b] = [newPeer(), newPeer()];
    request(a);
    request(b);
    download.received(a, entryAt(3), at(0));
    download.given(a, entryAt(3));
    expect(download.giver(entryAt(3))).toBe(a);
    download.refused(entryAt(3));
    expect(request(a)).toEqual([3]);
  });

  test('from another peer, is still to come from the first until it is stored', () => {
    const [a, b] = [newPeer(), newPeer()];
    request(a);
    download.received(b, entryAt(1), at(0));
    download.given(b, entryAt(1));
    expect(download.isRequested(entryAt(1))).toBe(true);
    expect(download.capacity(b)).toBe(15);
    stored.has.add(entryAt(1));
    download.stored(entryAt(1), at(0));
    expect(download.isRequested(entryAt(1))).toBe(false);
    expect(download.capacity(a)).toBe(1);
  });
});

describe('a block that does not come', () => {
  test('is free for others when its peer goes', () => {
    const [a, b, c] = [newPeer(), newPeer(), newPeer()];
    request(a);
    request(b);
    expect(request(c)).toEqual(range(33, 48));
    download.removePeer(a);
    expect(download.inFlight).toBe(32);
    for (const height of range(17, 20)) {
      download.received(b, entryAt(height), at(0));
      download.given(b, entryAt(height));
      stored.has.add(entryAt(height));
      download.stored(entryAt(height), at(0));
    }
    expect(request(b)).toEqual([1, 2, 3, 4]);
  });

  test('or when its peer says so', () => {
    const [a, b] = [newPeer(), newPeer()];
    request(a);
    expect(download.notFound(b, entryAt(5), at(0))).toBe(false);
    expect(download.notFound(a, entryAt(5), at(0))).toBe(true);
    expect(request(b)[0]).toBe(5);
  });

  test('times out after one spacing and a half for each other peer', () => {
    const [a, b, c] = [newPeer(), newPeer(), newPeer()];
    request(a, mainTip, at(7));
    expect(download.due(a)).toBe(7 + 10 * MINUTE);
    request(b, mainTip, at(8));
    request(c, mainTip, at(8));
    expect(download.due(a)).toBe(7 + 20 * MINUTE);
    expect(download.timedOut(a, at(6 + 20 * MINUTE))).toBeUndefined();
    expect(download.timedOut(a, at(7 + 20 * MINUTE))).toBe('block-timeout');
    download.removePeer(c);
    expect(download.due(a)).toBe(7 + 15 * MINUTE);
  });

  test('has its time from when it is the first in line', () => {
    const a = newPeer();
    request(a, mainTip, at(0));
    download.received(a, entryAt(5), at(100));
    expect(download.due(a)).toBe(10 * MINUTE);
    download.received(a, entryAt(1), at(200));
    expect(download.due(a)).toBe(200 + 10 * MINUTE);
  });
});

describe('stalling', () => {
  /** Peer a is to send block 1, and all others of the window are there. */
  function stall(): [PeerId, PeerId] {
    const [a, b] = [newPeer(), newPeer()];
    request(a);
    for (const height of range(2, 16)) download.received(a, entryAt(height), at(0));
    store(2, 1_024);
    return [a, b];
  }

  test('is when the window waits for one peer, and another could go on behind it', () => {
    const [a, b] = stall();
    expect(download.findNext(b, mainTip, 0, 16)).toEqual({ wanted: [], staller: a });
    expect(download.stalls(a, at(10))).toBe(true);
    expect(download.stalls(a, at(500))).toBe(false);
    expect(download.timedOut(a, at(2_009))).toBeUndefined();
    expect(download.due(a)).toBe(2_010);
    expect(download.timedOut(a, at(2_010))).toBe('stalling');
  });

  test('is not when there is nothing behind the window', () => {
    const [, b] = stall();
    expect(download.findNext(b, entryAt(1_024), 0, 16)).toEqual({ wanted: [], staller: undefined });
    expect(download.findNext(b, entryAt(1_025), 0, 16).staller).toBeDefined();
  });

  test('is not seen from the peer itself', () => {
    const [a] = stall();
    expect(download.findNext(a, mainTip, 0, 15).staller).toBeUndefined();
  });

  test('is not when the window waits for our disk', () => {
    const [a, b] = stall();
    download.received(a, entryAt(1), at(0));
    download.given(a, entryAt(1));
    expect(download.findNext(b, mainTip, 0, 16)).toEqual({ wanted: [], staller: undefined });
  });

  test('ends with any block of that peer', () => {
    const [a, b] = stall();
    download.stalls(a, at(10));
    stored.has.delete(entryAt(9));
    download.requested(a, entryAt(9), at(10));
    download.received(a, entryAt(9), at(20));
    expect(download.timedOut(a, at(5_000))).toBeUndefined();
    stored.has.add(entryAt(9));
    expect(download.findNext(b, mainTip, 0, 16).staller).toBe(a);
  });

  test('gets more time for the next, and less again as blocks are connected', () => {
    const [a] = stall();
    download.stalls(a, at(0));
    download.droppedStaller();
    expect(download.stallingTimeout).toBe(4_000);
    expect(download.timedOut(a, at(3_999))).toBeUndefined();
    const changes = [1, 2, 3].map(() => download.connected());
    expect(changes).toEqual([true, true, false]);
    expect(download.stallingTimeout).toBe(2_000);
  });
});

describe('mistakes of the caller', () => {
  test('a block is asked of one peer at a time', () => {
    const [a, b] = [newPeer(), newPeer()];
    download.requested(a, 5, at(0));
    expect(() => download.requested(b, 5, at(0))).toThrow('one peer');
  });

  test('what is left over is found', () => {
    const a = newPeer();
    expect(() => download.checkIsEmpty()).toThrow('left over');
    request(a);
    download.removePeer(a);
    download.checkIsEmpty();
  });
});

// The whole window walked each time, by the rules of Core's FindNextBlocks (net_processing.cpp),
// as the reference for what this does with a memory of where it has been.
describe('against a search without memory', () => {
  interface Reference {
    readonly wanted: HeaderEntry[];
    readonly staller: PeerId | undefined;
  }

  const inFlight = new Map<HeaderEntry, PeerId>();
  const handedOut = new Set<HeaderEntry>();
  const common = new Map<PeerId, HeaderEntry>();

  function search(id: PeerId, best: HeaderEntry, count: number, limited: boolean): Reference {
    const fork = headers.lastCommonAncestor(best, stored.tipEntry);
    let last = common.get(id);
    const isBelow = last === undefined || headers.height(last) < headers.height(fork);
    if (last === undefined || isBelow || !headers.isAncestor(last, best)) last = fork;
    const top = headers.height(best);
    const path = (height: number): HeaderEntry => headers.ancestor(best, height);
    while (headers.height(last) < top) {
      const next = path(headers.height(last) + 1);
      if (!stored.has.has(next) || headers.isInvalid(next)) break;
      last = next;
    }
    common.set(id, last);
    const windowEnd = headers.height(last) + BLOCK_DOWNLOAD_WINDOW;
    const wanted: HeaderEntry[] = [];
    let waitingFor: PeerId | 'disk' | undefined;
    for (let height = headers.height(last) + 1; height <= Math.min(top, windowEnd + 1); height++) {
      const entry = path(height);
      if (headers.isInvalid(entry)) break;
      if (stored.has.has(entry)) continue;
      if (handedOut.has(entry)) {
        waitingFor ??= 'disk';
        continue;
      }
      const from = inFlight.get(entry);
      if (from !== undefined) {
        waitingFor ??= from;
        continue;
      }
      if (height > windowEnd) {
        const isOther = wanted.length === 0 && waitingFor !== id && waitingFor !== 'disk';
        return { wanted, staller: isOther ? (waitingFor as PeerId | undefined) : undefined };
      }
      if (limited && top - height >= 286) continue;
      wanted.push(entry);
      if (wanted.length === count) break;
    }
    return { wanted, staller: undefined };
  }

  type Op =
    | {
        readonly op: 'fetch' | 'leave' | 'lose' | 'announce';
        readonly peer: number;
        readonly pick: number;
      }
    | { readonly op: 'deliver'; readonly peer: number; readonly pick: number; readonly fate: number }
    | { readonly op: 'answer' | 'fill' | 'connect' | 'reorg' | 'invalidate'; readonly pick: number };

  const peer = fc.nat(4);
  const pick = fc.nat(10_000);
  const named = <T extends string>(...names: T[]): fc.Arbitrary<T> => fc.constantFrom(...names);
  const op: fc.Arbitrary<Op> = fc.oneof(
    { weight: 8, arbitrary: fc.record({ op: named('fetch'), peer, pick }) },
    { weight: 8, arbitrary: fc.record({ op: named('deliver'), peer, pick, fate: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ op: named('leave', 'lose'), peer, pick }) },
    { weight: 2, arbitrary: fc.record({ op: named('announce'), peer, pick }) },
    { weight: 4, arbitrary: fc.record({ op: named('answer', 'fill', 'connect'), pick }) },
    { weight: 1, arbitrary: fc.record({ op: named('reorg', 'invalidate'), pick }) },
  );

  test('finds the same, whatever happened before', () => {
    let stalls = 0;
    const run = (plan: readonly Op[]): void => {
      headers = newTree();
      mainTip = addAll(headers, main);
      branchTip = addAll(headers, branch);
      stored = new Stored();
      download = new BlockDownload({ params, headers, blocks: stored });
      for (const map of [inFlight, handedOut, common]) map.clear();
      const slots = range(0, 4).map((i) => ({ id: newPeer(i === 4 ? 1_032n : 9n), best: mainTip }));
      for (const step of plan) {
        stalls += apply(step, slots) ? 1 : 0;
        expect(download.inFlight).toBe(inFlight.size);
      }
      for (const { id } of slots) download.removePeer(id);
      for (const entry of handedOut) download.refused(entry);
      download.checkIsEmpty();
    };
    fc.assert(fc.property(fc.array(op, { minLength: 20, maxLength: 120 }), run), { numRuns: 150 });
    expect(stalls).toBeGreaterThan(0);
  });

  function apply(step: Op, slots: { id: PeerId; best: HeaderEntry }[]): boolean {
    if ('peer' in step) return applyToPeer(step, slots, step.peer);
    switch (step.op) {
      case 'answer': {
        const entry = [...handedOut][step.pick % Math.max(1, handedOut.size)];
        if (entry === undefined) break;
        handedOut.delete(entry);
        if (step.pick % 3 > 0) {
          stored.has.add(entry);
          inFlight.delete(entry);
          download.stored(entry, at(0));
        } else {
          download.refused(entry);
        }
        break;
      }
      case 'fill': {
        // Blocks get stored by other ways too: here, most of the window at a stroke.
        const from = headers.height(stored.tipEntry) + 2;
        const to = Math.min(from + (step.pick % 1_100), 1_700);
        for (let height = from; height <= to; height++) {
          const entry = entryAt(height);
          if (!inFlight.has(entry) && !handedOut.has(entry)) stored.has.add(entry);
        }
        break;
      }
      case 'connect': {
        const chain = headers.isAncestor(stored.tipEntry, mainTip) ? mainTip : branchTip;
        const top = headers.height(chain);
        for (let height = headers.height(stored.tipEntry) + 1; height <= top; height++) {
          const next = entryAt(height, chain);
          if (!stored.has.has(next) || headers.isInvalid(next)) break;
          stored.tipEntry = next;
        }
        break;
      }
      case 'reorg':
        if (headers.height(stored.tipEntry) <= 1_000) break;
        if (headers.isInvalid(entryAt(1_005, branchTip))) break;
        store(1_001, 1_005, branchTip);
        stored.tipEntry = entryAt(1_005, branchTip);
        break;
      case 'invalidate': {
        const height = headers.height(stored.tipEntry) + 1 + (step.pick % 600);
        if (step.pick % 5 === 0 && height <= 1_700) headers.markInvalid(entryAt(height));
      }
    }
    return false;
  }

  function applyToPeer(
    step: Op & { readonly peer: number },
    slots: { id: PeerId; best: HeaderEntry }[],
    index: number,
  ): boolean {
    const slot = slots[index]!;
    const mine = [...download.inFlightFrom(slot.id)];
    const entry = mine[step.pick % Math.max(1, mine.length)];
    switch (step.op) {
      case 'fetch': {
        const most = 1 + (step.pick % MAX_BLOCKS_IN_TRANSIT_PER_PEER);
        const count = Math.min(download.capacity(slot.id), most);
        if (count === 0) return false;
        const expected = search(slot.id, slot.best, count, index === 4);
        const found = download.findNext(slot.id, slot.best, stored.tipEntry, count);
        expect(found).toEqual(expected);
        expect(download.lastCommon(slot.id)).toBe(common.get(slot.id));
        for (const wanted of found.wanted) {
          download.requested(slot.id, wanted, at(0));
          inFlight.set(wanted, slot.id);
        }
        return found.staller !== undefined;
      }
      case 'deliver':
        if (entry === undefined) return false;
        inFlight.delete(entry);
        download.received(slot.id, entry, at(0));
        if (stored.has.has(entry) || handedOut.has(entry)) return false;
        download.given(slot.id, entry);
        handedOut.add(entry);
        if (step.fate > 0) apply({ op: 'answer', pick: 1 }, slots);
        return false;
      case 'lose':
        if (entry === undefined) return false;
        inFlight.delete(entry);
        download.notFound(slot.id, entry, at(0));
        return false;
      case 'leave':
        for (const lost of mine) inFlight.delete(lost);
        download.removePeer(slot.id);
        slot.id = newPeer(index === 4 ? 1_032n : 9n);
        return false;
      case 'announce': {
        const chain = step.pick % 3 === 0 ? branchTip : mainTip;
        const height = Math.min(headers.height(chain), 1 + (step.pick % 1_700));
        slot.best = headers.ancestor(chain, Math.max(height, headers.height(slot.best) % 1_000));
      }
    }
    return false;
  }
});

describe('blocks that prove a snapshot', () => {
  const target = (): HeaderEntry => entryAt(1_300);
  const next = (id: PeerId, best: HeaderEntry, tip: HeaderEntry, count = 16): number[] =>
    heights(download.findHistorical(id, best, { tip, target: target() }, count));

  test('from the last one that is connected, what is neither here nor on its way', () => {
    const a = newPeer();
    store(1, 12);
    stored.has.add(entryAt(15));
    download.requested(a, entryAt(13), at(0));
    expect(next(a, mainTip, entryAt(10), 4)).toEqual([14, 16, 17, 18]);
    expect(next(a, mainTip, entryAt(1_298))).toEqual([1_299, 1_300]);
    expect(next(a, mainTip, target())).toEqual([]);
    expect(next(a, mainTip, entryAt(10), 0)).toEqual([]);
  });

  test('within a window', () => {
    const a = newPeer();
    store(101, 100 + BLOCK_DOWNLOAD_WINDOW - 1);
    expect(next(a, mainTip, entryAt(100))).toEqual([100 + BLOCK_DOWNLOAD_WINDOW]);
  });

  test('from where the chains part, if the last one is of another', () => {
    // The branch goes off at height 1,000.
    expect(next(newPeer(), mainTip, entryAt(1_200, branchTip), 3)).toEqual([1_001, 1_002, 1_003]);
  });

  test('from nobody who has another chain, or only the last blocks, or no witnesses', () => {
    expect(next(newPeer(), branchTip, entryAt(10))).toEqual([]);
    expect(next(newPeer(), entryAt(1_299), entryAt(10))).toEqual([]);
    expect(next(newPeer(1_024n | 8n), mainTip, entryAt(10))).toEqual([]);
    expect(next(newPeer(1n), mainTip, entryAt(10))).toEqual([]);
  });
});
