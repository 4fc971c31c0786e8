import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { BLOCK_HEADER_SIZE, hashToHex, type Network, type Sha256d } from '@btcp2p/wire';
import { fileError, NodeError } from '../node-error.ts';
import { AppendFile } from './append-file.ts';
import { BlockIndex, type BlockPosition } from './block-index.ts';
import { MAX_BLOCK_SERIALIZED_SIZE, scanBlockFile, STORAGE_HEADER_BYTES } from './block-scan.ts';
import { readFully, type FileSystem, type StorageFile } from './file-system.ts';
import { directoryKey, KEY_SIZE, obfuscate } from './obfuscation.ts';
import type { BlockStore, StorageNotice } from './ports.ts';
import { ReadHandles } from './read-handles.ts';

/** Core `MAX_BLOCKFILE_SIZE` (node/blockstorage.h): bytes that a block file stays below, 128 MiB. */
export const MAX_BLOCKFILE_SIZE = 0x8000000;

/** At start, the last blocks up to this many bytes are read whole and verified. */
const VERIFIED_TAIL = 16 * 1_048_576;

/** How {@link BlockFiles} are opened. */
export interface BlockFilesOptions {
  readonly directory: string;
  readonly network: Pick<Network, 'magic' | 'genesis'>;
  readonly fileSystem: FileSystem;
  readonly sha256d: Sha256d;
  /** Hide what is written with a random key, if the directory is new. */
  readonly xor: boolean;
  /** Whether a header may be one: its proof of work, say. 80 bytes, lent for the call. */
  readonly checkHeader: (header: Uint8Array, hash: Uint8Array) => boolean;
  /** Whether a stored block is whole: that it decodes and its merkle root is right. */
  readonly verify: (block: Uint8Array) => boolean;
  readonly notice: (notice: StorageNotice) => void;
  /** Called once, at the failure that ends all writing. */
  readonly failed: (error: NodeError) => void;
  /** For tests: in place of 128 MiB. */
  readonly maxFileSize?: number;
}

/** A block that a scan found, not yet in the index. */
interface FoundBlock extends BlockPosition {
  readonly hash: Uint8Array;
}

/**
 * Blocks in files of Bitcoin Core's format: `blkNNNNN.dat` of up to 128 MiB, each record magic, size
 * (32 bits, little-endian) and block, all hidden with the key in `xor.dat`. The first block of a new
 * directory is the genesis block. A bitcoind can read them (`-reindex`, `-loadblock`), and what a
 * bitcoind wrote can be read here, in whatever order the blocks are.
 *
 * Which block is where is kept in memory, and found again at start from the heads of all records.
 * After a crash the last file may end in a torn record: it is cut off. Damage of another kind, which
 * only a failing disk or a power cut makes, is left as it is: nothing is appended behind it, a new
 * file is begun.
 */
export class BlockFiles implements BlockStore {
  readonly #options: BlockFilesOptions;
  readonly #key: Uint8Array;
  readonly #index: BlockIndex;
  readonly #maxFileSize: number;
  #number: number;
  #current: AppendFile;
  /** Files that are full, until they are written and closed. */
  readonly #closing = new Set<AppendFile>();
  #failure: NodeError | undefined;
  readonly #readers: ReadHandles;

  private constructor(
    options: BlockFilesOptions,
    key: Uint8Array,
    index: BlockIndex,
    number: number,
    position: number,
  ) {
    this.#options = options;
    this.#key = key;
    this.#index = index;
    this.#maxFileSize = options.maxFileSize ?? MAX_BLOCKFILE_SIZE;
    this.#number = number;
    this.#current = this.#appendFile(position);
    this.#readers = new ReadHandles((file) => options.fileSystem.open(this.#path(file), 'read'));
  }

