import { describe, expect, test } from '@jest/globals';
import { RegtestChain } from '@btcp2p/regtest';
import { BlockView, hashToHex, type BlockView as Block } from '@btcp2p/wire';
import { MemoryNetwork, type Host } from './support/memory-network.ts';

/** A chain of 30 blocks, whose last block is five minutes old when the network starts. */
function setUp(blocks = 30): { chain: RegtestChain; network: MemoryNetwork } {
  const chain = new RegtestChain();
  chain.mine(blocks);
  const network = new MemoryNetwork(chain.headers.time(chain.headers.best) + 300);
  return { chain, network };
}

function give(network: MemoryNetwork, host: Host, blocks: readonly Block[]): void {
  for (const block of blocks) {
    expect(network.submit(host, block)).toBeUndefined();
  }
}

function tip(host: Host): string {
  return hashToHex(host.headers.hash(host.node.chain.tip()));
}

describe('two nodes', () => {
  test('one syncs from the other, over any chunking', () => {
    for (const chunk of [1, 7, 1_000, Infinity]) {
      const { chain, network } = setUp();
      network.chunk = chunk;
      const server = network.host('10.0.0.1:1', 1n);
      const client = network.host('10.0.0.2:1', 2n);
      give(network, server, chain.blocks);
      network.command(client, (node, now) => node.addNode(server.address, now));
      network.advance(5_000);
      expect(client.node.status).toMatchObject({
        height: 30,
        headers: 30,
        presyncHeight: undefined,
        expectedHeight: 30,
        inbound: 0,
        outbound: 1,
        isInitialBlockDownload: false,
      });
      expect(tip(client)).toBe(tip(server));
      expect(client.chain.chain.height).toBe(30);
      expect(client.storedHeaders.reduce((sum, bytes) => sum + bytes.length, 0)).toBe(30 * 80);
      expect(client.eventsOf('peer-disconnected')).toEqual([]);
    }
  });

  test('an inbound peer is synced from too, and new blocks go both ways', () => {
    const { chain, network } = setUp();
    const dialler = network.host('10.0.0.1:1', 1n);
    const listener = network.host('10.0.0.2:1', 2n);
    give(network, dialler, chain.blocks);
    network.command(dialler, (node, now) => node.addNode(listener.address, now));
    network.advance(10_000);
    expect(tip(listener)).toBe(tip(dialler));

    give(network, listener, chain.mine(1));
    network.advance(5_000);
    expect(dialler.node.chain.height).toBe(31);
    give(network, dialler, chain.mine(2));
    network.advance(5_000);
    expect(listener.node.chain.height).toBe(33);
  });

  test('the chain of more work wins, on both sides', () => {
    const { chain, network } = setUp();
    const a = network.host('10.0.0.1:1', 1n);
    const b = network.host('10.0.0.2:1', 2n);
    give(network, a, chain.blocks);
    give(network, b, chain.blocks);
    const fork = chain.headers.best;
    give(network, a, chain.mine(2));
    give(network, b, chain.mine(3, { parent: fork, extraNonce: 1 }));
    network.command(a, (node, now) => node.addNode(b.address, now));
    network.advance(10_000);
    expect(tip(a)).toBe(tip(b));
    expect(a.node.chain.height).toBe(33);
    expect(a.eventsOf('tip').at(-1)).toMatchObject({ connected: 3, disconnected: 2 });
  });

  test('a node that loses its peer dials again, later each time', () => {
    const { network } = setUp();
    const client = network.host('10.0.0.2:1', 2n);
    network.command(client, (node, now) => node.addNode('10.0.0.9:1', now));
    network.advance(200_000);
    const failures = client.eventsOf('connect-failed').length;
    // At 0, 1, 3, 7, 15, 31, 63, 123 and 183 seconds.
    expect(failures).toBe(9);
    const server = network.host('10.0.0.9:1', 1n);
    network.advance(60_000);
    expect(client.node.status.outbound).toBe(1);
    network.cut(server);
    expect(client.node.status.outbound).toBe(0);
    network.advance(1_000);
    expect(client.node.status.outbound).toBe(1);
  });

  test('a node that dials itself notices', () => {
    const { network } = setUp();
    const host = network.host('10.0.0.1:1', 1n);
    network.command(host, (node, now) => node.addNode(host.address, now));
    network.advance(100);
    const reasons = host.eventsOf('peer-disconnected').map(({ reason }) => reason);
    expect(reasons).toContain('self-connection');
    expect(host.node.status.inbound + host.node.status.outbound).toBe(0);
  });

  test('inbound connections beyond the limit are refused', () => {
    const { network } = setUp();
    const server = network.host('10.0.0.1:1', 1n, { maxInbound: 2 });
    for (const i of [2, 3, 4]) {
      const client = network.host(`10.0.0.${i}:1`, BigInt(i));
      network.command(client, (node, now) => node.addNode(server.address, now));
    }
    network.advance(100);
    expect(server.node.status.inbound).toBe(2);
    // Once with v2, and once with v1.
    expect(server.eventsOf('inbound-refused')).toHaveLength(2);
  });
});

