import { describe, expect, test } from '@jest/globals';
import { MINUTE } from '@btcp2p/machine';
import { ServiceFlags, sha256d, type Message, type VersionAddress } from '@btcp2p/wire';
import type { Transport } from '../src/index.ts';
import { FULL, START, theirVersion } from './support/options.ts';
import { ScriptedPeer } from './support/scripted-peer.ts';

const VERACK: Message = { type: 'verack', payload: {} };

describe('info', () => {
  test('before anything has happened, as in rpc_net.py of Core', () => {
    const script = new ScriptedPeer();
    expect(script.peer.info(script.now)).toEqual({
      id: 0,
      addr: '203.0.113.7:18444',
      services: '0000000000000000',
      servicesnames: [],
      relaytxes: false,
      lastsend: 0,
      lastrecv: 0,
      bytessent: 0,
      bytesrecv: 0,
      conntime: START.unix,
      timeoffset: 0,
      version: 0,
      subver: '',
      inbound: true,
      bip152_hb_to: false,
      bip152_hb_from: false,
      startingheight: -1,
      permissions: [],
      minfeefilter: 0n,
      bytessent_per_msg: {},
      bytesrecv_per_msg: {},
      connection_type: 'inbound',
      transport_protocol_type: 'v1',
      session_id: '',
    });
  });

  test('of a connection in use', () => {
    const bytes = Uint8Array.of(198, 51, 100, 4);
    const receiver: VersionAddress = { services: 0n, network: 'ipv4', bytes, port: 8333 };
    const script = new ScriptedPeer({
      connectionType: 'outbound-full-relay',
      permissions: ['download'],
    });
    const payload = theirVersion({
      version: 70020,
      services: FULL | ServiceFlags.NODE_P2P_V2,
      receiver,
      userAgent: '/a:1(<b>)\u0001\u00ff"/',
      startHeight: 820_000,
      timestamp: BigInt(START.unix - 3),
    });
    script.say({ type: 'version', payload }, VERACK);
    script.say({ type: 'sendcmpct', payload: { announce: true, version: 2n } });
    script.say({ type: 'feefilter', payload: { feerate: 1_000n } });
    script.advance(MINUTE);
    script.order({ type: 'sendcmpct', payload: { announce: true, version: 2n } });
    expect(script.peer.info(script.now)).toMatchObject({
      addrlocal: '198.51.100.4:8333',
      services: '0000000000000809',
      servicesnames: ['NETWORK', 'WITNESS', 'P2P_V2'],
      relaytxes: true,
      lastsend: START.unix + 60,
      lastrecv: START.unix,
      conntime: START.unix,
      timeoffset: -3,
      version: 70020,
      subver: '/a:1(b)/',
      inbound: false,
      bip152_hb_to: true,
      bip152_hb_from: true,
      startingheight: 820_000,
      permissions: ['download'],
      minfeefilter: 1_000n,
      pingwait: 60,
      connection_type: 'outbound-full-relay',
    });
    script.order({ type: 'sendcmpct', payload: { announce: false, version: 2n } });
    script.say({ type: 'sendcmpct', payload: { announce: false, version: 2n } });
    expect(script.peer.info(script.now)).toMatchObject({
      bip152_hb_to: false,
      bip152_hb_from: false,
    });
  });

  test('times of pings are precise to the microsecond', () => {
    const script = ScriptedPeer.established();
    script.advance(5.6220639999);
    script.say({ type: 'pong', payload: { nonce: script.last('ping').payload.nonce } });
    const { pingtime, minping } = script.peer.info(script.now);
    expect([pingtime, minping]).toEqual([0.005622, 0.005622]);
  });

  test('of an encrypted transport', () => {
    const transport: Transport = {
      protocol: 'v2',
      sessionId: new Uint8Array(32).fill(0xab),
      bufferedBytes: 0,
      receive() {},
      poll: () => undefined,
      send: () => 0,
      pollBytes: () => undefined,
    };
    const { peer, now } = new ScriptedPeer({ transport });
    expect(peer.info(now)).toMatchObject({
      transport_protocol_type: 'v2',
      session_id: 'ab'.repeat(32),
    });
  });
});

