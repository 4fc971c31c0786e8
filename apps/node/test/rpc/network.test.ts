import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { PeerId } from '@btcp2p/machine';
import type { NodePeerInfo } from '@btcp2p/node';
import { RpcError } from '../../src/rpc/rpc-error.ts';
import { networkMethods } from '../../src/rpc/methods/network.ts';
import type { NetworkContext } from '../../src/rpc/network-context.ts';
import { parseJson } from '../../src/rpc/parse-json.ts';
import { RpcArgs } from '../../src/rpc/rpc-method.ts';
import { undescribed } from '../../src/rpc/rpc-result.ts';
import { writeJson } from '../../src/rpc/write-json.ts';
import type { JsonValue } from '../../src/rpc/json-value.ts';

const V2 = 1n << 11n;

const PEER: NodePeerInfo = {
  id: 0 as PeerId, addr: '1.2.3.4:5', addrbind: '127.0.0.1:1', network: 'ipv4',
  services: '0000000000000009', servicesnames: ['NETWORK', 'WITNESS'], relaytxes: true,
  last_inv_sequence: 1, inv_to_send: 0, lastsend: 1, lastrecv: 2, last_transaction: 0, last_block: 0,
  bytessent: 3, bytesrecv: 4, conntime: 5, timeoffset: -6, pingtime: 0.000_1, minping: 0.000_1,
  version: 70016, subver: '/x/', inbound: false, bip152_hb_to: false, bip152_hb_from: false,
  startingheight: 7, presynced_headers: -1, synced_headers: -1, synced_blocks: -1, inflight: [8, 9],
  addr_relay_enabled: true, addr_processed: 0, addr_rate_limited: 0, permissions: ['noban'],
  minfeefilter: 1_000n, bytessent_per_msg: { ping: 32 }, bytesrecv_per_msg: { '*other*': 1 },
  connection_type: 'manual', transport_protocol_type: 'v1', session_id: '',
};

function fake(): jest.Mocked<NetworkContext> {
  const counts = { inbound: 1, outbound: 2, both: 3 };
  return {
    isRegtest: true, version: 100, userAgent: '/us/', protocolVersion: 70016, services: 9n | V2,
    takesTransactions: false, timeOffset: 0, isNetworkActive: true,
    totals: { received: 10, sent: 20 }, warnings: [], systemTime: () => 1_234.5,
    connectionCount: (direction: keyof typeof counts) => counts[direction],
    peers: () => [PEER],
    addedNodes: () => [
      { name: 'a', connection: { address: 'a:1', inbound: true } }, { name: 'b', connection: undefined },
    ],
    ping: jest.fn(), addNode: jest.fn(() => true), removeNode: jest.fn(() => true), tryNode: jest.fn(),
    addConnection: jest.fn(() => true), disconnectNode: jest.fn(() => true), setNetworkActive: jest.fn(),
    sendMessage: jest.fn(() => true),
  } as unknown as jest.Mocked<NetworkContext>;
}

let network: jest.Mocked<NetworkContext>;
beforeEach(() => {
  network = fake();
});

/** Calls a method with parameters in JSON, and gives the answer as JSON makes it. */
function call(name: string, params = '[]'): unknown {
  const method = networkMethods.find((each) => each.name === name)!;
  const args = new RpcArgs(method.params, parseJson(params) as readonly JsonValue[]);
  const result = method.handler(args, { network }, { user: 'x', signal: new AbortController().signal });
  if (result instanceof Promise) throw new Error('these methods answer at once');
  expect(undescribed(method.results, result)).toBeUndefined();
  return JSON.parse(writeJson(result));
}

function refusal(name: string, params: string): readonly [number, string] {
  try {
    call(name, params);
  } catch (error) {
    if (error instanceof RpcError) return [error.code, error.message];
    throw error;
  }
  throw new Error('it was not refused');
}

describe('what is known of the network', () => {
  test('getpeerinfo', () => {
    expect(call('getpeerinfo')).toEqual([
      { ...PEER, minfeefilter: 0.000_01 },
    ]);
    const text = writeJson(networkMethods.find(({ name }) => name === 'getpeerinfo')!.handler(
      new RpcArgs([], []), { network }, { user: '', signal: new AbortController().signal },
    ) as never);
    expect(text).toContain('"minfeefilter":0.00001000,');
    expect(text).toContain('"pingtime":0.0001,');
  });

  test('getconnectioncount, getnetworkinfo, getnettotals', () => {
    expect(call('getconnectioncount')).toBe(3);
    expect(call('getnetworkinfo')).toMatchObject({
      version: 100, subversion: '/us/', protocolversion: 70016, localservices: '0000000000000809',
      localservicesnames: ['NETWORK', 'WITNESS', 'P2P_V2'], localrelay: false, networkactive: true,
      connections: 3, connections_in: 1, connections_out: 2, relayfee: 0.000_001,
      networks: [{ name: 'ipv4', reachable: true }, { name: 'ipv6' }, { name: 'onion', limited: true },
        { name: 'i2p' }, { name: 'cjdns' }],
      localaddresses: [], warnings: [],
    });
    expect(call('getnettotals')).toMatchObject({
      totalbytesrecv: 10, totalbytessent: 20, timemillis: 1_234,
      uploadtarget: { timeframe: 86_400, target: 0, serve_historical_blocks: true },
    });
  });

  test('getaddednodeinfo', () => {
    const a = {
      addednode: 'a', connected: true, addresses: [{ address: 'a:1', connected: 'inbound' }],
    };
    const b = { addednode: 'b', connected: false, addresses: [] };
    expect(call('getaddednodeinfo')).toEqual([a, b]);
    expect(call('getaddednodeinfo', '["b"]')).toEqual([b]);
    expect(refusal('getaddednodeinfo', '["c"]')).toEqual([-24, 'Error: Node has not been added.']);
  });
});

