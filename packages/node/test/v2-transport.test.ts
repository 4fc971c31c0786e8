import { describe, expect, test } from '@jest/globals';
import { SeededRng, type PeerId } from '@btcp2p/machine';
import type { PeerInfo } from '@btcp2p/peer';
import { RegtestChain } from '@btcp2p/regtest';
import { ServiceFlags } from '@btcp2p/wire';
import { DEFAULT_INBOUND_KEY_WORK_SHARE, type NodeOptions } from '../src/index.ts';
import { KEY_WORK_BURST_MS } from '../src/key-work-queue.ts';
import { V1_ONLY_MEMORY_MS } from '../src/v1-only-addresses.ts';
import { MemoryNetwork, type Host } from './support/memory-network.ts';

interface Pair {
  readonly network: MemoryNetwork;
  readonly server: Host;
  readonly client: Host;
}

/** A node with blocks, and one that connects to it and has none. */
function pair(ofServer: Partial<NodeOptions>, ofClient: Partial<NodeOptions>): Pair {
  const chain = new RegtestChain();
  chain.mine(5);
  const network = new MemoryNetwork(chain.headers.time(chain.headers.best) + 300);
  const server = network.host('10.0.0.1:1', 1n, ofServer);
  const client = network.host('10.0.0.2:1', 2n, ofClient);
  for (const block of chain.blocks) {
    network.submit(server, block);
  }
  return { network, server, client };
}

function meet({ network, server, client }: Pair): void {
  network.command(client, (node, now) => node.addNode(server.address, now));
  network.advance(5_000);
}

function infos({ network, server, client }: Pair): readonly PeerInfo[] {
  return [server, client].flatMap((host) => host.node.peers(network.now));
}

const V1 = { v2Transport: false };

test('nodes speak v2 to each other, and know the session by the same id', () => {
  const nodes = pair({}, {});
  meet(nodes);
  expect(nodes.client.node.status.height).toBe(5);
  const [a, b] = infos(nodes);
  expect(a).toMatchObject({ inbound: true, transport_protocol_type: 'v2' });
  expect(b).toMatchObject({ inbound: false, transport_protocol_type: 'v2' });
  expect(a!.session_id).toMatch(/^[0-9a-f]{64}$/);
  expect(b!.session_id).toBe(a!.session_id);
  expect(BigInt(`0x${a!.services}`) & ServiceFlags.NODE_P2P_V2).not.toBe(0n);
  expect(nodes.client.eventsOf('peer-established')[0]?.info).toMatchObject({ transport: 'v2' });
});

test('over any chunking', () => {
  for (const chunk of [1, 17, 64]) {
    const nodes = pair({}, {});
    nodes.network.chunk = chunk;
    meet(nodes);
    expect(nodes.client.node.status.height).toBe(5);
    expect(infos(nodes).map((info) => info.transport_protocol_type)).toEqual(['v2', 'v2']);
  }
});

describe('a peer that speaks v1 only', () => {
  test('reaches a node that speaks v2', () => {
    const nodes = pair({}, V1);
    meet(nodes);
    expect(nodes.client.node.status.height).toBe(5);
    expect(infos(nodes).map((info) => info.transport_protocol_type)).toEqual(['v1', 'v1']);
    expect(infos(nodes).map((info) => info.session_id)).toEqual(['', '']);
    const [, theirs] = infos(nodes);
    expect(BigInt(`0x${theirs!.services}`) & ServiceFlags.NODE_P2P_V2).not.toBe(0n);
    expect(nodes.server.keyWork).toBe(0);
  });

  test('is reached, by a second dial at once', () => {
    const nodes = pair(V1, {});
    nodes.network.command(nodes.client, (node, now) => node.addNode('10.0.0.1:1', now));
    nodes.network.advance(10);
    expect(infos(nodes).map((info) => info.transport_protocol_type)).toEqual(['v1', 'v1']);
    expect(nodes.client.eventsOf('reconnecting-v1')).toEqual([
      { type: 'reconnecting-v1', peer: 0, address: '10.0.0.1:1' },
    ]);
    expect(nodes.client.eventsOf('v2-handshake')).toEqual([{ type: 'v2-handshake', peer: 0 }]);
    expect(nodes.server.eventsOf('v2-handshake')).toEqual([]);
    nodes.network.advance(5_000);
    expect(nodes.client.node.status.height).toBe(5);
  });

  test('is remembered for a day', () => {
    const nodes = pair(V1, {});
    const { network, client, server } = nodes;
    meet(nodes);
    network.cut(server);
    network.advance(5_000);
    expect(client.eventsOf('peer-connected')).toHaveLength(3);
    expect(client.eventsOf('reconnecting-v1')).toHaveLength(1);
    expect(client.node.status.outbound).toBe(1);
    network.advance(V1_ONLY_MEMORY_MS);
    network.cut(server);
    network.advance(5_000);
    expect(client.eventsOf('reconnecting-v1')).toHaveLength(2);
    expect(client.node.status.outbound).toBe(1);
  });
});

