import { describe, expect, test } from '@jest/globals';
import { NetAddressV1, ServiceFlags, unspecifiedAddress, type VersionAddress } from '@btcp2p/wire';
import type { ConnectionType } from '../src/index.ts';
import { FULL, OUR_NONCE, START, theirVersion } from './support/options.ts';
import { ScriptedPeer } from './support/scripted-peer.ts';

const VERACK = { type: 'verack', payload: {} } as const;
const version = (changes: Parameters<typeof theirVersion>[0] = {}) =>
  ({ type: 'version', payload: theirVersion(changes) }) as const;

const OUTBOUND: readonly ConnectionType[] = [
  'outbound-full-relay',
  'block-relay-only',
  'manual',
  'feeler',
  'addr-fetch',
];

describe('opening', () => {
  test('an inbound connection waits for version', () => {
    const script = new ScriptedPeer();
    expect(script.effects).toEqual([]);
    expect(script.peer.stage).toBe('awaiting-version');
    script.say(version());
    expect(script.receivedTypes).toEqual(['version', 'wtxidrelay', 'sendaddrv2', 'verack']);
    expect(script.peer.stage).toBe('awaiting-verack');
    expect(script.events).toEqual([]);
  });

  test.each(OUTBOUND)('a connection that is %s opens with version', (connectionType) => {
    const script = new ScriptedPeer({ connectionType });
    expect(script.receivedTypes).toEqual(['version']);
    script.say(version());
    expect(script.receivedTypes).toEqual(['version', 'wtxidrelay', 'sendaddrv2', 'verack']);
  });

  test('our version says what the options say, and not where we are', () => {
    const receiver: VersionAddress = {
      services: FULL,
      network: 'ipv4',
      bytes: Uint8Array.of(203, 0, 113, 7),
      port: 18444,
    };
    const services = FULL | ServiceFlags.NODE_P2P_V2;
    const script = new ScriptedPeer({ connectionType: 'manual', receiver, services });
    const { payload } = script.last('version');
    expect(payload).toEqual({
      version: 70016,
      services,
      timestamp: BigInt(START.unix),
      receiver,
      sender: { ...unspecifiedAddress, services },
      nonce: OUR_NONCE,
      userAgent: '/test:1/',
      startHeight: 100,
      relay: true,
    });
    expect(NetAddressV1.size(payload.sender)).toBe(18);
  });

  test.each([
    ['inbound', true, true],
    ['inbound', false, false],
    ['outbound-full-relay', true, true],
    ['manual', true, true],
    ['addr-fetch', true, true],
    ['block-relay-only', true, false],
    ['feeler', true, false],
  ] as const)('%s with relay %s asks for transactions: %s', (connectionType, relay, expected) => {
    const script = new ScriptedPeer({ connectionType, relay });
    script.say(version());
    expect(script.last('version').payload.relay).toBe(expected);
  });
});

