// What the tests of the indexes share: a chain that reorganises, a store that fails, and steps.
import { BlockView, equalHashes, toHex } from '@btcp2p/wire';
import {
  stepIndex,
  type BlockId, type BlockPosition, type BlockUndo, type ChainIndex, type ChainReader, type IndexStep,
  type Coin, type KeyValueChange, type KeyValueEntry, type KeyValueStore,
  type MemoryStore, type TxUndo,
} from '../src/index.ts';
import { coinbase, type Draws, makeBlock, makeCoin, nativeSha256d, spend } from './support.ts';

/** A block and what belongs to it. */
export interface TestBlock extends BlockId {
  readonly block: BlockView;
  readonly undo: BlockUndo;
  readonly position: BlockPosition;
}

/** A chain in memory, with all blocks that it ever had. */
export class TestChain implements ChainReader {
  readonly #draws: Draws;
  readonly blocks = new Map<string, TestBlock>();
  /** The active chain. */
  readonly active: TestBlock[] = [];
  /** Hashes, in hex, of blocks whose data, or undo data, are gone. */
  readonly prunedBlocks = new Set<string>();
  readonly prunedUndo = new Set<string>();

  constructor(draws: Draws) {
    this.#draws = draws;
  }

  get height(): number {
    return this.active.length - 1;
  }

  get tip(): TestBlock {
    return this.active.at(-1)!;
  }

  hashAt(height: number): Uint8Array | undefined {
    return this.active[height]?.hash;
  }

  heightOf(hash: Uint8Array): number | undefined {
    const height = this.active.findIndex((block) => equalHashes(block.hash, hash));
    return height < 0 ? undefined : height;
  }

  block(hash: Uint8Array): BlockView | undefined {
    const name = toHex(hash);
    return this.prunedBlocks.has(name) ? undefined : this.blocks.get(name)?.block;
  }

  position(hash: Uint8Array): BlockPosition | undefined {
    return this.blocks.get(toHex(hash))?.position;
  }

  undo(hash: Uint8Array): BlockUndo | undefined {
    const found = this.blocks.get(toHex(hash));
    if (found?.height === 0) throw new Error('the genesis block has no undo data');
    return this.prunedUndo.has(toHex(hash)) ? undefined : found?.undo;
  }

  /** Adds blocks with random transactions to the active chain. */
  mine(count: number): void {
    for (let i = 0; i < count; i++) this.add(this.#random());
  }

  /** Adds a block to the active chain. */
  add(block: TestBlock): void {
    this.blocks.set(toHex(block.hash), block);
    this.active.push(block);
  }

  /** Takes the last blocks off the active chain, and answers them, lowest first. */
  takeOff(count: number): TestBlock[] {
    return this.active.splice(this.active.length - count, count);
  }

  #random(): TestBlock {
    const draws = this.#draws;
    const height = this.active.length;
    const script = (): Uint8Array => {
      const all = [
        new Uint8Array(0), Uint8Array.of(0x6a, 1, draws.below(9)), Uint8Array.of(0x51, draws.below(5)),
        draws.bytes(1 + draws.below(60)), new Uint8Array(300).fill(draws.below(256)),
      ];
      return all[draws.below(all.length)]!;
    };
    const transactions = [{ ...coinbase(1n, draws.below(2 ** 31)) }];
    const undo: TxUndo[] = [];
    for (let left = height === 0 ? 0 : draws.below(5); left > 0; left--) {
      const coin = (): Coin => makeCoin({ scriptPubKey: script() });
      const prevouts = Array.from({ length: 1 + draws.below(4) }, coin);
      const outputs = Array.from({ length: draws.below(5) }, () => [1n, script()] as const);
      const outpoints = prevouts.map(() => ({ txid: draws.bytes(32), index: draws.below(10) }));
      transactions.push(spend(outpoints, outputs));
      undo.push({ prevouts });
    }
    // The merkle root tells blocks apart.
    const { bytes } = makeBlock(transactions, this.active.at(-1)?.hash);
    bytes.set(draws.bytes(32), 36);
    const block = BlockView.of(bytes);
    const hash = block.hash(nativeSha256d);
    const position = { file: draws.below(300), position: draws.below(2 ** 27) };
    return { hash, height, block, undo: { transactions: undo }, position };
  }
}

/** A store that fails at one of its writes, before or after it has written, and at all that follow. */
export class FailingStore implements KeyValueStore {
  readonly #store: KeyValueStore;
  #left: number;
  readonly #after: boolean;

  constructor(store: KeyValueStore, writes: number, after: boolean) {
    this.#store = store;
    this.#left = writes;
    this.#after = after;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#store.get(key);
  }

  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    return this.#store.getMany(keys);
  }

  write(batch: Iterable<KeyValueChange>): void {
    this.#left--;
    if (this.#left > 0 || (this.#left === 0 && this.#after)) this.#store.write(batch);
    if (this.#left <= 0) throw new Failure();
  }

  entries(from: Uint8Array, to: Uint8Array): Iterable<KeyValueEntry> {
    return this.#store.entries(from, to);
  }
}

/** What a {@link FailingStore} throws. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** Steps until there is nothing more to do; answers what was done. */
export function sync(index: ChainIndex, chain: ChainReader): IndexStep[] {
  const steps: IndexStep[] = [];
  for (;;) {
    const step = stepIndex(index, chain);
    if (step.status === 'synced') return steps;
    if (step.status === 'missing') throw new Error(`no ${step.data} of ${step.block.height}`);
    steps.push(step);
  }
}

/** All entries of a store in hex, `key=value`, but for those whose first byte is `except`. */
export function dump(store: MemoryStore, except?: number): string[] {
  const entries = [...store.entries(new Uint8Array(0), Uint8Array.of(0xff))];
  return entries
    .filter(({ key }) => key[0] !== except)
    .map(({ key, value }) => `${toHex(key)}=${toHex(value)}`);
}
