import { checkBlock, type HeaderEntry } from '@btcp2p/consensus';
import { hashToHex, type BlockView } from '@btcp2p/wire';
import { scriptCheckReason } from './assume-valid.ts';
import type { ChainResources } from './chain-resources.ts';
import type { Chainstate } from './chainstate.ts';
import { ChainstateError } from './chainstate-error.ts';
import { disconnectBlock } from './disconnect-block.ts';
import type { BlockUndo } from './undo.ts';

/** How {@link verifyChain} goes about it. */
export interface VerifyChainOptions {
  /**
   * 0: blocks can be read; 1: they obey the rules by themselves; 2: what they spent can be read; 3: the
   * coins are as they left them; 4: they can be connected again. Each includes those before it.
   */
  readonly level: number;
  /** How many blocks, from the last one back; 0 for all. */
  readonly blocks: number;
}

/** The answer of {@link verifyChain}. */
export interface VerifiedChain {
  /**
   * Core's `VerifyDBResult` (validation.h). With `skipped-coins` the coins did not fit in memory, with
   * `skipped-blocks` blocks are not stored any more, and what could be checked is good.
   */
  readonly result: 'good' | 'corrupted' | 'interrupted' | 'skipped-coins' | 'skipped-blocks';
  /** Lines for the log. */
  readonly log: readonly string[];
}

/** What stops a verification: a line for the log. */
class Fault extends Error {}

/**
 * Checks the last blocks of a chain anew (Core `CVerifyDB::VerifyDB`, validation.cpp). It changes
 * nothing.
 */
export function verifyChain(
  chainstate: Chainstate,
  resources: ChainResources,
  options: VerifyChainOptions,
): VerifiedChain {
  const log: string[] = [];
  try {
    return { result: new Verification(chainstate, resources, options, log).run(), log };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { result: 'corrupted', log: [...log, `Verification error: ${error.message}`] };
  } finally {
    chainstate.trial.discard();
  }
}

class Verification {
  readonly #chainstate: Chainstate;
  readonly #resources: ChainResources;
  readonly #log: string[];
  readonly #level: number;
  readonly #depth: number;
  #goodTransactions = 0;
  /** Of the last block that was seen to be inconsistent with the coins. */
  #failureHeight: number | undefined;
  #lacksMemory = false;
  #lacksBlocks = false;

  constructor(
    chainstate: Chainstate,
    resources: ChainResources,
    { level, blocks }: VerifyChainOptions,
    log: string[],
  ) {
    const { height } = chainstate.chain;
    this.#chainstate = chainstate;
    this.#resources = resources;
    this.#log = log;
    this.#level = Math.max(0, Math.min(4, level));
    this.#depth = blocks <= 0 || blocks > height ? height : blocks;
  }

  run(): VerifiedChain['result'] {
    const { chain } = this.#chainstate;
    if (chain.height <= 0) return 'good';
    this.#log.push(`Verifying last ${this.#depth} blocks at level ${this.#level}`);
    const stoppedAt = this.#goBack();
    if (stoppedAt === undefined) return 'interrupted';
    const count = chain.height - this.#resources.headers.height(stoppedAt);
    if (this.#failureHeight !== undefined) {
      const bad = chain.height - this.#failureHeight + 1;
      throw new Fault(
        `coin database inconsistencies found (last ${bad} blocks, ${this.#goodTransactions} good ` +
          'transactions before that)',
      );
    }
    if (this.#lacksMemory) {
      this.#log.push(
        'Skipped verification of level >=3 (insufficient database cache size). Consider increasing ' +
          '-dbcache.',
      );
    } else if (this.#level >= 4 && !this.#goForth(stoppedAt)) return 'interrupted';
    this.#log.push(
      `Verification: No coin database inconsistencies in last ${count} blocks ` +
        `(${this.#goodTransactions} transactions)`,
    );
    if (this.#lacksMemory) return 'skipped-coins';
    return this.#lacksBlocks ? 'skipped-blocks' : 'good';
  }

