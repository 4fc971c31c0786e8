import {
  checkBlock,
  checkBlockContents,
  checkBlockContext,
  type AssumeutxoData,
  type ConsensusParams,
  type HeaderEntry,
  type HeaderTree,
  type SignetVerifier,
} from '@btcp2p/consensus';
import {
  BlockHeader,
  BlockView,
  encode,
  equalHashes,
  hashToHex,
  sha256d,
  type Network,
  type Sha256d,
} from '@btcp2p/wire';
import type { ActiveChain } from './active-chain.ts';
import { BlockIndex } from './block-index.ts';
import type { BlockIndexStore } from './block-index-store.ts';
import { BlockStorage } from './block-storage.ts';
import { BlockValidator, type CheckedBlock } from './block-validator.ts';
import type { ChainEvent } from './chain-event.ts';
import type { ChainResources } from './chain-resources.ts';
import { Chainstate, type ChainstateListener } from './chainstate.ts';
import { ChainstateError } from './chainstate-error.ts';
import type { CoinsCache } from './coins-cache.ts';
import type { CoinsStore } from './coins-store.ts';
import type { Rejection } from './connect-block.ts';
import { BlockStatus, type DiskBlockIndex } from './disk-block-index.ts';
import type {
  BlockFileInfo, BlockFiles, BlockPosition, ChainMempool, ScriptChecker,
} from './ports.ts';
import {
  CHUNKS, filesToPrune, MIN_BLOCKS_TO_KEEP, PRUNE_LOCK_BUFFER, type PruneLock, type PruneRange,
} from './prune.ts';
import { RecentBlocks } from './recent-blocks.ts';
import type { DecompressPublicKey } from './secp256k1.ts';
import { snapshotFault, type SnapshotFault } from './snapshot-fault.ts';
import { blockUndoCodec, type BlockUndo } from './undo.ts';
import { verifyChain, type VerifiedChain, type VerifyChainOptions } from './verify-chain.ts';

/** Remark in the index that block files were deleted (Core node/blockstorage.cpp). */
const PRUNED_FLAG = 'prunedblockfiles';

/** Bytes of blocks that are stored until it is looked whether files are to be deleted. */
const PRUNE_INTERVAL = 16 * 2 ** 20;

/** A tip that is older than the best header by so many seconds has much to catch up with. */
const CATCHING_UP = 24 * 60 * 60;
/** Bytes that a block takes at least when it is guessed how many are to come (Core `FindFilesToPrune`). */
const AVERAGE_BLOCK_SIZE = 1_000_000;

/** What the chain with less to do gets of the memory for coins (Core `MaybeRebalanceCaches`). */
const SMALL_SHARE = 0.05;
/** Bytes that it gets at least, if there are so many. */
const MIN_COINS_BYTES = 4 * 2 ** 20;

/** Blocks that are invalidated whose transactions go back into the mempool (Core `InvalidateBlock`). */
const MAX_RESURRECTED_BLOCKS = 10;

/** Coins that were loaded from a snapshot in an earlier run, and are not validated yet. */
export interface LoadedSnapshot {
  readonly coins: CoinsStore;
  /** The block whose coins they were at first: 32 bytes in wire order. */
  readonly baseHash: Uint8Array;
}