  /**
   * Opens a directory of block files, which exists. Reads the heads of all blocks: a large directory
   * takes a while.
   *
   * @throws NodeError
   */
  static async open(options: BlockFilesOptions): Promise<BlockFiles> {
    const { directory, fileSystem, network } = options;
    try {
      const key = await directoryKey(fileSystem, directory, options.xor ? randomBytes(KEY_SIZE) : undefined);
      const index = new BlockIndex();
      const { number, position } = await loadIndex(options, key, index);
      const files = new BlockFiles(options, key, index, number, position);
      if (!files.has(options.sha256d(network.genesis.headerBytes))) {
        await files.append(network.genesis.bytes);
      }
      return files;
    } catch (error) {
      throw fileError(error, directory);
    }
  }

  get size(): number {
    return this.#index.size;
  }

  get pendingBytes(): number {
    let bytes = this.#current.pendingBytes;
    for (const file of this.#closing) bytes += file.pendingBytes;
    return bytes;
  }

  has(hash: Uint8Array): boolean {
    return this.#index.has(hash);
  }

  hashes(): Iterable<Uint8Array> {
    return this.#index.hashes();
  }

  async read(hash: Uint8Array): Promise<Uint8Array | undefined> {
    const position = this.#index.get(hash);
    if (position === undefined) return undefined;
    const block = await readBlock(this.#readers, position, this.#key, this.#path(position.file));
    const found = this.#options.sha256d(block.subarray(0, BLOCK_HEADER_SIZE));
    if (!found.every((byte, i) => byte === hash[i])) {
      const where = `${this.#path(position.file)} at ${position.offset}`;
      throw new NodeError('corrupt', `Block ${hashToHex(hash)} is damaged on disk, in ${where}.`);
    }
    return block;
  }

  async append(block: Uint8Array, hash?: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const ownHash = hash ?? this.#options.sha256d(block.subarray(0, BLOCK_HEADER_SIZE));
    if (this.#index.has(ownHash)) return;
    if (block.length < BLOCK_HEADER_SIZE || block.length > MAX_BLOCK_SERIALIZED_SIZE) {
      throw new RangeError(`a block cannot have ${block.length} bytes`);
    }
    const length = STORAGE_HEADER_BYTES + block.length;
    // Core's rule (`FindNextBlockPos`): a file stays below the limit.
    if (this.#current.end > 0 && this.#current.end + length >= this.#maxFileSize) this.#nextFile();
    const position = {
      file: this.#number,
      offset: this.#current.end + STORAGE_HEADER_BYTES,
      size: block.length,
    };
    const { magic } = this.#options.network;
    await this.#current.append(length, (target) => {
      target.set(magic);
      for (let i = 0; i < 4; i++) target[4 + i] = block.length >>> (8 * i);
      target.set(block, STORAGE_HEADER_BYTES);
    });
    this.#index.add(ownHash, position);
  }

  async sync(): Promise<void> {
    // Full files sync themselves while they close.
    await Promise.all([...this.#closing].map((file) => file.close()));
    if (this.#failure !== undefined) throw this.#failure;
    await this.#current.sync();
  }

  async close(): Promise<void> {
    try {
      await Promise.all([...this.#closing, this.#current].map((file) => file.close()));
    } finally {
      await this.#readers.close();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The file before has to be complete before the next gets its first record: one tail can be torn. */
  #nextFile(): void {
    const full = this.#current;
    this.#closing.add(full);
    const after = full.close();
    // A failure is remembered by the file itself, and comes to us through `failed`.
    after.then(() => this.#closing.delete(full), () => {});
    this.#number++;
    this.#current = this.#appendFile(0, after);
  }

  #appendFile(position: number, after?: Promise<void>): AppendFile {
    return new AppendFile({
      fileSystem: this.#options.fileSystem,
      path: this.#path(this.#number),
      position,
      transform: (bytes, at) => obfuscate(bytes, this.#key, at),
      failed: (error) => this.#fail(error),
      ...(after === undefined ? {} : { after }),
    });
  }

  #fail(error: NodeError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#options.failed(error);
  }

  #path(number: number): string {
    return blockFilePath(this.#options.directory, number);
  }
}

/** `blk00000.dat` and so on (Core `FlatFileSeq::FileName`). */
function blockFilePath(directory: string, number: number): string {
  return join(directory, `blk${String(number).padStart(5, '0')}.dat`);
}

/** Fills the index from the files. Returns where to go on writing. */
async function loadIndex(
  options: BlockFilesOptions,
  key: Uint8Array,
  index: BlockIndex,
): Promise<{ readonly number: number; readonly position: number }> {
  const names = await options.fileSystem.list(options.directory);
  const numbers = names
    .map((name) => /^blk(\d{5,})\.dat$/.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
  let next = { number: 0, position: 0 };
  for (const [i, number] of numbers.entries()) {
    const isLast = i === numbers.length - 1;
    const found: FoundBlock[] = [];
    next = await loadFile(options, key, number, isLast, found);
    for (const block of found) index.add(block.hash, block);
  }
  return next;
}

/** Scans one file, and repairs the last. Returns where writing would go on behind it. */
async function loadFile(
  options: BlockFilesOptions,
  key: Uint8Array,
  number: number,
  isLast: boolean,
  found: FoundBlock[],
): Promise<{ readonly number: number; readonly position: number }> {
  const { fileSystem, notice } = options;
  const path = blockFilePath(options.directory, number);
  const size = (await fileSystem.size(path)) ?? 0;
  const file = await fileSystem.open(path, isLast ? 'write' : 'read');
  try {
    const visit = (hash: Uint8Array, offset: number, size: number): void => {
      found.push({ hash, file: number, offset, size });
    };
    const { magic } = options.network;
    let { end, tail } = await scanBlockFile({ ...options, magic, file, size, key, visit });
    if (!isLast) {
      if (tail === 'torn' || tail === 'garbage') {
        notice({ code: 'damaged', detail: `${path}: nothing readable from byte ${end} on` });
      }
      return { number: number + 1, position: 0 };
    }
    const bad = await firstBadBlock(options, key, file, path, found);
    if (bad !== undefined) {
      tail = 'garbage';
      end = found[bad]!.offset - STORAGE_HEADER_BYTES;
      found.splice(bad);
    }
    if (tail === 'complete') return { number, position: end };
    if (tail === 'garbage' && size - end > STORAGE_HEADER_BYTES + MAX_BLOCK_SERIALIZED_SIZE) {
      const detail = `${path}: nothing readable from byte ${end} on; going on in the next file`;
      notice({ code: 'damaged', detail });
      return { number: number + 1, position: 0 };
    }
    await file.truncate(end);
    const code = tail === 'preallocated' ? 'preallocated' : 'torn-tail';
    notice({ code, detail: `${path}: ${size - end} bytes after the last whole block were cut off` });
    return { number, position: end };
  } finally {
    await file.close();
  }
}

/** Reads the last blocks whole. Returns which of them is the first that is not what it should be. */
async function firstBadBlock(
  options: BlockFilesOptions,
  key: Uint8Array,
  file: StorageFile,
  path: string,
  found: readonly FoundBlock[],
): Promise<number | undefined> {
  let first = found.length;
  for (let bytes = 0; first > 0 && bytes < VERIFIED_TAIL; first--) bytes += found[first - 1]!.size;
  for (let i = first; i < found.length; i++) {
    const { offset, size } = found[i]!;
    if (!options.verify(await readAt(file, offset, size, key, path))) return i;
  }
  return undefined;
}

async function readBlock(
  readers: ReadHandles,
  { file, offset, size }: BlockPosition,
  key: Uint8Array,
  path: string,
): Promise<Uint8Array> {
  try {
    return await readers.use(file, (handle) => readAt(handle, offset, size, key, path));
  } catch (error) {
    throw fileError(error, path);
  }
}

async function readAt(
  file: StorageFile,
  offset: number,
  size: number,
  key: Uint8Array,
  path: string,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  if ((await readFully(file, bytes, offset)) < size) {
    throw new NodeError('corrupt', `${path} ends before byte ${offset + size}.`);
  }
  obfuscate(bytes, key, offset);
  return bytes;
}
