import { describe, expect, test } from '@jest/globals';
import { SeededRng } from '@btcp2p/machine';
import * as fc from 'fast-check';
import type { ConnectionType } from '../src/index.ts';
import { concat, listOfZeros } from './support/payloads.ts';
import { ScriptedPeer } from './support/scripted-peer.ts';

const HASH = 32;

describe('frames', () => {
  // Core's test/functional/p2p_invalid_messages.py.
  test("another network's magic ends the connection", () => {
    const script = ScriptedPeer.established();
    const bytes = script.bytesOf({ type: 'getaddr', payload: {} });
    bytes.fill(0xff, 0, 4);
    script.sayBytes(bytes);
    expect(script.disconnect).toEqual({
      type: 'disconnect',
      reason: 'header-error',
      detail: 'Header error: Wrong MessageStart ffffffff received, peer=0',
    });
  });

  test('so does it as the first thing that comes', () => {
    const script = new ScriptedPeer();
    script.sayBytes(new TextEncoder().encode('GET / HTTP/1.1\r\nHost: example.org\r\n'));
    expect(script.disconnect?.reason).toBe('header-error');
  });

  test('a message that is too large ends the connection', () => {
    const script = ScriptedPeer.established();
    const bytes = script.bytesOf({ type: 'getaddr', payload: {} });
    new DataView(bytes.buffer).setUint32(16, 4_000_001, true);
    script.sayBytes(bytes);
    expect(script.disconnect?.detail).toBe(
      'Header error: Size too large (getaddr, 4000001 bytes), peer=0',
    );
  });

  test('a wrong checksum costs the message only', () => {
    const script = ScriptedPeer.established();
    const bad = script.bytesOf({ type: 'ping', payload: { nonce: 1n } });
    bad[20]! ^= 0xff;
    script.sayBytes(concat([bad, script.bytesOf({ type: 'getaddr', payload: {} })]));
    expect(script.events).toEqual(['established', 'notice rejected', 'message getaddr']);
    expect(script.notices[0]).toMatch(
      /^Header error: Wrong checksum \(ping, 8 bytes\), expected [0-9a-f]{8} was [0-9a-f]{8}, peer=0$/,
    );
  });

  test('an invalid type costs the message only', () => {
    const script = ScriptedPeer.established();
    const bad = script.bytesOf({ type: 'getaddr', payload: {} });
    bad[15] = 0x41;
    script.sayBytes(bad);
    expect(script.events).toEqual(['established', 'notice rejected']);
    expect(script.notices[0]).toContain('Header error: Invalid message type');
    expect(script.notices[0]).toContain(', peer=0');
  });
});

describe('payloads that do not decode', () => {
  test.each([
    ['addrv2', [], 'end of data'],
    ['inv', [0xfd, 0x01, 0x00], 'non-canonical ReadCompactSize()'],
    ['feefilter', [1, 2], 'end of data'],
    ['block', [1, 2, 3], 'end of data'],
  ])('%s of %j', (type, payload, words) => {
    const script = ScriptedPeer.established();
    script.sayRaw(type, payload);
    expect(script.events).toEqual(['established', 'notice undecodable']);
    expect(script.notices[0]).toContain(
      `ProcessMessages(${type}, ${payload.length} bytes): Exception '${words}: `,
    );
    expect(script.notices[0]).toContain('(DecodeError) caught');
  });

  test('an address that is too long', () => {
    const script = ScriptedPeer.established();
    script.sayRaw('addrv2', [1, 0, 0, 0, 0, 0, 1, 0xfd, 0x01, 0x02]);
    expect(script.notices).toEqual([
      "ProcessMessages(addrv2, 10 bytes): Exception 'Address too long: 513 > 512' (DecodeError) caught",
    ]);
  });

  test('version, after which a good one may still come', () => {
    const script = new ScriptedPeer();
    script.sayRaw('version', [1, 2, 3]);
    expect(script.events).toEqual(['notice undecodable']);
    expect(script.peer.stage).toBe('awaiting-version');
  });
});