/** What a {@link ChainstateManager} is made of. */
export interface ChainstateManagerOptions {
  readonly network: Pick<Network, 'genesis'>;
  readonly params: ConsensusParams;
  /** All headers known so far. The manager adds those of blocks that come without. */
  readonly headers: HeaderTree;
  readonly index: BlockIndexStore;
  readonly coins: CoinsStore;
  /** Kept besides `coins` until those have come as far. */
  readonly snapshot?: LoadedSnapshot;
  readonly files: BlockFiles;
  /** Makes all headers last. Called before the index is stored, whose blocks may rest on them. */
  readonly syncHeaders?: () => void;
  readonly scripts: ScriptChecker;
  /** Told of everything that happens, while it happens. It must not call back. */
  readonly notify?: (event: ChainEvent) => void;
  /**
   * Given each block that is connected to the chain that is checked from the first block on: with a
   * snapshot, that is the one in the background. It may read, and change nothing.
   */
  readonly connected?: (block: ConnectedBlock) => void;
  /** Kept in step with the active chain. It may read, and change nothing. */
  readonly mempool?: ChainMempool;
  /**
   * Asked before block files are deleted: who still needs which blocks (Core `PruneLockInfo`,
   * node/blockstorage.h). What it knows must be stored for good by then.
   */
  readonly pruneLock?: () => PruneLock | undefined;
  /** Asked between blocks: whether to stop where it is, because the process is to end. */
  readonly interrupted?: () => boolean;
  readonly sha256d?: Sha256d;
  /** 64 random bits for the coins cache. */
  readonly salt?: bigint;
  /** Bytes of the coins cache (`-dbcache`); 450 MiB by default. */
  readonly maxCoinsBytes?: number;
  /** In place of the network's: 32 bytes in wire order, all 0 for none (`-assumevalid`). */
  readonly assumeValid?: Uint8Array;
  /** In place of the network's (`-minimumchainwork`). */
  readonly minimumChainWork?: bigint;
  /** Bytes that block and undo files are to take at most (`-prune`); unlimited if undefined. */
  readonly pruneTarget?: number;
  /** The height from which on that holds; 0 by default. See `pruneAfterHeight`. */
  readonly pruneAfterHeight?: number;
  readonly verifySignet?: SignetVerifier;
  readonly decompressPublicKey?: DecompressPublicKey;
}

/** A block that has just become the last of its chain, with what is in memory of it. */
export interface ConnectedBlock extends CheckedBlock {
  readonly entry: HeaderEntry;
  /** What it spent. */
  readonly undo: BlockUndo;
}

/** Why a block was refused. */
export interface BlockRejection extends Rejection {
  /**
   * Whether its transactions are not those of its header, so that another copy may be good (Core
   * `BLOCK_MUTATED`).
   */
  readonly mutated: boolean;
  /** Its header, unless that was refused itself. */
  readonly entry: HeaderEntry | undefined;
}

/** What came of {@link ChainstateManager.processBlock}. */
export type ProcessBlockResult =
  /**
   * It obeys the rules as far as they were checked. `isNew` unless it was there, or not wanted.
   * `verdict` is what came of connecting it, if that was tried.
   */
  | {
    readonly status: 'accepted';
    readonly entry: HeaderEntry;
    readonly isNew: boolean;
    readonly verdict: 'valid' | BlockRejection | undefined;
  }
  | ({ readonly status: 'rejected' } & BlockRejection);

/** A block, and what came of connecting it, if that was tried. */
interface Watched {
  readonly entry: HeaderEntry;
  verdict: 'valid' | BlockRejection | undefined;
}

/**
 * The chain of blocks and its coins: takes blocks, keeps them, connects the best chain that obeys all
 * rules, and goes back and over to another when that is better (Core `ChainstateManager`,
 * validation.cpp). Synchronous, over ports for storage and for scripts: a node runs it in a thread of
 * its own.
 *
 * **Specification.**
 * - The active chain ends with the block, of all whose chain is stored and not known to be invalid,
 *   of most work; among equals, the one whose chain was complete first.
 * - A block is connected in a cache of its own, and its changes reach the coins as a whole or not at
 *   all. One that fails is marked, with all that build on it, and the next best chain is taken.
 * - What was written of blocks and undo data is made to last before the index that names it, and the
 *   index before the coins that rest on it. So after any end of the process the coins are those of a
 *   block in the index, with undo data back to the first, and the chain goes on from there.
 * - With a snapshot of coins there are two chain states: the active one, which goes on from the
 *   snapshot, and one in the background, which comes from the first block to where the snapshot was
 *   made, and then says whether that was true.
 */
export class ChainstateManager {
  readonly headers: HeaderTree;
  readonly blocks: BlockIndex;
  readonly storage: BlockStorage;
  readonly #options: ChainstateManagerOptions;
  readonly #params: ConsensusParams;
  readonly #sha256d: Sha256d;
  readonly #minimumChainWork: bigint;
  readonly #recent = new RecentBlocks();
  readonly #resources: ChainResources;
  #active: Chainstate;
  /** Where the coins are built that the active chain was not; undefined if it needs no proof. */
  #background: Chainstate | undefined;
  /** The block whose coins were loaded, also once they are proved. */
  #snapshotBase: HeaderEntry | undefined;
  /** Bytes of the coins of all chains. */
  readonly #coinsBytes: number;
  /** Bytes of blocks that were stored since it was last looked whether files are to be deleted. */
  #unpruned = 0;
  /** The block that `processBlock` is at. */
  #watched: Watched | undefined;
  /** The tip that was told last. */
  #toldTip: HeaderEntry | undefined;
  #lastPreciousWork = 0n;
  #preciousSequence = -1;

