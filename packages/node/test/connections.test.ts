import { describe, expect, test } from '@jest/globals';
import type { PeerId } from '@btcp2p/machine';
import { ServiceFlags, toHex, type Message } from '@btcp2p/wire';
import { RECONNECT_DELAY_MIN_MS } from '../src/manual-connections.ts';
import { parseWhitelist, type PermissionRules, type Whitelist } from '../src/net-permissions.ts';
import { ScriptedNode, type Remote } from './support/scripted-node.ts';

const { NODE_NETWORK, NODE_NETWORK_LIMITED, NODE_NONE, NODE_WITNESS } = ServiceFlags;
const TX_HASH = new Uint8Array(32).fill(3);
const ADDRESS = {
  time: 0, services: 9n, address: { network: 'ipv4', bytes: Uint8Array.of(1, 2, 3, 4), port: 1 },
} as const;

const rules = (...whitelists: string[]): PermissionRules => ({
  whitelists: whitelists.map((text) => parseWhitelist(text) as Whitelist),
  whitebinds: [],
  relay: true,
  forceRelay: false,
});

const addr = (count: number): Message => ({
  type: 'addr',
  payload: { addresses: Array.from({ length: count }, () => ADDRESS) },
});

const txInventory: Message = {
  type: 'inv',
  payload: { inventory: [{ type: 'tx', hash: TX_HASH }] },
};

describe('kinds of connections', () => {
  test.each([
    ['outbound-full-relay', true, ['sendcmpct', 'ping', 'getaddr']],
    ['block-relay-only', false, ['sendcmpct', 'ping']],
    ['addr-fetch', true, ['sendcmpct', 'ping', 'getaddr']],
  ] as const)('%s', (type, relay, afterVerack) => {
    const script = new ScriptedNode({ relayTransactions: true });
    // Of a chain as old as that, headers are asked of one peer that blocks can be had from.
    script.unix += 2 * 86_400;
    expect(script.do((node, now) => node.addConnection('1.2.3.4:5', type, false, now))).toBe(true);
    expect(script.dials).toMatchObject([{ address: '1.2.3.4:5' }]);
    const remote = script.answer();
    expect(remote.only('version').payload.relay).toBe(relay);
    remote.say(remote.version());
    const before = remote.heard.length;
    remote.say({ type: 'verack', payload: {} });
    const types = remote.types.slice(before);
    expect(types.slice(0, afterVerack.length)).toEqual(afterVerack);
    expect(types.includes('getheaders')).toBe(type !== 'addr-fetch');
    const [info] = script.node.peers(script.now);
    expect(info).toMatchObject({
      addr: '1.2.3.4:5', connection_type: type, inbound: false,
      addr_relay_enabled: type !== 'block-relay-only',
    });
  });

  test('a feeler is over once it has heard a version', () => {
    const script = new ScriptedNode({ relayTransactions: true });
    script.do((node, now) => node.addConnection('1.2.3.4:5', 'feeler', false, now));
    const remote = script.answer();
    expect(remote.only('version').payload.relay).toBe(false);
    remote.say(remote.version({ services: NODE_NONE }));
    expect(remote.isEnded).toBe(true);
    expect(script.details('peer-disconnected')).toEqual([
      'feeler connection completed, disconnecting peer=0',
    ]);
    expect(script.node.peers(script.now)).toEqual([]);
  });

  test('addr-fetch: one address may be its own, several are what was wanted', () => {
    const script = new ScriptedNode();
    script.do((node, now) => node.addConnection('1.2.3.4:5', 'addr-fetch', false, now));
    const remote = script.answer().shake();
    remote.say(addr(1));
    expect(remote.isEnded).toBe(false);
    remote.say(addr(2));
    expect(script.details('peer-disconnected')).toEqual([
      'addrfetch connection completed, disconnecting peer=0',
    ]);
  });

  test('addr-fetch ends after five minutes without addresses', () => {
    const script = new ScriptedNode();
    script.do((node, now) => node.addConnection('1.2.3.4:5', 'addr-fetch', false, now));
    const remote = script.answer().shake();
    script.pass(299);
    expect(remote.isEnded).toBe(false);
    script.pass(2);
    expect(script.details('peer-disconnected')).toEqual([
      'addrfetch connection timeout, disconnecting peer=0',
    ]);
  });

  test.each([
    ['outbound-full-relay', 8],
    ['block-relay-only', 2],
  ] as const)('%s: at most %i, dials included', (type, limit) => {
    const script = new ScriptedNode();
    const add = (i: number): boolean =>
      script.do((node, now) => node.addConnection(`1.2.3.${i}:5`, type, false, now));
    for (let i = 0; i < limit; i++) expect(add(i)).toBe(true);
    expect(add(limit)).toBe(false);
    const remote = script.answer().shake();
    expect(add(limit)).toBe(false);
    script.do((node, now) => node.disconnectNode(remote.id, now));
    expect(add(limit)).toBe(true);
    expect(add(limit + 1)).toBe(false);
    const failed = script.dials.shift()!;
    script.do((node, now) =>
      node.handle({ type: 'connect-failed', attempt: failed.attempt, cause: 'x' }, now),
    );
    expect(add(limit + 1)).toBe(true);
  });

  test('eleven of automatic kinds in all', () => {
    const script = new ScriptedNode();
    const add = (i: number): boolean =>
      script.do((node, now) => node.addConnection(`1.2.3.${i}:5`, 'feeler', false, now));
    for (let i = 0; i < 11; i++) expect(add(i)).toBe(true);
    expect(add(11)).toBe(false);
    script.do((node, now) => node.tryNode('1.2.3.99:5', now));
    expect(script.dials).toHaveLength(12);
  });
});

