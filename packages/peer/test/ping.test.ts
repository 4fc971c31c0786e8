import { describe, expect, test } from '@jest/globals';
import { MINUTE, SECOND, type Rng } from '@btcp2p/machine';
import type { Message } from '@btcp2p/wire';
import { PING_INTERVAL, PingTracker, TIMEOUT_INTERVAL } from '../src/index.ts';
import { ScriptedPeer } from './support/scripted-peer.ts';

const pong = (nonce: bigint): Message => ({ type: 'pong', payload: { nonce } });
const nonceOf = (script: ScriptedPeer): bigint => script.last('ping').payload.nonce ?? 0n;
const pings = (script: ScriptedPeer): number =>
  script.receivedTypes.filter((type) => type === 'ping').length;

/** What Core's RPC shows of pings. */
function times(script: ScriptedPeer): unknown {
  const { pingtime, minping, pingwait } = script.peer.info(script.now);
  return { pingtime, minping, pingwait };
}

describe('pings to the peer', () => {
  test('the cases of p2p_ping.py of Core, in its order', () => {
    const script = ScriptedPeer.established({ peerTimeout: 1 * SECOND });
    script.advance(3 * SECOND);
    expect(pings(script)).toBe(1);
    expect(times(script)).toEqual({ pingwait: 3 });

    script.sayRaw('pong');
    expect(times(script)).toEqual({});

    script.say(pong(0n));
    expect(times(script)).toEqual({});

    script.advance(PING_INTERVAL + SECOND);
    expect(pings(script)).toBe(2);
    script.advance(6 * SECOND);
    script.say(pong(nonceOf(script) - 1n));
    expect(times(script)).toEqual({ pingwait: 10 });

    script.say(pong(0n));
    expect(times(script)).toEqual({});

    script.advance(PING_INTERVAL - 10 * SECOND);
    expect(pings(script)).toBe(3);
    script.advance(29 * SECOND);
    script.say(pong(nonceOf(script)));
    expect(times(script)).toEqual({ pingtime: 29, minping: 29 });

    script.advance(PING_INTERVAL - 29 * SECOND);
    expect(pings(script)).toBe(4);
    script.advance(9 * SECOND);
    script.say(pong(nonceOf(script)));
    expect(times(script)).toEqual({ pingtime: 9, minping: 9 });

    script.ping();
    script.advance(TIMEOUT_INTERVAL / 2);
    script.say({ type: 'ping', payload: { nonce: 3n } });
    script.jump(TIMEOUT_INTERVAL / 2 + SECOND);
    expect(script.disconnect).toEqual({
      type: 'disconnect',
      reason: 'ping-timeout',
      detail: 'ping timeout: 1201.000000s, disconnecting peer=0',
    });
    const problems = script.notices.map((notice) => notice.replace(/[0-9a-f]{3,} /g, '… '));
    expect(problems).toEqual([
      'pong peer=0: Short payload, … expected, 0 received, 0 bytes',
      'pong peer=0: Unsolicited pong without ping, 0 expected, 0 received, 8 bytes',
      'pong peer=0: Nonce mismatch, … expected, … received, 8 bytes',
      'pong peer=0: Nonce zero, … expected, 0 received, 8 bytes',
    ]);
  });

  test('the log has both nonces', () => {
    const script = ScriptedPeer.established();
    script.say(pong(0xabcn));
    const expected = nonceOf(script).toString(16);
    expect(script.notices).toEqual([
      `pong peer=0: Nonce mismatch, ${expected} expected, abc received, 8 bytes`,
    ]);
  });

  test('a short pong tells its size', () => {
    const script = ScriptedPeer.established();
    script.sayRaw('pong', [1, 2, 3]);
    expect(script.notices[0]).toMatch(/^pong peer=0: Short payload, .* 3 bytes$/);
  });

  test('the next goes out 2 minutes after the last, if that is answered by then', () => {
    const script = ScriptedPeer.established();
    script.advance(SECOND);
    script.say(pong(nonceOf(script)));
    script.advance(PING_INTERVAL - SECOND - 1);
    expect(pings(script)).toBe(1);
    script.advance(1);
    expect(pings(script)).toBe(2);
  });

  test('or as soon as it is answered, if that takes longer', () => {
    const script = ScriptedPeer.established();
    script.advance(PING_INTERVAL + MINUTE);
    expect(pings(script)).toBe(1);
    script.say(pong(nonceOf(script)));
    expect(script.peer.deadline()).toBeLessThanOrEqual(script.now.instant);
    script.advance(0);
    expect(pings(script)).toBe(2);
  });

  test('one that is asked for replaces the one before', () => {
    const script = ScriptedPeer.established();
    const first = nonceOf(script);
    script.advance(5 * MINUTE);
    script.ping();
    const second = nonceOf(script);
    expect(second).not.toBe(first);
    script.say(pong(first));
    expect(script.notices).toHaveLength(1);
    // Its time counts from the second.
    script.advance(TIMEOUT_INTERVAL - 1);
    expect(script.disconnect).toBeUndefined();
    script.say(pong(second));
    expect(times(script)).toEqual({
      pingtime: (TIMEOUT_INTERVAL - 1) / 1_000,
      minping: (TIMEOUT_INTERVAL - 1) / 1_000,
    });
  });

  test('asking for one before the connection is established changes nothing', () => {
    const script = new ScriptedPeer({ connectionType: 'manual' });
    script.ping();
    expect(script.receivedTypes).toEqual(['version']);
  });

  test('a nonce is never 0', () => {
    const draws = [0n, 0n, 6n];
    const rng: Rng = {
      u64: () => draws.shift() ?? 0n,
      bytes: () => new Uint8Array(0),
      below: () => 0,
      fork: () => rng,
    };
    expect(nonceOf(ScriptedPeer.established({ rng }))).toBe(6n);
  });
});

