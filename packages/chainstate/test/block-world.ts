// Trees of regtest blocks, valid and not, with what a chain of them comes to by the simplest means.
import { createHash } from 'node:crypto';
import {
  blockSubsidy, checkProofOfWork, consensusParams, genesisAnchor, heightScript, HeaderTree, merkleRoot,
  type ConsensusParams,
} from '@btcp2p/consensus';
import {
  blockHeaderBytes, BLOCK_HEADER_SIZE, BlockView, compactSizeSize, encode, hasWitness, regtest, toHex,
  Transaction, Writer, wtxid, type OutPoint, type TxOut,
} from '@btcp2p/wire';
import {
  BlockIndexStore, ChainstateManager, CoinsStore, CoinStats, MemoryBlockFiles, MemoryStore,
  SequentialScriptChecker,
  type BlockFiles, type ChainEvent, type ChainstateManagerOptions, type Coin, type KeyValueStore,
} from '../src/index.ts';
import { nativeSha256d, spend } from './support.ts';

export const params = consensusParams(regtest);
export const OP_TRUE = Uint8Array.of(0x51);
export const OP_FALSE = Uint8Array.of(0x00);
/** Pay to a witness version that has no rules: anybody can spend it, with any witness. */
export const ANY_WITNESS = Uint8Array.of(0x60, 2, 7, 7);
const MATURITY = 100;
const BITS = 0x207fffff;
const RESERVED = new Uint8Array(32);

/** When a fault is found: before the header counts, with it, without blame for the header, or late. */
export type Stage = 'check' | 'context' | 'mutated' | 'connect';

/** A block of a {@link BlockWorld}. */
export interface WorldBlock {
  readonly name: string;
  readonly hash: Uint8Array;
  readonly parent: WorldBlock | undefined;
  readonly height: number;
  readonly time: number;
  readonly bytes: Uint8Array;
  readonly fault: { readonly stage: Stage; readonly reason: string } | undefined;
  readonly transactions: readonly Transaction[];
  readonly txids: readonly Uint8Array[];
}

/** A coin and where it is. */
export interface Placed {
  readonly outPoint: OutPoint;
  readonly coin: Coin;
}

/** What a block is made of, where it is not as usual. */
export interface BlockOptions {
  readonly transactions?: readonly Transaction[];
  readonly fees?: bigint;
  readonly time?: number;
  readonly coinbaseScript?: Uint8Array;
  readonly commitment?: 'good' | 'bad' | 'none';
  readonly reserved?: Uint8Array;
  /** What stands in the block in place of what its root commits to. */
  readonly body?: (transactions: readonly Transaction[]) => readonly Transaction[];
  readonly root?: (root: Uint8Array) => Uint8Array;
  readonly extraOutputs?: readonly TxOut[];
  readonly fault?: WorldBlock['fault'];
}

export function nameOf({ txid, index }: OutPoint): string {
  return `${toHex(txid)}:${index}`;
}

/** All blocks that were made. */
export class BlockWorld {
  readonly params: ConsensusParams;
  readonly genesis: WorldBlock;
  readonly blocks: WorldBlock[] = [];
  /** Of all blocks, so that a coin can be told to be absent. */
  readonly outPoints: OutPoint[] = [];
  readonly #coins = new Map<WorldBlock, ReadonlyMap<string, Placed>>();
  #count = 0;

  constructor(chain: ConsensusParams = params) {
    this.params = chain;
    const { bytes, header } = regtest.genesis;
    this.genesis = {
      name: 'genesis', hash: chain.genesisHash, parent: undefined, height: 0, time: header.time,
      bytes, fault: undefined, transactions: [], txids: [],
    };
    this.#coins.set(this.genesis, new Map());
  }