describe('being established', () => {
  test('verack brings sendcmpct, the event, then a ping', () => {
    const script = new ScriptedPeer({ traceMessages: true });
    script.say(
      version({ timestamp: BigInt(START.unix) + 90n }),
      { type: 'wtxidrelay', payload: {} },
      { type: 'sendaddrv2', payload: {} },
      VERACK,
    );
    expect(script.receivedTypes.slice(4)).toEqual(['sendcmpct', 'ping']);
    expect(script.last('sendcmpct').payload).toEqual({ announce: false, version: 2n });
    expect(script.last('ping').payload.nonce).not.toBe(0n);
    expect(script.all('established')).toEqual([
      {
        type: 'established',
        version: theirVersion({ timestamp: BigInt(START.unix) + 90n }),
        transport: 'v1',
        sessionId: undefined,
        commonVersion: 70016,
        timeOffset: 90,
        wtxidRelay: true,
        wantsAddrV2: true,
        relaysTransactions: true,
        features: [],
      },
    ]);
    const order = script.effects.flatMap((effect) => {
      if (effect.type !== 'trace') return effect.type === 'send' ? [] : [effect.type];
      return effect.direction === 'sent' ? [effect.messageType] : [];
    });
    expect(order.slice(-3)).toEqual(['sendcmpct', 'established', 'ping']);
    expect(script.notices).toEqual([
      expect.stringMatching(/^send version message: version 70016, blocks=\d+, txrelay=1, peer=0$/),
      expect.stringMatching(
        /^receive version message: .*: version 70016, blocks=\d+, us=.*:\d+, txrelay=1, peer=0$/,
      ),
    ]);
    expect(script.peer.stage).toBe('established');
  });

  test('a peer that negotiates nothing has nothing', () => {
    const script = ScriptedPeer.established();
    const { peer } = script;
    expect(peer.wtxidRelay).toBe(false);
    expect(peer.wantsAddrV2).toBe(false);
    expect(peer.prefersHeaders).toBe(false);
    expect(peer.compact).toBeUndefined();
    expect(peer.feeFilter).toBe(0n);
    expect(peer.features).toEqual([]);
  });

  // Core net_processing.cpp: WTXID_RELAY_VERSION, SHORT_IDS_BLOCKS_VERSION.
  test.each([
    [70016, ['version', 'wtxidrelay', 'sendaddrv2', 'verack', 'sendcmpct', 'ping']],
    [70999, ['version', 'wtxidrelay', 'sendaddrv2', 'verack', 'sendcmpct', 'ping']],
    [70015, ['version', 'verack', 'sendcmpct', 'ping']],
    [70014, ['version', 'verack', 'sendcmpct', 'ping']],
    [70013, ['version', 'verack', 'ping']],
    [31800, ['version', 'verack', 'ping']],
  ])('a peer of version %i is sent %j', (number, expected) => {
    const script = ScriptedPeer.established({}, { version: number });
    expect(script.receivedTypes).toEqual(expected);
    expect(script.peer.commonVersion).toBe(Math.min(number, 70016));
  });

  test('a clock before 1970 counts as 1970', () => {
    const script = ScriptedPeer.established({}, { timestamp: -5n });
    expect(script.peer.timeOffset).toBe(-START.unix);
  });

  test('a peer that wants no transactions is told of none', () => {
    expect(ScriptedPeer.established({}, { relay: false }).peer.relaysTransactions).toBe(false);
    expect(ScriptedPeer.established().peer.relaysTransactions).toBe(true);
    const blocks = ScriptedPeer.established({ connectionType: 'block-relay-only' });
    expect(blocks.peer.relaysTransactions).toBe(false);
  });

  test('what is kept of version does not change with the bytes that it came in', () => {
    const script = new ScriptedPeer();
    const bytes = Uint8Array.of(192, 0, 2, 1);
    const receiver: VersionAddress = { services: 1n, network: 'ipv4', bytes, port: 8333 };
    const data = script.bytesOf(version({ receiver }));
    script.sayBytes(data);
    data.fill(0);
    expect(script.peer.version?.receiver.bytes).toEqual(bytes);
  });
});

