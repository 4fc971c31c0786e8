import {
  blockProof,
  checkProofOfWork,
  type ConsensusParams,
  type HeaderEntry,
  type HeaderRejectReason,
  type HeaderTree,
} from '@btcp2p/consensus';
import { Outbox, SECOND, type Instant, type PeerId, type Rng, type Time } from '@btcp2p/machine';
import {
  hashToHex,
  MAX_HEADERS_RESULTS,
  sha256d,
  type BlockHeader,
  type BlockView,
  type InventoryVector,
  type Message,
  type Sha256d,
} from '@btcp2p/wire';
import { BlockAvailability } from './block-availability.ts';
import {
  BLOCK_DOWNLOAD_WINDOW,
  BlockDownload,
  MAX_BLOCKS_IN_TRANSIT_PER_PEER,
} from './block-download.ts';
import { ChainSyncEviction } from './chain-sync-eviction.ts';
import { HeaderBatch } from './header-batch.ts';
import { HeadersDownload, isRecent } from './headers-download.ts';
import { HeadersProcessor, type HeadersOutcome } from './headers-processor.ts';
import type { BlockStatus } from './ports.ts';
import type { SyncDisconnectReason, SyncEffect, SyncNoticeCode } from './sync-effect.ts';
import {
  canServeBlocks,
  canServeWitnesses,
  isLimitedPeer,
  isOutbound,
  isPreferred,
  type SyncPeer,
} from './sync-peer.ts';

/**
 * Blocks whose work a fork may lack from that of our tip, for its headers to be kept at once
 * (Core `GetAntiDoSWorkThreshold`, net_processing.cpp).
 */
export const ANTI_DOS_BUFFER_BLOCKS = 144;

/**
 * How far above our tip a block may be that we did not ask for
 * (Core `MIN_BLOCKS_TO_KEEP`, validation.h).
 */
export const MIN_BLOCKS_TO_KEEP = 288;

/**
 * How old our tip may be, in target spacings, for announced blocks to be fetched at once
 * (Core `CanDirectFetch`, net_processing.cpp).
 */
export const DIRECT_FETCH_SPACINGS = 20;

/** Age at which our tip means that we are still catching up, seconds (Core `DEFAULT_MAX_TIP_AGE`). */
export const DEFAULT_MAX_TIP_AGE = 24 * 60 * 60;

/** What Core writes as the version of a locator (`CBlockLocator::DUMMY_VERSION`). Nobody reads it. */
const LOCATOR_VERSION = 70_016;

const NO_STOP: Uint8Array = /* @__PURE__ */ new Uint8Array(32);

/** What a {@link Sync} is made of. */
export interface SyncOptions {
  readonly params: ConsensusParams;
  /** All headers. `Sync` adds to it, and marks invalid what `blockInvalid` names. */
  readonly headers: HeaderTree;
  readonly blocks: BlockStatus;
  /** Secret: salts what is remembered of headers of low work. */
  readonly rng: Rng;
  readonly sha256d?: Sha256d;
  /** In place of the network's (Core `-minimumchainwork`). */
  readonly minimumChainWork?: bigint;
  /** Seconds (Core `-maxtipage`). */
  readonly maxTipAge?: number;
  /** Headers of a full message. Only tests have a use for others than 2,000. */
  readonly maxHeadersResult?: number;
}

/** How far a {@link Sync} has come. */
export interface SyncProgress {
  /** Height of the best header. */
  readonly headers: number;
  /** Height of the last block of the validated chain. */
  readonly blocks: number;
  /** How far the best of the low-work headers syncs has come that are in their first phase. */
  readonly presyncHeight: number | undefined;
  /** How many blocks are on their way. */
  readonly blocksInFlight: number;
  /** With how many peers a headers sync has started. */
  readonly headersSyncPeers: number;
}

/** What there is to know of a peer (as in Core's `getpeerinfo`). */
export interface SyncPeerInfo {
  /** The best block that it is known to have (Core `synced_headers`). */
  readonly bestKnownBlock: HeaderEntry | undefined;
  /** The last block that both have (Core `synced_blocks`). */
  readonly lastCommonBlock: HeaderEntry | undefined;
  /** Blocks that are on their way from it, in the order of the requests (Core `inflight`). */
  readonly blocksInFlight: readonly HeaderEntry[];
  /** Height that a low-work headers sync has come to (Core `presynced_headers`). */
  readonly presyncHeight: number | undefined;
  readonly headersSyncStarted: boolean;
  /** When it last announced a block better than our tip, Unix seconds; 0 for never. */
  readonly lastBlockAnnouncement: number;
}