describe('bytes', () => {
  test('of messages are hashed by the function given', () => {
    let count = 0;
    const counting = (bytes: Uint8Array): Uint8Array => {
      count++;
      return sha256d(bytes);
    };
    const script = ScriptedPeer.established({ sha256d: counting });
    // Each message has a checksum, either way: theirs are version and verack.
    expect(count).toBe(script.received.length + 2);
  });

  test('are those that came and went, by type', () => {
    const script = new ScriptedPeer({ traceMessages: true });
    let said = script.say({ type: 'version', payload: theirVersion() }, VERACK);
    said += script.say({ type: 'ping', payload: { nonce: 1n } }, { type: 'getaddr', payload: {} });
    said += script.say({ type: 'ping', payload: { nonce: 2n } });
    said += script.sayRaw('badmsg', [1, 2]);
    said += script.sayRaw('reject', [1]);
    said += script.sayRaw('inv', [5]);
    const bad = script.bytesOf({ type: 'mempool', payload: {} });
    bad[20]! ^= 1;
    said += script.sayBytes(bad);
    // Half a message counts as bytes, but of no type yet.
    said += script.sayBytes(script.bytesOf(VERACK).subarray(0, 10));
    script.order({ type: 'unknown', payload: { messageType: 'news', bytes: Uint8Array.of(1) } });

    const info = script.peer.info(script.now);
    const sizeOfVersion = 24 + 86 + '/script:0.1/'.length;
    expect(info.bytesrecv).toBe(said);
    expect(info.bytesrecv_per_msg).toEqual({
      // Unknown and rejected messages, and one that Core no longer knows.
      '*other*': 24 + 2 + (24 + 1) + 24,
      getaddr: 24,
      inv: 25,
      ping: 64,
      verack: 24,
      version: sizeOfVersion,
    });
    expect(Object.keys(info.bytesrecv_per_msg)).toEqual(
      Object.keys(info.bytesrecv_per_msg).toSorted(),
    );

    const sent = script.all('send').reduce((size, { data }) => size + data.length, 0);
    expect(info.bytessent).toBe(sent);
    const byType: Record<string, number> = {};
    for (const { direction, messageType, payloadSize } of script.all('trace')) {
      if (direction === 'received') continue;
      const key = messageType === 'news' ? '*other*' : messageType;
      byType[key] = (byType[key] ?? 0) + 24 + payloadSize;
    }
    expect(info.bytessent_per_msg).toEqual(byType);
    expect(byType).toMatchObject({ pong: 64, ping: 32, sendcmpct: 33, '*other*': 25 });
    expect(script.all('trace').some((trace) => 'payload' in trace)).toBe(false);
  });

  test('are shown where they are to be captured, also of what does not decode', () => {
    const script = new ScriptedPeer({ traceMessages: true, capturePayloads: true });
    script.say({ type: 'version', payload: theirVersion() }, VERACK);
    script.say({ type: 'ping', payload: { nonce: 0x0102n } });
    script.sayRaw('inv', [5]);
    const shown = script.all('trace').slice(-3);
    expect(shown).toEqual([
      {
        type: 'trace', direction: 'received', messageType: 'ping', payloadSize: 8,
        payload: Uint8Array.of(2, 1, 0, 0, 0, 0, 0, 0),
      },
      {
        type: 'trace', direction: 'sent', messageType: 'pong', payloadSize: 8,
        payload: Uint8Array.of(2, 1, 0, 0, 0, 0, 0, 0),
      },
      {
        type: 'trace', direction: 'received', messageType: 'inv', payloadSize: 1,
        payload: Uint8Array.of(5),
      },
    ]);
  });

  test('of types that the peer makes up take no memory', () => {
    const script = ScriptedPeer.established();
    for (let i = 0; i < 500; i++) script.sayRaw(`type${i}`);
    script.sayRaw('__proto__');
    script.sayRaw('constructor');
    const { bytesrecv_per_msg: byType } = script.peer.info(script.now);
    expect(Object.keys(byType)).toEqual(['*other*', 'verack', 'version']);
    expect(byType['*other*']).toBe(502 * 24);
  });
});