describe('peers that are let go', () => {
  const { NODE_NONE, NODE_NETWORK, NODE_WITNESS, NODE_NETWORK_LIMITED } = ServiceFlags;

  // The cases of Core's test/functional/p2p_handshake.py.
  for (const connectionType of ['outbound-full-relay', 'block-relay-only', 'addr-fetch'] as const) {
    test.each([NODE_NONE, NODE_NETWORK, NODE_WITNESS, NODE_NETWORK_LIMITED | NODE_WITNESS])(
      `services %i on ${connectionType} are not enough`,
      (services) => {
        const script = new ScriptedPeer({ connectionType });
        script.say(version({ services }), VERACK);
        const offered = services.toString(16).padStart(8, '0');
        expect(script.disconnect).toEqual({
          type: 'disconnect',
          reason: 'insufficient-services',
          detail:
            `peer does not offer the expected services (${offered} offered, 00000009 expected), ` +
            'disconnecting peer=0',
        });
        expect(script.receivedTypes).toEqual(['version']);
        const { bytessent_per_msg: sent } = script.peer.info(script.now);
        expect(Object.keys(sent)).toEqual(['version']);
        // The caller still learns what the peer offers.
        expect(script.peer.version?.services).toBe(services);
      },
    );
  }

  test.each(['inbound', 'manual'] as const)('%s needs no services', (connectionType) => {
    const script = ScriptedPeer.established({ connectionType }, { services: NODE_NONE });
    expect(script.events).toEqual(['established']);
  });

  test('what is required may depend on what is offered', () => {
    const pruned = NODE_NETWORK_LIMITED | NODE_WITNESS;
    const options = {
      connectionType: 'outbound-full-relay',
      requiredServicesOf: (services: bigint) => (services === pruned ? pruned : 1n << 20n),
    } as const;
    expect(ScriptedPeer.established(options, { services: pruned }).events).toEqual(['established']);
    const script = new ScriptedPeer(options);
    script.say(version({ services: FULL }));
    expect(script.events).toEqual(['disconnect insufficient-services']);
    expect(script.disconnect?.detail).toContain('00000009 offered, 00100000 expected');
  });

  test.each([31799, 0, -1, -0x8000_0000])('version %i is obsolete', (number) => {
    const script = new ScriptedPeer();
    script.say(version({ version: number }));
    expect(script.disconnect?.reason).toBe('obsolete-version');
    expect(script.disconnect?.detail).toBe(
      `peer using obsolete version ${number}, disconnecting peer=0`,
    );
    expect(script.receivedTypes).toEqual([]);
  });

  test('services are looked at before the version, as in Core', () => {
    const script = new ScriptedPeer({ connectionType: 'outbound-full-relay' });
    script.say(version({ version: 1, services: 0n }));
    expect(script.disconnect?.reason).toBe('insufficient-services');
  });

  test('this node itself', () => {
    const script = new ScriptedPeer();
    script.say(version({ nonce: OUR_NONCE }));
    expect(script.disconnect).toEqual({
      type: 'disconnect',
      reason: 'self-connection',
      detail: 'connected to self at 203.0.113.7:18444, disconnecting',
    });
    // It must not learn of it from our answer.
    expect(script.receivedTypes).toEqual([]);
  });

  test('an outbound connection does not look at nonces: the inbound end does', () => {
    const script = new ScriptedPeer({ connectionType: 'outbound-full-relay' });
    script.say(version({ nonce: OUR_NONCE }), VERACK);
    expect(script.events).toEqual(['established']);
  });

  test('a feeler, once it has what it came for', () => {
    const script = new ScriptedPeer({ connectionType: 'feeler' });
    script.say(version({ services: 0n }), VERACK);
    expect(script.disconnect).toEqual({
      type: 'disconnect',
      reason: 'feeler-complete',
      detail: 'feeler connection completed, disconnecting peer=0',
    });
    expect(script.events).toEqual(['disconnect feeler-complete']);
    expect(script.receivedTypes).toEqual(['version', 'wtxidrelay', 'sendaddrv2', 'verack']);
    expect(script.peer.version?.userAgent).toBe('/script:0.1/');
  });
});

describe('after a disconnect', () => {
  test('nothing more comes, whatever goes in', () => {
    const script = new ScriptedPeer();
    script.say(version({ version: 1 }), version(), VERACK, { type: 'getaddr', payload: {} });
    const count = script.effects.length;
    expect(script.events).toEqual(['disconnect obsolete-version']);
    expect(script.peer.stage).toBe('disconnected');
    expect(script.peer.deadline()).toBeUndefined();
    script.say(version(), VERACK);
    script.order({ type: 'getaddr', payload: {} });
    script.ping();
    script.jump(10_000_000);
    expect(script.effects).toHaveLength(count);
  });
});
