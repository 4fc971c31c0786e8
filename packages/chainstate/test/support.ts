import { hash } from 'node:crypto';
import {
  blockHeaderBytes, BlockView, compactSizeSize, encode, Transaction, Writer, type OutPoint,
  type Sha256d,
} from '@btcp2p/wire';
import type { Coin } from '../src/index.ts';

/** Node's SHA-256. */
export function nativeSha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}

/** Node's SHA-256, twice. */
export const nativeSha256d: Sha256d = (bytes) => nativeSha256(nativeSha256(bytes));

/** Numbers that look random and are the same at each run (Mulberry32). */
export class Draws {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A number below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  /** True once in so many draws. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

/** A coin; `changes` override. */
export function makeCoin(changes: Partial<Coin> = {}): Coin {
  return { value: 100n, scriptPubKey: new Uint8Array(0), height: 1, isCoinbase: false, ...changes };
}

/** A transaction that spends outpoints and pays amounts to scripts. */
export function spend(
  prevouts: readonly OutPoint[],
  outputs: readonly (readonly [value: bigint, scriptPubKey?: Uint8Array])[],
): Transaction {
  return {
    version: 2,
    inputs: prevouts.map((prevout) => (
      { prevout, scriptSig: new Uint8Array(2), sequence: 0xffff_ffff, witness: [] }
    )),
    outputs: outputs.map(([value, scriptPubKey = Uint8Array.of(0x51)]) => ({ value, scriptPubKey })),
    lockTime: 0,
  };
}

/** A coinbase; `tag` makes it another one. */
export function coinbase(value: bigint, tag = 0): Transaction {
  const none = { txid: new Uint8Array(32), index: 0xffff_ffff };
  return { ...spend([none], [[value]]), lockTime: tag };
}

/** A block of transactions, without merkle root and proof of work. */
export function makeBlock(
  transactions: readonly Transaction[],
  prevBlockHash: Uint8Array = new Uint8Array(32),
): BlockView {
  const merkleRoot = new Uint8Array(32);
  const header = { version: 1, prevBlockHash, merkleRoot, time: 0, bits: 0, nonce: 0 };
  const bodies = transactions.map((transaction) => encode(Transaction, transaction));
  const size = bodies.reduce((sum, { length }) => sum + length, 80 + compactSizeSize(bodies.length));
  const bytes = new Uint8Array(size);
  const writer = new Writer(bytes);
  writer.bytes(blockHeaderBytes(header));
  writer.compactSize(bodies.length);
  for (const body of bodies) writer.bytes(body);
  return BlockView.of(bytes);
}
