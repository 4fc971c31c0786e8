import {
  checkBlock,
  checkBlockContents,
  checkBlockContext,
  type ConsensusParams,
  type HeaderEntry,
  type HeaderTree,
  type SignetVerifier,
} from '@btcp2p/consensus';
import {
  BLOCK_HEADER_SIZE,
  BlockHeader,
  BlockView,
  decode,
  encode,
  equalHashes,
  hashToHex,
  sha256d,
  type Network,
  type Sha256d,
} from '@btcp2p/wire';
import { ActiveChain } from './active-chain.ts';
import { scriptCheckReason } from './assume-valid.ts';
import { BlockIndex } from './block-index.ts';
import type { BlockIndexStore } from './block-index-store.ts';
import { BlockValidator, type CheckedBlock } from './block-validator.ts';
import { ChainCandidates } from './chain-candidates.ts';
import type { ChainEvent } from './chain-event.ts';
import { CoinsCache } from './coins-cache.ts';
import type { CoinsStore } from './coins-store.ts';
import { replayBlock, type Rejection } from './connect-block.ts';
import { disconnectBlock } from './disconnect-block.ts';
import { BlockStatus } from './disk-block-index.ts';
import type { BlockFiles, ScriptChecker } from './ports.ts';
import { RecentBlocks } from './recent-blocks.ts';
import type { DecompressPublicKey } from './secp256k1.ts';
import { blockUndoCodec, undoChecksum, type BlockUndo } from './undo.ts';

/**
 * How far above the tip a block may be that nobody asked for (Core `MIN_BLOCKS_TO_KEEP`,
 * validation.h).
 */
const MIN_BLOCKS_TO_KEEP = 288;

/** Blocks to connect before the best chain is looked for again (Core `ActivateBestChainStep`). */
const BLOCKS_PER_STEP = 32;

/** What a {@link ChainstateManager} is made of. */
export interface ChainstateManagerOptions {
  readonly network: Pick<Network, 'genesis'>;
  readonly params: ConsensusParams;
  /** All headers known so far. The manager adds those of blocks that come without. */
  readonly headers: HeaderTree;
  readonly index: BlockIndexStore;
  readonly coins: CoinsStore;
  readonly files: BlockFiles;
  readonly scripts: ScriptChecker;
  /** Told of everything that happens, while it happens. It must not call back. */
  readonly notify?: (event: ChainEvent) => void;
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
  readonly verifySignet?: SignetVerifier;
  readonly decompressPublicKey?: DecompressPublicKey;
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

/** The storage, or what is in it, is not as it must be. Nothing can be validated any more. */
export class ChainstateError extends Error {
  override readonly name = 'ChainstateError';
  readonly code: 'corrupt' | 'storage';
  constructor(code: 'corrupt' | 'storage', message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * The chain of blocks and its coins: takes blocks, keeps them, connects the best chain that obeys all
 * rules, and goes back and over to another when that is better (Core `ChainstateManager` and
 * `Chainstate`, validation.cpp). Synchronous, over ports for storage and for scripts: a node runs it in
 * a thread of its own.
 *
 * **Specification.**
 * - The active chain ends with the block, of all whose chain is stored and not known to be invalid,
 *   of most work; among equals, the one whose chain was complete first.
 * - A block is connected in a cache of its own, and its changes reach the coins as a whole or not at
 *   all. One that fails is marked, with all that build on it, and the next best chain is taken.
 * - What was written of blocks and undo data is made to last before the index that names it, and the
 *   index before the coins that rest on it. So after any end of the process the coins are those of a
 *   block in the index, with undo data back to the first, and the chain goes on from there.
 */
export class ChainstateManager {
  readonly headers: HeaderTree;
  readonly blocks: BlockIndex;
  readonly chain: ActiveChain;
  readonly #options: ChainstateManagerOptions;
  readonly #params: ConsensusParams;
  readonly #sha256d: Sha256d;
  readonly #minimumChainWork: bigint;
  readonly #assumeValid: Uint8Array;
  readonly #coins: CoinsCache;
  /** The block at hand is connected here, and its changes handed down once it has passed. */
  readonly #trial: CoinsCache;
  readonly #candidates: ChainCandidates;
  readonly #validator: BlockValidator;
  readonly #recent: RecentBlocks;
  readonly #undoCodec;
  /** The last reason to check scripts or not that was logged; null before the first. */
  #scriptReason: string | undefined | null = null;
  /** The block that `processBlock` is at, and what came of connecting it. */
  #watched: Watched | undefined;
  #lastPreciousWork = 0n;
  #preciousSequence = -1;

  /** Nothing works before {@link load}. */
  constructor(options: ChainstateManagerOptions) {
    const { headers, params, salt = 0n } = options;
    this.#options = options;
    this.headers = headers;
    this.#params = params;
    this.#sha256d = options.sha256d ?? sha256d;
    this.#minimumChainWork = options.minimumChainWork ?? params.minimumChainWork;
    this.#assumeValid = options.assumeValid ?? params.defaultAssumeValid;
    this.blocks = new BlockIndex(headers);
    this.chain = new ActiveChain(headers);
    this.#coins = new CoinsCache(options.coins, {
      salt,
      ...(options.maxCoinsBytes !== undefined && { maxBytes: options.maxCoinsBytes }),
    });
    this.#trial = new CoinsCache(this.#coins, { salt });
    this.#candidates = new ChainCandidates(this.blocks);
    this.#validator = new BlockValidator(headers, params, options.scripts);
    this.#recent = new RecentBlocks();
    this.#undoCodec = blockUndoCodec(options.decompressPublicKey);
  }

