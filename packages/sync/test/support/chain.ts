import { hash } from 'node:crypto';
import { genesisAnchor, consensusParams, checkProofOfWork, HeaderTree } from '@btcp2p/consensus';
import type { ConsensusParams, HeaderEntry } from '@btcp2p/consensus';
import { blockHeaderBytes, BlockView, encode, regtest, Transaction } from '@btcp2p/wire';
import type { BlockHeader } from '@btcp2p/wire';

/** SHA-256d by OpenSSL, since tests mine many headers. */
export const fastSha256d = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(hash('sha256', hash('sha256', bytes, 'buffer'), 'buffer'));

export const params: ConsensusParams = consensusParams(regtest);

/** Bits of every regtest block: about one hash in two will do. */
export const REGTEST_BITS = 0x207fffff;

/** Two units of work a block. */
export const REGTEST_WORK = 2n;

/** A block, or the header of one, that tests build on. */
export interface Mined {
  readonly header: BlockHeader;
  readonly hash: Uint8Array;
  readonly height: number;
}

export interface MinedBlock extends Mined {
  readonly block: BlockView;
}

export const genesis: MinedBlock = {
  header: regtest.genesis.header,
  hash: regtest.genesisHash,
  height: 0,
  block: regtest.genesis,
};

export interface MineOptions {
  /** Tells branches apart. */
  readonly salt?: number;
  /** Seconds between blocks. */
  readonly spacing?: number;
  /** Time of the first block; by default, `spacing` after the parent. */
  readonly time?: number;
  readonly version?: number;
  readonly bits?: number;
}

/** Headers without blocks, each on the one before. */
export function mineHeaders(parent: Mined, count: number, options: MineOptions = {}): Mined[] {
  const headers: Mined[] = [];
  for (let last = parent; headers.length < count; ) {
    const merkleRoot = new Uint8Array(32);
    new DataView(merkleRoot.buffer).setUint32(0, options.salt ?? 0, true);
    last = mineOne(last, merkleRoot, headers.length === 0, options);
    headers.push(last);
  }
  return headers;
}

/** Whole blocks of one transaction each. */
export function mineBlocks(parent: Mined, count: number, options: MineOptions = {}): MinedBlock[] {
  const blocks: MinedBlock[] = [];
  for (let last = parent; blocks.length < count; ) {
    const coinbase = coinbaseBytes(last.height + 1, options.salt ?? 0);
    last = mineOne(last, fastSha256d(coinbase), blocks.length === 0, options);
    const bytes = new Uint8Array(81 + coinbase.length);
    bytes.set(blockHeaderBytes(last.header));
    bytes[80] = 1;
    bytes.set(coinbase, 81);
    blocks.push({ ...last, block: BlockView.of(bytes) });
  }
  return blocks;
}

/** The same block with a transaction that its header does not commit to. */
export function mutated({ block }: MinedBlock): BlockView {
  const bytes = block.bytes.slice();
  // The last byte is of the lock time.
  bytes[bytes.length - 1]! ^= 1;
  return BlockView.of(bytes);
}

/** Whether the one transaction is that of the header. */
export function isMutated(block: BlockView): boolean {
  const { merkleRoot } = block.header;
  return block.txid(0, fastSha256d).some((byte, i) => byte !== merkleRoot[i]);
}

/** The same header with a nonce that does not meet the target. */
export function withoutWork({ header, height }: Mined): Mined {
  for (let { nonce } = header; ; nonce++) {
    const worse = { ...header, nonce };
    const worseHash = fastSha256d(blockHeaderBytes(worse));
    if (!checkProofOfWork(worseHash, header.bits, params)) {
      return { header: worse, hash: worseHash, height };
    }
  }
}

export function newTree(over: Partial<ConsensusParams> = {}): HeaderTree {
  return new HeaderTree({
    params: { ...params, ...over },
    anchor: genesisAnchor(regtest),
    sha256d: fastSha256d,
  });
}

/** Adds headers to a tree, which must accept them. Returns the last one's handle. */
export function addAll(tree: HeaderTree, headers: readonly Mined[]): HeaderEntry {
  let last = 0;
  for (const { header } of headers) {
    const result = tree.add(blockHeaderBytes(header), 0xffff_ffff);
    if (result.status !== 'added' && result.status !== 'known') throw new Error(result.status);
    last = result.entry;
  }
  return last;
}

export const headersOf = (mined: readonly Mined[]): BlockHeader[] => mined.map((one) => one.header);

function mineOne(
  parent: Mined,
  merkleRoot: Uint8Array,
  isFirst: boolean,
  options: MineOptions,
): Mined {
  const { spacing = 1, version = 0x2000_0000, bits = REGTEST_BITS } = options;
  const time = isFirst && options.time !== undefined ? options.time : parent.header.time + spacing;
  const header = { version, prevBlockHash: parent.hash, merkleRoot, time, bits, nonce: 0 };
  const bytes = blockHeaderBytes(header);
  const view = new DataView(bytes.buffer);
  for (let nonce = 0; ; nonce++) {
    view.setUint32(76, nonce, true);
    const blockHash = fastSha256d(bytes);
    if (!checkProofOfWork(blockHash, bits, params)) continue;
    return { header: { ...header, nonce }, hash: blockHash, height: parent.height + 1 };
  }
}

function coinbaseBytes(height: number, salt: number): Uint8Array {
  const scriptSig = new Uint8Array(9);
  const view = new DataView(scriptSig.buffer);
  scriptSig[0] = 8;
  view.setUint32(1, height, true);
  view.setUint32(5, salt, true);
  const prevout = { txid: new Uint8Array(32), index: 0xffff_ffff };
  return encode(Transaction, {
    version: 1,
    inputs: [{ prevout, scriptSig, sequence: 0xffff_ffff, witness: [] }],
    outputs: [{ value: 0n, scriptPubKey: new Uint8Array([0x51]) }],
    lockTime: 0,
  });
}