  /** Nothing works before {@link load}. */
  constructor(options: ChainstateManagerOptions) {
    const { headers, params, files, scripts } = options;
    this.#options = options;
    this.headers = headers;
    this.#params = params;
    this.#sha256d = options.sha256d ?? sha256d;
    this.#minimumChainWork = options.minimumChainWork ?? params.minimumChainWork;
    this.blocks = new BlockIndex(headers);
    const undoCodec = blockUndoCodec(options.decompressPublicKey);
    const shared = {
      headers,
      blocks: this.blocks,
      files,
      recent: this.#recent,
      undoCodec,
      sha256d: this.#sha256d,
    };
    this.storage = new BlockStorage(shared);
    this.#resources = {
      ...shared,
      params,
      storage: this.storage,
      validator: new BlockValidator(headers, params, scripts),
      assumeValid: {
        params,
        assumeValid: options.assumeValid ?? params.defaultAssumeValid,
        minimumChainWork: this.#minimumChainWork,
      },
      interrupted: options.interrupted ?? ((): boolean => false),
    };
    this.#active = this.#newChainstate(options.coins, this.#activeListener());
    this.#coinsBytes = this.#active.coins.maxBytes;
  }

  /** The active chain. */
  get chain(): ActiveChain {
    return this.#active.chain;
  }

  /** The coins of the tip. To be read only. */
  get coins(): CoinsCache {
    return this.#active.coins;
  }

  /** The coins as they were stored last. */
  get storedCoins(): CoinsStore {
    return this.#active.store;
  }

  /** The last block of the active chain. */
  get tip(): HeaderEntry {
    return this.#active.tip;
  }

  /**
   * The last block of the chain that was checked from the first block on (Core
   * `GetChainstateForIndexing`).
   */
  get checkedTip(): HeaderEntry {
    return this.#background?.tip ?? this.tip;
  }

  /**
   * How far the chain has come that proves a snapshot, how far it has to, and the bytes that its coins
   * may take in memory; undefined if there is none.
   */
  get background():
    | { readonly tip: HeaderEntry; readonly target: HeaderEntry; readonly coinsBytes: number }
    | undefined {
    const target = this.#snapshotBase;
    return this.#background === undefined || target === undefined
      ? undefined
      : { tip: this.#background.tip, target, coinsBytes: this.#background.coins.maxBytes };
  }

  /** The block that the active chain's coins were loaded of, if they were, in this run or an earlier. */
  get snapshotBase(): HeaderEntry | undefined {
    return this.#snapshotBase;
  }

  /** Whether block files were ever deleted. */
  get hasPruned(): boolean {
    return this.#options.index.flag(PRUNED_FLAG);
  }

  /**
   * Takes what is stored: to be called once, before anything else. It connects nothing but the first
   * block; {@link activateBestChain} does.
   *
   * @param findBlocks called once the index is there and before the coins are, to add blocks by
   *   {@link indexBlock} that are in files and not in the index
   * @throws ChainstateError
   */
  load(findBlocks: () => void = () => {}): void {
    const { index, snapshot } = this.#options;
    const unknown: DiskBlockIndex[] = [];
    for (const stored of index.blocks()) {
      const entry = this.headers.find(stored.hash);
      if (entry === undefined) unknown.push(stored.index);
      else this.#loadBlock(entry, stored.index);
    }
    // Mostly there are none: headers are kept before blocks.
    for (const stored of unknown.sort((a, b) => a.height - b.height)) {
      const entry = this.headers.addTrusted(encode(BlockHeader, stored.header));
      if (entry === undefined) throw new ChainstateError('corrupt', 'a block without its parent');
      this.#loadBlock(entry, stored);
    }
    const base = snapshot && this.#assumed(snapshot.baseHash);
    if (snapshot !== undefined && base === undefined) {
      const name = hashToHex(snapshot.baseHash);
      throw new ChainstateError('corrupt', `block ${name}, whose coins were loaded, is not known`);
    }
    this.blocks.loaded(base);
    findBlocks();
    this.#keepGenesis();
    this.#active.load();
    if (snapshot !== undefined && base !== undefined) {
      this.#goOnFrom(snapshot.coins, base.entry);
    }
    this.blocks.loadedBestChain(this.chain);
    this.#active.refreshCandidates();
    this.#toldTip = this.tip;
  }

  /**
   * Takes a block, from a peer or the user: checks it, keeps it, and makes the best chain the active one
   * (Core `ProcessNewBlock` and `AcceptBlock`).
   *
   * @param bytes a whole block, kept: nobody may write to them any more
   * @param now Unix seconds, for a header that is not known yet
   * @param options.requested whether it was asked for; one that was not is passed over unless it may
   *   soon be of use
   * @throws ChainstateError
   */
  processBlock(
    bytes: Uint8Array | BlockView,
    now: number,
    { requested }: { readonly requested: boolean },
  ): ProcessBlockResult {
    const block = bytes instanceof BlockView ? bytes : BlockView.of(bytes);
    const checked = checkBlock(block, this.#params, this.#sha256d, this.#options.verifySignet);
    if (checked.status === 'invalid') {
      return rejected({ ...checked, entry: this.headers.find(block.hash(this.#sha256d)) });
    }
    const added = this.headers.add(block.headerBytes, now);
    if (added.status === 'orphan') return rejected(ORPHAN);
    if (added.status === 'invalid') return rejected({ ...added, mutated: false, entry: undefined });
    const { entry } = added;
    const isNew = this.#isWanted(entry, requested);
    if (isNew) {
      const fault = this.#checkInContext(entry, block, checked.txids);
      if (fault !== undefined) {
        if (!fault.mutated) this.#markInvalid(entry, fault);
        return rejected({ ...fault, entry });
      }
      this.#store(entry, { block, txids: checked.txids });
    }
    const verdict = this.#verdictOf(entry, () => this.activateBestChain());
    return { status: 'accepted', entry, isNew, verdict };
  }

  /**
   * Takes note of a block that is in a file already (`-reindex`). Connects nothing.
   *
   * @param now Unix seconds
   * @returns why it was refused, or undefined
   */
  indexBlock(block: BlockView, at: BlockPosition, now: number): BlockRejection | undefined {
    const checked = checkBlock(block, this.#params, this.#sha256d, this.#options.verifySignet);
    if (checked.status === 'invalid') return { ...checked, entry: undefined };
    // It was accepted once: the clock may have been set back since.
    const added = this.headers.add(block.headerBytes, Math.max(now, block.header.time));
    if (added.status === 'orphan') return ORPHAN;
    if (added.status === 'invalid') return { ...added, mutated: false, entry: undefined };
    const { entry } = added;
    if (this.blocks.hasData(entry)) return undefined;
    const fault = this.#checkInContext(entry, block, checked.txids);
    if (fault !== undefined) return { ...fault, entry };
    this.#received(entry, block.transactionCount, at);
    return undefined;
  }

  /**
   * Whether a block would be accepted on top of the tip, apart from its proof of work: nothing is kept
   * (Core `TestBlockValidity`).
   *
   * @param now Unix seconds; without it, a block may be of the future
   */
  testBlock(block: BlockView, now = Infinity): BlockRejection | undefined {
    const { tip } = this;
    const { trial } = this.#active;
    if (!equalHashes(block.header.prevBlockHash, this.headers.hash(tip))) {
      const debug = 'proposal not based on tip';
      return { reason: 'inconclusive-not-best-prevblk', debug, mutated: false, entry: undefined };
    }
    const checked = checkBlockContents(block, this.#sha256d);
    if (checked.status === 'invalid') return { ...checked, entry: undefined };
    const header = this.headers.checkUnsolved(block.headerBytes, tip, now);
    if (header !== undefined) return { ...header, mutated: false, entry: undefined };
    const context = { ...this.#contextAfter(tip), txids: checked.txids };
    const inContext = checkBlockContext(block, context, this.#params, this.#sha256d);
    if (inContext.status === 'invalid') return { ...inContext, entry: undefined };
    const hash = block.hash(this.#sha256d);
    const { validator } = this.#resources;
    try {
      const result = validator.connect({ block, txids: checked.txids }, tip, hash, trial, true);
      return result.status === 'ok' ? undefined : { ...result, mutated: false, entry: undefined };
    } finally {
      trial.discard();
    }
  }

  /**
   * Goes over to the best chain that is stored, if that is another one than the active one (Core
   * `ActivateBestChain`).
   *
   * @throws ChainstateError
   */
  activateBestChain(): void {
    this.#active.activateBestChain();
    this.#tellTip();
    this.#background?.activateBestChain();
    if (this.#background !== undefined) this.#shareMemory();
    if (this.#unpruned >= PRUNE_INTERVAL) this.#pruneIfDue();
  }

  /**
   * Takes a block and all that build on it as invalid, going back as far as it takes (Core
   * `InvalidateBlock`). {@link activateBestChain} then finds the best of what is left. If what it takes
   * to go back is gone, it goes as far as it can, and only blocks from there on are invalid.
   *
   * @returns false for the first block
   */
  invalidateBlock(entry: HeaderEntry): boolean {
    if (this.headers.parent(entry) === undefined) return false;
    let first: HeaderEntry | undefined = this.chain.contains(entry) ? undefined : entry;
    for (let count = 1; this.chain.contains(entry); count++) {
      if (this.#resources.interrupted()) return true;
      const { tip } = this;
      if (!this.#goBack()) break;
      first = tip;
      // Further back, few transactions of the mempool would still be good.
      this.#options.mempool?.settle(count <= MAX_RESURRECTED_BLOCKS);
    }
    if (first !== undefined) this.#markInvalid(first, undefined);
    this.#active.refreshCandidates();
    this.#tellTip();
    return true;
  }

  /** Takes the last block off, if what it takes is there. */
  #goBack(): boolean {
    try {
      this.#active.disconnectTip();
      return true;
    } catch (error) {
      if (!(error instanceof ChainstateError)) throw error;
      this.#notify({ type: 'log', level: 'warning', text: error.message });
      return false;
    }
  }

  /** Takes back that a block, or one before it, or one that builds on it, is invalid. */
  reconsiderBlock(entry: HeaderEntry): void {
    for (const cleared of this.headers.clearInvalid(entry)) this.blocks.setFailed(cleared, false);
    this.#keepFailed();
    this.#notify({ type: 'reconsidered', entry });
    this.#active.refreshCandidates();
  }

  /** Treats a block as if it had come before all others of its work (Core `PreciousBlock`). */
  preciousBlock(entry: HeaderEntry): void {
    const { tip } = this;
    if (this.headers.compareWork(entry, tip) < 0) return;
    const work = this.headers.chainWork(tip);
    // The chain has grown since the last call: ranks start again.
    if (work > this.#lastPreciousWork) this.#preciousSequence = -1;
    this.#lastPreciousWork = work;
    this.blocks.setSequence(entry, this.#preciousSequence);
    if (this.#preciousSequence > -(2 ** 31)) this.#preciousSequence--;
    if (this.blocks.isLinked(entry)) this.#active.addCandidate(entry);
    this.activateBestChain();
  }

  /** A stored block; see {@link BlockStorage.readBlock}. */
  readBlock(entry: HeaderEntry): BlockView | undefined {
    return this.storage.readBlock(entry);
  }

  /** What a stored block spent; see {@link BlockStorage.readUndo}. */
  readUndo(entry: HeaderEntry): BlockUndo | undefined {
    return this.storage.readUndo(entry);
  }

  /** Stores what changed of the block index: after it, the process may end at any time. */
  saveIndex(): void {
    this.#saveIndexOf(this.#options.files.files());
  }

  /**
   * Stores everything, the coins included (Core `FlushStateToDisk`), and then deletes block files if
   * they take too much space.
   *
   * @param options.keep whether the coins stay in memory too
   */
  flush({ keep }: { readonly keep: boolean } = { keep: true }): void {
    this.saveIndex();
    this.#active.flush({ keep });
    this.#background?.flush({ keep });
    const { pruneTarget } = this.#options;
    if (pruneTarget !== undefined) this.#prune(this.#filesOverTarget(pruneTarget));
  }

  /**
   * Deletes block files that have no block above a height (`pruneblockchain`), as far as they are not
   * among the last 288.
   */
  pruneTo(height: number): void {
    this.flush();
    this.#prune(filesToPrune(this.#options.files.files(), 0, this.#prunable(height)));
  }

  /** Checks the last blocks anew (`verifychain`); see {@link verifyChain}. */
  verifyChain(options: VerifyChainOptions): VerifiedChain {
    return verifyChain(this.#active, this.#resources, options);
  }

  // --- snapshots ---------------------------------------------------------------------------------

  /** Why the coins of a block cannot be loaded now, or what they have to be (Core `ActivateSnapshot`). */
  snapshotFault(baseHash: Uint8Array): SnapshotFault | undefined {
    return snapshotFault(baseHash, {
      params: this.#params,
      headers: this.headers,
      tip: this.tip,
      hasSnapshot: this.#snapshotBase !== undefined,
      mempoolSize: this.#options.mempool?.size ?? 0,
    });
  }

  /**
   * Goes on from coins that were loaded, and whose hash was checked. Those of before are built further
   * in the background.
   *
   * @param baseHash the block whose coins they are, for which {@link snapshotFault} found nothing
   */
  activateSnapshot(coins: CoinsStore, baseHash: Uint8Array): void {
    const base = this.#assumed(baseHash);
    if (base === undefined) throw new Error('not a snapshot that is known');
    this.blocks.assume(base.entry, base.data.chainTxCount);
    this.flush();
    this.#goOnFrom(coins, base.entry);
    this.#toldTip = this.tip;
    this.#notify({ type: 'snapshot', tip: this.tip, background: this.#background!.tip });
    this.activateBestChain();
  }

  /**
   * Whether the background chain has come to where the snapshot was made, so that its coins' hash can
   * be compared with what it has to be.
   */
  get isSnapshotProvable(): AssumeutxoData | undefined {
    if (this.#background?.isAtTarget !== true) return undefined;
    return this.#assumed(this.headers.hash(this.#background.tip))?.data;
  }

  /** The coins of the background chain, stored. */
  backgroundCoins(): CoinsStore {
    this.flush();
    return this.#background!.store;
  }

  /** The snapshot has been proved: the background chain is needed no more. */
  snapshotProved(): void {
    this.#background = undefined;
    this.#active.proved();
    this.#shareMemory();
    this.#options.files.keepApart?.(undefined);
  }

  #assumed(
    hash: Uint8Array,
  ): { readonly entry: HeaderEntry; readonly data: AssumeutxoData } | undefined {
    const data = this.#params.assumeutxo.find(({ blockHash }) => equalHashes(blockHash, hash));
    const entry = this.headers.find(hash);
    return data === undefined || entry === undefined ? undefined : { data, entry };
  }

  #goOnFrom(coins: CoinsStore, base: HeaderEntry): void {
    this.#background = this.#active;
    this.#background.become(this.#backgroundListener(), base);
    this.#active = this.#newChainstate(coins, this.#activeListener(), base);
    this.#active.load();
    this.#snapshotBase = base;
    this.#shareMemory();
    this.#options.files.keepApart?.(this.headers.height(base));
  }

  /** Most of the memory for coins is for the chain that has most to do. */
  #shareMemory(): void {
    const total = this.#coinsBytes;
    const background = this.#background;
    const small = Math.max(total * SMALL_SHARE, Math.min(total / 2, MIN_COINS_BYTES));
    const isFirst = this.#isCatchingUp();
    if (background !== undefined) background.coins.maxBytes = isFirst ? small : total - small;
    this.#active.coins.maxBytes =
      background === undefined ? total : isFirst ? total - small : small;
  }

  #isCatchingUp(): boolean {
    const { headers, tip } = this;
    return headers.time(headers.best) - headers.time(tip) > CATCHING_UP;
  }

  // --- taking blocks -----------------------------------------------------------------------------

  /** Whether a block that came is to be kept (Core `AcceptBlock`). */
  #isWanted(entry: HeaderEntry, requested: boolean): boolean {
    if (this.blocks.hasData(entry)) return false;
    if (requested) return true;
    const { tip } = this;
    if (this.blocks.transactionCount(entry) > 0) return false;
    if (this.headers.compareWork(entry, tip) < 0) return false;
    if (this.headers.height(entry) > this.headers.height(tip) + MIN_BLOCKS_TO_KEEP) return false;
    return this.headers.chainWork(entry) >= this.#minimumChainWork;
  }

  #contextAfter(parent: HeaderEntry): { readonly height: number; readonly medianTimePast: number } {
    return {
      height: this.headers.height(parent) + 1,
      medianTimePast: this.headers.medianTimePast(parent),
    };
  }

  #checkInContext(
    entry: HeaderEntry,
    block: BlockView,
    txids: readonly Uint8Array[],
  ): (Rejection & { readonly mutated: boolean }) | undefined {
    const parent = this.headers.parent(entry);
    if (parent === undefined) return undefined;
    const context = { ...this.#contextAfter(parent), txids };
    const result = checkBlockContext(block, context, this.#params, this.#sha256d);
    return result.status === 'ok' ? undefined : result;
  }

  #store(entry: HeaderEntry, checked: CheckedBlock): void {
    const { block } = checked;
    const height = this.headers.height(entry);
    const at = this.#options.files.writeBlock(block.bytes, height, this.headers.time(entry));
    this.#unpruned += block.bytes.length;
    this.#recent.add(entry, checked);
    this.#received(entry, block.transactionCount, at);
    this.#notify({ type: 'stored', entry });
  }

  #received(entry: HeaderEntry, transactionCount: number, at: BlockPosition): void {
    for (const linked of this.blocks.received(entry, transactionCount, at)) {
      this.#active.addCandidate(linked);
      this.#background?.addCandidate(linked);
    }
  }

  #verdictOf(entry: HeaderEntry, activate: () => void): 'valid' | BlockRejection | undefined {
    const watched: Watched = { entry, verdict: undefined };
    this.#watched = watched;
    try {
      activate();
    } finally {
      this.#watched = undefined;
    }
    return watched.verdict;
  }

  #markInvalid(entry: HeaderEntry, rejection: Rejection | undefined): void {
    this.blocks.setFailed(entry, true);
    this.headers.markInvalid(entry);
    this.#active.dropInvalidCandidates();
    this.#background?.dropInvalidCandidates();
    const told = rejection && { reason: rejection.reason, debug: rejection.debug };
    this.#notify({ type: 'invalid', entry, rejection: told });
  }

  /** Whose parent is invalid no longer must be known to be so by itself, to stay so after a restart. */
  #keepFailed(): void {
    const { headers, blocks } = this;
    for (let entry = 1; entry < headers.size; entry++) {
      if (!headers.isInvalid(entry) || headers.isInvalid(headers.parent(entry)!)) continue;
      blocks.setFailed(entry, true);
    }
  }

  // --- chain states ------------------------------------------------------------------------------

  #newChainstate(coins: CoinsStore, listener: ChainstateListener, base?: HeaderEntry): Chainstate {
    const { salt = 0n, maxCoinsBytes } = this.#options;
    return new Chainstate({
      resources: this.#resources,
      coins,
      listener,
      salt,
      ...(maxCoinsBytes !== undefined && { maxCoinsBytes }),
      ...(base !== undefined && { base }),
    });
  }

  #activeListener(): ChainstateListener {
    return {
      connected: (entry, checked, undo) => {
        this.#notify({ type: 'connected', entry, transactions: checked.txids.length });
        if (this.#background === undefined) this.#options.connected?.({ entry, ...checked, undo });
        this.#options.mempool?.blockConnected(checked.block, checked.txids);
      },
      disconnected: (entry, { block, txids }) => {
        this.#notify({ type: 'disconnected', entry });
        this.#options.mempool?.blockDisconnected(block, txids);
      },
      checked: (entry, rejection) => {
        if (this.#watched?.entry !== entry) return;
        this.#watched.verdict = rejection ? { ...rejection, mutated: false, entry } : 'valid';
      },
      invalid: (entry, rejection) => this.#markInvalid(entry, rejection),
      stepped: () => this.#options.mempool?.settle(true),
      scriptChecks: (text) => this.#notify({ type: 'log', level: 'info', text }),
      large: () => this.flush({ keep: false }),
    };
  }

  #backgroundListener(): ChainstateListener {
    return {
      connected: (entry, checked, undo) => {
        this.#tellBackground();
        this.#options.connected?.({ entry, ...checked, undo });
      },
      disconnected: () => this.#tellBackground(),
      checked: () => {},
      invalid: (entry, { reason }) => {
        const name = hashToHex(this.headers.hash(entry));
        const text = `block ${name}, which the snapshot rests on, is invalid (${reason})`;
        throw new ChainstateError('corrupt', text);
      },
      stepped: () => {},
      scriptChecks: () => {},
      large: () => this.flush({ keep: false }),
    };
  }

  #tellBackground(): void {
    this.#notify({ type: 'background', tip: this.#background!.tip });
  }

  #tellTip(): void {
    const before = this.#toldTip;
    const { tip } = this;
    if (tip === before) return;
    this.#toldTip = tip;
    const fork = before === undefined ? undefined : this.headers.lastCommonAncestor(before, tip);
    this.#notify({ type: 'tip', tip, fork });
  }

  #loadBlock(entry: HeaderEntry, stored: DiskBlockIndex): void {
    this.blocks.load(entry, stored);
    if ((stored.status & BlockStatus.FAILED_VALID) !== 0 && !this.headers.isInvalid(entry)) {
      this.headers.markInvalid(entry);
    }
  }

  #keepGenesis(): void {
    // It may have been pruned.
    if (this.blocks.transactionCount(0) > 0) return;
    const block = BlockView.of(this.#options.network.genesis.bytes);
    const at = this.#options.files.writeBlock(block.bytes, 0, block.header.time);
    this.#received(0, block.transactionCount, at);
  }

  #saveIndexOf(files: ReadonlyMap<number, BlockFileInfo>): void {
    this.#options.syncHeaders?.();
    this.#options.files.sync();
    const stored = [...this.blocks.dirty].map((entry) => ({
      hash: this.headers.hash(entry),
      index: this.blocks.stored(entry),
    }));
    this.#options.index.write(stored, files);
    this.blocks.settled();
  }

  /** What it takes to keep to the target. */
  #filesOverTarget(target: number): number[] {
    const { headers, chain } = this;
    if (chain.height <= (this.#options.pruneAfterHeight ?? 0)) return [];
    // Who has much to fetch would have to do so again soon, and it costs a flush of the coins.
    const coming = this.#isCatchingUp() ? headers.height(headers.best) - chain.height : 0;
    const room = CHUNKS + coming * AVERAGE_BLOCK_SIZE;
    return filesToPrune(this.#options.files.files(), target, this.#prunable(chain.height), room);
  }

  #pruneIfDue(): void {
    this.#unpruned = 0;
    const { pruneTarget } = this.#options;
    if (pruneTarget !== undefined && this.#filesOverTarget(pruneTarget).length > 0) this.flush();
  }

  /** Which blocks may go, of those up to a height (Core `GetPruneRange`, validation.cpp). */
  #prunable(height: number): PruneRange[] {
    const limit = Math.min(height, this.#unlockedHeight());
    const upTo = ({ chain }: Chainstate): number =>
      Math.min(limit, chain.height - MIN_BLOCKS_TO_KEEP);
    const active = { first: 0, last: upTo(this.#active) };
    const background = this.#background;
    // What proves a snapshot needs its blocks until they are connected.
    const ranges =
      background === undefined
        ? [active]
        : [
            { first: 0, last: upTo(background) },
            { ...active, first: this.headers.height(this.#snapshotBase!) + 1 },
          ];
    return ranges.filter(({ last }) => last > 0);
  }

  #prune(chosen: readonly number[]): void {
    const { files, index } = this.#options;
    if (chosen.length === 0) return;
    if (!this.hasPruned) index.setFlag(PRUNED_FLAG, true);
    const left = new Map(files.files());
    for (const file of chosen) {
      const entries = this.blocks.entriesIn(file);
      for (const entry of entries) this.blocks.pruned(entry);
      left.delete(file);
      this.#notify({ type: 'pruned', file, entries });
    }
    // First, so that the index never names what is gone, whenever the process ends.
    this.#saveIndexOf(left);
    for (const file of chosen) files.remove(file);
  }

  /** The height of the last block that nobody needs who has said so. */
  #unlockedHeight(): number {
    const lock = this.#options.pruneLock?.();
    if (lock === undefined) return Infinity;
    const unlocked = Math.max(1, lock.height - PRUNE_LOCK_BUFFER - 1);
    if (unlocked < this.headers.height(this.tip)) {
      const text = `${lock.name} limited pruning to height ${unlocked}`;
      this.#notify({ type: 'log', level: 'debug', text });
    }
    return unlocked;
  }

  #notify(event: ChainEvent): void {
    this.#options.notify?.(event);
  }
}

const ORPHAN: BlockRejection = {
  reason: 'prev-blk-not-found',
  debug: '',
  mutated: false,
  entry: undefined,
};

function rejected({ reason, debug, mutated, entry }: BlockRejection): ProcessBlockResult {
  return { status: 'rejected', reason, debug, mutated, entry };
}
