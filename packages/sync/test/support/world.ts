import { SeededRng, type PeerId } from '@btcp2p/machine';
import { hashToHex, type BlockView, type Message } from '@btcp2p/wire';
import type { SyncEffect } from '../../src/sync-effect.ts';
import type { SyncConnectionType } from '../../src/sync-peer.ts';
import {
  genesis, headersOf, isMutated, mineBlocks, mineHeaders, mutated, withoutWork, type Mined,
  type MinedBlock,
} from './chain.ts';
import { Owner } from './owner.ts';

/** What a simulated peer is like. All but the first have something wrong with them. */
export const KINDS = [
  'honest',
  'slow',
  'staller',
  'silent',
  'behind',
  'stale-fork',
  'invalid-chain',
  'no-work',
  'gaps',
  'low-work',
  'headers-only',
  'mutator',
  'not-found',
  'spammer',
  'flaky',
  'limited',
] as const;
export type Kind = (typeof KINDS)[number];

const START = genesis.header.time + 10 * 24 * 60 * 60;
const main = mineBlocks(genesis, 1_240, { time: START });
/** Valid, but with less work. */
const stale = mineBlocks(main[799]!, 150, { salt: 1 });
/** More work than all others, but with a block that cannot be connected. */
const invalid = mineBlocks(main[899]!, 450, { salt: 2 });
const badBlocks: ReadonlySet<string> = new Set([hashToHex(invalid[4]!.hash)]);
/** Headers whose blocks nobody has: the first 600 have little work, all of them more than any. */
const endless = mineHeaders(genesis, 3_000, { salt: 3, time: START });
const lowWork = endless.slice(0, 600);

const chains = {
  stale: [...main.slice(0, 800), ...stale],
  invalid: [...main.slice(0, 900), ...invalid],
  endless,
} as const;

const byHash = new Map<string, MinedBlock>();
for (const block of [...main, ...stale, ...invalid]) byHash.set(hashToHex(block.hash), block);

const heightMaps = new Map<readonly Mined[], ReadonlyMap<string, number>>();

/** The heights of a chain's headers, by their hashes. */
function heightsOf(chain: readonly Mined[]): ReadonlyMap<string, number> {
  let heights = heightMaps.get(chain);
  if (heights === undefined) {
    heights = new Map(chain.map(({ hash, height }) => [hashToHex(hash), height]));
    heightMaps.set(chain, heights);
  }
  return heights;
}

interface Actor {
  readonly kind: Kind;
  readonly connectionType: SyncConnectionType;
  readonly chain: readonly Mined[];
  /** How much of its chain it has. */
  height: number;
  /** Milliseconds of one answer. */
  readonly latency: number;
  readonly rng: SeededRng;
  /** It sends one thing after the other. */
  busyUntil: number;
}

const CONNECTION_TYPES: readonly SyncConnectionType[] = [
  'outbound-full-relay',
  'block-relay-only',
  'manual',
  'inbound',
];

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export interface WorldOptions {
  readonly seed: number;
  readonly kinds: readonly Kind[];
}

/**
 * A {@link Sync} among simulated peers, in simulated time. All that is random follows from the seed.
 * What must never happen is checked at every step.
 */
export class World {
  readonly owner: Owner;
  readonly #rng: SeededRng;
  readonly #actors = new Map<PeerId, Actor>();
  readonly #events: Event[] = [];
  #order = 0;
  readonly #maxHeaders: number;
  readonly #refusals = new Map<number, number>();
  /** Blocks that are being stored. */
  readonly #disk = new Set<SyncEffect & { type: 'block' }>();
  steps = 0;
  /** How many blocks were mined while this went on. */
  #mined = 0;

  constructor({ seed, kinds }: WorldOptions) {
    this.#rng = new SeededRng(BigInt(seed));
    const rng = this.#rng.fork('options');
    this.#maxHeaders = [2_000, 400, 97][rng.below(3)]!;
    // Sometimes the network has stood still for days, so that we never believe to be up to date.
    const unix = main[1_229]!.header.time + (rng.below(3) === 0 ? 3 * 24 * 60 * 60 : 60);
    this.owner = new Owner({
      unix,
      seed: BigInt(seed),
      badBlocks,
      params: { headersSync: { commitmentPeriod: 13, redownloadBufferSize: 200 } },
      sync: {
        maxHeadersResult: this.#maxHeaders,
        minimumChainWork: rng.below(2) === 0 ? 0n : 2n * 700n,
      },
    });
    this.owner.answers = false;
    for (const [i, kind] of kinds.entries()) {
      this.#after(rng.below(20_000), () => this.#join(kind, this.#rng.fork(`peer/${i}`)));
    }
    // There is always an honest peer, which comes back if it is thrown out.
    this.#after(rng.below(60_000), () => this.#join('honest', this.#rng.fork('honest'), true));
    for (let i = 1; i <= 10; i++) this.#after(rng.below(30 * 60_000), () => this.#mine());
  }

