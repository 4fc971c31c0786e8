import { checkBlock, type HeaderEntry } from '@btcp2p/consensus';
import { encode, hashToHex } from '@btcp2p/wire';
import { ActiveChain } from './active-chain.ts';
import { scriptCheckReason } from './assume-valid.ts';
import type { CheckedBlock } from './block-validator.ts';
import { ChainCandidates } from './chain-candidates.ts';
import type { ChainResources } from './chain-resources.ts';
import { ChainstateError } from './chainstate-error.ts';
import { CoinsCache } from './coins-cache.ts';
import type { CoinsStore } from './coins-store.ts';
import { replayBlock, type Rejection } from './connect-block.ts';
import { disconnectBlock } from './disconnect-block.ts';
import { BlockStatus } from './disk-block-index.ts';
import { undoChecksum, type BlockUndo } from './undo.ts';

/** Blocks to connect before the best chain is looked for again (Core `ActivateBestChainStep`). */
const BLOCKS_PER_STEP = 32;

/** What a {@link Chainstate} tells while it moves. */
export interface ChainstateListener {
  connected(entry: HeaderEntry, checked: CheckedBlock, undo: BlockUndo): void;
  disconnected(entry: HeaderEntry, checked: CheckedBlock): void;
  /** What came of connecting a block: `undefined` if it is valid. */
  checked(entry: HeaderEntry, rejection: Rejection | undefined): void;
  /** A block is invalid: to be marked before this returns. */
  invalid(entry: HeaderEntry, rejection: Rejection): void;
  /**
   * The chain has come to more work than it had, to its end, or not further because a block failed:
   * where Core lets others look at it (the end of `ActivateBestChainStep`).
   */
  stepped(): void;
  /** Which blocks have their scripts checked has changed: a line for the log. */
  scriptChecks(text: string): void;
  /** The coins take more memory than they may. */
  large(): void;
}

/** What a {@link Chainstate} is made of, besides what all chain states share. */
export interface ChainstateOptions {
  readonly resources: ChainResources;
  readonly coins: CoinsStore;
  readonly listener: ChainstateListener;
  /** 64 random bits for the coins cache. */
  readonly salt: bigint;
  /** Bytes of the coins cache. */
  readonly maxCoinsBytes?: number;
  /** The block whose coins it started from, if that is not the first: nothing before it is here. */
  readonly base?: HeaderEntry;
  /** The block that it goes to and no further; on any chain if undefined. */
  readonly target?: HeaderEntry;
}

/**
 * A chain of connected blocks and the coins after its last (Core `Chainstate`, validation.h). Blocks,
 * their index and their headers it shares with others.
 */
export class Chainstate {
  readonly chain: ActiveChain;
  #options: ChainstateOptions;
  readonly #resources: ChainResources;
  readonly #coins: CoinsCache;
  /** The block at hand is connected here, and its changes handed down once it has passed. */
  readonly #trial: CoinsCache;
  readonly #candidates: ChainCandidates;
  /** The last reason to check scripts or not that was told; null before the first. */
  #scriptReason: string | undefined | null = null;
  /** The tip when others last saw it. */
  #stepStart: HeaderEntry | undefined;

