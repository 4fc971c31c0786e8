import type { ConsensusParamsOptions, HeaderEntry } from '@btcp2p/consensus';
import type { ChainEvent, IndexSummary } from '@btcp2p/chainstate';
import type { ChainJob, ChainResult } from '@btcp2p/node';
import type { Chain } from '@btcp2p/wire';
import type { NodeErrorCode } from '../node-error.ts';
import type {
  MempoolJob, MempoolResults, MempoolSettings, MempoolStatus,
} from './mempool-messages.ts';

/** How the chain thread is started. Everything in it can be cloned into another thread. */
export interface ChainSettings {
  readonly chain: Chain;
  readonly consensus: ConsensusParamsOptions;
  /** Of the chain: it holds `blocks`, `chainstate` and `indexes`. */
  readonly directory: string;
  /** Where block files are: its `blocks`, or a directory elsewhere (`-blocksdir`). */
  readonly blocksDirectory: string;
  /** `-blocksxor`. */
  readonly blocksXor: boolean;
  /** Bytes that block files may take (`-prune`); 1 for only when asked, undefined for never. */
  readonly pruneTarget: number | undefined;
  /** `-fastprune`. */
  readonly fastPrune: boolean;
  /** Bytes of the coins cache (`-dbcache`). */
  readonly cacheBytes: number;
  /** Bytes of coins that are stored at a time (`-dbbatchsize`). */
  readonly coinsBatchBytes: number;
  /** Threads that check scripts besides the chain's own (`-par`). */
  readonly scriptThreads: number;
  /** `-assumevalid`: 32 bytes in wire order, all 0 for none; the chain's own if undefined. */
  readonly assumeValid: Uint8Array | undefined;
  /** `-minimumchainwork`; the chain's own if undefined. */
  readonly minimumChainWork: bigint | undefined;
  /** `-reindex`: build the block index anew from the block files, and the coins from that. */
  readonly reindex: boolean;
  /** `-reindex-chainstate`: build the coins anew. */
  readonly reindexChainstate: boolean;
  /** `-txindex` */
  readonly txIndex: boolean;
  /** `-blockfilterindex=basic` */
  readonly blockFilterIndex: boolean;
  readonly mempool: MempoolSettings;
  /** What is checked at start (`-checkblocks`, `-checklevel`), and whether that must be possible. */
  readonly check: { readonly blocks: number; readonly level: number; readonly isRequired: boolean };
  /** Files of blocks to import (`-loadblock`), absolute. */
  readonly loadBlock: readonly string[];
  /** Unix seconds. */
  readonly now: number;
  /** 64 random bits for hash tables. */
  readonly salt: bigint;
  /** The first of its 32-bit words becomes 1 when the thread is to stop between two blocks. */
  readonly interrupt: Int32Array;
  /** Memory of the `AddonGate` of whoever can end the thread; without it signatures take longer. */
  readonly addonGate: SharedArrayBuffer;
}

/** What is known of a block besides its header and whether it is in the chain. */
export interface BlockFacts {
  /** Transactions of the block; 0 if it never was here. */
  readonly transactions: number;
  /** Transactions of its chain up to it; 0 if a block of that never was here. */
  readonly chainTransactions: number;
  readonly hasData: boolean;
  /** Whether it was connected at some time, so that all of it is known to be valid. */
  readonly isValidScripts: boolean;
  readonly isInvalid: boolean;
}

/** What others than the `Node` machine want of the chain. */
export type QueryJob =
  | { readonly type: 'invalidate-block'; readonly entry: HeaderEntry }
  | { readonly type: 'reconsider-block'; readonly entry: HeaderEntry }
  | { readonly type: 'precious-block'; readonly entry: HeaderEntry }
  /** Whether a block could follow the tip, apart from its proof of work. */
  | { readonly type: 'test-block'; readonly bytes: Uint8Array }
  | { readonly type: 'block-facts'; readonly entries: readonly HeaderEntry[] }
  /** The bytes of a stored block; undefined if it is not stored, or cannot be read. */
  | { readonly type: 'block-bytes'; readonly entry: HeaderEntry }
  /** What a stored block spent: an encoded `BlockUndo`. It fails if that is stored but cannot be read. */
  | { readonly type: 'block-undo'; readonly entry: HeaderEntry }
  /** The coin of an outpoint. */
  | { readonly type: 'coin'; readonly txid: Uint8Array; readonly index: number }
  /** A transaction of some block, by the index of transactions: its id is 32 bytes in wire order. */
  | { readonly type: 'find-transaction'; readonly txid: Uint8Array }
  /** The filter of a block (BIP 158), by the index of filters. */
  | { readonly type: 'block-filter'; readonly entry: HeaderEntry }
  /** How far the indexes are. */
  | { readonly type: 'index-info' }
  /** Checks the last blocks anew; 0 is for all (`verifychain`). Answers whether they are good. */
  | { readonly type: 'verify-chain'; readonly level: number; readonly blocks: number }
  /** Hash and totals of all coins. */
  | { readonly type: 'coin-stats'; readonly hash: 'hash_serialized_3' | 'muhash' | 'none' }
  /** The coins that pay to any of some scripts, at the tip. */
  | {
      readonly type: 'scan-coins';
      readonly scripts: readonly Uint8Array[];
      /** Shared: see {@link ScanControl}. */
      readonly control: Int32Array;
    }
  /** Bytes of all block and undo files. */
  | { readonly type: 'size-on-disk' }
  /** Writes all coins of the tip into a file, absolute (`dumptxoutset`). */
  | { readonly type: 'dump-snapshot'; readonly path: string }
  /** Goes on from the coins of such a file (`loadtxoutset`). */
  | { readonly type: 'load-snapshot'; readonly path: string }
  /** What `getchainstates` says. */
  | { readonly type: 'chain-states' }
  /** Deletes block files up to a height; answers the height up to which all are gone. */
  | { readonly type: 'prune'; readonly height: number }
  /** Stores everything now. */
  | { readonly type: 'flush' }
  | MempoolJob;

