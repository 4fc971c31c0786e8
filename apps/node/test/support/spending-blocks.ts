import { genesisAnchor, consensusParams, HeaderTree, type HeaderEntry } from '@btcp2p/consensus';
import { SeededRng, type Rng } from '@btcp2p/machine';
import { nativeSha256d } from '@btcp2p/reactor';
import { mineBlock, type BlockTransaction } from '@btcp2p/regtest';
import {
  encode, regtest, Transaction, txid as txidOf, type BlockView, type TxIn, type TxOut,
} from '@btcp2p/wire';
import { CoinModel } from './coin-model.ts';

/** OP_TRUE, which anybody can spend, plainly and by its hash with a witness. */
const ANYONE = Uint8Array.of(0x51);
const ANYONE_BY_HASH = Uint8Array.of(0, 32, ...Buffer.from(
  '4ae81572f06e1b88fd5ced7a1a000945432e83e1551e6f721ee9c00b8cc33260', 'hex',
));

const COINBASE_MATURITY = 100;

/** What to make. */
export interface SpendingOptions {
  readonly seed: bigint;
  /** How often another chain becomes the best. */
  readonly reorgs: number;
  /** Blocks that are taken back then, at most. */
  readonly depth: number;
  /** Transactions of a block, at most. 10 by default. */
  readonly transactions?: number;
}

/**
 * Blocks of regtest from a seed, in an order in which a node may get them: after a hundred that are
 * empty they spend coins of any age, and again and again some of them are taken back for others, which
 * spend partly the same coins.
 */
export class SpendingBlocks {
  readonly headers: HeaderTree;
  /** All but the first, parents before children. */
  readonly blocks: BlockView[] = [];
  /** The coins after each of them. */
  readonly coins: CoinModel;
  readonly #rng: Rng;
  readonly #most: number;

  constructor({ seed, reorgs, depth, transactions = 10 }: SpendingOptions) {
    const params = consensusParams(regtest);
    this.headers = new HeaderTree({ params, anchor: genesisAnchor(regtest), sha256d: nativeSha256d });
    this.coins = new CoinModel(this.headers, (entry) => this.blockOf(entry));
    this.#rng = new SeededRng(seed);
    this.#most = transactions;
    const rng = this.#rng;
    for (let i = 0; i < COINBASE_MATURITY + depth; i++) this.#grow(this.headers.best);
    for (let i = 0; i < reorgs; i++) {
      const grown = 1 + rng.below(5);
      for (let j = 0; j < grown; j++) this.#grow(this.headers.best);
      const taken = 1 + rng.below(depth);
      const { best } = this.headers;
      let parent = this.headers.ancestor(best, this.headers.height(best) - taken);
      for (let j = 0; j <= taken; j++) parent = this.#grow(parent);
    }
  }

  /** A block by the number of its header. */
  blockOf(entry: HeaderEntry): BlockView {
    return this.blocks[entry - 1]!;
  }

  /** The number of a block's header, by its hash. */
  find(hash: Uint8Array): HeaderEntry {
    const entry = this.headers.find(hash);
    if (entry === undefined) throw new Error('a block that was never made');
    return entry;
  }

  #grow(parent: HeaderEntry): HeaderEntry {
    const { headers } = this;
    const height = headers.height(parent) + 1;
    const { transactions, fees } = this.#payments(parent, height);
    const extraNonce = this.blocks.length;
    const block = mineBlock({
      headers, parent, extraNonce, transactions, fees, sha256d: nativeSha256d,
    });
    const added = headers.add(block.headerBytes, block.header.time);
    if (added.status !== 'added') throw new Error(`a mined block was ${added.status}`);
    this.blocks.push(block);
    return added.entry;
  }

  #payments(
    parent: HeaderEntry,
    height: number,
  ): { readonly transactions: BlockTransaction[]; readonly fees: bigint } {
    const rng = this.#rng;
    this.coins.moveTo(parent);
    const usable = [...this.coins.coins.values()].filter(
      ({ coin }) =>
        coin.scriptPubKey.length <= ANYONE_BY_HASH.length &&
        isSpendable(coin.scriptPubKey) &&
        !(coin.isCoinbase && height - coin.height < COINBASE_MATURITY),
    ).map(({ outpoint, coin }) => ({ outpoint, output: coin as TxOut }));
    const transactions: BlockTransaction[] = [];
    let fees = 0n;
    for (let count = rng.below(this.#most + 1); count > 0 && usable.length > 0; count--) {
      const spent = Array.from({ length: Math.min(usable.length, 1 + rng.below(3)) }, () =>
        usable.splice(rng.below(usable.length), 1)[0]!);
      const inputs = spent.map(({ outpoint, output }): TxIn => ({
        prevout: outpoint, scriptSig: new Uint8Array(0), sequence: 0xffff_ffff,
        witness: output.scriptPubKey.length === 1 ? [] : [ANYONE],
      }));
      const fee = BigInt(rng.below(1_000));
      const total = spent.reduce((sum, { output }) => sum + output.value, 0n);
      if (total < 100_000n) continue;
      fees += fee;
      const outputs = this.#outputs(total - fee);
      const transaction: Transaction = { version: 2, inputs, outputs, lockTime: 0 };
      const bytes = encode(Transaction, transaction);
      const txid = txidOf(transaction, nativeSha256d);
      transactions.push({ bytes, txid, wtxid: nativeSha256d(bytes) });
      // Some are spent in the block that makes them.
      for (const [index, output] of outputs.entries()) {
        if (isSpendable(output.scriptPubKey)) usable.push({ outpoint: { txid, index }, output });
      }
    }
    return { transactions, fees };
  }

  #outputs(total: bigint): TxOut[] {
    const rng = this.#rng;
    const count = 1 + rng.below(4);
    const part = total / BigInt(count + 1);
    const outputs = Array.from({ length: count }, () => ({ value: part, scriptPubKey: this.#script() }));
    outputs.push({ value: total - part * BigInt(count), scriptPubKey: ANYONE });
    return outputs;
  }

  /** Those that can be spent, of each kind that is stored in a form of its own, and others. */
  #script(): Uint8Array {
    const rng = this.#rng;
    switch (rng.below(8)) {
      case 0:
        return Uint8Array.of(0x76, 0xa9, 20, ...rng.bytes(20), 0x88, 0xac);
      case 1:
        return Uint8Array.of(0xa9, 20, ...rng.bytes(20), 0x87);
      case 2:
        return rng.bytes(2 + rng.below(400)).map((byte, i) => (i === 0 ? 0x61 : byte));
      case 3:
        return Uint8Array.of(0x6a, 4, 1, 2, 3, 4);
      case 4:
      case 5:
        return ANYONE_BY_HASH;
      default:
        return ANYONE;
    }
  }
}

function isSpendable(script: Uint8Array): boolean {
  return script.length === 1 || Buffer.compare(script, ANYONE_BY_HASH) === 0;
}
