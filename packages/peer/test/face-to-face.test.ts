import { describe, expect, test } from '@jest/globals';
import { MINUTE, PeerIds, SECOND, SeededRng, type Time } from '@btcp2p/machine';
import { messageTypeOf, type Feature, type Message } from '@btcp2p/wire';
import * as fc from 'fast-check';
import {
  FEATURE_VERSION,
  Peer,
  type ConnectionType,
  type PeerEffect,
  type PeerOptions,
} from '../src/index.ts';
import { peerOptions, START } from './support/options.ts';

type Side = 'dialler' | 'listener';
const SIDES = ['dialler', 'listener'] as const;
const OTHER = { dialler: 'listener', listener: 'dialler' } as const;

/** Two peers, and the bytes on their way between them. */
class Wire {
  readonly peers: Readonly<Record<Side, Peer>>;
  readonly effects: Readonly<Record<Side, PeerEffect[]>> = { dialler: [], listener: [] };
  /** Bytes that have come out of each side. */
  readonly sent: Record<Side, number> = { dialler: 0, listener: 0 };
  /** Bytes that have gone into each side. */
  readonly delivered: Record<Side, number> = { dialler: 0, listener: 0 };
  readonly #waiting: Record<Side, number[]> = { dialler: [], listener: [] };
  #elapsed = 0;

  constructor(
    connectionType: ConnectionType,
    changes: Readonly<Partial<Record<Side, Partial<PeerOptions>>>> = {},
  ) {
    const ids = new PeerIds();
    const make = (side: Side, type: ConnectionType, nonce: bigint): Peer =>
      new Peer(
        peerOptions({
          id: ids.next(),
          connectionType: type,
          nonce,
          isOwnNonce: () => false,
          rng: new SeededRng(nonce),
          ...changes[side],
        }),
      );
    this.peers = {
      dialler: make('dialler', connectionType, 1n),
      listener: make('listener', 'inbound', 2n),
    };
    this.#drain('dialler');
    this.#drain('listener');
  }

