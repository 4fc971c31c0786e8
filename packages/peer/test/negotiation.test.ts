import { describe, expect, test } from '@jest/globals';
import type { Message } from '@btcp2p/wire';
import * as fc from 'fast-check';
import { PeerError } from '../src/index.ts';
import { theirVersion } from './support/options.ts';
import { listOfZeros } from './support/payloads.ts';
import { ScriptedPeer } from './support/scripted-peer.ts';

const VERSION: Message = { type: 'version', payload: theirVersion() };
const VERACK: Message = { type: 'verack', payload: {} };
const WTXIDRELAY: Message = { type: 'wtxidrelay', payload: {} };
const SENDADDRV2: Message = { type: 'sendaddrv2', payload: {} };
const SENDHEADERS: Message = { type: 'sendheaders', payload: {} };
const SENDTXRCNCL: Message = { type: 'sendtxrcncl', payload: { version: 1, salt: 2n } };
const GETADDR: Message = { type: 'getaddr', payload: {} };
const PING: Message = { type: 'ping', payload: { nonce: 5n } };
const feefilter = (feerate: bigint): Message => ({ type: 'feefilter', payload: { feerate } });
const sendcmpct = (announce: boolean, version: bigint): Message => ({
  type: 'sendcmpct',
  payload: { announce, version },
});

describe('messages that come too soon', () => {
  // The lines of Core's test/functional/p2p_timeouts.py.
  test('before version', () => {
    const script = new ScriptedPeer();
    script.say(PING, VERACK, WTXIDRELAY);
    expect(script.events).toEqual(Array(3).fill('notice message-before-version'));
    expect(script.notices[0]).toBe(
      'non-version message before version handshake. Message "ping" from peer=0',
    );
    expect(script.received).toEqual([]);
    script.say(VERSION, VERACK);
    expect(script.peer.stage).toBe('established');
    expect(script.peer.wtxidRelay).toBe(false);
  });

  test('before verack', () => {
    const script = new ScriptedPeer();
    script.say(VERSION);
    const answers = script.received.length;
    script.say(PING, GETADDR, feefilter(5n));
    script.sayRaw('<new>', [1, 2, 3]);
    expect(script.notices).toEqual([
      'Unsupported message "ping" prior to verack from peer=0',
      'Unsupported message "getaddr" prior to verack from peer=0',
      'Unsupported message "feefilter" prior to verack from peer=0',
      // As everywhere in Core's log, only harmless characters are left of a peer's words.
      'Unsupported message "new" prior to verack from peer=0',
    ]);
    expect(script.received).toHaveLength(answers);
    expect(script.peer.feeFilter).toBe(0n);
  });

  test('payloads that do not decode are not looked at either', () => {
    const script = new ScriptedPeer();
    script.sayRaw('inv', [0xfd]);
    script.say(VERSION);
    // 50,001 entries would be misbehaving later.
    script.sayRaw('inv', listOfZeros(50_001, 36));
    expect(script.events).toEqual([
      'notice message-before-version',
      'notice message-before-verack',
    ]);
  });
});

describe('messages that come again', () => {
  test('version', () => {
    const script = ScriptedPeer.established();
    script.say({ type: 'version', payload: theirVersion({ startHeight: 99 }) });
    expect(script.notices).toEqual(['redundant version message from peer=0']);
    expect(script.peer.version?.startHeight).toBe(7);
  });

  test('version that does not decode', () => {
    const script = ScriptedPeer.established();
    script.sayRaw('version');
    expect(script.notices).toEqual(['redundant version message from peer=0']);
  });

  test('verack', () => {
    const script = ScriptedPeer.established();
    const answers = script.received.length;
    script.say(VERACK);
    expect(script.notices).toEqual(['ignoring redundant verack message from peer=0']);
    expect(script.received).toHaveLength(answers);
  });

  test('wtxidrelay', () => {
    const script = new ScriptedPeer();
    script.say(VERSION, WTXIDRELAY, WTXIDRELAY);
    expect(script.notices).toEqual(['ignoring duplicate wtxidrelay from peer=0']);
    expect(script.peer.wtxidRelay).toBe(true);
  });
});

