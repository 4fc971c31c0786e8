import { beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import { MINUTE, PeerIds, type Time } from '@btcp2p/machine';
import { BlockAvailability } from '../src/block-availability.ts';
import { ChainPath } from '../src/chain-path.ts';
import { CHAIN_SYNC_TIMEOUT, ChainSyncEviction } from '../src/chain-sync-eviction.ts';
import { StallingTimeout } from '../src/stalling-timeout.ts';
import { canServeBlocks, isLimitedPeer, isOutbound, isPreferred } from '../src/sync-peer.ts';
import { addAll, genesis, mineHeaders, newTree } from './support/chain.ts';

const ids = new PeerIds();
const alice = ids.next();
const main = mineHeaders(genesis, 600);
const branch = mineHeaders(main[299]!, 200, { salt: 1 });
const at = (instant: number): Time => ({ instant, unix: 0 });

let headers: HeaderTree;
let tip: HeaderEntry;
let entryAt: (height: number) => HeaderEntry;

beforeEach(() => {
  headers = newTree();
  tip = addAll(headers, main);
  entryAt = (height) => headers.ancestor(tip, height);
});

describe('BlockAvailability', () => {
  let availability: BlockAvailability;
  beforeEach(() => {
    availability = new BlockAvailability(headers);
    availability.addPeer(alice);
  });

  test('the block of most work counts', () => {
    expect(availability.best(alice)).toBeUndefined();
    expect(availability.announce(alice, main[99]!.hash)).toBe(entryAt(100));
    availability.announce(alice, main[49]!.hash);
    expect(availability.best(alice)).toBe(entryAt(100));
  });

  test('of two with the same work, the later', () => {
    const other = addAll(headers, branch.slice(0, 1));
    availability.announce(alice, main[300]!.hash);
    availability.announce(alice, branch[0]!.hash);
    expect(availability.best(alice)).toBe(other);
  });

  test('an unknown block counts from when its header comes, the last one only', () => {
    expect(availability.announce(alice, branch[199]!.hash)).toBeUndefined();
    expect(availability.announce(alice, branch[150]!.hash)).toBeUndefined();
    expect(availability.best(alice)).toBeUndefined();
    const last = addAll(headers, branch);
    expect(availability.best(alice)).toBe(headers.ancestor(last, branch[150]!.height));
  });

  test('what a peer does not have after all, is forgotten with all above it', () => {
    availability.announce(alice, main[99]!.hash);
    availability.retract(alice, entryAt(200));
    expect(availability.best(alice)).toBe(entryAt(100));
    availability.retract(alice, entryAt(60));
    expect(availability.best(alice)).toBe(entryAt(59));
    availability.announce(alice, main[99]!.hash);
    expect(availability.best(alice)).toBe(entryAt(100));
  });
});

describe('ChainPath', () => {
  test('finds what the tree has, in whatever order it is asked', () => {
    const other = addAll(headers, branch);
    const path = new ChainPath(headers);
    const question = fc.tuple(fc.boolean(), fc.nat(600), fc.nat(500));
    fc.assert(
      fc.property(fc.array(question), (questions) => {
        for (const [onMain, lastHeight, height] of questions) {
          const chain = onMain ? tip : other;
          const last = headers.ancestor(chain, Math.min(lastHeight, headers.height(chain)));
          const wanted = Math.min(height, headers.height(last));
          expect(path.at(last, wanted)).toBe(headers.ancestor(last, wanted));
        }
      }),
    );
  });
});

describe('StallingTimeout', () => {
  test('doubles from 2 to 64 seconds, and comes down as blocks are connected', () => {
    const timeout = new StallingTimeout();
    const values = [timeout.value];
    for (let i = 0; i < 6; i++) {
      timeout.increase();
      values.push(timeout.value);
    }
    expect(values).toEqual([2, 4, 8, 16, 32, 64, 64].map((seconds) => 1_000 * seconds));
    const down: number[] = [];
    while (timeout.decrease()) down.push(timeout.value / 1_000);
    expect(down).toEqual([54, 45, 38, 32, 27, 22, 18, 15, 12, 10, 8, 6, 5, 4, 3, 2]);
  });
});

describe('ChainSyncEviction', () => {
  let eviction: ChainSyncEviction;
  beforeEach(() => {
    eviction = new ChainSyncEviction(headers);
    eviction.addPeer(alice);
  });

  test('a silent peer is asked after 20 minutes, and dropped after 2 more', () => {
    expect(eviction.consider(alice, undefined, tip, at(0))).toEqual({ type: 'keep' });
    expect(eviction.due(alice)).toBe(CHAIN_SYNC_TIMEOUT);
    expect(eviction.consider(alice, undefined, tip, at(CHAIN_SYNC_TIMEOUT - 1)).type).toBe('keep');
    const verdict = eviction.consider(alice, undefined, tip, at(CHAIN_SYNC_TIMEOUT));
    expect(verdict).toEqual({ type: 'ask', header: tip });
    expect(eviction.due(alice)).toBe(CHAIN_SYNC_TIMEOUT + 2 * MINUTE);
    expect(eviction.consider(alice, undefined, tip, at(CHAIN_SYNC_TIMEOUT + 1)).type).toBe('keep');
    const end = at(CHAIN_SYNC_TIMEOUT + 2 * MINUTE);
    expect(eviction.consider(alice, undefined, tip, end)).toEqual({ type: 'disconnect' });
  });

  test('one that catches up with our tip is left alone', () => {
    eviction.consider(alice, entryAt(10), tip, at(0));
    eviction.consider(alice, entryAt(10), tip, at(CHAIN_SYNC_TIMEOUT));
    eviction.consider(alice, tip, tip, at(CHAIN_SYNC_TIMEOUT + 1));
    expect(eviction.due(alice)).toBeUndefined();
    expect(eviction.consider(alice, tip, tip, at(1e9)).type).toBe('keep');
  });

  test('one that reaches what our tip was gets another 20 minutes, for what it is now', () => {
    eviction.consider(alice, entryAt(10), entryAt(100), at(0));
    eviction.consider(alice, entryAt(10), entryAt(200), at(CHAIN_SYNC_TIMEOUT));
    eviction.consider(alice, entryAt(100), entryAt(200), at(CHAIN_SYNC_TIMEOUT + 1));
    expect(eviction.due(alice)).toBe(2 * CHAIN_SYNC_TIMEOUT + 1);
    const verdict = eviction.consider(alice, entryAt(100), tip, at(2 * CHAIN_SYNC_TIMEOUT + 1));
    expect(verdict).toEqual({ type: 'ask', header: entryAt(200) });
  });

  test('four are exempt, and make room when they go', () => {
    const peers = Array.from({ length: 6 }, () => ids.next());
    for (const id of peers) eviction.addPeer(id);
    eviction.consider(peers[0]!, undefined, tip, at(0));
    expect(peers.map((id) => eviction.protect(id))).toEqual([true, true, true, true, false, false]);
    expect(eviction.protect(peers[0]!)).toBe(false);
    expect(eviction.due(peers[0]!)).toBeUndefined();
    expect(eviction.consider(peers[0]!, undefined, tip, at(1e9)).type).toBe('keep');
    eviction.removePeer(peers[1]!);
    expect(eviction.protect(peers[5]!)).toBe(true);
    expect(eviction.protectedPeers).toBe(4);
  });

  test('peers that are not subject to it are kept', () => {
    expect(eviction.consider(ids.next(), undefined, tip, at(1e9)).type).toBe('keep');
  });
});

describe('what services and connection types mean', () => {
  // BIP 159: NODE_NETWORK is bit 0, NODE_NETWORK_LIMITED bit 10, NODE_WITNESS bit 3.
  const [network, limited, none] = [9n, 1_032n, 8n];

  test('who has blocks', () => {
    const all = [network, limited, none, network | limited].map((services) => ({ services }));
    expect(all.map(canServeBlocks)).toEqual([true, true, false, true]);
    expect(all.map(isLimitedPeer)).toEqual([false, true, false, false]);
  });

  test('who is preferred', () => {
    const peer = { services: network, startHeight: 0 };
    expect(isPreferred({ ...peer, connectionType: 'inbound' })).toBe(false);
    expect(isPreferred({ ...peer, connectionType: 'inbound', noBan: true })).toBe(true);
    expect(isPreferred({ ...peer, connectionType: 'manual' })).toBe(true);
    expect(isPreferred({ ...peer, connectionType: 'addr-fetch' })).toBe(false);
    expect(isPreferred({ ...peer, services: none, connectionType: 'manual' })).toBe(false);
  });

  test('who can be evicted for its chain', () => {
    expect(isOutbound({ connectionType: 'outbound-full-relay' })).toBe(true);
    expect(isOutbound({ connectionType: 'block-relay-only' })).toBe(true);
    expect(isOutbound({ connectionType: 'manual' })).toBe(false);
    expect(isOutbound({ connectionType: 'inbound' })).toBe(false);
  });
});
