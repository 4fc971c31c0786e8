import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type Aead, MAX_CONTENTS_LEN, nobleAead, type Session } from '../src/index.ts';
import { concat, hex, pattern, toHex } from './support/bytes.ts';
import {
  againstRaw,
  bytesOf,
  eventsOf,
  NOTHING,
  pair,
  type RawPeer,
  session,
  talk,
} from './support/sessions.ts';

/** A session that is established, and a peer by hand. */
function established(aead: Aead = nobleAead, maxContentsSize?: number): { tested: Session; peer: RawPeer } {
  const options = maxContentsSize === undefined ? {} : { maxContentsSize };
  const { tested, peer } = againstRaw('initiator', { aead, ...options });
  tested.receive(concat([peer.terminator, peer.packet(NOTHING)]));
  expect(eventsOf(tested)).toEqual(['established']);
  return { tested, peer };
}

describe('packets', () => {
  test('of any contents, both ways, over thousands of them and many changes of keys', () => {
    const { initiator, responder } = pair();
    for (let i = 0; i < 3_000; i++) {
      const contents = pattern(i % 97, i + 1);
      expect(initiator.send(contents)).toBe(contents.length + 20);
      responder.send([contents.subarray(0, 5), contents.subarray(5)]);
      const [toResponder, toInitiator] = [bytesOf(initiator), bytesOf(responder)];
      expect(toResponder).toHaveLength(contents.length + 20);
      responder.receive(toResponder);
      initiator.receive(toInitiator);
      expect(eventsOf(responder)).toEqual([`packet ${toHex(contents)}`]);
      expect(eventsOf(initiator)).toEqual([`packet ${toHex(contents)}`]);
    }
  });

  // Version packets are the first ones.
  test.each([222, 223, 224, 225, 447, 448, 449, 450])('a decoy and a message after %i others', (count) => {
    const { tested, peer } = established();
    for (let i = 0; i < count - 1; i++) tested.receive(peer.packet(Uint8Array.of(i & 0xff)));
    expect(eventsOf(tested)).toHaveLength(count - 1);
    tested.receive(concat([peer.decoy(pattern(9)), peer.packet(pattern(9))]));
    expect(eventsOf(tested)).toEqual([`packet ${toHex(pattern(9))}`]);
    expect(tested.decoysReceived).toBe(1);
  });

  test('sent before there are keys: they wait as they are, and follow our version packet', () => {
    const initiator = session('initiator', { versionContents: hex('77') });
    const responder = session('responder');
    const parts = [pattern(4), pattern(6)];
    expect(initiator.send(parts)).toBe(30);
    expect(initiator.send(hex('dd'), { ignore: true })).toBe(21);
    expect(responder.send(NOTHING)).toBe(20);
    parts[0]!.fill(0);
    talk(initiator, responder);
    const kept = toHex(concat([new Uint8Array(4), pattern(6)]));
    expect(eventsOf(responder)).toEqual(['established 77', `packet ${kept}`]);
    expect(eventsOf(initiator)).toEqual(['established', 'packet ']);
    expect(responder.decoysReceived).toBe(1);
  });

  test('that are large, in any chunks', () => {
    const packet = fc.record({ size: fc.nat(200_000), ignore: fc.boolean() });
    const chunk = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1_000, max: 70_000 }));
    const free: Aead = {
      // Ciphertext is plaintext, since it is the reader's work that is looked at here.
      seal: (_key, _nonce, _aad, parts) => [...parts, new Uint8Array(16)],
      open: (_key, _nonce, _aad, sealed) => sealed.subarray(0, -16),
    };
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 8 }), fc.infiniteStream(chunk), (packets, chunks) => {
        const { initiator, responder } = pair({ aead: free });
        for (const { size, ignore } of packets) initiator.send(pattern(size, size), { ignore });
        const bytes = bytesOf(initiator);
        for (let at = 0; at < bytes.length; ) {
          const size = chunks.next().value ?? 1;
          responder.receive(bytes.slice(at, at + size));
          at += size;
        }
        const expected = packets.filter(({ ignore }) => !ignore);
        for (const { size } of expected) {
          const event = responder.poll();
          expect(event?.type).toBe('packet');
          if (event?.type !== 'packet') continue;
          expect(Buffer.compare(event.contents, pattern(size, size))).toBe(0);
        }
        expect(responder.poll()).toBeUndefined();
        expect(responder.decoysReceived).toBe(packets.length - expected.length);
        expect(responder.bufferedBytes).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  test('whole within a chunk are opened where they are; what a large one comes in is copied once', () => {
    const opened: Uint8Array[] = [];
    const aead: Aead = { ...nobleAead, open: (...args) => (opened.push(args[3]), nobleAead.open(...args)) };
    const { tested, peer } = established(aead);
    opened.length = 0;
    const chunk = concat([peer.packet(pattern(10)), peer.packet(pattern(20))]);
    tested.receive(chunk);
    expect(opened.map((sealed) => [sealed.buffer === chunk.buffer, sealed.byteOffset])).toEqual([
      [true, 3],
      [true, 33],
    ]);
    opened.length = 0;
    const packet = peer.packet(pattern(300_000));
    for (let at = 0; at < packet.length; at += 65_536) tested.receive(packet.slice(at, at + 65_536));
    expect(opened.map((sealed) => sealed.buffer.byteLength)).toEqual([300_017]);
    expect(eventsOf(tested)).toHaveLength(3);
  });

  test('that are too long to be told', () => {
    const { initiator } = pair();
    const part = new Uint8Array(2 ** 23);
    expect(() => initiator.send([part, part])).toThrow(RangeError);
    expect(() => session('initiator').send([part, part])).toThrow(RangeError);
    // Nothing of them went out.
    expect(bytesOf(initiator)).toHaveLength(0);
  });
});

