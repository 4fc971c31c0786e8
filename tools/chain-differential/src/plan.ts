import {
  blockSubsidy, checkProofOfWork, heightScript, merkleRoot, type ConsensusParams,
} from '@btcp2p/consensus';
import type { Rng } from '@btcp2p/machine';
import { nativeSha256d } from '@btcp2p/reactor';
import {
  blockHeaderBytes, BLOCK_HEADER_SIZE, compactSizeSize, encode, hasWitness, Transaction, txid, Writer,
  wtxid, type TxOut,
} from '@btcp2p/wire';
import { anyone, randomLock } from './locks.ts';
import type { Lock } from './lock.ts';
import { medianTimePast, nameOf, type Coin, type Made } from './world.ts';

/** A transaction, and the locks of its outputs as far as they can be opened. */
export interface Payment {
  readonly transaction: Transaction;
  /** One for each output. */
  readonly locks: readonly (Lock | undefined)[];
}

/** What a block is made of. It is changed until it is as it shall be, and then {@link assemble}d. */
export interface Plan {
  readonly parent: Made;
  readonly height: number;
  readonly medianTimePast: number;
  label: string;
  version: number;
  time: number;
  bits: number;
  /** The coinbase comes before them. */
  payments: Payment[];
  fees: bigint;
  coinbaseScript: Uint8Array;
  /** Who gets the reward. */
  rewardLock: Lock;
  /** Satoshis that the coinbase takes more than it may; less if negative. */
  excess: bigint;
  /** Of the coinbase, behind the reward. */
  extraOutputs: TxOut[];
  coinbaseLockTime: number;
  coinbaseSequence: number;
  /** In place of all that. */
  coinbase: Transaction | undefined;
  commitment: 'if-needed' | 'always' | 'never' | 'wrong' | 'twice';
  reserved: Uint8Array[];
  /** Changes the coinbase when all is done but the commitment is in. */
  finish: (coinbase: Transaction) => Transaction;
  /** What the block has in place of what its root commits to. */
  body: (transactions: Transaction[]) => Transaction[];
  root: (root: Uint8Array) => Uint8Array;
  /** Whether the hash is to meet the target. */
  solved: boolean;
}

/** The least target of regtest, as bits. */
export const REGTEST_BITS = 0x207fffff;

const RESERVED = new Uint8Array(32);

/**
 * A plan of a valid block with nothing but its coinbase, for the caller to add payments to or to
 * spoil. Version, extra nonce, who is paid, and whether all of the reward is taken are drawn, so that
 * no two blocks on one parent need be the same.
 *
 * @param time of the block, in Unix seconds; the caller sees to it that it is after the median
 */
export function newPlan(parent: Made, rng: Rng, time: number): Plan {
  const height = parent.height + 1;
  return {
    parent,
    height,
    medianTimePast: medianTimePast(parent),
    label: 'valid',
    version: 0x20000000 | (rng.below(4) === 0 ? rng.below(1 << 28) : 0),
    time,
    bits: REGTEST_BITS,
    payments: [],
    fees: 0n,
    // Whatever comes behind the height makes it another one than its brothers.
    coinbaseScript: Uint8Array.of(...heightScript(height), 4, ...rng.bytes(4)),
    rewardLock: rng.below(4) === 0 ? anyone : randomLock(rng, height),
    excess: rng.below(5) === 0 ? -BigInt(rng.below(1_000)) : 0n,
    extraOutputs: [],
    coinbaseLockTime: 0,
    coinbaseSequence: 0xffffffff,
    coinbase: undefined,
    commitment: 'if-needed',
    reserved: [RESERVED],
    finish: (coinbase) => coinbase,
    body: (transactions) => transactions,
    root: (root) => root,
    solved: true,
  };
}

/** The block, solved. */
export function assemble(plan: Plan, params: ConsensusParams): Made {
  const transactions = plan.payments.map(({ transaction }) => transaction);
  const coinbase = plan.finish(makeCoinbase(plan, transactions, params));
  const all = [coinbase, ...transactions];
  const txids = all.map((transaction) => txid(transaction, nativeSha256d));
  const bytes = serialize(plan, plan.body(all), plan.root(merkleRoot(txids, nativeSha256d).root));
  const hash = solve(bytes, plan, params);
  const locks = [rewardLocks(plan, coinbase), ...plan.payments.map((payment) => payment.locks)];
  return {
    hash,
    parent: plan.parent,
    height: plan.height,
    time: plan.time,
    bytes,
    coinbase,
    created: all.flatMap((transaction, i) => coinsOf(plan, transaction, txids[i]!, locks[i]!, i === 0)),
    spent: transactions.flatMap(({ inputs }) => inputs.map(({ prevout }) => nameOf(prevout))),
    label: plan.label,
  };
}

