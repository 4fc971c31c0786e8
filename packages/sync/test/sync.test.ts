import { beforeEach, describe, expect, test } from '@jest/globals';
import { MINUTE, type PeerId } from '@btcp2p/machine';
import { blockHeaderBytes, BlockView, hashToHex, type MessageOf } from '@btcp2p/wire';
import { CHAIN_SYNC_TIMEOUT } from '../src/chain-sync-eviction.ts';
import { HEADERS_RESPONSE_TIME } from '../src/headers-download.ts';
import {
  addAll, genesis, headersOf, mineBlocks, mineHeaders, mutated, withoutWork, type Mined,
  type MinedBlock,
} from './support/chain.ts';
import { FULL_NODE, Owner } from './support/owner.ts';

const TEN_DAYS = 10 * 24 * 60 * 60;
const blocks = mineBlocks(genesis, 1_100, { time: genesis.header.time + TEN_DAYS });
const last = blocks.at(-1)!;
/** A moment at which that chain is up to date. */
const NOW = last.header.time + 60;
const hashes = (mined: readonly Mined[]): Uint8Array[] => mined.map(({ hash }) => hash);
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

let owner: Owner;

beforeEach(() => {
  owner = new Owner({ unix: NOW });
});

const sendHeaders = (id: PeerId, mined: readonly Mined[]): void =>
  owner.do((sync, now) => sync.handleHeaders(id, headersOf(mined), now));
const sendBlocks = (id: PeerId, mined: readonly MinedBlock[]): void => {
  for (const { block } of mined) owner.do((sync, now) => sync.handleBlock(id, block, now));
};
const announce = (id: PeerId, mined: readonly Mined[]): void =>
  owner.do((sync, now) => sync.handleBlockInventory(id, hashes(mined), now));

/** Answers all requests for blocks of a chain until there are none. */
function serve(id: PeerId, chain: readonly MinedBlock[]): void {
  for (;;) {
    const wanted = owner.takeRequests(id);
    if (wanted.length === 0) return;
    for (const height of wanted) sendBlocks(id, [chain[height - 1]!]);
  }
}

/** A node that is in step with the first blocks of the chain. */
function synced(height: number): Owner {
  owner = new Owner({ unix: blocks[height - 1]!.header.time + 60 });
  addAll(owner.headers, blocks.slice(0, height));
  for (const entry of range(1, height)) owner.store(entry, blocks[entry - 1]!.block);
  owner.do((sync, now) => sync.tipChanged(now));
  owner.takeLog();
  return owner;
}

describe('headers, then blocks, from one peer', () => {
  test('all the way', () => {
    const id = owner.connect();
    const ask = owner.takeOne(id, 'getheaders')!;
    expect(ask.payload.locator).toEqual([genesis.hash]);
    expect(ask.payload.hashStop).toEqual(new Uint8Array(32));
    expect(owner.log.filter(({ type }) => type === 'notice')).toEqual([
      {
        type: 'notice', code: 'initial-getheaders', peer: id,
        detail: `initial getheaders (0) to peer=${id} (startheight:0)`,
      },
    ]);
    expect(owner.sync.isInitialBlockDownload).toBe(true);
    sendHeaders(id, blocks);
    expect(owner.takeLog('headers')).toEqual(['headers 1100']);
    const [sendheaders, getdata] = owner.sent.map(({ message }) => message);
    expect(sendheaders!.type).toBe('sendheaders');
    expect(getdata).toMatchObject({ type: 'getdata', payload: { inventory: { length: 16 } } });
    const { inventory } = (getdata as MessageOf<'getdata'>).payload;
    expect(inventory[0]).toEqual({ type: 'witness_block', hash: blocks[0]!.hash });
    expect(owner.sync.progress).toEqual({
      headers: 1_100, blocks: 0, presyncHeight: undefined, blocksInFlight: 16, headersSyncPeers: 1,
    });
    serve(id, blocks);
    expect(owner.height).toBe(1_100);
    expect(owner.sync.isInitialBlockDownload).toBe(false);
    expect(owner.takeLog('notice')).toContain(
      'initial-block-download-finished Leaving InitialBlockDownload',
    );
    const info = { bestKnownBlock: owner.tip(), blocksInFlight: [] };
    expect(owner.sync.peerInfo(id)).toMatchObject(info);
    owner.do((sync, now) => sync.removePeer(id, now));
    owner.sync.checkIsEmpty();
  });

  test('a full message asks for what follows, at once', () => {
    owner = new Owner({ unix: NOW, sync: { maxHeadersResult: 500 } });
    const id = owner.connect();
    owner.take(id);
    sendHeaders(id, blocks.slice(0, 500));
    expect(owner.takeOne(id, 'getheaders')!.payload.locator[0]).toEqual(blocks[499]!.hash);
    sendHeaders(id, blocks.slice(500, 1_000));
    expect(owner.takeOne(id, 'getheaders')!.payload.locator[0]).toEqual(blocks[999]!.hash);
    sendHeaders(id, blocks.slice(1_000));
    expect(owner.takeOne(id, 'getheaders')).toBeUndefined();
  });

  test('starts from the parent of the best header, so that the peer has something to send', () => {
    synced(50);
    const id = owner.connect();
    expect(owner.takeOne(id, 'getheaders')!.payload.locator[0]).toEqual(blocks[48]!.hash);
  });
});

