import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { MAX_GARBAGE_LEN, nobleEllSwift, Session, type SessionOptions } from '../src/index.ts';
import { concat, hex, pattern, toHex } from './support/bytes.ts';
import {
  againstRaw,
  bytesOf,
  eventsOf,
  MAGIC,
  NOTHING,
  RawPeer,
  seededRng,
  session,
  talk,
  work,
} from './support/sessions.ts';

const ROLES = ['initiator', 'responder'] as const;
const VERSION = hex('76657273696f6e0000000000');
const V1_START = concat([MAGIC, VERSION]);

describe('two sessions', () => {
  test.each([
    [0, 0],
    [1, 0],
    [0, 1],
    [4_095, 4_095],
    [undefined, undefined],
  ])('shake hands, with %p and %p bytes of garbage', (ours, theirs) => {
    const options = (garbageSize: number | undefined): Partial<SessionOptions> =>
      garbageSize === undefined ? {} : { garbageSize };
    const initiator = session('initiator', options(ours));
    const responder = session('responder', options(theirs));
    expect([initiator.stage, responder.stage]).toEqual(['handshake', 'detecting']);
    talk(initiator, responder);
    expect([initiator.stage, responder.stage]).toEqual(['established', 'established']);
    expect(eventsOf(initiator)).toEqual(['established']);
    expect(eventsOf(responder)).toEqual(['established']);
    expect(initiator.sessionId).toHaveLength(32);
    expect(initiator.sessionId).toEqual(responder.sessionId);
  });

  test('with nothing remembered, and the functions that are there by default', () => {
    const initiator = new Session({ role: 'initiator', magic: MAGIC, rng: seededRng(40) });
    const responder = new Session({ role: 'responder', magic: MAGIC, rng: seededRng(41) });
    initiator.send(pattern(10));
    talk(initiator, responder);
    expect(eventsOf(responder)).toEqual(['established', `packet ${toHex(pattern(10))}`]);
    expect(responder.sessionId).toEqual(initiator.sessionId);
  });

  test('on different networks never agree', () => {
    const initiator = session('initiator');
    const responder = session('responder', { magic: hex('fabfb5da') });
    talk(initiator, responder);
    initiator.receive(new Uint8Array(5_000));
    responder.receive(new Uint8Array(5_000));
    expect(eventsOf(initiator)).toEqual(['failed no-garbage-terminator']);
    expect(eventsOf(responder)).toEqual(['failed no-garbage-terminator']);
  });

  test('of the same role never agree', () => {
    const [a, b] = [session('initiator'), session('initiator', { seed: 5 })];
    talk(a, b);
    a.receive(new Uint8Array(5_000));
    expect(eventsOf(a)).toEqual(['failed no-garbage-terminator']);
  });

  test('give the contents of their version packets to each other', () => {
    const initiator = session('initiator', { versionContents: hex('0102') });
    const responder = session('responder', { versionContents: pattern(300) });
    talk(initiator, responder);
    expect(eventsOf(initiator)).toEqual([`established ${toHex(pattern(300))}`]);
    expect(eventsOf(responder)).toEqual(['established 0102']);
  });

  test('count what they receive, and know the session id only once the other has shown its keys', () => {
    const { tested, peer } = againstRaw('initiator');
    expect(tested.receivedBytes).toBe(64);
    tested.receive(peer.terminator.slice());
    expect([tested.stage, tested.sessionId]).toEqual(['handshake', undefined]);
    const version = peer.packet(NOTHING);
    tested.receive(version.slice(0, -1));
    expect([tested.stage, tested.sessionId, tested.receivedBytes]).toEqual(['handshake', undefined, 99]);
    tested.receive(version.slice(-1));
    expect([tested.stage, tested.sessionId]).toEqual(['established', peer.keys.sessionId]);
    expect(tested.receivedBytes).toBe(100);
  });
});