test('one that hangs up on v1 too is tried with v2 again, later', () => {
  const nodes = pair({ maxInbound: 0 }, {});
  meet(nodes);
  // Whoever refuses hangs up without a word, on v1 as on v2.
  const { client } = nodes;
  expect(client.eventsOf('peer-established')).toEqual([]);
  const dials = client.eventsOf('peer-connected').length;
  expect(client.eventsOf('reconnecting-v1').length).toBe(dials / 2);
  expect(dials).toBeGreaterThanOrEqual(4);
});

test('a node that is told not to, does not speak v2', () => {
  const nodes = pair(V1, V1);
  meet(nodes);
  const [a] = infos(nodes);
  expect(a).toMatchObject({ transport_protocol_type: 'v1' });
  expect(BigInt(`0x${a!.services}`) & ServiceFlags.NODE_P2P_V2).toBe(0n);
  expect(nodes.client.keyWork + nodes.server.keyWork).toBe(0);
});

test('decoys and garbage are as the shaping says', () => {
  const decoys: number[] = [];
  const nodes = pair({}, {
    shaping: {
      garbageSize: () => 0,
      nextDecoy: (rng) => {
        const size = rng.below(200);
        decoys.push(size);
        return { delay: 100, size };
      },
    },
  });
  const plain = pair({}, { shaping: { garbageSize: () => 0 } });
  meet(nodes);
  meet(plain);
  expect(nodes.client.node.status.height).toBe(5);
  expect(decoys.length).toBeGreaterThan(40);
  const sent = (pair_: Pair): number => infos(pair_)[1]!.bytessent;
  // The last one drawn has not gone out.
  const expected = decoys.slice(0, -1).reduce((sum, size) => sum + size + 20, 0);
  expect(sent(nodes) - sent(plain)).toBe(expected);
  expect(infos(nodes)[0]).toMatchObject({ transport_protocol_type: 'v2' });
});

describe('a flood of half-handshakes', () => {
  const SECONDS = 20;
  const STEP_MS = 10;

  /** Somebody connects each 10 ms, sends a key, and is gone 50 ms later. */
  function flood({ network, server }: Pair, milliseconds: number, rng: SeededRng): void {
    const open: PeerId[] = [];
    for (let passed = 0; passed < milliseconds; passed += 10) {
      const peer = server.peerIds.next();
      open.push(peer);
      network.command(server, (node, now) => {
        const address = `10.66.${rng.below(256)}.${rng.below(256)}:1`;
        node.handle(
          { type: 'connected', peer, address, localAddress: server.address, attempt: undefined },
          now,
        );
      });
      network.command(server, (node, now) =>
        node.handle({ type: 'received', peer, data: rng.bytes(64) }, now),
      );
      if (open.length > 5) {
        const gone = open.shift()!;
        network.command(server, (node, now) =>
          node.handle({ type: 'disconnected', peer: gone, cause: 'gone' }, now),
        );
      }
      network.advance(10);
    }
  }

  test('takes a quarter of a core, and starves nobody', () => {
    const nodes = pair({}, {});
    const { network, server, client } = nodes;
    meet(nodes);
    server.keyWorkTime = STEP_MS;
    const before = server.keyWork;
    const rng = new SeededRng(99n);
    flood(nodes, (SECONDS / 2) * 1_000, rng);

    // Who is there is served at once: a ping goes and comes without any time passing.
    const pinged = client.node.peers(network.now)[0]!;
    expect(pinged.pingwait).toBeUndefined();
    // Who comes from elsewhere has its turn soon, flood or not.
    const newcomer = network.host('10.3.0.1:1', 3n);
    network.command(newcomer, (node, now) => node.addNode(server.address, now));
    flood(nodes, 1_000, rng);
    expect(newcomer.eventsOf('peer-established')).toHaveLength(1);
    expect(newcomer.node.peers(network.now)[0]?.transport_protocol_type).toBe('v2');
    flood(nodes, (SECONDS / 2 - 1) * 1_000, rng);

    const taken = (server.keyWork - before) * STEP_MS;
    const share = DEFAULT_INBOUND_KEY_WORK_SHARE * SECONDS * 1_000;
    // What was asked for: 2 s of work each second.
    expect(taken).toBeLessThanOrEqual(share + KEY_WORK_BURST_MS + STEP_MS);
    expect(taken).toBeGreaterThan(0.9 * share);
    expect(client.eventsOf('peer-disconnected')).toEqual([]);
  });
});
