import {
  blockScriptFlags,
  checkSigOpCost,
  sequenceLocks,
  type ConsensusParams,
  type HeaderEntry,
  type HeaderTree,
} from '@btcp2p/consensus';
import { scriptErrorString, transactionSigOpCost, type ScriptError } from '@btcp2p/script';
import { hashToHex, type BlockView } from '@btcp2p/wire';
import type { CoinsCache } from './coins-cache.ts';
import { connectBlock, type Rejection, type SpendingTransaction } from './connect-block.ts';
import type { ScriptChecker } from './ports.ts';
import type { BlockUndo } from './undo.ts';

/** A block that has passed `checkBlock`. */
export interface CheckedBlock {
  readonly block: BlockView;
  /** 32 bytes each in wire order. */
  readonly txids: readonly Uint8Array[];
}

/** What came of {@link BlockValidator.connect}. */
export type ValidationResult =
  | { readonly status: 'ok'; readonly undo: BlockUndo }
  | ({ readonly status: 'invalid' } & Rejection);

/**
 * All rules for a block in its place in the chain that need coins: {@link connectBlock}, with sequence
 * locks, the cost of signature operations, and scripts (Core `ConnectBlock`, validation.cpp).
 */
export class BlockValidator {
  readonly #headers: HeaderTree;
  readonly #params: ConsensusParams;
  readonly #scripts: ScriptChecker;

  constructor(headers: HeaderTree, params: ConsensusParams, scripts: ScriptChecker) {
    this.#headers = headers;
    this.#params = params;
    this.#scripts = scripts;
  }

  /**
   * Spends and creates coins in a cache that stands at the parent. If the block is invalid, the cache
   * is to be discarded.
   *
   * @param parent of the block; undefined for the genesis block
   * @param hash of the block, 32 bytes in wire order
   * @param checkScripts whether to run them
   */
  connect(
    { block, txids }: CheckedBlock,
    parent: HeaderEntry | undefined,
    hash: Uint8Array,
    coins: CoinsCache,
    checkScripts: boolean,
  ): ValidationResult {
    const headers = this.#headers;
    const params = this.#params;
    const height = parent === undefined ? 0 : headers.height(parent) + 1;
    const flags = blockScriptFlags(height, hash, params);
    // A genesis block has no transactions to inspect.
    const ancestorAt = (at: number): HeaderEntry => headers.ancestor(parent!, at);
    const place = {
      height,
      medianTimePast: parent === undefined ? 0 : headers.medianTimePast(parent),
      medianTimePastAt: (at: number) => headers.medianTimePast(ancestorAt(at)),
    };
    const locksHold = height >= params.csvHeight;
    let sigOpCost = 0;
    const inspect = (spending: SpendingTransaction): Rejection | undefined => {
      const { transaction, index, txid, prevouts } = spending;
      if (index > 0) {
        const heights = prevouts.map((coin) => coin.height);
        if (!sequenceLocks(transaction, heights, locksHold, place)) {
          const debug = `contains a non-BIP68-final transaction ${hashToHex(txid)}`;
          return { reason: 'bad-txns-nonfinal', debug };
        }
      }
      sigOpCost += transactionSigOpCost(transaction, prevouts, flags);
      const fault = checkSigOpCost(sigOpCost);
      if (fault !== undefined) return fault;
      if (index > 0 && checkScripts) this.#scripts.add(index, prevouts);
      return undefined;
    };
    if (checkScripts) this.#scripts.begin(block, flags);
    const blockHashAt = (at: number): Uint8Array => headers.hash(ancestorAt(at));
    const options = { hash, height, params, txids, blockHashAt, inspect };
    const result = connectBlock<string>(block, coins, options);
    const failure = checkScripts ? this.#scripts.finish() : undefined;
    if (result.status === 'invalid') return result;
    if (failure === undefined) return result;
    const { transaction, input, error } = failure;
    const reason = `block-script-verify-flag-failed (${scriptErrorString(error as ScriptError)})`;
    return { status: 'invalid', reason, debug: describeInput(block, txids, transaction, input) };
  }
}

/** Which input it was, as Core says it (`CScriptCheck::operator()`, validation.cpp). */
function describeInput(
  block: BlockView,
  txids: readonly Uint8Array[],
  transaction: number,
  input: number,
): string {
  const { prevout } = block.transaction(transaction).inputs[input]!;
  const txid = hashToHex(txids[transaction]!);
  const wtxid = hashToHex(block.wtxid(transaction));
  const spent = `${hashToHex(prevout.txid)}:${prevout.index}`;
  return `input ${input} of ${txid} (wtxid ${wtxid}), spending ${spent}`;
}