describe('services that a peer has to offer', () => {
  const connect = (services: bigint, tipAge: number, type: 'outbound-full-relay' | 'feeler') => {
    const script = new ScriptedNode();
    script.unix += tipAge;
    script.do((node, now) => node.addConnection('1.2.3.4:5', type, false, now));
    script.answer().shake({ services });
    return script.details('peer-disconnected');
  };
  const text = (offered: string, expected: string): string =>
    'peer does not offer the expected services ' +
    `(${offered} offered, ${expected} expected), disconnecting peer=0`;

  test.each([
    [NODE_NONE, '00000000'],
    [NODE_NETWORK, '00000001'],
    [NODE_WITNESS, '00000008'],
  ])('%p is not enough', (services, offered) => {
    expect(connect(services, 0, 'outbound-full-relay')).toEqual([text(offered, '00000009')]);
    expect(connect(services, 0, 'feeler')).toEqual(['feeler connection completed, disconnecting peer=0']);
  });

  test('recent blocks are, if that is all that we lack', () => {
    const limited = NODE_NETWORK_LIMITED | NODE_WITNESS;
    expect(connect(limited, 23 * 3_600, 'outbound-full-relay')).toEqual([]);
    expect(connect(NODE_NETWORK_LIMITED, 23 * 3_600, 'outbound-full-relay')).toEqual([
      text('00000400', '00000408'),
    ]);
    expect(connect(limited, 25 * 3_600, 'outbound-full-relay')).toEqual([text('00000408', '00000009')]);
  });
});