describe('garbage', () => {
  test('of random size: any from 0 to 4,095', () => {
    const sizes = Array.from({ length: 300 }, (_, seed) => {
      const tested = session('initiator', { rng: seededRng(seed + 1), ellSwift: cheap });
      return bytesOf(tested).length - 64;
    });
    expect(Math.min(...sizes)).toBeLessThan(200);
    expect(Math.max(...sizes)).toBeGreaterThan(3_900);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4_095);
    expect(new Set(sizes).size).toBeGreaterThan(200);
  });

  test.each(ROLES)('%s: takes 4,095 bytes of it and no more', (role) => {
    for (const size of [0, 1, 15, 16, 17, 4_094, 4_095]) {
      const { tested, peer } = againstRaw(role);
      const garbage = pattern(size);
      tested.receive(concat([garbage, peer.terminator, peer.packet(NOTHING, { aad: garbage })]));
      expect(eventsOf(tested)).toEqual(['established']);
    }
    const { tested, peer } = againstRaw(role);
    const garbage = pattern(4_096);
    tested.receive(concat([garbage, peer.terminator, peer.packet(NOTHING, { aad: garbage })]));
    expect(tested.poll()).toEqual({
      type: 'failed',
      code: 'no-garbage-terminator',
      detail: 'V2 transport error: missing garbage terminator',
    });
    expect(tested.stage).toBe('failed');
    expect(tested.receivedBytes).toBe(64 + 4_096 + 16 + 20);
  });

  test('without terminator: fails with byte 4,111, not before', () => {
    const { tested } = againstRaw('initiator');
    tested.receive(pattern(4_110));
    expect(tested.poll()).toBeUndefined();
    tested.receive(Uint8Array.of(0));
    expect(eventsOf(tested)).toEqual(['failed no-garbage-terminator']);
  });

  test.each([1, 5, 16, 10_000])('that looks like its terminator, in chunks of %i bytes', (size) => {
    const { tested, peer } = againstRaw('initiator');
    const nearly = Array.from({ length: 200 }, (_, i) => peer.terminator.slice(0, 1 + (i % 15)));
    const changed = peer.terminator.slice();
    changed[15]! ^= 1;
    // Ends with the start of the terminator, so that a search that skips too far misses it.
    const garbage = concat([...nearly, changed, peer.terminator.slice(0, 15)]);
    const bytes = concat([garbage, peer.terminator, peer.packet(NOTHING, { aad: garbage })]);
    for (let at = 0; at < bytes.length; at += size) tested.receive(bytes.slice(at, at + size));
    expect(eventsOf(tested)).toEqual(['established']);
  });

  test('the first terminator counts', () => {
    const { tested, peer } = againstRaw('initiator');
    const garbage = concat([pattern(5), peer.terminator, pattern(5)]);
    tested.receive(concat([garbage, peer.terminator, peer.packet(NOTHING, { aad: garbage })]));
    tested.receive(pattern(100_000));
    expect(eventsOf(tested).at(-1)).toMatch(/failed (authentication-failed|packet-too-large)/);
  });

  test('has to be what the first packet says it was', () => {
    for (const aad of [NOTHING, pattern(99), pattern(101)]) {
      const { tested, peer } = againstRaw('responder');
      tested.receive(concat([pattern(100), peer.terminator, peer.packet(NOTHING, { aad })]));
      expect(eventsOf(tested)).toEqual(['failed authentication-failed']);
    }
  });
});

describe('decoys', () => {
  test('before the version packet: the first of them, and only it, goes with the garbage', () => {
    const { tested, peer } = againstRaw('initiator');
    const garbage = pattern(50);
    tested.receive(concat([garbage, peer.terminator, peer.decoy(pattern(10), garbage)]));
    tested.receive(concat([peer.decoy(pattern(1_000)), peer.decoy(NOTHING)]));
    expect([tested.stage, tested.decoysReceived, tested.poll()]).toEqual(['handshake', 3, undefined]);
    tested.receive(peer.packet(hex('aa')));
    tested.receive(concat([peer.decoy(NOTHING), peer.packet(hex('bb')), peer.decoy(pattern(3))]));
    expect(eventsOf(tested)).toEqual(['established aa', 'packet bb']);
    expect(tested.decoysReceived).toBe(5);
  });

  test('a version packet after a decoy does not go with the garbage', () => {
    const { tested, peer } = againstRaw('initiator');
    const garbage = pattern(50);
    tested.receive(concat([garbage, peer.terminator, peer.decoy(NOTHING, garbage)]));
    tested.receive(peer.packet(NOTHING, { aad: garbage }));
    expect(eventsOf(tested)).toEqual(['failed authentication-failed']);
  });
});

