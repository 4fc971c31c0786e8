import { consensusParams, checkProofOfWork } from '@btcp2p/consensus';
import { regtest } from '@btcp2p/wire';
import { hash256 } from './hash.ts';

const params = consensusParams(regtest);

function u32(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

/** A block and its hash. */
export interface MadeBlock {
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
}

function compactSize(value: number): Uint8Array {
  if (value < 0xfd) return Uint8Array.of(value);
  return value < 0x10000 ? Uint8Array.of(0xfd, value, value >>> 8) : Uint8Array.of(0xfe, ...u32(value));
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

interface Transaction {
  readonly bytes: Uint8Array;
  readonly txid: Uint8Array;
}

const transactions = new Map<number, Transaction>();

/** A coinbase whose output script has this many bytes. */
function transactionOf(size: number): Transaction {
  let transaction = transactions.get(size);
  if (transaction === undefined) {
    const input = concat(new Uint8Array(32), u32(0xffffffff), Uint8Array.of(0), u32(0xffffffff));
    const output = concat(new Uint8Array(8), compactSize(size), new Uint8Array(size).fill(size / 30));
    const bytes = concat(u32(1), Uint8Array.of(1), input, Uint8Array.of(1), output, u32(0));
    transaction = { bytes, txid: hash256(bytes) };
    transactions.set(size, transaction);
  }
  return transaction;
}

/**
 * A regtest block with proof of work and one transaction, whose output script has this many bytes.
 * Equal arguments make equal blocks.
 *
 * @param prev hash of the block before; any will do for storage
 */
export function makeBlock(number: number, size = 100, prev: Uint8Array = new Uint8Array(32)): MadeBlock {
  const { bytes, txid } = transactionOf(size);
  const header = concat(u32(4), prev, txid, u32(1296688602 + number), u32(0x207fffff), u32(0));
  for (let nonce = 0; ; nonce++) {
    header.set(u32(nonce), 76);
    const hash = hash256(header);
    if (checkProofOfWork(hash, 0x207fffff, params)) {
      return { bytes: concat(header, Uint8Array.of(1), bytes), hash };
    }
  }
}

/** Headers that follow the regtest genesis, ten minutes apart, as 80 bytes after 80 bytes. */
export function makeHeaders(count: number, fork = 0): Uint8Array {
  const headers = new Uint8Array(80 * count);
  let prev = regtest.genesisHash;
  for (let i = 0; i < count; i++) {
    const { bytes, hash } = makeBlock(600 * (i + 1) + fork, 0, prev);
    headers.set(bytes.subarray(0, 80), 80 * i);
    prev = hash;
  }
  return headers;
}
