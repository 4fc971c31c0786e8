import { describe, expect, test } from '@jest/globals';
import { nobleEllSwift, performKeyWork, Session } from '@btcp2p/bip324';
import { SECOND, SeededRng, type Time } from '@btcp2p/machine';
import { MAX_PROTOCOL_MESSAGE_LENGTH, mainnet, regtest, v1Frame, V1Transport } from '@btcp2p/wire';
import type { Message, Network } from '@btcp2p/wire';
import { Peer, V2Transport, type PeerEffect, type PeerOptions } from '../src/index.ts';
import { peerOptions, START } from './support/options.ts';
import { concat } from './support/payloads.ts';

const GETADDR: Message = { type: 'getaddr', payload: {} };

interface SideOptions {
  readonly seed?: bigint;
  readonly network?: Network;
  readonly deferWork?: boolean;
  readonly v1?: boolean;
  readonly peer?: Partial<PeerOptions>;
}

/** One side of a connection, its effects, and its bytes that wait to be delivered. */
class Side {
  readonly peer: Peer;
  readonly effects: PeerEffect[] = [];
  waiting: Uint8Array[] = [];
  readonly #rng: SeededRng;

  constructor(role: 'initiator' | 'responder', options: SideOptions = {}) {
    const { seed = role === 'initiator' ? 1n : 2n, network = regtest, deferWork = false } = options;
    this.#rng = new SeededRng(seed);
    const { magic } = network;
    const transport = new V2Transport({ role, magic, rng: this.#rng, deferWork });
    this.peer = new Peer(
      peerOptions({
        connectionType: role === 'initiator' ? 'manual' : 'inbound',
        nonce: seed,
        isOwnNonce: () => false,
        network,
        ...(options.v1 === true ? {} : { transport }),
        ...options.peer,
      }),
    );
    this.drain();
  }

  drain(): void {
    for (let effect = this.peer.poll(); effect; effect = this.peer.poll()) {
      this.effects.push(effect);
      if (effect.type === 'send') this.waiting.push(effect.data.slice());
    }
  }

  /** Does the work that the last effect asks for. */
  work(now = START): void {
    const effect = this.effects.at(-1);
    if (effect?.type !== 'work') throw new Error(`no work, but ${effect?.type}`);
    const result = performKeyWork(effect.work, nobleEllSwift, this.#rng);
    this.peer.handle({ type: 'worked', result }, now);
    this.drain();
  }

  take(data: Uint8Array, now: Time = START): void {
    this.peer.handle({ type: 'received', data }, now);
    this.drain();
  }

  order(message: Message): void {
    this.peer.handle({ type: 'send', message }, START);
    this.drain();
  }

  all<T extends PeerEffect['type']>(type: T): Extract<PeerEffect, { readonly type: T }>[] {
    return this.effects.filter((effect) => effect.type === type) as never;
  }
}

/** Delivers all that waits, in chunks of at most a size, until nothing does. */
function settle(a: Side, b: Side, chunk = Infinity, now = START): void {
  while (a.waiting.length + b.waiting.length > 0) {
    for (const [from, to] of [[a, b], [b, a]] as const) {
      const bytes = concat(from.waiting);
      from.waiting = [];
      for (let i = 0; i < bytes.length; i += chunk) to.take(bytes.slice(i, i + chunk), now);
    }
  }
}

/** Two peers that have shaken hands. */
function met(ofDialler: SideOptions = {}, ofListener: SideOptions = {}): [Side, Side] {
  const sides: [Side, Side] = [new Side('initiator', ofDialler), new Side('responder', ofListener)];
  settle(...sides);
  return sides;
}

describe('two peers', () => {
  test.each([1, 15, 16, 64, 1_000, Infinity])('shake hands in chunks of %d', (chunk) => {
    const [dialler, listener] = [new Side('initiator'), new Side('responder')];
    expect(dialler.peer.info(START).transport_protocol_type).toBe('detecting');
    settle(dialler, listener, chunk);
    const established = [dialler, listener].map((side) => side.all('established')[0]!);
    expect(established.map(({ transport }) => transport)).toEqual(['v2', 'v2']);
    expect(established[0]!.sessionId).toHaveLength(32);
    expect(established[1]!.sessionId).toEqual(established[0]!.sessionId);
    const infos = [dialler, listener].map((side) => side.peer.info(START));
    expect(infos[0]!.session_id).toBe(infos[1]!.session_id);
    expect(infos[0]!.bytessent).toBe(infos[1]!.bytesrecv);
    expect([dialler, listener].map((side) => side.peer.pendingBytes)).toEqual([0, 0]);
  });

  test('count messages as what they take on the wire', () => {
    const [dialler, listener] = met();
    dialler.order(GETADDR);
    dialler.order({ type: 'unknown', payload: { messageType: 'news', bytes: new Uint8Array(9) } });
    settle(dialler, listener);
    // 20 bytes of packet, and a type of 13 bytes or of one.
    expect(listener.peer.info(START).bytesrecv_per_msg).toMatchObject({
      getaddr: 33, '*other*': 42, ping: 29, pong: 29,
    });
    expect(dialler.peer.info(START).bytessent_per_msg).toMatchObject({ getaddr: 33, '*other*': 42 });
    const sizes = listener.all('message').map(({ message, size }) => [message.type, size]);
    expect(sizes).toEqual([['getaddr', 33], ['unknown', 42]]);
  });

  test('pass the largest message there can be', () => {
    const [dialler, listener] = met();
    const bytes = new Uint8Array(MAX_PROTOCOL_MESSAGE_LENGTH).fill(7);
    dialler.order({ type: 'unknown', payload: { messageType: 'large', bytes } });
    settle(dialler, listener, 65_536);
    const [message] = listener.all('message');
    expect(message?.message).toEqual({ type: 'unknown', payload: { messageType: 'large', bytes } });
    expect(listener.peer.pendingBytes).toBe(0);
  });
});

describe('slow steps', () => {
  test('are asked for one by one, and everything else waits', () => {
    const [dialler, listener] = [{}, {}].map((_, i) =>
      new Side(i === 0 ? 'initiator' : 'responder', { deferWork: true }),
    ) as [Side, Side];
    expect(dialler.effects).toEqual([{ type: 'work', work: { type: 'create-key' } }]);
    dialler.work();
    settle(dialler, listener);
    expect(listener.effects).toEqual([{ type: 'work', work: { type: 'create-key' } }]);
    expect(listener.peer.pendingBytes).toBeGreaterThan(63);
    listener.work();
    expect(listener.all('work')).toHaveLength(2);
    listener.work();
    settle(dialler, listener);
    expect(dialler.all('work')).toHaveLength(2);
    dialler.work();
    settle(dialler, listener);
    expect([dialler, listener].map((side) => side.peer.stage)).toEqual(['established', 'established']);
  });

  test('that come to something after the end change nothing, and leave no key', () => {
    const side = new Side('initiator', { deferWork: true });
    side.peer.handle({ type: 'disconnected' }, START);
    const result = performKeyWork({ type: 'create-key' }, nobleEllSwift, new SeededRng(9n));
    side.peer.handle({ type: 'worked', result }, START);
    side.drain();
    expect(side.effects).toHaveLength(1);
    expect(result.type === 'create-key' && result.secretKey).toEqual(new Uint8Array(32));
  });
});

describe('a peer that speaks v1', () => {
  test('is understood', () => {
    const [dialler, listener] = met({ v1: true });
    expect(listener.all('established')[0]).toMatchObject({ transport: 'v1', sessionId: undefined });
    expect(listener.peer.info(START).transport_protocol_type).toBe('v1');
    dialler.order(GETADDR);
    settle(dialler, listener);
    expect(listener.all('message')).toMatchObject([{ message: GETADDR, size: 24 }]);
    expect(listener.peer.pendingBytes).toBe(0);
  });

  test('is understood in any chunking, whether or not it is polled in between', () => {
    const { magic } = regtest;
    const sent = concat([
      v1Frame(magic, GETADDR), v1Frame(magic, { type: 'ping', payload: { nonce: 5n } }),
    ]);
    // A peer begins with its version, which is all that tells it.
    sent.set(v1Frame(magic, { type: 'verack', payload: {} }), 0);
    sent.set(Uint8Array.from(Buffer.from('version\0\0\0\0\0')), 4);
    for (let size = 1; size <= sent.length; size++) {
      const v1 = new V1Transport({ magic });
      v1.receive(sent.slice());
      const expected = [v1.poll(), v1.poll(), v1.poll()];
      const v2 = new V2Transport({ role: 'responder', magic, rng: new SeededRng(1n) });
      for (let i = 0; i < sent.length; i += size) v2.receive(sent.slice(i, i + size));
      expect([v2.poll(), v2.poll(), v2.poll()]).toEqual(expected);
      expect(v2.protocol).toBe('v1');
    }
  });

  test('hears nothing before it is clear that it does', () => {
    const listener = new Side('responder');
    const dialler = new Side('initiator', { v1: true });
    const bytes = concat(dialler.waiting);
    for (let i = 0; i < 16; i++) {
      expect(listener.peer.info(START).transport_protocol_type).toBe('detecting');
      listener.take(bytes.slice(i, i + 1));
    }
    expect(listener.peer.info(START).transport_protocol_type).toBe('v1');
    expect(listener.waiting).toEqual([]);
  });

  test('and is dialled hangs up, which is told from other ends', () => {
    const dialler = new Side('initiator');
    expect(dialler.peer.shouldReconnectV1).toBe(true);
    const server = new V1Transport({ magic: regtest.magic });
    server.receive(concat(dialler.waiting));
    expect(server.poll()).toMatchObject({ type: 'failed', code: 'wrong-magic' });
    dialler.peer.handle({ type: 'disconnected' }, START);
    expect(dialler.peer.shouldReconnectV1).toBe(true);
    expect(dialler.peer.stage).toBe('disconnected');
    // Some complain before, or without, hanging up.
    const told = new Side('initiator');
    told.take(v1Frame(regtest.magic, { type: 'verack', payload: {} }));
    expect(told.peer.shouldReconnectV1).toBe(true);
    expect(told.all('disconnect')).toEqual([
      { type: 'disconnect', reason: 'v2-error', detail: 'the peer speaks v1, peer=0' },
    ]);
    // A byte is no answer of a v1 peer.
    const other = new Side('initiator');
    other.take(Uint8Array.of(1));
    expect(other.peer.shouldReconnectV1).toBe(false);
    expect(new Side('responder').peer.shouldReconnectV1).toBe(false);
    expect(new Side('initiator', { v1: true }).peer.shouldReconnectV1).toBe(false);
    // Nothing was sent yet, so that there was nothing to hang up on.
    expect(new Side('initiator', { deferWork: true }).peer.shouldReconnectV1).toBe(false);
  });
});

describe('what cannot be followed', () => {
  test.each([
    ['a changed packet', 0, /^V2 transport error: packet decryption failure \(1\d bytes\), peer=0$/],
    ['a changed length', 2, /^V2 transport error: packet too large \(\d+ bytes\), peer=0$/],
  ])('%s ends the connection', (_, at, detail) => {
    const [dialler, listener] = met();
    dialler.order(GETADDR);
    const bytes = concat(dialler.waiting);
    bytes[at === 0 ? 5 : at]! ^= 0xc0;
    listener.take(bytes);
    const [end, ...more] = listener.all('disconnect');
    expect(end).toMatchObject({ reason: 'v2-error' });
    expect(end!.detail).toMatch(detail);
    expect(more).toEqual([]);
    expect(listener.peer.stage).toBe('disconnected');
  });

  test("another network's v1 ends the connection", () => {
    const listener = new Side('responder');
    const dialler = new Side('initiator', { v1: true, network: mainnet });
    listener.take(concat(dialler.waiting));
    expect(listener.all('disconnect')).toEqual([
      {
        type: 'disconnect',
        reason: 'v2-error',
        detail: 'V2 transport error: V1 peer with wrong MessageStart f9beb4d9, peer=0',
      },
    ]);
  });

  test("another network's v2 ends the connection", () => {
    const [dialler, listener] = [new Side('initiator'), new Side('responder', { network: mainnet })];
    settle(dialler, listener);
    listener.take(new Uint8Array(8_192));
    expect(listener.all('disconnect')).toMatchObject([
      { detail: 'V2 transport error: missing garbage terminator, peer=0' },
    ]);
  });

  test.each([
    ['no contents', []],
    ['a short id that means nothing', [200, 1, 2]],
    ['a type that is not one', [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
  ])('a packet with %s costs that packet only', (_, contents) => {
    const listener = new Side('responder');
    const session = new Session({ role: 'initiator', magic: regtest.magic, rng: new SeededRng(5n) });
    session.send(Uint8Array.from(contents));
    const pass = (): void => {
      for (let data = session.pollBytes(); data; data = session.pollBytes()) listener.take(data);
      for (const data of listener.waiting.splice(0)) session.receive(data);
    };
    for (let i = 0; i < 3; i++) pass();
    expect(session.stage).toBe('established');
    expect(listener.effects.filter(({ type }) => type !== 'send')).toEqual([
      {
        type: 'notice',
        code: 'rejected',
        detail:
          `V2 transport error: invalid message type (${contents.length} bytes contents), peer=0`,
      },
    ]);
    expect(listener.peer.info(START).bytesrecv_per_msg).toEqual({ '*other*': contents.length + 20 });
  });

  test('a handshake that goes nowhere times out, in the words of Core', () => {
    const side = new Side('initiator');
    side.take(Uint8Array.of(1));
    side.peer.handleTimeout({ instant: START.instant + 60 * SECOND, unix: START.unix + 60 });
    side.drain();
    expect(side.all('disconnect')).toEqual([
      {
        type: 'disconnect',
        reason: 'handshake-timeout',
        detail: 'V2 handshake timeout, disconnecting peer=0',
      },
    ]);
  });
});

describe('decoys', () => {
  test('go out when they are due, and are ignored on the other side', () => {
    const sizes = [0, 10, 5_000];
    const left = [...sizes];
    const nextDecoy = (): { delay: number; size: number } | undefined => {
      const size = left.shift();
      return size === undefined ? undefined : { delay: 1_000, size };
    };
    const [dialler, listener] = met({ peer: { shaping: { nextDecoy } } });
    const before = dialler.peer.info(START);
    const heard = listener.effects.length;
    const now = { ...START };
    for (let i = 0; i < 5; i++) {
      now.instant += 1_000;
      dialler.peer.handleTimeout(now);
      dialler.drain();
      settle(dialler, listener, Infinity, now);
    }
    const after = dialler.peer.info(now);
    expect(after.bytessent - before.bytessent).toBe(sizes.reduce((sum, size) => sum + size + 20, 0));
    expect(after.bytessent_per_msg).toEqual(before.bytessent_per_msg);
    expect(listener.effects.length).toBe(heard);
    expect(listener.peer.pendingBytes).toBe(0);
    dialler.order(GETADDR);
    settle(dialler, listener);
    expect(listener.all('message')).toHaveLength(1);
  });

  test('are not for v1', () => {
    const nextDecoy = (): never => {
      throw new Error('asked');
    };
    const [dialler] = met({ v1: true, peer: { shaping: { nextDecoy } } });
    expect(dialler.peer.stage).toBe('established');
  });
});
