import {
  closeSync, constants, fdatasyncSync, fstatSync, ftruncateSync, mkdirSync, openSync, rmSync, statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { BlockFileInfo, BlockFiles, BlockPosition } from '@btcp2p/chainstate';
import { BLOCK_HEADER_SIZE, MAX_SIZE, Writer } from '@btcp2p/wire';
import { NodeError, systemErrorCode } from '../../node-error.ts';
import { obfuscate } from '../obfuscation.ts';
import { syncDirectory } from './blocks-xor-key.ts';
import { endOfRecords, type RecordLimits } from './end-of-records.ts';
import { fileName, fileNumbers, type FileKind } from './file-names.ts';
import { readFully } from './file-window.ts';
import {
  MAX_BLOCK_SERIALIZED_SIZE, recordLength, recordPlace, STORAGE_HEADER_BYTES, UNDO_CHECKSUM_BYTES,
  unfilled, type RecordFormat, type StoredUndo,
} from './record.ts';

/** Core `MAX_BLOCKFILE_SIZE` (node/blockstorage.h): bytes that a block file stays below, 128 MiB. */
export const MAX_BLOCKFILE_SIZE = 0x8000000;

/** The same with `-fastprune` (Core `FindNextBlockPos`, node/blockstorage.cpp): 64 KiB. */
const FAST_PRUNE_BLOCKFILE_SIZE = 0x10000;

/** Records up to this size are made in one buffer, used again and again. */
const BUFFER_SIZE = 8 * 1_048_576;

/** A file of which nothing is known. */
const NO_INFO: BlockFileInfo = {
  blocks: 0, size: 0, undoSize: 0, heightFirst: 0, heightLast: 0, timeFirst: 0, timeLast: 0,
};

/** How {@link DiskBlockFiles} are opened. */
export interface DiskBlockFilesOptions extends RecordFormat {
  /** It is made if it is not there. */
  readonly directory: string;
  /** What was stored last of {@link DiskBlockFiles.files}; empty for a new index. */
  readonly infos: ReadonlyMap<number, BlockFileInfo>;
  /** Files of 64 KiB (`-fastprune`); a block that is larger gets one of its own. */
  readonly fastPrune?: boolean;
}

/**
 * {@link BlockFiles} in Core's format, for a thread of its own: each record is magic, length, data, and
 * behind undo data their checksum, all hidden with the directory's key.
 *
 * **Specification.**
 * - A record is written by one call of the system, where no bytes were that anybody refers to. If that
 *   fails, what was written of it is cut off, the error thrown, and the next write tries anew.
 * - What is already in files, more than `infos` say, stays: new records go behind it, unless it is the
 *   rest of a torn record, or zeros to the end of the file, which bitcoind reserves.
 * - With each blk file there is a rev file, empty until something is undone from it, as in Core.
 * - An info is replaced by another object when it changes, never changed itself.
 *
 * **Rationale.** A file is opened anew for each record, as Core does: 20 µs, and it may be moved away,
 * put back or deleted while the node runs. Others may read the files meanwhile, since what they look
 * for was written before they learned of it, and never changes.
 */
export class DiskBlockFiles implements BlockFiles {
  readonly #directory: string;
  readonly #format: RecordFormat;
  readonly #fastPrune: boolean;
  readonly #infos: Map<number, BlockFileInfo>;
  /** The highest number that a file has or had. */
  #last: number;
  /** The files that blocks are written to; undefined for one that is still to be made. */
  readonly #current: { below: number | undefined; above: number | undefined };
  /** The height from which on blocks go `above`. */
  #border = Infinity;
  /** Undo files whose end was looked for. */
  readonly #undoEnds = new Set<number>();
  /** Names of files to sync. */
  readonly #dirty = new Set<string>();
  /** Whether files were made or deleted since the last sync. */
  #namesChanged = false;
  #buffer = unfilled(65_536);

  /** Looks for the end of the last file. Throws errors of the system. */
  constructor(options: DiskBlockFilesOptions) {
    const { directory, magic, key, infos, fastPrune = false } = options;
    this.#directory = directory;
    this.#format = { magic, key };
    this.#fastPrune = fastPrune;
    this.#infos = new Map(infos);
    mkdirSync(directory, { recursive: true });
    const known = largest(infos.keys()) ?? -1;
    const unknown = this.existing().filter((file) => file > known);
    for (const file of unknown) {
      const { size } = statSync(join(directory, fileName('blk', file)));
      this.#infos.set(file, { ...NO_INFO, size });
    }
    this.#last = unknown.at(-1) ?? Math.max(known, 0);
    this.#current = { below: this.#last, above: undefined };
    for (const file of infos.keys()) this.#findEnd(file, this.#info(file).size);
    if (unknown.length > 0) this.#findEnd(this.#last, 0);
  }

  #findEnd(file: number, from: number): void {
    const size = this.#cutTail('blk', file, from);
    if (size !== this.#info(file).size) this.#update(file, { size });
  }

  /**
   * Keeps a block; see {@link BlockFiles}.
   *
   * @throws RangeError if it has less than 80 or more than 4,000,000 bytes
   */
  writeBlock(block: Uint8Array, height: number, time: number): BlockPosition {
    if (block.length < BLOCK_HEADER_SIZE || block.length > MAX_BLOCK_SERIALIZED_SIZE) {
      throw new RangeError(`a block cannot have ${block.length} bytes`);
    }
    const length = STORAGE_HEADER_BYTES + block.length;
    const side = height < this.#border ? 'below' : 'above';
    const current = this.#current[side];
    const hasRoom =
      current !== undefined && this.#info(current).size + length < this.#maxFileSize(length);
    const file = hasRoom ? current : this.#last + 1;
    const { size } = this.#info(file);
    this.#write(fileName('blk', file), size, block);
    if (size === 0) this.#makeUndoFile(file);
    this.#last = Math.max(this.#last, file);
    this.#current[side] = file;
    this.#update(file, { ...withBlock(this.#info(file), height, time), size: size + length });
    return { file, position: size + STORAGE_HEADER_BYTES };
  }

  keepApart(height: number | undefined): void {
    this.#border = height ?? Infinity;
    this.#current.below = undefined;
    this.#current.above = undefined;
    for (const [file, { blocks, heightLast }] of this.#infos) {
      const side = heightLast < this.#border ? 'below' : 'above';
      if (blocks > 0 && file >= (this.#current[side] ?? 0)) this.#current[side] = file;
    }
  }

  readBlock(at: BlockPosition): Uint8Array {
    return this.#read('blk', at, BLOCK_HEADER_SIZE, 0);
  }

  writeUndo(file: number, undo: Uint8Array, checksum: Uint8Array): number {
    if (checksum.length !== UNDO_CHECKSUM_BYTES) throw new RangeError('a checksum has 32 bytes');
    if (!this.#undoEnds.has(file)) {
      const undoSize = this.#cutTail('rev', file, this.#info(file).undoSize);
      this.#undoEnds.add(file);
      if (undoSize !== this.#info(file).undoSize) this.#update(file, { undoSize });
    }
    const { undoSize } = this.#info(file);
    this.#write(fileName('rev', file), undoSize, undo, checksum);
    const length = STORAGE_HEADER_BYTES + undo.length + UNDO_CHECKSUM_BYTES;
    this.#update(file, { undoSize: undoSize + length });
    return undoSize + STORAGE_HEADER_BYTES;
  }

  readUndo(at: BlockPosition): StoredUndo {
    const bytes = this.#read('rev', at, 1, UNDO_CHECKSUM_BYTES);
    const length = bytes.length - UNDO_CHECKSUM_BYTES;
    return { undo: bytes.subarray(0, length), checksum: bytes.subarray(length) };
  }

  /**
   * Makes all that was written so far last. If that fails, what was written since the last time may be
   * lost whatever happens next: the node should stop.
   */
  sync(): void {
    for (const name of this.#dirty) {
      this.#syncFile(name);
      this.#dirty.delete(name);
    }
    if (this.#namesChanged) syncDirectory(this.#directory);
    this.#namesChanged = false;
  }

  files(): ReadonlyMap<number, BlockFileInfo> {
    return this.#infos;
  }

  /** Deletes a block file and its undo file, if they are there. No later block gets that number. */
  remove(file: number): void {
    for (const kind of ['blk', 'rev'] as const) {
      rmSync(join(this.#directory, fileName(kind, file)), { force: true });
      this.#dirty.delete(fileName(kind, file));
    }
    this.#namesChanged = true;
    this.#infos.delete(file);
    this.#undoEnds.delete(file);
    for (const side of ['below', 'above'] as const) {
      if (this.#current[side] === file) this.#current[side] = undefined;
    }
  }

  /**
   * Deletes files of numbers that have no info: pruned, but the process ended before they were deleted
   * (Core `ScanAndUnlinkAlreadyPrunedFiles`). To be called if blocks were ever pruned.
   *
   * @returns their numbers, rising
   */
  removePruned(): number[] {
    const numbers = [...this.existing(), ...fileNumbers(this.#directory, 'rev')]
      .filter((file) => file < this.#last && this.#info(file).size === 0);
    const pruned = [...new Set(numbers)].sort((a, b) => a - b);
    for (const file of pruned) this.remove(file);
    return pruned;
  }

  /** The numbers of the block files that are there, rising. */
  existing(): number[] {
    return fileNumbers(this.#directory, 'blk');
  }

  /**
   * Takes note of a block that is in a file already (Core `UpdateBlockInfo`), as `writeBlock` does of
   * one that it writes: for `-reindex`.
   *
   * @param size its bytes
   */
  updateBlockInfo(at: BlockPosition, size: number, height: number, time: number): void {
    const info = this.#info(at.file);
    const end = Math.max(info.size, at.position + size);
    this.#update(at.file, { ...withBlock(info, height, time), size: end });
    this.#last = Math.max(this.#last, at.file);
    const side = height < this.#border ? 'below' : 'above';
    this.#current[side] = Math.max(this.#current[side] ?? 0, at.file);
  }

  #info(file: number): BlockFileInfo {
    return this.#infos.get(file) ?? NO_INFO;
  }

  #update(file: number, changes: Partial<BlockFileInfo>): void {
    this.#infos.set(file, { ...this.#info(file), ...changes });
  }

  /** Core `FindNextBlockPos`: with `-fastprune` a file grows for the block that it cannot hold. */
  #maxFileSize(length: number): number {
    return this.#fastPrune ? Math.max(FAST_PRUNE_BLOCKFILE_SIZE, length + 1) : MAX_BLOCKFILE_SIZE;
  }

  /**
   * Finds where a file goes on, from the end of a record that is known, and cuts off what is of no use
   * behind it.
   */
  #cutTail(kind: FileKind, file: number, from: number): number {
    const path = join(this.#directory, fileName(kind, file));
    const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0 };
    // Mostly there is nothing more: then the file is not even opened.
    if (size <= from) return from;
    const limits: RecordLimits =
      kind === 'blk'
        ? { ...this.#format, maxLength: MAX_BLOCK_SERIALIZED_SIZE, trailer: 0 }
        : { ...this.#format, maxLength: MAX_SIZE, trailer: UNDO_CHECKSUM_BYTES };
    const fd = openSync(path, 'r+');
    try {
      const end = endOfRecords(fd, fstatSync(fd).size, from, limits);
      if (end < size) ftruncateSync(fd, end);
      return end;
    } finally {
      closeSync(fd);
    }
  }

  #makeUndoFile(file: number): void {
    closeSync(openSync(join(this.#directory, fileName('rev', file)), 'a', 0o666));
  }

  #write(name: string, position: number, data: Uint8Array, checksum?: Uint8Array): void {
    const record = this.#record(data, checksum);
    obfuscate(record, this.#format.key, position);
    this.#dirty.add(name);
    if (position === 0) this.#namesChanged = true;
    const path = join(this.#directory, name);
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o666);
    try {
      writeFully(fd, record, position, path);
    } catch (error) {
      try {
        ftruncateSync(fd, position);
      } catch {
        // Then it is written over, or cut off at the next start.
      }
      throw error;
    } finally {
      closeSync(fd);
    }
  }

  /** A record as it stands in a file, but not hidden. It is lent until the next. */
  #record(data: Uint8Array, checksum: Uint8Array | undefined): Uint8Array {
    const length = STORAGE_HEADER_BYTES + data.length + (checksum?.length ?? 0);
    let buffer = this.#buffer;
    if (buffer.length < length) {
      buffer = unfilled(2 ** Math.ceil(Math.log2(length)));
      if (buffer.length <= BUFFER_SIZE) this.#buffer = buffer;
    }
    const record = buffer.subarray(0, length);
    record.set(this.#format.magic);
    new Writer(record.subarray(4, STORAGE_HEADER_BYTES)).u32(data.length);
    record.set(data, STORAGE_HEADER_BYTES);
    if (checksum !== undefined) record.set(checksum, STORAGE_HEADER_BYTES + data.length);
    return record;
  }

  #read(kind: FileKind, at: BlockPosition, least: number, trailer: number): Uint8Array {
    const path = join(this.#directory, fileName(kind, at.file));
    const where = recordPlace(path, at.position);
    const start = at.position - STORAGE_HEADER_BYTES;
    if (start < 0) throw new NodeError('corrupt', `There is no record in ${where}.`);
    const fd = openSync(path, 'r');
    try {
      const head = this.#readAt(fd, STORAGE_HEADER_BYTES, start, where);
      const length = recordLength(head, this.#format.magic, least, where);
      return this.#readAt(fd, length + trailer, at.position, where);
    } finally {
      closeSync(fd);
    }
  }

  #readAt(fd: number, length: number, position: number, where: string): Uint8Array {
    const bytes = unfilled(length);
    if (readFully(fd, bytes, position) < length) {
      throw new NodeError('corrupt', `The file ends in the record in ${where}.`);
    }
    obfuscate(bytes, this.#format.key, position);
    return bytes;
  }

  #syncFile(name: string): void {
    let fd: number;
    try {
      fd = openSync(join(this.#directory, name), 'r+');
    } catch (error) {
      // Somebody took it away: it does not get any safer.
      if (systemErrorCode(error) === 'ENOENT') return;
      throw error;
    }
    try {
      fdatasyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/** The largest of some numbers, of which there may be many. */
function largest(numbers: Iterable<number>): number | undefined {
  let result: number | undefined;
  for (const number of numbers) if (result === undefined || number > result) result = number;
  return result;
}

/** An info with one more block, apart from sizes (Core `CBlockFileInfo::AddBlock`). */
function withBlock(info: BlockFileInfo, height: number, time: number): BlockFileInfo {
  const isFirst = info.blocks === 0;
  return {
    ...info,
    blocks: info.blocks + 1,
    heightFirst: isFirst ? height : Math.min(info.heightFirst, height),
    heightLast: Math.max(info.heightLast, height),
    timeFirst: isFirst ? time : Math.min(info.timeFirst, time),
    timeLast: Math.max(info.timeLast, time),
  };
}

function writeFully(fd: number, bytes: Uint8Array, position: number, path: string): void {
  for (let done = 0; done < bytes.length; ) {
    const count = writeSync(fd, bytes, done, bytes.length - done, position + done);
    if (count === 0) throw new NodeError('io', `Nothing could be written to ${path}`);
    done += count;
  }
}