// The steps of Core's functional test p2p_initial_headers_sync.py.
describe('initial headers sync', () => {
  const unknown = (byte: number): Mined[] => [{ ...genesis, hash: new Uint8Array(32).fill(byte) }];

  test('one peer, and one more for each announced block', () => {
    owner = new Owner({ unix: NOW + 48 * 3_600 });
    const ids = Array.from({ length: 3 }, () => owner.connect({ connectionType: 'inbound' }));
    const asked = (): number[] =>
      ids.map((id) => owner.take(id).filter(({ type }) => type === 'getheaders').length);
    expect(asked()).toEqual([1, 0, 0]);
    sendHeaders(ids[0]!, []);
    for (const id of ids) announce(id, unknown(1));
    expect(asked()).toEqual([1, 1, 0]);
    for (const id of ids.slice(0, 2)) sendHeaders(id, []);
    for (const id of ids) announce(id, unknown(2));
    expect(asked()).toEqual([1, 0, 1]);
  });

  test('a slow peer is dropped if there is a preferred one, which is asked next', () => {
    owner = new Owner({ unix: NOW + 48 * 3_600 });
    const slow = owner.connect({ connectionType: 'inbound' });
    owner.pass(60 * MINUTE);
    expect(owner.takeLog('disconnect')).toEqual([]);
    const other = owner.connect();
    owner.pass(1);
    expect(owner.takeLog('disconnect')).toEqual([`disconnect ${slow} headers-timeout`]);
    expect(owner.takeOne(other, 'getheaders')).toBeDefined();
  });

  test('in 15 minutes, and as many milliseconds as headers are missing', () => {
    owner = new Owner({ unix: genesis.header.time + 48 * 3_600 });
    owner.connect();
    owner.connect();
    // 48 hours are 288 target spacings.
    owner.pass(15 * MINUTE + 287);
    expect(owner.takeLog('disconnect')).toEqual([]);
    owner.pass(1);
    expect(owner.takeLog('disconnect')).toEqual(['disconnect 0 headers-timeout']);
  });

  test('a trusted one is not dropped, but loses its turn', () => {
    owner = new Owner({ unix: NOW + 48 * 3_600 });
    const slow = owner.connect({ connectionType: 'inbound', noBan: true });
    owner.connect();
    owner.take(slow);
    owner.pass(30 * MINUTE);
    expect(owner.takeLog('disconnect', 'notice')).toContain(
      'headers-timeout Timeout downloading headers from noban peer',
    );
    expect(owner.sent.map(({ message }) => message.type)).toContain('getheaders');
  });

  test('from all peers once the best header is less than a day old', () => {
    const [a, b] = [owner.connect(), owner.connect({ connectionType: 'inbound' })];
    owner.take(a);
    expect(owner.take(b)).toEqual([]);
    sendHeaders(a, blocks);
    expect(owner.take(b).map(({ type }) => type)).toEqual(['getheaders']);
    expect(owner.sync.progress.headersSyncPeers).toBe(2);
  });

  test('not from peers without blocks, nor from one-shot connections', () => {
    const ids = [
      owner.connect({ services: 8n }),
      owner.connect({ connectionType: 'addr-fetch' }),
      owner.connect({ services: 8n, connectionType: 'inbound' }),
    ];
    expect(ids.flatMap((id) => owner.take(id))).toEqual([]);
  });
});