describe('a packet that is too large', () => {
  test.each([MAX_CONTENTS_LEN, 100, 0])('fails as soon as its length is known, if more than %i', (max) => {
    const { tested, peer } = established({ ...nobleAead, seal: () => [] }, max);
    tested.receive(peer.packet(new Uint8Array(max)).slice(0, 3));
    expect([tested.stage, tested.poll()]).toEqual(['established', undefined]);
    const other = established({ ...nobleAead, seal: () => [] }, max);
    const packet = other.peer.packet(new Uint8Array(max + 1));
    other.tested.receive(packet.slice(0, 2));
    expect(other.tested.poll()).toBeUndefined();
    other.tested.receive(packet.slice(2, 3));
    expect(other.tested.poll()).toEqual({
      type: 'failed',
      code: 'packet-too-large',
      detail: `V2 transport error: packet too large (${max + 1} bytes)`,
    });
  });
});

describe('the end', () => {
  const broken = (): { tested: Session; peer: RawPeer } => {
    const { tested, peer } = established();
    const [first, second, third] = [1, 2, 3].map((i) => peer.packet(pattern(40, i)));
    second![30]! ^= 0x10;
    tested.send(pattern(9));
    tested.receive(concat([first!, second!, third!]));
    return { tested, peer };
  };

  test('by a packet that is not authentic: what came before it, and why', () => {
    const { tested, peer } = broken();
    expect(tested.stage).toBe('failed');
    expect(tested.poll()).toEqual({ type: 'packet', contents: pattern(40, 1) });
    expect(tested.poll()).toEqual({
      type: 'failed',
      code: 'authentication-failed',
      detail: 'V2 transport error: packet decryption failure (40 bytes)',
    });
    const received = tested.receivedBytes;
    tested.receive(peer.packet(NOTHING));
    expect([tested.poll(), tested.receivedBytes, tested.bufferedBytes]).toEqual([undefined, received, 0]);
  });

  test('nothing is sent after it, and nothing comes of it', () => {
    for (const tested of [broken().tested, established().tested]) {
      tested.send(pattern(9));
      tested.close();
      expect(tested.stage).toBe('closed');
      expect(tested.send(pattern(9))).toBe(0);
      expect([tested.pollBytes(), tested.pollWork()]).toEqual([undefined, undefined]);
      expect(tested.isWaiting).toBe(false);
      tested.close();
    }
  });

  test('leaves events that had come', () => {
    const { tested, peer } = established();
    tested.receive(peer.packet(hex('0102')));
    tested.close();
    tested.receive(peer.packet(hex('03')));
    expect(eventsOf(tested)).toEqual(['packet 0102']);
    expect(tested.sessionId).toEqual(peer.keys.sessionId);
  });
});
