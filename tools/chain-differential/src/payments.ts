import type { Rng } from '@btcp2p/machine';
import type { ConsensusParams } from '@btcp2p/consensus';
import { nativeSha256d } from '@btcp2p/reactor';
import { PrecomputedTransaction } from '@btcp2p/script';
import { txid, type Transaction, type TxIn } from '@btcp2p/wire';
import { hashes } from './keys.ts';
import type { Lock, Tamper } from './lock.ts';
import { doomedLock, pick, randomLock } from './locks.ts';
import type { Payment, Plan } from './plan.ts';
import { nameOf, type Coin } from './world.ts';

/** Blocks after which a coinbase can be spent (Core `COINBASE_MATURITY`, consensus/consensus.h). */
const MATURITY = 100;

/** How a payment is made. */
export interface PaymentOptions {
  /** In place of random ones. */
  readonly outputs?: readonly { readonly value: bigint; readonly lock: Lock }[];
  /** Spoils the first input. */
  readonly tamper?: Tamper;
  readonly version?: number;
  readonly lockTime?: number;
  /** Of all inputs. */
  readonly sequence?: number;
  /** Changes it before it is signed. */
  readonly change?: (transaction: Transaction) => Transaction;
}

/** Whether a coin can be spent in the block of a plan. */
export function isSpendable(coin: Coin, plan: Plan, params: ConsensusParams): boolean {
  const { lock, height, isCoinbase, time } = coin;
  if (lock.isDoomed || coin.value < 2_000n) return false;
  if (isCoinbase && plan.height < height + MATURITY) return false;
  if (lock.usesWitness && plan.height < params.segwitHeight) return false;
  if (lock.fromHeight !== undefined && plan.height <= lock.fromHeight) return false;
  if (lock.age === undefined) return true;
  const { type, value } = lock.age;
  // Core `CalculateSequenceLocks` (consensus/tx_verify.cpp).
  return type === 'blocks' ? plan.height >= height + value : plan.medianTimePast >= time + value * 512;
}

/** What each input has to have so that BIP 65, 68 and 112 let it spend its coin. */
function sequenceFor({ lock: { age } }: Coin, rng: Rng): number {
  if (age !== undefined) return age.type === 'time' ? 0x400000 | age.value : age.value;
  return pick(rng, [0xfffffffd, 0xfffffffe, 0]);
}

/** A signed transaction that spends coins. */
export function pay(coins: readonly Coin[], plan: Plan, rng: Rng, options: PaymentOptions = {}): Payment {
  const total = coins.reduce((sum, { value }) => sum + value, 0n);
  const outputs = options.outputs ?? randomOutputs(total, plan, rng);
  const unsigned: Transaction = {
    version: options.version ?? 2,
    inputs: coins.map((coin) => ({
      prevout: coin.outPoint,
      scriptSig: new Uint8Array(0),
      sequence: options.sequence ?? sequenceFor(coin, rng),
      witness: [],
    })),
    outputs: outputs.map(({ value, lock }) => ({ value, scriptPubKey: lock.scriptPubKey })),
    lockTime: options.lockTime ?? lockTimeFor(coins, plan, rng),
  };
  const transaction = sign(options.change?.(unsigned) ?? unsigned, coins, options.tamper);
  const locks = transaction.outputs.map((_, i) => outputs[i]?.lock);
  return { transaction, locks };
}

/** The transaction with what each of its inputs has to say. */
function sign(unsigned: Transaction, coins: readonly Coin[], tamper?: Tamper): Transaction {
  const byName = new Map(coins.map((coin) => [nameOf(coin.outPoint), coin]));
  const spent = unsigned.inputs.map(({ prevout }) => {
    const coin = byName.get(nameOf(prevout)) ?? coins[0]!;
    return { coin, value: coin.value, scriptPubKey: coin.lock.scriptPubKey };
  });
  const precomputed = PrecomputedTransaction.of(unsigned, spent, hashes);
  const inputs = unsigned.inputs.map((input, i): TxIn => ({
    ...input, ...spent[i]!.coin.lock.unlock(precomputed, i, i === 0 ? tamper : undefined),
  }));
  return { ...unsigned, inputs };
}

