import type { OutPoint } from '@btcp2p/wire';
import type { Entry } from './entry.ts';
import { hashKey, outputKey, outPointKey } from './hash-key.ts';

/** The entries of a pool, who spends what, and how they hang together. */
export class EntryGraph {
  readonly #byTxid = new Map<string, Entry>();
  readonly #byWtxid = new Map<string, Entry>();
  /** Who spends an outpoint. */
  readonly #spenders = new Map<string, Entry>();
  #virtualSize = 0;
  #fee = 0n;
  #usage = 0;

  get size(): number {
    return this.#byTxid.size;
  }

  /** Virtual bytes of all. */
  get virtualSize(): number {
    return this.#virtualSize;
  }

  /** Satoshis that all pay. */
  get fee(): bigint {
    return this.#fee;
  }

  /** Bytes of memory, about. */
  get usage(): number {
    return this.#usage;
  }

  /** How many outpoints are spent. */
  get spentCount(): number {
    return this.#spenders.size;
  }

  get(txid: Uint8Array): Entry | undefined {
    return this.#byTxid.get(hashKey(txid));
  }

  getByWtxid(wtxid: Uint8Array): Entry | undefined {
    return this.#byWtxid.get(hashKey(wtxid));
  }

  getByKey(txidKey: string): Entry | undefined {
    return this.#byTxid.get(txidKey);
  }

  spender(outpoint: OutPoint): Entry | undefined {
    return this.#spenders.get(outPointKey(outpoint));
  }

  spenderByKey(key: string): Entry | undefined {
    return this.#spenders.get(key);
  }

  /** In the order in which they came. */
  [Symbol.iterator](): MapIterator<Entry> {
    return this.#byTxid.values();
  }

  /** Adds an entry, and links it with its parents. */
  add(entry: Entry): void {
    this.#byTxid.set(entry.key, entry);
    this.#byWtxid.set(hashKey(entry.wtxid), entry);
    for (const key of entry.spends) {
      this.#spenders.set(key, entry);
      const parent = this.#byTxid.get(key.slice(0, entry.key.length));
      if (parent !== undefined) link(parent, entry);
    }
    this.#virtualSize += entry.virtualSize;
    this.#fee += entry.fee;
    this.#usage += entry.usage;
  }

  /** Links an entry with those that spend its outputs: they may have come before one of a block. */
  linkChildren(entry: Entry): void {
    const { length } = entry.view.transaction().outputs;
    for (const child of this.spendersOf(entry.key, length)) link(entry, child);
  }

  /** Those that spend the outputs of a transaction. */
  spendersOf(txidKey: string, outputs: number): Set<Entry> {
    const spenders = new Set<Entry>();
    for (let index = 0; index < outputs; index++) {
      const spender = this.#spenders.get(outputKey(txidKey, index));
      if (spender !== undefined) spenders.add(spender);
    }
    return spenders;
  }

  /** Takes out an entry, and no other: those that spend its outputs stay. */
  remove(entry: Entry): void {
    this.#byTxid.delete(entry.key);
    this.#byWtxid.delete(hashKey(entry.wtxid));
    for (const key of entry.spends) this.#spenders.delete(key);
    for (const parent of entry.parents) parent.children.delete(entry);
    for (const child of entry.children) child.parents.delete(entry);
    entry.parents.clear();
    entry.children.clear();
    this.#virtualSize -= entry.virtualSize;
    this.#fee -= entry.fee;
    this.#usage -= entry.usage;
  }
}

function link(parent: Entry, child: Entry): void {
  parent.children.add(child);
  child.parents.add(parent);
}
