import { checkProofOfWork, consensusParams, isBlockMutated, type HeaderTree } from '@btcp2p/consensus';
import type { UnixTime } from '@btcp2p/machine';
import type { StorageJob, StorageResult } from '@btcp2p/node';
import { nativeSha256d } from '@btcp2p/reactor';
import { BlockView, DecodeError, type Network, type Sha256d } from '@btcp2p/wire';
import { fileError, type NodeError } from '../node-error.ts';
import { BlockFiles } from './block-files.ts';
import { nodeFileSystem, type FileSystem } from './file-system.ts';
import { HeaderLog } from './header-log.ts';
import type { BlockStore, HeaderLoad, HeaderStore, StorageNotice } from './ports.ts';

/** Where the time and the bits stand in a header of 80 bytes. */
const TIME_OFFSET = 68;
const BITS_OFFSET = 72;

/** How {@link Storage} is opened. */
export interface StorageOptions {
  /** The `blocks` directory of a locked data directory. */
  readonly directory: string;
  readonly network: Network;
  /** Hide block files with a random key, if the directory is new. Default: yes. */
  readonly xor?: boolean;
  /**
   * Milliseconds between syncs to the disk, which bound what a power cut can take; 0: only at the
   * end. A killed process loses nothing either way. Default: 10 s.
   */
  readonly syncInterval?: number;
  readonly notice?: (notice: StorageNotice) => void;
  /** Called once, when storing has failed for good and the node should stop. */
  readonly failed?: (error: NodeError) => void;
  readonly sha256d?: Sha256d;
  readonly fileSystem?: FileSystem;
}

/** Headers and blocks of one chain on disk, synced from time to time. */
export class Storage {
  readonly headers: HeaderStore;
  readonly blocks: BlockStore;
  readonly #directory: string;
  readonly #timer: NodeJS.Timeout | undefined;
  #syncing: Promise<void> | undefined;
  /** Settles with the newest headers that a job stored. */
  #lastHeaders: Promise<void> | undefined;

  private constructor(options: StorageOptions, headers: HeaderStore, blocks: BlockStore) {
    this.headers = headers;
    this.blocks = blocks;
    this.#directory = options.directory;
    const interval = options.syncInterval ?? 10_000;
    if (interval > 0) {
      this.#timer = setInterval(() => this.#syncInBackground(), interval);
      this.#timer.unref();
    }
  }

  /**
   * Opens the stored blocks; {@link loadHeaders} comes next.
   *
   * @throws NodeError
   */
  static async open(options: StorageOptions): Promise<Storage> {
    const { directory, network, xor = true, notice = () => {} } = options;
    const { fileSystem = nodeFileSystem, sha256d = nativeSha256d } = options;
    const params = consensusParams(network);
    let reported = false;
    const failed = (error: NodeError): void => {
      if (!reported) options.failed?.(error);
      reported = true;
    };
    // Block files first: whether the directory is new decides on their key.
    const blocks = await BlockFiles.open({
      directory,
      network,
      fileSystem,
      sha256d,
      xor,
      checkHeader: (header, hash) => checkProofOfWork(hash, readU32(header, BITS_OFFSET), params),
      verify: (block) => isWhole(block, sha256d),
      notice,
      failed,
    });
    return new Storage(options, new HeaderLog({ directory, fileSystem, notice, failed }), blocks);
  }

  /**
   * Puts every stored header into a tree, which checks it again, except that a header is not refused
   * for being of the future: the clock may have been set back since it was accepted.
   *
   * @throws NodeError
   */
  loadHeaders(tree: HeaderTree, now: UnixTime): Promise<HeaderLoad> {
    return this.headers.load((header) => {
      const { status } = tree.add(header, Math.max(now, readU32(header, TIME_OFFSET)));
      return status === 'added' || status === 'known';
    });
  }

  /**
   * Does a job of a node. A block counts as kept once the headers before it are kept too. Never
   * rejects.
   */
  async perform(job: StorageJob): Promise<StorageResult> {
    try {
      switch (job.type) {
        case 'append-headers':
          await (this.#lastHeaders = this.headers.append(job.headers));
          return { type: 'appended' };
        case 'append-block':
          await Promise.all([this.#lastHeaders, this.blocks.append(job.bytes, job.hash)]);
          return { type: 'appended' };
        case 'read-block': {
          const bytes = await this.blocks.read(job.hash);
          return bytes === undefined ? { type: 'failed', detail: 'not stored' } : { type: 'block', bytes };
        }
      }
    } catch (error) {
      return { type: 'failed', detail: fileError(error, this.#directory).message };
    }
  }

  /** Makes all that was appended so far last. */
  async sync(): Promise<void> {
    await Promise.all([this.headers.sync(), this.blocks.sync()]);
  }

  /** Writes and syncs what is left, and closes all files. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#syncing;
    const results = await Promise.allSettled([this.headers.close(), this.blocks.close()]);
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw fileError(failure.reason, this.#directory);
  }

  #syncInBackground(): void {
    if (this.#syncing !== undefined) return;
    this.#syncing = this.sync()
      // The files themselves report their failure.
      .catch(() => {})
      .finally(() => (this.#syncing = undefined));
  }
}

/** Whether bytes are a block whose transactions and witnesses are those that it commits to. */
function isWhole(bytes: Uint8Array, sha256d: Sha256d): boolean {
  try {
    const block = BlockView.of(bytes);
    // Where there are witnesses, BIP 141 held when the block was accepted.
    return !isBlockMutated(block, block.strippedSize !== block.size, sha256d);
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
