// A disk of a process that dies at one of its writes.
import {
  MemoryBlockFiles, MemoryStore,
  type BlockFileInfo, type BlockFiles, type BlockPosition, type KeyValueChange, type KeyValueEntry,
  type KeyValueStore,
} from '../src/index.ts';
import type { Disk } from './block-world.ts';

/** What is thrown by a write that the process does not live to make. */
export class Death extends Error {
  override readonly name = 'Death';
}

/** Counts writes to all parts of a disk, and ends them. */
export class Power {
  writes = 0;
  /** By kind, for the one who wonders what was covered. */
  readonly kinds = new Map<string, number>();
  readonly #last: number;

  /** @param last the first write that does not happen; neither does any after it */
  constructor(last = Infinity) {
    this.#last = last;
  }

  use(kind: string): void {
    if (++this.writes >= this.#last) throw new Death(kind);
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
  }
}

type FileWrite =
  | { readonly type: 'block'; readonly bytes: Uint8Array; readonly height: number; readonly time: number }
  | { readonly type: 'undo'; readonly file: number; readonly undo: Uint8Array; readonly checksum: Uint8Array }
  | { readonly type: 'remove'; readonly file: number };

/** A disk whose writes take power. */
export class CrashDisk implements Disk {
  readonly index: KeyValueStore;
  readonly coins: KeyValueStore;
  readonly files: BlockFiles;
  readonly #index: MemoryStore;
  readonly #coins: MemoryStore;
  readonly #files: CrashFiles;

  constructor(power: Power, from?: CrashDisk, blocksPerFile = 10) {
    this.#index = from === undefined ? new MemoryStore() : copyOf(from.#index);
    this.#coins = from === undefined ? new MemoryStore() : copyOf(from.#coins);
    const written = from === undefined ? [] : from.#files.written;
    this.#files = new CrashFiles(power, written, blocksPerFile);
    this.index = new CrashStore(this.#index, power, 'index');
    this.coins = new CrashStore(this.#coins, power, 'coins');
    this.files = this.#files;
  }

  /** What was written, for another process. */
  clone(power = new Power()): CrashDisk {
    return new CrashDisk(power, this, this.#files.blocksPerFile);
  }

  /** Of coins: whether a write of many batches was under way. */
  get isBetweenBatches(): boolean {
    return this.#coins.get(Uint8Array.of(0x48)) !== undefined;
  }
}

class CrashStore implements KeyValueStore {
  readonly #store: MemoryStore;
  readonly #power: Power;
  readonly #name: string;

  constructor(store: MemoryStore, power: Power, name: string) {
    this.#store = store;
    this.#power = power;
    this.#name = name;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#store.get(key);
  }

  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    return this.#store.getMany(keys);
  }

  write(batch: Iterable<KeyValueChange>): void {
    this.#power.use(this.#name);
    this.#store.write(batch);
  }

  entries(from: Uint8Array, to: Uint8Array): Iterable<KeyValueEntry> {
    return this.#store.entries(from, to);
  }
}

/** Files that can be made again from what was written to them. */
class CrashFiles implements BlockFiles {
  readonly blocksPerFile: number;
  readonly written: FileWrite[] = [];
  readonly #power: Power;
  readonly #files: MemoryBlockFiles;

  constructor(power: Power, written: readonly FileWrite[], blocksPerFile: number) {
    this.blocksPerFile = blocksPerFile;
    this.#power = new Power();
    this.#files = new MemoryBlockFiles(blocksPerFile);
    for (const write of written) {
      if (write.type === 'block') this.writeBlock(write.bytes, write.height, write.time);
      else if (write.type === 'undo') this.writeUndo(write.file, write.undo, write.checksum);
      else this.remove(write.file);
    }
    this.#power = power;
  }

  writeBlock(bytes: Uint8Array, height: number, time: number): BlockPosition {
    this.#power.use('block');
    this.written.push({ type: 'block', bytes, height, time });
    return this.#files.writeBlock(bytes, height, time);
  }

  readBlock(at: BlockPosition): Uint8Array {
    return this.#files.readBlock(at);
  }

  writeUndo(file: number, undo: Uint8Array, checksum: Uint8Array): number {
    this.#power.use('undo');
    this.written.push({ type: 'undo', file, undo, checksum });
    return this.#files.writeUndo(file, undo, checksum);
  }

  readUndo(at: BlockPosition): { undo: Uint8Array; checksum: Uint8Array } {
    return this.#files.readUndo(at);
  }

  sync(): void {
    this.#power.use('sync');
    this.#files.sync();
  }

  files(): ReadonlyMap<number, BlockFileInfo> {
    return this.#files.files();
  }

  remove(file: number): void {
    this.#power.use('remove');
    this.written.push({ type: 'remove', file });
    this.#files.remove(file);
  }
}

function copyOf(store: MemoryStore): MemoryStore {
  const copy = new MemoryStore();
  copy.write(store.entries(new Uint8Array(0), Uint8Array.of(0xff, 0xff)));
  return copy;
}
