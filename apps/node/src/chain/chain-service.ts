import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  BlockIndexStore,
  BlockStatus,
  ChainstateError,
  ChainstateManager,
  CoinsStore,
  blockUndoCodec,
  pruneAfterHeight,
  type ChainEvent,
  type ScriptChecker,
  type VerifiedChain,
} from '@btcp2p/chainstate';
import {
  consensusParams,
  genesisAnchor,
  HeaderTree,
  MAX_FUTURE_BLOCK_TIME,
  signetMagic,
  type HeaderEntry,
} from '@btcp2p/consensus';
import type { BlockOutcome, ChainJob, ChainResult } from '@btcp2p/node';
import { nativeSha256d } from '@btcp2p/reactor';
import {
  BLOCK_HEADER_SIZE,
  BlockView,
  encode,
  networks,
} from '@btcp2p/wire';
import { fileError, NodeError } from '../node-error.ts';
import { blocksXorKey, externalXorKey } from '../storage/files/blocks-xor-key.ts';
import { DiskBlockFiles } from '../storage/files/disk-block-files.ts';
import {
  cleanupBlockRevFiles,
  fileName,
  fileNumbers,
  removeUndoFiles,
} from '../storage/files/file-names.ts';
import { readBytesAt } from '../storage/files/read-bytes-at.ts';
import { scanBlocks, type ScannedBlock } from '../storage/files/scan-blocks.ts';
import { LmdbStore } from '../storage/kv/lmdb-store.ts';
import { ChainQueryError } from './chain-query-error.ts';
import { coinStats, scanCoins, type StoredCoins } from './coin-scans.ts';
import { CoinsDirectories } from './coins-directories.ts';
import { Snapshots } from './snapshots.ts';
import type {
  ChainSettings,
  ChainStateAnswer,
  LoadedChain,
  QueryJob,
  QueryResults,
} from './chain-messages.ts';
import { performFilterJob } from './filter-jobs.ts';
import { HeaderFile } from './header-file.ts';
import { importBlocks } from './import-blocks.ts';
import { IndexStores } from './index-stores.ts';
import { verifySignet } from './verify-signet.ts';
import type { Piecemeal } from './piecemeal.ts';
import { isMempoolJob, MempoolService } from './mempool-service.ts';
import type { MempoolJob, MempoolStatus } from './mempool-messages.ts';

/** Milliseconds after a change within which the block index is stored. */
const INDEX_INTERVAL_MS = 5_000;

/** The same for the coins, if nothing else has them stored (Core `DATABASE_WRITE_INTERVAL`). */
const COINS_INTERVAL_MS = 60 * 60 * 1_000;

/** Core's words (node/chainstate.cpp). */
const FROM_THE_FUTURE =
  'The block database contains a block which appears to be from the future. This may be due to your ' +
  "computer's date and time being set incorrectly. Only rebuild the block database if you are sure " +
  "that your computer's date and time are correct";

/**
 * The chain of blocks over its files: all that the chain thread does, without the thread. Every call
 * may take long, and throws what must end the process.
 */
export class ChainService {
  readonly #settings: ChainSettings;
  readonly #notify: (event: ChainEvent | MempoolStatus) => void;
  readonly #headers: HeaderTree;
  readonly #headerFile: HeaderFile;
  readonly #indexStore: LmdbStore;
  readonly #coinsStore: LmdbStore;
  readonly #snapshots: Snapshots;
  readonly #index: BlockIndexStore;
  readonly #files: DiskBlockFiles;
  readonly #key: Uint8Array;
  readonly #magic: Uint8Array;
  readonly #manager: ChainstateManager;
  readonly #indexes: IndexStores;
  readonly #mempool: MempoolService;
  /** How many headers of the tree are in the file, the first one counted though it is not. */
  #keptHeaders = 1;
  /** When the block index was stored last, in the clock of `performance`, and when all was. */
  #savedAt = 0;
  #flushedAt = performance.now();