describe('a responder', () => {
  test('is silent as long as the bytes are those of v1, and sends its key at the first that is not', () => {
    for (let length = 0; length < 16; length++) {
      const tested = session('responder', { garbageSize: 10 });
      tested.receive(V1_START.slice(0, length));
      expect([tested.stage, bytesOf(tested).length]).toEqual(['detecting', 0]);
      tested.receive(Uint8Array.of(V1_START[length]! ^ 0x80));
      expect([tested.stage, bytesOf(tested).length]).toEqual(['handshake', 74]);
    }
  });

  test('takes a key that begins as v1 does, cut anywhere', () => {
    // 15 bytes in common: the key itself is arbitrary, as any 64 bytes are one.
    const key = concat([V1_START.slice(0, 15), hex('01'), pattern(48)]);
    for (let cut = 0; cut <= 64; cut++) {
      const tested = session('responder', { garbageSize: 0 });
      tested.receive(key.slice(0, cut));
      tested.receive(key.slice(cut));
      // Key, terminator and version packet: the peer's key was taken whole.
      expect(bytesOf(tested)).toHaveLength(64 + 16 + 20);
    }
  });

  test('knows v1 by 16 bytes, and gives back all that came', () => {
    const message = concat([V1_START, pattern(100)]);
    for (let cut = 0; cut <= 16; cut++) {
      const tested = session('responder');
      tested.receive(message.slice(0, cut));
      expect(tested.poll()?.type).toBe(cut === 16 ? 'failed' : undefined);
      tested.receive(message.slice(cut));
      if (cut < 16) {
        expect(tested.poll()).toMatchObject({ type: 'failed', code: 'v1-detected', received: message });
      }
      expect([tested.stage, bytesOf(tested).length, tested.poll()]).toEqual(['failed', 0, undefined]);
    }
  });

  test('knows v1 of another network, in any chunking', () => {
    const message = concat([hex('0b110907'), VERSION, pattern(8)]);
    for (let size = 1; size <= message.length; size++) {
      const tested = session('responder');
      for (let at = 0; at < message.length; at += size) tested.receive(message.slice(at, at + size));
      expect(tested.poll()).toEqual({
        type: 'failed',
        code: 'wrong-network',
        detail: 'V2 transport error: V1 peer with wrong MessageStart 0b110907',
      });
      expect(bytesOf(tested)).toHaveLength(0);
    }
  });

  test('makes no key for a v1 peer of another network whose 16 bytes come at once', () => {
    const tested = session('responder', { deferWork: true });
    tested.receive(concat([hex('0b110907'), VERSION]));
    expect([tested.pollWork(), tested.stage]).toEqual([undefined, 'failed']);
  });
});

describe('an initiator that is answered in v1', () => {
  const message = (type: string): Uint8Array => concat([MAGIC, hex(type), pattern(30)]);

  test.each([
    ['version', '76657273696f6e0000000000'],
    ['reject', '72656a656374000000000000'],
    ['a type of 12 characters', '73656e6461646472763220ff'.replace('ff', '7e')],
  ])('knows it by the magic and a type: %s, however it is cut', (_, type) => {
    const answer = message(type);
    for (const size of [1, 7, 16, 46]) {
      const tested = session('initiator');
      let used = 0;
      while (tested.stage === 'handshake') tested.receive(answer.slice(used, (used += size)));
      expect(tested.poll()).toEqual({
        type: 'failed',
        code: 'v1-detected',
        detail: 'the peer speaks v1',
        received: answer.slice(0, used),
      });
      expect(used).toBeLessThanOrEqual(Math.max(16, size, 21));
    }
  });

  test.each([
    ['another magic', concat([hex('fabfb5da'), VERSION])],
    ['no type', concat([MAGIC, new Uint8Array(12)])],
    ['a byte that is not ASCII', concat([MAGIC, hex('766572730f0e000000000000')])],
    ['something after the zeros', concat([MAGIC, hex('766572730000000000000001')])],
  ])('takes %s for the start of a key', (_, start) => {
    const tested = session('initiator', { garbageSize: 0 });
    bytesOf(tested);
    tested.receive(concat([start, pattern(48)]));
    expect([tested.stage, bytesOf(tested).length]).toEqual(['handshake', 36]);
  });
});

