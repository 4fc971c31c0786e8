import type { HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import { equalHashes, type BlockView } from '@btcp2p/wire';
import type { BlockIndex } from './block-index.ts';
import type { BlockStorage } from './block-storage.ts';
import type { ConnectedBlock } from './chainstate-manager.ts';
import {
  stepIndex, type BlockId, type ChainIndex, type ChainReader, type IndexStep,
} from './chain-index.ts';
import type { BlockPosition } from './ports.ts';
import type { BlockUndo } from './undo.ts';
import type { WriteBehindStore } from './write-behind-store.ts';

/**
 * Blocks that are taken off at once where the chain moves; what is more waits for
 * {@link ChainIndexes.step}.
 */
const MAX_REWIND = 10;

/** Changes that may wait to be written, and their bytes, for each index. */
const MAX_WAITING_CHANGES = 16_384;
const MAX_WAITING_BYTES = 4 * 2 ** 20;

/** What indexes are made from; a `ChainstateManager` is one. */
export interface IndexedChain {
  readonly headers: HeaderTree;
  readonly blocks: Pick<BlockIndex, 'hasData' | 'hasUndo' | 'position'>;
  readonly storage: Pick<BlockStorage, 'readBlock' | 'readUndo'>;
  /** The last block of the chain that was checked from the first block on. */
  readonly checkedTip: HeaderEntry;
}

/** An index, what it is called, and the store that it is in. */
export interface NamedIndex {
  readonly name: string;
  readonly index: ChainIndex;
  readonly store: Pick<WriteBehindStore, 'changes' | 'byteLength' | 'commit'>;
}

/** How far an index is (Core `IndexSummary`). */
export interface IndexSummary {
  readonly name: string;
  /** Whether it has known all blocks of the chain at some time since the start, as Core has it. */
  readonly isSynced: boolean;
  /** Of the last block that it knows; undefined if it knows none. */
  readonly height: number | undefined;
}

/**
 * Keeps indexes in step with a chain (Core `BaseIndex`, index/base.cpp).
 *
 * **Specification.**
 * - An index that knows the block before takes a block when it is connected, with what is in memory of
 *   it. One that is behind is brought nearer by {@link step}, from what is stored.
 * - One that has blocks of another chain takes them off when the chain goes on elsewhere. One that is
 *   only ahead, because the process ended before the coins were stored or the last block was declared
 *   invalid, waits for the chain.
 * - What is written may wait: it is there to be read at once, and for good after {@link commit}. Where
 *   blocks are is to be stored for good before that (`beforeCommit` of the stores). So after a crash an
 *   index may know less than the chain has stored, or more than is connected, and never of blocks that
 *   may come again and be stored elsewhere.
 */
export class ChainIndexes {
  readonly #chain: IndexedChain;
  readonly #indexes: readonly NamedIndex[];
  readonly #synced = new Set<NamedIndex>();
  readonly #reader: StoredChain;
  readonly #rewound: (name: string, height: number) => void;

  /**
   * Nothing is read before {@link start}.
   *
   * @param rewound told when a block was taken off an index, and the height of the one before
   */
  constructor(
    chain: IndexedChain,
    indexes: readonly NamedIndex[],
    rewound: (name: string, height: number) => void = () => {},
  ) {
    this.#chain = chain;
    this.#indexes = indexes;
    this.#rewound = rewound;
    this.#reader = new StoredChain(chain);
  }

  /**
   * To be called once, when the chain is loaded: has indexes forget blocks that are not stored, as
   * where only they were copied from elsewhere.
   */
  start(): void {
    for (const named of this.#indexes) {
      for (let best = this.#lost(named); best !== undefined; best = this.#lost(named)) {
        this.#rewind(named);
      }
      this.#isCurrent(named);
    }
  }

  /** The chain goes on with a block. */
  connected(connected: ConnectedBlock): void {
    const { headers, blocks } = this.#chain;
    const { entry, block, txids, undo } = connected;
    const parent = headers.parent(entry);
    const hash = headers.hash(entry);
    const position = blocks.position(entry);
    for (const named of this.#indexes) {
      const { index } = named;
      if (this.#isAhead(index, entry)) continue;
      for (let i = 0; i < MAX_REWIND && !this.#isOnChain(index, entry); i++) this.#rewind(named);
      const best = index.bestBlock();
      const follows = parent === undefined
        ? best === undefined
        : best !== undefined && equalHashes(best.hash, headers.hash(parent));
      if (!follows || position === undefined) continue;
      index.connect({ hash, height: headers.height(entry), block, txids, undo, position });
      this.#commitIfLarge(named);
      this.#isCurrent(named);
    }
  }

  /** Whether some index does not know all blocks of the chain. */
  get isBehind(): boolean {
    return this.#indexes.some((named) => !this.#isCurrent(named));
  }

  /** Brings the index that is most behind one block nearer; undefined if there is none. */
  step(): { readonly name: string; readonly step: IndexStep } | undefined {
    let next: NamedIndex | undefined;
    for (const named of this.#indexes) {
      if (this.#isCurrent(named)) continue;
      if (next === undefined || heightOf(named) < heightOf(next)) next = named;
    }
    if (next === undefined) return undefined;
    const step = stepIndex(next.index, this.#reader);
    if (step.status === 'disconnected') this.#rewound(next.name, step.block.height - 1);
    this.#commitIfLarge(next);
    this.#isCurrent(next);
    return { name: next.name, step };
  }

  /** Writes what waits. */
  commit(): void {
    for (const { store } of this.#indexes) store.commit();
  }

  /** Whether something waits to be written. */
  get isDirty(): boolean {
    return this.#indexes.some(({ store }) => store.changes > 0);
  }

  summaries(): IndexSummary[] {
    return this.#indexes.map((named) => ({
      name: named.name,
      isSynced: this.#isCurrent(named) || this.#synced.has(named),
      height: named.index.bestBlock()?.height,
    }));
  }

  /** The index that needs the oldest blocks, and the last block that it knows; undefined without any. */
  oldest(): { readonly name: string; readonly height: number } | undefined {
    const [first, ...others] = this.#indexes;
    if (first === undefined) return undefined;
    const named = others.reduce((a, b) => (heightOf(b) < heightOf(a) ? b : a), first);
    return { name: named.name, height: heightOf(named) };
  }

  /** The name of an index that cannot catch up, because blocks that it needs were deleted. */
  stuck(): string | undefined {
    const { headers, blocks, checkedTip } = this.#chain;
    for (const named of this.#indexes) {
      if (this.#isCurrent(named)) continue;
      const best = named.index.bestBlock();
      const entry = best && headers.find(best.hash);
      const start = entry === undefined ? -1 : headers.height(headers.lastCommonAncestor(entry, checkedTip));
      for (
        let at: HeaderEntry | undefined = checkedTip;
        at !== undefined && headers.height(at) > start;
        at = headers.parent(at)
      ) {
        if (!blocks.hasData(at)) return named.name;
      }
    }
    return undefined;
  }

  /** Whether it has all blocks of the chain, which is remembered. */
  #isCurrent(named: NamedIndex): boolean {
    const { headers, checkedTip } = this.#chain;
    const best = named.index.bestBlock();
    if (best === undefined) return false;
    const isCurrent =
      equalHashes(best.hash, headers.hash(checkedTip)) || this.#isAhead(named.index, checkedTip);
    if (isCurrent) this.#synced.add(named);
    return isCurrent;
  }

  /** Whether its last block builds on a block of the chain. */
  #isAhead(index: ChainIndex, tip: HeaderEntry): boolean {
    const { headers } = this.#chain;
    const best = index.bestBlock();
    if (best === undefined || best.height < headers.height(tip)) return false;
    const entry = headers.find(best.hash);
    return entry !== undefined && headers.isAncestor(tip, entry);
  }

  #isOnChain(index: ChainIndex, tip: HeaderEntry): boolean {
    const { headers } = this.#chain;
    const best = index.bestBlock();
    if (best === undefined) return true;
    const entry = headers.find(best.hash);
    return entry !== undefined && headers.isAncestor(entry, tip);
  }

  /** The last block of an index, if it, or one between it and the chain, is not stored. */
  #lost({ index }: NamedIndex): BlockId | undefined {
    const { headers, blocks, checkedTip } = this.#chain;
    const best = index.bestBlock();
    if (best === undefined) return undefined;
    const entry = headers.find(best.hash);
    if (entry === undefined) return best;
    const fork = headers.height(headers.lastCommonAncestor(entry, checkedTip));
    for (
      let at: HeaderEntry | undefined = entry;
      at !== undefined && headers.height(at) > fork;
      at = headers.parent(at)
    ) {
      if (!blocks.hasData(at)) return best;
    }
    return undefined;
  }

  #rewind({ name, index }: NamedIndex): void {
    index.disconnect();
    this.#rewound(name, index.bestBlock()?.height ?? -1);
  }

  #commitIfLarge({ store }: NamedIndex): void {
    if (store.changes >= MAX_WAITING_CHANGES || store.byteLength >= MAX_WAITING_BYTES) store.commit();
  }
}