describe('a node that knows how much work the chain has', () => {
  test('takes a chain with that much, after having seen all of it once', () => {
    const { chain, network } = setUp(2_100);
    const { headers } = chain;
    const minimumChainWork = headers.chainWork(headers.ancestor(headers.best, 2_050));
    const server = network.host('10.0.0.1:1', 1n);
    const client = network.host('10.0.0.2:1', 2n, { minimumChainWork });
    give(network, server, chain.blocks);
    network.command(client, (node, now) => node.addNode(server.address, now));
    network.advance(60_000);
    expect(client.node.status).toMatchObject({ height: 2_100, headers: 2_100 });
    expect(tip(client)).toBe(tip(server));
  });

  test('keeps nothing of a chain with less', () => {
    const { chain, network } = setUp(2_100);
    const { headers } = chain;
    const minimumChainWork = headers.chainWork(headers.best) + 1n;
    const server = network.host('10.0.0.1:1', 1n);
    const client = network.host('10.0.0.2:1', 2n, { minimumChainWork });
    give(network, server, chain.blocks);
    network.command(client, (node, now) => node.addNode(server.address, now));
    network.advance(60_000);
    expect(client.headers.size).toBe(1);
    expect([client.storedHeaders, client.chain.chain.height]).toEqual([[], 0]);
    // The peer is only poor. It is kept, and its next block might change that.
    expect(client.node.status.outbound).toBe(1);
    give(network, server, chain.mine(1));
    network.advance(200_000);
    expect(client.node.status.headers).toBe(2_101);
  });
});

describe('blocks from the user', () => {
  test('are judged in Core’s words', () => {
    const { chain, network } = setUp(3);
    const host = network.host('10.0.0.1:1', 1n);
    const submit = (block: Block): string | undefined =>
      network.submit(host, block);
    const [first, second, third] = chain.blocks as [Block, Block, Block];
    expect(submit(second)).toBe('prev-blk-not-found');
    expect(submit(first)).toBeUndefined();
    expect(submit(first)).toBe('duplicate');

    // The value of the coinbase's output, changed: the merkle root no longer fits.
    const bytes = Uint8Array.from(second.bytes);
    bytes[bytes.length - 14]! ^= 1;
    expect(submit(BlockView.of(bytes))).toBe('bad-txnmrklroot');
    // That says nothing of the header: its real block is still good.
    expect(submit(second)).toBeUndefined();

    const easy = Uint8Array.from(third.bytes);
    easy.set([0xff, 0xff, 0x7f, 0x1d], 72);
    expect(submit(BlockView.of(easy))).toBe('high-hash');
  });

  test('a disk that fails stops the node, and nothing is told to anyone', () => {
    const { chain, network } = setUp(3);
    const server = network.host('10.0.0.1:1', 1n);
    const client = network.host('10.0.0.2:1', 2n);
    give(network, server, chain.blocks);
    client.diskFailure = 'No space left on device';
    network.command(client, (node, now) => node.addNode(server.address, now));
    network.advance(10_000);
    expect(client.eventsOf('fatal')).toEqual([{ type: 'fatal', detail: 'No space left on device' }]);
    expect(client.node.chain.height).toBe(0);
    expect(client.node.status.outbound).toBe(0);
  });
});
