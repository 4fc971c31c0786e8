import {
  checkBlock, checkBlockContext, consensusParams, genesisAnchor, HeaderTree, VersionBitsCache,
  type ConsensusParams, type ConsensusParamsOptions, type HeaderEntry,
} from '@btcp2p/consensus';
import { BlockView, equalHashes, fromHex, regtest, toHex, type Network } from '@btcp2p/wire';
import type { BitcoindPeer } from '@btcp2p/bitcoind-peer';
import { BlockTemplates } from '../../src/mining/block-templates.ts';
import { Miner, type MinerOptions } from '../../src/mining/miner.ts';
import type {
  BlockFault, KnownBlock, MiningContext, MiningMempool,
} from '../../src/mining/mining-context.ts';

/** What a {@link MiningNode} is made of. */
export interface MiningNodeOptions {
  readonly network?: Network;
  readonly consensus?: ConsensusParamsOptions;
  readonly miner?: MinerOptions;
  readonly mempool?: MiningMempool;
  /** Unix seconds; a minute after genesis by default. */
  readonly now?: number;
}

/** A chain in memory that knows all rules but those of coins: enough to mine on. */
export class MiningNode implements MiningContext {
  readonly network: Network;
  readonly params: ConsensusParams;
  readonly headers: HeaderTree;
  readonly versionBits: VersionBitsCache;
  readonly mempool?: MiningMempool;
  readonly miner: Miner;
  readonly templates: BlockTemplates;
  /** Handed in, by hash in hex. */
  readonly blocks = new Map<string, Uint8Array>();
  time: number;
  connections = 0;
  initialDownload = true;
  #tip: HeaderEntry;
  readonly #waiting = new Set<() => void>();

  constructor(options: MiningNodeOptions = {}) {
    const { network = regtest, mempool } = options;
    this.network = network;
    this.params = consensusParams(network, options.consensus);
    this.headers = new HeaderTree({ params: this.params, anchor: genesisAnchor(network) });
    this.versionBits = new VersionBitsCache(this.params, this.headers);
    if (mempool !== undefined) this.mempool = mempool;
    this.time = options.now ?? network.genesis.header.time + 60;
    this.#tip = this.headers.best;
    this.miner = new Miner(this, options.miner);
    this.templates = new BlockTemplates(this.miner);
  }

  tip(): HeaderEntry {
    return this.#tip;
  }

  now(): number {
    return this.time;
  }

  connectionCount(): number {
    return this.connections;
  }

  isInitialBlockDownload(): boolean {
    return this.initialDownload;
  }

  warnings(): readonly string[] {
    return [];
  }

  async knownBlock(hash: Uint8Array): Promise<KnownBlock | undefined> {
    if (this.blocks.has(toHex(hash))) return 'valid';
    return this.headers.find(hash) === undefined ? undefined : 'inconclusive';
  }

  async submitBlock(bytes: Uint8Array): Promise<string | undefined> {
    const block = BlockView.of(bytes);
    const key = toHex(block.hash());
    if (this.blocks.has(key)) return 'duplicate';
    const parent = this.headers.find(block.header.prevBlockHash);
    const checked = checkBlock(block, this.params);
    if (checked.status === 'invalid') return checked.reason;
    if (parent === undefined) return 'prev-blk-not-found';
    const added = this.headers.add(block.headerBytes, this.time);
    if (added.status === 'invalid') return added.reason;
    const fault = this.#contextFault(block, parent);
    if (fault !== undefined) return fault.reason;
    this.blocks.set(key, bytes);
    if (parent !== this.#tip) return 'inconclusive';
    this.setTip(this.headers.find(block.hash())!);
    return undefined;
  }

  /** Makes a known header the tip. */
  setTip(entry: HeaderEntry): void {
    this.#tip = entry;
    for (const wake of this.#waiting) wake();
  }

  async submitHeader(header: Uint8Array): Promise<string | undefined> {
    const added = this.headers.add(header, this.time);
    return added.status === 'invalid' ? added.reason : undefined;
  }

  async testBlock(bytes: Uint8Array): Promise<BlockFault | undefined> {
    const block = BlockView.of(bytes);
    if (!equalHashes(block.header.prevBlockHash, this.headers.hash(this.#tip))) {
      return { reason: 'inconclusive-not-best-prevblk', debug: '' };
    }
    return this.#contextFault(block, this.#tip);
  }

  async waitForTip(notHash: Uint8Array, milliseconds: number, signal: AbortSignal): Promise<boolean> {
    const isNew = (): boolean => !equalHashes(this.headers.hash(this.#tip), notHash);
    if (isNew()) return true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, milliseconds);
      const waiting = this.#waiting;
      function done(): void {
        clearTimeout(timer);
        waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      }
      waiting.add(done);
      signal.addEventListener('abort', done);
    });
    return !signal.aborted;
  }

  #contextFault(block: BlockView, parent: HeaderEntry): BlockFault | undefined {
    const context = {
      height: this.headers.height(parent) + 1,
      medianTimePast: this.headers.medianTimePast(parent),
    };
    const checked = checkBlockContext(block, context, this.params);
    return checked.status === 'ok' ? undefined : checked;
  }

  /** Takes over all headers of a bitcoind that are not here yet, and its tip. */
  async follow(core: BitcoindPeer): Promise<void> {
    const count = await core.rpc<number>('getblockcount');
    for (let height = this.headers.height(this.headers.best) + 1; height <= count; height++) {
      const hash = await core.rpc<string>('getblockhash', height);
      const header = await core.rpc<string>('getblockheader', hash, false);
      const added = this.headers.add(fromHex(header), 0xffff_ffff);
      if (added.status !== 'added') throw new Error(`header ${height} is ${added.status}`);
    }
    this.setTip(this.headers.ancestor(this.headers.best, count));
  }
}
