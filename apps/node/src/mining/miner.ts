import { MAX_BLOCK_SIGOPS_COST, witnessCommitment, type HeaderEntry } from '@btcp2p/consensus';
import { nativeSha256d } from '@btcp2p/reactor';
import {
  BLOCK_HEADER_SIZE, encode, hashToHex, MAX_BLOCK_WEIGHT, Transaction, type BlockView,
} from '@btcp2p/wire';
import { RPC_INTERNAL_ERROR, RPC_MISC_ERROR, RPC_VERIFY_ERROR, RpcError } from '../rpc/rpc-error.ts';
import {
  assembleBlock, createBlockTemplate, templateTip, type BlockTemplate, type TemplateTransaction,
} from './block-template.ts';
import { mineBlock } from './mine-block.ts';
import type { MiningContext, SelectedTransactions } from './mining-context.ts';

/** Core `DEFAULT_MAX_TRIES` (rpc/mining.h). */
export const DEFAULT_MAX_TRIES = 1_000_000n;

/** Core `DEFAULT_BLOCK_RESERVED_WEIGHT` (policy/policy.h): kept free for header and coinbase. */
export const DEFAULT_BLOCK_RESERVED_WEIGHT = 8_000;

/** Core `DEFAULT_BLOCK_MIN_TX_FEE` (policy/policy.h): satoshis per 1,000 virtual bytes. */
export const DEFAULT_BLOCK_MIN_TX_FEE = 1n;

/** Signature operations kept free for the coinbase (Core `BlockCreateOptions`, node/types.h). */
const COINBASE_MAX_SIGOP_COST = 400;

/** What bitcoind's options of the same names say of templates. */
export interface MinerOptions {
  /** `-blockmaxweight`: 4,000,000 by default. */
  readonly blockMaxWeight?: number;
  /** `-blockreservedweight`: {@link DEFAULT_BLOCK_RESERVED_WEIGHT} by default. */
  readonly blockReservedWeight?: number;
  /** `-blockmintxfee` in satoshis per 1,000 virtual bytes. */
  readonly blockMinTxFee?: bigint;
  /** `-blockversion`, on regtest. */
  readonly blockVersion?: number;
}

/** Which blocks to make. */
export interface GenerateOptions {
  readonly scriptPubKey: Uint8Array;
  readonly count: number;
  /** Nonces to try for all blocks together. */
  readonly maxTries: bigint;
  readonly signal?: AbortSignal;
}

/** Makes blocks on top of the active chain, and hands them in. */
export class Miner {
  readonly #context: MiningContext;
  readonly #options: Required<Omit<MinerOptions, 'blockVersion'>> & Pick<MinerOptions, 'blockVersion'>;
  #last: { readonly weight: number; readonly transactions: number } | undefined;