describe('headers that are not as they should be', () => {
  test.each<[string, () => Mined[], string]>([
    ['without work', () => [withoutWork(blocks[0]!)], 'header with invalid proof of work'],
    ['with a gap', () => [blocks[0]!, blocks[2]!], 'non-continuous headers sequence'],
    ['too many', () => Array<Mined>(2_001).fill(blocks[0]!), 'headers message size = 2001'],
    [
      'too old', () => mineHeaders(genesis, 1, { time: genesis.header.time }),
      "time-too-old, block's timestamp is too early",
    ],
  ])('%s: the peer misbehaves', (_, headers, detail) => {
    const id = owner.connect();
    sendHeaders(id, headers());
    expect(owner.takeLog()).toEqual([`misbehaving ${id} ${detail}`]);
    expect(owner.headers.size).toBe(1);
  });

  test('too new: the peer is not to blame, and the ones before are kept', () => {
    const id = owner.connect();
    const early = mineHeaders(blocks[4]!, 1, { time: NOW + 7_300 });
    sendHeaders(id, [...blocks.slice(0, 5), ...early]);
    expect(owner.takeLog('misbehaving', 'headers')).toEqual(['headers 5']);
  });

  test('on an invalid block: the peer misbehaves; the known ones, only if we dialled it', () => {
    const [out, inbound] = [owner.connect(), owner.connect({ connectionType: 'inbound' })];
    sendHeaders(out, blocks.slice(0, 10));
    owner.headers.markInvalid(owner.headers.find(blocks[5]!.hash)!);
    owner.takeLog();
    sendHeaders(inbound, blocks.slice(5, 8));
    expect(owner.takeLog('misbehaving')).toEqual([]);
    sendHeaders(out, blocks.slice(5, 8));
    expect(owner.takeLog('misbehaving')).toEqual([`misbehaving ${out} duplicate-invalid`]);
    sendHeaders(inbound, blocks.slice(10, 11));
    expect(owner.takeLog('misbehaving')).toEqual([`misbehaving ${inbound} bad-prevblk`]);
  });

  test('unconnecting: the peer is asked for what is missing, once in two minutes', () => {
    synced(10);
    const id = owner.connect();
    sendHeaders(id, []);
    owner.take(id);
    sendHeaders(id, blocks.slice(13, 14));
    expect(owner.takeOne(id, 'getheaders')!.payload.locator[0]).toEqual(blocks[9]!.hash);
    for (let i = 0; i < 100; i++) sendHeaders(id, blocks.slice(13, 14));
    expect(owner.take(id)).toEqual([]);
    owner.pass(HEADERS_RESPONSE_TIME);
    sendHeaders(id, blocks.slice(13, 14));
    expect(owner.takeOne(id, 'getheaders')).toBeDefined();
    // Whoever sends the headers that are missing: this peer is known to have the block.
    const other = owner.connect();
    sendHeaders(other, blocks.slice(10, 14));
    expect(owner.headers.height(owner.sync.peerInfo(id)!.bestKnownBlock!)).toBe(14);
  });
});