describe('what the user asks for', () => {
  test('a node is wanted once, by any name; taking it back leaves the connection', () => {
    const script = new ScriptedNode();
    expect(script.do((node, now) => node.addNode('10.0.0.9', now))).toBe(true);
    expect(script.do((node, now) => node.addNode('10.0.0.9', now))).toBe(false);
    expect(script.do((node, now) => node.addNode('10.0.0.9:18444', now))).toBe(false);
    expect(script.do((node, now) => node.addNode('some.name:1', now))).toBe(true);
    expect(script.dials.map(({ address }) => address)).toEqual(['10.0.0.9:18444', 'some.name:1']);
    const remote = script.answer().shake();
    const connection = { address: '10.0.0.9:18444', inbound: false };
    expect(script.node.addedNodes()).toEqual([
      { name: '10.0.0.9', connection },
      { name: 'some.name:1', connection: undefined },
    ]);
    expect(script.node.peers(script.now)).toMatchObject([{ addr: '10.0.0.9', connection_type: 'manual' }]);
    expect(script.do((node) => node.removeNode('10.0.0.9:18444'))).toBe(false);
    expect(script.do((node) => node.removeNode('10.0.0.9'))).toBe(true);
    expect(remote.isEnded).toBe(false);
    remote.gone();
    script.pass(3_600);
    expect(script.dials.map(({ address }) => address)).toEqual(['some.name:1']);
  });

  test('a wanted node is dialled again, one that is tried once is not', () => {
    const script = new ScriptedNode();
    script.do((node, now) => node.addNode('10.0.0.9:1', now));
    script.do((node, now) => node.tryNode('10.0.0.8:1', now));
    script.answer().shake().gone();
    script.answer().shake().gone();
    expect(script.dials).toEqual([]);
    script.pass(RECONNECT_DELAY_MIN_MS / 1_000);
    expect(script.dials.map(({ address }) => address)).toEqual(['10.0.0.9:1']);
    script.pass(3_600);
    expect(script.dials).toHaveLength(1);
  });

  test('nobody is dialled with whom there is a connection', () => {
    const script = new ScriptedNode();
    script.accept('10.0.0.9:1').shake();
    script.do((node, now) => node.tryNode('10.0.0.9:1', now));
    script.do((node, now) => node.addNode('10.0.0.9:1', now));
    expect(script.dials).toEqual([]);
    expect(script.events).toContainEqual({
      type: 'already-connected', name: '10.0.0.9:1', address: '10.0.0.9:1',
    });
    expect(script.node.addedNodes()).toMatchObject([{ connection: { inbound: true } }]);
  });

  test('a connection is ended by id or by name, and is gone at once', () => {
    const script = new ScriptedNode();
    const [first, second] = [script.accept('10.0.0.8:1').shake(), script.accept('10.0.0.9:1').shake()];
    expect(script.do((node, now) => node.disconnectNode('10.0.0.9:2', now))).toBe(false);
    expect(script.do((node, now) => node.disconnectNode('10.0.0.9:1', now))).toBe(true);
    expect(script.do((node, now) => node.disconnectNode('10.0.0.9:1', now))).toBe(false);
    expect(script.do((node, now) => node.disconnectNode(first.id, now))).toBe(true);
    expect(script.do((node, now) => node.disconnectNode(7 as PeerId, now))).toBe(false);
    expect([first.isEnded, second.isEnded]).toEqual([true, true]);
    expect(script.node.connectionCount()).toBe(0);
    expect(script.details('peer-disconnected')).toEqual([
      'disconnect by address match, disconnecting peer=1',
      'disconnect by id, disconnecting peer=0',
    ]);
  });

  test('no network: nobody is connected, dialled or let in, until there is again', () => {
    const script = new ScriptedNode();
    const remote = script.accept().shake();
    script.do((node, now) => node.addNode('10.0.0.9:1', now));
    script.dials.length = 0;
    script.do((node, now) => node.setNetworkActive(false, now));
    expect(script.events).toContainEqual({ type: 'network-active', active: false });
    expect(remote.isEnded).toBe(true);
    expect(script.details('peer-disconnected')).toEqual(['Network not active, disconnecting peer=0']);
    expect(script.accept('10.0.0.3:3').isEnded).toBe(true);
    expect(script.details('inbound-refused')).toEqual([
      'connection from 10.0.0.3:3 dropped: not accepting new connections',
    ]);
    script.do((node, now) => node.tryNode('10.0.0.7:1', now));
    expect(script.dials).toEqual([]);
    expect(script.node.deadline() ?? Infinity).toBeGreaterThan(script.instant);
    script.do((node, now) => node.setNetworkActive(true, now));
    expect(script.accept().isEnded).toBe(false);
  });

  test('ping reaches all that are through the handshake', () => {
    const script = new ScriptedNode();
    const [ready, early] = [script.accept().shake(), script.accept('10.0.0.3:3')];
    const pings = (): number => ready.types.filter((type) => type === 'ping').length;
    const before = pings();
    script.do((node, now) => node.ping(now));
    expect(pings()).toBe(before + 1);
    expect(early.types).not.toContain('ping');
  });
});

/** Says headers of which the second does not follow on the first. */
function misbehave(script: ScriptedNode, remote: Remote): void {
  const header = script.headers.header(script.headers.anchor);
  remote.say({ type: 'headers', payload: { headers: [header, header] } });
}

