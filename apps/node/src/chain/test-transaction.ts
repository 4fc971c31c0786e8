import type { ChainstateManager, Coin } from '@btcp2p/chainstate';
import {
  checkTransaction, checkTransactionInputs, isFinalTransaction, sequenceLocks,
} from '@btcp2p/consensus';
import { nativeVerifier } from '@btcp2p/reactor';
import {
  PrecomputedTransaction, scriptErrorString, STANDARD_SCRIPT_VERIFY_FLAGS, transactionSigOpCost,
  verifyInput,
} from '@btcp2p/script';
import { hashToHex, WITNESS_SCALE_FACTOR, type Transaction, type TransactionView } from '@btcp2p/wire';
import type { TransactionVerdict } from './chain-messages.ts';
import type { Piecemeal } from './piecemeal.ts';

/** Core `MIN_STANDARD_TX_NONWITNESS_SIZE` (policy/policy.h), bytes. */
const MIN_NONWITNESS_SIZE = 65;
/** Core `MAX_STANDARD_TX_SIGOPS_COST` (policy/policy.h). */
const MAX_SIGOPS_COST = 16_000;
/** Core `DEFAULT_BYTES_PER_SIGOP` (policy/policy.h). */
const BYTES_PER_SIGOP = 20;
/** Core `TRUC_VERSION` (policy/truc_policy.h): transactions of this version may pay less. */
const TRUC_VERSION = 3;

/**
 * Whether a transaction could be in the next block, as a mempool would look at it: all rules of
 * consensus, the flags for scripts and some limits of Core's policy, in Core's order (`PreChecks` and
 * `PolicyScriptChecks`, validation.cpp). What else Core asks of a standard transaction is not looked at.
 *
 * @param minRelayFeeRate satoshis per 1,000 virtual bytes
 */
export function* testTransaction(
  view: TransactionView,
  manager: ChainstateManager,
  minRelayFeeRate: bigint,
): Piecemeal<TransactionVerdict> {
  const transaction = view.transaction();
  const checked = checkInContext(view, transaction, manager, minRelayFeeRate);
  if (checked.status === 'invalid') return checked;
  const { coins, fee, virtualSize } = checked;
  const precomputed = PrecomputedTransaction.of(transaction, coins);
  const { verifier } = nativeVerifier();
  for (const [i, { prevout }] of transaction.inputs.entries()) {
    const error = verifyInput(precomputed, i, STANDARD_SCRIPT_VERIFY_FLAGS, verifier);
    if (error !== 'OK') {
      const spent = `${hashToHex(prevout.txid)}:${prevout.index}`;
      const [txid, wtxid] = [hashToHex(view.txid()), hashToHex(view.wtxid())];
      return invalid(
        `mempool-script-verify-flag-failed (${scriptErrorString(error)})`,
        `input ${i} of ${txid} (wtxid ${wtxid}), spending ${spent}`,
      );
    }
    yield;
  }
  return { status: 'ok', fee, virtualSize };
}

type Invalid = Extract<TransactionVerdict, { status: 'invalid' }>;

function invalid(reason: string, debug = ''): Invalid {
  return { status: 'invalid', reason, debug };
}

/** All but the scripts. */
function checkInContext(
  view: TransactionView,
  transaction: Transaction,
  manager: ChainstateManager,
  minRelayFeeRate: bigint,
): Invalid | (Extract<TransactionVerdict, { status: 'ok' }> & { readonly coins: readonly Coin[] }) {
  const { headers, tip } = manager;
  const fault = checkTransaction(transaction);
  if (fault !== undefined) return invalid(fault);
  if (transaction.inputs.length === 1 && isNull(transaction)) return invalid('coinbase');
  if (view.strippedSize < MIN_NONWITNESS_SIZE) return invalid('tx-size-small');
  const height = headers.height(tip) + 1;
  const medianTimePast = headers.medianTimePast(tip);
  if (!isFinalTransaction(transaction, height, medianTimePast)) return invalid('non-final');
  const found = findCoins(view, transaction, manager);
  if (!Array.isArray(found)) return found;
  const coins = found as readonly Coin[];
  const context = {
    height,
    medianTimePast,
    medianTimePastAt: (at: number) => headers.medianTimePast(headers.ancestor(tip, at)),
  };
  if (!sequenceLocks(transaction, coins.map((coin) => coin.height), true, context)) {
    return invalid('non-BIP68-final');
  }
  const inputs = checkTransactionInputs(transaction, coins, height);
  if (inputs.status === 'invalid') return invalid(inputs.reason, inputs.debug);
  const cost = transactionSigOpCost(transaction, coins, STANDARD_SCRIPT_VERIFY_FLAGS);
  const weight = Math.max(view.weight, cost * BYTES_PER_SIGOP);
  const virtualSize = Math.ceil(weight / WITNESS_SCALE_FACTOR);
  if (cost > MAX_SIGOPS_COST) return invalid('bad-txns-too-many-sigops', String(cost));
  const { fee } = inputs;
  const least = (minRelayFeeRate * BigInt(virtualSize) + 999n) / 1_000n;
  if (transaction.version !== TRUC_VERSION && fee < least) {
    return invalid('min relay fee not met', `${fee} < ${least}`);
  }
  return { status: 'ok', fee, virtualSize, coins };
}

/** Whether its first input spends nothing. */
function isNull({ inputs }: Transaction): boolean {
  const { txid, index } = inputs[0]!.prevout;
  return index === 0xffff_ffff && txid.every((byte) => byte === 0);
}

function findCoins(
  view: TransactionView,
  { inputs, outputs }: Transaction,
  { coins }: ChainstateManager,
): Coin[] | Invalid {
  const found: Coin[] = [];
  for (const { prevout } of inputs) {
    const coin = coins.getCoin(prevout);
    if (coin === undefined) {
      const txid = view.txid();
      const isKnown = outputs.some((_, index) => coins.hasCoin({ txid, index }));
      return invalid(isKnown ? 'txn-already-known' : 'bad-txns-inputs-missingorspent');
    }
    found.push(coin);
  }
  return found;
}
