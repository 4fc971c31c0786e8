import {
  checkTransaction,
  checkTransactionInputs,
  isFinalTransaction,
  sequenceLocks,
} from '@btcp2p/consensus';
import {
  isPayToScriptHash,
  lastPush,
  scriptErrorString,
  STANDARD_SCRIPT_VERIFY_FLAGS,
  transactionSigOpCost,
  witnessVersion,
} from '@btcp2p/script';
import {
  hashToHex,
  type OutPoint,
  type Sha256d,
  type Transaction,
  type TransactionView,
  type TxOut,
} from '@btcp2p/wire';
import { refusal, type Refusal } from './accept-result.ts';
import { Entry } from './entry.ts';
import type { EntryGraph } from './entry-graph.ts';
import { feeOf } from './fee-rate.ts';
import { outPointKey } from './hash-key.ts';
import {
  MAX_STANDARD_TX_SIGOPS_COST,
  MIN_STANDARD_TX_NONWITNESS_SIZE,
  TRUC_VERSION,
} from './policy.ts';
import type { MempoolChain, MempoolCoin, VerifyScripts } from './ports.ts';

/** What a transaction is held against. */
export interface CandidateContext {
  readonly graph: EntryGraph;
  readonly chain: MempoolChain;
  /** Unix seconds. */
  readonly now: number;
  /** The pool's, for the entry. */
  readonly sequence: number;
  /** Whether it was in a block that is not in the chain any more: then it need not pay. */
  readonly fromBlock: boolean;
  /** Satoshis per 1,000 virtual bytes. */
  readonly minRelayFeeRate: bigint;
  readonly sha256d: Sha256d;
}

/** A transaction that may get into the pool if its scripts hold. */
export interface Candidate {
  readonly status: 'ok';
  readonly transaction: Transaction;
  /** One for each input, in order. */
  readonly spent: readonly MempoolCoin[];
  readonly entry: Entry;
  /** Others in the pool that spend the same. */
  readonly conflicts: ReadonlySet<Entry>;
}

/**
 * All checks of a transaction that come before those of scripts and of how it fits in with others, in
 * the order of Core's `PreChecks` (validation.cpp). Of Core's policy there is only what `-acceptnonstdtxn`
 * does not switch off, TRUC rules apart.
 *
 * @param readCoins gets the outpoints whose coins were not in memory before
 */
export function checkCandidate(
  view: TransactionView,
  context: CandidateContext,
  readCoins: OutPoint[],
): Candidate | Refusal {
  const { graph, chain, sha256d } = context;
  const transaction = view.transaction();
  const alone = checkAlone(view, transaction, chain);
  if (alone !== undefined) return alone;
  const txid = view.txid(sha256d);
  const wtxid = view.hasWitness ? view.wtxid(sha256d) : txid;
  if (graph.getByWtxid(wtxid) !== undefined) return refusal('conflict', 'txn-already-in-mempool');
  if (graph.get(txid) !== undefined) {
    return refusal('conflict', 'txn-same-nonwitness-data-in-mempool');
  }
  const found = findCoins(transaction, txid, context, readCoins);
  if (found.status === 'refused') return found;
  const { coins } = found;
  const height = chain.height + 1;
  const heights = coins.map((coin) => coin.height);
  if (!sequenceLocks(transaction, heights, true, { ...chain, height })) {
    return refusal('premature-spend', 'non-BIP68-final');
  }
  const inputs = checkTransactionInputs(transaction, coins, height);
  if (inputs.status === 'invalid') {
    const isEarly = inputs.reason === 'bad-txns-premature-spend-of-coinbase';
    return refusal(isEarly ? 'premature-spend' : 'consensus', inputs.reason, inputs.debug);
  }
  const spends = transaction.inputs.map(({ prevout }) => outPointKey(prevout));
  const entry = new Entry({
    view,
    txid,
    wtxid,
    fee: inputs.fee,
    sigOpCost: transactionSigOpCost(transaction, coins, STANDARD_SCRIPT_VERIFY_FLAGS),
    time: context.now,
    height: chain.height,
    sequence: context.fromBlock ? 0 : context.sequence,
    spendsCoinbase: coins.some(({ isCoinbase }) => isCoinbase),
    spends,
  });
  const conflicts = new Set<Entry>();
  for (const key of spends) {
    const other = graph.spenderByKey(key);
    if (other !== undefined) conflicts.add(other);
  }
  const limits = checkLimits(entry, transaction, context);
  return limits ?? { status: 'ok', transaction, spent: coins, entry, conflicts };
}

function checkAlone(
  { strippedSize }: TransactionView,
  transaction: Transaction,
  { height, medianTimePast }: MempoolChain,
): Refusal | undefined {
  const fault = checkTransaction(transaction);
  if (fault !== undefined) return refusal('consensus', fault);
  // More than one input, and a null outpoint would have been a fault.
  if (isNull(transaction.inputs[0]!.prevout)) return refusal('consensus', 'coinbase');
  if (strippedSize < MIN_STANDARD_TX_NONWITNESS_SIZE) return refusal('not-standard', 'tx-size-small');
  if (!isFinalTransaction(transaction, height + 1, medianTimePast)) {
    return refusal('premature-spend', 'non-final');
  }
  return undefined;
}