  /** A block on top of another one. */
  make(parent: WorldBlock, options: BlockOptions = {}): WorldBlock {
    const height = parent.height + 1;
    const number = this.#count++;
    const { transactions: others = [], time = parent.time + 600, fault } = options;
    const transactions = [this.#coinbase(parent, number, options), ...others];
    const txids = transactions.map((one) => BlockWorld.txid(one));
    const { root } = merkleRoot(txids, nativeSha256d);
    const body = options.body?.(transactions) ?? transactions;
    const bytes = serialize(parent, time, options.root?.(root) ?? root, body);
    const block = {
      name: `${number}`, hash: solve(bytes), parent, height, time, bytes, fault, transactions, txids,
    };
    this.blocks.push(block);
    for (const [i, { outputs }] of transactions.entries()) {
      for (const index of outputs.keys()) this.outPoints.push({ txid: txids[i]!, index });
    }
    return block;
  }

  /** Blocks on top of another one, with nothing but a coinbase. Returns the last. */
  extend(parent: WorldBlock, count: number): WorldBlock {
    let at = parent;
    for (let i = 0; i < count; i++) at = this.make(at);
    return at;
  }

  /** From the first block after genesis. */
  static chain(tip: WorldBlock): WorldBlock[] {
    const chain: WorldBlock[] = [];
    for (let at = tip; at.parent !== undefined; at = at.parent) chain.push(at);
    return chain.toReversed();
  }

  static ancestor(block: WorldBlock, height: number): WorldBlock {
    let at = block;
    while (at.height > height) at = at.parent!;
    return at;
  }

  static txid(transaction: Transaction): Uint8Array {
    const inputs = transaction.inputs.map((input) => ({ ...input, witness: [] }));
    return Uint8Array.from(nativeSha256d(encode(Transaction, { ...transaction, inputs })));
  }

  /** All coins after a block, from what its ancestors spend and make. */
  coinsAt(block: WorldBlock): ReadonlyMap<string, Placed> {
    const known = this.#coins.get(block);
    if (known !== undefined) return known;
    const coins = new Map(this.coinsAt(block.parent!));
    for (const [i, { inputs, outputs }] of block.transactions.entries()) {
      if (i > 0) for (const { prevout } of inputs) coins.delete(nameOf(prevout));
      for (const [index, { value, scriptPubKey }] of outputs.entries()) {
        if (scriptPubKey[0] === 0x6a) continue;
        const outPoint = { txid: block.txids[i]!, index };
        const coin = { value, scriptPubKey, height: block.height, isCoinbase: i === 0 };
        coins.set(nameOf(outPoint), { outPoint, coin });
      }
    }
    this.#coins.set(block, coins);
    return coins;
  }

  /** What a block spends: of each transaction but the coinbase, the coin of each input. */
  spentBy(block: WorldBlock): Coin[][] {
    const coins = new Map(this.coinsAt(block.parent!));
    return block.transactions.slice(1).map(({ inputs, outputs }, i) => {
      const spent = inputs.map(({ prevout }) => coins.get(nameOf(prevout))!.coin);
      for (const [index, { value, scriptPubKey }] of outputs.entries()) {
        const outPoint = { txid: block.txids[i + 1]!, index };
        const coin = { value, scriptPubKey, height: block.height, isCoinbase: false };
        coins.set(nameOf(outPoint), { outPoint, coin });
      }
      return spent;
    });
  }

  /** Coins that anybody can spend in the block after this one. */
  spendable(block: WorldBlock): Placed[] {
    return [...this.coinsAt(block).values()].filter(({ coin }) => {
      if (coin.isCoinbase && coin.height + MATURITY > block.height + 1) return false;
      return coin.scriptPubKey.length > 0 && coin.scriptPubKey[0] !== 0 && coin.value > 10n;
    });
  }

  #coinbase(parent: WorldBlock, number: number, options: BlockOptions): Transaction {
    const height = parent.height + 1;
    const { transactions = [], fees = 0n, extraOutputs = [], reserved = RESERVED } = options;
    const commitment = options.commitment ?? (transactions.some(hasWitness) ? 'good' : 'none');
    const value = blockSubsidy(height, this.params) + fees;
    const script = Uint8Array.of(...heightScript(height), 4, number, number >> 8, number >> 16, 9);
    return {
      version: 2,
      inputs: [{
        prevout: { txid: new Uint8Array(32), index: 0xffff_ffff },
        scriptSig: options.coinbaseScript ?? script,
        sequence: 0xffff_ffff,
        witness: commitment === 'none' ? [] : [reserved],
      }],
      outputs: [
        { value, scriptPubKey: OP_TRUE },
        ...extraOutputs,
        ...(commitment === 'none' ? [] : [commitmentTo(transactions, commitment === 'bad')]),
      ],
      lockTime: 0,
    };
  }
}

/** A transaction that anybody can make: it spends coins, and leaves `fee` to the miner. */
export function pay(coins: readonly Placed[], scripts: readonly Uint8Array[], fee = 0n): Transaction {
  const total = coins.reduce((sum, { coin }) => sum + coin.value, -fee);
  const share = total / BigInt(scripts.length);
  const outputs = scripts.map((script, i) =>
    [i === 0 ? total - share * BigInt(scripts.length - 1) : share, script] as const,
  );
  const made = spend(coins.map(({ outPoint }) => outPoint), outputs);
  const inputs = made.inputs.map((input, i) => ({
    ...input,
    scriptSig: new Uint8Array(0),
    witness: coins[i]!.coin.scriptPubKey === ANY_WITNESS ? [Uint8Array.of(1, 2, 3)] : [],
  }));
  return { ...made, inputs };
}

