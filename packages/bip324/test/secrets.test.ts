import { describe, expect, jest, test } from '@jest/globals';
import { chacha20 } from '@noble/ciphers/chacha.js';
import { extract } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import {
  type Aead,
  deriveKeys,
  type EllSwift,
  nobleAead,
  performKeyWork,
  type Session,
  type SessionOptions,
  sharedSecret,
} from '../src/index.ts';
import { concat, isZero, pattern, toHex } from './support/bytes.ts';
import {
  againstRaw,
  bytesOf,
  ellSwift,
  eventsOf,
  MAGIC,
  NOTHING,
  RawPeer,
  seededRng,
  session,
  talk,
} from './support/sessions.ts';

/** Keeps what a session passes to its functions: the arrays themselves. */
class Spy {
  readonly aeadKeys = new Set<Uint8Array>();
  readonly secretKeys = new Set<Uint8Array>();
  readonly sharedXs = new Set<Uint8Array>();
  readonly options: Partial<SessionOptions>;

  constructor() {
    const aead: Aead = {
      seal: (...args) => (this.aeadKeys.add(args[0]), nobleAead.seal(...args)),
      open: (...args) => (this.aeadKeys.add(args[0]), nobleAead.open(...args)),
    };
    const spying: EllSwift = {
      create: (...args) => (this.secretKeys.add(args[0]), ellSwift.create(...args)),
      xdh: (secretKey, theirs) => {
        this.secretKeys.add(secretKey);
        const sharedX = ellSwift.xdh(secretKey, theirs);
        this.sharedXs.add(sharedX);
        return sharedX;
      },
    };
    this.options = { aead, ellSwift: spying, garbageSize: 3 };
  }
}

const areZero = (arrays: Iterable<Uint8Array>): boolean => [...arrays].every(isZero);
const areKeys = (arrays: Iterable<Uint8Array>): boolean =>
  [...arrays].every((array) => array.length === 32 && !isZero(array));

describe.each(['initiator', 'responder'] as const)('%s: overwrites', (role) => {
  /** A spied session, and the other side. */
  function spied(): { spy: Spy; tested: Session; other: Session } {
    const spy = new Spy();
    const tested = session(role, spy.options);
    const other = session(role === 'initiator' ? 'responder' : 'initiator');
    return { spy, tested, other };
  }

  test('its secret key and what is shared once there are keys, and those when it is closed', () => {
    const { spy, tested, other } = spied();
    talk(tested, other);
    tested.send(pattern(10));
    expect([spy.secretKeys.size, spy.sharedXs.size, spy.aeadKeys.size]).toEqual([1, 1, 2]);
    expect(areZero([...spy.secretKeys, ...spy.sharedXs])).toBe(true);
    expect(areKeys(spy.aeadKeys)).toBe(true);
    tested.close();
    expect(areZero(spy.aeadKeys)).toBe(true);
  });

  test('keys that it has changed', () => {
    const { spy, tested, other } = spied();
    talk(tested, other);
    for (let i = 0; i < 500; i++) {
      tested.send(pattern(10));
      other.send(pattern(10));
    }
    talk(tested, other);
    tested.close();
    expect(areZero(spy.aeadKeys)).toBe(true);
  });

  test('all keys when it fails', () => {
    const { spy, tested, other } = spied();
    talk(tested, other);
    expect(areKeys(spy.aeadKeys)).toBe(true);
    // The length that it is taken for is any.
    for (let i = 0; i < 80 && tested.stage !== 'failed'; i++) tested.receive(pattern(65_536, i));
    expect(tested.stage).toBe('failed');
    expect(areZero(spy.aeadKeys)).toBe(true);
  });

  test('all keys when the garbage does not end', () => {
    const spy = new Spy();
    const { tested } = againstRaw(role, spy.options);
    expect(areKeys(spy.aeadKeys)).toBe(true);
    tested.receive(pattern(5_000));
    expect(tested.stage).toBe('failed');
    expect(areZero([...spy.secretKeys, ...spy.sharedXs, ...spy.aeadKeys])).toBe(true);
  });

  test('keys when it is closed while it looks for the end of the garbage', () => {
    const spy = new Spy();
    const { tested } = againstRaw(role, spy.options);
    tested.receive(pattern(100));
    tested.close();
    expect(areZero([...spy.secretKeys, ...spy.sharedXs, ...spy.aeadKeys])).toBe(true);
  });

  test('its secret key when it is closed, or fails, before the key of the peer has come', () => {
    const endings = [(tested: Session) => tested.close()];
    const otherNetwork = concat([pattern(4), Buffer.from('version\0\0\0\0\0')]);
    if (role === 'responder') {
      // Byte by byte, so that the key is there before the peer is known for what it is.
      endings.push((tested) => {
        for (const byte of otherNetwork.subarray(4)) tested.receive(Uint8Array.of(byte));
        expect(eventsOf(tested)).toEqual(['failed wrong-network']);
      });
    }
    for (const end of endings) {
      const { spy, tested } = spied();
      tested.receive(otherNetwork.slice(0, 4));
      expect(areKeys(spy.secretKeys)).toBe(true);
      expect(spy.secretKeys.size).toBe(1);
      end(tested);
      expect(areZero(spy.secretKeys)).toBe(true);
    }
  });

  test('results of deferred work, in the end even those that come too late', () => {
    const tested = session(role, { deferWork: true, garbageSize: 0 });
    const peer = new RawPeer(role === 'initiator' ? 'responder' : 'initiator');
    if (role === 'responder') tested.receive(pattern(1));
    const created = performKeyWork(tested.pollWork()!, ellSwift, seededRng(8));
    if (created.type !== 'create-key') throw new Error(created.type);
    const late = { ...created, secretKey: created.secretKey.slice() };
    tested.completeWork(created);
    expect(areKeys([created.secretKey])).toBe(true);
    tested.receive(peer.publicKey.slice());
    const work = tested.pollWork();
    if (work?.type !== 'xdh') throw new Error(work?.type);
    expect(work.secretKey).toEqual(created.secretKey);
    const sharedX = pattern(32, 5);
    tested.completeWork({ type: 'xdh', sharedX });
    expect(areZero([sharedX, created.secretKey])).toBe(true);
    expect(bytesOf(tested)).toHaveLength(64 + 36);

    tested.close();
    const lateX = pattern(32, 6);
    tested.completeWork({ type: 'xdh', sharedX: lateX });
    tested.completeWork(late);
    expect(areZero([lateX, late.secretKey])).toBe(true);
    expect(tested.pollBytes()).toBeUndefined();
  });

  test('a secret key that waits to be combined', () => {
    const tested = session(role, { deferWork: true, garbageSize: 0 });
    tested.receive(pattern(64));
    const created = performKeyWork(tested.pollWork()!, ellSwift, seededRng(8));
    if (created.type !== 'create-key') throw new Error(created.type);
    tested.completeWork(created);
    expect(tested.isWaiting).toBe(true);
    tested.close();
    expect(isZero(created.secretKey)).toBe(true);
  });
});

