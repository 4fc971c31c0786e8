import {
  COINBASE_MATURITY,
  isFinalTransaction,
  SEQUENCE_LOCKTIME_DISABLE_FLAG,
  sequenceLocks,
} from '@btcp2p/consensus';
import {
  sha256d,
  WITNESS_SCALE_FACTOR,
  type BlockView,
  type OutPoint,
  type Sha256d,
  type Transaction,
  type TransactionView,
} from '@btcp2p/wire';
import { refusal, type AcceptResult, type Refusal } from './accept-result.ts';
import { checkCandidate, checkCandidateScripts, type Candidate } from './candidate.ts';
import { assertConsistent } from './consistency.ts';
import { DisconnectedTransactions } from './disconnected-transactions.ts';
import type { Entry, MempoolEntry } from './entry.ts';
import { EntryGraph } from './entry-graph.ts';
import { compareFeeRates } from './fee-rate.ts';
import { hashKey } from './hash-key.ts';
import { chunksOf, linearize, type Chunk } from './linearize.ts';
import {
  DEFAULT_CLUSTER_LIMIT,
  DEFAULT_CLUSTER_SIZE_LIMIT_VBYTES,
  DEFAULT_MAX_MEMPOOL_BYTES,
  DEFAULT_MIN_RELAY_TX_FEE,
} from './policy.ts';
import type { MempoolChain, MempoolCoin, VerifyScripts } from './ports.ts';
import { clusterOf, withDescendants } from './relatives.ts';
import { scriptVerification } from './script-verification.ts';
import { selectTransactions, type Selection } from './select-transactions.ts';
import { exceedsCluster, excessOf, type ClusterLimits } from './trim-clusters.ts';

/** How a {@link Mempool} is set up; what is left out is as in Core by default. */
export interface MempoolOptions {
  /** Bytes of memory that it may take (`-maxmempool`). */
  readonly maxBytes?: number;
  /** Satoshis per 1,000 virtual bytes (`-minrelaytxfee`). */
  readonly minRelayFeeRate?: bigint;
  /** Transactions that may hang together. */
  readonly clusterLimit?: number;
  /** Virtual bytes that may hang together. */
  readonly clusterSizeLimit?: number;
  readonly verifyScripts?: VerifyScripts;
  readonly sha256d?: Sha256d;
}

/** What a transaction is held against. */
export interface AcceptContext {
  readonly chain: MempoolChain;
  /** Unix seconds. */
  readonly now: number;
  /** Only says what would come of it. */
  readonly testOnly?: boolean;
}

/**
 * The transactions that wait to be mined (Core `CTxMemPool`, txmempool.h, and `MemPoolAccept`,
 * validation.cpp).
 *
 * **Specification.**
 * - All of it could be mined in the next block: every input is a coin of the tip or an output of the
 *   pool, no two spend the same, locks are open, coinbases are mature, scripts hold by the flags of
 *   standard transactions.
 * - Whoever moves the chain tells of every block, {@link blockConnected} and {@link blockDisconnected},
 *   and calls {@link settle} when it has come to rest. Between a block that was disconnected and that
 *   call nothing is accepted.
 * - When it takes too much memory, the transaction that pays least and that no other builds on goes,
 *   until it does not.
 *
 * **Not here yet:** standardness, dust, TRUC rules, replacement (a conflict is refused by
 * `txn-mempool-conflict`), packages, a minimum fee rate that rises when it is full, expiry,
 * priorities, persistence.
 */
export class Mempool {
  readonly maxBytes: number;
  /** Satoshis per 1,000 virtual bytes. */
  readonly minRelayFeeRate: bigint;
  readonly clusterLimit: number;
  /** Virtual bytes. */
  readonly clusterSizeLimit: number;
  readonly #limits: ClusterLimits;
  readonly #verifyScripts: VerifyScripts;
  readonly #sha256d: Sha256d;
  readonly #graph = new EntryGraph();
  readonly #disconnected: DisconnectedTransactions;
  readonly #unbroadcast = new Set<Entry>();
  /** Whether blocks were disconnected since the chain came to rest. */
  #isUnsettled = false;
  #sequence = 1;
  #updates = 0;
  #chunks: { readonly updates: number; readonly chunks: readonly Chunk[] } | undefined;

