import { createHash } from 'node:crypto';
import {
  CoinsStore,
  CoinStats,
  type ChainstateManager,
  type CoinChange,
  type LoadedSnapshot,
} from '@btcp2p/chainstate';
import type { AssumeutxoData, HeaderTree } from '@btcp2p/consensus';
import { equalHashes, hashToHex } from '@btcp2p/wire';
import { CLIENT_NAME } from '../client.ts';
import { NodeError, systemErrorCode } from '../node-error.ts';
import { LmdbStore } from '../storage/kv/lmdb-store.ts';
import type { SnapshotAnswer } from './chain-messages.ts';
import { ChainQueryError } from './chain-query-error.ts';
import { COINS_AT_ONCE, type StoredCoins } from './coin-scans.ts';
import type { CoinsDirectories } from './coins-directories.ts';
import type { Piecemeal } from './piecemeal.ts';
import { SnapshotReader, writeSnapshot } from './snapshot-file.ts';

/** Coins of a snapshot that are stored at a time. */
const COINS_PER_WRITE = 100_000;

/** What {@link Snapshots} rest on. */
export interface SnapshotsOptions {
  readonly directories: CoinsDirectories;
  readonly known: readonly AssumeutxoData[];
  readonly headers: HeaderTree;
  /** Of the network. */
  readonly magic: Uint8Array;
  /** Bytes of coins that are stored at a time. */
  readonly batchBytes: number;
  readonly log: (text: string) => void;
}