describe('chains of low work', () => {
  const minimumChainWork = 2n * 1_101n;
  const over = { params: { headersSync: { commitmentPeriod: 11, redownloadBufferSize: 120 } } };

  test('are downloaded twice', () => {
    owner = new Owner({ unix: NOW, ...over, sync: { minimumChainWork, maxHeadersResult: 100 } });
    const id = owner.connect();
    let phases = '';
    for (let step = 0; step < 30; step++) {
      const ask = owner.takeOne(id, 'getheaders');
      if (ask === undefined) break;
      const [start] = ask.payload.locator;
      const from = blocks.findIndex(({ hash }) => Buffer.compare(hash, start!) === 0) + 1;
      phases += owner.sync.progress.presyncHeight === undefined ? '.' : 'p';
      sendHeaders(id, blocks.slice(from, from + 100));
    }
    expect(phases).toBe('.pppppppppp............');
    expect(owner.headers.height(owner.headers.best)).toBe(1_100);
    expect(owner.takeLog('misbehaving', 'disconnect')).toEqual([]);
    sendHeaders(id, []);
    expect(owner.sync.progress.presyncHeight).toBeUndefined();
  });

  test('are ignored if they end, and an outbound peer whose whole chain it is goes', () => {
    owner = new Owner({ unix: NOW, sync: { minimumChainWork } });
    const id = owner.connect();
    sendHeaders(id, blocks.slice(0, 14));
    expect(owner.takeLog()).toEqual(['low-work-chain Ignoring low-work chain (height=14)']);
    expect(owner.headers.size).toBe(1);
    // Headers that are known already pass; but as the best that there is, they are too little.
    addAll(owner.headers, blocks.slice(0, 14));
    sendHeaders(id, blocks.slice(0, 14));
    expect(owner.takeLog()).toEqual([`disconnect ${id} insufficient-work`]);
    expect(owner.sync.peerInfo(id)).toBeUndefined();
    owner.sync.checkIsEmpty();
  });

  test('are taken from trusted peers, but their blocks are not', () => {
    owner = new Owner({ unix: NOW, sync: { minimumChainWork } });
    const id = owner.connect({ connectionType: 'inbound', noBan: true });
    sendHeaders(id, blocks.slice(0, 1_099));
    expect(owner.headers.size).toBe(1_100);
    expect(owner.takeRequests(id)).toEqual([]);
    sendHeaders(id, blocks.slice(1_099));
    expect(owner.takeRequests(id)).toEqual(range(1, 16));
  });

  test('fork off within 144 blocks of the tip, or are of low work too', () => {
    synced(400);
    const id = owner.connect();
    const near = mineHeaders(blocks[256]!, 1, { salt: 2 });
    const far = mineHeaders(blocks[253]!, 1, { salt: 2 });
    sendHeaders(id, far);
    expect(owner.takeLog('headers', 'notice')).toEqual([
      'low-work-chain Ignoring low-work chain (height=255)',
    ]);
    sendHeaders(id, near);
    expect(owner.takeLog('headers')).toEqual(['headers 1']);
  });
});

// The steps of Core's functional test p2p_ibd_stalling.py.
test('stalling: 2, 4, 8 seconds, and less again as blocks come', () => {
  const chain = blocks.slice(0, 1_025);
  const withheld = new Set([1, 501]);
  const ids = Array.from({ length: 5 }, () => owner.connect());
  const pump = (): void => {
    for (let busy = true; busy; ) {
      busy = false;
      for (const id of ids) {
        const wanted = owner.takeRequests(id);
        if (wanted.length > 0) busy = true;
        for (const height of wanted) if (!withheld.has(height)) sendBlocks(id, [blocks[height - 1]!]);
      }
    }
  };
  const holder = (height: number): PeerId | undefined => {
    const entry = owner.headers.find(blocks[height - 1]!.hash)!;
    return ids.find((id) => owner.sync.peerInfo(id)?.blocksInFlight.includes(entry));
  };
  for (const id of ids) sendHeaders(id, chain.slice(0, 1_024));
  pump();
  expect(owner.sync.progress.blocksInFlight).toBe(2);
  owner.pass(3_000);
  expect(owner.takeLog('disconnect')).toEqual([]);

  for (const id of ids) sendHeaders(id, chain);
  for (const seconds of [2, 4, 8]) {
    const staller = holder(1)!;
    owner.pass(seconds * 1_000 - 1);
    expect(owner.takeLog('disconnect')).toEqual([]);
    owner.pass(1);
    expect(owner.takeLog('disconnect')).toEqual([`disconnect ${staller} stalling`]);
    expect(holder(1)).toBeDefined();
    pump();
  }
  withheld.delete(1);
  sendBlocks(holder(1)!, [blocks[0]!]);
  expect(owner.height).toBe(500);
  const notices = owner.takeLog('notice');
  expect(notices).toContain('stalling-timeout Decreased stalling timeout to 2 seconds');
});

