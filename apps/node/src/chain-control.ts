import {
  VersionBitsCache,
  type ConsensusParams,
  type HeaderEntry,
  type HeaderTree,
} from '@btcp2p/consensus';
import type { ActiveChain, BlockOutcome, Node } from '@btcp2p/node';
import type { Time } from '@btcp2p/machine';
import { BlockView, equalHashes, TransactionView, type Network } from '@btcp2p/wire';
import type { QueryJob, QueryResults } from './chain/chain-messages.ts';
import type { ChainThread } from './chain/chain-thread.ts';
import type { MempoolStatus } from './chain/mempool-messages.ts';
import type {
  BlockFault, KnownBlock, MiningContext, MiningMempool,
} from './mining/mining-context.ts';
import { NodeError } from './node-error.ts';
import type { ChainContext } from './rpc/chain-context.ts';

/** What a {@link ChainControl} rests on. */
export interface ChainControlOptions {
  readonly node: Node;
  readonly thread: ChainThread;
  readonly network: Network;
  readonly params: ConsensusParams;
  readonly headers: HeaderTree;
  readonly directory: string;
  readonly pruneTarget: number | undefined;
  readonly fastPrune: boolean;
  /** Gives the node a command and carries out what follows. */
  readonly run: (command: (now: Time) => void) => void;
  readonly unixTime: () => number;
  /** What the user is warned of. */
  readonly warnings: () => readonly string[];
}

interface TipWaiter {
  readonly holds: () => boolean;
  readonly done: (held: boolean) => void;
}

/** The chain as the methods of JSON-RPC see it: questions to the chain thread, commands to the node. */
export class ChainControl implements ChainContext, MiningContext {
  readonly network: Network;
  readonly params: ConsensusParams;
  readonly headers: HeaderTree;
  readonly directory: string;
  readonly pruneTarget: number | undefined;
  readonly fastPrune: boolean;
  readonly versionBits: VersionBitsCache;
  readonly #options: ChainControlOptions;
  readonly #waiters = new Set<TipWaiter>();
  #mempool: Pick<MempoolStatus, 'size' | 'updates'> = { size: 0, updates: 0 };

  constructor(options: ChainControlOptions) {
    this.#options = options;
    this.network = options.network;
    this.params = options.params;
    this.headers = options.headers;
    this.directory = options.directory;
    this.pruneTarget = options.pruneTarget;
    this.fastPrune = options.fastPrune;
    this.versionBits = new VersionBitsCache(options.params, options.headers);
  }

  get chain(): ActiveChain {
    return this.#options.node.chain;
  }

  tip(): HeaderEntry {
    return this.chain.tip();
  }

  now(): number {
    return this.#options.unixTime();
  }

  isInitialBlockDownload(): boolean {
    return this.#options.node.status.isInitialBlockDownload;
  }

  connectionCount(): number {
    const { inbound, outbound } = this.#options.node.status;
    return inbound + outbound;
  }

  warnings(): readonly string[] {
    return this.#options.warnings();
  }

  query<T extends QueryJob['type']>(job: Extract<QueryJob, { type: T }>): Promise<QueryResults[T]> {
    return this.#options.thread.query<T>(job, this.now());
  }

  async readBlock(hash: Uint8Array): Promise<BlockView | undefined> {
    const entry = this.headers.find(hash);
    if (entry === undefined || !this.chain.hasBlock(entry)) return undefined;
    const bytes = await this.query({ type: 'block-bytes', entry });
    return bytes && BlockView.of(bytes);
  }

  async knownBlock(hash: Uint8Array): Promise<KnownBlock | undefined> {
    const entry = this.headers.find(hash);
    if (entry === undefined) return undefined;
    if (this.headers.isInvalid(entry)) return 'invalid';
    const [facts] = await this.query({ type: 'block-facts', entries: [entry] });
    return facts!.isValidScripts ? 'valid' : 'inconclusive';
  }

  async submitBlock(bytes: Uint8Array): Promise<string | undefined> {
    const outcome = await this.processBlock(BlockView.of(bytes));
    if (outcome.status === 'rejected') return outcome.reason;
    if (!outcome.isNew) return 'duplicate';
    const { verdict } = outcome;
    if (verdict === undefined) return 'inconclusive';
    return verdict === 'valid' ? undefined : verdict.reason;
  }

  /** Hands in a block. */
  processBlock(block: BlockView): Promise<BlockOutcome> {
    return new Promise((resolve, reject) => {
      this.#options.run((now) => {
        this.#options.node.submitBlock(block, now, (outcome) => {
          if (outcome !== undefined) resolve(outcome);
          else reject(new NodeError('io', 'The chain cannot be kept any more'));
        });
      });
    });
  }

  submitHeader(header: Uint8Array): Promise<string | undefined> {
    let reason: string | undefined;
    this.#options.run((now) => {
      reason = this.#options.node.submitHeader(header, now);
    });
    return Promise.resolve(reason);
  }

  testBlock(block: Uint8Array): Promise<BlockFault | undefined> {
    return this.query({ type: 'test-block', bytes: Uint8Array.from(block) });
  }

  waitForTip(
    until: Uint8Array | (() => boolean),
    milliseconds: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    const holds =
      typeof until === 'function'
        ? until
        : (): boolean => !equalHashes(this.headers.hash(this.tip()), until);
    if (holds()) return Promise.resolve(true);
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const waiter = { holds, done: (held: boolean): void => finish(held) };
      const timer =
        milliseconds > 0 ? setTimeout(() => finish(false), milliseconds) : undefined;
      const abort = (): void => finish(false);
      const finish = (held: boolean): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        this.#waiters.delete(waiter);
        resolve(held);
      };
      signal.addEventListener('abort', abort);
      this.#waiters.add(waiter);
    });
  }

  /** What waits to be mined. */
  get mempool(): MiningMempool {
    return {
      ...this.#mempool,
      get: async (txid) => {
        const bytes = await this.query({ type: 'mempool-transaction', txid });
        return bytes && TransactionView.of(bytes);
      },
      select: async (wanted) => {
        const selected = await this.query({ type: 'mempool-select', ...wanted });
        const transactions = selected.transactions.map(({ bytes, fee, sigOpCost }) => (
          { transaction: TransactionView.of(bytes), fee, sigOpCost }
        ));
        return { ...selected, transactions };
      },
    };
  }

  /** The mempool has changed: to be called each time. */
  mempoolChanged(status: MempoolStatus): void {
    this.#mempool = status;
  }

  /** The tip has changed: to be called each time. */
  tipChanged(): void {
    // Whoever is done leaves the set, which a loop over it allows.
    for (const waiter of this.#waiters) if (waiter.holds()) waiter.done(true);
  }

  /** Nobody waits any more. */
  close(): void {
    for (const waiter of this.#waiters) waiter.done(false);
  }
}