describe('what may come only between version and verack', () => {
  test.each([WTXIDRELAY, SENDADDRV2])('$type', (message) => {
    const script = ScriptedPeer.established();
    script.say(message, GETADDR);
    expect(script.disconnect).toEqual({
      type: 'disconnect',
      reason: 'late-negotiation',
      detail: `${message.type} received after verack, disconnecting peer=0`,
    });
    expect(script.all('message')).toEqual([]);
  });

  test('wtxidrelay of a peer whose version does not know it', () => {
    const script = new ScriptedPeer();
    script.say({ type: 'version', payload: theirVersion({ version: 70015 }) }, WTXIDRELAY);
    expect(script.notices).toEqual([
      'ignoring wtxidrelay due to old common version=70015 from peer=0',
    ]);
    expect(script.peer.wtxidRelay).toBe(false);
  });

  test('sendaddrv2 counts with any version', () => {
    const script = new ScriptedPeer();
    script.say({ type: 'version', payload: theirVersion({ version: 70015 }) }, SENDADDRV2);
    expect(script.peer.wantsAddrV2).toBe(true);
    expect(script.receivedTypes).not.toContain('sendaddrv2');
  });

  test('sendtxrcncl changes nothing at any time, even if it does not decode', () => {
    const script = new ScriptedPeer();
    script.say(VERSION, SENDTXRCNCL, VERACK, SENDTXRCNCL);
    script.sayRaw('sendtxrcncl', [1]);
    const line =
      'sendtxrcncl from peer=0 ignored, as our node does not have txreconciliation enabled';
    expect(script.notices).toEqual([line, line, line]);
    const notice = 'notice ignored-negotiation';
    expect(script.events).toEqual([notice, 'established', notice, notice]);
    expect(script.receivedTypes).not.toContain('sendtxrcncl');
  });
});

describe('what may come at any time after version', () => {
  test('sendheaders', () => {
    for (const messages of [[VERSION, SENDHEADERS, VERACK], [VERSION, VERACK, SENDHEADERS]]) {
      const script = new ScriptedPeer();
      script.say(...messages);
      expect(script.events).toEqual(['established']);
      expect(script.peer.prefersHeaders).toBe(true);
    }
  });

  test('sendcmpct, of which the latest of version 2 counts', () => {
    const script = new ScriptedPeer();
    script.say(VERSION, sendcmpct(true, 1n));
    expect(script.peer.compact).toBeUndefined();
    script.say(sendcmpct(true, 2n));
    expect(script.peer.compact).toEqual({ announce: true, version: 2n });
    script.say(VERACK, sendcmpct(true, 3n), sendcmpct(false, 2n));
    expect(script.peer.compact).toEqual({ announce: false, version: 2n });
    expect(script.events).toEqual(['established']);
  });
});

describe('feefilter', () => {
  const MAX_MONEY = 2_100_000_000_000_000n;

  test('the latest one that is an amount counts', () => {
    const script = ScriptedPeer.established();
    const seen = [1_000n, MAX_MONEY, MAX_MONEY + 1n, -1n, 0n].map((feerate) => {
      script.say(feefilter(feerate));
      return script.peer.feeFilter;
    });
    expect(seen).toEqual([1_000n, MAX_MONEY, MAX_MONEY, MAX_MONEY, 0n]);
    expect(script.events).toEqual(['established']);
  });

  test('it counts only where transactions may be announced', () => {
    const none = ScriptedPeer.established({}, { relay: false });
    const bloom = ScriptedPeer.established({ services: 4n }, { relay: false });
    const blocks = ScriptedPeer.established({ connectionType: 'block-relay-only' });
    for (const script of [none, bloom, blocks]) script.say(feefilter(1_000n));
    expect([none, bloom, blocks].map(({ peer }) => peer.feeFilter)).toEqual([0n, 1_000n, 0n]);
  });
});