describe('lists that are too long', () => {
  const LISTS = [
    ['inv', listOfZeros(50_001, 4 + HASH)],
    ['getdata', listOfZeros(50_001, 4 + HASH)],
    ['headers', listOfZeros(2_001, 81)],
    ['addr', listOfZeros(1_001, 30)],
    ['addrv2', listOfZeros(1_001, 9)],
  ] as const;

  test.each(LISTS)('%s is misbehaving', (type, payload) => {
    const script = ScriptedPeer.established();
    script.sayRaw(type, payload);
    expect(script.disconnect?.reason).toBe('misbehaving');
    expect(script.disconnect?.detail).toContain(`Misbehaving: peer=0: ${type} message size = `);
  });

  test.each([
    [{ connectionType: 'manual' }, 'Warning: not punishing manually connected peer 0!'],
    [{ permissions: ['noban'] }, 'Warning: not punishing noban peer 0!'],
    [{ connectionType: 'manual', permissions: ['noban'] }, 'Warning: not punishing noban peer 0!'],
  ] as const)('which %j is forgiven', (options, warning) => {
    const script = ScriptedPeer.established(options);
    script.sayRaw('inv', LISTS[0][1]);
    expect(script.events).toEqual(['established', 'notice misbehaving', 'notice not-punished']);
    expect(script.notices).toEqual(['Misbehaving: peer=0: inv message size = 50001', warning]);
  });

  test('other permissions do not help', () => {
    const script = ScriptedPeer.established({ permissions: ['relay', 'addr'] });
    script.sayRaw('inv', LISTS[0][1]);
    expect(script.events).toEqual(['established', 'disconnect misbehaving']);
  });

  test.each(['getheaders', 'getblocks'])('%s ends the connection', (type) => {
    const script = ScriptedPeer.established({ permissions: ['noban'] });
    const locator = concat([Uint8Array.of(102), new Uint8Array(102 * HASH)]);
    script.sayRaw(type, concat([new Uint8Array(4), locator, new Uint8Array(HASH)]));
    expect(script.disconnect).toEqual({
      type: 'disconnect',
      reason: 'oversized-locator',
      detail: `${type} locator size 102 > 101, disconnecting peer=0`,
    });
  });

  test.each([
    ['inbound', 'notfound', listOfZeros(50_001, 4 + HASH)],
    ['block-relay-only', 'addr', LISTS[3][1]],
    ['block-relay-only', 'addrv2', LISTS[4][1]],
  ] as const)('on %s, %s is ignored', (connectionType, type, payload) => {
    const script = ScriptedPeer.established({ connectionType });
    script.sayRaw(type, payload);
    expect(script.events).toEqual(['established', 'notice undecodable']);
  });
});

describe('garbage', () => {
  const types: readonly ConnectionType[] = ['inbound', 'outbound-full-relay', 'feeler'];

  test('of any kind and chunking is taken', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 200 })),
        fc.constantFrom(...types),
        (chunks, connectionType) => {
          const script = new ScriptedPeer({ connectionType });
          for (const chunk of chunks) script.sayBytes(chunk);
          const total = chunks.reduce((size, chunk) => size + chunk.length, 0);
          if (total >= 24) expect(script.disconnect?.reason).toBe('header-error');
        },
      ),
    );
  });

  // Frames that hold together bring garbage past the transport.
  test('as payloads of any type is taken, in every stage', () => {
    const types = [
      'version', 'verack', 'wtxidrelay', 'sendaddrv2', 'sendtxrcncl', 'feature', 'sendheaders',
      'sendcmpct', 'feefilter', 'ping', 'pong', 'inv', 'headers', 'addr', 'addrv2', 'tx', 'block',
      'cmpctblock', 'getheaders', 'reject', 'alert', 'x',
    ];
    const message = fc.record({
      type: fc.constantFrom(...types),
      payload: fc.uint8Array({ maxLength: 120 }),
    });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 8 }),
        fc.boolean(),
        fc.constantFrom(70016, 70017),
        (messages, established, protocolVersion) => {
          const script = established
            ? ScriptedPeer.established({ protocolVersion }, { version: 70017 })
            : new ScriptedPeer({ protocolVersion });
          for (const { type, payload } of messages) script.sayRaw(type, payload);
          // A message either leads to something, or is one that only changes what we know.
          expect(script.effects.length).toBeLessThan(100);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('that differs from a good conversation in one byte is taken', () => {
    const rng = new SeededRng(1n);
    const good = new ScriptedPeer();
    const conversation = concat([
      good.bytesOf({ type: 'verack', payload: {} }, { type: 'getaddr', payload: {} }),
      good.bytesOf({ type: 'feefilter', payload: { feerate: 1_000n } }),
    ]);
    for (let i = 0; i < conversation.length; i++) {
      const bytes = conversation.slice();
      bytes[i]! ^= 1 + rng.below(255);
      const script = ScriptedPeer.established();
      script.sayBytes(bytes);
      // The fault is noticed: at once, or, if it made a size larger, once more bytes have come.
      script.sayBytes(conversation);
      const noticed = [...script.all('notice'), ...script.all('disconnect')];
      const waiting = i % 24 >= 16 && i % 24 < 20;
      expect(noticed.length > 0 || waiting).toBe(true);
    }
  });
});