/** A coin and where it is, as it passes between threads. */
export interface FoundCoin {
  readonly txid: Uint8Array;
  readonly index: number;
  readonly value: bigint;
  readonly scriptPubKey: Uint8Array;
  readonly height: number;
  readonly isCoinbase: boolean;
}

/** What came of a {@link QueryJob}, by its type. */
export interface QueryResults extends MempoolResults {
  'invalidate-block': undefined;
  'reconsider-block': undefined;
  'precious-block': undefined;
  'test-block': { readonly reason: string; readonly debug: string } | undefined;
  'block-facts': readonly BlockFacts[];
  'block-bytes': Uint8Array | undefined;
  'block-undo': Uint8Array | undefined;
  coin: FoundCoin | undefined;
  'find-transaction': TransactionAnswer;
  'block-filter': BlockFilterAnswer;
  'index-info': readonly IndexSummary[];
  'verify-chain': boolean;
  'coin-stats': CoinStatsAnswer;
  'scan-coins': ScanAnswer;
  'size-on-disk': number;
  'dump-snapshot': SnapshotAnswer;
  'load-snapshot': SnapshotAnswer;
  'chain-states': readonly ChainStateAnswer[];
  prune: number;
  flush: undefined;
}

/** Places in what a scan of all coins shares with who asked for it. */
export const ScanControl = {
  /** How far it is, in percent. */
  PROGRESS: 0,
  /** To be set to 1 to end it early. */
  ABORT: 1,
} as const;

/** The answer to `scan-coins`. */
export interface ScanAnswer {
  /** The block as of which it was. */
  readonly tip: HeaderEntry;
  /** How many coins were looked at. */
  readonly searched: number;
  readonly coins: readonly FoundCoin[];
  /** Whether those were all. */
  readonly completed: boolean;
}

/** The answer to `find-transaction`. */
export type TransactionAnswer =
  | {
      readonly status: 'found';
      /** Its block, which need not be of the chain any more. */
      readonly entry: HeaderEntry;
      /** Its place in that; 0 is the coinbase. */
      readonly place: number;
      readonly bytes: Uint8Array;
    }
  /** `indexing`: it may be in a block that the index has not come to. */
  | { readonly status: 'no-index' | 'indexing' | 'not-found' };

/** The answer to `block-filter`. */
export type BlockFilterAnswer =
  | {
      readonly status: 'found';
      /** As `cfilter` has it. */
      readonly filter: Uint8Array;
      /** The filter header (BIP 157): 32 bytes in wire order. */
      readonly header: Uint8Array;
    }
  | { readonly status: 'no-index' | 'indexing' | 'not-found' };

/** A snapshot that was written or loaded. */
export interface SnapshotAnswer {
  readonly coins: number;
  /** The block whose coins they are. */
  readonly base: HeaderEntry;
  /** `hash_serialized_3`: 32 bytes in wire order. */
  readonly hash: Uint8Array;
}

/** One chain of blocks with its coins. */
export interface ChainStateAnswer {
  readonly tip: HeaderEntry;
  /** The block whose coins it started from; undefined if that is the first. */
  readonly snapshotBase: HeaderEntry | undefined;
  /** Whether it is known to be valid from the first block on. */
  readonly validated: boolean;
  /** Bytes that its coins may take in memory. */
  readonly coinsBytes: number;
}

/** The answer to `coin-stats`. */
export interface CoinStatsAnswer {
  readonly tip: HeaderEntry;
  readonly transactions: number;
  readonly outputs: number;
  readonly bogoSize: bigint;
  readonly totalAmount: bigint;
  /** Bytes that they take where they are stored, apart from what the store needs itself. */
  readonly diskSize: number;
  /** 32 bytes in wire order; undefined if none was asked for. */
  readonly hash: Uint8Array | undefined;
}

/** A job with the number that its answer will have. */
export interface ChainRequest {
  readonly id: number;
  readonly job: ChainJob | QueryJob;
  /** Unix seconds. */
  readonly now: number;
}

/** What the chain was found to be. */
export interface LoadedChain {
  /** Every header but the first in the order of their numbers, 80 bytes each. */
  readonly headers: Uint8Array;
  readonly tip: HeaderEntry;
  /** All blocks that are stored. */
  readonly stored: Uint32Array;
  /** What is to be connected besides, to prove a snapshot: from the one block up to the other. */
  readonly background: { readonly tip: HeaderEntry; readonly target: HeaderEntry } | undefined;
  /** Blocks that are invalid themselves. */
  readonly invalid: readonly HeaderEntry[];
}

/** What the chain thread says. */
export type ChainMessage =
  | { readonly type: 'loaded'; readonly chain: LoadedChain }
  | { readonly type: 'event'; readonly event: ChainEvent | MempoolStatus }
  | { readonly type: 'answer'; readonly id: number; readonly result: ChainResult }
  | { readonly type: 'query-answer'; readonly id: number; readonly result: unknown }
  /** The user of a query erred, or it cannot be done. */
  | { readonly type: 'query-failed'; readonly id: number; readonly message: string }
  /** It is over: one line for people. */
  | { readonly type: 'fatal'; readonly code: NodeErrorCode; readonly message: string };