// The steps of Core's functional test p2p_unrequested_blocks.py.
describe('blocks that were not asked for', () => {
  const fork = mineBlocks(genesis, 291, { salt: 3, time: genesis.header.time + 2 });

  beforeEach(() => {
    synced(2);
  });

  test('with more work than our tip, and near to it, are taken', () => {
    const id = owner.connect({ connectionType: 'inbound' });
    sendBlocks(id, fork.slice(0, 1));
    expect(owner.takeLog('headers', 'block', 'misbehaving')).toEqual(['headers 1']);
    sendBlocks(id, fork.slice(1, 3));
    expect(owner.takeLog('block')).toEqual(['block 2', 'block 3']);
    expect(owner.height).toBe(2);
    // A gap: the peer should have sent the header.
    sendBlocks(id, fork.slice(4, 5));
    expect(owner.takeLog('misbehaving')).toEqual([`misbehaving ${id} prev-blk-not-found`]);

    // From a peer that has no blocks, so that none is asked for.
    const other = owner.connect({ connectionType: 'inbound', services: 8n });
    sendHeaders(other, fork.slice(0, 291));
    owner.takeLog();
    for (const { block } of fork.slice(3)) owner.do((sync, now) => sync.handleBlock(id, block, now));
    const taken = owner.takeLog('block');
    expect(taken[0]).toBe('block 4');
    expect(taken.at(-1)).toBe(`block ${2 + 288}`);
    expect(taken).toHaveLength(287);
  });

  test('are ignored if they would complete a chain, until they are asked for', () => {
    const id = owner.connect({ connectionType: 'inbound' });
    sendHeaders(id, []);
    sendBlocks(id, fork.slice(1, 3));
    expect(owner.takeLog('misbehaving')).toHaveLength(2);
    addAll(owner.headers, fork.slice(0, 3));
    sendBlocks(id, fork.slice(1, 3));
    sendBlocks(id, fork.slice(0, 1));
    expect(owner.height).toBe(2);
    owner.take(id);
    announce(id, fork.slice(2, 3));
    expect(owner.takeRequests(id)).toEqual([1]);
    sendBlocks(id, fork.slice(0, 1));
    expect(owner.height).toBe(3);
  });

  test('with too little work are ignored, header and all', () => {
    owner = new Owner({ unix: NOW, sync: { minimumChainWork: 100n } });
    const id = owner.connect({ connectionType: 'inbound' });
    sendBlocks(id, blocks.slice(0, 1));
    const [line] = owner.takeLog();
    expect(line).toMatch(/^low-work-block not adding new block header [0-9a-f]{64}, missing anti-dos/);
    expect(owner.headers.size).toBe(1);
  });

  test('without their work are misbehaviour', () => {
    const id = owner.connect();
    const bytes = blocks[2]!.block.bytes.slice();
    bytes.set(blockHeaderBytes(withoutWork(blocks[2]!).header));
    owner.do((sync, now) => sync.handleBlock(id, BlockView.of(bytes), now));
    const detail = 'high-hash, proof of work failed';
    expect(owner.takeLog('misbehaving')).toEqual([`misbehaving ${id} ${detail}`]);
    expect(owner.headers.size).toBe(3);
  });

  test('a chain that turns out invalid: its sender, and who goes on with it, misbehaves', () => {
    const bad = mineBlocks(blocks[1]!, 4, { salt: 4 });
    const badBlocks = new Set([hashToHex(bad[1]!.hash)]);
    owner = new Owner({ unix: blocks[1]!.header.time + 60, badBlocks });
    const id = owner.connect({ connectionType: 'inbound' });
    sendHeaders(id, [...blocks.slice(0, 2), ...bad.slice(0, 3)]);
    serve(id, [...blocks.slice(0, 2), ...bad]);
    expect(owner.takeLog('misbehaving')).toEqual([`misbehaving ${id} bad block`]);
    expect(owner.height).toBe(3);
    expect(owner.headers.height(owner.headers.best)).toBe(3);
    const other = owner.connect({ connectionType: 'inbound' });
    sendHeaders(other, bad.slice(3));
    expect(owner.takeLog('misbehaving')).toEqual([`misbehaving ${other} bad-prevblk`]);
  });
});