describe('pings from the peer', () => {
  test('are answered with their nonce', () => {
    const script = ScriptedPeer.established();
    script.say({ type: 'ping', payload: { nonce: 0xffff_ffff_ffff_ffffn } });
    expect(script.last('pong').payload.nonce).toBe(0xffff_ffff_ffff_ffffn);
    expect(script.events).toEqual(['established']);
  });

  test('without a nonce, they are not', () => {
    const script = ScriptedPeer.established();
    script.sayRaw('ping', [1, 2]);
    expect(script.receivedTypes).not.toContain('pong');
    expect(script.notices).toEqual([
      'ProcessMessages(ping, 2 bytes): ' +
        "Exception 'end of data: truncated at byte 2' (DecodeError) caught",
    ]);
  });
});

describe('before BIP 31', () => {
  test('pings have no nonce, no answer and no timeout', () => {
    const script = ScriptedPeer.established({}, { version: 60000 });
    expect(script.last('ping').payload.nonce).toBeUndefined();
    script.say({ type: 'ping', payload: { nonce: 5n } });
    expect(script.receivedTypes).not.toContain('pong');
    for (let i = 1; i <= 15; i++) {
      script.advance(PING_INTERVAL);
      script.say({ type: 'getaddr', payload: {} });
      expect(pings(script)).toBe(1 + i);
    }
    expect(script.disconnect).toBeUndefined();
    expect(times(script)).toEqual({});
    script.say(pong(1n));
    expect(script.notices).toEqual([
      'pong peer=0: Unsolicited pong without ping, 0 expected, 1 received, 8 bytes',
    ]);
  });

  test('60001 is the first version after it', () => {
    const script = ScriptedPeer.established({}, { version: 60001 });
    expect(script.last('ping').payload.nonce).toBeDefined();
  });
});

describe('PingTracker', () => {
  test('keeps the latest and the shortest round trip', () => {
    const tracker = new PingTracker();
    const seen = [[0, 30], [100, 110], [200, 250]].map(([start, end]) => {
      tracker.start(9n, start!);
      expect(tracker.handlePong(9n, end!)).toBeUndefined();
      expect(tracker.nonce).toBe(0n);
      return [tracker.last, tracker.minimum];
    });
    expect(seen).toEqual([[30, 30], [10, 10], [50, 10]]);
  });
});
