import type { KeyWork } from '@btcp2p/bip324';
import { PeerIds, SeededRng, type Time } from '@btcp2p/machine';
import {
  type ConnectionType, Peer, type PeerEffect, type PeerOptions, type TrafficShaping, V2Transport,
} from '@btcp2p/peer';
import { nativeAead } from '@btcp2p/reactor';
import { encodeMessage, type Message, messageTypeOf, regtest, ServiceFlags } from '@btcp2p/wire';
import { areEqual, concat, isZero } from '../bytes.ts';
import type { FuzzCase } from '../fuzz-case.ts';
import { pooledEllSwift, pooledWork, type PoolKey, randomWithKey } from '../keys.ts';
import { anyMessage } from '../messages.ts';
import { garbageSizeOf } from './session-setting.ts';

const FULL = ServiceFlags.NODE_NETWORK | ServiceFlags.NODE_WITNESS;
const DIALLING: readonly ConnectionType[] = [
  'manual', 'manual', 'outbound-full-relay', 'block-relay-only', 'addr-fetch', 'feeler',
];

/** What a peer keeps to itself: the rest has to come out at the other side. */
const KEPT: ReadonlySet<string> = new Set(['ping', 'pong', 'feefilter', 'sendheaders', 'sendcmpct']);
/** What cannot be sent. */
const HANDSHAKE: ReadonlySet<string> = new Set([
  'version', 'verack', 'wtxidrelay', 'sendaddrv2', 'sendtxrcncl', 'feature',
]);

/** A message in the form in which it is compared. */
interface Sent {
  readonly type: string;
  readonly payload: Uint8Array;
}

/** How a side is made. */
export interface SideOptions {
  readonly role: 'initiator' | 'responder';
  readonly key: PoolKey;
  /** Of the transport. */
  readonly protocol: 'v1' | 'v2';
  readonly now: Time;
}

/** One of two peers: what it asked for, and what waits to be done for it. */
export class PeerSide {
  readonly #test: FuzzCase;
  readonly #key: PoolKey;
  readonly peer: Peer;
  /** Bytes on their way to the other side. */
  readonly outgoing: Uint8Array[] = [];
  readonly sent: Sent[] = [];
  /** How many of those are there. */
  arrived = 0;
  sessionId: Uint8Array | undefined;
  hasEnded = false;
  /** The one that it talks to. */
  other: PeerSide | undefined;
  #work: KeyWork | undefined;
  readonly #isV2: boolean;
  readonly #oneAtATime: boolean;
  #isWaiting = false;

