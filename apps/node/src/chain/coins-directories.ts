import {
  existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { syncDirectory } from '../storage/files/blocks-xor-key.ts';

/** Core's names (node/utxo_snapshot.h, validation.cpp). */
const COINS = 'chainstate';
const SNAPSHOT = 'chainstate_snapshot';
const BASE_BLOCKHASH = 'base_blockhash';
const INVALID_SUFFIX = '_INVALID';
const OLD_SUFFIX = '_todelete';
/** Our own: the snapshot was proved, and takes the place of the other at the next start. */
const PROVED = 'proved';

/**
 * The directories of coins of a chain: `chainstate`, and beside it `chainstate_snapshot` from the time
 * that a snapshot was loaded until the start after it was proved. Every step between is one renaming,
 * and what a crash left half done is done at the next start.
 */
export class CoinsDirectories {
  readonly coins: string;
  readonly snapshot: string;
  /** Whether a snapshot that was proved has taken the place of the other coins just now. */
  readonly wasProved: boolean;

  /** Ends what an earlier run began. To be made before any of the directories is opened. */
  constructor(directory: string) {
    this.coins = join(directory, COINS);
    this.snapshot = join(directory, SNAPSHOT);
    const old = `${this.coins}${OLD_SUFFIX}`;
    this.wasProved = existsSync(join(this.snapshot, PROVED));
    if (this.wasProved) {
      if (existsSync(this.coins)) {
        rmSync(old, { recursive: true, force: true });
        renameSync(this.coins, old);
      }
      rmSync(join(this.snapshot, BASE_BLOCKHASH), { force: true });
      rmSync(join(this.snapshot, PROVED));
      renameSync(this.snapshot, this.coins);
    } else if (existsSync(this.snapshot) && this.baseHash() === undefined) {
      // The proof was taken note of, and then only the last renaming was missing; or loading a snapshot
      // was cut short. In the first case there are no other coins.
      if (existsSync(this.coins)) rmSync(this.snapshot, { recursive: true });
      else renameSync(this.snapshot, this.coins);
    }
    rmSync(old, { recursive: true, force: true });
  }

  /** The block whose coins the snapshot had, 32 bytes in wire order; undefined if there is none. */
  baseHash(): Uint8Array | undefined {
    const path = join(this.snapshot, BASE_BLOCKHASH);
    return existsSync(path) ? Uint8Array.from(readFileSync(path)) : undefined;
  }

  /** The snapshot is complete: from now on it counts. */
  setBaseHash(hash: Uint8Array): void {
    this.#mark(BASE_BLOCKHASH, hash);
  }

  /** The snapshot has been proved. */
  setProved(): void {
    this.#mark(PROVED, new Uint8Array(0));
  }

  /** The snapshot was proved wrong, and is kept for whoever wants to know why. */
  setInvalid(): string {
    const path = `${this.snapshot}${INVALID_SUFFIX}`;
    rmSync(path, { recursive: true, force: true });
    renameSync(this.snapshot, path);
    return path;
  }

  /** Deletes a snapshot, if there is one: its store must be closed. */
  removeSnapshot(): void {
    // First, so that what is left of it counts for nothing, and there are other coins.
    mkdirSync(this.coins, { recursive: true });
    rmSync(join(this.snapshot, PROVED), { force: true });
    rmSync(join(this.snapshot, BASE_BLOCKHASH), { force: true });
    rmSync(this.snapshot, { recursive: true, force: true });
  }

  /** A file of the snapshot that is there as a whole or not at all. */
  #mark(name: string, content: Uint8Array): void {
    const temporary = join(this.snapshot, `${name}.new`);
    writeFileSync(temporary, content, { flush: true });
    renameSync(temporary, join(this.snapshot, name));
    syncDirectory(this.snapshot);
  }
}
