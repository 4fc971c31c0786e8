import { hash } from 'node:crypto';
import {
  blockHeaderBytes,
  encode,
  BLOCK_HEADER_SIZE,
  BlockView,
  compactSizeSize,
  Transaction,
  Writer,
  type BlockHeader,
  type Sha256d,
  type TxIn,
} from '@btcp2p/wire';
import {
  compactToTarget,
  merkleRoot,
  type AddHeaderResult,
  type ConsensusParams,
  type HeaderEntry,
} from '../src/index.ts';

/** Node's SHA-256, twice. */
export const nativeSha256d: Sha256d = (bytes) =>
  hash('sha256', hash('sha256', bytes, 'buffer'), 'buffer');

/** Far enough ahead that no header of the data is dated too far in the future. */
export const LATE = 4_000_000_000;

/** The bits of regtest's easiest target: every second hash meets it. */
export const EASY_BITS = 0x207fffff;

/**
 * Changes to regtest's parameters under which difficulty moves and can still be met: periods of 10
 * blocks, 4 seconds each, and a limit whose bits are 0x2000ffff, 256 hashes.
 */
export const RETARGETING: Partial<ConsensusParams> = {
  powLimit: (1n << 248n) - 1n,
  powTargetTimespan: 40,
  powTargetSpacing: 4,
  powNoRetargeting: false,
};

/** The number that 32 bytes in wire order are compared as. */
export function hashNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes.toReversed()).toString('hex')}`);
}

/** Makes a header and counts its nonce up until its hash meets the target that it claims. */
export function mine(fields: Partial<BlockHeader>): Uint8Array {
  const header = {
    version: 0x20000000,
    prevBlockHash: new Uint8Array(32),
    merkleRoot: new Uint8Array(32),
    time: 0,
    bits: EASY_BITS,
    nonce: 0,
    ...fields,
  };
  return remine(blockHeaderBytes(header));
}

/** The same for a header in bytes, from its nonce on. The bytes change and are returned. */
export function remine(header: Uint8Array): Uint8Array {
  const view = new DataView(header.buffer, header.byteOffset, BLOCK_HEADER_SIZE);
  const { target } = compactToTarget(view.getUint32(72, true));
  for (let nonce = view.getUint32(76, true); ; nonce++) {
    view.setUint32(76, nonce, true);
    if (hashNumber(nativeSha256d(header)) <= target) return header;
  }
}

/** The entry of a header that was added or known; throws otherwise. */
export function entryOf(result: AddHeaderResult): HeaderEntry {
  if (result.status === 'added' || result.status === 'known') return result.entry;
  throw new Error(JSON.stringify(result));
}

/** A coinbase transaction; its script starts with the given bytes. */
export function coinbase(
  script: readonly number[],
  changes: Partial<Transaction> = {},
): Transaction {
  return {
    version: 2,
    inputs: [
      {
        prevout: { txid: new Uint8Array(32), index: 0xffffffff },
        scriptSig: Uint8Array.from(script),
        sequence: 0xffffffff,
        witness: [],
      },
    ],
    outputs: [{ value: 50n * 100_000_000n, scriptPubKey: Uint8Array.of(0x51) }],
    lockTime: 0,
    ...changes,
  };
}

/**
 * A transaction that spends output 0 of each transaction id that is given as a byte, repeated;
 * `changes` override, and `input` parts of each input.
 */
export function spend(
  ids: readonly number[],
  changes: Partial<Transaction> = {},
  input: Partial<TxIn> = {},
): Transaction {
  return {
    version: 2,
    inputs: ids.map((id) =>
      Object.assign(
        {
          prevout: { txid: new Uint8Array(32).fill(id), index: 0 },
          scriptSig: new Uint8Array(0),
          sequence: 0xffffffff,
          witness: [],
        },
        input,
      ),
    ),
    outputs: [{ value: 1n, scriptPubKey: Uint8Array.of(0x51) }],
    lockTime: 0,
    ...changes,
  };
}

/** A block of these transactions with its merkle root and proof of work; `fields` override. */
export function makeBlock(
  transactions: readonly (Transaction | Uint8Array)[],
  fields: Partial<BlockHeader> = {},
): BlockView {
  const bytes = transactions.map((tx) => (tx instanceof Uint8Array ? tx : encode(Transaction, tx)));
  const body = assemble(new Uint8Array(BLOCK_HEADER_SIZE), bytes);
  const ids = body.txids(nativeSha256d);
  const header = mine({ merkleRoot: merkleRoot(ids, nativeSha256d).root, ...fields });
  return assemble(header, bytes);
}

/** A block of a header and transactions in bytes. */
export function assemble(header: Uint8Array, transactions: readonly Uint8Array[]): BlockView {
  const size = transactions.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(BLOCK_HEADER_SIZE + compactSizeSize(transactions.length) + size);
  const writer = new Writer(bytes);
  writer.bytes(header);
  writer.compactSize(transactions.length);
  for (const transaction of transactions) writer.bytes(transaction);
  return BlockView.of(bytes);
}
