import { createHash } from 'node:crypto';
import {
  BlockIndexStore, BlockStatus, ChainstateManager, CoinsStore, CoinStats, MemoryBlockFiles, MemoryStore,
  SequentialScriptChecker,
} from '@btcp2p/chainstate';
import {
  genesisAnchor, HeaderTree, type ConsensusParams, type HeaderEntry,
} from '@btcp2p/consensus';
import { nativeSha256d, nativeVerifier } from '@btcp2p/reactor';
import { BLOCK_HEADER_SIZE, BlockView, hashToHex, regtest } from '@btcp2p/wire';
import type { ChainTip, Subject } from './subject.ts';

/** The coins cache is written whenever it is larger: a chunk of it, and some hundred coins. */
const CACHE_BYTES = 1_060_000;

/** Our chain state in memory, as the RPCs of a node would show it. */
export class OurNode implements Subject {
  readonly #manager: ChainstateManager;
  readonly #headers: HeaderTree;

  constructor(params: ConsensusParams) {
    const anchor = genesisAnchor(regtest);
    this.#headers = new HeaderTree({ params, anchor, sha256d: nativeSha256d });
    this.#manager = new ChainstateManager({
      network: regtest,
      params,
      headers: this.#headers,
      index: new BlockIndexStore(new MemoryStore()),
      coins: new CoinsStore(new MemoryStore(), { batchBytes: 5_000 }),
      files: new MemoryBlockFiles(),
      scripts: new SequentialScriptChecker(nativeVerifier().verifier),
      sha256d: nativeSha256d,
      maxCoinsBytes: CACHE_BYTES,
    });
    this.#manager.load();
    this.#manager.activateBestChain();
  }

  submitBlock(bytes: Uint8Array, now: number): string | null {
    const result = this.#manager.processBlock(bytes, now, { requested: true });
    if (result.status === 'rejected') return result.reason;
    if (!result.isNew) return 'duplicate';
    if (result.verdict === undefined) return 'inconclusive';
    return result.verdict === 'valid' ? null : result.verdict.reason;
  }

  submitHeader(bytes: Uint8Array, now: number): string | null {
    const previous = bytes.subarray(4, 36);
    if (this.#headers.find(previous) === undefined) {
      return `Must submit previous header (${hashToHex(previous)}) first`;
    }
    const result = this.#headers.add(bytes.slice(0, BLOCK_HEADER_SIZE), now);
    return result.status === 'invalid' ? result.reason : null;
  }

  propose(bytes: Uint8Array, now: number): string | null {
    const block = BlockView.of(bytes);
    const entry = this.#headers.find(block.hash(nativeSha256d));
    if (entry !== undefined) {
      if (this.#headers.isInvalid(entry)) return 'duplicate-invalid';
      return this.#isValid(entry) ? 'duplicate' : 'duplicate-inconclusive';
    }
    return this.#manager.testBlock(block, now)?.reason ?? null;
  }

  invalidate(hash: Uint8Array): string | null {
    return this.#known(hash, (entry) => {
      if (this.#manager.invalidateBlock(entry)) this.#manager.activateBestChain();
    });
  }

  reconsider(hash: Uint8Array): string | null {
    return this.#known(hash, (entry) => {
      this.#manager.reconsiderBlock(entry);
      this.#manager.activateBestChain();
    });
  }

  precious(hash: Uint8Array): string | null {
    return this.#known(hash, (entry) => this.#manager.preciousBlock(entry));
  }

  /** 32 bytes in wire order. */
  tipHash(): Uint8Array {
    return this.#headers.hash(this.#manager.tip);
  }

  best(): { readonly hash: string; readonly headers: number } {
    const headers = this.#headers;
    return {
      hash: hashToHex(headers.hash(this.#manager.tip)),
      headers: headers.height(headers.best),
    };
  }

  /** Core `getchaintips` (rpc/blockchain.cpp). */
  tips(): ChainTip[] {
    const headers = this.#headers;
    const { chain, tip } = this.#manager;
    const parents = new Set<HeaderEntry>();
    for (let entry = 1; entry < headers.size; entry++) {
      if (!chain.contains(entry)) parents.add(headers.parent(entry)!);
    }
    const tips: ChainTip[] = [];
    for (let entry = 0; entry < headers.size; entry++) {
      if (entry !== tip && (chain.contains(entry) || parents.has(entry))) continue;
      const fork = headers.lastCommonAncestor(tip, entry);
      const height = headers.height(entry);
      tips.push({
        height,
        hash: hashToHex(headers.hash(entry)),
        branchlen: height - headers.height(fork),
        status: this.#statusOf(entry),
      });
    }
    return tips;
  }

  /** `hash_serialized_3` of `gettxoutsetinfo`. */
  coinsHash(): string {
    this.#manager.flush();
    const stats = new CoinStats({ serialized: createHash('sha256') });
    for (const coin of this.#manager.storedCoins.coins()) stats.add(coin);
    return hashToHex(stats.hashSerialized3());
  }

  #statusOf(entry: HeaderEntry): string {
    if (entry === this.#manager.tip) return 'active';
    if (this.#headers.isInvalid(entry)) return 'invalid';
    if (!this.#manager.blocks.isLinked(entry)) return 'headers-only';
    return this.#isValid(entry) ? 'valid-fork' : 'valid-headers';
  }

  #isValid(entry: HeaderEntry): boolean {
    const { VALID_MASK, VALID_SCRIPTS } = BlockStatus;
    return (this.#manager.blocks.status(entry) & VALID_MASK) >= VALID_SCRIPTS;
  }

  #known(hash: Uint8Array, act: (entry: HeaderEntry) => void): string | null {
    const entry = this.#headers.find(hash);
    if (entry === undefined) return 'Block not found';
    act(entry);
    return null;
  }
}
