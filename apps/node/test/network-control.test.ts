import { afterEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { TestNode, until } from './support/test-node.ts';

const nodes: TestNode[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.remove();
});

async function start(args: readonly string[] = []): Promise<TestNode> {
  const node = await TestNode.start(['-debug=net', ...args]);
  nodes.push(node);
  return node;
}

const unix = (): number => Math.floor(Date.now() / 1_000);
const established = (node: TestNode) => (): boolean =>
  node.running.network.peers().some(({ bytesrecv_per_msg }) => (bytesrecv_per_msg['pong'] ?? 0) >= 29);
const state = (node: TestNode) => (): string => JSON.stringify(node.running.network.peers());

test('connections by hand, while the time stands still', async () => {
  const [server, client] = [await start(['-whitelist=noban@127.0.0.1']), await start()];
  for (const node of nodes) node.running.setMockTime(unix() + 1);
  const { network } = client.running;
  network.tryNode(server.address, true);
  for (const node of nodes) await until(established(node), state(node));
  expect(network.peers()).toMatchObject([
    {
      addr: server.address, connection_type: 'manual', transport_protocol_type: 'v2',
      network: 'not_publicly_routable', permissions: [],
    },
  ]);
  // No time has passed: a round trip of nothing is not shown.
  expect(network.peers()[0]!.pingtime).toBeUndefined();
  expect(network.peers()[0]!.minping).toBe(0);
  const [seen] = server.running.network.peers();
  expect(seen).toMatchObject({ inbound: true, permissions: ['noban', 'download'] });
  expect(seen!.addr).toBe(network.peers()[0]!.addrbind);

  network.tryNode(server.address, true);
  expect(network.connectionCount('both')).toBe(1);
  expect(network.disconnectNode(server.address)).toBe(true);
  expect(network.connectionCount('both')).toBe(0);
  await until(() => server.running.network.connectionCount('both') === 0, state(server));
  const { received, sent } = network.totals;
  expect(received).toBeGreaterThan(500);
  expect(sent).toBeGreaterThan(500);

  expect(network.addConnection(server.address, 'block-relay-only', false)).toBe(true);
  await until(established(client), state(client));
  expect(network.peers()).toMatchObject([
    { id: 1, connection_type: 'block-relay-only', transport_protocol_type: 'v1', addr_relay_enabled: false },
  ]);
  for (const line of [
    `trying v2 connection ${server.address} lastseen=0.0hrs`, 'Added connection peer=0',
    'receive version message: /btcp2p:', 'sending getaddr (0 bytes) peer=0',
    'received: sendcmpct (9 bytes) peer=0', 'disconnect by address match, disconnecting peer=0',
    `trying v1 connection ${server.address}`,
  ]) {
    expect(client.log).toContain(line);
  }
  expect(server.log).toContain('connection from 127.0.0.1:');
}, 30_000);

test('a time that jumps runs out at once', async () => {
  const node = await start(['-peertimeout=3']);
  const [host, port] = node.address.split(':');
  const socket = connect(Number(port), host!);
  await once(socket, 'connect');
  await until(() => node.running.network.connectionCount('inbound') === 1, state(node));
  const now = unix();
  node.running.setMockTime(now + 2);
  expect(node.running.network.connectionCount('both')).toBe(1);
  node.running.setMockTime(now + 5);
  expect(node.running.network.connectionCount('both')).toBe(0);
  expect(node.log).toContain(
    'socket no message in first 3 seconds, never received from peer, never sent to peer, ' +
      'disconnecting peer=0\n',
  );
  await once(socket, 'close');
  node.running.setMockTime(0);
  expect(node.log).toMatch(/Z \(mocktime: [^)]+Z\) \[net\]/);
}, 30_000);