interface Connected extends SyncPeer {
  readonly id: PeerId;
  readonly canServeBlocks: boolean;
  readonly isPreferred: boolean;
  sentSendHeaders: boolean;
  lastBlockAnnouncement: number;
}

/**
 * Headers-first synchronisation of one node over many peers: which headers and blocks to ask of
 * whom, and which peers to give up.
 *
 * It is not a `Machine` itself but a part of one, and keeps the same contract: after each call that
 * takes `now`, drain {@link poll}, then ask {@link deadline}. It neither validates nor stores blocks:
 * a wanted block is an effect, which the owner answers once.
 *
 * === Specification ===
 *
 * - Headers: see {@link HeadersProcessor} (what is kept), {@link HeadersDownload} (who is asked).
 * - Blocks: see {@link BlockDownload}. Outside of initial block download, blocks are fetched from
 *   every peer that has them; within it, from preferred peers that have the whole chain, or from
 *   others if there are none of those or nothing is on its way.
 * - A chain must have `minimumChainWork` before any block of it is fetched.
 * - *Direct fetch*: while our tip is not older than 20 target spacings, headers that end a chain of
 *   at least our tip's work have the up to 16 blocks that it takes to get there requested at once.
 * - A block that was not asked for is handed out only if its header is known or may be kept, it has
 *   at least our tip's and the minimum work, and it is at most 288 blocks above our tip.
 * - A block is handed out once. If the owner refuses a copy as mutated, another is fetched.
 * - Outbound peers whose chain stays behind are given up: see {@link ChainSyncEviction}; at once, if
 *   while we are catching up, all of a peer's chain has less than the minimum work.
 *
 * === Rationale ===
 *
 * Each of these is Core's, so that a node made of this is neither easier to fool nor a burden to
 * others. Where this differs, it is because validation is elsewhere: a block counts against its
 * peer until it is stored, and a peer that answers `notfound` is not asked for that block again
 * until it announces something new, whereas Core waits for it.
 */
export class Sync {
  readonly #options: SyncOptions;
  readonly #headers: HeaderTree;
  readonly #sha256d: Sha256d;
  readonly #minimumChainWork: bigint;
  readonly #outbox = new Outbox<SyncEffect>();
  readonly #peers = new Map<PeerId, Connected>();
  readonly #processor: HeadersProcessor;
  readonly #asking: HeadersDownload;
  readonly #availability: BlockAvailability;
  readonly #download: BlockDownload;
  readonly #eviction: ChainSyncEviction;
  /** Who delivered blocks that are not connected yet, for `blockInvalid`. */
  readonly #sources = new Map<HeaderEntry, PeerId>();
  #preferredPeers = 0;
  #isInitialBlockDownload = true;
  /** The tip at the last call. */
  #tip: HeaderEntry;
  #now: Time | undefined;

  constructor(options: SyncOptions) {
    const { params, headers, blocks } = options;
    this.#options = options;
    this.#headers = headers;
    this.#sha256d = options.sha256d ?? sha256d;
    this.#minimumChainWork = options.minimumChainWork ?? params.minimumChainWork;
    this.#processor = new HeadersProcessor(options);
    this.#asking = new HeadersDownload(params.powTargetSpacing);
    this.#availability = new BlockAvailability(headers);
    this.#download = new BlockDownload(options);
    this.#eviction = new ChainSyncEviction(headers);
    this.#tip = blocks.tip();
  }

  /**
   * Whether we are still catching up (Core `IsInitialBlockDownload`): our tip has less than the
   * minimum work, or is more than a day old. Once false, it stays so.
   */
  get isInitialBlockDownload(): boolean {
    return this.#isInitialBlockDownload;
  }

