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
  encode,
  regtest,
  sha256d,
  Transaction,
  Writer,
  type Sha256d,
} from '@btcp2p/wire';

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
  readonly sha256d?: Sha256d;
}

/** Output script of the coinbase: OP_TRUE, which anybody can spend. */
const ANYONE_CAN_SPEND = Uint8Array.of(0x51);

/** A regtest block with nothing but a coinbase, which every node accepts. */
export function mineBlock(options: MineOptions): BlockView {
  const { headers, parent, extraNonce = 0, padding = 0 } = options;
  const hash = options.sha256d ?? sha256d;
  const params = consensusParams(regtest);
  const height = headers.height(parent) + 1;
  const coinbase = encode(Transaction, {
    version: 2,
    inputs: [
      {
        prevout: { txid: new Uint8Array(32), index: 0xffffffff },
        // BIP 34's height, then a push of four bytes, so that no coinbase is shorter than allowed.
        scriptSig: Uint8Array.of(...heightScript(height), 4, ...littleEndian(extraNonce)),
        sequence: 0xffffffff,
        witness: [],
      },
    ],
    outputs: [
      { value: blockSubsidy(height, params), scriptPubKey: ANYONE_CAN_SPEND },
      ...(padding === 0 ? [] : [{ value: 0n, scriptPubKey: unspendable(padding) }]),
    ],
    lockTime: 0,
  });
  const earliest = headers.medianTimePast(parent) + 1;
  const header: BlockHeader = {
    version: 0x20000000,
    prevBlockHash: headers.hash(parent),
    merkleRoot: merkleRoot([hash(coinbase)], hash).root,
    time: options.time ?? Math.max(earliest, headers.time(parent) + 600),
    bits: headers.bits(parent),
    nonce: 0,
  };
  const bytes = new Uint8Array(BLOCK_HEADER_SIZE + 1 + coinbase.length);
  BlockHeader.write(new Writer(bytes), header);
  bytes[BLOCK_HEADER_SIZE] = 1;
  bytes.set(coinbase, BLOCK_HEADER_SIZE + 1);
  // Every second hash meets regtest's target.
  const start = bytes.subarray(0, BLOCK_HEADER_SIZE);
  for (let n = 0; !checkProofOfWork(hash(start), header.bits, params); ) {
    new Writer(bytes.subarray(76, 80)).u32(++n);
  }
  return BlockView.of(bytes);
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