describe('other messages', () => {
  test('are handed up in order, with their bytes on the wire', () => {
    const script = new ScriptedPeer();
    const unknown: Message = {
      type: 'unknown',
      payload: { messageType: 'future', bytes: Uint8Array.of(1, 2, 3) },
    };
    const feature: Message = { type: 'feature', payload: { id: 'BIP9999', data: Uint8Array.of() } };
    script.say(VERSION, VERACK, GETADDR, PING, unknown, feature, { type: 'mempool', payload: {} });
    expect(script.events).toEqual([
      'established',
      'message getaddr',
      'message future',
      'message feature',
      'message mempool',
    ]);
    expect(script.all('message').map(({ message, size }) => [message, size])).toEqual([
      [GETADDR, 24],
      [unknown, 27],
      [feature, 24 + 1 + 7 + 1],
      [{ type: 'mempool', payload: {} }, 24],
    ]);
  });

  test('are sent once the connection is established, and not before', () => {
    const script = new ScriptedPeer();
    const refusal = (message: Message): unknown => {
      try {
        script.order(message);
        return undefined;
      } catch (error) {
        return error instanceof PeerError ? error.code : error;
      }
    };
    expect(refusal(GETADDR)).toBe('not-established');
    script.say(VERSION);
    expect(refusal(GETADDR)).toBe('not-established');
    script.say(VERACK);
    expect(refusal(GETADDR)).toBeUndefined();
    expect(script.receivedTypes.at(-1)).toBe('getaddr');
    const disguised: Message = {
      type: 'unknown',
      payload: { messageType: 'verack', bytes: Uint8Array.of() },
    };
    const handshake = [VERSION, VERACK, WTXIDRELAY, SENDADDRV2, SENDTXRCNCL, disguised];
    for (const message of handshake) expect(refusal(message)).toBe('handshake-message');
    expect(script.receivedTypes.at(-1)).toBe('getaddr');
  });
});

test('every order of the messages of a handshake is taken, and some order establishes', () => {
  const messages: readonly Message[] = [
    VERSION,
    VERACK,
    WTXIDRELAY,
    SENDADDRV2,
    SENDTXRCNCL,
    SENDHEADERS,
    sendcmpct(false, 2n),
  ];
  let established = 0;
  let late = 0;
  let count = 0;
  for (const order of permutations(messages)) {
    const script = new ScriptedPeer();
    script.say(...order);
    const at = (message: Message): number => order.indexOf(message);
    const isEstablished = at(VERSION) < at(VERACK);
    const isLate = [WTXIDRELAY, SENDADDRV2].some((message) => at(message) > at(VERACK));
    expect(script.all('established')).toHaveLength(isEstablished ? 1 : 0);
    expect(script.disconnect?.reason).toBe(isEstablished && isLate ? 'late-negotiation' : undefined);
    const between = (message: Message): boolean =>
      at(VERSION) < at(message) && !(isEstablished && at(message) > at(VERACK));
    const wasSeen = !stoppedBefore(script, order, WTXIDRELAY);
    expect(script.peer.wtxidRelay).toBe(between(WTXIDRELAY) && wasSeen);
    established += isEstablished ? 1 : 0;
    late += script.disconnect === undefined ? 0 : 1;
    count += 1;
  }
  expect(count).toBe(5_040);
  expect(established).toBe(2_520);
  expect(late).toBeGreaterThan(0);
});

test('any sequence of messages is taken; a disconnect is the last effect', () => {
  const message = fc.constantFrom(
    VERSION, VERACK, WTXIDRELAY, SENDADDRV2, SENDTXRCNCL, SENDHEADERS, PING, GETADDR, feefilter(1n),
    sendcmpct(true, 2n), { type: 'pong', payload: { nonce: 0n } } as Message,
    { type: 'feature', payload: { id: 'BIP434', data: Uint8Array.of() } } as Message,
  );
  const type = fc.constantFrom('inbound', 'outbound-full-relay', 'feeler', 'addr-fetch', 'manual');
  fc.assert(
    fc.property(fc.array(message, { maxLength: 12 }), type, (messages, connectionType) => {
      const script = new ScriptedPeer({ connectionType: connectionType as 'inbound' });
      for (const one of messages) script.say(one);
      const end = script.effects.findIndex((effect) => effect.type === 'disconnect');
      expect([-1, script.effects.length - 1]).toContain(end);
      expect(script.all('established').length).toBeLessThanOrEqual(1);
    }),
    { numRuns: 300 },
  );
});

/** Whether the connection was over before a message was looked at. */
function stoppedBefore(script: ScriptedPeer, order: readonly Message[], message: Message): boolean {
  if (script.disconnect === undefined) return false;
  const culprit = order.findIndex(
    (one, index) => index > order.indexOf(VERACK) && (one === WTXIDRELAY || one === SENDADDRV2),
  );
  return order.indexOf(message) > culprit;
}

function* permutations<T>(items: readonly T[]): Generator<T[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    const others = [...items.slice(0, index), ...items.slice(index + 1)];
    for (const rest of permutations(others)) yield [item, ...rest];
  }
}