function lockTimeFor(coins: readonly Coin[], plan: Plan, rng: Rng): number {
  const least = Math.max(0, ...coins.map(({ lock }) => lock.fromHeight ?? 0));
  if (least > 0) return least;
  return pick(rng, [0, 0, 0, plan.height - 1, Math.min(plan.medianTimePast, plan.time) - 1]);
}

function randomOutputs(
  total: bigint,
  plan: Plan,
  rng: Rng,
): { readonly value: bigint; readonly lock: Lock }[] {
  const fee = BigInt(rng.below(1_000));
  const count = BigInt(1 + rng.below(3));
  const share = (total - fee) / count;
  return Array.from({ length: Number(count) }, (_, i) => {
    const lock = rng.below(5) === 0 ? doomedLock(rng) : randomLock(rng, plan.height);
    return { value: i === 0 ? total - fee - share * (count - 1n) : share, lock };
  });
}

/** What a payment leaves to the miner. */
export function feeOf({ transaction }: Payment, coins: readonly Coin[]): bigint {
  const spent = coins.reduce((sum, { value }) => sum + value, 0n);
  return transaction.outputs.reduce((sum, { value }) => sum - value, spent);
}

/** Adds it to the plan, and says which coins it makes. */
export function add(plan: Plan, payment: Payment, coins: readonly Coin[]): Coin[] {
  plan.payments.push(payment);
  const fee = feeOf(payment, coins);
  if (fee > 0n) plan.fees += fee;
  const id = txid(payment.transaction, nativeSha256d);
  const { height, medianTimePast: time } = plan;
  return payment.transaction.outputs.flatMap(({ value }, index) => {
    const lock = payment.locks[index];
    if (lock === undefined) return [];
    return [{ outPoint: { txid: id, index }, value, lock, height, isCoinbase: false, time }];
  });
}

/** Coins of the parent, and then those that payments of the block make, to draw from. */
export class Purse {
  readonly #plan: Plan;
  readonly #params: ConsensusParams;
  readonly #coins: Coin[];
  readonly all: ReadonlyMap<string, Coin>;

  constructor(plan: Plan, params: ConsensusParams, coins: ReadonlyMap<string, Coin>) {
    this.#plan = plan;
    this.#params = params;
    this.all = coins;
    this.#coins = [...coins.values()].filter((coin) => isSpendable(coin, plan, params));
  }

  get size(): number {
    return this.#coins.length;
  }

  /** Takes a coin out, if there is one that will do. */
  take(rng: Rng, suits: (coin: Coin) => boolean = () => true): Coin | undefined {
    if (this.#coins.length === 0) return undefined;
    const start = rng.below(this.#coins.length);
    for (let i = 0; i < this.#coins.length; i++) {
      const at = (start + i) % this.#coins.length;
      if (suits(this.#coins[at]!)) return this.#coins.splice(at, 1)[0];
    }
    return undefined;
  }

  /** What a payment has made can be spent behind it. */
  put(coins: readonly Coin[]): void {
    for (const coin of coins) {
      if (isSpendable(coin, this.#plan, this.#params)) this.#coins.push(coin);
    }
  }
}

/** Some valid payments. */
export function addPayments(plan: Plan, purse: Purse, rng: Rng, count: number): void {
  for (let i = 0; i < count; i++) {
    const coins: Coin[] = [];
    for (let inputs = 1 + rng.below(3); inputs > 0; inputs--) {
      const coin = purse.take(rng);
      if (coin !== undefined && (coins.length === 0 || fits(coin, coins))) coins.push(coin);
    }
    if (coins.length > 0) purse.put(add(plan, pay(coins, plan, rng), coins));
  }
}

/** Whether they can be spent together: what is under a lock time wants one of its kind. */
function fits({ lock }: Coin, coins: readonly Coin[]): boolean {
  return lock.kind.endsWith('costly') ? coins.every((coin) => coin.lock.kind !== lock.kind) : true;
}