describe('permissions', () => {
  test('noban: misbehaviour is told of, and forgiven', () => {
    const script = new ScriptedNode({ permissions: rules('noban@10.0.0.2') });
    const remote = script.accept('10.0.0.2:2').shake();
    expect(script.node.peers(script.now)).toMatchObject([{ permissions: ['noban', 'download'] }]);
    misbehave(script, remote);
    expect(script.details('notice')).toEqual([
      'Misbehaving: peer=0: non-continuous headers sequence',
      'Warning: not punishing noban peer 0!',
    ]);
    expect(remote.isEnded).toBe(false);
  });

  test.each([
    ['10.0.0.3:2', 'Disconnecting and discouraging peer 0!'],
    ['127.0.0.1:2', 'Warning: disconnecting but not discouraging local peer 0!'],
  ])('%s has none: it is let go', (address, detail) => {
    const script = new ScriptedNode({ permissions: rules('noban@10.0.0.2') });
    const remote = script.accept(address).shake();
    misbehave(script, remote);
    expect(script.details('notice')).toEqual(['Misbehaving: peer=0: non-continuous headers sequence']);
    expect(script.details('peer-disconnected')).toEqual([detail]);
    expect(remote.isEnded).toBe(true);
  });

  test('a chain of too little work is shown to those who may download', () => {
    const minimumChainWork = 1_000n;
    const script = new ScriptedNode({ minimumChainWork, permissions: rules('download@10.0.0.2') });
    const ask: Message = {
      type: 'getheaders',
      payload: { version: 1, locator: [], hashStop: script.headers.hash(script.headers.anchor) },
    };
    const answers = (address: string): number =>
      script.accept(address).shake().say(ask).only('headers').payload.headers.length;
    expect(answers('10.0.0.2:2')).toBe(1);
    expect(answers('10.0.0.3:2')).toBe(0);
  });
});

describe('addresses, transactions and filters', () => {
  test('getaddr is for those who came in, once', () => {
    const script = new ScriptedNode();
    const inbound = script.accept().shake();
    expect(script.node.peers(script.now)[0]!.addr_relay_enabled).toBe(false);
    inbound.say({ type: 'getaddr', payload: {} }, { type: 'getaddr', payload: {} });
    expect(script.node.peers(script.now)[0]!.addr_relay_enabled).toBe(true);
    script.do((node, now) => node.tryNode('1.2.3.4:5', now));
    script.answer().shake().say({ type: 'getaddr', payload: {} });
    expect(script.details('notice')).toEqual([
      'Ignoring repeated "getaddr". peer=0',
      'Ignoring "getaddr" from manual connection. peer=1',
    ]);
  });

  test.each([
    ['mempool', { type: 'mempool', payload: {} }, 'mempool request with bloom filters disabled'],
    ['filterclear', { type: 'filterclear', payload: {} },
      'filterclear received despite not offering bloom services'],
    ['getcfcheckpt', { type: 'getcfcheckpt', payload: { filterType: 7, stopHash: TX_HASH } },
      'peer requested unsupported block filter type: 7'],
    ['inv', txInventory,
      `transaction (${toHex(TX_HASH)}) inv sent in violation of protocol`],
  ] as const)('%s ends the connection', (_, message, why) => {
    const script = new ScriptedNode();
    const remote = script.accept().shake();
    remote.say(message as Message);
    expect(remote.isEnded).toBe(true);
    expect(script.details('peer-disconnected')).toEqual([`${why}, disconnecting peer=0`]);
  });

  test.each([
    ['mempool', 'mempool', { type: 'mempool', payload: {} }],
    ['mempool', 'noban', { type: 'mempool', payload: {} }],
    ['inv', 'relay', txInventory],
  ] as const)('%s is ignored of a peer with %s', (_, permission, message) => {
    const script = new ScriptedNode({ permissions: rules(`${permission}@10.0.0.2`) });
    const remote = script.accept().shake();
    remote.say(message as Message);
    expect(remote.isEnded).toBe(false);
  });

  test('transactions that are announced where we asked for them are ignored', () => {
    const script = new ScriptedNode({ relayTransactions: true });
    expect(script.accept().shake().say(txInventory).isEnded).toBe(false);
    script.do((node, now) => node.addConnection('1.2.3.4:5', 'block-relay-only', false, now));
    expect(script.answer().shake().say(txInventory).isEnded).toBe(true);
  });

  test('what is asked for by txid is not there, or not for peers that want no transactions', () => {
    const script = new ScriptedNode();
    const ask: Message = {
      type: 'getdata', payload: { inventory: [{ type: 'tx', hash: TX_HASH }] },
    };
    expect(script.accept().shake({ relay: true }).say(ask).types).toContain('notfound');
    expect(script.accept('10.0.0.3:3').shake({ relay: false }).say(ask).types).not.toContain('notfound');
  });
});