/** A whole conversation, as each side hears it. Decoys and packets follow the handshake. */
function recording(role: 'initiator' | 'responder'): { heard: Uint8Array; events: string[] } {
  const tested = session(role, { garbageSize: 12 });
  const peer = new RawPeer(role === 'initiator' ? 'responder' : 'initiator');
  if (role === 'responder') tested.receive(peer.publicKey.slice());
  peer.meet(bytesOf(tested).subarray(0, 64));
  const garbage = concat([peer.terminator.slice(0, 9), pattern(20)]);
  const heard = concat([
    peer.publicKey,
    garbage,
    peer.terminator,
    peer.decoy(pattern(4), garbage),
    peer.packet(hex('c0ffee')),
    peer.packet(pattern(30)),
    peer.decoy(NOTHING),
    peer.packet(NOTHING),
    peer.packet(pattern(300)),
  ]);
  const contents = [pattern(30), NOTHING, pattern(300)];
  return { heard, events: ['established c0ffee', ...contents.map((bytes) => `packet ${toHex(bytes)}`)] };
}

/** What a session says to an end, and whether all is as it is in one piece. */
function replay(role: 'initiator' | 'responder', chunks: readonly Uint8Array[], defer = false): string[] {
  const tested = session(role, { garbageSize: 12, deferWork: defer });
  for (const chunk of chunks) {
    tested.receive(chunk);
    const step = tested.pollWork();
    if (step !== undefined) work(tested, step, role === 'initiator' ? 1 : 2);
  }
  // Work that comes up only when the last bytes that waited are looked at.
  for (let step = tested.pollWork(); step !== undefined; step = tested.pollWork()) work(tested, step);
  expect(tested.decoysReceived).toBe(2);
  return eventsOf(tested);
}

/** A copy in pieces: a session overwrites what it is given. */
const cutAt = (bytes: Uint8Array, ...cuts: number[]): Uint8Array[] =>
  [0, ...cuts].map((cut, i) => bytes.slice(cut, cuts[i] ?? bytes.length));

describe.each(ROLES)('%s: hears a recorded conversation', (role) => {
  const { heard, events } = recording(role);

  test.each([false, true])('cut at any byte (deferred: %p)', (defer) => {
    for (let cut = 0; cut <= heard.length; cut++) {
      expect(replay(role, cutAt(heard, cut), defer)).toEqual(events);
    }
  });

  test.each([false, true])('byte by byte (deferred: %p)', (defer) => {
    expect(replay(role, Array.from(heard, (byte) => Uint8Array.of(byte)), defer)).toEqual(events);
  });

  test.each([false, true])('in any chunks (deferred: %p)', (defer) => {
    const cuts = fc.uniqueArray(fc.nat(heard.length), { maxLength: 20 });
    fc.assert(
      fc.property(cuts, (at) => {
        const chunks = cutAt(heard, ...at.toSorted((a, b) => a - b));
        expect(replay(role, chunks, defer)).toEqual(events);
      }),
      { numRuns: 300 },
    );
  });

  test('as a Buffer: what comes out is no Buffer', () => {
    const tested = session(role, { garbageSize: 12 });
    tested.receive(Buffer.from(heard));
    for (let event = tested.poll(); event !== undefined; event = tested.poll()) {
      if (event.type === 'packet') expect(event.contents.constructor).toBe(Uint8Array);
    }
    expect(tested.stage).toBe('established');
  });
});

