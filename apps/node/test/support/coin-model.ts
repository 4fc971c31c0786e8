import { createHash } from 'node:crypto';
import { coinKey, CoinStats, isUnspendable, type CoinEntry } from '@btcp2p/chainstate';
import type { HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import { nativeSha256d } from '@btcp2p/reactor';
import { hashToHex, toHex, type BlockView, type OutPoint } from '@btcp2p/wire';

/** What a block did to the coins. */
interface Change {
  readonly spent: readonly CoinEntry[];
  readonly made: readonly string[];
}

/** The coins of any block of a tree, by the plainest means: what a run that nothing disturbs has. */
export class CoinModel {
  /** The coins of the block it stands at, by the hex of their keys. */
  readonly coins = new Map<string, CoinEntry>();
  readonly #headers: HeaderTree;
  readonly #blockOf: (entry: HeaderEntry) => BlockView;
  readonly #changes: Change[] = [];
  readonly #hashes = new Map<HeaderEntry, string>();
  #at: HeaderEntry = 0;

  /** @param blockOf called for every block but the first */
  constructor(headers: HeaderTree, blockOf: (entry: HeaderEntry) => BlockView) {
    this.#headers = headers;
    this.#blockOf = blockOf;
  }

  /** Goes to the coins after a block. */
  moveTo(entry: HeaderEntry): void {
    const headers = this.#headers;
    const fork = headers.lastCommonAncestor(this.#at, entry);
    for (; this.#at !== fork; this.#at = headers.parent(this.#at)!) this.#disconnect();
    const path: HeaderEntry[] = [];
    for (let at = entry; at !== fork; at = headers.parent(at)!) path.push(at);
    for (const at of path.toReversed()) this.#connect(this.#blockOf(at), headers.height(at));
    this.#at = entry;
  }

  /** `hash_serialized_3` of the coins after a block, as `gettxoutsetinfo` says it. */
  hashAt(entry: HeaderEntry): string {
    const known = this.#hashes.get(entry);
    if (known !== undefined) return known;
    this.moveTo(entry);
    const hash = hashOfCoins([...this.coins].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, coin]) => coin));
    this.#hashes.set(entry, hash);
    return hash;
  }

  #connect(block: BlockView, height: number): void {
    const spent: CoinEntry[] = [];
    const made: string[] = [];
    for (let i = 0; i < block.transactionCount; i++) {
      const { inputs, outputs } = block.transaction(i);
      for (const { prevout } of i === 0 ? [] : inputs) {
        const key = keyOf(prevout);
        const coin = this.coins.get(key);
        if (coin === undefined) throw new Error('a coin is spent that is not there');
        this.coins.delete(key);
        // What the block itself made was never there.
        if (made.includes(key)) made.splice(made.indexOf(key), 1);
        else spent.push(coin);
      }
      const txid = block.txid(i, nativeSha256d);
      for (const [index, { value, scriptPubKey }] of outputs.entries()) {
        if (isUnspendable(scriptPubKey)) continue;
        const outpoint = { txid, index };
        const coin = { value, scriptPubKey: scriptPubKey.slice(), height, isCoinbase: i === 0 };
        this.coins.set(keyOf(outpoint), { outpoint, coin });
        made.push(keyOf(outpoint));
      }
    }
    this.#changes.push({ spent, made });
  }

  #disconnect(): void {
    const { spent, made } = this.#changes.pop()!;
    for (const key of made) this.coins.delete(key);
    for (const coin of spent) this.coins.set(keyOf(coin.outpoint), coin);
  }
}

/** `hash_serialized_3` of coins in the order of their keys, as people write it. */
export function hashOfCoins(coins: Iterable<CoinEntry>): string {
  const stats = new CoinStats({ serialized: createHash('sha256') });
  for (const coin of coins) stats.add(coin);
  return hashToHex(stats.hashSerialized3());
}

function keyOf(outpoint: OutPoint): string {
  return toHex(coinKey(outpoint));
}