function commitmentTo(transactions: readonly Transaction[], spoiled: boolean): TxOut {
  const ids = transactions.map((transaction) => wtxid(transaction, nativeSha256d));
  const { root } = merkleRoot([new Uint8Array(32), ...ids], nativeSha256d);
  const hash = nativeSha256d(Uint8Array.of(...root, ...RESERVED));
  if (spoiled) hash[0]! ^= 1;
  return { value: 0n, scriptPubKey: Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed, ...hash) };
}

function serialize(
  parent: WorldBlock,
  time: number,
  root: Uint8Array,
  transactions: readonly Transaction[],
): Uint8Array {
  const bodies = transactions.map((transaction) => encode(Transaction, transaction));
  const size = bodies.reduce((sum, { length }) => sum + length, compactSizeSize(bodies.length));
  const bytes = new Uint8Array(BLOCK_HEADER_SIZE + size);
  const writer = new Writer(bytes);
  const prevBlockHash = parent.hash;
  const header = { version: 0x20000000, prevBlockHash, merkleRoot: root, time, bits: BITS, nonce: 0 };
  writer.bytes(blockHeaderBytes(header));
  writer.compactSize(bodies.length);
  for (const body of bodies) writer.bytes(body);
  return bytes;
}

function solve(bytes: Uint8Array): Uint8Array {
  const header = bytes.subarray(0, BLOCK_HEADER_SIZE);
  for (let n = 0; ; n++) {
    new Writer(header.subarray(76)).u32(n);
    const hash = nativeSha256d(header);
    if (checkProofOfWork(hash, BITS, params)) return Uint8Array.from(hash);
  }
}

/** What a chain state is stored in. */
export interface Disk {
  readonly index: KeyValueStore;
  readonly coins: KeyValueStore;
  readonly files: BlockFiles;
}

export function newDisk(blocksPerFile?: number): Disk {
  return { index: new MemoryStore(), coins: new MemoryStore(), files: new MemoryBlockFiles(blocksPerFile) };
}

/** How a {@link ChainstateManager} is opened. */
export interface OpenOptions extends Partial<ChainstateManagerOptions> {
  /** 80 bytes each, known from before. */
  readonly knownHeaders?: Iterable<Uint8Array>;
  readonly batchBytes?: number;
  /** See {@link ChainstateManager.load}. */
  readonly findBlocks?: (manager: ChainstateManager) => void;
}

/** The clock of all tests: later than any block. */
export const NOW = regtest.genesis.header.time + 10_000 * 600;

/** Opens what a disk has. */
export function open(disk: Disk, options: OpenOptions = {}): ChainstateManager {
  const { knownHeaders = [], batchBytes, findBlocks, ...others } = options;
  const chosen = others.params ?? params;
  const headers = new HeaderTree({ params: chosen, anchor: genesisAnchor(regtest), sha256d: nativeSha256d });
  for (const header of knownHeaders) headers.add(header, NOW);
  const manager = new ChainstateManager({
    network: regtest,
    params: chosen,
    headers,
    index: new BlockIndexStore(disk.index),
    coins: new CoinsStore(disk.coins, batchBytes === undefined ? {} : { batchBytes }),
    files: disk.files,
    scripts: new SequentialScriptChecker(),
    sha256d: nativeSha256d,
    ...others,
  });
  manager.load(findBlocks && (() => findBlocks(manager)));
  return manager;
}

/** All headers that a manager knows, 80 bytes each. */
export function headersOf({ headers }: ChainstateManager): Uint8Array[] {
  return Array.from({ length: headers.size }, (_, entry) => headers.headerBytes(entry)).slice(1);
}

/** The hash of all coins that a store has. */
export function coinsHash(store: CoinsStore): string {
  const stats = new CoinStats({ serialized: createHash('sha256') });
  for (const coin of store.coins()) stats.add(coin);
  return toHex(stats.hashSerialized3());
}

/** The same of the coins that a chain of blocks comes to. */
export function coinsHashOf(world: BlockWorld, block: WorldBlock): string {
  const store = new CoinsStore(new MemoryStore(), { batchBytes: Infinity });
  const changes = [...world.coinsAt(block).values()];
  store.write(changes.map(({ outPoint, coin }) => ({ outpoint: outPoint, coin })), block.hash);
  return coinsHash(store);
}

/** Follows the chain by what it is told. */
export class Mirror {
  readonly chain: number[] = [];
  readonly log: string[] = [];

  readonly notify = (event: ChainEvent): void => {
    if (event.type === 'connected') this.chain.push(event.entry);
    if (event.type === 'log') this.log.push(event.text);
    if (event.type !== 'disconnected') return;
    if (this.chain.pop() !== event.entry) throw new Error('what was disconnected was not the last');
  };
}

export function blockView(block: WorldBlock): BlockView {
  return BlockView.of(block.bytes.slice());
}
