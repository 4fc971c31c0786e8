import { type EllSwift, ELLSWIFT_SIZE, SECRET_KEY_SIZE } from './ell-swift.ts';
import { deriveKeys, sharedSecret, type SessionKeys } from './key-schedule.ts';
import type { KeyWork, KeyWorkResult } from './key-work.ts';
import { performKeyWork } from './perform-key-work.ts';
import { Queue } from './queue.ts';
import type { RandomSource } from './random-source.ts';
import type { SessionEvent } from './session-event.ts';
import type { SessionRole } from './session-options.ts';
import { isV1Answer, judgeFirstBytes, V1_PREFIX_LEN } from './v1-prefix.ts';

/** What comes of an exchange. `keys` and `failed` are the last. */
export type ExchangeEvent =
  /** Our public key is to be sent: 64 bytes. */
  | { readonly type: 'public-key'; readonly publicKey: Uint8Array }
  | { readonly type: 'keys'; readonly keys: SessionKeys }
  | { readonly type: 'failed'; readonly event: Extract<SessionEvent, { type: 'failed' }> };

/** What an exchange needs to know. */
export interface KeyExchangeOptions {
  readonly role: SessionRole;
  readonly magic: Uint8Array;
  readonly rng: RandomSource;
  /** Who takes the slow steps; undefined: the caller. */
  readonly ellSwift: EllSwift | undefined;
}

type State =
  /** A responder that compares the first bytes with the start of v1. */
  | { readonly type: 'detecting' }
  | { readonly type: 'creating-key' }
  | { readonly type: 'receiving-key'; readonly ours: OurKey }
  | { readonly type: 'combining-keys'; readonly ours: OurKey }
  | { readonly type: 'over' };

interface OurKey {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** The start of a session (BIP 324 §"Handshake"): telling v1 from v2, and both public keys. */
export class KeyExchange {
  readonly #options: KeyExchangeOptions;
  #state: State;
  #work: KeyWork | undefined;
  #isWorkGiven = false;
  /** The first bytes from the peer: its key, unless it speaks v1. */
  readonly #theirs = new Uint8Array(ELLSWIFT_SIZE);
  #theirsLength = 0;
  readonly #events = new Queue<ExchangeEvent>();

  constructor(options: KeyExchangeOptions) {
    this.#options = options;
    this.#state = { type: 'detecting' };
    // An initiator's key goes out at once, before anything is known of the peer.
    if (options.role === 'initiator') this.#createKey();
  }

  /** Whether the peer may yet turn out to speak v1. */
  get isDetecting(): boolean {
    return this.#state.type === 'detecting';
  }

  /** Whether a step has to be completed before there is a use for bytes. */
  get isWaiting(): boolean {
    return this.#work !== undefined;
  }

  /** Bytes that came: of the peer's key, or of the start of v1. */
  get bufferedBytes(): number {
    return this.#theirsLength;
  }

  /** Takes bytes of `data` from `offset` on. Returns where those begin that it has no use for. */
  receive(data: Uint8Array, offset: number): number {
    const wanted = this.#state.type === 'detecting' ? V1_PREFIX_LEN : ELLSWIFT_SIZE;
    const end = Math.min(data.length, offset + wanted - this.#theirsLength);
    this.#theirs.set(data.subarray(offset, end), this.#theirsLength);
    this.#theirsLength += end - offset;
    if (this.#options.role === 'responder') this.#judge(data.subarray(end));
    else if (this.#theirsLength >= V1_PREFIX_LEN) this.#judgeAnswer(data.subarray(end));
    if (this.#state.type === 'receiving-key' && this.#theirsLength === ELLSWIFT_SIZE) {
      const { ours } = this.#state;
      this.#state = { type: 'combining-keys', ours };
      this.#start({ type: 'xdh', secretKey: ours.secretKey, theirs: this.#theirs });
    }
    return end;
  }

  /** What came of it, in order. */
  poll(): ExchangeEvent | undefined {
    return this.#events.poll();
  }

  /** The step to be taken, once. */
  pollWork(): KeyWork | undefined {
    if (this.#isWorkGiven) return undefined;
    this.#isWorkGiven = this.#work !== undefined;
    return this.#work;
  }

  /** Takes what came of a step. Throws if it is not that of the step to be taken. */
  complete(result: KeyWorkResult): void {
    if (this.#work?.type !== result.type) throw new Error(`not awaited: ${result.type}`);
    this.#work = undefined;
    this.#isWorkGiven = false;
    if (result.type === 'xdh') this.#combine(result.sharedX);
    else this.#takeKey(result);
  }

  /** Overwrites the secret key. */
  close(): void {
    const state = this.#state;
    if ('ours' in state) state.ours.secretKey.fill(0);
    this.#state = { type: 'over' };
    this.#work = undefined;
  }

  #judge(rest: Uint8Array): void {
    const magic = this.#options.magic;
    const start = this.#theirs.subarray(0, Math.min(this.#theirsLength, V1_PREFIX_LEN));
    const verdict = judgeFirstBytes(start, magic);
    if (verdict === 'v1') this.#failV1(rest);
    else if (verdict === 'other-network') {
      const detail = `V2 transport error: V1 peer with wrong MessageStart ${hex(start.subarray(0, 4))}`;
      this.#fail({ type: 'failed', code: 'wrong-network', detail });
    } else if (verdict === 'v2' && this.#state.type === 'detecting') this.#createKey();
  }

  #judgeAnswer(rest: Uint8Array): void {
    if (isV1Answer(this.#theirs, this.#options.magic)) this.#failV1(rest);
  }

  #failV1(rest: Uint8Array): void {
    const received = new Uint8Array(this.#theirsLength + rest.length);
    received.set(this.#theirs.subarray(0, this.#theirsLength));
    received.set(rest, this.#theirsLength);
    this.#fail({ type: 'failed', code: 'v1-detected', detail: 'the peer speaks v1', received });
  }

  #createKey(): void {
    this.#state = { type: 'creating-key' };
    this.#start({ type: 'create-key' });
  }

  #start(work: KeyWork): void {
    this.#work = work;
    const { ellSwift, rng } = this.#options;
    if (ellSwift !== undefined) this.complete(performKeyWork(work, ellSwift, rng));
  }

  #takeKey(ours: OurKey): void {
    if (ours.secretKey.length !== SECRET_KEY_SIZE || ours.publicKey.length !== ELLSWIFT_SIZE) {
      throw new Error(`a key of ${ours.secretKey.length} and ${ours.publicKey.length} bytes`);
    }
    this.#state = { type: 'receiving-key', ours };
    this.#events.push({ type: 'public-key', publicKey: ours.publicKey });
  }

  #combine(sharedX: Uint8Array): void {
    if (this.#state.type !== 'combining-keys') throw new Error(`combined when ${this.#state.type}`);
    const { publicKey } = this.#state.ours;
    const secret =
      this.#options.role === 'initiator'
        ? sharedSecret(publicKey, this.#theirs, sharedX)
        : sharedSecret(this.#theirs, publicKey, sharedX);
    const keys = deriveKeys(secret, this.#options.magic);
    sharedX.fill(0);
    secret.fill(0);
    this.close();
    this.#events.push({ type: 'keys', keys });
  }

  #fail(event: Extract<SessionEvent, { type: 'failed' }>): void {
    this.close();
    this.#events.push({ type: 'failed', event });
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
