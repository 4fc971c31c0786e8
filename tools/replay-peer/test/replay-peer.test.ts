import { afterEach, describe, expect, test } from '@jest/globals';
import {
  checkBlock,
  checkBlockContext,
  consensusParams,
  genesisAnchor,
  HeaderTree,
} from '@btcp2p/consensus';
import { connect, nativeSha256d, type PeerConnection } from '@btcp2p/reactor';
import { blkFile, blockFile, dataPath, describeWithData, headersFile } from '@btcp2p/testdata';
import {
  blockHash,
  blockHeaderBytes,
  BlockView,
  fromHex,
  hashFromHex,
  hashToHex,
  mainnet,
  regtest,
  TransactionView,
  type InventoryVector,
  type Message,
  type MessageOf,
} from '@btcp2p/wire';
import {
  canSpawn,
  readBlockFiles,
  readHeaderFiles,
  regtestChain,
  ReplayChain,
  spawnReplayPeer,
  startPeer,
  startReplayPeer,
  type ReplayPeer,
  type ReplayPeerOptions,
} from '../src/index.ts';

const open: { close: () => Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function start(options: ReplayPeerOptions): Promise<{ replay: ReplayPeer; peer: PeerConnection }> {
  const replay = await startReplayPeer(options);
  open.push(replay);
  const peer = await connect(replay.address, { network: options.network, userAgent: '/test:1/' });
  open.push(peer);
  return { replay, peer };
}

async function next<T extends Message['type']>(peer: PeerConnection, type: T): Promise<MessageOf<T>> {
  for await (const message of peer.messages()) {
    if (message.type === type) return message as MessageOf<T>;
  }
  throw new Error(`the connection ended before any ${type}`);
}

const NOWHERE: Uint8Array = new Uint8Array(32);

function getHeaders(locator: Uint8Array[], hashStop = NOWHERE): Message {
  return { type: 'getheaders', payload: { version: 70_016, locator, hashStop } };
}

/** The hashes of the headers that are answered, as hex: differences between arrays take pages. */
async function headersAfter(
  peer: PeerConnection,
  locator: Uint8Array[],
  stop = NOWHERE,
): Promise<string[]> {
  peer.send(getHeaders(locator, stop));
  const { payload } = await next(peer, 'headers');
  return payload.headers.map((header) => hashToHex(blockHash(header, nativeSha256d)));
}

const blocks = regtestChain(1_101);
const views = blocks.map((block) => BlockView.of(block));
const hashes = views.map((view) => view.hash(nativeSha256d));
const ids = hashes.map((hash) => hashToHex(hash));

describe('a regtest chain', () => {
  test('is valid, and the same every time', () => {
    const params = consensusParams(regtest);
    const tree = new HeaderTree({ params, anchor: genesisAnchor(regtest), sha256d: nativeSha256d });
    for (const [height, block] of views.slice(0, 300).entries()) {
      const result = tree.add(block.headerBytes, 1_700_000_000);
      expect(result.status).toBe(height === 0 ? 'known' : 'added');
      expect(checkBlock(block, params, nativeSha256d)).toMatchObject({ status: 'ok' });
      if (height === 0) continue;
      const parent = tree.find(hashes[height - 1]!)!;
      const context = { height, medianTimePast: tree.medianTimePast(parent) };
      const verdict = checkBlockContext(block, context, params, nativeSha256d);
      expect(verdict).toEqual({ status: 'ok' });
    }
    expect(regtestChain(20)).toEqual(blocks.slice(0, 20));
  });
});

describe('serving', () => {
  test('says who it is', async () => {
    const { replay, peer } = await start({ network: regtest, blocks });
    expect(peer.version).toMatchObject({ startHeight: 1_100, services: 9n, userAgent: '/replay-peer:1/' });
    expect(replay.address).toBe(`127.0.0.1:${replay.port}`);
    await headersAfter(peer, [hashes[0]!]);
    expect(replay.connections.size).toBe(1);
    expect(replay.stats.connections).toBe(1);
    const [served] = replay.connections;
    await peer.close();
    await served!.closed;
    expect(replay.connections.size).toBe(0);
  });

  test('headers, from whatever the locator knows', async () => {
    const { replay, peer } = await start({ network: regtest, blocks });
    expect(await headersAfter(peer, [hashes[0]!])).toEqual(ids.slice(1));
    expect(await headersAfter(peer, [NOWHERE, hashes[1_000]!, hashes[5]!])).toEqual(ids.slice(1_001));
    expect(await headersAfter(peer, [NOWHERE])).toEqual(ids.slice(1));
    expect(await headersAfter(peer, [hashes[10]!], hashes[20]!)).toEqual(ids.slice(11, 21));
    expect(await headersAfter(peer, [hashes[10]!], hashes[5]!)).toEqual(ids.slice(11));
    expect(await headersAfter(peer, [hashes[1_100]!])).toEqual([]);
    expect(await headersAfter(peer, [], hashes[7]!)).toEqual([ids[7]]);
    expect(replay.stats.headers).toBe(1_100 + 100 + 1_100 + 10 + 1_090 + 0 + 1);
    expect(replay.stats.received).toMatchObject({ getheaders: 7 });
    // Not answered at all, as in Core: the next answer is to the next question.
    peer.send(getHeaders([], NOWHERE));
    expect(await headersAfter(peer, [hashes[1_099]!])).toEqual(ids.slice(1_100));
  });

  test('a chain that starts in the middle', async () => {
    const headers = blocks.slice(500, 600).map((block) => block.subarray(0, 80));
    const { peer, replay } = await start({ network: regtest, headers, firstHeight: 500 });
    expect(replay.chain.height).toBe(599);
    expect(await headersAfter(peer, [hashes[500]!])).toEqual(ids.slice(501, 600));
    // The parent of the first is known by name.
    expect(await headersAfter(peer, [hashes[499]!])).toEqual(ids.slice(500, 600));
    expect(await headersAfter(peer, [hashes[3]!])).toEqual(ids.slice(500, 600));
  });

  test('blocks, and what it does not have', async () => {
    const { replay, peer } = await start({ network: regtest, blocks });
    const inventory: InventoryVector[] = [
      { type: 'witness_block', hash: hashes[7]! },
      { type: 'block', hash: NOWHERE },
      { type: 'block', hash: hashes[8]! },
      { type: 'wtx', hash: hashes[8]! },
      { type: 'cmpct_block', hash: hashes[9]! },
    ];
    peer.send({ type: 'getdata', payload: { inventory } });
    for (const height of [7, 8, 9]) {
      expect((await next(peer, 'block')).payload.block.bytes).toEqual(blocks[height]);
    }
    const { payload } = await next(peer, 'notfound');
    expect(payload.inventory).toEqual([inventory[1], inventory[3]]);
    expect(replay.stats.blocks).toBe(3);
  });

  test('getblocks, 500 at a time', async () => {
    const { peer } = await start({ network: regtest, blocks });
    const ask = async (locator: Uint8Array[], hashStop = NOWHERE): Promise<string[]> => {
      peer.send({ type: 'getblocks', payload: { version: 70_016, locator, hashStop } });
      return (await next(peer, 'inv')).payload.inventory.map(({ hash }) => hashToHex(hash));
    };
    expect(await ask([hashes[0]!])).toEqual(ids.slice(1, 501));
    expect(await ask([hashes[10]!], hashes[13]!)).toEqual(ids.slice(11, 13));
    // The last of them asks for more, by way of the tip.
    peer.send({ type: 'getdata', payload: { inventory: [{ type: 'block', hash: hashes[500]! }] } });
    await next(peer, 'block');
    const { payload } = await next(peer, 'inv');
    expect(payload.inventory).toEqual([{ type: 'block', hash: hashes[1_100] }]);
  });

  test('with latency, in order', async () => {
    const { peer } = await start({ network: regtest, blocks, latency: 30 });
    const before = performance.now();
    for (const height of [3, 2, 1]) {
      peer.send({ type: 'getdata', payload: { inventory: [{ type: 'block', hash: hashes[height]! }] } });
    }
    for (const height of [3, 2, 1]) {
      expect((await next(peer, 'block')).payload.block.bytes).toEqual(blocks[height]);
    }
    const took = performance.now() - before;
    expect(took).toBeGreaterThan(29);
  });

  test('a hook may see to a message itself', async () => {
    const { peer, replay } = await start({
      network: regtest,
      blocks,
      onMessage: (message, peer) =>
        message.type === 'getheaders' && peer.send({ type: 'headers', payload: { headers: [] } }),
    });
    expect(await headersAfter(peer, [hashes[0]!])).toEqual([]);
    expect(replay.stats.headers).toBe(0);
  });

  test('transactions are asked for when that is wanted', async () => {
    const replay = await startPeer();
    open.push(replay);
    expect(replay.chain.height).toBe(110);
    const peer = await connect(replay.address, { network: regtest });
    open.push(peer);
    // No real transaction: one input, one output of 1,000 satoshis to anyone.
    const transaction = TransactionView.of(
      fromHex(`0200000001${'11'.repeat(32)}0000000000ffffffff01e803000000000000015100000000`),
    );
    const inventory = [{ type: 'wtx', hash: transaction.wtxid() } as const];
    peer.send({ type: 'inv', payload: { inventory } });
    expect((await next(peer, 'getdata')).payload.inventory).toEqual(inventory);
    peer.send({ type: 'tx', payload: { transaction } });
    expect(await headersAfter(peer, [hashes[109]!])).toEqual([ids[110]]);
    expect(replay.transactions).toEqual([transaction]);
  });
});

describe('a chain', () => {
  test('that is none is refused', () => {
    const headers = [blocks[1]!.subarray(0, 80), blocks[3]!.subarray(0, 80)];
    expect(() => new ReplayChain({ network: regtest, headers })).toThrow('header 1 does not follow');
    expect(() => new ReplayChain({ network: regtest, headers: new Uint8Array(81) })).toThrow('81 bytes');
    expect(() => new ReplayChain({ network: regtest, headers: [] })).toThrow('0 bytes');
  });

  test('of nothing is the genesis block', () => {
    expect(new ReplayChain({ network: regtest })).toMatchObject({ size: 1, height: 0 });
  });
});

describeWithData('real data', () => {
  test('mainnet from genesis: the first 439 blocks', async () => {
    const headers = readHeaderFiles([dataPath('headers/mainnet_0-10236.bin')]);
    const files = [dataPath('blocks-early/mainnet_blocks_first100kB.blk')];
    const served = readBlockFiles(files, mainnet);
    expect(served).toEqual(blkFile('mainnet_blocks_first100kB'));
    const { peer } = await start({ network: mainnet, headers, blocks: served });
    expect(peer.version.startHeight).toBe(10_236);
    let locator = mainnet.genesisHash;
    const all = [hashToHex(locator)];
    for (;;) {
      const found = await headersAfter(peer, [locator]);
      all.push(...found);
      if (found.length < 2_000) break;
      locator = hashFromHex(found.at(-1)!);
    }
    expect(all).toHaveLength(10_237);
    const wanted = all.slice(0, 439).map((hash) => hashFromHex(hash));
    const inventory = wanted.map((hash) => ({ type: 'witness_block', hash }) as const);
    peer.send({ type: 'getdata', payload: { inventory } });
    for (let height = 0; height < 439; height++) {
      const { payload } = await next(peer, 'block');
      expect(payload.block.bytes).toEqual(served[height]);
    }
    expect(() => readBlockFiles(files, regtest)).toThrow('no block of regtest at 0');
  });

  test('a block with witnesses, with and without them', async () => {
    const { bytes } = blockFile('main-482683');
    const block = BlockView.of(bytes);
    expect(block.strippedSize).toBeLessThan(block.size);
    const { peer } = await start({ network: mainnet, blocks: [bytes] });
    const hash = block.hash();
    const ask = async (type: 'block' | 'witness_block'): Promise<BlockView> => {
      peer.send({ type: 'getdata', payload: { inventory: [{ type, hash }] } });
      return (await next(peer, 'block')).payload.block;
    };
    expect((await ask('witness_block')).bytes).toEqual(bytes);
    const stripped = await ask('block');
    expect(stripped.size).toBe(block.strippedSize);
    expect(stripped.txids()).toEqual(block.txids());
  });

  test('210,371 headers from the middle of the chain', async () => {
    const headers = headersFile('mainnet_194270-404640');
    const { peer, replay } = await start({ network: mainnet, headers, firstHeight: 194_270 });
    expect(peer.version.startHeight).toBe(404_640);
    const found = await headersAfter(peer, [replay.chain.hash(0)]);
    const last = headers.subarray(2_000 * 80, 2_001 * 80);
    expect(found).toHaveLength(2_000);
    expect(found.at(-1)).toBe(hashToHex(nativeSha256d(last)));
  });

  (canSpawn() ? test : test.skip)('in a process of its own (skipped unless built)', async () => {
    const spawned = await spawnReplayPeer({
      network: 'main',
      headers: [dataPath('headers/mainnet_0-10236.bin')],
      headerCount: 439,
      blocks: [dataPath('blocks-early/mainnet_blocks_first100kB.blk')],
    });
    open.push(spawned);
    const peer = await connect(spawned.address, { network: mainnet });
    expect(peer.version.startHeight).toBe(438);
    expect(await headersAfter(peer, [mainnet.genesisHash])).toHaveLength(438);
    // Block 1 of mainnet.
    const hash = hashFromHex('00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048');
    peer.send({ type: 'getdata', payload: { inventory: [{ type: 'block', hash }] } });
    const { payload } = await next(peer, 'block');
    expect(nativeSha256d(blockHeaderBytes(payload.block.header))).toEqual(hash);
    await spawned.close();
    expect(await peer.closed).toMatchObject({ reason: 'closed-by-peer' });
    expect(() => process.kill(spawned.pid, 0)).toThrow();
  });
});

(canSpawn() ? test : test.skip)('a process that cannot start says so', async () => {
  const spawning = spawnReplayPeer({ network: 'main', headers: ['/nowhere'] });
  await expect(spawning).rejects.toThrow('did not start: ENOENT');
});
