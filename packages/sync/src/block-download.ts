import type { ConsensusParams, HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import { SECOND, type Instant, type PeerId, type Time } from '@btcp2p/machine';
import { ChainPath } from './chain-path.ts';
import type { BackgroundBlocks, BlockStatus } from './ports.ts';
import { StallingTimeout } from './stalling-timeout.ts';
import { canServeWitnesses, isLimitedPeer, type SyncPeer } from './sync-peer.ts';

/**
 * How far above the last block in common with a peer its blocks are fetched
 * (Core `BLOCK_DOWNLOAD_WINDOW`, net_processing.cpp).
 */
export const BLOCK_DOWNLOAD_WINDOW = 1_024;

/**
 * How many blocks may be on their way from one peer
 * (Core `MAX_BLOCKS_IN_TRANSIT_PER_PEER`, net_processing.cpp).
 */
export const MAX_BLOCKS_IN_TRANSIT_PER_PEER = 16;

/**
 * How long a block may take, in target spacings (10 minutes on mainnet)
 * (Core `BLOCK_DOWNLOAD_TIMEOUT_BASE`, net_processing.cpp).
 */
export const BLOCK_DOWNLOAD_TIMEOUT_BASE = 1;

/**
 * And for each other peer that blocks are on their way from, in target spacings
 * (Core `BLOCK_DOWNLOAD_TIMEOUT_PER_PEER`, net_processing.cpp).
 */
export const BLOCK_DOWNLOAD_TIMEOUT_PER_PEER = 0.5;

/**
 * How many of the last blocks a limited peer must have
 * (BIP 159; Core `NODE_NETWORK_LIMITED_MIN_BLOCKS`, net_processing.cpp).
 */
export const NODE_NETWORK_LIMITED_MIN_BLOCKS = 288;

/** Blocks of which a limited peer may be ahead of what we know of it (Core `FindNextBlocks`). */
const LIMITED_PEER_MARGIN = 2;

/** What {@link BlockDownload} works with. */
export interface BlockDownloadOptions {
  readonly params: Pick<ConsensusParams, 'powTargetSpacing' | 'segwitHeight'>;
  readonly headers: HeaderTree;
  readonly blocks: BlockStatus;
}

/** What to fetch next from a peer. */
export interface NextBlocks {
  /** Lowest first. */
  readonly wanted: readonly HeaderEntry[];
  /**
   * Who holds up the window: nothing is left to fetch from this peer before the end of the window,
   * though there would be behind it, and the first missing block is to come from that one.
   */
  readonly staller: PeerId | undefined;
}

/** Why a peer is too slow. */
export type BlockTimeout = 'stalling' | 'block-timeout';

interface Source {
  readonly isLimited: boolean;
  readonly hasWitnesses: boolean;
  /** In the order of the requests. */
  readonly inFlight: Set<HeaderEntry>;
  /** Blocks of this peer that the owner has yet to answer for. */
  handedOut: number;
  /** When the first of `inFlight` became the first. */
  downloadingSince: Instant;
  /** Since when the peer has held up the window; undefined if it does not. */
  stallingSince: Instant | undefined;
  /** The best block that the peer was last said to have. */
  best: HeaderEntry | undefined;
  /** The last block that both have, with all its ancestors (Core `pindexLastCommonBlock`). */
  lastCommon: HeaderEntry | undefined;
  /** All blocks from `lastCommon` to this one were there or on their way, in the given epoch. */
  searched: HeaderEntry | undefined;
  epoch: number;
  readonly commonPath: ChainPath;
  readonly searchPath: ChainPath;
}

/**
 * Which blocks to fetch from whom (Core net_processing.cpp: `FindNextBlocksToDownload`,
 * `BlockRequested`, `RemoveBlockRequest`).
 *
 * === Specification ===
 *
 * 1. Blocks are fetched along the best chain that a peer is known to have, if it has at least the
 *    work of our tip, from the last block that both have with all its ancestors up to 1,024 above.
 *    Nothing is fetched from a chain that has an invalid block.
 * 2. A block is fetched from one peer at a time; from one peer, at most 16 blocks at a time, those
 *    included that it delivered and that are not stored yet.
 * 3. Of a limited peer (BIP 159), only the last 288 blocks are wanted, less 2; of a peer without
 *    witnesses, none from the activation of segwit on.
 * 4. If a peer has nothing left within the window, would have beyond it, and nothing is on its way
 *    from it, then the peer from which the first missing block is to come *stalls*, until any block
 *    comes from it. It is dropped after a time that adapts, see {@link StallingTimeout}.
 * 5. A peer is dropped if its first block takes longer than one target spacing, plus a half for each
 *    other peer from which blocks are on their way.
 * 6. What was on its way from a peer that goes, is free for others.
 *
 * === Rationale ===
 *
 * The window bounds how far out of order blocks come, and so what is stored before it can be
 * validated. A peer that is a little slower than others will at some time hold the block on which
 * the window waits: only this makes slowness visible, and only this is punished, since all others
 * then stand idle. The second timeout is for when there is only one peer, or one that has stopped.
 * Counting blocks that are not stored yet (rule 2) is the back pressure that a slow disk needs.
 *
 * === Complexity ===
 *
 * Core walks the window for each request. Here each peer remembers up to where it has found nothing
 * to do, and starts there again, unless since then a block has been lost (an *epoch* ends). So a
 * block is looked at about once for each peer, not once for each of the blocks around it.
 */
export class BlockDownload {
  readonly #options: BlockDownloadOptions;
  readonly #stallingTimeout = new StallingTimeout();
  readonly #peers = new Map<PeerId, Source>();
  readonly #inFlight = new Map<HeaderEntry, PeerId>();
  /** Blocks that the owner has been given, and from whom. */
  readonly #handedOut = new Map<HeaderEntry, PeerId>();
  /** How many peers blocks are on their way from (Core `m_peers_downloading_from`). */
  #sources = 0;
  #epoch = 0;

  readonly #historicalPath: ChainPath;

  constructor(options: BlockDownloadOptions) {
    this.#options = options;
    this.#historicalPath = new ChainPath(options.headers);
  }

  /** How many blocks are on their way. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** How many blocks the owner has yet to answer for. */
  get handedOut(): number {
    return this.#handedOut.size;
  }

  /** How long a peer may hold up the window at present, milliseconds. */
  get stallingTimeout(): number {
    return this.#stallingTimeout.value;
  }

  /** Adds a peer. */
  addPeer(id: PeerId, peer: Pick<SyncPeer, 'services'>): void {
    const { headers } = this.#options;
    this.#peers.set(id, {
      isLimited: isLimitedPeer(peer),
      hasWitnesses: canServeWitnesses(peer),
      inFlight: new Set(),
      handedOut: 0,
      downloadingSince: 0,
      stallingSince: undefined,
      best: undefined,
      lastCommon: undefined,
      searched: undefined,
      epoch: 0,
      commonPath: new ChainPath(headers),
      searchPath: new ChainPath(headers),
    });
  }

  /** Removes a peer. What was on its way from it is free for others. */
  removePeer(id: PeerId): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    this.#peers.delete(id);
    if (peer.inFlight.size === 0) return;
    for (const entry of peer.inFlight) this.#inFlight.delete(entry);
    this.#sources--;
    this.#epoch++;
  }

  /** The blocks that are on their way from a peer, in the order of the requests. */
  inFlightFrom(id: PeerId): readonly HeaderEntry[] {
    return [...this.#of(id).inFlight];
  }

  /** Whether any block is on its way from a peer. */
  isDownloadingFrom(id: PeerId): boolean {
    return this.#of(id).inFlight.size > 0;
  }

  /** The last block that both have, with all its ancestors. */
  lastCommon(id: PeerId): HeaderEntry | undefined {
    return this.#of(id).lastCommon;
  }

  /** Whether the block is on its way from any peer. */
  isRequested(entry: HeaderEntry): boolean {
    return this.#inFlight.has(entry);
  }

  /** Whether the block is stored, or the owner has it and has not answered yet. */
  isHere(entry: HeaderEntry): boolean {
    return this.#handedOut.has(entry) || this.#options.blocks.hasBlock(entry);
  }

  /** How many more blocks may be asked of the peer. */
  capacity(id: PeerId): number {
    const { inFlight, handedOut } = this.#of(id);
    return Math.max(0, MAX_BLOCKS_IN_TRANSIT_PER_PEER - inFlight.size - handedOut);
  }

  /** Whether the peer sends the block as we need it: with witnesses where there can be any. */
  canServe(id: PeerId, entry: HeaderEntry): boolean {
    const { headers, params } = this.#options;
    return this.#of(id).hasWitnesses || headers.height(entry) < params.segwitHeight;
  }

  /**
   * What to fetch next from a peer. Does not request it: see {@link requested}.
   *
   * @param best the best block that the peer is known to have, with at least the work of the tip
   * @param tip the last block of the validated chain
   * @param count at most so many
   */
  findNext(id: PeerId, best: HeaderEntry, tip: HeaderEntry, count: number): NextBlocks {
    const { headers } = this.#options;
    const peer = this.#of(id);
    const wanted: HeaderEntry[] = [];
    if (count <= 0) return { wanted, staller: undefined };
    const common = this.#advanceCommon(peer, best, tip);
    const windowEnd = headers.height(common) + BLOCK_DOWNLOAD_WINDOW;
    const end = Math.min(headers.height(best), windowEnd + 1);
    let isSearched = true;
    for (let height = this.#searchStart(peer, best, common, windowEnd); height <= end; height++) {
      const entry = peer.searchPath.at(best, height);
      if (headers.isInvalid(entry) || !this.canServe(id, entry)) break;
      if (!this.isHere(entry) && !this.#inFlight.has(entry)) {
        if (height > windowEnd) {
          const staller = wanted.length === 0 ? this.#findStaller(id, best, common) : undefined;
          return { wanted, staller };
        }
        wanted.push(entry);
        isSearched = false;
        if (wanted.length === count) break;
      }
      if (isSearched) peer.searched = entry;
    }
    return { wanted, staller: undefined };
  }

  /**
   * What to fetch from a peer of the blocks that prove loaded coins, within a window of their own (Core
   * `TryDownloadingHistoricalBlocks`). Nobody stalls here: the node is up to date meanwhile.
   *
   * @param best the best block that the peer is known to have
   * @param from the last block that is connected, perhaps of another chain
   * @param target the last one that is wanted
   * @param count at most so many
   */
  findHistorical(
    id: PeerId,
    best: HeaderEntry,
    { tip: from, target }: BackgroundBlocks,
    count: number,
  ): readonly HeaderEntry[] {
    const { headers } = this.#options;
    const wanted: HeaderEntry[] = [];
    if (this.#of(id).isLimited || !headers.isAncestor(target, best)) return wanted;
    const first = headers.height(headers.lastCommonAncestor(from, target)) + 1;
    const end = Math.min(headers.height(target), first + BLOCK_DOWNLOAD_WINDOW - 1);
    for (let height = first; height <= end && wanted.length < count; height++) {
      const entry = this.#historicalPath.at(target, height);
      if (!this.canServe(id, entry)) break;
      if (!this.isHere(entry) && !this.#inFlight.has(entry)) wanted.push(entry);
    }
    return wanted;
  }

  /** A block has been asked of a peer. */
  requested(id: PeerId, entry: HeaderEntry, now: Time): void {
    if (this.#inFlight.has(entry)) throw new Error('a block is asked of one peer at a time');
    const peer = this.#of(id);
    this.#inFlight.set(entry, id);
    peer.inFlight.add(entry);
    if (peer.inFlight.size > 1) return;
    peer.downloadingSince = now.instant;
    this.#sources++;
  }

  /** Nothing can be fetched for this peer, since another holds up the window: that one stalls. */
  stalls(id: PeerId, now: Time): boolean {
    const peer = this.#of(id);
    if (peer.stallingSince !== undefined) return false;
    peer.stallingSince = now.instant;
    return true;
  }

  /**
   * The peer delivered a block, whether or not it was asked to. If it was, and the block is not
   * here, the owner must be given it at once, see {@link given}.
   */
  received(id: PeerId, entry: HeaderEntry, now: Time): void {
    if (this.#inFlight.get(entry) === id) this.#remove(id, entry, now);
  }

  /** The peer said that it does not have a block. Returns whether it was asked for it. */
  notFound(id: PeerId, entry: HeaderEntry, now: Time): boolean {
    if (this.#inFlight.get(entry) !== id) return false;
    this.#remove(id, entry, now);
    this.#epoch++;
    return true;
  }

  /** The owner has been given a block, and will answer by {@link stored} or {@link refused}. */
  given(id: PeerId, entry: HeaderEntry): void {
    this.#handedOut.set(entry, id);
    this.#of(id).handedOut++;
  }

  /** From whom the block is that the owner has yet to answer for. */
  giver(entry: HeaderEntry): PeerId | undefined {
    return this.#handedOut.get(entry);
  }

  /** The owner has stored a block: it is wanted from nobody any more. */
  stored(entry: HeaderEntry, now: Time): void {
    this.#answered(entry);
    const id = this.#inFlight.get(entry);
    if (id !== undefined) this.#remove(id, entry, now);
  }

  /** The owner has not stored a block. It is wanted again, unless its header is marked invalid. */
  refused(entry: HeaderEntry): void {
    this.#answered(entry);
    this.#epoch++;
  }

  /** A block of the validated chain has been connected. Returns whether the timeout changed. */
  connected(): boolean {
    return this.#stallingTimeout.decrease();
  }

  /** Whether a peer is too slow. */
  timedOut(id: PeerId, now: Time): BlockTimeout | undefined {
    const peer = this.#of(id);
    const { stallingSince } = peer;
    if (stallingSince !== undefined && now.instant >= stallingSince + this.#stallingTimeout.value) {
      return 'stalling';
    }
    const due = this.#downloadDue(peer);
    return due !== undefined && now.instant >= due ? 'block-timeout' : undefined;
  }

  /** A peer has been dropped for stalling: the next one gets more time. */
  droppedStaller(): void {
    this.#stallingTimeout.increase();
  }

  /** When {@link timedOut} may next change by the passing of time alone. */
  due(id: PeerId): Instant | undefined {
    const peer = this.#of(id);
    const download = this.#downloadDue(peer);
    if (peer.stallingSince === undefined) return download;
    const stalling = peer.stallingSince + this.#stallingTimeout.value;
    return download === undefined ? stalling : Math.min(stalling, download);
  }

  /** Throws if anything is left over: to be called when there are no peers and no answers due. */
  checkIsEmpty(): void {
    if (this.#peers.size + this.#inFlight.size + this.#handedOut.size + this.#sources > 0) {
      throw new Error('block download state is left over');
    }
  }

  /**
   * Brings the last common block up to date: the fork of the two chains, or an ancestor of the
   * peer's best block above it up to which all blocks are stored.
   */
  #advanceCommon(peer: Source, best: HeaderEntry, tip: HeaderEntry): HeaderEntry {
    const { headers } = this.#options;
    if (peer.best !== best) this.#turnTo(peer, best);
    let common = peer.lastCommon;
    if (common !== undefined) common = this.#lastStored(peer, best, common);
    // No fork is above the tip, and mostly more than the tip is stored: then none is looked for.
    if (common === undefined || headers.height(common) < headers.height(tip)) {
      const fork = headers.lastCommonAncestor(best, tip);
      if (common === undefined || headers.height(common) < headers.height(fork)) {
        common = this.#lastStored(peer, best, fork);
      }
    }
    peer.lastCommon = common;
    return common;
  }

  /** Lets go of what does not lie on the chain that the peer is now known to have. */
  #turnTo(peer: Source, best: HeaderEntry): void {
    const { headers } = this.#options;
    const lies = (entry: HeaderEntry | undefined): boolean =>
      entry !== undefined && headers.isAncestor(entry, best);
    peer.best = best;
    if (!lies(peer.lastCommon)) peer.lastCommon = undefined;
    if (!lies(peer.searched)) peer.searched = undefined;
  }

  /** The last of the stored blocks that follow one on the chain to another. */
  #lastStored(peer: Source, best: HeaderEntry, from: HeaderEntry): HeaderEntry {
    const { headers, blocks } = this.#options;
    const end = headers.height(best);
    let last = from;
    for (let height = headers.height(from) + 1; height <= end; height++) {
      const entry = peer.commonPath.at(best, height);
      if (!blocks.hasBlock(entry) || headers.isInvalid(entry)) break;
      last = entry;
    }
    return last;
  }

  /** The height at which the search goes on: above all that was found to need nothing. */
  #searchStart(peer: Source, best: HeaderEntry, common: HeaderEntry, windowEnd: number): number {
    const { headers } = this.#options;
    const commonHeight = headers.height(common);
    if (peer.isLimited) {
      // Nothing is remembered: what such a peer has depends on its best block, which may change.
      const oldest = headers.height(best) - NODE_NETWORK_LIMITED_MIN_BLOCKS + LIMITED_PEER_MARGIN + 1;
      return Math.min(Math.max(commonHeight + 1, oldest), windowEnd + 1);
    }
    if (peer.epoch !== this.#epoch) {
      peer.epoch = this.#epoch;
      peer.searched = undefined;
    }
    if (peer.searched === undefined) return commonHeight + 1;
    return Math.max(headers.height(peer.searched), commonHeight) + 1;
  }

  /** From whom the first missing block of the window is to come, if it is another peer. */
  #findStaller(id: PeerId, best: HeaderEntry, common: HeaderEntry): PeerId | undefined {
    const { headers } = this.#options;
    const { commonPath } = this.#of(id);
    const end = headers.height(common) + BLOCK_DOWNLOAD_WINDOW;
    for (let height = headers.height(common) + 1; height <= end; height++) {
      const entry = commonPath.at(best, height);
      const from = this.#inFlight.get(entry);
      if (from !== undefined) return from === id ? undefined : from;
      // It is our own disk, and no peer, that the window waits for.
      if (this.#handedOut.has(entry)) return undefined;
    }
    return undefined;
  }

  #remove(id: PeerId, entry: HeaderEntry, now: Time): void {
    const peer = this.#of(id);
    const [first] = peer.inFlight;
    if (first === entry) peer.downloadingSince = Math.max(peer.downloadingSince, now.instant);
    peer.inFlight.delete(entry);
    peer.stallingSince = undefined;
    if (peer.inFlight.size === 0) this.#sources--;
    this.#inFlight.delete(entry);
  }

  #answered(entry: HeaderEntry): void {
    const id = this.#handedOut.get(entry);
    if (id === undefined) return;
    this.#handedOut.delete(entry);
    const peer = this.#peers.get(id);
    if (peer !== undefined) peer.handedOut--;
  }

  #downloadDue(peer: Source): Instant | undefined {
    if (peer.inFlight.size === 0) return undefined;
    const others = this.#sources - 1;
    const spacings = BLOCK_DOWNLOAD_TIMEOUT_BASE + BLOCK_DOWNLOAD_TIMEOUT_PER_PEER * others;
    return peer.downloadingSince + spacings * this.#options.params.powTargetSpacing * SECOND;
  }

  #of(id: PeerId): Source {
    const peer = this.#peers.get(id);
    if (peer === undefined) throw new Error(`no peer ${id}`);
    return peer;
  }
}