  /** The coins of the tip. To be read only. */
  get coins(): CoinsCache {
    return this.#coins;
  }

  /** The last block of the active chain. */
  get tip(): HeaderEntry {
    const { tip } = this.chain;
    if (tip === undefined) throw new Error('the chain state is not loaded');
    return tip;
  }

  /**
   * Takes what is stored: to be called once, before anything else. It connects nothing but the genesis
   * block; {@link activateBestChain} does.
   *
   * @throws ChainstateError
   */
  load(): void {
    const { index, coins } = this.#options;
    for (const stored of index.blocks()) {
      const entry = this.headers.addTrusted(encode(BlockHeader, stored.header));
      if (entry === undefined) throw new ChainstateError('corrupt', 'a block without its parent');
      this.blocks.load(entry, stored);
      if ((stored.status & BlockStatus.FAILED_VALID) !== 0 && !this.headers.isInvalid(entry)) {
        this.headers.markInvalid(entry);
      }
    }
    this.blocks.loaded();
    this.#keepGenesis();
    this.#replay();
    const best = coins.bestBlock();
    if (best.some((byte) => byte !== 0)) {
      const tip = this.headers.find(best);
      if (tip === undefined || !this.blocks.isLinked(tip)) {
        throw new ChainstateError('corrupt', 'the coins are those of a block that is not in the index');
      }
      this.chain.setTip(tip);
      this.blocks.loadedBestChain(this.chain);
    }
    this.#refreshCandidates();
    if (this.chain.tip === undefined) this.#moveTowards(0);
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
      const entry = this.headers.find(block.hash(this.#sha256d));
      return this.#rejected({ ...checked, entry });
    }
    const added = this.headers.add(block.headerBytes, now);
    if (added.status === 'orphan') {
      const rejection = { reason: 'prev-blk-not-found', debug: '', mutated: false, entry: undefined };
      return { status: 'rejected', ...rejection };
    }
    if (added.status === 'invalid') {
      const { reason, debug } = added;
      return { status: 'rejected', reason, debug, mutated: false, entry: undefined };
    }
    const { entry } = added;
    if (!this.#isWanted(entry, requested)) {
      const verdict = this.#verdictOf(entry, () => this.activateBestChain());
      return { status: 'accepted', entry, isNew: false, verdict };
    }
    const fault = this.#checkInContext(entry, block, checked.txids);
    if (fault !== undefined) {
      if (!fault.mutated) this.#markInvalid(entry, fault);
      return this.#rejected({ ...fault, entry });
    }
    this.#store(entry, { block, txids: checked.txids });
    const verdict = this.#verdictOf(entry, () => this.activateBestChain());
    return { status: 'accepted', entry, isNew: true, verdict };
  }

  /**
   * Takes note of a block that is in a file already (`-reindex`). Connects nothing.
   *
   * @returns why it was refused, or undefined
   */
  indexBlock(
    block: BlockView,
    at: { readonly file: number; readonly position: number },
    now: number,
  ): BlockRejection | undefined {
    const checked = checkBlock(block, this.#params, this.#sha256d, this.#options.verifySignet);
    if (checked.status === 'invalid') return { ...checked, entry: undefined };
    const time = Math.max(now, block.header.time);
    const added = this.headers.add(block.headerBytes, time);
    if (added.status === 'orphan') {
      return { reason: 'prev-blk-not-found', debug: '', mutated: false, entry: undefined };
    }
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
   */
  testBlock(block: BlockView): BlockRejection | undefined {
    const { tip } = this;
    const checked = checkBlockContents(block, this.#sha256d);
    if (checked.status === 'invalid') return { ...checked, entry: undefined };
    if (!equalHashes(block.header.prevBlockHash, this.headers.hash(tip))) {
      const debug = 'proposal not based on tip';
      return { reason: 'inconclusive-not-best-prevblk', debug, mutated: false, entry: undefined };
    }
    const place = this.#contextAfter(tip);
    const context = { ...place, txids: checked.txids };
    const fault = checkBlockContext(block, context, this.#params, this.#sha256d);
    if (fault.status === 'invalid') return { ...fault, entry: undefined };
    const hash = block.hash(this.#sha256d);
    const parts = { block, txids: checked.txids };
    try {
      const result = this.#validator.connect(parts, tip, hash, this.#trial, true);
      return result.status === 'ok' ? undefined : { ...result, mutated: false, entry: undefined };
    } finally {
      this.#trial.discard();
    }
  }

  /**
   * Goes over to the best chain that is stored, if that is another one than the active one (Core
   * `ActivateBestChain`).
   *
   * @throws ChainstateError
   */
  activateBestChain(): void {
    const before = this.chain.tip;
    for (;;) {
      if (this.#options.interrupted?.() === true) break;
      const best = this.#candidates.best((entry) => this.#isUsable(entry));
      if (best === undefined || best === this.chain.tip) break;
      this.#moveTowards(best);
      this.#candidates.prune(this.chain.tip);
    }
    const after = this.chain.tip;
    if (after === undefined || after === before) return;
    const fork = before === undefined ? undefined : this.headers.lastCommonAncestor(before, after);
    this.#notify({ type: 'tip', tip: after, fork });
  }

  /**
   * Takes a block and all that build on it as invalid, going back as far as it takes (Core
   * `InvalidateBlock`). {@link activateBestChain} then finds the best of what is left.
   *
   * @returns false for the genesis block
   */
  invalidateBlock(entry: HeaderEntry): boolean {
    const parent = this.headers.parent(entry);
    if (parent === undefined) return false;
    const before = this.tip;
    while (this.chain.contains(entry)) {
      if (this.#options.interrupted?.() === true) return true;
      this.#disconnectTip();
    }
    this.#markInvalid(entry, undefined);
    this.#refreshCandidates();
    if (this.tip !== before) {
      this.#notify({ type: 'tip', tip: this.tip, fork: this.tip });
    }
    return true;
  }

  /** Takes back that a block, or one before it, or one that builds on it, is invalid. */
  reconsiderBlock(entry: HeaderEntry): void {
    for (const cleared of this.headers.clearInvalid(entry)) this.blocks.setFailed(cleared, false);
    this.#notify({ type: 'reconsidered', entry });
    this.#refreshCandidates();
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
    if (this.blocks.isLinked(entry) && !this.headers.isInvalid(entry)) this.#candidates.add(entry);
    this.activateBestChain();
  }

  /**
   * A stored block.
   *
   * @returns undefined if it is not stored
   * @throws ChainstateError if what is stored is not that block
   */
  readBlock(entry: HeaderEntry): BlockView | undefined {
    const recent = this.#recent.get(entry);
    if (recent !== undefined) return recent.block;
    const at = this.blocks.position(entry);
    if (at === undefined) return undefined;
    const hash = this.headers.hash(entry);
    try {
      const bytes = this.#options.files.readBlock(at);
      if (equalHashes(this.#sha256d(bytes.subarray(0, BLOCK_HEADER_SIZE)), hash)) {
        return BlockView.of(bytes);
      }
    } catch (error) {
      throw this.#damaged(`block ${hashToHex(hash)}`, at, error);
    }
    throw this.#damaged(`block ${hashToHex(hash)}`, at);
  }

  /** What a stored block spent, or undefined if that is not stored. Throws as {@link readBlock} does. */
  readUndo(entry: HeaderEntry): BlockUndo | undefined {
    const parent = this.headers.parent(entry);
    if (parent === undefined) return { transactions: [] };
    const at = this.blocks.undoPosition(entry);
    if (at === undefined) return undefined;
    const what = `undo data of block ${hashToHex(this.headers.hash(entry))}`;
    try {
      const { undo, checksum } = this.#options.files.readUndo(at);
      const expected = undoChecksum(this.headers.hash(parent), undo, this.#sha256d);
      if (equalHashes(checksum, expected)) return decode(this.#undoCodec, undo);
    } catch (error) {
      throw this.#damaged(what, at, error);
    }
    throw this.#damaged(what, at);
  }

  /** Stores what changed of the block index: after it, the process may end at any time. */
  saveIndex(): void {
    const { dirty } = this.blocks;
    const stored = [...dirty].map((entry) => ({
      hash: this.headers.hash(entry),
      index: this.blocks.stored(entry),
    }));
    this.#options.index.write(stored, this.#options.files.files());
    this.blocks.settled();
  }

  /**
   * Stores everything, the coins included (Core `FlushStateToDisk`).
   *
   * @param options.keep whether the coins stay in memory too
   */
  flush({ keep }: { readonly keep: boolean } = { keep: true }): void {
    this.#options.files.sync();
    this.saveIndex();
    if (keep) this.#coins.sync();
    else this.#coins.flush();
  }

  // --- taking blocks -----------------------------------------------------------------------------

  #rejected(rejection: BlockRejection): ProcessBlockResult {
    const { reason, debug, mutated, entry } = rejection;
    return { status: 'rejected', reason, debug, mutated, entry };
  }

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
    this.#recent.add(entry, checked);
    this.#received(entry, block.transactionCount, at);
    this.#notify({ type: 'stored', entry });
  }

  #received(
    entry: HeaderEntry,
    transactionCount: number,
    at: { readonly file: number; readonly position: number },
  ): void {
    for (const linked of this.blocks.received(entry, transactionCount, at)) {
      this.#addCandidate(linked);
    }
  }

  #addCandidate(entry: HeaderEntry): void {
    const { tip } = this.chain;
    if (this.headers.isInvalid(entry)) return;
    if (tip === undefined || this.blocks.compare(entry, tip) >= 0) this.#candidates.add(entry);
  }

  #refreshCandidates(): void {
    this.#candidates.clear();
    for (let entry = 0; entry < this.headers.size; entry++) {
      if (this.blocks.isLinked(entry)) this.#addCandidate(entry);
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
    this.#candidates.removeIf((candidate) => this.headers.isInvalid(candidate));
    this.#notify({ type: 'invalid', entry, rejection });
  }

  // --- moving the chain --------------------------------------------------------------------------

  /** Whether all that it takes to connect a candidate is here. */
  #isUsable(candidate: HeaderEntry): boolean {
    if (this.headers.isInvalid(candidate)) return false;
    for (
      let at: HeaderEntry | undefined = candidate;
      at !== undefined && !this.chain.contains(at);
      at = this.headers.parent(at)
    ) {
      if (this.blocks.hasData(at)) continue;
      // It was pruned: all that build on it wait until it comes again.
      this.blocks.unlink(candidate);
      return false;
    }
    return true;
  }

  /**
   * Goes back to where the chains part, and on by some blocks, as far as they are good. What has come
   * meanwhile, or turned out to be invalid, may then make another chain the best.
   */
  #moveTowards(best: HeaderEntry): void {
    const fork = this.chain.findFork(best);
    while (this.chain.tip !== fork) this.#disconnectTip();
    const last = Math.min(this.headers.height(best), this.chain.height + BLOCKS_PER_STEP);
    const path: HeaderEntry[] = [];
    for (
      let at: HeaderEntry | undefined = this.headers.ancestor(best, last);
      at !== undefined && at !== fork;
      at = this.headers.parent(at)
    ) {
      path.push(at);
    }
    for (let next = path.pop(); next !== undefined; next = path.pop()) {
      if (this.#options.interrupted?.() === true) return;
      if (!this.#connectTip(next)) return;
    }
  }

  /** Returns whether the block is valid and now the tip. */
  #connectTip(entry: HeaderEntry): boolean {
    const checked = this.#checkedBlock(entry);
    const parent = this.headers.parent(entry);
    const hash = this.headers.hash(entry);
    const trial = this.#trial;
    const checkScripts = parent !== undefined && this.#mustCheckScripts(entry, hash);
    const result = this.#validator.connect(checked, parent, hash, trial, checkScripts);
    if (result.status === 'invalid') {
      trial.discard();
      this.#recent.delete(entry);
      const { reason, debug } = result;
      this.#judge(entry, { reason, debug, mutated: false, entry });
      this.#markInvalid(entry, { reason, debug });
      return false;
    }
    this.#judge(entry, 'valid');
    if (parent !== undefined) this.#writeUndo(entry, parent, result.undo);
    this.blocks.raise(entry, BlockStatus.VALID_SCRIPTS);
    trial.flush();
    this.chain.setTip(entry);
    this.#candidates.add(entry);
    this.#recent.delete(entry);
    this.#notify({ type: 'connected', entry, transactions: checked.txids.length });
    if (this.#coins.isLarge) this.flush({ keep: false });
    return true;
  }

  #judge(entry: HeaderEntry, verdict: 'valid' | BlockRejection): void {
    if (this.#watched?.entry === entry) this.#watched.verdict = verdict;
  }

  /** A block with its txids. One that comes from a file is checked again: disks fail. */
  #checkedBlock(entry: HeaderEntry): CheckedBlock {
    const recent = this.#recent.get(entry);
    if (recent !== undefined) return recent;
    const block = this.readBlock(entry);
    if (block === undefined) throw new ChainstateError('corrupt', 'a block is gone from storage');
    // Its proof of work is that of the hash it was read by.
    const checked = checkBlock(block, this.#params, this.#sha256d);
    if (checked.status === 'ok') return { block, txids: checked.txids };
    throw this.#damaged(`block ${hashToHex(this.headers.hash(entry))}`, this.blocks.position(entry)!);
  }

  #writeUndo(entry: HeaderEntry, parent: HeaderEntry, undo: BlockUndo): void {
    if (this.blocks.hasUndo(entry)) return;
    const bytes = encode(this.#undoCodec, undo);
    const checksum = undoChecksum(this.headers.hash(parent), bytes, this.#sha256d);
    const { file } = this.blocks.position(entry)!;
    this.blocks.undoWritten(entry, this.#options.files.writeUndo(file, bytes, checksum));
  }

  #disconnectTip(): void {
    const entry = this.tip;
    const block = this.readBlock(entry);
    const undo = this.readUndo(entry);
    if (block === undefined || undo === undefined) {
      throw new ChainstateError('corrupt', 'there is no going back: blocks or undo data are gone');
    }
    const trial = this.#trial;
    const hash = this.headers.hash(entry);
    const height = this.headers.height(entry);
    const txids = block.txids(this.#sha256d);
    const result = disconnectBlock(block, undo, trial, { hash, height, txids });
    if (result !== 'ok') {
      trial.discard();
      throw new ChainstateError('corrupt', `block ${hashToHex(hash)} could not be disconnected`);
    }
    trial.flush();
    this.chain.setTip(this.headers.parent(entry)!);
    this.#candidates.add(entry);
    this.#candidates.add(this.tip);
    this.#notify({ type: 'disconnected', entry });
    if (this.#coins.isLarge) this.flush({ keep: false });
  }

  #mustCheckScripts(entry: HeaderEntry, hash: Uint8Array): boolean {
    const reason = scriptCheckReason(entry, this.headers, {
      params: this.#params,
      assumeValid: this.#assumeValid,
      minimumChainWork: this.#minimumChainWork,
    });
    if (reason !== this.#scriptReason) {
      const at = `block #${this.headers.height(entry)} (${hashToHex(hash)})`;
      const text =
        reason === undefined
          ? `Disabling script verification at ${at}.`
          : `Enabling script verification at ${at}: ${reason}.`;
      this.#notify({ type: 'log', level: 'info', text });
      this.#scriptReason = reason;
    }
    return reason !== undefined;
  }

  // --- loading -----------------------------------------------------------------------------------

  #keepGenesis(): void {
    if (this.blocks.hasData(0)) return;
    const block = BlockView.of(this.#options.network.genesis.bytes);
    const at = this.#options.files.writeBlock(block.bytes, 0, block.header.time);
    this.#received(0, block.transactionCount, at);
  }

  /** Ends a write of coins that the process did not live to end (Core `ReplayBlocks`). */
  #replay(): void {
    const { coins } = this.#options;
    const heads = coins.headBlocks();
    if (heads === undefined) return;
    const to = this.headers.find(heads.newTip);
    const from = this.headers.find(heads.oldTip);
    const hasOld = heads.oldTip.some((byte) => byte !== 0);
    if (to === undefined || (hasOld && from === undefined)) {
      throw new ChainstateError('corrupt', 'the coins are between blocks that are not in the index');
    }
    this.#notify({ type: 'log', level: 'info', text: 'Replaying blocks' });
    const fork = from === undefined ? undefined : this.headers.lastCommonAncestor(from, to);
    const trial = this.#trial;
    for (let at = from; at !== undefined && at !== fork; at = this.headers.parent(at)) {
      const [block, undo] = [this.readBlock(at), this.readUndo(at)];
      if (block === undefined || undo === undefined) {
        throw new ChainstateError('corrupt', 'blocks to go back over are gone');
      }
      const options = { hash: this.headers.hash(at), height: this.headers.height(at) };
      if (disconnectBlock(block, undo, trial, options) === 'failed') {
        throw new ChainstateError('corrupt', 'undo data do not fit their block');
      }
    }
    const first = fork === undefined ? 0 : this.headers.height(fork) + 1;
    for (let height = first; height <= this.headers.height(to); height++) {
      const entry = this.headers.ancestor(to, height);
      const block = this.readBlock(entry);
      if (block === undefined) throw new ChainstateError('corrupt', 'blocks to replay are gone');
      replayBlock(block, trial, { height, txids: block.txids(this.#sha256d) });
    }
    trial.setBestBlock(heads.newTip);
    trial.flush();
    this.#coins.flush();
  }

  #damaged(
    what: string,
    at: { readonly file: number; readonly position: number },
    cause?: unknown,
  ): ChainstateError {
    const where = `file ${at.file} at byte ${at.position}`;
    return new ChainstateError('corrupt', `${what} is damaged on disk, in ${where}`, { cause });
  }

  #notify(event: ChainEvent): void {
    this.#options.notify?.(event);
  }
}