  get isConverged(): boolean {
    return this.owner.height === main.length && this.#mined === 10;
  }

  /** Goes on until the best chain is ours, or the time is up. */
  run(milliseconds: number): void {
    const end = this.owner.now.instant + milliseconds;
    while (!this.isConverged) {
      const event = this.#next();
      const due = this.owner.sync.deadline();
      const at = Math.min(event?.at ?? Infinity, due ?? Infinity);
      if (at > end) return;
      this.owner.pass(Math.max(0, at - this.owner.now.instant));
      if (event !== undefined && event.at <= this.owner.now.instant) {
        this.#events.splice(this.#events.indexOf(event), 1);
        event.run();
      }
      this.#settle();
    }
  }

  /** All peers go, and the disk finishes. */
  finish(): void {
    for (const id of this.#actors.keys()) this.owner.do((sync, now) => sync.removePeer(id, now));
    this.#actors.clear();
    for (const [entry, times] of this.owner.handedOut) {
      const refusals = this.#refusals.get(entry) ?? 0;
      if (times > 1 + refusals) throw new Error('a block was handed out twice');
    }
    for (const effect of this.#disk) this.owner.answer(effect);
    this.owner.sync.checkIsEmpty();
  }

  /** Carries out what was sent, and checks what must never be. */
  #settle(): void {
    this.steps++;
    const { sent, unanswered, log } = this.owner;
    while (sent.length + unanswered.length + log.length > 0) {
      for (const { peer, message } of sent.splice(0)) {
        if (message.type === 'getdata') this.#checkWindow(peer, message);
        this.#deliver(peer, message);
      }
      for (const effect of unanswered.splice(0)) this.#store(effect);
      for (const effect of log.splice(0)) {
        if (effect.type === 'disconnect') this.#leave(effect.peer, false);
        if (effect.type === 'misbehaving') this.#leave(effect.peer, true);
      }
    }
    this.#checkInFlight();
  }

  #checkInFlight(): void {
    const seen = new Set<number>();
    for (const id of this.#actors.keys()) {
      const { blocksInFlight } = this.owner.sync.peerInfo(id) ?? { blocksInFlight: [] };
      if (blocksInFlight.length > 16) throw new Error(`${blocksInFlight.length} blocks in flight`);
      for (const entry of blocksInFlight) {
        if (seen.has(entry)) throw new Error('a block is in flight twice');
        seen.add(entry);
      }
    }
    const { blocksInFlight } = this.owner.sync.progress;
    if (seen.size !== blocksInFlight) throw new Error('blocks in flight are from nobody');
  }

