import {
  blockSubsidy,
  checkTransactionInputs,
  enforcesBip30,
  MAX_MONEY,
  type ConsensusParams,
  type TransactionInputsRejectReason,
} from '@btcp2p/consensus';
import {
  equalHashes,
  hashToHex,
  type BlockView,
  type OutPoint,
  type Transaction,
} from '@btcp2p/wire';
import type { Coin } from './coin.ts';
import type { CoinsCache } from './coins-cache.ts';
import type { BlockUndo, TxUndo } from './undo.ts';

/** Why a block may not spend or create what it does, in Core's words (tx_verify.cpp, validation.cpp). */
export type CoinsRejectReason =
  | TransactionInputsRejectReason
  | 'bad-txns-BIP30'
  | 'bad-txns-accumulated-fee-outofrange'
  | 'bad-cb-amount';

/** A reason and a sentence for the log. */
export interface Rejection<Reason extends string = string> {
  readonly reason: Reason;
  readonly debug: string;
}

/** A transaction whose inputs exist and pay for its outputs. */
export interface SpendingTransaction {
  readonly transaction: Transaction;
  /** Its place in the block; 0 is the coinbase. */
  readonly index: number;
  /** 32 bytes in wire order. */
  readonly txid: Uint8Array;
  /** The coin of each input, in order; none for the coinbase. */
  readonly prevouts: readonly Coin[];
}

/** What {@link connectBlock} needs to know of a block besides its bytes. */
export interface ConnectBlockOptions<Reason extends string> {
  /** 32 bytes in wire order. */
  readonly hash: Uint8Array;
  readonly height: number;
  readonly params: ConsensusParams;
  /** All txids, 32 bytes each in wire order, if the caller has them, as `checkBlock` returns them. */
  readonly txids?: readonly Uint8Array[];
  /** The hash of the block's ancestor at a height below its own, 32 bytes in wire order. */
  readonly blockHashAt: (height: number) => Uint8Array;
  /**
   * The rules that need more than coins, called for each transaction in order, the coinbase first,
   * where Core has them: sequence locks (BIP 68), the cost of signature operations, scripts. What
   * takes long can be collected here and checked elsewhere, before the cache is flushed.
   */
  readonly inspect?: (spending: SpendingTransaction) => Rejection<Reason> | undefined;
}

/** The answer of {@link connectBlock}. */
export type ConnectBlockResult<Reason extends string = never> =
  | {
    readonly status: 'ok';
    /** What it spent; empty for the genesis block. */
    readonly undo: BlockUndo;
    /** What its transactions pay, in satoshis. */
    readonly fees: bigint;
  }
  | ({ readonly status: 'invalid' } & Rejection<CoinsRejectReason | Reason>);

/**
 * Spends what a block spends and adds what it creates, in a cache that stands at its parent, and
 * checks what needs coins, in the order of Core's `ConnectBlock` (validation.cpp). The block must have
 * passed `checkBlock` and `checkBlockContext`. If the answer is `invalid`, the cache has been changed
 * in part, and is to be discarded.
 *
 * The genesis block creates nothing: its coinbase cannot be spent.
 *
 * @throws Error if the cache stands at another block
 */
export function connectBlock<Reason extends string = never>(
  block: BlockView,
  coins: CoinsCache,
  options: ConnectBlockOptions<Reason>,
): ConnectBlockResult<Reason> {
  const { hash, height, params, inspect } = options;
  if (!equalHashes(coins.bestBlock(), block.header.prevBlockHash)) {
    throw new Error('a block was connected to coins that are not those of its parent');
  }
  if (height === 0) {
    coins.setBestBlock(hash);
    return { status: 'ok', undo: { transactions: [] }, fees: 0n };
  }
  const transactions = block.transactions();
  const txids = options.txids ?? block.txids();
  if (
    enforcesBip30(height, hash, options.blockHashAt, params) &&
    overwrites(transactions, txids, coins)
  ) {
    return rejected('bad-txns-BIP30', 'tried to overwrite transaction');
  }
  coins.prefetch(outpointsBefore(transactions, txids));

  let fees = 0n;
  const undo: TxUndo[] = [];
  for (const [index, transaction] of transactions.entries()) {
    const txid = txids[index]!;
    let prevouts: readonly Coin[] = [];
    if (index > 0) {
      const inputs = checkInputs(transaction, coins, height);
      if (inputs.status === 'invalid') {
        const debug = `${inputs.debug} in transaction ${hashToHex(txid)}`;
        return rejected(inputs.reason, debug);
      }
      prevouts = inputs.prevouts;
      fees += inputs.fee;
      if (!isMoney(fees)) {
        const debug = 'accumulated fee in the block out of range';
        return rejected('bad-txns-accumulated-fee-outofrange', debug);
      }
    }
    const rejection = inspect?.({ transaction, index, txid, prevouts });
    if (rejection !== undefined) return rejected(rejection.reason, rejection.debug);
    if (index > 0) {
      for (const { prevout } of transaction.inputs) coins.spendCoin(prevout);
      undo.push({ prevouts });
    }
    // Two coinbases of old are repeated by others.
    addOutputs(coins, transaction, txid, { height, isCoinbase: index === 0 }, index === 0);
  }

  const limit = fees + blockSubsidy(height, params);
  const actual = valueOut(transactions[0]!);
  if (actual > limit) {
    const debug = `coinbase pays too much (actual=${actual} vs limit=${limit})`;
    return rejected('bad-cb-amount', debug);
  }
  coins.setBestBlock(hash);
  return { status: 'ok', undo: { transactions: undo }, fees };
}