  get now(): Time {
    return {
      instant: START.instant + this.#elapsed,
      unix: START.unix + Math.floor(this.#elapsed / SECOND),
    };
  }

  waiting(side: Side): number {
    return this.#waiting[side].length;
  }

  /** Delivers up to `size` of the bytes that wait for a side. */
  deliver(side: Side, size: number): void {
    const data = Uint8Array.from(this.#waiting[side].splice(0, size));
    if (data.length === 0) return;
    this.delivered[side] += data.length;
    this.peers[side].handle({ type: 'received', data }, this.now);
    this.#drain(side);
    // Whoever gets bytes may find them overwritten as soon as their effects have been carried out.
    data.fill(0);
  }

  order(side: Side, message: Message): void {
    this.peers[side].handle({ type: 'send', message }, this.now);
    this.#drain(side);
  }

  /** Delivers everything, and what is said in answer. */
  settle(): void {
    while (SIDES.some((side) => this.waiting(side) > 0)) {
      for (const side of SIDES) this.deliver(side, Infinity);
    }
  }

  /** Lets time pass, delivering everything at each deadline of either side. */
  advance(milliseconds: number): void {
    const end = this.#elapsed + milliseconds;
    for (;;) {
      this.settle();
      const due = Math.min(...SIDES.map((side) => this.peers[side].deadline() ?? Infinity));
      if (due - START.instant > end) break;
      this.#elapsed = Math.max(this.#elapsed, due - START.instant);
      for (const side of SIDES) {
        this.peers[side].handleTimeout(this.now);
        this.#drain(side);
      }
    }
    this.#elapsed = end;
  }

  types(side: Side): string[] {
    return this.effects[side].flatMap((effect) =>
      effect.type === 'message' ? [messageTypeOf(effect.message)] : [],
    );
  }

  #drain(side: Side): void {
    for (let effect = this.peers[side].poll(); effect; effect = this.peers[side].poll()) {
      this.effects[side].push(effect);
      if (effect.type !== 'send') continue;
      this.sent[side] += effect.data.length;
      for (const byte of effect.data) this.#waiting[OTHER[side]].push(byte);
    }
  }
}

const established = (wire: Wire, side: Side) =>
  wire.effects[side].find((effect) => effect.type === 'established');

/** Delivers all there is, to whom and in what portions as drawn. */
function deliverInChunks(wire: Wire, chunks: readonly (readonly [Side, number])[]): void {
  for (const [side, size] of chunks) wire.deliver(side, size);
  wire.settle();
}

const chunk = fc.tuple(fc.constantFrom(...SIDES), fc.integer({ min: 1, max: 150 }));
const chunks = fc.array(chunk, { maxLength: 60 });

describe('two peers face to face', () => {
  test('establish, over any chunking, with the same negotiated features', () => {
    const feature = fc.constantFrom<Feature>(
      { id: 'BIP1111', data: Uint8Array.of() },
      { id: 'BIP2222', data: Uint8Array.of(1) },
      { id: 'BIP3333', data: Uint8Array.of(2, 3) },
    );
    const features = fc.uniqueArray(feature, { selector: ({ id }) => id });
    const options = fc.record({
      protocolVersion: fc.constantFrom(31800, 60001, 70013, 70014, 70015, 70016, FEATURE_VERSION),
      features,
      relay: fc.boolean(),
      startHeight: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    });
    const types = fc.constantFrom<ConnectionType>(
      'outbound-full-relay', 'block-relay-only', 'manual', 'addr-fetch',
    );
    fc.assert(
      fc.property(types, options, options, chunks, (type, dialler, listener, portions) => {
        const wire = new Wire(type, { dialler, listener });
        deliverInChunks(wire, portions);
        const [ours, theirs] = [established(wire, 'dialler'), established(wire, 'listener')];
        expect(ours).toBeDefined();
        expect(theirs).toBeDefined();
        const common = Math.min(dialler.protocolVersion, listener.protocolVersion);
        for (const event of [ours, theirs]) {
          expect(event).toMatchObject({
            commonVersion: common,
            timeOffset: 0,
            wtxidRelay: common >= 70016,
            wantsAddrV2: common >= 70016,
          });
        }
        // What both offer, as a set, is what either side finds.
        const inBoth = dialler.features
          .map(({ id }) => id)
          .filter((id) => listener.features.some((one) => one.id === id));
        const shared = common < FEATURE_VERSION ? [] : inBoth;
        expect(ours?.features.map(({ id }) => id).toSorted()).toEqual(shared.toSorted());
        expect(theirs?.features.map(({ id }) => id).toSorted()).toEqual(shared.toSorted());
        expect(ours?.version.startHeight).toBe(listener.startHeight);
        expect(theirs?.version.startHeight).toBe(dialler.startHeight);
        const compact = common >= 70014 ? { announce: false, version: 2n } : undefined;
        for (const side of SIDES) {
          expect(wire.peers[side].compact).toEqual(compact);
          const theirOptions = side === 'dialler' ? listener : dialler;
          const notices = wire.effects[side].filter((effect) => effect.type === 'notice');
          const count = common < FEATURE_VERSION ? 0 : theirOptions.features.length - shared.length;
          expect(notices.map(({ code }) => code)).toEqual(Array(count).fill('ignored-negotiation'));
        }
        expect(wire.peers.listener.relaysTransactions).toBe(
          dialler.relay && type !== 'block-relay-only',
        );
      }),
      { numRuns: 200 },
    );
  });

  test('count the same bytes', () => {
    fc.assert(
      fc.property(chunks, chunks, (before, after) => {
        const wire = new Wire('outbound-full-relay');
        deliverInChunks(wire, before);
        wire.order('dialler', { type: 'getaddr', payload: {} });
        wire.order('listener', { type: 'mempool', payload: {} });
        for (const [side, size] of after) wire.deliver(side, size);
        for (const side of SIDES) {
          const info = wire.peers[side].info(wire.now);
          expect(info.bytessent).toBe(wire.sent[side]);
          expect(info.bytesrecv).toBe(wire.delivered[side]);
        }
        wire.settle();
        const [dialler, listener] = SIDES.map((side) => wire.peers[side].info(wire.now));
        expect(dialler?.bytesrecv_per_msg).toEqual(listener?.bytessent_per_msg);
        expect(listener?.bytesrecv_per_msg).toEqual(dialler?.bytessent_per_msg);
        expect(dialler?.bytesrecv).toBe(listener?.bytessent);
        expect(listener?.bytesrecv).toBe(dialler?.bytessent);
        const total = Object.values(dialler?.bytessent_per_msg ?? {}).reduce((a, b) => a + b, 0);
        expect(total).toBe(dialler?.bytessent);
      }),
    );
  });

  test('hand messages up in the order in which they were sent', () => {
    const message = fc.constantFrom<Message>(
      { type: 'getaddr', payload: {} },
      { type: 'mempool', payload: {} },
      { type: 'filterclear', payload: {} },
      { type: 'unknown', payload: { messageType: 'news', bytes: Uint8Array.of(1, 2, 3) } },
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 20 }), chunks, (messages, portions) => {
        const wire = new Wire('manual');
        wire.settle();
        for (const one of messages) wire.order('dialler', one);
        deliverInChunks(wire, portions);
        expect(wire.types('listener')).toEqual(messages.map(messageTypeOf));
      }),
    );
  });

  test('keep each other alive with pings, and measure them', () => {
    const wire = new Wire('outbound-full-relay');
    wire.advance(61 * MINUTE);
    for (const side of SIDES) {
      expect(wire.peers[side].stage).toBe('established');
      expect(wire.peers[side].info(wire.now)).toMatchObject({ minping: 0 });
      // One when established, then one every 2 minutes.
      expect(wire.peers[side].info(wire.now).bytessent_per_msg['ping']).toBe(32 * 31);
      expect(wire.peers[side].info(wire.now).bytessent_per_msg['pong']).toBe(32 * 31);
    }
  });

  test('a feeler leaves the other side without a verdict', () => {
    const wire = new Wire('feeler');
    wire.settle();
    expect(wire.effects.dialler.at(-1)).toMatchObject({ reason: 'feeler-complete' });
    // The listener has even got a verack: it was established when the connection closed.
    expect(wire.peers.listener.stage).toBe('established');
  });

  test('that are one node part', () => {
    const nonce = 77n;
    const isOwnNonce = (one: bigint): boolean => one === nonce;
    const wire = new Wire('outbound-full-relay', {
      dialler: { nonce, isOwnNonce },
      listener: { nonce, isOwnNonce },
    });
    wire.settle();
    expect(wire.effects.listener).toEqual([
      expect.objectContaining({ type: 'disconnect', reason: 'self-connection' }),
    ]);
  });

  test('the same seed gives the same bytes', () => {
    const run = (): unknown => {
      const wire = new Wire('outbound-full-relay');
      wire.advance(10 * MINUTE);
      return SIDES.map((side) => wire.effects[side].filter(({ type }) => type === 'send'));
    };
    expect(run()).toEqual(run());
  });
});