  constructor(context: MiningContext, options: MinerOptions = {}) {
    this.#context = context;
    this.#options = {
      blockMaxWeight: MAX_BLOCK_WEIGHT,
      blockReservedWeight: DEFAULT_BLOCK_RESERVED_WEIGHT,
      blockMinTxFee: DEFAULT_BLOCK_MIN_TX_FEE,
      ...options,
    };
  }

  get context(): MiningContext {
    return this.#context;
  }

  /** Satoshis per 1,000 virtual bytes. */
  get blockMinTxFee(): bigint {
    return this.#options.blockMinTxFee;
  }

  /** Of the last template: weight, with what is kept free; transactions, but for the coinbase. */
  get lastTemplate(): { readonly weight: number; readonly transactions: number } | undefined {
    return this.#last;
  }

  /**
   * A block on top of the tip, with transactions of the mempool.
   *
   * @param given those, and none of the mempool
   */
  async createTemplate(
    scriptPubKey: Uint8Array,
    given?: readonly TemplateTransaction[],
  ): Promise<BlockTemplate> {
    const { tip, transactions } = given === undefined ? await this.select() : this.#only(given);
    return this.#template(scriptPubKey, tip, transactions, given === undefined ? transactions : []);
  }

  /** A block of transactions that were selected. */
  templateOf(scriptPubKey: Uint8Array, selected: SelectedTransactions): BlockTemplate {
    return this.#template(scriptPubKey, selected.tip, selected.transactions, selected.transactions);
  }

  #template(
    scriptPubKey: Uint8Array,
    parent: HeaderEntry,
    transactions: readonly TemplateTransaction[],
    selected: readonly TemplateTransaction[],
  ): BlockTemplate {
    const { headers, params, versionBits, network } = this.#context;
    const { blockReservedWeight, blockVersion } = this.#options;
    const weight = selected.reduce((sum, item) => sum + item.transaction.weight, blockReservedWeight);
    this.#last = { weight, transactions: selected.length };
    const isRegtest = network.chain === 'regtest';
    return createBlockTemplate({
      tip: templateTip(headers, parent),
      params,
      version: (isRegtest ? blockVersion : undefined) ?? versionBits.computeBlockVersion(parent),
      scriptPubKey,
      transactions,
      now: this.#context.now(),
      sha256d: nativeSha256d,
    });
  }

  #only(transactions: readonly TemplateTransaction[]): SelectedTransactions {
    return { tip: this.#context.tip(), updates: 0, transactions };
  }

  /** Transactions of the mempool for the next block; none without a mempool. */
  async select(): Promise<SelectedTransactions> {
    const { mempool } = this.#context;
    const { blockMaxWeight, blockReservedWeight, blockMinTxFee } = this.#options;
    if (mempool === undefined || mempool.size === 0) {
      return { ...this.#only([]), updates: mempool?.updates ?? 0 };
    }
    return mempool.select({
      maxWeight: Math.max(blockMaxWeight - blockReservedWeight, 0),
      maxSigOpCost: MAX_BLOCK_SIGOPS_COST - COINBASE_MAX_SIGOP_COST,
      minFeeRate: blockMinTxFee,
    });
  }

  /** Makes blocks one after the other. Returns the hashes of those that there was time for. */
  async generate({ scriptPubKey, count, maxTries, signal }: GenerateOptions): Promise<string[]> {
    const { params } = this.#context;
    const hashes: string[] = [];
    let triesLeft = maxTries;
    while (hashes.length < count) {
      const block = assembleBlock(await this.createTemplate(scriptPubKey), nativeSha256d);
      const mined = await mineBlock(block, { params, maxTries: triesLeft, ...(signal && { signal }) });
      triesLeft = mined.triesLeft;
      if (mined.status === 'tried-enough') break;
      if (mined.status === 'no-nonce-left') continue;
      await this.#submitOwn(block);
      hashes.push(hashToHex(nativeSha256d(block.subarray(0, BLOCK_HEADER_SIZE))));
    }
    return hashes;
  }

  /** Makes one block of given transactions. @throws RpcError if it would be invalid */
  async generateBlock(
    scriptPubKey: Uint8Array,
    transactions: readonly TemplateTransaction[],
    submit: boolean,
    signal?: AbortSignal,
  ): Promise<{ readonly hash: string; readonly block: Uint8Array }> {
    const { params } = this.#context;
    const block = await this.#testedBlock(scriptPubKey, transactions);
    const options = { params, maxTries: DEFAULT_MAX_TRIES, ...(signal && { signal }) };
    const { status } = await mineBlock(block, options);
    if (status !== 'found') throw new RpcError(RPC_MISC_ERROR, 'Failed to make block.');
    if (submit) await this.#submitOwn(block);
    return { hash: hashToHex(nativeSha256d(block.subarray(0, BLOCK_HEADER_SIZE))), block };
  }

  /** A block on top of the tip that would be valid, but for its proof of work. */
  async #testedBlock(
    scriptPubKey: Uint8Array,
    transactions: readonly TemplateTransaction[],
  ): Promise<Uint8Array> {
    for (;;) {
      const parent = this.#context.tip();
      const template = await this.createTemplate(scriptPubKey, transactions);
      const block = assembleBlock(template, nativeSha256d);
      const fault = await this.#context.testBlock(block);
      if (fault === undefined) return block;
      const { reason, debug } = fault;
      // Somebody else was quicker: then it is to be made anew.
      if (reason === 'inconclusive-not-best-prevblk' && this.#context.tip() !== parent) continue;
      const text = debug === '' ? reason : `${reason}, ${debug}`;
      throw new RpcError(RPC_VERIFY_ERROR, `TestBlockValidity failed: ${text}`);
    }
  }

  /** What is mined here is valid, or the node is not sound; another block may have been quicker. */
  async #submitOwn(block: Uint8Array): Promise<void> {
    const result = await this.#context.submitBlock(block);
    if (result === undefined || result === 'inconclusive' || result === 'duplicate') return;
    throw new RpcError(RPC_INTERNAL_ERROR, 'ProcessNewBlock, block not accepted');
  }

  /** Hands in a block of somebody else's. @returns undefined, or BIP 22's word for what is wrong */
  async submit(block: BlockView): Promise<string | undefined> {
    return this.#context.submitBlock(this.#completed(block));
  }

  /**
   * The block, with the reserved value of BIP 141 in its coinbase if it commits to witnesses and has
   * none: miners need not know of it (Core `UpdateUncommittedBlockStructures`, validation.cpp).
   */
  #completed(block: BlockView): Uint8Array {
    const { headers, params } = this.#context;
    const parent = headers.find(block.header.prevBlockHash);
    if (parent === undefined || headers.height(parent) + 1 < params.segwitHeight) return block.bytes;
    if (block.transactionCount === 0 || block.hasWitness(0)) return block.bytes;
    const coinbase = block.transaction(0);
    const [input, ...others] = coinbase.inputs;
    if (input === undefined || witnessCommitment(coinbase) === undefined) return block.bytes;
    const inputs = [{ ...input, witness: [new Uint8Array(32)] }, ...others];
    const completed = encode(Transaction, { ...coinbase, inputs });
    const start = block.transactionBytes(0).byteOffset - block.bytes.byteOffset;
    const end = start + block.transactionBytes(0).length;
    const bytes = new Uint8Array(block.bytes.length - (end - start) + completed.length);
    bytes.set(block.bytes.subarray(0, start));
    bytes.set(completed, start);
    bytes.set(block.bytes.subarray(end), start + completed.length);
    return bytes;
  }

  /** Bits of a block on top of the tip, made now (Core `NextEmptyBlockIndex`, rpc/server_util.cpp). */
  nextBits(): number {
    const { headers, params } = this.#context;
    return createBlockTemplate({
      tip: templateTip(headers, this.#context.tip()),
      params,
      version: 0,
      scriptPubKey: new Uint8Array(0),
      now: this.#context.now(),
    }).bits;
  }
}
