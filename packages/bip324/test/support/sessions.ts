import {
  type Aead,
  deriveKeys,
  type EllSwift,
  type KeyWork,
  nobleAead,
  nobleEllSwift,
  PacketCipher,
  performKeyWork,
  type RandomSource,
  Session,
  type SessionKeys,
  type SessionOptions,
  type SessionRole,
  sharedSecret,
} from '../../src/index.ts';
import { concat, pattern, toHex } from './bytes.ts';

/** Mainnet's (Core kernel/chainparams.cpp). */
export const MAGIC = Uint8Array.of(0xf9, 0xbe, 0xb4, 0xd9);

export const NOTHING: Uint8Array = new Uint8Array(0);

/** A source that gives the same bytes for the same seed. */
export function seededRng(seed: number): RandomSource {
  let draws = 0;
  return { bytes: (length) => pattern(length, seed * 1_000 + ++draws) };
}

/** The real one, which is asked once for each thing: tests repeat handshakes thousands of times. */
export const ellSwift: EllSwift = remembering(nobleEllSwift);

function remembering(real: EllSwift): EllSwift {
  const known = new Map<string, Uint8Array>();
  const remember = (key: string, make: () => Uint8Array): Uint8Array => {
    const value = known.get(key) ?? make();
    known.set(key, value);
    return value.slice();
  };
  return {
    create: (secretKey, rng) => remember(toHex(secretKey), () => real.create(secretKey, rng)),
    xdh: (secretKey, theirs) =>
      remember(`${toHex(secretKey)} ${toHex(theirs)}`, () => real.xdh(secretKey, theirs)),
  };
}

/** A session of mainnet whose randomness is settled. */
export function session(
  role: SessionRole,
  options: Partial<SessionOptions> & { readonly seed?: number } = {},
): Session {
  const { seed = role === 'initiator' ? 1 : 2, ...others } = options;
  return new Session({ role, magic: MAGIC, rng: seededRng(seed), ellSwift, ...others });
}

/** All bytes that wait for the peer. */
export function bytesOf(from: Session): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let bytes = from.pollBytes(); bytes !== undefined; bytes = from.pollBytes()) pieces.push(bytes);
  return concat(pieces);
}

/** All events that wait, in a short form: `packet 0102`, `established`, `failed wrong-network`. */
export function eventsOf(from: Session): string[] {
  const events: string[] = [];
  for (let event = from.poll(); event !== undefined; event = from.poll()) {
    if (event.type === 'packet') events.push(`packet ${toHex(event.contents)}`);
    else if (event.type === 'failed') events.push(`failed ${event.code}`);
    else events.push(`established ${toHex(event.versionContents)}`.trimEnd());
  }
  return events;
}

/** What a worker would do. */
export function work(on: Session, step: KeyWork, seed = on.receivedBytes + 7): void {
  on.completeWork(performKeyWork(step, ellSwift, seededRng(seed)));
}

/** Lets two sessions talk until neither has anything to say. */
export function talk(a: Session, b: Session): void {
  for (;;) {
    const toB = bytesOf(a);
    const toA = bytesOf(b);
    if (toA.length + toB.length === 0) return;
    b.receive(toB);
    a.receive(toA);
  }
}

/** Two sessions that have shaken hands, and whose events were taken. */
export function pair(options: Partial<SessionOptions> = {}): { initiator: Session; responder: Session } {
  const initiator = session('initiator', { garbageSize: 20, ...options });
  const responder = session('responder', { garbageSize: 30, ...options });
  talk(initiator, responder);
  eventsOf(initiator);
  eventsOf(responder);
  return { initiator, responder };
}

/** The other side of a session, by hand: it can do what a session would not. */
export class RawPeer {
  readonly #role: SessionRole;
  readonly #secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
  #keys: SessionKeys | undefined;
  #cipher: PacketCipher | undefined;

  constructor(role: SessionRole, seed = 3) {
    this.#role = role;
    this.#secretKey = pattern(32, seed);
    this.publicKey = ellSwift.create(this.#secretKey, seededRng(seed));
  }

  /** Takes the public key of the session: the first 64 bytes that it sends. */
  meet(publicKey: Uint8Array, aead: Aead = nobleAead): void {
    const sharedX = ellSwift.xdh(this.#secretKey, publicKey);
    const isInitiator = this.#role === 'initiator';
    const secret = isInitiator
      ? sharedSecret(this.publicKey, publicKey, sharedX)
      : sharedSecret(publicKey, this.publicKey, sharedX);
    this.#keys = deriveKeys(secret, MAGIC);
    const { initiatorL, initiatorP, responderL, responderP } = this.#keys;
    this.#cipher = isInitiator
      ? new PacketCipher(initiatorL, initiatorP, aead)
      : new PacketCipher(responderL, responderP, aead);
  }

  get keys(): SessionKeys {
    if (this.#keys === undefined) throw new Error('not met yet');
    return this.#keys;
  }

  get terminator(): Uint8Array {
    const { initiatorGarbageTerminator, responderGarbageTerminator } = this.keys;
    return this.#role === 'initiator' ? initiatorGarbageTerminator : responderGarbageTerminator;
  }

  packet(contents: Uint8Array, options: { aad?: Uint8Array; ignore?: boolean } = {}): Uint8Array {
    const { aad = NOTHING, ignore = false } = options;
    return concat(this.#cipher!.encrypt([contents], aad, ignore));
  }

  decoy(contents: Uint8Array, aad = NOTHING): Uint8Array {
    return this.packet(contents, { aad, ignore: true });
  }
}

/** A session that has sent its key, and a peer by hand that has taken it. */
export function againstRaw(
  role: SessionRole,
  options: Partial<SessionOptions> = {},
): { tested: Session; peer: RawPeer } {
  const tested = session(role, { garbageSize: 0, ...options });
  const peer = new RawPeer(role === 'initiator' ? 'responder' : 'initiator');
  if (role === 'responder') tested.receive(peer.publicKey.slice(0, 17));
  peer.meet(bytesOf(tested).subarray(0, 64));
  tested.receive(peer.publicKey.slice(role === 'responder' ? 17 : 0));
  return { tested, peer };
}