describe('delivery', () => {
  test('a block that comes twice is handed out once', () => {
    owner.answers = false;
    const [a, b] = [owner.connect(), owner.connect()];
    sendHeaders(a, blocks.slice(0, 20));
    sendBlocks(a, [blocks[0]!, blocks[0]!]);
    sendBlocks(b, [blocks[0]!]);
    expect(owner.takeLog('block')).toEqual(['block 1']);
    owner.answer(owner.unanswered[0]!);
    sendBlocks(b, [blocks[0]!]);
    expect(owner.takeLog('block', 'misbehaving')).toEqual([]);
  });

  test('a mutated copy is told off, and another is fetched', () => {
    const [a, b] = [owner.connect(), owner.connect()];
    sendHeaders(a, blocks.slice(0, 3));
    owner.take(a);
    owner.do((sync, now) => sync.handleBlock(a, mutated(blocks[1]!), now));
    const log = owner.takeLog('misbehaving', 'block');
    expect(log).toEqual(['block 2', `misbehaving ${a} mutated block`]);
    expect(owner.headers.isInvalid(owner.headers.find(blocks[1]!.hash)!)).toBe(false);
    expect(owner.takeRequests(a)).toEqual([2]);
    owner.do((sync, now) => sync.removePeer(a, now));
    sendHeaders(b, blocks.slice(0, 3));
    expect(owner.takeRequests(b)).toEqual([1, 2, 3]);
  });

  test('a copy that nobody asked for does not stand in the way of the one that was', () => {
    owner.answers = false;
    const [a, b] = [owner.connect(), owner.connect()];
    sendHeaders(a, blocks.slice(0, 3));
    owner.take(a);
    owner.do((sync, now) => sync.handleBlock(b, mutated(blocks[1]!), now));
    owner.answers = true;
    owner.answer(owner.unanswered.pop()!);
    expect(owner.takeRequests(a)).toEqual([]);
    sendBlocks(a, blocks.slice(0, 3));
    expect(owner.height).toBe(3);
  });

  test('blocks that are not stored yet keep their peer from getting more requests', () => {
    owner.answers = false;
    const id = owner.connect();
    sendHeaders(id, blocks.slice(0, 100));
    owner.take(id);
    sendBlocks(id, blocks.slice(0, 16));
    expect(owner.takeRequests(id)).toEqual([]);
    owner.answer(owner.unanswered[3]!);
    expect(owner.takeRequests(id)).toEqual([17]);
  });

  test('notfound frees a block for others, and is not asked again', () => {
    const [a, b] = [owner.connect(), owner.connect()];
    sendHeaders(a, blocks.slice(0, 8));
    expect(owner.takeRequests(a)).toEqual(range(1, 8));
    sendHeaders(b, blocks.slice(0, 8));
    owner.do((sync, now) => sync.handleNotFound(a, hashes(blocks.slice(2, 4)), now));
    expect(owner.takeRequests(a)).toEqual([]);
    expect(owner.takeRequests(b)).toEqual([3, 4]);
    // The first of them went, and with it what builds on it.
    expect(owner.headers.height(owner.sync.peerInfo(a)!.bestKnownBlock!)).toBe(2);
  });

  test('what was on its way from a peer that goes, is asked of the others', () => {
    const ids = [owner.connect(), owner.connect()];
    for (const id of ids) sendHeaders(id, blocks.slice(0, 20));
    expect(ids.map((id) => owner.takeRequests(id))).toEqual([range(1, 16), range(17, 20)]);
    owner.do((sync, now) => sync.removePeer(ids[0]!, now));
    expect(owner.takeRequests(ids[1]!)).toEqual(range(1, 12));
  });

  test('a block that does not come costs the peer its connection', () => {
    const [a, b] = [owner.connect(), owner.connect()];
    for (const id of [a, b]) sendHeaders(id, blocks.slice(0, 10));
    owner.take(b);
    owner.pass(10 * MINUTE - 1);
    expect(owner.takeLog('disconnect')).toEqual([]);
    owner.pass(1);
    expect(owner.takeLog('disconnect')).toEqual([`disconnect ${a} block-timeout`]);
    expect(owner.takeRequests(b)).toEqual(range(1, 10));
  });
});

