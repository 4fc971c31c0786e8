import type { ConsensusParams, HeaderEntry, HeaderTree, VersionBitsCache } from '@btcp2p/consensus';
import type { Network, TransactionView } from '@btcp2p/wire';
import type { TemplateTransaction } from './block-template.ts';

/** Why a block is against the rules, in Core's words. */
export interface BlockFault {
  /** The answer of BIP 22: `bad-txnmrklroot` and the like. */
  readonly reason: string;
  /** A sentence for the log; may be empty. */
  readonly debug: string;
}

/** How a block that is in the index stands, for `getblocktemplate`'s proposals. */
export type KnownBlock = 'valid' | 'invalid' | 'inconclusive';

/** What mining needs of the transactions that wait to be mined. */
export interface MiningMempool {
  /** How many there are. */
  readonly size: number;
  /** A number that grows when there is anything new to mine. */
  readonly updates: number;
  /** The transaction of this id, 32 bytes in wire order. */
  get(txid: Uint8Array): Promise<TransactionView | undefined>;
  /**
   * Those that the block after the tip has room for, by Core's `addChunks` (node/miner.cpp), in an order
   * in which they are valid.
   */
  select(wanted: MiningSelection): Promise<SelectedTransactions>;
}

/** Transactions that were selected, and when. */
export interface SelectedTransactions {
  /** The block that they are to be mined on top of: it may be newer than the tip was on asking. */
  readonly tip: HeaderEntry;
  /** The mempool's `updates`. */
  readonly updates: number;
  readonly transactions: readonly TemplateTransaction[];
}

/** Which transactions to select. */
export interface MiningSelection {
  /** The weight and signature operations that are left for transactions. */
  readonly maxWeight: number;
  readonly maxSigOpCost: number;
  /** The lowest fee rate, satoshis per 1,000 virtual bytes. */
  readonly minFeeRate: bigint;
}

/** What mining needs of the node. */
export interface MiningContext {
  readonly network: Network;
  readonly params: ConsensusParams;
  /** All headers from genesis on. */
  readonly headers: HeaderTree;
  /** Over the same headers. */
  readonly versionBits: Pick<VersionBitsCache, 'computeBlockVersion' | 'templateDeployments'>;
  /** Without it, blocks have no transactions but those that are given. */
  readonly mempool?: MiningMempool;
  /** The last block of the active chain: one whose transactions have been connected. */
  tip(): HeaderEntry;
  /** The clock, Unix seconds; it can be set for tests. */
  now(): number;
  /** Connections to peers, both ways. */
  connectionCount(): number;
  isInitialBlockDownload(): boolean;
  /** What the node has to warn of. */
  warnings(): readonly string[];
  /** The block with this hash, 32 bytes in wire order; undefined if not even its header is known. */
  knownBlock(hash: Uint8Array): Promise<KnownBlock | undefined>;
  /**
   * Hands a whole block in as `submitblock` does, whether or not it was asked for. When it answers,
   * {@link tip} is the new one if the block became it.
   *
   * @returns undefined if it was connected; `duplicate`, `inconclusive`, or why it is invalid
   * @throws if the node itself failed; the message is Core's `state.ToString()`
   */
  submitBlock(block: Uint8Array): Promise<string | undefined>;
  /** Hands in a header of 80 bytes whose parent is known. Answers why it is invalid, if it is. */
  submitHeader(header: Uint8Array): Promise<string | undefined>;
  /**
   * Checks a whole block as if it were to be connected to the tip, without its proof of work, and
   * changes nothing (Core `TestBlockValidity`, validation.cpp).
   *
   * @returns why it is invalid: also `inconclusive-not-best-prevblk`, if it does not build on the tip
   */
  testBlock(block: Uint8Array): Promise<BlockFault | undefined>;
  /**
   * Waits until the tip has another hash than this one (32 bytes), at most for so many milliseconds,
   * or not at all if it has already. False if the signal or the end of the node came first.
   */
  waitForTip(notHash: Uint8Array, milliseconds: number, signal: AbortSignal): Promise<boolean>;
}