  constructor(options: MempoolOptions = {}) {
    this.maxBytes = options.maxBytes ?? DEFAULT_MAX_MEMPOOL_BYTES;
    this.minRelayFeeRate = options.minRelayFeeRate ?? DEFAULT_MIN_RELAY_TX_FEE;
    this.clusterLimit = options.clusterLimit ?? DEFAULT_CLUSTER_LIMIT;
    this.clusterSizeLimit = options.clusterSizeLimit ?? DEFAULT_CLUSTER_SIZE_LIMIT_VBYTES;
    this.#limits = {
      count: this.clusterLimit,
      weight: this.clusterSizeLimit * WITNESS_SCALE_FACTOR,
    };
    this.#verifyScripts = options.verifyScripts ?? scriptVerification();
    this.#sha256d = options.sha256d ?? sha256d;
    this.#disconnected = new DisconnectedTransactions(undefined, this.#sha256d);
  }

  // --- what is in it -----------------------------------------------------------------------------

  get size(): number {
    return this.#graph.size;
  }

  /** Virtual bytes of all transactions. */
  get virtualSize(): number {
    return this.#graph.virtualSize;
  }

  /** Satoshis that all pay. */
  get totalFee(): bigint {
    return this.#graph.fee;
  }

  /** Bytes of memory that it takes, about. */
  get usage(): number {
    return this.#graph.usage;
  }

  /** Counts transactions that came and went, from 1 (Core `GetSequence`). */
  get sequence(): number {
    return this.#sequence;
  }

  /** Grows with every change (Core `GetTransactionsUpdated`). */
  get updates(): number {
    return this.#updates;
  }

  /** How many of the user's no peer has asked for yet. */
  get unbroadcastCount(): number {
    return this.#unbroadcast.size;
  }

  /** The transaction of a txid, 32 bytes in wire order. */
  get(txid: Uint8Array): MempoolEntry | undefined {
    return this.#graph.get(txid);
  }

  /** The transaction of a wtxid, 32 bytes in wire order. */
  getByWtxid(wtxid: Uint8Array): MempoolEntry | undefined {
    return this.#graph.getByWtxid(wtxid);
  }

  /** The transaction that spends an output. */
  spender(outpoint: OutPoint): MempoolEntry | undefined {
    return this.#graph.spender(outpoint);
  }

  /** All transactions, in the order in which they came. */
  entries(): Iterable<MempoolEntry> {
    return this.#graph;
  }

  /** All transactions, in the order in which they would be mined; see {@link linearize}. */
  chunks(): readonly Chunk[] {
    if (this.#chunks?.updates !== this.#updates) {
      this.#chunks = { updates: this.#updates, chunks: chunksOf(this.#graph) };
    }
    return this.#chunks.chunks;
  }

  /** The chunk that a transaction of the pool would be mined in. */
  chunkOf(entry: MempoolEntry): Chunk {
    const chunks = linearize([...clusterOf([entry])]);
    return chunks.find(({ entries }) => entries.includes(entry))!;
  }

  /** What to mine next; see {@link selectTransactions}. */
  select(selection: Selection): readonly MempoolEntry[] {
    return selectTransactions(this.chunks(), selection);
  }

  /** Keeps in mind that no peer has asked for one of the user's yet. */
  addUnbroadcast(txid: Uint8Array): void {
    const entry = this.#graph.get(txid);
    if (entry !== undefined) this.#unbroadcast.add(entry);
  }

  isUnbroadcast(entry: MempoolEntry): boolean {
    return this.#unbroadcast.has(entry as Entry);
  }

  // --- what comes --------------------------------------------------------------------------------

  /**
   * Takes a transaction, if it is good (Core `AcceptToMemoryPool`).
   *
   * @param view kept if it is accepted: with bytes of its own
   */
  accept(view: TransactionView, { chain, now, testOnly = false }: AcceptContext): AcceptResult {
    if (this.#isUnsettled) throw new Error('the chain is on its way to another tip');
    return this.#accept(view, { chain, now, testOnly, fromBlock: false });
  }

  #accept(view: TransactionView, options: Accepting): AcceptResult {
    const { chain, testOnly, fromBlock } = options;
    // What had to be read is forgotten again, so that nobody can fill the cache by what is refused.
    const readCoins: OutPoint[] = [];
    const checked = this.#check(view, options, readCoins);
    if (checked.status === 'refused') {
      for (const outpoint of readCoins) chain.coins.uncache(outpoint);
      return checked;
    }
    const { entry } = checked;
    if (testOnly) return { status: 'accepted', entry };
    this.#graph.add(entry);
    this.#sequence++;
    this.#updates++;
    if (fromBlock) {
      this.#graph.linkChildren(entry);
      return { status: 'accepted', entry };
    }
    this.#limitSize();
    if (this.#graph.get(entry.txid) === entry) return { status: 'accepted', entry };
    return refusal('reconsiderable', 'mempool full');
  }

  #check(
    view: TransactionView,
    { chain, now, fromBlock }: Accepting,
    readCoins: OutPoint[],
  ): Candidate | Refusal {
    const candidate = checkCandidate(
      view,
      {
        graph: this.#graph,
        chain,
        now,
        sequence: this.#sequence,
        fromBlock,
        minRelayFeeRate: this.minRelayFeeRate,
        sha256d: this.#sha256d,
      },
      readCoins,
    );
    if (candidate.status === 'refused') return candidate;
    const { entry, conflicts } = candidate;
    if (conflicts.size > 0) return refusal('mempool-policy', 'txn-mempool-conflict');
    if (exceedsCluster(entry, this.#parentsOf(entry), this.#limits)) {
      return refusal('mempool-policy', 'too-large-cluster');
    }
    return checkCandidateScripts(candidate, this.#verifyScripts) ?? candidate;
  }

  #parentsOf({ spends, key: { length } }: Entry): Set<Entry> {
    const parents = new Set<Entry>();
    for (const key of spends) {
      const parent = this.#graph.getByKey(key.slice(0, length));
      if (parent !== undefined) parents.add(parent);
    }
    return parents;
  }

  // --- what the chain does -----------------------------------------------------------------------

  /**
   * A block has become the tip: what it has goes, and what conflicts with that (Core `removeForBlock`).
   *
   * @param txids all of them, 32 bytes each in wire order
   */
  blockConnected(block: BlockView, txids: readonly Uint8Array[]): void {
    this.#disconnected.removeForBlock(txids);
    if (this.#graph.size === 0) return;
    for (const [i, txid] of txids.entries()) {
      const entry = this.#graph.get(txid);
      if (entry !== undefined) {
        this.#remove(entry);
        continue;
      }
      const conflicts = new Set<Entry>();
      for (const { prevout } of block.transaction(i).inputs) {
        const conflict = this.#graph.spender(prevout);
        if (conflict !== undefined) conflicts.add(conflict);
      }
      this.#removeWithDescendants(conflicts);
    }
  }

  /** The tip was disconnected: its transactions come back by {@link settle}, if they can. */
  blockDisconnected(block: BlockView, txids: readonly Uint8Array[]): void {
    this.#isUnsettled = true;
    for (const { view, txid } of this.#disconnected.add(block, txids)) {
      this.#removeDependents(txid, view.transaction());
    }
  }

  /**
   * The chain has come to rest: transactions of blocks that were disconnected come back, in their order,
   * and whatever cannot be mined any more goes (Core `MaybeUpdateMempoolForReorg`, validation.cpp).
   *
   * @param now Unix seconds
   * @param options.bringBack false: those of blocks are lost, and those that spend their outputs too
   */
  settle(
    chain: MempoolChain,
    now: number,
    { bringBack }: { readonly bringBack: boolean } = { bringBack: true },
  ): void {
    if (!this.#isUnsettled) return;
    this.#isUnsettled = false;
    const back: Entry[] = [];
    for (const { view, txid, isCoinbase } of this.#disconnected.take()) {
      if (bringBack && !isCoinbase) {
        const result = this.#accept(view, { chain, now, testOnly: false, fromBlock: true });
        if (result.status === 'accepted') {
          back.push(this.#graph.get(txid)!);
          continue;
        }
      }
      this.#removeDependents(txid, view.transaction());
    }
    const stillThere = back.filter((entry) => this.#graph.get(entry.txid) === entry);
    for (const entry of excessOf(stillThere, this.#limits)) this.#remove(entry);
    const early = [...this.#graph].filter((entry) => !this.#isMineable(entry, chain));
    this.#removeWithDescendants(early);
    this.#limitSize();
  }

  /** Whether locks are open for the next block, and coinbases are mature. */
  #isMineable(entry: Entry, chain: MempoolChain): boolean {
    const transaction = entry.view.transaction();
    const height = chain.height + 1;
    if (!isFinalTransaction(transaction, height, chain.medianTimePast)) return false;
    if (!entry.spendsCoinbase && !hasSequenceLocks(transaction)) return true;
    const heights: number[] = [];
    for (const { prevout } of transaction.inputs) {
      if (this.#graph.get(prevout.txid) !== undefined) {
        heights.push(height);
        continue;
      }
      const coin: MempoolCoin | undefined = chain.coins.getCoin(prevout);
      if (coin === undefined) throw new Error('a transaction of the mempool spends what is not there');
      if (coin.isCoinbase && height - coin.height < COINBASE_MATURITY) return false;
      heights.push(coin.height);
    }
    return sequenceLocks(transaction, heights, true, { ...chain, height });
  }

  // --- what goes ---------------------------------------------------------------------------------

  /** Those that spend outputs of a transaction that is gone, and itself if it is there. */
  #removeDependents(txid: Uint8Array, { outputs }: Transaction): void {
    const entry = this.#graph.get(txid);
    const first = entry ? [entry] : this.#graph.spendersOf(hashKey(txid), outputs.length);
    this.#removeWithDescendants(first);
  }

  #removeWithDescendants(entries: Iterable<Entry>): void {
    for (const entry of withDescendants(entries)) this.#remove(entry);
  }

  #remove(entry: Entry): void {
    this.#graph.remove(entry);
    this.#unbroadcast.delete(entry);
    this.#sequence++;
    this.#updates++;
  }

  /** Removes the transaction that pays least and that none builds on, until there is room. */
  #limitSize(): void {
    while (this.usage > this.maxBytes) {
      let worst: Entry | undefined;
      for (const entry of this.#graph) {
        if (entry.children.size > 0) continue;
        if (worst === undefined || compareFeeRates(rateOf(entry), rateOf(worst)) < 0) worst = entry;
      }
      if (worst === undefined) return;
      this.#remove(worst);
    }
  }

  /**
   * Holds everything in it against one another and against the coins (Core `CTxMemPool::check`).
   *
   * @throws Error if anything is not as it should be: a bug
   */
  assertConsistent(chain: MempoolChain): void {
    if (this.#isUnsettled || this.#disconnected.size > 0) throw new Error('not settled');
    assertConsistent(this.#graph, chain);
  }
}

interface Accepting extends Required<AcceptContext> {
  readonly fromBlock: boolean;
}

function rateOf({ fee, adjustedWeight }: Entry): { readonly fee: bigint; readonly size: number } {
  return { fee, size: adjustedWeight };
}

function hasSequenceLocks({ version, inputs }: Transaction): boolean {
  if (version < 2) return false;
  return inputs.some(({ sequence }) => (sequence & SEQUENCE_LOCKTIME_DISABLE_FLAG) === 0);
}