describe('deferred work', () => {
  test('of an initiator: a key at once, then the combination', () => {
    const tested = session('initiator', { deferWork: true, garbageSize: 5 });
    const peer = new RawPeer('responder');
    expect([tested.stage, tested.isWaiting, bytesOf(tested).length]).toEqual(['handshake', true, 0]);
    const first = tested.pollWork();
    expect(first).toEqual({ type: 'create-key' });
    expect(tested.pollWork()).toBeUndefined();
    // Bytes may come before the key exists.
    tested.receive(peer.publicKey.slice(0, 10));
    expect([tested.bufferedBytes, tested.receivedBytes]).toEqual([10, 10]);
    work(tested, first!);
    const ours = bytesOf(tested);
    expect([ours.length, tested.isWaiting, tested.bufferedBytes]).toEqual([69, false, 10]);
    peer.meet(ours.subarray(0, 64));
    tested.receive(concat([peer.publicKey.slice(10), pattern(7), peer.terminator]));
    const second = tested.pollWork();
    expect(second).toMatchObject({ type: 'xdh', theirs: peer.publicKey });
    expect(tested.pollWork()).toBeUndefined();
    tested.receive(peer.packet(hex('01'), { aad: pattern(7) }));
    tested.receive(peer.packet(hex('02')));
    expect([tested.isWaiting, tested.bufferedBytes]).toEqual([true, 64 + 7 + 16 + 21 + 21]);
    expect(tested.poll()).toBeUndefined();
    work(tested, second!);
    expect(eventsOf(tested)).toEqual(['established 01', 'packet 02']);
    expect([tested.isWaiting, tested.bufferedBytes, bytesOf(tested).length]).toEqual([false, 0, 36]);
    expect(tested.pollWork()).toBeUndefined();
  });

  test('of a responder: a key once v1 is excluded', () => {
    const tested = session('responder', { deferWork: true });
    tested.receive(V1_START.slice(0, 15));
    expect([tested.pollWork(), tested.isWaiting]).toEqual([undefined, false]);
    tested.receive(pattern(100));
    expect(tested.pollWork()).toEqual({ type: 'create-key' });
    expect(tested.bufferedBytes).toBe(15 + 100);
  });

  test('a key may have been made before it was asked for', () => {
    const secretKey = pattern(32, 9);
    const publicKey = nobleEllSwift.create(secretKey, seededRng(9));
    const tested = session('initiator', { deferWork: true, garbageSize: 0 });
    tested.completeWork({ type: 'create-key', secretKey, publicKey });
    expect(bytesOf(tested)).toEqual(publicKey);
    expect(tested.pollWork()).toBeUndefined();
  });

  test('a result that nobody waits for is our own fault', () => {
    const key = { type: 'create-key', secretKey: pattern(32), publicKey: pattern(64) } as const;
    const shared = { type: 'xdh', sharedX: pattern(32) } as const;
    const tested = session('initiator', { deferWork: true });
    expect(() => tested.completeWork(shared)).toThrow('not awaited');
    expect(() => tested.completeWork({ ...key, secretKey: pattern(31) })).toThrow('31 and 64 bytes');
    expect(() => session('responder', { deferWork: true }).completeWork(key)).toThrow('not awaited');
    const { tested: later } = againstRaw('initiator');
    expect(() => later.completeWork(shared)).toThrow('not awaited');
  });
});

describe('options', () => {
  test.each<Partial<SessionOptions>>([
    { magic: hex('f9beb4') },
    { magic: hex('f9beb4d900') },
    { garbageSize: MAX_GARBAGE_LEN + 1 },
    { garbageSize: -1 },
    { garbageSize: 0.5 },
    { maxContentsSize: 2 ** 24 },
    { rng: { bytes: (length: number) => new Uint8Array(length) } },
    { rng: { bytes: (length: number) => new Uint8Array(length).fill(0xff) } },
  ])('%# is refused', (options) => {
    expect(() => session('initiator', options)).toThrow(RangeError);
  });
});

/** Keys that are none, for tests that need no secrets. */
const cheap: NonNullable<SessionOptions['ellSwift']> = {
  create: (_, rng) => rng.bytes(64),
  xdh: () => new Uint8Array(32),
};
