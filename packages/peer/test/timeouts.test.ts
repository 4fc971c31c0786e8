import { describe, expect, test } from '@jest/globals';
import { MINUTE, SECOND } from '@btcp2p/machine';
import type { Message } from '@btcp2p/wire';
import * as fc from 'fast-check';
import {
  ADDR_FETCH_TIMEOUT,
  DEFAULT_PEER_CONNECT_TIMEOUT,
  PING_INTERVAL,
  TIMEOUT_INTERVAL,
  type ConnectionType,
  type Transport,
} from '../src/index.ts';
import { START, theirVersion } from './support/options.ts';
import { ScriptedPeer } from './support/scripted-peer.ts';

const VERSION: Message = { type: 'version', payload: theirVersion() };
const VERACK: Message = { type: 'verack', payload: {} };
const GETADDR: Message = { type: 'getaddr', payload: {} };

/** Answers each ping, so that only silence can end the connection. */
function answerPings(script: ScriptedPeer, milliseconds: number): void {
  const step = PING_INTERVAL / 2;
  for (let passed = 0; passed < milliseconds; passed += step) {
    script.advance(Math.min(step, milliseconds - passed));
    const { nonce } = script.last('ping').payload;
    script.say({ type: 'pong', payload: { nonce } });
  }
}

describe('the handshake', () => {
  // Core's test/functional/p2p_timeouts.py.
  test.each([
    ['nothing', [], 'never received from peer, never sent to peer, '],
    ['a message, but no version', [GETADDR], 'never sent to peer, '],
  ] as const)('with %s', (_, messages, never) => {
    const script = new ScriptedPeer({ peerTimeout: 3 * SECOND });
    script.say(...messages);
    script.advance(3 * SECOND - 1);
    expect(script.disconnect).toBeUndefined();
    script.advance(1);
    expect(script.disconnect).toEqual({
      type: 'disconnect',
      reason: 'no-message-timeout',
      detail: `socket no message in first 3 seconds, ${never}disconnecting peer=0`,
    });
  });

  test('with no answer to our version', () => {
    const script = new ScriptedPeer({ connectionType: 'outbound-full-relay' });
    script.advance(DEFAULT_PEER_CONNECT_TIMEOUT);
    expect(script.disconnect?.detail).toBe(
      'socket no message in first 60 seconds, never received from peer, disconnecting peer=0',
    );
  });

  test('with no verack', () => {
    const script = new ScriptedPeer();
    script.say(VERSION);
    script.advance(DEFAULT_PEER_CONNECT_TIMEOUT - 1);
    script.say(GETADDR);
    expect(script.peer.stage).toBe('awaiting-verack');
    script.advance(1);
    expect(script.disconnect).toEqual({
      type: 'disconnect',
      reason: 'handshake-timeout',
      detail: 'version handshake timeout, disconnecting peer=0',
    });
  });

  test('with a transport that does not know yet what the peer speaks', () => {
    const transport: Transport = {
      protocol: 'detecting',
      bufferedBytes: 0,
      receive() {},
      poll: () => undefined,
      send: () => 0,
      pollBytes: (() => {
        const waiting = [Uint8Array.of(1, 2, 3)];
        return () => waiting.shift();
      })(),
    };
    const script = new ScriptedPeer({ transport, connectionType: 'manual' });
    expect(script.effects).toEqual([{ type: 'send', data: Uint8Array.of(1, 2, 3) }]);
    script.sayBytes(Uint8Array.of(9));
    script.advance(DEFAULT_PEER_CONNECT_TIMEOUT);
    expect(script.disconnect?.detail).toBe('V2 handshake timeout, disconnecting peer=0');
  });

  test('that is over has no timeout', () => {
    const script = ScriptedPeer.established();
    script.advance(TIMEOUT_INTERVAL - 1);
    expect(script.events).toEqual(['established']);
  });
});

describe('an established connection', () => {
  test('ends when no ping is answered, 20 minutes after it', () => {
    const script = ScriptedPeer.established();
    for (let i = 0; i < 20; i++) {
      expect(script.disconnect).toBeUndefined();
      script.advance(MINUTE - 1);
      script.say(GETADDR);
      script.advance(1);
    }
    expect(script.disconnect?.reason).toBe('ping-timeout');
    expect(script.disconnect?.detail).toBe('ping timeout: 1200.000000s, disconnecting peer=0');
  });

  test('ends when nothing has come for 20 minutes', () => {
    const script = ScriptedPeer.established();
    answerPings(script, 2 * PING_INTERVAL);
    script.advance(SECOND);
    const { nonce } = script.last('ping').payload;
    script.say({ type: 'pong', payload: { nonce } });
    script.advance(TIMEOUT_INTERVAL);
    expect(script.disconnect).toEqual({
      type: 'disconnect',
      reason: 'receive-timeout',
      detail: 'socket receive timeout: 1200s, disconnecting peer=0',
    });
  });

  test('lives on while pings are answered', () => {
    const script = ScriptedPeer.established();
    answerPings(script, 10 * TIMEOUT_INTERVAL);
    expect(script.disconnect).toBeUndefined();
  });

  test('has no timeout before peerTimeout is over', () => {
    const peerTimeout = 3 * TIMEOUT_INTERVAL;
    const script = ScriptedPeer.established({ peerTimeout });
    script.advance(peerTimeout - 1);
    expect(script.disconnect).toBeUndefined();
    script.advance(1);
    expect(script.disconnect?.reason).toMatch(/-timeout$/);
  });

  test('to fetch addresses lasts 5 minutes', () => {
    const script = ScriptedPeer.established({ connectionType: 'addr-fetch' });
    answerPings(script, ADDR_FETCH_TIMEOUT - 1);
    expect(script.disconnect).toBeUndefined();
    script.advance(1);
    expect(script.disconnect).toEqual({
      type: 'disconnect',
      reason: 'addr-fetch-timeout',
      detail: 'addrfetch connection timeout, disconnecting peer=0',
    });
  });
});

describe('deadline', () => {
  const types: readonly ConnectionType[] = ['inbound', 'outbound-full-relay', 'addr-fetch'];
  const step = fc.oneof(
    fc.record({ wait: fc.integer({ min: 0, max: 30 * MINUTE }) }),
    fc.record({ say: fc.constantFrom(VERSION, VERACK, GETADDR) }),
    fc.record({ pong: fc.boolean() }),
    fc.constant({ ping: true }),
  );

  test('nothing happens before it, something at it, and it is never in the past after it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.array(step), (connectionType, steps) => {
        const script = new ScriptedPeer({ connectionType });
        for (const action of steps) {
          if ('say' in action) script.say(action.say);
          if ('ping' in action) script.ping();
          if ('pong' in action && script.receivedTypes.includes('ping')) {
            const { nonce } = script.last('ping').payload;
            script.say({ type: 'pong', payload: { nonce: action.pong ? nonce : 0n } });
          }
          if (!('wait' in action)) continue;
          const deadline = script.peer.deadline();
          const before = script.effects.length;
          script.jump(action.wait);
          if (deadline === undefined || script.now.instant < deadline) {
            expect(script.effects).toHaveLength(before);
            expect(script.peer.deadline()).toBe(deadline);
          } else {
            expect(script.effects.length).toBeGreaterThan(before);
            expect(script.peer.deadline() ?? Infinity).toBeGreaterThan(script.now.instant);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('starts with the time for the handshake', () => {
    expect(new ScriptedPeer().peer.deadline()).toBe(START.instant + DEFAULT_PEER_CONNECT_TIMEOUT);
  });
});
