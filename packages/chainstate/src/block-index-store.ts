import { decode, encode } from '@btcp2p/wire';
import { blockFileInfo } from './block-file-info.ts';
import { blockIndexKey, DB_BLOCK_INDEX, DiskBlockIndex } from './disk-block-index.ts';
import type { BlockFileInfo, KeyValueChange, KeyValueStore } from './ports.ts';

// First bytes of keys, as in Core's block index database (node/blockstorage.cpp).
const DB_BLOCK_FILES = 0x66;
const DB_FLAG = 0x46;
const DB_LAST_BLOCK = 0x6c;
const DB_REINDEX_FLAG = 0x52;

const REINDEX_KEY = Uint8Array.of(DB_REINDEX_FLAG);
/** What stands there while entries are removed, which is our own, and then until all is rebuilt. */
const CLEARING = Uint8Array.of(0x30);
const CLEARED = Uint8Array.of(0x31);

/** Entries that are removed in one batch: of a long chain all of them would be too many. */
const CLEARED_AT_A_TIME = 10_000;

/** A block and what is to be stored of it. */
export interface StoredBlock {
  /** 32 bytes in wire order. */
  readonly hash: Uint8Array;
  readonly index: DiskBlockIndex;
}

/**
 * The block index in a {@link KeyValueStore}, under the keys and in the format of Core's `blocks/index`
 * (`BlockTreeDB`, node/blockstorage.cpp), but only of blocks that are or were stored, or
 * failed, and of those before them.
 */
export class BlockIndexStore {
  readonly #store: KeyValueStore;
  /** What is stored of each file. */
  readonly #files: Map<number, BlockFileInfo>;

  constructor(store: KeyValueStore) {
    this.#store = store;
    this.#files = new Map();
    if (store.get(REINDEX_KEY)?.[0] === CLEARING[0]) this.#clear();
    const range = store.entries(Uint8Array.of(DB_BLOCK_FILES), Uint8Array.of(DB_BLOCK_FILES + 1));
    for (const { key, value } of range) {
      this.#files.set(readFileNumber(key), decode(blockFileInfo, value));
    }
  }

  /** What is known of the block files, by their numbers. */
  files(): ReadonlyMap<number, BlockFileInfo> {
    return new Map(this.#files);
  }

  /** Every block there is, in no order that means anything. */
  *blocks(): Generator<StoredBlock, void, undefined> {
    const range = this.#store.entries(Uint8Array.of(DB_BLOCK_INDEX), Uint8Array.of(DB_BLOCK_INDEX + 1));
    for (const { key, value } of range) {
      yield { hash: key.subarray(1), index: decode(DiskBlockIndex, value) };
    }
  }

  /** Writes blocks, and the files that changed, in one batch. */
  write(blocks: Iterable<StoredBlock>, files: ReadonlyMap<number, BlockFileInfo>): void {
    const batch: KeyValueChange[] = [];
    const changed: [number, BlockFileInfo | undefined][] = [];
    for (const [number, info] of files) {
      if (this.#files.get(number) !== info) changed.push([number, info]);
    }
    for (const number of this.#files.keys()) if (!files.has(number)) changed.push([number, undefined]);
    for (const [number, info] of changed) {
      batch.push({ key: fileKey(number), value: info && encode(blockFileInfo, info) });
    }
    if (changed.length > 0) {
      const last = Math.max(0, ...files.keys());
      batch.push({ key: Uint8Array.of(DB_LAST_BLOCK), value: u32(last) });
    }
    for (const { hash, index } of blocks) {
      batch.push({ key: blockIndexKey(hash), value: encode(DiskBlockIndex, index) });
    }
    if (batch.length === 0) return;
    this.#store.write(batch);
    for (const [number, info] of changed) {
      if (info === undefined) this.#files.delete(number);
      else this.#files.set(number, info);
    }
  }

  /** A remark that lasts, such as that block files were pruned (Core `ReadFlag`). */
  flag(name: string): boolean {
    return this.#store.get(flagKey(name))?.[0] === 0x31;
  }

  setFlag(name: string, value: boolean): void {
    this.#store.write([{ key: flagKey(name), value: Uint8Array.of(value ? 0x31 : 0x30) }]);
  }

  /** Whether a rebuilding of the index from the block files has begun and not ended. */
  get isReindexing(): boolean {
    return this.#store.get(REINDEX_KEY) !== undefined;
  }

  /** It has been rebuilt: to be called when all blocks are written. */
  endReindexing(): void {
    this.#store.write([{ key: REINDEX_KEY, value: undefined }]);
  }

  /**
   * Forgets all blocks and files, and says that it is being rebuilt. If the process ends meanwhile, the
   * next that opens it forgets the rest.
   */
  startReindexing(): void {
    this.#store.write([{ key: REINDEX_KEY, value: CLEARING }]);
    this.#clear();
  }

  #clear(): void {
    for (const first of [DB_BLOCK_INDEX, DB_BLOCK_FILES]) {
      let batch: KeyValueChange[] = [];
      for (const { key } of this.#store.entries(Uint8Array.of(first), Uint8Array.of(first + 1))) {
        batch.push({ key, value: undefined });
        if (batch.length < CLEARED_AT_A_TIME) continue;
        this.#store.write(batch);
        batch = [];
      }
      this.#store.write(batch);
    }
    this.#files.clear();
    this.#store.write([{ key: REINDEX_KEY, value: CLEARED }]);
  }
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

function fileKey(file: number): Uint8Array {
  return Uint8Array.of(DB_BLOCK_FILES, ...u32(file));
}

function readFileNumber(key: Uint8Array): number {
  return (key[1]! | (key[2]! << 8) | (key[3]! << 16) | (key[4]! << 24)) >>> 0;
}

/** `F`, the length of the name, and the name. */
function flagKey(name: string): Uint8Array {
  return Uint8Array.of(DB_FLAG, name.length, ...Array.from(name, (c) => c.charCodeAt(0)));
}
