import type { ConsensusParams, HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import { PeerIds, SeededRng, type PeerId, type Time } from '@btcp2p/machine';
import { hashToHex, type BlockView, type Message, type MessageOf } from '@btcp2p/wire';
import type { BackgroundBlocks, BlockStatus } from '../../src/ports.ts';
import type { SyncEffect } from '../../src/sync-effect.ts';
import type { SyncPeer } from '../../src/sync-peer.ts';
import { Sync, type SyncOptions } from '../../src/sync.ts';
import { fastSha256d, isMutated, newTree, params } from './chain.ts';

export interface OwnerOptions {
  readonly unix: number;
  readonly seed?: bigint;
  readonly params?: Partial<ConsensusParams>;
  readonly sync?: Partial<Pick<SyncOptions, 'minimumChainWork' | 'maxHeadersResult' | 'maxTipAge'>>;
  /** Hashes (hex) of blocks that cannot be connected. */
  readonly badBlocks?: ReadonlySet<string>;
}

/** NODE_NETWORK and NODE_WITNESS. */
export const FULL_NODE = 9n;

/** Owns a {@link Sync} as a node would: stores blocks, connects them, and carries out effects. */
export class Owner implements BlockStatus {
  readonly headers: HeaderTree;
  readonly sync: Sync;
  readonly sent: { readonly peer: PeerId; readonly message: Message }[] = [];
  /** All effects but what is sent. */
  readonly log: SyncEffect[] = [];
  now: Time;
  /** Whether a `block` effect is answered at once. */
  answers = true;
  readonly unanswered: (SyncEffect & { type: 'block' })[] = [];
  /** How often each block was handed out. */
  readonly handedOut = new Map<HeaderEntry, number>();
  readonly #ids = new PeerIds();
  readonly #badBlocks: ReadonlySet<string>;
  readonly #stored = new Map<HeaderEntry, BlockView | undefined>([[0, undefined]]);
  /** Blocks that are stored with all that come before. */
  readonly #complete = new Set<HeaderEntry>([0]);
  readonly #waiting = new Map<HeaderEntry, HeaderEntry[]>();
  #tip: HeaderEntry = 0;
  #background: BackgroundBlocks | undefined;

  constructor(options: OwnerOptions) {
    this.now = { instant: 0, unix: options.unix };
    this.headers = newTree(options.params);
    this.#badBlocks = options.badBlocks ?? new Set();
    this.sync = new Sync({
      params: { ...params, ...options.params },
      headers: this.headers,
      blocks: this,
      rng: new SeededRng(options.seed ?? 1n),
      sha256d: fastSha256d,
      ...options.sync,
    });
  }

  hasBlock(entry: HeaderEntry): boolean {
    return this.#stored.has(entry);
  }

  tip(): HeaderEntry {
    return this.#tip;
  }

  background(): BackgroundBlocks | undefined {
    return this.#background;
  }

  /** Goes on from loaded coins, which all blocks are to prove. */
  assume(base: HeaderEntry): void {
    this.#tip = base;
    this.#complete.add(base);
    this.#background = { tip: 0, target: base };
  }

  get height(): number {
    return this.headers.height(this.#tip);
  }

  connect(peer: Partial<SyncPeer> = {}): PeerId {
    const id = this.#ids.next();
    const connectionType = 'outbound-full-relay';
    const defaults: SyncPeer = { connectionType, services: FULL_NODE, startHeight: 0 };
    this.sync.addPeer(id, { ...defaults, ...peer }, this.now);
    this.drain();
    return id;
  }

  /** Lets time pass, on both clocks, and runs what comes due. */
  pass(milliseconds: number): void {
    const end = this.now.instant + milliseconds;
    for (;;) {
      const due = this.sync.deadline();
      if (due === undefined || due > end) break;
      this.#jump(Math.max(due, this.now.instant));
      this.sync.handleTimeout(this.now);
      this.drain();
      const next = this.sync.deadline();
      if ((next ?? Infinity) <= this.now.instant) throw new Error('a deadline does not go away');
    }
    this.#jump(end);
  }

  #jump(instant: number): void {
    const unix = this.now.unix + (instant - this.now.instant) / 1_000;
    this.now = { instant, unix };
  }

  /** Calls an input, and carries out what follows. */
  do(call: (sync: Sync, now: Time) => void): void {
    call(this.sync, { instant: this.now.instant, unix: Math.floor(this.now.unix) });
    this.drain();
  }

  /** Carries out all effects. */
  drain(): void {
    for (let effect = this.sync.poll(); effect !== undefined; effect = this.sync.poll()) {
      if (effect.type === 'send') this.sent.push(effect);
      else this.log.push(effect);
      if (effect.type === 'block') this.#take(effect);
    }
  }

  /** Answers a `block` effect. */
  answer({ entry, block }: SyncEffect & { type: 'block' }): void {
    if (isMutated(block)) {
      this.sync.blockInvalid(entry, this.now, { mutated: true });
    } else {
      this.store(entry, block);
      this.sync.blockStored(entry, this.now);
    }
    this.drain();
  }

  /** Stores a block, and connects what can be. */
  store(entry: HeaderEntry, block?: BlockView): void {
    this.#stored.set(entry, block);
    const parent = this.headers.parent(entry)!;
    if (this.#complete.has(parent)) this.#completed(entry);
    else this.#waiting.set(parent, [...(this.#waiting.get(parent) ?? []), entry]);
  }

  /** Takes what was sent to a peer so far. */
  take(peer: PeerId): Message[] {
    const taken = this.sent.filter((one) => one.peer === peer).map(({ message }) => message);
    const rest = this.sent.filter((one) => one.peer !== peer);
    this.sent.splice(0, this.sent.length, ...rest);
    return taken;
  }

  /** Takes the one message of a type that was sent to a peer, and others with it. */
  takeOne<T extends Message['type']>(peer: PeerId, type: T): MessageOf<T> | undefined {
    const taken = this.take(peer).filter((message) => message.type === type);
    if (taken.length > 1) throw new Error(`${taken.length} messages of ${type}`);
    return taken[0] as MessageOf<T> | undefined;
  }

  /** Heights of the blocks asked of a peer since the last time. */
  takeRequests(peer: PeerId): number[] {
    return this.take(peer).flatMap((message) => {
      if (message.type !== 'getdata') return [];
      const entries = message.payload.inventory.map(({ hash }) => this.headers.find(hash)!);
      return entries.map((entry) => this.headers.height(entry));
    });
  }

  /** What happened, in short, since the last time; that headers are asked for goes without saying. */
  takeLog(...types: SyncEffect['type'][]): string[] {
    const all = this.log
      .splice(0)
      .filter((effect) => effect.type !== 'notice' || effect.code !== 'initial-getheaders');
    const wanted = types.length === 0 ? all : all.filter(({ type }) => types.includes(type));
    return wanted.map((effect) => {
      switch (effect.type) {
        case 'headers':
          return `headers ${effect.entries.length}`;
        case 'block':
          return `block ${this.headers.height(effect.entry)}`;
        case 'disconnect':
          return `disconnect ${effect.peer} ${effect.reason}`;
        case 'misbehaving':
          return `misbehaving ${effect.peer} ${effect.detail}`;
        case 'notice':
          return `${effect.code} ${effect.detail}`;
        default:
          return effect.type;
      }
    });
  }

  #take(effect: SyncEffect & { type: 'block' }): void {
    this.handedOut.set(effect.entry, (this.handedOut.get(effect.entry) ?? 0) + 1);
    if (this.answers) this.answer(effect);
    else this.unanswered.push(effect);
  }

  #completed(first: HeaderEntry): void {
    for (const ready = [first]; ready.length > 0; ) {
      const entry = ready.pop()!;
      if (this.headers.isInvalid(entry)) continue;
      if (this.#badBlocks.has(hashToHex(this.headers.hash(entry)))) {
        this.sync.blockInvalid(entry, this.now, { detail: 'bad block' });
        continue;
      }
      this.#complete.add(entry);
      if (this.headers.compareWork(entry, this.#tip) > 0) this.#tip = entry;
      ready.push(...(this.#waiting.get(entry) ?? []));
      this.#waiting.delete(entry);
    }
  }
}
