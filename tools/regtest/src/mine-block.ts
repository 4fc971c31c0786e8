import {
  blockSubsidy,
  checkProofOfWork,
  consensusParams,
  heightScript,
  merkleRoot,
  type HeaderTree,
  type HeaderEntry,
} from '@btcp2p/consensus';
import {
  BLOCK_HEADER_SIZE,
  BlockHeader,
  BlockView,
  compactSizeSize,
  encode,
  regtest,
  sha256d,
  Transaction,
  txid,
  Writer,
  type Sha256d,
} from '@btcp2p/wire';

/** A transaction as a block has it. */
export interface BlockTransaction {
  /** With its witnesses. */
  readonly bytes: Uint8Array;
  /** 32 bytes in wire order. */
  readonly txid: Uint8Array;
  /** 32 bytes in wire order. */
  readonly wtxid: Uint8Array;
}

/** What a block of regtest is made of. */
export interface MineOptions {
  /** The tree that `parent` is in. The block is not added to it. */
  readonly headers: HeaderTree;
  readonly parent: HeaderEntry;
  /** Unix seconds; by default ten minutes after the parent. At least the median time past + 1. */
  readonly time?: number;
  /** Tells blocks of the same height apart. */
  readonly extraNonce?: number;
  /**
   * Bytes of data in a second output of the coinbase, which nobody can spend, to make a large block:
   * none by default. Every node accepts it while the block has less than 1,000,000 bytes.
   */
  readonly padding?: number;
  /** What comes after the coinbase, which then commits to the witnesses (BIP 141): nothing by default. */
  readonly transactions?: readonly BlockTransaction[];
  /** Satoshis that the transactions leave to the miner: 0 by default. */
  readonly fees?: bigint;
  /** Who gets subsidy and fees: anybody by default. */
  readonly scriptPubKey?: Uint8Array;
  readonly sha256d?: Sha256d;
}

/** Output script of the coinbase: OP_TRUE, which anybody can spend. */
const ANYONE_CAN_SPEND = Uint8Array.of(0x51);

/** The witness of a coinbase that commits to witnesses (BIP 141): no rule gives it a meaning yet. */
const WITNESS_RESERVED_VALUE = new Uint8Array(32);

/** A regtest block, by default with nothing but a coinbase, which every node accepts. */
export function mineBlock(options: MineOptions): BlockView {
  const { headers, parent, transactions = [] } = options;
  const hash = options.sha256d ?? sha256d;
  const coinbase = makeCoinbase(options, hash);
  const txids = [txid(coinbase, hash), ...transactions.map((transaction) => transaction.txid)];
  const earliest = headers.medianTimePast(parent) + 1;
  const header: BlockHeader = {
    version: 0x20000000,
    prevBlockHash: headers.hash(parent),
    merkleRoot: merkleRoot(txids, hash).root,
    time: options.time ?? Math.max(earliest, headers.time(parent) + 600),
    bits: headers.bits(parent),
    nonce: 0,
  };
  const bodies = [encode(Transaction, coinbase), ...transactions.map(({ bytes }) => bytes)];
  const size = bodies.reduce((sum, { length }) => sum + length, compactSizeSize(bodies.length));
  const bytes = new Uint8Array(BLOCK_HEADER_SIZE + size);
  const writer = new Writer(bytes);
  BlockHeader.write(writer, header);
  writer.compactSize(bodies.length);
  for (const body of bodies) writer.bytes(body);
  // Every second hash meets regtest's target.
  const start = bytes.subarray(0, BLOCK_HEADER_SIZE);
  const params = consensusParams(regtest);
  for (let n = 0; !checkProofOfWork(hash(start), header.bits, params); ) {
    new Writer(bytes.subarray(76, 80)).u32(++n);
  }
  return BlockView.of(bytes);
}

function makeCoinbase(options: MineOptions, hash: Sha256d): Transaction {
  const { headers, parent, extraNonce = 0, padding = 0, transactions = [], fees = 0n } = options;
  const height = headers.height(parent) + 1;
  const value = blockSubsidy(height, consensusParams(regtest)) + fees;
  const commits = transactions.length > 0;
  return {
    version: 2,
    inputs: [
      {
        prevout: { txid: new Uint8Array(32), index: 0xffffffff },
        // BIP 34's height, then a push of four bytes, so that no coinbase is shorter than allowed.
        scriptSig: Uint8Array.of(...heightScript(height), 4, ...littleEndian(extraNonce)),
        sequence: 0xffffffff,
        witness: commits ? [WITNESS_RESERVED_VALUE] : [],
      },
    ],
    outputs: [
      { value, scriptPubKey: options.scriptPubKey ?? ANYONE_CAN_SPEND },
      ...(padding === 0 ? [] : [{ value: 0n, scriptPubKey: unspendable(padding) }]),
      ...(commits ? [{ value: 0n, scriptPubKey: commitment(transactions, hash) }] : []),
    ],
    lockTime: 0,
  };
}

/** The script by which a coinbase commits to the witnesses of its block (BIP 141). */
function commitment(transactions: readonly BlockTransaction[], hash: Sha256d): Uint8Array {
  // The coinbase counts as 32 zeros there.
  const { root } = merkleRoot([new Uint8Array(32), ...transactions.map(({ wtxid }) => wtxid)], hash);
  return Uint8Array.of(
    0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed, ...hash(Uint8Array.of(...root, ...WITNESS_RESERVED_VALUE)),
  );
}

/** OP_RETURN OP_PUSHDATA4 and zeros: one push, so that nobody counts operations in the data. */
function unspendable(size: number): Uint8Array {
  const script = new Uint8Array(6 + size);
  script.set([0x6a, 0x4e, ...littleEndian(size)]);
  return script;
}

function littleEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new Writer(bytes).u32(value);
  return bytes;
}