/** Bytes, in hex, of all arrays that are filled with zeros while `run` runs. */
function erasedDuring(run: () => void): string[] {
  const erased: string[] = [];
  const spy = jest.spyOn(Uint8Array.prototype, 'fill');
  const { fill } = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
  spy.mockImplementation(function (this: Uint8Array, value, ...range) {
    if (value === 0 && range.length === 0) erased.push(toHex(this));
    return fill.call(this, value, ...range);
  });
  try {
    run();
  } finally {
    spy.mockRestore();
  }
  return erased;
}

test.each(['garbage', 'packets'])('all that keys are derived from, and all copies of them (%s)', (until) => {
  // Leaves the keys alone, so that only the session overwrites what is equal to them.
  const aead: Aead = { seal: () => [], open: (_key, _nonce, _aad, sealed) => sealed.subarray(0, -16) };
  const peer = new RawPeer('responder');
  const tested = session('initiator', { aead, garbageSize: 0 });
  const publicKey = bytesOf(tested);
  peer.meet(publicKey, aead);
  const erased = erasedDuring(() => {
    tested.receive(peer.publicKey.slice());
    if (until === 'packets') tested.receive(peer.terminator.slice());
    tested.close();
  });
  const count = (bytes: Uint8Array, among = erased): number =>
    among.filter((hex) => hex === toHex(bytes)).length;

  const sharedX = ellSwift.xdh(pattern(32, 3), publicKey);
  const secret = sharedSecret(publicKey, peer.publicKey, sharedX);
  const salt = concat([Buffer.from('bitcoin_v2_shared_secret'), MAGIC]);
  expect([count(sharedX), count(secret), count(extract(sha256, secret, salt))]).toEqual([1, 1, 1]);
  const { initiatorL, initiatorP, responderL, responderP } = peer.keys;
  // What was derived and a cipher's copy, besides what HKDF had in hand.
  const byHkdf = erasedDuring(() => deriveKeys(secret, MAGIC));
  for (const key of [initiatorP, responderP]) expect(count(key) - count(key, byHkdf)).toBe(2);
  for (const key of [initiatorL, responderL]) {
    const keystream = chacha20(key, new Uint8Array(12), new Uint8Array(704));
    expect(count(keystream)).toBe(1);
  }
});

test('what the caller gives is left as it is', () => {
  const magic = Uint8Array.of(1, 2, 3, 4);
  const versionContents = pattern(8);
  const parts = [pattern(5)];
  const initiator = session('initiator', { magic, versionContents });
  const responder = session('responder', { magic });
  initiator.send(parts);
  talk(initiator, responder);
  initiator.close();
  expect(eventsOf(responder)).toHaveLength(2);
  expect([magic, versionContents, parts, NOTHING.length]).toEqual([
    Uint8Array.of(1, 2, 3, 4),
    pattern(8),
    [pattern(5)],
    0,
  ]);
});
