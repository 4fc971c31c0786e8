import { sha256d as defaultSha256d, type Network, type Sha256d } from '@btcp2p/wire';
import { fileError, type NodeError } from '../node-error.ts';
import { BlockFiles } from './block-files.ts';
import { nodeFileSystem, type FileSystem } from './file-system.ts';
import { HeaderLog } from './header-log.ts';
import type { BlockStore, HeaderStore, StorageNotice } from './ports.ts';

/** How {@link Storage} is opened. */
export interface StorageOptions {
  /** The `blocks` directory of a locked data directory. */
  readonly directory: string;
  readonly network: Network;
  /** A fast one; the default is pure JavaScript. */
  readonly sha256d?: Sha256d;
  readonly xor?: boolean;
  /** Whether 80 bytes are a header that may be stored: check its proof of work. Default: any is. */
  readonly checkHeader?: (header: Uint8Array, hash: Uint8Array) => boolean;
  /** Whether a block is whole, tried on the last ones at start. Default: any is. */
  readonly verify?: (block: Uint8Array) => boolean;
  /**
   * Milliseconds between syncs to the disk, which bound what a power cut can take; 0: only at the
   * end. A killed process loses nothing either way. Default: 10 s.
   */
  readonly syncInterval?: number;
  readonly notice?: (notice: StorageNotice) => void;
  /** Called once, when storing has failed for good and the node should stop. */
  readonly failed?: (error: NodeError) => void;
  readonly fileSystem?: FileSystem;
}

/** Headers and blocks of one chain on disk, synced from time to time. */
export class Storage {
  readonly headers: HeaderStore;
  readonly blocks: BlockStore;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #directory: string;
  #syncing: Promise<void> | undefined;

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
   * Opens the stored blocks. Headers are to be loaded next: `storage.headers.load(…)`.
   *
   * @throws NodeError
   */
  static async open(options: StorageOptions): Promise<Storage> {
    const { directory, network, sha256d = defaultSha256d, xor = true } = options;
    const { fileSystem = nodeFileSystem, notice = () => {} } = options;
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
      checkHeader: options.checkHeader ?? (() => true),
      verify: options.verify ?? (() => true),
      notice,
      failed,
    });
    return new Storage(options, new HeaderLog({ directory, fileSystem, notice, failed }), blocks);
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