/**
 * Brings a block into coins that may have some of its changes already: those of a `CoinsStore` whose
 * last write did not end (Core `RollforwardBlock`, validation.cpp). It checks nothing, since the block
 * was connected before. When all are in, the best block is set and the cache flushed.
 */
export function replayBlock(
  block: BlockView,
  coins: CoinsCache,
  options: { readonly height: number; readonly txids?: readonly Uint8Array[] },
): void {
  const { height, txids = block.txids() } = options;
  if (height === 0) return;
  for (const [index, transaction] of block.transactions().entries()) {
    if (index > 0) for (const { prevout } of transaction.inputs) coins.spendCoin(prevout);
    addOutputs(coins, transaction, txids[index]!, { height, isCoinbase: index === 0 }, true);
  }
}

function rejected<Reason extends string>(
  reason: Reason,
  debug: string,
): { readonly status: 'invalid' } & Rejection<Reason> {
  return { status: 'invalid', reason, debug };
}

/** Whether an output would take the place of one that is not spent (BIP 30). */
function overwrites(
  transactions: readonly Transaction[],
  txids: readonly Uint8Array[],
  coins: CoinsCache,
): boolean {
  return transactions.some(({ outputs }, i) =>
    outputs.some((_, index) => coins.hasCoin({ txid: txids[i]!, index })),
  );
}

/** What a block spends that it does not create itself. */
function outpointsBefore(
  transactions: readonly Transaction[],
  txids: readonly Uint8Array[],
): OutPoint[] {
  // 52 bits of a txid tell enough: what is taken for the block's own is read later, and one by one.
  const own = new Set(txids.map(shortId));
  const outpoints: OutPoint[] = [];
  for (const { inputs } of transactions.slice(1)) {
    for (const { prevout } of inputs) if (!own.has(shortId(prevout.txid))) outpoints.push(prevout);
  }
  return outpoints;
}

function shortId(txid: Uint8Array): number {
  let id = 0;
  for (let i = 0; i < 6; i++) id = id * 256 + txid[i]!;
  return id;
}

function addOutputs(
  coins: CoinsCache,
  { outputs }: Transaction,
  txid: Uint8Array,
  origin: { readonly height: number; readonly isCoinbase: boolean },
  possibleOverwrite: boolean,
): void {
  const { height, isCoinbase } = origin;
  for (const [index, { value, scriptPubKey }] of outputs.entries()) {
    const coin = { value, scriptPubKey, height, isCoinbase };
    coins.addCoin({ txid, index }, coin, possibleOverwrite);
  }
}

/** The coins of a transaction's inputs and what it pays, or why it may not spend them. */
function checkInputs(
  transaction: Transaction,
  coins: CoinsCache,
  height: number,
):
  | { readonly status: 'ok'; readonly prevouts: readonly Coin[]; readonly fee: bigint }
  | ({ readonly status: 'invalid' } & Rejection<TransactionInputsRejectReason>) {
  const prevouts = transaction.inputs.map(({ prevout }) => coins.getCoin(prevout));
  const result = checkTransactionInputs(transaction, prevouts, height);
  if (result.status === 'invalid') return result;
  return { status: 'ok', prevouts: prevouts.filter((coin) => coin !== undefined), fee: result.fee };
}

/** Whether it is an amount that can be (Core `MoneyRange`, consensus/amount.h). */
function isMoney(value: bigint): boolean {
  return value >= 0n && value <= MAX_MONEY;
}

function valueOut({ outputs }: Transaction): bigint {
  let sum = 0n;
  for (const { value } of outputs) sum += value;
  return sum;
}