describe('who blocks are fetched from', () => {
  test('while catching up, preferred peers, unless nothing is on its way', () => {
    owner = new Owner({ unix: NOW + 48 * 3_600 });
    const [out, inbound] = [owner.connect(), owner.connect({ connectionType: 'inbound' })];
    addAll(owner.headers, blocks);
    sendHeaders(out, blocks.slice(0, 1));
    expect(owner.takeRequests(out)).toEqual([1]);
    sendHeaders(inbound, blocks);
    expect(owner.takeRequests(inbound)).toEqual([]);
    sendBlocks(out, blocks.slice(0, 1));
    expect(owner.takeRequests(inbound)).toEqual(range(2, 17));
  });

  test('not limited peers while catching up; afterwards, for their last blocks', () => {
    const limited = { services: 1_024n | 8n };
    owner = new Owner({ unix: NOW + 48 * 3_600 });
    sendHeaders(owner.connect(limited), blocks);
    expect(owner.sync.progress.blocksInFlight).toBe(0);
    synced(700);
    const id = owner.connect(limited);
    sendHeaders(id, blocks.slice(700));
    expect(owner.takeRequests(id)[0]).toBe(1_100 - 285);
  });

  test('not peers without blocks, but for what they announce', () => {
    synced(10);
    const id = owner.connect({ services: 8n });
    sendHeaders(id, blocks.slice(10, 12));
    expect(owner.takeRequests(id)).toEqual([11, 12]);
    // That they have older blocks does not follow.
    owner = new Owner({ unix: NOW });
    const other = owner.connect({ services: 8n });
    sendHeaders(other, blocks.slice(0, 5));
    expect(owner.takeRequests(other)).toEqual([]);
  });

  test('not peers without witnesses, since segwit', () => {
    const id = owner.connect({ services: 1n });
    sendHeaders(id, blocks.slice(0, 5));
    expect(owner.takeRequests(id)).toEqual([]);
    owner = new Owner({ unix: NOW, params: { segwitHeight: 3 } });
    const old = owner.connect({ services: 1n });
    sendHeaders(old, blocks.slice(0, 5));
    const getdata = owner.takeOne(old, 'getdata')!;
    expect(getdata.payload.inventory.map(({ type }) => type)).toEqual(['block', 'block']);
  });
});

// Part 4 of Core's functional test p2p_sendheaders.py.
test('direct fetch: up to 16 blocks towards an announced tip, if that is enough', () => {
  synced(20);
  const id = owner.connect();
  owner.take(id);
  sendHeaders(id, blocks.slice(20, 23));
  expect(owner.takeRequests(id)).toEqual([21, 22, 23]);
  sendBlocks(id, blocks.slice(20, 23));
  expect(owner.height).toBe(23);
  const fork = mineBlocks(blocks[20]!, 20, { salt: 5 });
  sendHeaders(id, fork.slice(0, 1));
  expect(owner.takeRequests(id)).toEqual([]);
  sendHeaders(id, fork.slice(1, 2));
  expect(owner.takeRequests(id)).toEqual([22, 23]);
  sendHeaders(id, fork.slice(2, 18));
  expect(owner.takeRequests(id)).toEqual(range(24, 37));
  sendHeaders(id, fork.slice(18, 19));
  expect(owner.takeRequests(id)).toEqual([]);
});

test('a block that is on its way is not fetched directly from another', () => {
  synced(20);
  const [a, b] = [owner.connect(), owner.connect()];
  sendHeaders(a, blocks.slice(20, 21));
  sendHeaders(b, blocks.slice(20, 21));
  expect([owner.takeRequests(a), owner.takeRequests(b)]).toEqual([[21], []]);
});