function heightOf({ index }: NamedIndex): number {
  return index.bestBlock()?.height ?? -1;
}

/** The chain as it is stored. What was read last is kept, as several indexes may ask for it. */
class StoredChain implements ChainReader {
  readonly #chain: IndexedChain;
  #block: { readonly entry: HeaderEntry; readonly block: BlockView } | undefined;
  #undo: { readonly entry: HeaderEntry; readonly undo: BlockUndo } | undefined;

  constructor(chain: IndexedChain) {
    this.#chain = chain;
  }

  get height(): number {
    return this.#chain.headers.height(this.#chain.checkedTip);
  }

  hashAt(height: number): Uint8Array | undefined {
    const { headers, checkedTip } = this.#chain;
    if (height > headers.height(checkedTip)) return undefined;
    return headers.hash(headers.ancestor(checkedTip, height));
  }

  heightOf(hash: Uint8Array): number | undefined {
    const { headers, checkedTip } = this.#chain;
    const entry = headers.find(hash);
    if (entry === undefined || !headers.isAncestor(entry, checkedTip)) return undefined;
    return headers.height(entry);
  }

  block(hash: Uint8Array): BlockView | undefined {
    const entry = this.#chain.headers.find(hash)!;
    if (this.#block?.entry === entry) return this.#block.block;
    const block = this.#chain.storage.readBlock(entry);
    this.#block = block && { entry, block };
    return block;
  }

  position(hash: Uint8Array): BlockPosition | undefined {
    return this.#chain.blocks.position(this.#chain.headers.find(hash)!);
  }

  undo(hash: Uint8Array): BlockUndo | undefined {
    const entry = this.#chain.headers.find(hash)!;
    if (this.#undo?.entry === entry) return this.#undo.undo;
    const undo = this.#chain.storage.readUndo(entry);
    this.#undo = undo && { entry, undo };
    return undo;
  }
}
