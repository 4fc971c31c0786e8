// A regtest chain in memory with a mempool over it, and blocks and transactions for both.
import {
  BlockIndexStore, ChainstateManager, CoinsStore, MemoryBlockFiles, MemoryStore, SequentialScriptChecker,
} from '@btcp2p/chainstate';
import {
  blockSubsidy, checkProofOfWork, consensusParams, genesisAnchor, heightScript, HeaderTree, merkleRoot,
  type HeaderEntry,
} from '@btcp2p/consensus';
import {
  BLOCK_HEADER_SIZE, blockHeaderBytes, BlockView, compactSizeSize, hashToHex, regtest, sha256d,
  TransactionView, Writer, type OutPoint, type Transaction, type TxIn, type TxOut,
} from '@btcp2p/wire';
import {
  Mempool, type AcceptResult, type MempoolChain, type MempoolOptions,
} from '../src/index.ts';

export const params = consensusParams(regtest);
/** Long enough that a transaction with one input and one output has 65 bytes. */
export const TRUE_SCRIPT = Uint8Array.of(0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x51);
const BITS = 0x207fffff;
const OUTPUTS_PER_COINBASE = 20;
export const SEQUENCE_FINAL = 0xffff_ffff;

/** Numbers that look random and are the same at each run (Mulberry32). */
export class Draws {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A number below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  /** True once in so many draws. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  /** One of several. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

/** An output that can be spent. */
export interface Spendable extends OutPoint {
  readonly value: bigint;
}

/** How a transaction is made where it is not as usual. */
export interface Payment {
  readonly fee?: bigint;
  readonly outputs?: number;
  readonly sequence?: number;
  readonly version?: number;
  readonly lockTime?: number;
  readonly scriptSig?: Uint8Array;
  readonly scriptPubKey?: Uint8Array;
  readonly witness?: readonly Uint8Array[];
  readonly change?: (transaction: Transaction) => Transaction;
}

/** A transaction that spends some outputs, and what it makes. */
export interface Paid {
  readonly view: TransactionView;
  readonly txid: Uint8Array;
  readonly id: string;
  readonly spends: readonly OutPoint[];
  readonly outputs: readonly Spendable[];
}

/** Spends outputs and divides what they have among new ones of {@link TRUE_SCRIPT}. */
export function pay(spends: readonly Spendable[], payment: Payment = {}): Paid {
  const { fee = 1_000n, outputs: count = 1, sequence = SEQUENCE_FINAL, witness = [] } = payment;
  const { scriptSig = new Uint8Array(0), scriptPubKey = TRUE_SCRIPT } = payment;
  const total = spends.reduce((sum, { value }) => sum + value, 0n);
  const value = (total - fee) / BigInt(count);
  const inputs = spends.map(({ txid, index }): TxIn => (
    { prevout: { txid, index }, scriptSig, sequence, witness }
  ));
  const outputs = Array.from({ length: count }, (_, i): TxOut => (
    { value: i === 0 ? total - fee - value * BigInt(count - 1) : value, scriptPubKey }
  ));
  const plain: Transaction = {
    version: payment.version ?? 2, inputs, outputs, lockTime: payment.lockTime ?? 0,
  };
  return paid(payment.change?.(plain) ?? plain);
}

function paid(transaction: Transaction): Paid {
  const view = TransactionView.from(transaction);
  const txid = view.txid();
  return {
    view,
    txid,
    id: hashToHex(txid),
    spends: transaction.inputs.map(({ prevout }) => prevout),
    outputs: transaction.outputs.map(({ value }, index) => ({ txid, index, value })),
  };
}

/** A block that was made. */
export interface MadeBlock {
  readonly hash: Uint8Array;
  readonly id: string;
  readonly parent: MadeBlock | undefined;
  readonly height: number;
  readonly time: number;
  readonly bytes: Uint8Array;
  /** Of its coinbase. */
  readonly coins: readonly Spendable[];
  readonly transactions: readonly Paid[];
}

/** A chain and its mempool. */
export class TestChain {
  readonly headers = new HeaderTree({ params, anchor: genesisAnchor(regtest) });
  readonly mempool: Mempool;
  readonly manager: ChainstateManager;
  readonly genesis: MadeBlock;
  /** Unix seconds. */
  now = 2_000_000_000;
  #count = 0;

  constructor(options: MempoolOptions = {}) {
    this.mempool = new Mempool({ minRelayFeeRate: 0n, ...options });
    const { mempool } = this;
    this.manager = new ChainstateManager({
      network: regtest,
      params,
      headers: this.headers,
      index: new BlockIndexStore(new MemoryStore()),
      coins: new CoinsStore(new MemoryStore()),
      files: new MemoryBlockFiles(),
      scripts: new SequentialScriptChecker(),
      mempool: {
        get size() {
          return mempool.size;
        },
        blockConnected: (block, txids) => mempool.blockConnected(block, txids),
        blockDisconnected: (block, txids) => mempool.blockDisconnected(block, txids),
        settle: (bringBack) => mempool.settle(this.chain(), this.now, { bringBack }),
      },
    });
    this.manager.load();
    const { bytes, header } = regtest.genesis;
    this.genesis = {
      hash: params.genesisHash, id: hashToHex(params.genesisHash), parent: undefined, height: 0,
      time: header.time, bytes, coins: [], transactions: [],
    };
  }

