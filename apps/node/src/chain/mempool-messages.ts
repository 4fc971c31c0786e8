import type { HeaderEntry } from '@btcp2p/consensus';
import type { FoundCoin } from './chain-messages.ts';

/** How the mempool in the chain thread is set up. */
export interface MempoolSettings {
  /** Bytes of memory that it may take (`-maxmempool`). */
  readonly maxBytes: number;
  /** Satoshis per 1,000 virtual bytes (`-minrelaytxfee`). */
  readonly minRelayFeeRate: bigint;
  /** Whether it is checked against the coins whenever the chain has moved (`-checkmempool`). */
  readonly check: boolean;
}

/** Which transactions are meant: all, or one, or those that this one builds on, or that build on it. */
export type EntryChoice =
  | { readonly what: 'all' }
  | { readonly what: 'one' | 'ancestors' | 'descendants'; readonly txid: Uint8Array };

/** What others want of the mempool. Txids are 32 bytes in wire order, transactions as on the wire. */
export type MempoolJob =
  /** Whether transactions would be accepted, each by itself. */
  | { readonly type: 'mempool-test'; readonly transactions: readonly Uint8Array[] }
  /** Takes a transaction of the user's. */
  | {
      readonly type: 'mempool-send';
      readonly transaction: Uint8Array;
      /** Satoshis above which it is refused; 0 for none. */
      readonly maxFee: bigint;
    }
  | { readonly type: 'mempool-info' }
  /** The txids of all, best to mine first. */
  | { readonly type: 'mempool-txids' }
  | { readonly type: 'mempool-entries'; readonly choice: EntryChoice }
  | { readonly type: 'mempool-transaction'; readonly txid: Uint8Array }
  /** Who spends outputs. */
  | {
      readonly type: 'mempool-spenders';
      readonly outpoints: readonly { readonly txid: Uint8Array; readonly index: number }[];
    }
  /** The coin of an outpoint, as it is with the mempool. */
  | { readonly type: 'mempool-coin'; readonly txid: Uint8Array; readonly index: number }
  /** What to put into the next block. */
  | ({ readonly type: 'mempool-select' } & TransactionsWanted);

/** What came of a {@link MempoolJob}, by its type. */
export interface MempoolResults {
  'mempool-test': readonly MempoolVerdict[];
  'mempool-send': SendAnswer;
  'mempool-info': MempoolInfo;
  'mempool-txids': MempoolTxids;
  /** Undefined if the one that was named is not there. */
  'mempool-entries': readonly EntryAnswer[] | undefined;
  'mempool-transaction': Uint8Array | undefined;
  /** Their txids; undefined for an output that none spends. */
  'mempool-spenders': readonly (Uint8Array | undefined)[];
  'mempool-coin': MempoolCoinAnswer | undefined;
  'mempool-select': SelectionAnswer;
}

/** What the mempool would say to a transaction. */
export type MempoolVerdict =
  | {
      readonly status: 'accepted';
      /** Satoshis. */
      readonly fee: bigint;
      /** Larger than a quarter of the weight where there are many signature operations. */
      readonly virtualSize: number;
    }
  | {
      readonly status: 'refused';
      /** Whether outputs that it spends are not there. */
      readonly isMissingInputs: boolean;
      readonly reason: string;
      readonly debug: string;
    };

/** What came of a transaction of the user's (Core `TransactionError`, node/types.h). */
export type SendAnswer =
  | { readonly status: 'sent' | 'in-mempool' | 'in-chain' | 'max-fee-exceeded' }
  | Extract<MempoolVerdict, { status: 'refused' }>;

/** The mempool as a whole. */
export interface MempoolInfo {
  readonly size: number;
  readonly virtualSize: number;
  /** Bytes of memory. */
  readonly usage: number;
  /** Satoshis. */
  readonly totalFee: bigint;
  readonly unbroadcastCount: number;
  readonly clusterLimit: number;
  /** Virtual bytes. */
  readonly clusterSizeLimit: number;
}

/** The txids of all transactions. */
export interface MempoolTxids {
  /** One behind the other, 32 bytes each. */
  readonly txids: Uint8Array;
  readonly sequence: number;
}

/** Some transactions together. */
export interface EntrySums {
  readonly count: number;
  readonly virtualSize: number;
  /** Satoshis. */
  readonly fee: bigint;
}

/** A transaction of the mempool. */
export interface EntryAnswer {
  readonly txid: Uint8Array;
  readonly wtxid: Uint8Array;
  readonly virtualSize: number;
  readonly weight: number;
  /** Unix seconds. */
  readonly time: number;
  readonly height: number;
  /** Satoshis. */
  readonly fee: bigint;
  /** Those that it builds on, with itself. */
  readonly ancestors: EntrySums;
  /** Those that build on it, with itself. */
  readonly descendants: EntrySums;
  /** What it would be mined with: adjusted weight, and satoshis. */
  readonly chunk: { readonly weight: number; readonly fee: bigint };
  readonly parents: readonly Uint8Array[];
  readonly children: readonly Uint8Array[];
  /** Whether it, or one that it builds on, says so by its sequence numbers (BIP 125). */
  readonly isReplaceable: boolean;
  readonly isUnbroadcast: boolean;
}

/** A coin of the mempool or the chain. */
export interface MempoolCoinAnswer {
  readonly coin: FoundCoin;
  /** Whether it is in no block yet; then its height means nothing. */
  readonly isUnconfirmed: boolean;
}

/** Which transactions to select. */
export interface TransactionsWanted {
  /** The weight and signature operations that are left for transactions. */
  readonly maxWeight: number;
  readonly maxSigOpCost: number;
  /** The lowest fee rate, satoshis per 1,000 virtual bytes. */
  readonly minFeeRate: bigint;
}

/** Transactions for a block. */
export interface SelectionAnswer {
  /** The parent of the block. */
  readonly tip: HeaderEntry;
  /** Of the mempool when they were selected. */
  readonly updates: number;
  readonly transactions: readonly {
    readonly bytes: Uint8Array;
    readonly fee: bigint;
    readonly sigOpCost: number;
  }[];
}

/** What is told of the mempool whenever it has changed. */
export interface MempoolStatus {
  readonly type: 'mempool';
  readonly size: number;
  /** Grows with every change. */
  readonly updates: number;
}