  #checkWindow(id: PeerId, message: Message & { type: 'getdata' }): void {
    const { headers, sync } = this.owner;
    const common = sync.peerInfo(id)?.lastCommonBlock;
    for (const { hash, type } of message.payload.inventory) {
      const entry = headers.find(hash)!;
      const fork = headers.lastCommonAncestor(entry, this.owner.tip());
      const isOnPath = common !== undefined && headers.isAncestor(common, entry);
      const base = Math.max(headers.height(fork), isOnPath ? headers.height(common) : 0);
      if (headers.height(entry) > base + 1_024) throw new Error('a block beyond the window');
      if (this.owner.hasBlock(entry)) throw new Error('a stored block was asked for');
      if (type !== 'witness_block') throw new Error(`asked for ${type}`);
    }
  }

  // Peers

  #join(kind: Kind, rng: SeededRng, comesBack = false): void {
    const connectionType = CONNECTION_TYPES[rng.below(comesBack ? 2 : 4)]!;
    const chain =
      kind === 'stale-fork' ? chains.stale
      : kind === 'invalid-chain' ? chains.invalid
      : kind === 'low-work' ? lowWork
      : kind === 'headers-only' ? chains.endless
      : main;
    const height =
      kind === 'behind' ? rng.below(1_000)
      : chain === main ? 1_230 + this.#mined
      : chain.length;
    const latency = kind === 'slow' ? 500 + rng.below(20_000) : 5 + rng.below(150);
    const services = kind === 'limited' ? 1_032n : 9n;
    const id = this.owner.connect({ connectionType, services });
    this.#actors.set(id, { kind, connectionType, chain, height, latency, rng, busyUntil: 0 });
    if (comesBack) this.#honest = id;
    if (kind === 'flaky') this.#after(1_000 + rng.below(120_000), () => this.#leave(id, true));
    if (kind === 'spammer') this.#spam(id);
  }

  #honest: PeerId | undefined;

  #leave(id: PeerId, tell: boolean): void {
    const actor = this.#actors.get(id);
    if (actor === undefined) return;
    this.#actors.delete(id);
    if (tell) this.owner.do((sync, now) => sync.removePeer(id, now));
    if (id !== this.#honest) return;
    this.#honest = undefined;
    this.#after(5_000 + actor.rng.below(30_000), () => this.#join('honest', actor.rng, true));
  }

  #mine(): void {
    this.#mined++;
    const block = main[1_229 + this.#mined]!;
    for (const [id, actor] of this.#actors) {
      if (actor.chain !== main || actor.kind === 'behind') continue;
      actor.height = block.height;
      if (actor.kind === 'silent') continue;
      const byHeaders = actor.rng.below(2) === 0;
      this.#say(id, (owner) =>
        owner.do((sync, now) =>
          byHeaders
            ? sync.handleHeaders(id, [block.header], now)
            : sync.handleBlockInventory(id, [block.hash], now),
        ),
      );
    }
  }

  #deliver(id: PeerId, message: Message): void {
    const actor = this.#actors.get(id);
    if (actor === undefined || actor.kind === 'silent') return;
    if (message.type === 'getheaders') this.#answerHeaders(id, actor, message.payload.locator);
    if (message.type === 'getdata') {
      for (const { hash } of message.payload.inventory) this.#answerBlock(id, actor, hash);
    }
  }

  #answerHeaders(id: PeerId, actor: Actor, locator: readonly Uint8Array[]): void {
    const heights = heightsOf(actor.chain);
    const known = locator.map((hash) => heights.get(hashToHex(hash)) ?? Infinity);
    const fork = known.find((height) => height <= actor.height) ?? 0;
    let mined = actor.chain.slice(fork, Math.min(fork + this.#maxHeaders, actor.height));
    if (mined.length > 2) {
      if (actor.kind === 'no-work') mined = [...mined.slice(0, -1), withoutWork(mined.at(-1)!)];
      if (actor.kind === 'gaps') mined = [...mined.slice(0, 1), ...mined.slice(2)];
    }
    this.#say(id, (owner) => owner.do((sync, now) => sync.handleHeaders(id, headersOf(mined), now)));
  }

  #answerBlock(id: PeerId, actor: Actor, hash: Uint8Array): void {
    const found = byHash.get(hashToHex(hash));
    if (found === undefined) return;
    const chance = actor.rng.below(100);
    if (actor.kind === 'staller' && chance < 20) return;
    if (actor.kind === 'not-found' && chance < 30) {
      this.#say(id, (owner) => owner.do((sync, now) => sync.handleNotFound(id, [hash], now)));
      return;
    }
    const block = actor.kind === 'mutator' && chance < 20 ? mutated(found) : found.block;
    this.#send(id, block);
    if (chance === 99) this.#send(id, block);
  }

  #send(id: PeerId, block: BlockView): void {
    this.#say(id, (owner) => owner.do((sync, now) => sync.handleBlock(id, block, now)));
  }

  /** Things that nobody asked for. */
  #spam(id: PeerId): void {
    const actor = this.#actors.get(id);
    if (actor === undefined) return;
    const { rng } = actor;
    const from = rng.below(1_200);
    const some = [main, chains.invalid, chains.stale][rng.below(3)]!.slice(from, from + 20);
    const [first] = some;
    if (first !== undefined) {
      this.owner.do((sync, now) => {
        if (rng.below(3) === 0) sync.handleHeaders(id, headersOf(some), now);
        else if (rng.below(2) === 0) sync.handleBlockInventory(id, some.map(({ hash }) => hash), now);
        else if (this.owner.headers.find(first.header.prevBlockHash) !== undefined) {
          sync.handleBlock(id, first.block, now);
        }
        if (rng.below(5) === 0) sync.handleNotFound(id, some.map(({ hash }) => hash), now);
      });
    }
    this.#after(1_000 + rng.below(60_000), () => this.#spam(id));
  }

  /** Something reaches us from a peer, after what it sent before. */
  #say(id: PeerId, run: (owner: Owner) => void): void {
    const actor = this.#actors.get(id)!;
    const { instant } = this.owner.now;
    // A slow line is slow for each thing that it carries; others take a tenth for all but the first.
    const each = actor.kind === 'slow' ? actor.latency : actor.latency / 10;
    actor.busyUntil = Math.max(actor.busyUntil + each, instant + actor.latency);
    this.#after(actor.busyUntil - instant, () => {
      if (this.#actors.has(id)) run(this.owner);
    });
  }

  // The disk

  #store(effect: SyncEffect & { type: 'block' }): void {
    const delay = this.#rng.below(4) === 0 ? this.#rng.below(500) : 0;
    if (isMutated(effect.block)) {
      this.#refusals.set(effect.entry, 1 + (this.#refusals.get(effect.entry) ?? 0));
    }
    this.#disk.add(effect);
    this.#after(delay, () => {
      if (this.#disk.delete(effect)) this.owner.answer(effect);
    });
  }

  // Time

  #after(milliseconds: number, run: () => void): void {
    const at = this.owner.now.instant + milliseconds;
    this.#events.push({ at, order: this.#order++, run });
  }

  #next(): Event | undefined {
    let next: Event | undefined;
    for (const event of this.#events) {
      if (next === undefined || event.at < next.at) next = event;
      else if (event.at === next.at && event.order < next.order) next = event;
    }
    return next;
  }
}