describe('addnode', () => {
  test.each([
    ['["a","add"]', 'addNode', ['a', true]],
    ['["a","add",false]', 'addNode', ['a', false]],
    ['["a","onetry"]', 'tryNode', ['a', true]],
    ['["a","remove"]', 'removeNode', ['a']],
  ] as const)('%s', (params, method, args) => {
    expect(call('addnode', params)).toBeNull();
    expect(network[method]).toHaveBeenCalledWith(...args);
  });

  test('is refused', () => {
    network.addNode.mockReturnValue(false);
    network.removeNode.mockReturnValue(false);
    expect(refusal('addnode', '["a","add"]')).toEqual([-23, 'Error: Node already added']);
    expect(refusal('addnode', '["a","remove"]')).toEqual([
      -24, 'Error: Node could not be removed. It has not been added previously.',
    ]);
    expect(refusal('addnode', '["a","what"]')[0]).toBe(-1);
    network = { ...network, services: 9n };
    expect(refusal('addnode', '["a","add",true]')).toEqual([
      -8, 'Error: v2transport requested but not enabled (see -v2transport)',
    ]);
  });
});

test('getnetworkinfo shows what there is to warn of', () => {
  network = { ...network, warnings: ['beware'] } as jest.Mocked<NetworkContext>;
  expect(call('getnetworkinfo')).toMatchObject({ warnings: ['beware'] });
});

describe('sendmsgtopeer', () => {
  test('hands the message over as it is', () => {
    expect(call('sendmsgtopeer', '[3,"news","00Ff"]')).toEqual({});
    expect(network.sendMessage).toHaveBeenCalledWith(3, 'news', Uint8Array.of(0, 255));
  });

  test('refuses what cannot be sent', () => {
    expect(refusal('sendmsgtopeer', '[0,"aaaaaaaaaaaaa",""]')).toEqual([
      -8, 'Error: msg_type too long, max length is 12',
    ]);
    expect(refusal('sendmsgtopeer', '[0,"news","abc"]')).toEqual([-8, 'Error parsing input for msg']);
    expect(refusal('sendmsgtopeer', '[0,"n\\u00fc","00"]')).toEqual([
      -1, 'Error: Could not send message to peer',
    ]);
    network.sendMessage.mockReturnValue(false);
    expect(refusal('sendmsgtopeer', '[0,"news","00"]')).toEqual([
      -1, 'Error: Could not send message to peer',
    ]);
  });
});

describe('addconnection', () => {
  test('on regtest, as long as there is room', () => {
    expect(call('addconnection', '["a:1"," feeler ",false]')).toEqual({
      address: 'a:1', connection_type: 'feeler',
    });
    expect(network.addConnection).toHaveBeenCalledWith('a:1', 'feeler', false);
    network.addConnection.mockReturnValue(false);
    expect(refusal('addconnection', '["a:1","feeler",false]')).toEqual([
      -34, 'Error: Already at capacity for specified connection type.',
    ]);
  });

  test('is refused', () => {
    expect(refusal('addconnection', '["a:1","manual",false]')[0]).toBe(-8);
    expect(refusal('addconnection', '["a:1","feeler",1]')[0]).toBe(-3);
    network = { ...network, services: 9n };
    expect(refusal('addconnection', '["a:1","feeler",true]')).toEqual([
      -8, 'Error: Adding v2transport connections requires -v2transport init flag to be set.',
    ]);
    network = { ...network, isRegtest: false };
    expect(refusal('addconnection', '["a:1","feeler",false]')).toEqual([
      -1, 'addconnection is for regression testing (-regtest mode) only.',
    ]);
  });
});

test.each([
  ['["a:1"]', 'a:1'],
  ['["",7]', 7],
  ['[null,7]', 7],
])('disconnectnode %s', (params, node) => {
  expect(call('disconnectnode', params)).toBeNull();
  expect(network.disconnectNode).toHaveBeenCalledWith(node);
});

test('disconnectnode is refused', () => {
  const both = 'Only one of address and nodeid should be provided.';
  expect(refusal('disconnectnode', '["a",7]')).toEqual([-32602, both]);
  expect(refusal('disconnectnode', '[]')).toEqual([-32602, both]);
  network.disconnectNode.mockReturnValue(false);
  expect(refusal('disconnectnode', '["a"]')).toEqual([-29, 'Node not found in connected nodes']);
});

test('ping and setnetworkactive', () => {
  expect(call('ping')).toBeNull();
  expect(network.ping).toHaveBeenCalledTimes(1);
  expect(call('setnetworkactive', '[false]')).toBe(true);
  expect(network.setNetworkActive).toHaveBeenCalledWith(false);
});