  /**
   * Opens what is there, or makes it.
   *
   * @throws NodeError, ChainstateError
   */
  constructor(
    settings: ChainSettings,
    scripts: ScriptChecker,
    notify: (event: ChainEvent | MempoolStatus) => void,
  ) {
    this.#settings = settings;
    this.#notify = notify;
    const network = networks[settings.chain];
    const params = consensusParams(network, settings.consensus);
    const blocks = settings.blocksDirectory;
    const headers = join(settings.directory, 'blocks');
    const directories = new CoinsDirectories(settings.directory);
    if (directories.wasProved) {
      this.#log('[snapshot] cleaning up unneeded background chainstate, then reinitializing');
    }
    for (const path of [blocks, headers]) mkdirSync(path, { recursive: true });
    const key = blocksXorKey(blocks, settings.blocksXor);
    this.#headers = new HeaderTree({
      params,
      anchor: genesisAnchor(network),
      sha256d: nativeSha256d,
      salt: settings.salt,
    });
    this.#headerFile = this.#openHeaders(join(headers, 'headers.dat'));
    if (settings.reindex || settings.reindexChainstate) {
      if (directories.baseHash() !== undefined) {
        this.#log('[snapshot] deleting snapshot chainstate due to reindexing');
      }
      directories.removeSnapshot();
      LmdbStore.remove(directories.coins);
    }
    this.#indexStore = LmdbStore.open(join(headers, 'index'));
    this.#coinsStore = LmdbStore.open(directories.coins);
    const index = new BlockIndexStore(this.#indexStore);
    this.#index = index;
    this.#key = key;
    this.#magic = networkMagic(settings);
    if (settings.reindex) index.startReindexing();
    // Also one that was cut short: until it ends no block has undo data.
    if (index.isReindexing) {
      // What stands behind a gap cannot be kept where files are deleted from the front.
      if (settings.pruneTarget === undefined) removeUndoFiles(blocks);
      else cleanupBlockRevFiles(blocks);
    }
    this.#files = new DiskBlockFiles({
      directory: blocks,
      magic: this.#magic,
      key,
      infos: index.files(),
      fastPrune: settings.fastPrune,
    });
    this.#indexes = new IndexStores({
      directory: settings.directory,
      txIndex: settings.txIndex,
      blockFilterIndex: settings.blockFilterIndex,
      wipe: settings.reindex,
      files: this.#files,
      saveBlocks: () => {
        this.#manager.saveIndex();
        this.#indexStore.sync();
      },
      log: (text, level = 'info') => this.#notify({ type: 'log', level, text }),
    });
    this.#mempool = new MempoolService(settings);
    this.#snapshots = new Snapshots({
      directories,
      known: params.assumeutxo,
      headers: this.#headers,
      magic: this.#magic,
      batchBytes: settings.coinsBatchBytes,
      log: (text) => this.#log(text),
    });
    const snapshot = this.#snapshots.open();
    this.#manager = new ChainstateManager({
      network,
      params,
      headers: this.#headers,
      index,
      coins: this.#storeOfCoins(this.#coinsStore),
      ...(snapshot && { snapshot }),
      files: this.#files,
      syncHeaders: () => {
        this.#keepNewHeaders();
        this.#headerFile.sync();
      },
      scripts,
      notify,
      connected: (block) => this.#indexes.connected(block),
      mempool: this.#mempool,
      pruneLock: () => this.#indexes.pruneLock(),
      interrupted: () => this.#isInterrupted,
      sha256d: nativeSha256d,
      salt: settings.salt,
      verifySignet,
      maxCoinsBytes: settings.cacheBytes,
      ...(this.#isPruning && { pruneTarget: settings.pruneTarget! }),
      pruneAfterHeight: pruneAfterHeight(settings.chain, settings),
      ...(settings.assumeValid && { assumeValid: settings.assumeValid }),
      ...(settings.minimumChainWork !== undefined && {
        minimumChainWork: settings.minimumChainWork,
      }),
    });
    this.#indexes.attach(this.#manager);
    this.#mempool.attach(this.#manager);
    this.#snapshots.attach(this.#manager);
  }

  /** Whether an index does not know all blocks of the chain: see {@link catchUp}. */
  get isIndexBehind(): boolean {
    return this.#indexes.isBehind;
  }

  /** Whether block files are deleted without being asked to. */
  get #isPruning(): boolean {
    return (this.#settings.pruneTarget ?? 0) > 1;
  }

  get #isInterrupted(): boolean {
    return Atomics.load(this.#settings.interrupt, 0) !== 0;
  }

  /** Takes what is stored, rebuilds what is to be rebuilt, and says what there is. */
  load(): LoadedChain {
    const manager = this.#manager;
    if (manager.hasPruned) this.#files.removePruned();
    manager.load(() => {
      if (this.#index.isReindexing) this.#reindex();
      else this.#findLostBlocks();
    });
    this.#checkLoaded();
    this.#indexes.start();
    manager.activateBestChain();
    for (const path of this.#settings.loadBlock) this.#loadBlocks(path);
    if (!this.#isInterrupted) this.#indexes.check();
    // Files may take more than they may now.
    if (this.#isPruning && !this.#isInterrupted) manager.flush();
    this.#keepNewHeaders();
    const headers = this.#headers;
    const bytes = new Uint8Array((headers.size - 1) * BLOCK_HEADER_SIZE);
    const stored: HeaderEntry[] = [];
    const invalid: HeaderEntry[] = [];
    for (let entry = 0; entry < headers.size; entry++) {
      if (entry > 0) bytes.set(headers.headerBytes(entry), (entry - 1) * BLOCK_HEADER_SIZE);
      if (manager.blocks.hasData(entry)) stored.push(entry);
      const parent = headers.parent(entry);
      if (headers.isInvalid(entry) && (parent === undefined || !headers.isInvalid(parent))) {
        invalid.push(entry);
      }
    }
    const { tip, background } = manager;
    return { headers: bytes, tip, stored: Uint32Array.from(stored), background, invalid };
  }

  /** Brings indexes that are behind up to the chain, a block at a time. */
  catchUp(): Piecemeal<void> {
    return this.#indexes.catchUp();
  }

  /** Whether a snapshot can be proved: see {@link proveSnapshot}. */
  get isSnapshotProvable(): boolean {
    return this.#snapshots.isProvable;
  }

  /**
   * Proves the snapshot that was loaded.
   *
   * @throws NodeError if it is wrong
   */
  proveSnapshot(): Piecemeal<void> {
    return this.#snapshots.prove();
  }

  /** Does a job of the `Node` machine. */
  perform(job: ChainJob, now: number): ChainResult {
    this.#mempool.now = now;
    const result = this.#perform(job, now);
    this.#tellMempool();
    return result;
  }

  #perform(job: ChainJob, now: number): ChainResult {
    switch (job.type) {
      case 'append-headers':
        return this.#appendHeaders(job.headers);
      case 'process-block':
        return { type: 'processed', outcome: this.#processBlock(job.bytes, now) };
      case 'read-filters':
      case 'read-filter-hashes':
      case 'read-filter-checkpoints':
        return performFilterJob(job, this.#indexes.filters, this.#headers);
      case 'read-block': {
        const entry = this.#headers.find(job.hash);
        const block = entry === undefined ? undefined : this.#manager.readBlock(entry);
        if (block === undefined) return { type: 'failed', detail: 'not stored' };
        return { type: 'block', bytes: block.bytes.slice() };
      }
    }
  }

  /**
   * Answers what others ask, or gives the work that it takes to do so.
   *
   * @param now Unix seconds
   */
  query(
    job: QueryJob,
    now: number,
  ): QueryResults[QueryJob['type']] | Piecemeal<QueryResults[QueryJob['type']]> {
    this.#mempool.now = now;
    const result = isMempoolJob(job) ? this.#mempool.query(job) : this.#query(job, now);
    this.#tellMempool();
    return result;
  }

  #tellMempool(): void {
    const news = this.#mempool.news();
    if (news !== undefined) this.#notify(news);
  }

  #query(
    job: Exclude<QueryJob, MempoolJob>,
    now: number,
  ): QueryResults[QueryJob['type']] | Piecemeal<QueryResults[QueryJob['type']]> {
    const manager = this.#manager;
    switch (job.type) {
      case 'invalidate-block': {
        manager.invalidateBlock(job.entry);
        manager.activateBestChain();
        return undefined;
      }
      case 'reconsider-block':
        manager.reconsiderBlock(job.entry);
        manager.activateBestChain();
        return undefined;
      case 'precious-block':
        manager.preciousBlock(job.entry);
        return undefined;
      case 'test-block': {
        const rejection = manager.testBlock(BlockView.of(job.bytes), now);
        return rejection && { reason: rejection.reason, debug: rejection.debug };
      }
      case 'block-facts':
        return job.entries.map((entry) => ({
          transactions: manager.blocks.transactionCount(entry),
          chainTransactions: manager.blocks.chainTransactionCount(entry),
          hasData: manager.blocks.hasData(entry),
          isValidScripts: isValidScripts(manager.blocks.status(entry)),
          isInvalid: this.#headers.isInvalid(entry),
        }));
      case 'block-bytes':
        return readable(() => manager.readBlock(job.entry)?.bytes.slice());
      case 'block-undo':
        return this.#blockUndo(job.entry);
      case 'coin': {
        const { txid, index } = job;
        const coin = manager.coins.getCoin({ txid, index });
        return coin && { txid, index, ...coin };
      }
      case 'find-transaction':
        return this.#indexes.transaction(job.txid);
      case 'block-filter': {
        const { entry } = job;
        const block = { hash: this.#headers.hash(entry), height: this.#headers.height(entry) };
        return this.#indexes.blockFilter(block);
      }
      case 'index-info':
        return this.#indexes.summaries();
      case 'verify-chain':
        return this.#verifyChain(job.level, job.blocks);
      case 'coin-stats':
        return coinStats(this.#allCoins(), job.hash);
      case 'scan-coins':
        return scanCoins(this.#allCoins(), job.scripts, job.control);
      case 'size-on-disk': {
        let size = 0;
        for (const info of this.#files.files().values()) size += info.size + info.undoSize;
        return size;
      }
      case 'dump-snapshot':
        return this.#snapshots.dump(job.path, this.#allCoins(), this.#allCoins());
      case 'load-snapshot':
        return this.#snapshots.load(job.path);
      case 'chain-states':
        return this.#chainStates();
      case 'prune':
        manager.pruneTo(job.height);
        return this.#prunedHeight();
      case 'flush':
        this.#flush();
        return undefined;
    }
  }

  /**
   * To be called when there is nothing to do: stores what should not wait.
   *
   * @param now in the clock of `performance`
   */
  rest(now: number): void {
    if (this.#manager.blocks.dirty.size > 0 && now - this.#savedAt >= INDEX_INTERVAL_MS) {
      this.#savedAt = now;
      this.#manager.saveIndex();
    }
    if (now - this.#flushedAt >= COINS_INTERVAL_MS) {
      this.#flushedAt = now;
      this.#flush();
    }
    this.#indexes.rest(now);
  }

  /** Stores everything and closes all files. */
  close(): void {
    this.#flush();
    this.#indexes.close();
    this.#headerFile.close();
    this.#coinsStore.close();
    this.#snapshots.close();
    this.#indexStore.close();
  }

  #openHeaders(path: string): HeaderFile {
    const { now } = this.#settings;
    try {
      const { file, accepted, cut } = HeaderFile.open(path, (header) => {
        // It is not refused for being of the future: the clock may have been set back since.
        const time = new DataView(header.buffer, header.byteOffset).getUint32(68, true);
        const { status } = this.#headers.add(header, Math.max(now, time));
        return status === 'added' || status === 'known';
      });
      if (cut > 0) {
        const text = `${path}: ${cut} bytes after ${accepted} good headers were cut off`;
        this.#notify({ type: 'log', level: 'warning', text });
      }
      this.#keptHeaders = accepted + 1;
      return file;
    } catch (error) {
      throw fileError(error, path);
    }
  }

  #appendHeaders(bytes: Uint8Array): ChainResult {
    for (let at = 0; at < bytes.length; at += BLOCK_HEADER_SIZE) {
      const entry = this.#headers.addTrusted(bytes.slice(at, at + BLOCK_HEADER_SIZE));
      if (entry === undefined) throw new Error('a header came before its parent');
    }
    this.#keepNewHeaders();
    return { type: 'appended' };
  }

  #storeOfCoins(store: LmdbStore): CoinsStore {
    return new CoinsStore(store, { batchBytes: this.#settings.coinsBatchBytes });
  }

  /** Stores the headers that the tree has and the file has not. */
  #keepNewHeaders(): void {
    const headers = this.#headers;
    const bytes = new Uint8Array((headers.size - this.#keptHeaders) * BLOCK_HEADER_SIZE);
    for (let entry = this.#keptHeaders, at = 0; entry < headers.size; entry++) {
      bytes.set(headers.headerBytes(entry), at);
      at += BLOCK_HEADER_SIZE;
    }
    if (bytes.length > 0) this.#headerFile.append(bytes);
    this.#keptHeaders = headers.size;
  }

  /** Builds the block index anew from the block files (`-reindex`). */
  #reindex(): void {
    const path = this.#settings.blocksDirectory;
    this.#log('Reindexing block files...');
    const taken = this.#indexBlocks(scanBlocks(path, this.#key, this.#magic));
    if (this.#isInterrupted) return;
    this.#manager.saveIndex();
    this.#index.endReindexing();
    this.#log(`Reindexing finished: ${taken} blocks`);
  }

  /** Blocks that were stored after the index was, when the process was killed. */
  #findLostBlocks(): void {
    const directory = this.#settings.blocksDirectory;
    const known = this.#index.files();
    const last = Math.max(0, ...known.keys());
    let taken = 0;
    for (const file of fileNumbers(directory, 'blk')) {
      // Without an entry it was deleted, or was to be.
      if (file < last && !known.has(file)) continue;
      const path = join(directory, fileName('blk', file));
      const from = known.get(file)?.size ?? 0;
      if (statSync(path).size <= from) continue;
      taken += this.#indexBlocks(scanBlocks(path, this.#key, this.#magic, file, from));
    }
    if (taken > 0) this.#log(`Found ${taken} blocks that were not in the block index`);
  }

  /** Takes note of blocks in our own files. Returns how many are good. */
  #indexBlocks(blocks: Iterable<ScannedBlock>): number {
    const { now } = this.#settings;
    return importBlocks(blocks, {
      sha256d: nativeSha256d,
      isStored: (hash) => this.#isStored(hash),
      isKnown: (hash) => this.#headers.find(hash) !== undefined,
      accept: (block, { file, position }) => {
        const at = { file, position };
        if (this.#manager.indexBlock(block, at, now) !== undefined) return false;
        const entry = this.#headers.find(block.hash(nativeSha256d))!;
        const height = this.#headers.height(entry);
        this.#files.updateBlockInfo(at, block.size, height, block.header.time);
        this.#saveSometimes();
        return true;
      },
      read: ({ file, position }) => this.#files.readBlock({ file, position }),
      interrupted: () => this.#isInterrupted,
    });
  }

  /** Takes the blocks of a file of another origin (`-loadblock`). */
  #loadBlocks(path: string): void {
    const { now } = this.#settings;
    if (!canOpen(path)) {
      this.#notify({ type: 'log', level: 'warning', text: `Could not open blocks file ${path}` });
      return;
    }
    this.#log(`Importing blocks file ${path}...`);
    const key = externalXorKey(path);
    const taken = importBlocks(scanBlocks(path, key, this.#magic), {
      sha256d: nativeSha256d,
      isStored: (hash) => this.#isStored(hash),
      isKnown: (hash) => this.#headers.find(hash) !== undefined,
      accept: (block) => {
        const copy = BlockView.of(block.bytes.slice());
        const result = this.#manager.processBlock(copy, now, { requested: true });
        this.#saveSometimes();
        return result.status === 'accepted' && result.isNew;
      },
      read: ({ position, size }) => readBytesAt(path, key, position, size),
      interrupted: () => this.#isInterrupted,
    });
    this.#log(`Loaded ${taken} blocks from external file`);
  }

  #isStored(hash: Uint8Array): boolean {
    const entry = this.#headers.find(hash);
    return entry !== undefined && this.#manager.blocks.transactionCount(entry) > 0;
  }

  #saveSometimes(): void {
    if (this.#manager.blocks.dirty.size >= 1_000) this.#manager.saveIndex();
  }

  #log(text: string): void {
    this.#notify({ type: 'log', level: 'info', text });
  }

  #processBlock(bytes: Uint8Array, now: number): BlockOutcome {
    const result = this.#manager.processBlock(bytes, now, { requested: true });
    if (result.status === 'rejected') {
      const { reason, debug, mutated } = result;
      return { status: 'rejected', reason, debug, mutated };
    }
    const { isNew, verdict } = result;
    if (verdict === undefined || verdict === 'valid') return { status: 'accepted', isNew, verdict };
    const { reason, debug } = verdict;
    return { status: 'accepted', isNew, verdict: { reason, debug } };
  }

  #flush(): void {
    this.#manager.flush();
    this.#indexes.flush();
    this.#indexStore.sync();
    this.#coinsStore.sync();
    this.#snapshots.sync();
  }

  // --- coins -------------------------------------------------------------------------------------

  /** All coins of the tip as they are now, whatever happens to the chain while they are gone through. */
  #allCoins(): StoredCoins {
    this.#manager.flush();
    return { tip: this.#manager.tip, coins: this.#manager.storedCoins.coins() };
  }

  #blockUndo(entry: HeaderEntry): Uint8Array | undefined {
    if (!this.#manager.blocks.hasUndo(entry)) return undefined;
    const undo = readable(() => this.#manager.readUndo(entry));
    if (undo === undefined) throw new ChainQueryError('undo data that are stored cannot be read');
    return encode(blockUndoCodec(), undo);
  }

  #prunedHeight(): number {
    const { chain, blocks } = this.#manager;
    let height = chain.height;
    while (height >= 0 && blocks.hasData(chain.at(height)!)) height--;
    return height;
  }

  #verifyChain(level: number, blocks: number): boolean {
    return this.#verified(level, blocks) === 'good';
  }

  #verified(level: number, blocks: number): VerifiedChain['result'] {
    const { result, log } = this.#manager.verifyChain({ level, blocks });
    for (const text of log) this.#log(text);
    return result;
  }

  /**
   * Looks at the chain that was stored (Core `VerifyLoadedChainstate`, node/chainstate.cpp).
   *
   * @throws NodeError
   */
  #checkLoaded(): void {
    const { tip } = this.#manager;
    const { check, now } = this.#settings;
    if (this.#headers.height(tip) === 0) return;
    if (this.#headers.time(tip) > now + MAX_FUTURE_BLOCK_TIME) throw unusable(FROM_THE_FUTURE);
    const result = this.#verified(check.level, check.blocks);
    if (result === 'corrupted') throw unusable('Corrupted block database detected');
    if (result === 'skipped-coins' && check.isRequired) {
      throw new NodeError('option', 'Insufficient dbcache for block verification');
    }
  }

  #chainStates(): ChainStateAnswer[] {
    const { tip, coins, background, snapshotBase } = this.#manager;
    const active: ChainStateAnswer = {
      tip,
      snapshotBase,
      validated: background === undefined,
      coinsBytes: coins.maxBytes,
    };
    if (background === undefined) return [active];
    const { tip: behind, coinsBytes } = background;
    return [{ tip: behind, snapshotBase: undefined, validated: true, coinsBytes }, active];
  }
}

function unusable(why: string): NodeError {
  const advice = 'Please restart with -reindex or -reindex-chainstate to recover.';
  return new NodeError('rebuild', `${why}.\n${advice}`);
}

/** What is read for somebody who can do without: undefined if it is damaged, or not there. */
function readable<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ChainstateError) return undefined;
    throw error;
  }
}

function isValidScripts(status: number): boolean {
  return (status & BlockStatus.VALID_MASK) >= BlockStatus.VALID_SCRIPTS;
}

/** That of the network, or of a signet of one's own. */
function networkMagic({ chain, consensus }: ChainSettings): Uint8Array {
  const { signetChallenge } = consensus;
  if (chain === 'signet' && signetChallenge !== undefined) return signetMagic(signetChallenge);
  return networks[chain].magic;
}

function canOpen(path: string): boolean {
  try {
    closeSync(openSync(path, 'r'));
    return true;
  } catch {
    return false;
  }
}
