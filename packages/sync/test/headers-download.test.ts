import { beforeEach, describe, expect, test } from '@jest/globals';
import { MINUTE, PeerIds, type Time } from '@btcp2p/machine';
import {
  HEADERS_DOWNLOAD_TIMEOUT_BASE, HEADERS_RESPONSE_TIME, HeadersDownload,
} from '../src/headers-download.ts';

const DAY = 24 * 60 * 60;
const ids = new PeerIds();
const [alice, bob] = [ids.next(), ids.next()];
const UNIX = 1_700_000_000;
const at = (instant: number): Time => ({ instant, unix: UNIX });
const OLD = UNIX - 2 * DAY;
const RECENT = UNIX - DAY + 1;

let download: HeadersDownload;

beforeEach(() => {
  download = new HeadersDownload(600);
  download.addPeer(alice);
  download.addPeer(bob);
});

describe('who is asked', () => {
  test('one peer only, while the best header is old', () => {
    expect(download.mayStart(alice, true, OLD, at(0))).toBe(true);
    expect(download.mayStart(alice, false, OLD, at(0))).toBe(false);
    download.start(alice, OLD, at(0));
    expect(download.mayStart(bob, true, OLD, at(0))).toBe(false);
    expect(download.mayStart(bob, false, RECENT, at(0))).toBe(true);
    expect(download.mayStart(bob, true, UNIX - DAY, at(0))).toBe(false);
    expect(download.mayStart(alice, true, RECENT, at(0))).toBe(false);
    expect(download.syncing).toBe(1);
  });

  test('the next, when that one goes or is taken out', () => {
    download.start(alice, OLD, at(0));
    download.stop(alice);
    expect(download.isStarted(alice)).toBe(false);
    download.stop(alice);
    download.start(bob, OLD, at(0));
    download.removePeer(bob);
    expect([download.syncing, download.mayStart(alice, true, OLD, at(0))]).toEqual([0, true]);
  });

  test('not again before it has answered, or two minutes have passed', () => {
    expect([download.mayAsk(alice, at(0)), download.mayAskAt(alice)]).toEqual([true, undefined]);
    download.asked(alice, at(5));
    expect(download.mayAsk(alice, at(5 + HEADERS_RESPONSE_TIME - 1))).toBe(false);
    expect(download.mayAskAt(alice)).toBe(5 + HEADERS_RESPONSE_TIME);
    expect(download.mayAsk(alice, at(5 + HEADERS_RESPONSE_TIME))).toBe(true);
    expect(download.mayAsk(bob, at(6))).toBe(true);
    download.answered(alice);
    expect(download.mayAsk(alice, at(6))).toBe(true);
  });

  test('who announces an unknown block: once for a peer, once for a block', () => {
    const [x, y, z] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [
      Uint8Array, Uint8Array, Uint8Array,
    ];
    const carol = ids.next();
    download.addPeer(carol);
    download.start(carol, OLD, at(0));
    expect(download.isInventoryWorthAsking(carol, x)).toBe(true);
    expect(download.isInventoryWorthAsking(alice, x)).toBe(true);
    expect(download.isInventoryWorthAsking(bob, x)).toBe(false);
    expect(download.isInventoryWorthAsking(alice, y)).toBe(false);
    expect(download.isInventoryWorthAsking(bob, y)).toBe(true);
    expect(download.isInventoryWorthAsking(bob, z)).toBe(false);
    expect(download.isInventoryWorthAsking(carol, z)).toBe(true);
  });
});

describe('how long a sync may take', () => {
  test('15 minutes, and 1 ms for each header that is to be expected', () => {
    download.start(alice, UNIX - 600_000, at(1_000));
    expect(download.due(alice)).toBe(1_000 + HEADERS_DOWNLOAD_TIMEOUT_BASE + 1_000);
    expect(HEADERS_DOWNLOAD_TIMEOUT_BASE).toBe(15 * MINUTE);
  });

  test('without limit if others are at it too, or once we have caught up', () => {
    download.start(alice, OLD, at(0));
    download.start(bob, RECENT, at(0));
    expect(download.due(alice)).toBeUndefined();
    download.removePeer(bob);
    expect(download.due(alice)).toBeGreaterThan(0);
    download.caughtUp(alice);
    expect(download.due(alice)).toBeUndefined();
    expect(download.isStarted(alice)).toBe(true);
  });
});

test('an unknown peer is a mistake of the caller', () => {
  expect(() => download.isStarted(ids.next())).toThrow('no peer');
});