  chain(): MempoolChain {
    const { headers, manager } = this;
    return {
      height: manager.chain.height,
      medianTimePast: headers.medianTimePast(manager.tip),
      medianTimePastAt: (height) => headers.medianTimePast(manager.chain.at(height)!),
      coins: manager.coins,
    };
  }

  get tipId(): string {
    return hashToHex(this.headers.hash(this.manager.tip));
  }

  accept({ view }: Paid, testOnly = false): AcceptResult {
    return this.mempool.accept(view, { chain: this.chain(), now: this.now, testOnly });
  }

  /** Whether it is taken, or the reason why not. */
  answer(one: Paid, testOnly = false): string {
    const result = this.accept(one, testOnly);
    return result.status === 'accepted' ? 'ok' : result.reason;
  }

  /** The ids of all transactions, sorted. */
  ids(): string[] {
    return [...this.mempool.entries()].map(({ txid }) => hashToHex(txid)).sort();
  }

  /** A block on top of another one. It is not handed in. */
  make(parent: MadeBlock, transactions: readonly Paid[] = [], time = parent.time + 600): MadeBlock {
    const height = parent.height + 1;
    const reward = this.#coinbase(height);
    const all = [reward.view, ...transactions.map(({ view }) => view)];
    const { root } = merkleRoot(all.map((view) => view.txid()), sha256d);
    const size = all.reduce((sum, view) => sum + view.size, BLOCK_HEADER_SIZE + compactSizeSize(all.length));
    const bytes = new Uint8Array(size);
    const writer = new Writer(bytes);
    writer.bytes(blockHeaderBytes({
      version: 0x2000_0000, prevBlockHash: parent.hash, merkleRoot: root, time, bits: BITS, nonce: 0,
    }));
    writer.compactSize(all.length);
    for (const view of all) TransactionView.write(writer, view);
    const hash = solve(bytes);
    const id = hashToHex(hash);
    return { hash, id, parent, height, time, bytes, coins: reward.outputs, transactions };
  }

  #coinbase(height: number): Paid {
    const value = blockSubsidy(height, params) / BigInt(OUTPUTS_PER_COINBASE);
    // No two are the same, even at one height.
    const tag = this.#count++;
    const scriptSig = Uint8Array.of(...heightScript(height), 3, tag & 0xff, (tag >> 8) & 0xff, tag >> 16);
    const prevout = { txid: new Uint8Array(32), index: 0xffff_ffff };
    return paid({
      version: 2,
      inputs: [{ prevout, scriptSig, sequence: SEQUENCE_FINAL, witness: [] }],
      outputs: Array.from({ length: OUTPUTS_PER_COINBASE }, () => ({ value, scriptPubKey: TRUE_SCRIPT })),
      lockTime: 0,
    });
  }

  /** Hands a block in. */
  submit(block: MadeBlock): void {
    const result = this.manager.processBlock(block.bytes.slice(), this.now, { requested: true });
    if (result.status === 'rejected') throw new Error(`${result.reason} (${result.debug})`);
    const { verdict } = result;
    if (verdict !== undefined && verdict !== 'valid') throw new Error(`${verdict.reason} (${verdict.debug})`);
  }

  /** Makes blocks and hands them in. Returns the last. */
  extend(parent: MadeBlock, count: number): MadeBlock {
    let at = parent;
    for (let i = 0; i < count; i++) {
      at = this.make(at);
      this.submit(at);
    }
    return at;
  }

  entryOf(block: MadeBlock): HeaderEntry {
    return this.headers.find(block.hash)!;
  }
}

/** Blocks from the first after genesis up to one. */
export function chainOf(tip: MadeBlock): MadeBlock[] {
  const chain: MadeBlock[] = [];
  for (let at = tip; at.parent !== undefined; at = at.parent) chain.push(at);
  return chain.toReversed();
}

function solve(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer);
  for (let nonce = 0; ; nonce++) {
    view.setUint32(76, nonce, true);
    const hash = sha256d(bytes.subarray(0, BLOCK_HEADER_SIZE));
    if (checkProofOfWork(hash, BITS, params)) return hash;
  }
}

/** The block as a view. */
export function viewOf(block: MadeBlock): BlockView {
  return BlockView.of(block.bytes);
}

/** Bytes of a transaction in hex, for RPC. */
export function hexOf({ view }: Paid): string {
  return [...view.bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