function rewardLocks(plan: Plan, coinbase: Transaction): (Lock | undefined)[] {
  const reward = coinbase.outputs[0]?.scriptPubKey;
  return coinbase.outputs.map((_, i) =>
    i === 0 && reward === plan.rewardLock.scriptPubKey ? plan.rewardLock : undefined,
  );
}

function coinsOf(
  plan: Plan,
  { outputs }: Transaction,
  id: Uint8Array,
  locks: readonly (Lock | undefined)[],
  isCoinbase: boolean,
): Coin[] {
  const { height, medianTimePast: time } = plan;
  return outputs.flatMap(({ value }, index) => {
    const lock = locks[index];
    if (lock === undefined) return [];
    return [{ outPoint: { txid: id, index }, value, lock, height, isCoinbase, time }];
  });
}

function makeCoinbase(
  plan: Plan,
  transactions: readonly Transaction[],
  params: ConsensusParams,
): Transaction {
  if (plan.coinbase !== undefined) return plan.coinbase;
  const { commitment, height } = plan;
  const isSegwit = height >= params.segwitHeight;
  const needed = isSegwit && transactions.some(hasWitness);
  const commits = commitment === 'if-needed' ? needed : commitment !== 'never';
  const value = blockSubsidy(height, params) + plan.fees + plan.excess;
  const scripts = commits ? commitments(plan, transactions) : [];
  return {
    version: 2,
    inputs: [{
      prevout: { txid: new Uint8Array(32), index: 0xffffffff },
      scriptSig: plan.coinbaseScript,
      sequence: plan.coinbaseSequence,
      // Before BIP 141 the commitment is an output like any other.
      witness: commits && isSegwit ? plan.reserved : [],
    }],
    outputs: [
      { value, scriptPubKey: plan.rewardLock.scriptPubKey },
      ...plan.extraOutputs,
      ...scripts.map((scriptPubKey) => ({ value: 0n, scriptPubKey })),
    ],
    lockTime: plan.coinbaseLockTime,
  };
}

/** The scripts of outputs that commit to witnesses (BIP 141): of several the last one counts. */
function commitments(plan: Plan, transactions: readonly Transaction[]): Uint8Array[] {
  const ids = transactions.map((transaction) => wtxid(transaction, nativeSha256d));
  const { root } = merkleRoot([new Uint8Array(32), ...ids], nativeSha256d);
  const hash = nativeSha256d(Uint8Array.of(...root, ...(plan.reserved[0] ?? RESERVED)));
  const good = Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed, ...hash);
  const bad = good.with(20, good[20]! ^ 1);
  if (plan.commitment === 'wrong') return [bad];
  return plan.commitment === 'twice' ? [bad, good] : [good];
}

function serialize(plan: Plan, transactions: readonly Transaction[], root: Uint8Array): Uint8Array {
  const bodies = transactions.map((transaction) => encode(Transaction, transaction));
  const size = bodies.reduce((sum, { length }) => sum + length, compactSizeSize(bodies.length));
  const bytes = new Uint8Array(BLOCK_HEADER_SIZE + size);
  const { version, time, bits } = plan;
  const header = { version, prevBlockHash: plan.parent.hash, merkleRoot: root, time, bits, nonce: 0 };
  const writer = new Writer(bytes);
  writer.bytes(blockHeaderBytes(header));
  writer.compactSize(bodies.length);
  for (const body of bodies) writer.bytes(body);
  return bytes;
}

/** Every second hash meets regtest's target. */
function solve(bytes: Uint8Array, plan: Plan, params: ConsensusParams): Uint8Array {
  const header = bytes.subarray(0, BLOCK_HEADER_SIZE);
  for (let n = 0; ; n++) {
    new Writer(bytes.subarray(76, 80)).u32(n);
    const hash = nativeSha256d(header);
    // Bits that no block may have are met by no hash, and need none.
    if (checkProofOfWork(hash, REGTEST_BITS, params) === plan.solved) return hash;
  }
}