  /** Returns the block before the last one that it came to; undefined if interrupted. */
  #goBack(): HeaderEntry | undefined {
    const { headers, blocks, interrupted } = this.#resources;
    const { chain, tip } = this.#chainstate;
    let entry = tip;
    for (
      let parent = headers.parent(entry);
      parent !== undefined;
      parent = headers.parent(entry)
    ) {
      const height = headers.height(entry);
      if (height <= chain.height - this.#depth) break;
      // What a snapshot's block spent is only known once that is proved.
      if (!blocks.hasData(entry) || entry === this.#chainstate.base) {
        const why = 'This could be due to pruning or use of an assumeutxo snapshot.';
        this.#log.push(`Block verification stopping at height ${height} (no data). ${why}`);
        this.#lacksBlocks = true;
        break;
      }
      this.#check(entry, height);
      if (interrupted()) return undefined;
      entry = parent;
    }
    return entry;
  }

  #check(entry: HeaderEntry, height: number): void {
    const { headers, blocks, params, storage, sha256d } = this.#resources;
    const name = `${height}, hash=${hashToHex(headers.hash(entry))}`;
    const block = this.#read(entry);
    if (this.#level >= 1) {
      const checked = checkBlock(block, params, sha256d);
      if (checked.status === 'invalid') {
        throw new Fault(`found bad block at ${name} (${checked.reason}, ${checked.debug})`);
      }
    }
    if (this.#level < 2) return;
    if (!blocks.hasUndo(entry)) {
      if (this.#level === 2) return;
      throw new Fault(`irrecoverable inconsistency in block data at ${name}`);
    }
    const undo = readable(() => storage.readUndo(entry));
    if (undo === undefined) throw new Fault(`found bad undo data at ${name}`);
    if (this.#level >= 3) this.#disconnect(entry, block, undo, name);
  }

  #disconnect(entry: HeaderEntry, block: BlockView, undo: BlockUndo, name: string): void {
    const { headers, sha256d } = this.#resources;
    const { coins, trial } = this.#chainstate;
    if (this.#lacksMemory || trial.byteLength + coins.byteLength > coins.maxBytes) {
      this.#lacksMemory = true;
      return;
    }
    const place = {
      hash: headers.hash(entry), height: headers.height(entry), txids: block.txids(sha256d),
    };
    const result = disconnectBlock(block, undo, trial, place);
    if (result === 'failed') {
      throw new Fault(`irrecoverable inconsistency in block data at ${name}`);
    }
    if (result === 'ok') this.#goodTransactions += block.transactionCount;
    else {
      this.#goodTransactions = 0;
      this.#failureHeight = place.height;
    }
  }

  /** Connects all blocks after one again; false if interrupted. */
  #goForth(after: HeaderEntry): boolean {
    const { headers, validator, assumeValid, interrupted, sha256d } = this.#resources;
    const { chain, trial } = this.#chainstate;
    for (let height = headers.height(after) + 1; height <= chain.height; height++) {
      const entry = chain.at(height)!;
      const hash = headers.hash(entry);
      const block = this.#read(entry);
      const checked = { block, txids: block.txids(sha256d) };
      const checkScripts = scriptCheckReason(entry, headers, assumeValid) !== undefined;
      const result = validator.connect(checked, headers.parent(entry), hash, trial, checkScripts);
      if (result.status === 'invalid') {
        const why = `${result.reason}, ${result.debug}`;
        throw new Fault(`found unconnectable block at ${height}, hash=${hashToHex(hash)} (${why})`);
      }
      if (interrupted()) return false;
    }
    return true;
  }

  #read(entry: HeaderEntry): BlockView {
    const { headers, storage } = this.#resources;
    const block = readable(() => storage.readBlock(entry));
    if (block !== undefined) return block;
    const name = `${headers.height(entry)}, hash=${hashToHex(headers.hash(entry))}`;
    throw new Fault(`ReadBlock failed at ${name}`);
  }
}

function readable<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ChainstateError) return undefined;
    throw error;
  }
}