/** Snapshots of all coins: writes them, goes on from one, and proves that (Core's assumeUTXO). */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  #manager: ChainstateManager | undefined;
  /** The coins that the chain goes on from. */
  #store: LmdbStore | undefined;
  #isLoading = false;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  /**
   * The snapshot that was loaded in an earlier run and is not proved yet.
   *
   * @throws NodeError
   */
  open(): LoadedSnapshot | undefined {
    const { directories, log } = this.#options;
    const baseHash = directories.baseHash();
    if (baseHash === undefined) return undefined;
    log(`[snapshot] detected active snapshot chainstate (${directories.snapshot}) - loading`);
    if (this.#find(baseHash) === undefined) {
      const text = `Assumeutxo data not found for the given blockhash '${hashToHex(baseHash)}'.`;
      throw new NodeError(
        'corrupt', `A fatal internal error occurred, see debug.log for details: ${text}`,
      );
    }
    this.#store = LmdbStore.open(directories.snapshot);
    return { coins: this.#coinsOf(this.#store), baseHash };
  }

  /** From now on the rest works. */
  attach(manager: ChainstateManager): void {
    this.#manager = manager;
  }

  /** Makes all last. */
  sync(): void {
    this.#store?.sync();
  }

  close(): void {
    this.#store?.close();
  }

  /**
   * Writes all coins into a file (`dumptxoutset`).
   *
   * @param counted the same coins as `written`, to be gone through once more
   */
  *dump(path: string, counted: StoredCoins, written: StoredCoins): Piecemeal<SnapshotAnswer> {
    const { magic, headers } = this.#options;
    let coins = 0;
    for (const _ of counted.coins) if (++coins % COINS_AT_ONCE === 0) yield;
    const stats = newStats();
    const metadata = {
      magic,
      baseBlockHash: headers.hash(written.tip),
      coinsCount: BigInt(coins),
    };
    yield* writeSnapshot(path, metadata, written.coins, (coin) => stats.add(coin));
    return { coins, base: written.tip, hash: stats.hashSerialized3() };
  }

  /** Goes on from the coins of a file (`loadtxoutset`), once all of them are here and checked. */
  *load(path: string): Piecemeal<SnapshotAnswer> {
    const reader = openSnapshotFile(path, this.#options.magic);
    try {
      return yield* this.#load(reader);
    } catch (error) {
      if (!(error instanceof ChainQueryError)) throw error;
      const text = `Unable to load UTXO snapshot: ${error.message}. (${path})`;
      throw new ChainQueryError(text, { cause: error });
    } finally {
      reader.close();
    }
  }

  /** Whether all blocks up to the snapshot's are connected, so that it can be proved. */
  get isProvable(): boolean {
    return this.#manager!.isSnapshotProvable !== undefined;
  }

  /**
   * Compares the hash of the snapshot's coins with what all blocks come to.
   *
   * @throws NodeError if they differ; the snapshot is out of the way then
   */
  *prove(): Piecemeal<void> {
    const { directories, log } = this.#options;
    const manager = this.#manager!;
    const data = manager.isSnapshotProvable!;
    log(
      '[snapshot] computing UTXO stats for background chainstate to validate snapshot - this could ' +
        'take a few minutes',
    );
    const hash = yield* hashOf(manager.backgroundCoins());
    if (!equalHashes(hash, data.hashSerialized)) throw this.#refuse(data, hash);
    log(`[snapshot] snapshot beginning at ${hashToHex(data.blockHash)} has been fully validated`);
    manager.snapshotProved();
    directories.setProved();
  }

  *#load(reader: SnapshotReader): Piecemeal<SnapshotAnswer> {
    const { directories, headers, log } = this.#options;
    const { baseBlockHash, coinsCount } = reader.metadata;
    this.#checkFault(baseBlockHash);
    if (this.#isLoading) throw new ChainQueryError('Another snapshot is being loaded');
    const base = headers.find(baseBlockHash)!;
    this.#isLoading = true;
    directories.removeSnapshot();
    const loaded = LmdbStore.open(directories.snapshot);
    try {
      const name = hashToHex(baseBlockHash);
      const coins = this.#coinsOf(loaded);
      log(`[snapshot] loading ${coinsCount} coins from snapshot ${name}`);
      yield* store(reader.coins(headers.height(base)), coins, baseBlockHash);
      log(`[snapshot] loaded ${coinsCount} coins from snapshot ${name}`);
      const hash = yield* hashOf(coins);
      const expected = this.#find(baseBlockHash)!.hashSerialized;
      if (!equalHashes(hash, expected)) {
        const fault = `expected ${hashToHex(expected)}, got ${hashToHex(hash)}`;
        throw new ChainQueryError(`Population failed: Bad snapshot content hash: ${fault}`);
      }
      // The chain may have gone on meanwhile.
      this.#checkFault(baseBlockHash);
      log('[snapshot] validated snapshot');
      loaded.sync();
      // What it rests on goes first: a snapshot of a block that is not known is of no use.
      this.#manager!.flush();
      directories.setBaseHash(baseBlockHash);
      this.#store = loaded;
      this.#manager!.activateSnapshot(coins, baseBlockHash);
      log(`[snapshot] successfully activated snapshot ${name}`);
      return { coins: Number(coinsCount), base, hash };
    } finally {
      this.#isLoading = false;
      if (this.#store !== loaded) {
        loaded.close();
        directories.removeSnapshot();
      }
    }
  }

  #checkFault(baseHash: Uint8Array): void {
    const fault = this.#manager!.snapshotFault(baseHash);
    if (fault !== undefined) throw new ChainQueryError(fault.message);
  }

  #refuse(data: AssumeutxoData, hash: Uint8Array): NodeError {
    const { directories, headers, log } = this.#options;
    const expected = hashToHex(data.hashSerialized);
    log(`[snapshot] hash mismatch: actual=${hashToHex(hash)}, expected=${expected}`);
    const height = headers.height(this.#manager!.tip);
    this.#store?.close();
    this.#store = undefined;
    const path = directories.setInvalid();
    return new NodeError(
      'corrupt',
      `${CLIENT_NAME} failed to validate the -assumeutxo snapshot state: its coins are not those that ` +
        `the blocks up to height ${data.height} come to. The chain goes back from height ${height} to ` +
        `${data.height}, and on from there after a restart. The coins were moved to ${path}.`,
    );
  }

  #find(blockHash: Uint8Array): AssumeutxoData | undefined {
    return this.#options.known.find((data) => equalHashes(data.blockHash, blockHash));
  }

  #coinsOf(store: LmdbStore): CoinsStore {
    return new CoinsStore(store, { batchBytes: this.#options.batchBytes });
  }
}

function newStats(): CoinStats {
  return new CoinStats({ serialized: createHash('sha256') });
}

/** `hash_serialized_3` of all coins as they are now. */
function* hashOf(coins: CoinsStore): Piecemeal<Uint8Array> {
  const stats = newStats();
  let count = 0;
  for (const coin of coins.coins()) {
    stats.add(coin);
    if (++count % COINS_AT_ONCE === 0) yield;
  }
  return stats.hashSerialized3();
}

/** Stores what comes, some at a time: until all is there, that is of no use to anybody. */
function* store(changes: Iterable<CoinChange>, to: CoinsStore, block: Uint8Array): Piecemeal<void> {
  let part: CoinChange[] = [];
  for (const change of changes) {
    part.push(change);
    if (part.length % COINS_AT_ONCE === 0) yield;
    if (part.length < COINS_PER_WRITE) continue;
    to.write(part, block);
    part = [];
  }
  to.write(part, block);
}

function openSnapshotFile(path: string, magic: Uint8Array): SnapshotReader {
  try {
    return new SnapshotReader(path, magic);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    throw new ChainQueryError(`Couldn't open file ${path} for reading.`);
  }
}
