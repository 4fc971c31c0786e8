import { COINBASE_MATURITY, consensusParams, genesisAnchor, HeaderTree } from '@btcp2p/consensus';
import { SeededRng, type Rng } from '@btcp2p/machine';
import { nativeSha256d } from '@btcp2p/reactor';
import { mineBlock, type BlockTransaction } from '@btcp2p/regtest';
import {
  encode, hasWitness, regtest, Transaction, txid as txidOf, type BlockView,
} from '@btcp2p/wire';
import { MAX_PARTS, pay, split, type Coin } from './payment.ts';
import { Signer } from './signer.ts';
import { Wallet } from './wallet.ts';

/** What decides every byte of a chain. */
export interface Recipe {
  /** How many blocks come after genesis. */
  readonly blocks: number;
  /**
   * How many payments they have together, coinbases apart: spread evenly over all blocks but the
   * first 100, in which nothing can be spent yet.
   */
  readonly transactions: number;
  /** Tells chains of the same size apart; 1 by default. */
  readonly seed?: bigint;
}

/** So many payments fit into a block, with three inputs of the largest kind each. */
const MAX_PER_BLOCK = 900;

/** Coins that there are to be before as many are spent as made. */
const MAX_COINS = 10_000;

/** Seconds between blocks. */
const SPACING = 600;

/**
 * When the first block was made: 2023-11-14, years after genesis, since there are nodes for which P2SH
 * begins with the day on which it did on mainnet (2012-04-01).
 */
const FIRST_TIME = 1_700_000_000;

/**
 * Makes the blocks of a regtest chain one after the other, those of a recipe always the same. A
 * payment has 1 to 3 inputs and 1 to 3 outputs, each of them P2WPKH, P2TR (spent by its key) or P2SH
 * of a 2-of-3 multisig, a positive fee, and spends coins of any age, some of the same block.
 *
 * @throws RangeError for a recipe of no chain
 */
export function* makeBlocks(recipe: Recipe): Generator<BlockView, void, undefined> {
  checkRecipe(recipe);
  const { blocks, transactions, seed = 1n } = recipe;
  const rng = new SeededRng(seed);
  const coins = new Coins(rng, Math.min(MAX_COINS, transactions / 20));
  const anchor = genesisAnchor(regtest);
  const params = consensusParams(regtest);
  const headers = new HeaderTree({ params, anchor, sha256d: nativeSha256d });
  for (let height = 1; height <= blocks; height++) {
    coins.startBlock(height);
    const upTo = (at: number): number =>
      Math.floor((transactions * Math.max(0, at - COINBASE_MATURITY)) / (blocks - COINBASE_MATURITY));
    const payments: BlockTransaction[] = [];
    for (let i = upTo(height - 1); i < upTo(height); i++) payments.push(coins.pay());
    const parent = headers.best;
    const time = FIRST_TIME + (height - 1) * SPACING;
    const reward = coins.rewardLock();
    const block = mineBlock({
      headers, parent, time, transactions: payments, fees: coins.fees,
      scriptPubKey: reward.scriptPubKey, sha256d: nativeSha256d,
    });
    const { outputs } = block.transaction(0);
    const outPoint = { txid: block.txid(0, nativeSha256d), index: 0 };
    coins.addReward({ outPoint, value: outputs[0]!.value, lock: reward });
    const { status } = headers.add(block.headerBytes, time);
    if (status !== 'added') throw new Error(`a mined block was ${status}`);
    yield block;
  }
}

function checkRecipe({ blocks, transactions }: Recipe): void {
  if (!isCount(blocks)) throw new RangeError(`${blocks} blocks`);
  const most = MAX_PER_BLOCK * Math.max(0, blocks - COINBASE_MATURITY);
  if (isCount(transactions) && transactions <= most) return;
  throw new RangeError(`${blocks} blocks cannot have ${transactions} payments, but at most ${most}`);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Everyone's coins, and payments with them. */
class Coins {
  readonly #wallet: Wallet;
  readonly #signer: Signer;
  readonly #rng: Rng;
  readonly #wanted: number;
  readonly #coins: Coin[] = [];
  /** Coinbases that nobody can spend yet, oldest first. */
  readonly #rewards: Coin[] = [];
  /** What the payments of the block leave to its miner, in satoshis. */
  fees = 0n;

  constructor(rng: Rng, wanted: number) {
    this.#wallet = new Wallet(rng);
    this.#signer = new Signer(rng.fork('nonces').bytes(32));
    this.#rng = rng.fork('payments');
    this.#wanted = wanted;
  }

  /** From here on payments are those of a block at this height. */
  startBlock(height: number): void {
    this.fees = 0n;
    if (height > COINBASE_MATURITY) this.#coins.push(this.#rewards.shift()!);
  }

  rewardLock(): Coin['lock'] {
    return this.#wallet.lock();
  }

  addReward(coin: Coin): void {
    this.#rewards.push(coin);
  }

  /** A payment with coins that there are, whose outputs are coins from then on. */
  pay(): BlockTransaction {
    const isGrowing = this.#coins.length < this.#wanted;
    const spent = this.#take(isGrowing ? 1 : 1 + this.#rng.below(MAX_PARTS));
    const total = spent.reduce((sum, { value }) => sum + value, 0n);
    const count = isGrowing ? MAX_PARTS : 1 + this.#rng.below(MAX_PARTS);
    const { fee, values } = split(total, count, this.#rng);
    const outputs = values.map((value) => ({ value, lock: this.#wallet.lock() }));
    const transaction = pay(spent, outputs, this.#signer);
    const bytes = encode(Transaction, transaction);
    const txid = txidOf(transaction, nativeSha256d);
    outputs.forEach((output, index) => this.#coins.push({ outPoint: { txid, index }, ...output }));
    this.fees += fee;
    return { bytes, txid, wtxid: hasWitness(transaction) ? nativeSha256d(bytes) : txid };
  }

  /** Takes coins out, any of them. */
  #take(count: number): Coin[] {
    const taken: Coin[] = [];
    while (taken.length < count && this.#coins.length > 0) {
      const at = this.#rng.below(this.#coins.length);
      const last = this.#coins.pop()!;
      taken.push(at === this.#coins.length ? last : this.#coins[at]!);
      if (at < this.#coins.length) this.#coins[at] = last;
    }
    return taken;
  }
}