  /** How far we have come. */
  get progress(): SyncProgress {
    return {
      headers: this.#headers.height(this.#headers.best),
      blocks: this.#headers.height(this.#options.blocks.tip()),
      presyncHeight: this.#presyncHeight(),
      blocksInFlight: this.#download.inFlight,
      headersSyncPeers: this.#asking.syncing,
    };
  }

  /** What there is to know of a peer; undefined if it is gone. */
  peerInfo(id: PeerId): SyncPeerInfo | undefined {
    const peer = this.#peers.get(id);
    if (peer === undefined) return undefined;
    return {
      bestKnownBlock: this.#availability.best(id),
      lastCommonBlock: this.#download.lastCommon(id),
      blocksInFlight: this.#download.inFlightFrom(id),
      presyncHeight: this.#processor.lowWorkSync(id)?.presyncHeight,
      headersSyncStarted: this.#asking.isStarted(id),
      lastBlockAnnouncement: peer.lastBlockAnnouncement,
    };
  }

  /** The next effect for the owner to carry out. */
  poll(): SyncEffect | undefined {
    return this.#outbox.poll();
  }

  /** When {@link handleTimeout} is next due. */
  deadline(): Instant | undefined {
    let earliest: Instant | undefined;
    for (const { id } of this.#peers.values()) {
      earliest = minimum(earliest, this.#download.due(id));
      if (this.#asking.isStarted(id)) {
        earliest = minimum(earliest, this.#eviction.due(id));
        earliest = minimum(earliest, this.#headersDue(id));
      } else if (this.#mayStartHeaders(id)) {
        earliest = minimum(earliest, this.#asking.mayAskAt(id));
      }
    }
    return earliest;
  }

  /** Does what is due. Calling it early does nothing. */
  handleTimeout(now: Time): void {
    this.#update(now);
  }

  /** A connection has completed its handshake. */
  addPeer(id: PeerId, peer: SyncPeer, now: Time): void {
    if (this.#peers.has(id)) throw new Error(`peer ${id} is here already`);
    const connected: Connected = {
      ...peer,
      id,
      canServeBlocks: canServeBlocks(peer),
      isPreferred: isPreferred(peer),
      sentSendHeaders: false,
      lastBlockAnnouncement: 0,
    };
    this.#peers.set(id, connected);
    if (connected.isPreferred) this.#preferredPeers++;
    this.#asking.addPeer(id);
    this.#availability.addPeer(id);
    this.#download.addPeer(id, peer);
    if (isOutbound(peer)) this.#eviction.addPeer(id);
    this.#update(now);
  }

  /** A connection has ended. May follow a `disconnect` effect, or not. */
  removePeer(id: PeerId, now: Time): void {
    if (this.#forget(id)) this.#update(now);
  }

  /** A `headers` message came: at most 2,000. */
  handleHeaders(id: PeerId, headers: readonly BlockHeader[], now: Time): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    const max = this.#options.maxHeadersResult ?? MAX_HEADERS_RESULTS;
    if (headers.length > max) {
      this.#misbehaving(id, `headers message size = ${headers.length}`);
    } else {
      this.#begin(now);
      const batch = HeaderBatch.of(headers, this.#sha256d);
      const tip = this.#tip;
      const context = { tip, workThreshold: this.#workThreshold(), trusted: peer.noBan === true };
      this.#afterHeaders(peer, this.#processor.process(id, batch, context, now), now);
    }
    this.#update(now);
  }

  /**
   * An `inv` named blocks.
   *
   * @param hashes all blocks of that message, 32 bytes each, in its order
   */
  handleBlockInventory(id: PeerId, hashes: readonly Uint8Array[], now: Time): void {
    if (!this.#peers.has(id)) return;
    let unknown: Uint8Array | undefined;
    for (const hash of hashes) {
      if (this.#availability.announce(id, hash) === undefined) unknown = hash;
    }
    // The last should be the highest. Its headers come first, then blocks are fetched as always.
    if (unknown !== undefined && this.#asking.isInventoryWorthAsking(id, unknown)) {
      this.#askForHeaders(id, () => this.#headers.locator(this.#headers.best), now);
    }
    this.#update(now);
  }

  /** A `notfound` named blocks: all of that message, 32 bytes each. */
  handleNotFound(id: PeerId, hashes: readonly Uint8Array[], now: Time): void {
    if (!this.#peers.has(id)) return;
    for (const hash of hashes) {
      const entry = this.#headers.find(hash);
      if (entry === undefined || !this.#download.notFound(id, entry, now)) continue;
      this.#availability.retract(id, entry);
    }
    this.#update(now);
  }

  /** A block came, by whatever message. */
  handleBlock(id: PeerId, block: BlockView, now: Time): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    this.#begin(now);
    const hash = block.hash(this.#sha256d);
    const known = this.#headers.find(hash);
    const requested = known !== undefined && this.#download.isRequested(known);
    const entry = known ?? this.#acceptHeaderOf(peer, block, hash, now);
    if (entry !== undefined) {
      this.#download.received(id, entry, now);
      if (this.#headers.isInvalid(entry)) this.#punish(peer, 'duplicate-invalid', 'invalid block');
      else if (!this.#download.isHere(entry)) {
        if (requested || this.#isWelcome(entry)) this.#handOut(id, entry, block);
        else this.#notice('unrequested-block', hashToHex(hash), id);
      }
    }
    this.#update(now);
  }

  /**
   * The owner has stored a block, which answers a `block` effect. To be called when `hasBlock` says
   * so, and not only when the block is connected: until then, less is asked of the peer.
   */
  blockStored(entry: HeaderEntry, now: Time): void {
    this.#download.stored(entry, now);
    this.#update(now);
  }

  /**
   * The owner has found a block to be invalid: at once, which answers a `block` effect, or later,
   * when it was to be connected. Whoever sent it is told off.
   *
   * @param fault.mutated whether the block's transactions are not those of its header, so that
   *   another copy may be good; if not, the header is marked invalid, with all that build on it
   * @param fault.detail for the log
   */
  blockInvalid(
    entry: HeaderEntry,
    now: Time,
    fault: { readonly mutated?: boolean; readonly detail?: string } = {},
  ): void {
    const from = this.#download.giver(entry) ?? this.#sources.get(entry);
    this.#sources.delete(entry);
    this.#download.refused(entry);
    if (fault.mutated !== true && !this.#headers.isInvalid(entry)) this.#headers.markInvalid(entry);
    if (from !== undefined && this.#peers.has(from)) {
      this.#misbehaving(from, fault.detail ?? (fault.mutated ? 'mutated block' : 'invalid block'));
    }
    this.#update(now);
  }

  /** The owner's `tip()` has changed, other than within an answer to a `block` effect. */
  tipChanged(now: Time): void {
    this.#update(now);
  }

  /** Throws if anything is left over: to be called when there are no peers and no answers due. */
  checkIsEmpty(): void {
    this.#download.checkIsEmpty();
    const left =
      this.#peers.size +
      this.#preferredPeers +
      this.#asking.syncing +
      this.#processor.lowWorkSyncs +
      this.#eviction.protectedPeers;
    if (left > 0) throw new Error('sync state is left over');
  }

  // Headers

  #afterHeaders(peer: Connected, outcome: HeadersOutcome, now: Time): void {
    const { id } = peer;
    switch (outcome.type) {
      case 'misbehaving':
        this.#misbehaving(id, outcome.detail);
        return;
      case 'unconnecting':
        this.#notice('unconnecting-headers', `up to ${hashToHex(outcome.lastHash)}`, id);
        this.#askForHeaders(id, () => this.#headers.locator(this.#headers.best), now);
        this.#availability.announce(id, outcome.lastHash);
        return;
      case 'empty':
        this.#asking.answered(id);
        return;
      case 'low-work':
        this.#asking.answered(id);
        this.#notice('low-work-chain', `Ignoring low-work chain (height=${outcome.height})`, id);
        return;
      case 'presync':
      case 'invalid':
      case 'accepted':
        this.#asking.answered(id);
        if (outcome.type !== 'presync') this.#added(outcome.added);
        if (outcome.locator !== undefined) {
          const { locator } = outcome;
          this.#askForHeaders(id, () => locator, now);
        }
        if (outcome.type === 'invalid') this.#punish(peer, outcome.reason, outcome.detail);
        if (outcome.type === 'accepted') this.#afterAccepted(peer, outcome, now);
    }
  }

  /** Core `UpdatePeerStateForReceivedHeaders`, then `HeadersDirectFetchBlocks`. */
  #afterAccepted(
    peer: Connected,
    { last, isNew, full }: HeadersOutcome & { type: 'accepted' },
    now: Time,
  ): void {
    const { id } = peer;
    this.#availability.announce(id, this.#headers.hash(last));
    const toTip = this.#headers.compareWork(last, this.#tip);
    if (isNew) {
      const height = this.#headers.height(last);
      const name = hashToHex(this.#headers.hash(last));
      this.#notice('new-header', `Saw new header hash=${name} height=${height}`, id);
    }
    if (isNew && toTip > 0) peer.lastBlockAnnouncement = now.unix;
    const best = this.#availability.best(id) ?? last;
    if (this.#isInitialBlockDownload && !full && isOutbound(peer) && !this.#hasEnoughWork(best)) {
      this.#disconnect(id, 'insufficient-work', 'headers chain has insufficient work');
      return;
    }
    if (
      peer.connectionType === 'outbound-full-relay' &&
      this.#headers.compareWork(best, this.#tip) >= 0 &&
      this.#eviction.protect(id)
    ) {
      this.#notice('protected', 'Protecting outbound peer from eviction', id);
    }
    if (toTip >= 0) this.#fetchDirectly(peer, last, now);
  }

  #fetchDirectly(peer: Connected, last: HeaderEntry, now: Time): void {
    const { powTargetSpacing } = this.#options.params;
    const oldest = now.unix - DIRECT_FETCH_SPACINGS * powTargetSpacing;
    if (this.#headers.time(this.#tip) <= oldest) return;
    // Whoever announces a block has it, even one that offers no blocks by its services.
    if (this.#headers.isInvalid(last)) return;
    // Core has no such bound; but on a chain of quick blocks, a recent tip may be far below.
    const fork = this.#headers.lastCommonAncestor(last, this.#tip);
    if (this.#headers.height(last) - this.#headers.height(fork) > BLOCK_DOWNLOAD_WINDOW) return;
    const missing: HeaderEntry[] = [];
    for (let at = last; at !== fork; at = this.#headers.parent(at)!) {
      // That many blocks at once are a job for several peers.
      if (missing.length > MAX_BLOCKS_IN_TRANSIT_PER_PEER) return;
      const isMissing = !this.#download.isHere(at) && !this.#download.isRequested(at);
      if (isMissing && this.#download.canServe(peer.id, at)) missing.push(at);
    }
    missing.reverse();
    this.#requestBlocks(peer, missing.slice(0, this.#download.capacity(peer.id)), now);
  }

  /** The work that a chain of headers must have to be kept (Core `GetAntiDoSWorkThreshold`). */
  #workThreshold(): bigint {
    const work = this.#headers.chainWork(this.#tip);
    const buffer = BigInt(ANTI_DOS_BUFFER_BLOCKS) * blockProof(this.#headers.bits(this.#tip));
    const nearTip = work > buffer ? work - buffer : 0n;
    return nearTip > this.#minimumChainWork ? nearTip : this.#minimumChainWork;
  }

  #added(entries: readonly HeaderEntry[]): void {
    if (entries.length > 0) this.#outbox.push({ type: 'headers', entries });
  }

  /** Asks the peer for headers, unless it has yet to answer us. */
  #askForHeaders(id: PeerId, locator: () => readonly Uint8Array[], now: Time): boolean {
    if (!this.#asking.mayAsk(id, now)) return false;
    this.#asking.asked(id, now);
    const payload = { version: LOCATOR_VERSION, locator: locator(), hashStop: NO_STOP };
    this.#send(id, { type: 'getheaders', payload });
    return true;
  }

  #presyncHeight(): number | undefined {
    let best: { work: bigint; height: number } | undefined;
    for (const id of this.#peers.keys()) {
      const sync = this.#processor.lowWorkSync(id);
      if (sync?.phase !== 'presync') continue;
      if (best !== undefined && sync.presyncWork <= best.work) continue;
      best = { work: sync.presyncWork, height: sync.presyncHeight };
    }
    return best?.height;
  }

  // Blocks

  /** The header of a block that came without one. Undefined if the block is not worth a look. */
  #acceptHeaderOf(
    peer: Connected,
    block: BlockView,
    hash: Uint8Array,
    now: Time,
  ): HeaderEntry | undefined {
    const { bits, prevBlockHash } = block.header;
    if (!checkProofOfWork(hash, bits, this.#options.params)) {
      this.#punish(peer, 'high-hash', 'high-hash, proof of work failed');
      return undefined;
    }
    const parent = this.#headers.find(prevBlockHash);
    if (parent === undefined) {
      this.#misbehaving(peer.id, 'prev-blk-not-found');
      return undefined;
    }
    if (this.#headers.chainWork(parent) + blockProof(bits) < this.#workThreshold()) {
      const name = hashToHex(hash);
      const detail = `not adding new block header ${name}, missing anti-dos proof-of-work validation`;
      this.#notice('low-work-block', detail, peer.id);
      return undefined;
    }
    const result = this.#headers.add(block.headerBytes, now.unix, hash);
    if (result.status === 'orphan') throw new Error('the parent of a header is not there any more');
    if (result.status === 'invalid') {
      const detail = `${result.reason}, ${result.debug}`;
      this.#notice('invalid-block-header', `${hashToHex(hash)}, ${detail}`, peer.id);
      this.#punish(peer, result.reason, detail);
      return undefined;
    }
    this.#added([result.entry]);
    return result.entry;
  }

  /** Whether a block is taken though nobody asked for it (Core `AcceptBlock`, validation.cpp). */
  #isWelcome(entry: HeaderEntry): boolean {
    const headers = this.#headers;
    if (headers.compareWork(entry, this.#tip) < 0 || !this.#hasEnoughWork(entry)) return false;
    return headers.height(entry) <= headers.height(this.#tip) + MIN_BLOCKS_TO_KEEP;
  }

  #handOut(id: PeerId, entry: HeaderEntry, block: BlockView): void {
    this.#download.given(id, entry);
    this.#sources.set(entry, id);
    // Whatever is connected or refused goes; only blocks of stale branches stay, and are few.
    if (this.#sources.size > 2 * BLOCK_DOWNLOAD_WINDOW) {
      const [oldest] = this.#sources.keys();
      this.#sources.delete(oldest!);
    }
    this.#outbox.push({ type: 'block', entry, block, peer: id });
  }

  #requestBlocks(peer: Connected, entries: readonly HeaderEntry[], now: Time): void {
    if (entries.length === 0) return;
    const type = canServeWitnesses(peer) ? 'witness_block' : 'block';
    const inventory: InventoryVector[] = [];
    for (const entry of entries) {
      this.#download.requested(peer.id, entry, now);
      inventory.push({ type, hash: this.#headers.hash(entry) });
    }
    this.#send(peer.id, { type: 'getdata', payload: { inventory } });
  }

  // Around every input

  /** Brings up to date what depends on the tip and the clock. */
  #begin(now: Time): void {
    this.#now = now;
    this.#noticeTip();
    this.#updateInitialBlockDownload(now);
  }

  /** Gives up whoever is too slow, and asks the others for what there is to ask. */
  #update(now: Time): void {
    this.#begin(now);
    // All that is dropped goes first, so that what it leaves behind is free for the others. The fewer
    // peers blocks come from, the less time each has, so that one that is dropped may cost the next.
    for (let before = -1; before !== this.#peers.size; ) {
      before = this.#peers.size;
      for (const peer of this.#peers.values()) this.#checkTimeouts(peer, now);
    }
    for (const peer of this.#peers.values()) this.#serve(peer, now);
    if (this.#peers.size === 0 && this.#download.handedOut === 0) this.checkIsEmpty();
  }

  #noticeTip(): void {
    const tip = this.#options.blocks.tip();
    if (tip === this.#tip) return;
    const fork = this.#headers.lastCommonAncestor(this.#tip, tip);
    this.#tip = tip;
    let shorter = false;
    for (let at = tip; at !== fork; at = this.#headers.parent(at)!) {
      this.#sources.delete(at);
      if (this.#download.connected()) shorter = true;
    }
    if (shorter) this.#noticeStallingTimeout('Decreased stalling timeout to');
  }

  #updateInitialBlockDownload(now: Time): void {
    if (!this.#isInitialBlockDownload || !this.#hasEnoughWork(this.#tip)) return;
    const maxTipAge = this.#options.maxTipAge ?? DEFAULT_MAX_TIP_AGE;
    if (this.#headers.time(this.#tip) < now.unix - maxTipAge) return;
    this.#isInitialBlockDownload = false;
    this.#notice('initial-block-download-finished', 'Leaving InitialBlockDownload');
  }

  #checkTimeouts({ id, noBan }: Connected, now: Time): void {
    const timeout = this.#download.timedOut(id, now);
    if (timeout === 'stalling') {
      this.#disconnect(id, timeout, 'Peer is stalling block download');
      this.#download.droppedStaller();
      this.#noticeStallingTimeout('Increased stalling timeout temporarily to');
      return;
    }
    if (timeout === 'block-timeout') {
      const [first] = this.#download.inFlightFrom(id);
      const name = hashToHex(this.#headers.hash(first!));
      this.#disconnect(id, timeout, `Timeout downloading block ${name}`);
      return;
    }
    if (!this.#asking.isStarted(id)) return;
    if (isRecent(this.#bestHeaderTime(), now)) this.#asking.caughtUp(id);
    const headersDue = this.#headersDue(id);
    if (headersDue !== undefined && now.instant >= headersDue) {
      if (noBan !== true) {
        this.#disconnect(id, 'headers-timeout', 'Timeout downloading headers');
        return;
      }
      this.#notice('headers-timeout', 'Timeout downloading headers from noban peer', id);
      this.#asking.stop(id);
      this.#eviction.reset(id);
      return;
    }
    this.#considerEviction(id, now);
  }

  #considerEviction(id: PeerId, now: Time): void {
    const verdict = this.#eviction.consider(id, this.#availability.best(id), this.#tip, now);
    if (verdict.type === 'disconnect') {
      this.#disconnect(id, 'outdated-chain', 'Outbound peer has old chain');
    } else if (verdict.type === 'ask') {
      const start = this.#headers.parent(verdict.header) ?? verdict.header;
      this.#askForHeaders(id, () => this.#headers.locator(start), now);
    }
  }

  /** When the peer is dropped for its headers, if there is another that can take its place. */
  #headersDue(id: PeerId): Instant | undefined {
    const others = this.#preferredPeers - (this.#peers.get(id)!.isPreferred ? 1 : 0);
    return others > 0 ? this.#asking.due(id) : undefined;
  }

  #serve(peer: Connected, now: Time): void {
    const { id } = peer;
    this.#maybeSendSendHeaders(peer);
    if (!this.#asking.isStarted(id) && this.#mayStartHeaders(id)) this.#startHeaders(id, now);
    if (!this.#mayDownloadFrom(peer)) return;
    const best = this.#availability.best(id);
    if (best === undefined) return;
    const background = this.#options.blocks.background?.();
    if (background === undefined) {
      this.#fetchNext(peer, best, now);
      return;
    }
    // We could not go over to a chain without the snapshot's block: the undo data to go back are not there.
    if (!this.#headers.isAncestor(background.target, best)) return;
    this.#fetchNext(peer, best, now);
    const capacity = this.#download.capacity(id);
    const historical = this.#download.findHistorical(id, best, background, capacity);
    this.#requestBlocks(peer, historical, now);
  }

  #fetchNext(peer: Connected, best: HeaderEntry, now: Time): void {
    const { id } = peer;
    const capacity = this.#download.capacity(id);
    if (capacity === 0 || best === this.#tip) return;
    if (this.#headers.compareWork(best, this.#tip) < 0 || !this.#hasEnoughWork(best)) return;
    const { wanted, staller } = this.#download.findNext(id, best, this.#tip, capacity);
    this.#requestBlocks(peer, wanted, now);
    if (staller === undefined || this.#download.isDownloadingFrom(id)) return;
    if (this.#download.stalls(staller, now)) this.#notice('stall-started', 'Stall started', staller);
  }

  /** Asks for headers instead of inventory (BIP 130), once the peer's chain is of any interest. */
  #maybeSendSendHeaders(peer: Connected): void {
    if (peer.sentSendHeaders) return;
    const best = this.#availability.best(peer.id);
    // While headers are being synchronised, announcements of new ones would be in the way.
    if (best === undefined || this.#headers.chainWork(best) <= this.#minimumChainWork) return;
    peer.sentSendHeaders = true;
    this.#send(peer.id, { type: 'sendheaders', payload: {} });
  }

  /** Whether a headers sync with a peer, that has none yet, may start, as of the last call. */
  #mayStartHeaders(id: PeerId): boolean {
    const peer = this.#peers.get(id)!;
    if (!peer.canServeBlocks || this.#now === undefined) return false;
    return this.#asking.mayStart(id, this.#isEligible(peer), this.#bestHeaderTime(), this.#now);
  }

  #startHeaders(id: PeerId, now: Time): void {
    // From the parent of our best header, so that a peer that has no more than we sends one header
    // at least, and we learn that it has it.
    const { best } = this.#headers;
    const start = this.#headers.parent(best) ?? best;
    if (!this.#askForHeaders(id, () => this.#headers.locator(start), now)) return;
    const { startHeight } = this.#peers.get(id)!;
    const what = `initial getheaders (${this.#headers.height(start)}) to peer=${id}`;
    this.#notice('initial-getheaders', `${what} (startheight:${startHeight})`, id);
    this.#asking.start(id, this.#bestHeaderTime(), now);
    // From now on, the peer has to show that it is not behind.
    this.#considerEviction(id, now);
  }

  #mayDownloadFrom(peer: Connected): boolean {
    if (!peer.canServeBlocks) return false;
    return !this.#isInitialBlockDownload || (this.#isEligible(peer) && !isLimitedPeer(peer));
  }

  /** Whether we would download from this peer while catching up. */
  #isEligible(peer: Connected): boolean {
    if (peer.isPreferred) return true;
    if (!peer.canServeBlocks || peer.connectionType === 'addr-fetch') return false;
    return this.#preferredPeers === 0 || this.#download.inFlight === 0;
  }

  #hasEnoughWork(entry: HeaderEntry): boolean {
    if (this.#minimumChainWork === 0n) return true;
    return this.#headers.chainWork(entry) >= this.#minimumChainWork;
  }

  #bestHeaderTime(): number {
    return this.#headers.time(this.#headers.best);
  }

  // Peers

  /** What a refused header says about the peer (Core `MaybePunishNodeForBlock`). */
  #punish(peer: Connected, reason: HeaderRejectReason, detail: string): void {
    // A clock may be wrong, ours included. That a block is invalid, peers that connect to us may
    // not have found out yet, or they may hold other rules; but such are not worth dialling.
    const isInnocent =
      reason === 'time-too-new' ||
      (reason === 'duplicate-invalid' && peer.connectionType === 'inbound');
    if (isInnocent) this.#notice('invalid-header', detail, peer.id);
    else this.#misbehaving(peer.id, detail);
  }

  #misbehaving(id: PeerId, detail: string): void {
    this.#outbox.push({ type: 'misbehaving', peer: id, detail });
  }

  #disconnect(id: PeerId, reason: SyncDisconnectReason, detail: string): void {
    this.#outbox.push({ type: 'disconnect', peer: id, reason, detail });
    this.#forget(id);
  }

  #forget(id: PeerId): boolean {
    const peer = this.#peers.get(id);
    if (peer === undefined) return false;
    this.#peers.delete(id);
    if (peer.isPreferred) this.#preferredPeers--;
    this.#asking.removePeer(id);
    this.#processor.removePeer(id);
    this.#availability.removePeer(id);
    this.#download.removePeer(id);
    this.#eviction.removePeer(id);
    return true;
  }

  #send(peer: PeerId, message: Message): void {
    this.#outbox.push({ type: 'send', peer, message });
  }

  #notice(code: SyncNoticeCode, detail: string, peer?: PeerId): void {
    this.#outbox.push({ type: 'notice', code, detail, ...(peer === undefined ? {} : { peer }) });
  }

  #noticeStallingTimeout(what: string): void {
    const seconds = this.#download.stallingTimeout / SECOND;
    this.#notice('stalling-timeout', `${what} ${seconds} seconds`);
  }
}

function minimum(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