function isNull({ txid, index }: OutPoint): boolean {
  return index === 0xffff_ffff && txid.every((byte) => byte === 0);
}

function findCoins(
  { inputs, outputs }: Transaction,
  txid: Uint8Array,
  context: CandidateContext,
  readCoins: OutPoint[],
): { readonly status: 'ok'; readonly coins: readonly MempoolCoin[] } | Refusal {
  const { coins } = context.chain;
  const found: MempoolCoin[] = [];
  // Decoded once, since many inputs may spend one transaction's many outputs.
  const parents = new Map<Entry, Transaction>();
  for (const { prevout } of inputs) {
    const coin = coinOf(prevout, context, parents, readCoins);
    if (coin !== undefined) {
      found.push(coin);
      continue;
    }
    // It is not there because the transaction itself is in a block, or else nobody knows.
    const isKnown = outputs.some((_, index) => coins.hasCoinInCache({ txid, index }));
    if (isKnown) return refusal('conflict', 'txn-already-known');
    return refusal('missing-inputs', 'bad-txns-inputs-missingorspent');
  }
  return { status: 'ok', coins: found };
}

/** An output of the pool, as if it were in the next block, or a coin of the tip. */
function coinOf(
  prevout: OutPoint,
  { graph, chain: { coins, height } }: CandidateContext,
  parents: Map<Entry, Transaction>,
  readCoins: OutPoint[],
): MempoolCoin | undefined {
  const parent = graph.get(prevout.txid);
  if (parent === undefined) {
    if (!coins.hasCoinInCache(prevout)) readCoins.push(prevout);
    return coins.getCoin(prevout);
  }
  const transaction = parents.get(parent) ?? parent.view.transaction();
  parents.set(parent, transaction);
  const output = transaction.outputs[prevout.index];
  return output && { ...output, height: height + 1, isCoinbase: false };
}

function checkLimits(
  { sigOpCost, fee, virtualSize }: Entry,
  { version }: Transaction,
  { fromBlock, minRelayFeeRate }: CandidateContext,
): Refusal | undefined {
  if (sigOpCost > MAX_STANDARD_TX_SIGOPS_COST) {
    return refusal('not-standard', 'bad-txns-too-many-sigops', String(sigOpCost));
  }
  if (fromBlock) return undefined;
  const least = feeOf(minRelayFeeRate, virtualSize);
  if (fee >= least) return undefined;
  // Others may pay for one of version 3, so it can be good together with them.
  const kind = version === TRUC_VERSION ? 'reconsiderable' : 'mempool-policy';
  return refusal(kind, 'min relay fee not met', `${fee} < ${least}`);
}

/**
 * Runs the scripts of a candidate (Core `PolicyScriptChecks`). The flags are those of standard scripts,
 * of which those of the next block are a part, so that nothing is left for Core's
 * `ConsensusScriptChecks` to find.
 */
export function checkCandidateScripts(
  { transaction, spent, entry }: Candidate,
  verify: VerifyScripts,
): Refusal | undefined {
  const failure = verify(transaction, spent, STANDARD_SCRIPT_VERIFY_FLAGS);
  if (failure === undefined) return undefined;
  const { inputIndex, error } = failure;
  const { prevout } = transaction.inputs[inputIndex]!;
  const [txid, wtxid] = [hashToHex(entry.txid), hashToHex(entry.wtxid)];
  const isStripped = !entry.view.hasWitness && spendsWitnessProgram(transaction, spent);
  return refusal(
    isStripped ? 'witness-stripped' : 'not-standard',
    `mempool-script-verify-flag-failed (${scriptErrorString(error)})`,
    `input ${inputIndex} of ${txid} (wtxid ${wtxid}), ` +
      `spending ${hashToHex(prevout.txid)}:${prevout.index}`,
  );
}

/** Core `SpendsNonAnchorWitnessProg` (policy/policy.cpp): a witness may have been cut off on the way. */
function spendsWitnessProgram({ inputs }: Transaction, spent: readonly TxOut[]): boolean {
  return spent.some(({ scriptPubKey }, i) => {
    const { scriptSig } = inputs[i]!;
    const program = isPayToScriptHash(scriptPubKey) ? lastPush(scriptSig) : scriptPubKey;
    return program !== undefined && witnessVersion(program) >= 0 && !isAnchor(program);
  });
}

/** Pay to anchor: `OP_1 0x4e73` (Core `CScript::IsPayToAnchor`). */
function isAnchor(script: Uint8Array): boolean {
  return script.length === 4 && script[0] === 0x51 && script[1] === 2 && script[2] === 0x4e &&
    script[3] === 0x73;
}