  constructor(test: FuzzCase, options: SideOptions) {
    this.#test = test;
    this.#key = options.key;
    this.#isV2 = options.protocol === 'v2';
    const { draw } = test;
    this.#oneAtATime = draw.oneIn(3);
    const rng = new SeededRng(draw.u64());
    this.peer = new Peer({ ...this.#peerOptions(options), rng });
    this.drain();
  }

  get isEstablished(): boolean {
    return this.peer.stage === 'established';
  }

  /** Whether something is left to be done before more can happen. */
  get isIdle(): boolean {
    return this.#work === undefined && !this.#isWaiting;
  }

  receive(data: Uint8Array, now: Time): void {
    this.peer.handle({ type: 'received', data }, now);
    this.drain();
  }

  /** Has a message sent, if one can be. */
  order(now: Time): void {
    if (!this.isEstablished) return;
    const message = anyMessage(this.#test.draw);
    const type = messageTypeOf(message);
    if (HANDSHAKE.has(type)) return;
    if (!KEPT.has(type)) this.sent.push(sentOf(message));
    this.peer.handle({ type: 'send', message }, now);
    this.drain();
  }

  /** Does what it waits for: a slow step, or leave for the next message. */
  serve(now: Time): void {
    const work = this.#work;
    this.#work = undefined;
    if (work !== undefined) {
      const result = pooledWork(work, this.#key, []);
      this.peer.handle({ type: 'worked', result }, now);
    } else if (this.#isWaiting) {
      this.#isWaiting = false;
      this.peer.handle({ type: 'continue' }, now);
    }
    this.drain();
  }

  /** Lets it see what time it is. */
  wake(now: Time): void {
    this.peer.handleTimeout(now);
    const deadline = this.peer.deadline();
    this.#test.check(deadline === undefined || deadline > now.instant, 'a deadline that is over');
    this.drain();
  }

  /** The other side is gone. */
  hangUp(now: Time): void {
    this.peer.handle({ type: 'disconnected' }, now);
    this.hasEnded = true;
    // Nothing may come of it.
    this.drain();
  }

  /** After the end: whether nothing comes of anything, and a secret that comes too late is overwritten. */
  isSilent(now: Time): boolean {
    const work: KeyWork = { type: 'create-key' };
    const handedOut: Uint8Array[] = [];
    this.receive(Uint8Array.of(1, 2, 3), now);
    this.peer.handle({ type: 'send', message: { type: 'mempool', payload: {} } }, now);
    if (this.#isV2) {
      this.peer.handle({ type: 'worked', result: pooledWork(work, this.#key, handedOut) }, now);
    }
    this.peer.handleTimeout(now);
    const isQuiet = this.peer.poll() === undefined && this.peer.deadline() === undefined;
    return isQuiet && handedOut.every(isZero);
  }

  /** What is to arrive next is what this has sent. */
  checkArrived(message: Message): void {
    const expected = this.sent[this.arrived];
    const { type, payload } = sentOf(message);
    const where = `message ${this.arrived}`;
    if (expected === undefined) return this.#test.check(false, `${where}, ${type}, was never sent`);
    this.#test.same(type, expected.type, where);
    this.#test.check(areEqual(payload, expected.payload), `${where}, ${type}, has changed`);
    this.arrived++;
  }

  /** Takes the bytes that wait for the other side, up to a number. */
  take(size: number): Uint8Array {
    const all = concat(this.outgoing);
    this.outgoing.length = 0;
    if (all.length > size) this.outgoing.push(all.subarray(size));
    return all.slice(0, size);
  }

  /** Carries out what it asks for. */
  drain(): void {
    for (let effect = this.peer.poll(); effect !== undefined; effect = this.peer.poll()) {
      this.#test.step();
      this.#carryOut(effect);
    }
  }

  #carryOut(effect: PeerEffect): void {
    const test = this.#test;
    test.check(!this.hasEnded, () => `${effect.type} after the end`);
    switch (effect.type) {
      case 'send':
        // A slab that it may be a view of is written on, but not there.
        this.outgoing.push(effect.data);
        break;
      case 'work':
        test.check(this.#work === undefined, 'more than one slow step at a time');
        this.#work = copyOf(effect.work);
        break;
      case 'established':
        this.sessionId = effect.sessionId;
        test.count(`established ${effect.transport}`);
        break;
      case 'message':
        test.check(!this.#isWaiting, 'a message that was not asked for');
        this.#isWaiting = this.#oneAtATime;
        this.other?.checkArrived(effect.message);
        test.count('messages');
        break;
      case 'disconnect':
        this.hasEnded = true;
        test.count(`disconnect: ${effect.reason}`);
        break;
      case 'notice':
        test.count(`notice: ${effect.code}`);
        break;
      case 'trace':
        break;
    }
  }

  #peerOptions({ role, key, protocol, now }: SideOptions): Omit<PeerOptions, 'rng'> {
    const { draw } = this.#test;
    const shaping = shapingOf(this.#test);
    const deferWork = draw.oneIn(2);
    const random = draw.fork(`side ${role}`);
    const garbageSize = garbageSizeOf(draw);
    const transport = (): V2Transport =>
      new V2Transport({
        role,
        magic: regtest.magic,
        rng: deferWork ? random : randomWithKey(random, key, []),
        ellSwift: pooledEllSwift(key, []),
        aead: nativeAead,
        garbageSize,
        deferWork,
      });
    return {
      id: new PeerIds().next(),
      connectionType: role === 'responder' ? 'inbound' : draw.pick(DIALLING),
      network: regtest,
      now,
      address: '203.0.113.7:18444',
      services: FULL,
      userAgent: '/fuzz:1/',
      startHeight: draw.below(1_000_000),
      relay: draw.oneIn(2),
      nonce: draw.u64(),
      requiredServices: FULL,
      isOwnNonce: () => false,
      protocolVersion: draw.pick([70_013, 70_015, 70_016, 70_017]),
      features: draw.list(2, () => ({ id: 'BIP434', data: draw.bytes(draw.below(40)) })),
      oneMessageAtATime: this.#oneAtATime,
      traceMessages: draw.oneIn(4),
      ...(shaping === undefined ? {} : { shaping }),
      ...(protocol === 'v1' ? {} : { transport: transport() }),
    };
  }
}

function shapingOf(test: FuzzCase): TrafficShaping | undefined {
  const { draw } = test;
  if (draw.oneIn(2)) return undefined;
  const longest = draw.pick([10, 1_000, 100_000]);
  return {
    nextDecoy: (rng) => {
      if (rng.below(50) === 0) return undefined;
      test.count('decoys asked for');
      return { delay: 1 + rng.below(longest), size: rng.below(rng.below(100) === 0 ? 20_000 : 300) };
    },
  };
}

/** As whoever gives it to a worker: the secret is overwritten if the connection ends meanwhile. */
function copyOf(work: KeyWork): KeyWork {
  if (work.type === 'create-key') return work;
  return { type: 'xdh', secretKey: work.secretKey.slice(), theirs: work.theirs.slice() };
}

function sentOf(message: Message): Sent {
  return { type: messageTypeOf(message), payload: encodeMessage(message) };
}