test('getpeerinfo: every field, in Core’s order', () => {
  const script = new ScriptedNode();
  script.accept('127.0.0.1:2', '127.0.0.1:18444').shake({ startHeight: 7 });
  const [info] = script.node.peers(script.now);
  expect(Object.keys(info!)).toEqual([
    'id', 'addr', 'addrbind', 'network', 'services', 'servicesnames', 'relaytxes',
    'last_inv_sequence', 'inv_to_send', 'lastsend', 'lastrecv', 'last_transaction', 'last_block',
    'bytessent', 'bytesrecv', 'conntime', 'timeoffset', 'version', 'subver', 'inbound',
    'bip152_hb_to', 'bip152_hb_from', 'startingheight', 'presynced_headers', 'synced_headers',
    'synced_blocks', 'inflight', 'addr_relay_enabled', 'addr_processed', 'addr_rate_limited',
    'permissions', 'minfeefilter', 'bytessent_per_msg', 'bytesrecv_per_msg', 'connection_type',
    'transport_protocol_type', 'session_id',
  ]);
  expect(info).toMatchObject({
    addr: '127.0.0.1:2', addrbind: '127.0.0.1:18444', network: 'not_publicly_routable',
    last_inv_sequence: 1, startingheight: 7, presynced_headers: -1, synced_headers: -1,
    synced_blocks: -1, inflight: [],
  });
  const { sent } = script.node.status;
  expect(sent).toBe(info!.bytessent);
});

test('the clocks of those that we dial, as the median of at least five', () => {
  const script = new ScriptedNode();
  const offsets = [50, -3, 8, 7, 9];
  for (const [i, offset] of offsets.entries()) {
    expect(script.node.timeOffset).toBe(0);
    script.do((node, now) => node.tryNode(`1.2.3.${i}:5`, now));
    script.answer().shake({ timestamp: BigInt(script.unix + offset) });
    script.accept(`10.0.0.${i}:1`).shake({ timestamp: BigInt(script.unix + 1_000) });
  }
  expect(script.node.timeOffset).toBe(8);
});

test('a message of the user is sent as it is, unless it would be out of place', () => {
  const script = new ScriptedNode();
  const send = (id: number, type: string): boolean =>
    script.node.sendMessage(id as PeerId, type, Uint8Array.of(7), script.now);
  const remote = script.accept();
  expect(send(0, 'news')).toBe(false);
  remote.shake();
  remote.heard.splice(0);
  expect([send(1, 'news'), send(0, 'verack'), send(0, 'news')]).toEqual([false, false, true]);
  script.drain();
  expect(remote.heard).toEqual([
    { type: 'unknown', payload: { messageType: 'news', bytes: Uint8Array.of(7) } },
  ]);
});

test('messages are told of with their bytes where that is asked for', () => {
  const script = new ScriptedNode({ traceMessages: true, capturePayloads: true });
  script.accept().shake().say({ type: 'ping', payload: { nonce: 1n } });
  expect(script.events.filter(({ type }) => type === 'message').slice(-2)).toEqual(
    (['received', 'sent'] as const).map((direction) => ({
      type: 'message', direction, peer: 0, address: '10.0.0.2:2',
      messageType: direction === 'sent' ? 'pong' : 'ping',
      payloadSize: 8, payload: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0),
    })),
  );
});

test('a getdata is told of where messages are', () => {
  const script = new ScriptedNode({ traceMessages: true });
  const remote = script.accept().shake();
  remote.say({ type: 'getdata', payload: { inventory: [{ type: 'witness_block', hash: TX_HASH }] } });
  expect(script.details('notice').slice(-2)).toEqual([
    'received getdata (1 invsz) peer=0',
    `received getdata for: witness-block ${toHex(TX_HASH)} peer=0`,
  ]);
});

test('a time that the user has stopped holds up neither dials nor keys', () => {
  const script = new ScriptedNode();
  const stopped = (steady: number) => ({ ...script.now, steady });
  script.node.addNode('10.0.0.9:1', stopped(1_000));
  script.drain();
  const { attempt } = script.dials.shift()!;
  script.node.handle({ type: 'connect-failed', attempt, cause: 'x' }, stopped(1_010));
  script.drain();
  // The deadline is of the machine's instants, of which 1,010 steady ones are 1,000.
  expect(script.node.deadline()).toBe(1_000 + RECONNECT_DELAY_MIN_MS);
  script.node.handleTimeout(stopped(1_009 + RECONNECT_DELAY_MIN_MS));
  script.drain();
  expect(script.dials).toEqual([]);
  script.node.handleTimeout(stopped(1_010 + RECONNECT_DELAY_MIN_MS));
  script.drain();
  expect(script.dials).toHaveLength(1);
});