// The steps of Core's functional test p2p_outbound_eviction.py.
describe('outbound peers that are behind', () => {
  beforeEach(() => {
    synced(30);
  });

  const outbound = ['outbound-full-relay', 'block-relay-only'] as const;
  test.each(outbound)('%s: asked, then dropped', (connectionType) => {
    const id = owner.connect({ connectionType });
    owner.take(id);
    owner.pass(CHAIN_SYNC_TIMEOUT);
    expect(owner.takeOne(id, 'getheaders')!.payload.locator[0]).toEqual(blocks[28]!.hash);
    owner.pass(HEADERS_RESPONSE_TIME);
    expect(owner.takeLog('disconnect')).toEqual([`disconnect ${id} outdated-chain`]);
  });

  test('manual and inbound peers are kept', () => {
    owner.connect({ connectionType: 'manual' });
    owner.connect({ connectionType: 'inbound' });
    owner.pass(10 * CHAIN_SYNC_TIMEOUT);
    expect(owner.takeLog('disconnect')).toEqual([]);
  });

  test('four full-relay peers that once had our tip are kept, others of any kind are not', () => {
    const peers = [
      ...Array.from({ length: 5 }, () => owner.connect()),
      owner.connect({ connectionType: 'block-relay-only' }),
    ];
    for (const id of peers) sendHeaders(id, blocks.slice(29, 30));
    expect(owner.takeLog('notice')).toHaveLength(4);
    owner.store(addAll(owner.headers, blocks.slice(30, 31)), blocks[30]!.block);
    owner.do((sync, now) => sync.tipChanged(now));
    owner.pass(CHAIN_SYNC_TIMEOUT + HEADERS_RESPONSE_TIME);
    expect(owner.takeLog('disconnect')).toEqual(
      peers.slice(4).map((id) => `disconnect ${id} outdated-chain`),
    );
  });
});

test('announcements that were better than our tip are dated', () => {
  synced(10);
  const id = owner.connect();
  sendHeaders(id, blocks.slice(9, 10));
  expect(owner.sync.peerInfo(id)!.lastBlockAnnouncement).toBe(0);
  sendHeaders(id, blocks.slice(10, 11));
  expect(owner.sync.peerInfo(id)!.lastBlockAnnouncement).toBe(owner.now.unix);
});

test('what comes from a peer that is gone is ignored', () => {
  const id = owner.connect();
  owner.do((sync, now) => sync.removePeer(id, now));
  owner.take(id);
  sendHeaders(id, blocks.slice(0, 5));
  sendBlocks(id, blocks.slice(0, 1));
  announce(id, blocks.slice(0, 1));
  owner.do((sync, now) => sync.handleNotFound(id, hashes(blocks), now));
  owner.do((sync, now) => sync.removePeer(id, now));
  expect([owner.take(id), owner.takeLog(), owner.headers.size]).toEqual([[], [], 1]);
  expect(() => {
    owner.connect();
    const peer = { connectionType: 'manual', services: FULL_NODE, startHeight: 0 } as const;
    owner.sync.addPeer(1 as PeerId, peer, owner.now);
  }).toThrow('already');
});

describe('while the coins are to be proved that the chain goes on from', () => {
  const BASE = 40;

  beforeEach(() => {
    addAll(owner.headers, blocks.slice(0, BASE));
    owner.assume(owner.headers.best);
  });

  test('blocks up to them are fetched besides those after', () => {
    const id = owner.connect();
    sendHeaders(id, blocks.slice(0, BASE + 5));
    expect(owner.takeRequests(id)).toEqual([...range(BASE + 1, BASE + 5), ...range(1, 11)]);
  });

  test('nothing is fetched of another chain, however much work it has', () => {
    const id = owner.connect();
    const branch = mineHeaders(blocks[BASE - 2]!, 30, { salt: 1 });
    sendHeaders(id, [...blocks.slice(0, BASE - 1), ...branch]);
    expect(owner.headers.height(owner.headers.best)).toBe(BASE + 29);
    expect(owner.takeRequests(id)).toEqual([]);
  });
});
