import { describe, expect, test } from '@jest/globals';
import { MINUTE, SECOND } from '@btcp2p/machine';
import type { Message } from '@btcp2p/wire';
import * as fc from 'fast-check';
import { DEFAULT_PEER_CONNECT_TIMEOUT, TIMEOUT_INTERVAL } from '../src/index.ts';
import { theirVersion } from './support/options.ts';
import { concat } from './support/payloads.ts';
import { ScriptedPeer } from './support/scripted-peer.ts';

const ON = { oneMessageAtATime: true } as const;
const VERSION: Message = { type: 'version', payload: theirVersion() };
const VERACK: Message = { type: 'verack', payload: {} };
const GETADDR: Message = { type: 'getaddr', payload: {} };
const MEMPOOL: Message = { type: 'mempool', payload: {} };
const PING: Message = { type: 'ping', payload: { nonce: 5n } };

describe('with oneMessageAtATime', () => {
  test('what follows a message waits for continue, pings too', () => {
    const script = ScriptedPeer.established(ON);
    script.say(PING, GETADDR, PING, MEMPOOL, PING);
    const pongs = (): number => script.receivedTypes.filter((type) => type === 'pong').length;
    expect([script.events.at(-1), pongs(), script.peer.isWaiting]).toEqual([
      'message getaddr', 1, true,
    ]);
    expect(script.peer.pendingBytes).toBe(32 + 24 + 32);

    script.proceed();
    expect([script.events.at(-1), pongs(), script.peer.isWaiting]).toEqual([
      'message mempool', 2, true,
    ]);
    expect(script.peer.pendingBytes).toBe(32);

    script.proceed();
    expect([pongs(), script.peer.isWaiting, script.peer.pendingBytes]).toEqual([3, false, 0]);
    expect(script.events).toEqual(['established', 'message getaddr', 'message mempool']);
  });

  test('the handshake waits for nothing', () => {
    const script = new ScriptedPeer(ON);
    script.say(VERSION, VERACK);
    expect(script.peer.stage).toBe('established');
    expect(script.peer.isWaiting).toBe(false);
  });

  test('half a message is pending', () => {
    const script = ScriptedPeer.established(ON);
    const bytes = script.bytesOf(PING);
    script.sayBytes(bytes.subarray(0, 30));
    expect(script.peer.pendingBytes).toBe(30);
    script.sayBytes(bytes.subarray(30));
    expect(script.peer.pendingBytes).toBe(0);
  });

  test('continue without a message to be done with changes nothing', () => {
    const script = ScriptedPeer.established(ON);
    const count = script.effects.length;
    script.proceed();
    expect(script.effects).toHaveLength(count);
    script.say(GETADDR, MEMPOOL);
    expect(script.events.at(-1)).toBe('message getaddr');
  });

  test('a disconnect that waits comes in its turn, and is the end', () => {
    const script = ScriptedPeer.established(ON);
    script.say(GETADDR, { type: 'wtxidrelay', payload: {} }, MEMPOOL);
    expect(script.disconnect).toBeUndefined();
    script.proceed();
    expect(script.events).toEqual([
      'established', 'message getaddr', 'disconnect late-negotiation',
    ]);
    expect(script.peer.isWaiting).toBe(false);
    script.proceed();
    expect(script.events).toHaveLength(3);
  });

  test('messages may be sent, and timeouts run, while one waits', () => {
    const script = ScriptedPeer.established(ON);
    script.say(GETADDR, PING);
    script.order(MEMPOOL);
    expect(script.receivedTypes.at(-1)).toBe('mempool');
    script.advance(DEFAULT_PEER_CONNECT_TIMEOUT);
    expect(script.disconnect).toBeUndefined();
    // A later message, so that of the two silences only the unanswered ping is over.
    script.say(MEMPOOL);
    script.advance(TIMEOUT_INTERVAL - DEFAULT_PEER_CONNECT_TIMEOUT);
    expect(script.disconnect?.reason).toBe('ping-timeout');
    expect(script.peer.isWaiting).toBe(false);
  });

  test('bytes that come while a message waits are no silence', () => {
    const script = ScriptedPeer.established(ON);
    const { nonce } = script.last('ping').payload;
    script.say({ type: 'pong', payload: { nonce } }, GETADDR);
    script.advance(MINUTE);
    script.say(MEMPOOL);
    expect(script.peer.info(script.now).lastrecv).toBe(script.now.unix);
    script.advance(TIMEOUT_INTERVAL - MINUTE + SECOND);
    expect(script.disconnect).toBeUndefined();
  });

  test('the same comes out as without it, over any chunking, once all is done', () => {
    const message = fc.constantFrom<Message>(
      GETADDR, MEMPOOL, PING, VERACK, VERSION, { type: 'sendaddrv2', payload: {} },
      { type: 'feefilter', payload: { feerate: 1_000n } },
      { type: 'unknown', payload: { messageType: 'news', bytes: Uint8Array.of(1, 2, 3) } },
    );
    const step = fc.record({ size: fc.integer({ min: 1, max: 120 }), proceeds: fc.boolean() });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 15 }), fc.array(step), (messages, steps) => {
        const plain = ScriptedPeer.established();
        const data = concat(messages.map((one) => plain.bytesOf(one)));
        plain.sayBytes(data);
        const script = ScriptedPeer.established(ON);
        let offset = 0;
        for (const { size, proceeds } of steps) {
          script.sayBytes(data.slice(offset, offset + size));
          offset = Math.min(data.length, offset + size);
          if (proceeds) script.proceed();
        }
        script.sayBytes(data.slice(offset));
        for (const _ of messages) script.proceed();
        expect(script.effects).toEqual(plain.effects);
        if (script.disconnect === undefined) expect(script.peer.pendingBytes).toBe(0);
      }),
    );
  });
});

test('without it, nothing ever waits', () => {
  const script = ScriptedPeer.established();
  script.say(GETADDR, MEMPOOL);
  expect(script.peer.isWaiting).toBe(false);
  expect(script.peer.pendingBytes).toBe(0);
  expect(script.events).toEqual(['established', 'message getaddr', 'message mempool']);
});