  /** Nothing works before {@link load}. */
  constructor(options: ChainstateOptions) {
    const { resources, salt, maxCoinsBytes } = options;
    this.#options = options;
    this.#resources = resources;
    this.chain = new ActiveChain(resources.headers);
    this.#coins = new CoinsCache(options.coins, {
      salt,
      ...(maxCoinsBytes !== undefined && { maxBytes: maxCoinsBytes }),
    });
    this.#trial = new CoinsCache(this.#coins, { salt });
    this.#candidates = new ChainCandidates(resources.blocks);
  }

  /** The coins of the tip. To be read only. */
  get coins(): CoinsCache {
    return this.#coins;
  }

  /** The coins as they are stored. */
  get store(): CoinsStore {
    return this.#options.coins;
  }

  /** Where connecting can be tried, and is to be given up again by `discard`. */
  get trial(): CoinsCache {
    return this.#trial;
  }

  /** The block whose coins it started from, if that is not the first. */
  get base(): HeaderEntry | undefined {
    return this.#options.base;
  }

  /** The last block of the chain. */
  get tip(): HeaderEntry {
    const { tip } = this.chain;
    if (tip === undefined) throw new Error('the chain state is not loaded');
    return tip;
  }

  /** What it started from has been proved: it may go back behind it. */
  proved(): void {
    const { base: _, ...others } = this.#options;
    this.#options = others;
    this.refreshCandidates();
  }

  /** Whether there is nothing left to do for one that has a target. */
  get isAtTarget(): boolean {
    const { target } = this.#options;
    return target !== undefined && this.chain.tip === target;
  }

  /**
   * Takes the coins that are stored, and connects the first block if there are none.
   *
   * @throws ChainstateError
   */
  load(): void {
    const { headers, blocks } = this.#resources;
    this.#replay();
    const best = this.#options.coins.bestBlock();
    if (best.some((byte) => byte !== 0)) {
      const tip = headers.find(best);
      if (tip === undefined || !blocks.isLinked(tip)) {
        throw new ChainstateError('corrupt', 'the coins are those of a block that is not in the index');
      }
      this.chain.setTip(tip);
    }
    this.refreshCandidates();
    // Not to be interrupted: without a tip there is nothing to be stored.
    if (this.chain.tip === undefined) this.#connectTip(0);
  }

  /** From now on it goes to a block and no further, and tells somebody else. */
  become(listener: ChainstateListener, target: HeaderEntry): void {
    this.#options = { ...this.#options, listener, target };
    this.refreshCandidates();
  }

  /** A block whose chain is complete could be the next tip. */
  addCandidate(entry: HeaderEntry): void {
    const { headers, blocks } = this.#resources;
    const { base, target } = this.#options;
    const { tip } = this.chain;
    if (headers.isInvalid(entry)) return;
    if (target !== undefined && !headers.isAncestor(entry, target)) return;
    if (base !== undefined && !headers.isAncestor(base, entry)) return;
    if (tip === undefined || blocks.compare(entry, tip) >= 0) this.#candidates.add(entry);
  }

  /** Looks for all blocks that could be the tip. */
  refreshCandidates(): void {
    const { headers, blocks } = this.#resources;
    this.#candidates.clear();
    for (let entry = 0; entry < headers.size; entry++) {
      if (blocks.isLinked(entry)) this.addCandidate(entry);
    }
  }

  /** Drops what has turned out to be invalid. */
  dropInvalidCandidates(): void {
    this.#candidates.removeIf((candidate) => this.#resources.headers.isInvalid(candidate));
  }

  /**
   * Goes over to the best chain that is stored, if that is another one (Core `ActivateBestChain`).
   *
   * @throws ChainstateError
   */
  activateBestChain(): void {
    this.#stepStart = this.chain.tip;
    let best: HeaderEntry | undefined;
    while (!this.#resources.interrupted()) {
      // To find it takes as long as the chain is: once will do, unless it turns out to be of no use.
      best ??= this.#candidates.best((entry) => this.#isUsable(entry));
      if (best === undefined || best === this.chain.tip) break;
      if (!this.#moveTowards(best)) best = undefined;
    }
    this.#candidates.prune(this.chain.tip);
    // It may have no more work than before, or have been interrupted.
    this.#options.listener.stepped();
  }

  /**
   * Takes the last block off.
   *
   * @throws ChainstateError
   */
  disconnectTip(): void {
    const { headers, storage } = this.#resources;
    const entry = this.tip;
    const hash = headers.hash(entry);
    const block = entry === this.#options.base ? undefined : storage.readBlock(entry);
    const undo = storage.readUndo(entry);
    if (block === undefined || undo === undefined) {
      const text = `block ${hashToHex(hash)} cannot be disconnected: it or its undo data are gone`;
      throw new ChainstateError('corrupt', text);
    }
    const trial = this.#trial;
    const height = headers.height(entry);
    const txids = block.txids(this.#resources.sha256d);
    const result = disconnectBlock(block, undo, trial, { hash, height, txids });
    if (result !== 'ok') {
      trial.discard();
      throw new ChainstateError('corrupt', `block ${hashToHex(hash)} could not be disconnected`);
    }
    trial.flush();
    this.chain.setTip(headers.parent(entry)!);
    this.#candidates.add(entry);
    this.#candidates.add(this.tip);
    this.#options.listener.disconnected(entry, { block, txids });
    if (this.#coins.isLarge) this.#options.listener.large();
  }

  /** Stores the coins. What they rest on must be stored already. */
  flush({ keep }: { readonly keep: boolean }): void {
    if (keep) this.#coins.sync();
    else this.#coins.flush();
  }

  /** Whether all that it takes to connect a candidate is here. */
  #isUsable(candidate: HeaderEntry): boolean {
    const { headers, blocks } = this.#resources;
    if (headers.isInvalid(candidate)) return false;
    for (
      let at: HeaderEntry | undefined = candidate;
      at !== undefined && !this.chain.contains(at);
      at = headers.parent(at)
    ) {
      if (blocks.hasData(at)) continue;
      // It was pruned: all that build on it wait until it comes again.
      for (let waiting = candidate; waiting !== at; waiting = headers.parent(waiting)!) {
        blocks.unlink(waiting);
      }
      return false;
    }
    return true;
  }

  /**
   * Goes back to where the chains part, and on by some blocks, as far as they are good. What has come
   * meanwhile, or turned out to be invalid, may then make another chain the best.
   *
   * @returns false if one of them is invalid
   */
  #moveTowards(best: HeaderEntry): boolean {
    const { headers } = this.#resources;
    const fork = this.chain.findFork(best);
    while (this.chain.tip !== fork) this.disconnectTip();
    const last = Math.min(headers.height(best), this.chain.height + BLOCKS_PER_STEP);
    const path: HeaderEntry[] = [];
    for (
      let at: HeaderEntry | undefined = headers.ancestor(best, last);
      at !== undefined && at !== fork;
      at = headers.parent(at)
    ) {
      path.push(at);
    }
    for (let next = path.pop(); next !== undefined; next = path.pop()) {
      if (this.#resources.interrupted()) return true;
      const isConnected = this.#connectTip(next);
      const isBetter = isConnected && headers.compareWork(next, this.#stepStart ?? next) > 0;
      if (isBetter || !isConnected) {
        this.#stepStart = this.chain.tip;
        this.#options.listener.stepped();
      }
      if (!isConnected) return false;
    }
    return true;
  }

  /** Returns whether the block is valid and now the tip. */
  #connectTip(entry: HeaderEntry): boolean {
    const { headers, blocks, recent, validator } = this.#resources;
    const { listener } = this.#options;
    const checked = this.#checkedBlock(entry);
    const parent = headers.parent(entry);
    const hash = headers.hash(entry);
    const trial = this.#trial;
    const checkScripts = parent !== undefined && this.#mustCheckScripts(entry, hash);
    const result = validator.connect(checked, parent, hash, trial, checkScripts);
    recent.delete(entry);
    if (result.status === 'invalid') {
      trial.discard();
      const { reason, debug } = result;
      listener.checked(entry, { reason, debug });
      listener.invalid(entry, { reason, debug });
      return false;
    }
    listener.checked(entry, undefined);
    if (parent !== undefined) this.#writeUndo(entry, parent, result.undo);
    blocks.raise(entry, BlockStatus.VALID_SCRIPTS);
    trial.flush();
    this.chain.setTip(entry);
    this.#candidates.add(entry);
    listener.connected(entry, checked, result.undo);
    if (this.#coins.isLarge) listener.large();
    return true;
  }

  /** A block with its txids. One that comes from a file is checked again: disks fail. */
  #checkedBlock(entry: HeaderEntry): CheckedBlock {
    const { headers, params, recent, storage, sha256d } = this.#resources;
    const kept = recent.get(entry);
    if (kept !== undefined) return kept;
    const block = storage.readBlock(entry);
    const name = `block ${hashToHex(headers.hash(entry))}`;
    if (block === undefined) throw new ChainstateError('corrupt', `${name} is gone from storage`);
    const checked = checkBlock(block, params, sha256d);
    if (checked.status === 'ok') return { block, txids: checked.txids };
    throw new ChainstateError('corrupt', `${name} is damaged on disk (${checked.reason})`);
  }

  #writeUndo(entry: HeaderEntry, parent: HeaderEntry, undo: BlockUndo): void {
    const { headers, blocks, files, undoCodec, sha256d } = this.#resources;
    if (blocks.hasUndo(entry)) return;
    const bytes = encode(undoCodec, undo);
    const checksum = undoChecksum(headers.hash(parent), bytes, sha256d);
    const { file } = blocks.position(entry)!;
    blocks.undoWritten(entry, files.writeUndo(file, bytes, checksum));
  }

  #mustCheckScripts(entry: HeaderEntry, hash: Uint8Array): boolean {
    const { headers, assumeValid } = this.#resources;
    const reason = scriptCheckReason(entry, headers, assumeValid);
    if (reason !== this.#scriptReason) {
      const at = `block #${headers.height(entry)} (${hashToHex(hash)})`;
      this.#options.listener.scriptChecks(
        reason === undefined
          ? `Disabling script verification at ${at}.`
          : `Enabling script verification at ${at}: ${reason}.`,
      );
      this.#scriptReason = reason;
    }
    return reason !== undefined;
  }

  /** Ends a write of coins that the process did not live to end (Core `ReplayBlocks`). */
  #replay(): void {
    const { headers, storage, sha256d } = this.#resources;
    const heads = this.#options.coins.headBlocks();
    if (heads === undefined) return;
    const to = headers.find(heads.newTip);
    const from = headers.find(heads.oldTip);
    const hasOld = heads.oldTip.some((byte) => byte !== 0);
    if (to === undefined || (hasOld && from === undefined)) {
      throw new ChainstateError('corrupt', 'the coins are between blocks that are not in the index');
    }
    const fork = from === undefined ? undefined : headers.lastCommonAncestor(from, to);
    const trial = this.#trial;
    for (let at = from; at !== undefined && at !== fork; at = headers.parent(at)) {
      const [block, undo] = [storage.readBlock(at), storage.readUndo(at)];
      if (block === undefined || undo === undefined) {
        throw new ChainstateError('corrupt', 'blocks to go back over are gone');
      }
      const place = { hash: headers.hash(at), height: headers.height(at) };
      if (disconnectBlock(block, undo, trial, place) === 'failed') {
        throw new ChainstateError('corrupt', 'undo data do not fit their block');
      }
    }
    const first = fork === undefined ? 0 : headers.height(fork) + 1;
    for (let height = first; height <= headers.height(to); height++) {
      const block = storage.readBlock(headers.ancestor(to, height));
      if (block === undefined) throw new ChainstateError('corrupt', 'blocks to replay are gone');
      replayBlock(block, trial, { height, txids: block.txids(sha256d) });
    }
    trial.setBestBlock(heads.newTip);
    trial.flush();
    this.#coins.flush();
  }
}
