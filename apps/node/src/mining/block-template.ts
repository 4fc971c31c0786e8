import {
  blockSubsidy, difficultyAdjustmentInterval, heightScript, MAX_TIMEWARP, merkleRoot,
  type ConsensusParams, type HeaderEntry, type HeaderTree,
} from '@btcp2p/consensus';
import { OP_0, OP_RETURN } from '@btcp2p/script';
import {
  BLOCK_HEADER_SIZE, BlockHeader, compactSizeSize, sha256d, TransactionView, Writer, type Sha256d,
  type Transaction, type TxIn,
} from '@btcp2p/wire';

/** The block that a template builds on. */
export interface TemplateTip {
  /** 32 bytes in wire order. */
  readonly hash: Uint8Array;
  readonly height: number;
  /** Unix seconds. */
  readonly time: number;
  /** Unix seconds. */
  readonly medianTimePast: number;
  /** The bits of a block on top of it, by its time in Unix seconds. */
  bitsAt(time: number): number;
}

/** The block of a tree of headers, to build on. */
export function templateTip(headers: HeaderTree, entry: HeaderEntry): TemplateTip {
  return {
    hash: headers.hash(entry),
    height: headers.height(entry),
    time: headers.time(entry),
    medianTimePast: headers.medianTimePast(entry),
    bitsAt: (time) => headers.nextWorkRequired(entry, time),
  };
}

/** A transaction to be mined. */
export interface TemplateTransaction {
  readonly transaction: TransactionView;
  /** Satoshis that the miner may take. */
  readonly fee: bigint;
  /** What it counts against `MAX_BLOCK_SIGOPS_COST`. */
  readonly sigOpCost: number;
}

/** What a template is made of. */
export interface BlockTemplateOptions {
  readonly tip: TemplateTip;
  readonly params: ConsensusParams;
  /** Signed 32 bits: see `VersionBitsCache.computeBlockVersion`. */
  readonly version: number;
  /** Who gets the reward. */
  readonly scriptPubKey: Uint8Array;
  /** In an order in which they are valid; none by default. */
  readonly transactions?: readonly TemplateTransaction[];
  /** The clock, Unix seconds. */
  readonly now: number;
  readonly sha256d?: Sha256d;
}

/** A block that lacks nothing but its proof of work (Core `CBlockTemplate`, node/miner.h). */
export interface BlockTemplate {
  readonly tip: TemplateTip;
  readonly height: number;
  /** Signed 32 bits. */
  readonly version: number;
  /** Unix seconds. */
  readonly time: number;
  readonly bits: number;
  readonly coinbase: Transaction;
  readonly transactions: readonly TemplateTransaction[];
  /** The output script of the coinbase that commits to the witnesses, 38 bytes. */
  readonly witnessCommitment: Uint8Array;
}

/** Core `CTxIn::MAX_SEQUENCE_NONFINAL` (primitives/transaction.h): the lock time counts. */
const MAX_SEQUENCE_NONFINAL = 0xffff_fffe;

/** The script in front of the hash that commits to witnesses (BIP 141). */
const COMMITMENT_HEADER = [OP_RETURN, 0x24, 0xaa, 0x21, 0xa9, 0xed];

/**
 * The earliest time of a block: after the median time past, and at the start of a period not long
 * before its parent, which BIP 94 demands and does no harm where it does not hold (Core
 * `GetMinimumTime`, node/miner.cpp).
 */
export function minimumTime(tip: TemplateTip, params: ConsensusParams): number {
  const earliest = tip.medianTimePast + 1;
  const startsPeriod = (tip.height + 1) % difficultyAdjustmentInterval(params) === 0;
  return startsPeriod ? Math.max(earliest, tip.time - MAX_TIMEWARP) : earliest;
}

/**
 * A block on top of `tip`, ready to be mined (Core `BlockAssembler::CreateNewBlock`, node/miner.cpp).
 */
export function createBlockTemplate(options: BlockTemplateOptions): BlockTemplate {
  const { tip, params, version, transactions = [], sha256d: hash = sha256d } = options;
  const height = tip.height + 1;
  const time = Math.max(minimumTime(tip, params), options.now);
  const witnessCommitment = commitmentScript(transactions, hash);
  const coinbase = createCoinbase(options, height, witnessCommitment);
  const bits = tip.bitsAt(time);
  return { tip, height, version, time, bits, coinbase, transactions, witnessCommitment };
}

/**
 * A template at a later time, which on test networks may make it easier; an earlier one changes nothing
 * (Core `UpdateTime`, node/miner.cpp).
 */
export function withTime(template: BlockTemplate, params: ConsensusParams, now: number): BlockTemplate {
  const time = Math.max(template.time, minimumTime(template.tip, params), now);
  return { ...template, time, bits: template.tip.bitsAt(time) };
}

function createCoinbase(
  { params, scriptPubKey, transactions = [] }: BlockTemplateOptions,
  height: number,
  witnessCommitment: Uint8Array,
): Transaction {
  const fees = transactions.reduce((sum, { fee }) => sum + fee, 0n);
  const input: TxIn = {
    prevout: { txid: new Uint8Array(32), index: 0xffff_ffff },
    // OP_0 behind the height, since a scriptSig has at least two bytes.
    scriptSig: Uint8Array.of(...heightScript(height), OP_0),
    sequence: MAX_SEQUENCE_NONFINAL,
    witness: height >= params.segwitHeight ? [new Uint8Array(32)] : [],
  };
  return {
    version: 2,
    inputs: [input],
    outputs: [
      { value: blockSubsidy(height, params) + fees, scriptPubKey },
      { value: 0n, scriptPubKey: witnessCommitment },
    ],
    // No coinbase of an earlier block can be the same, and this one is valid in no earlier block.
    lockTime: height - 1,
  };
}

/** Core `GenerateCoinbaseCommitment` (validation.cpp), with a reserved value of 32 zeros. */
function commitmentScript(transactions: readonly TemplateTransaction[], hash: Sha256d): Uint8Array {
  const wtxids = transactions.map(({ transaction }) => transaction.wtxid(hash));
  const root = merkleRoot([new Uint8Array(32), ...wtxids], hash).root;
  const both = new Uint8Array(64);
  both.set(root);
  return Uint8Array.of(...COMMITMENT_HEADER, ...hash(both));
}

/** The bytes of a template's block, with a nonce of 0. */
export function assembleBlock(template: BlockTemplate, hash: Sha256d = sha256d): Uint8Array {
  const coinbase = TransactionView.from(template.coinbase);
  const views = [coinbase, ...template.transactions.map(({ transaction }) => transaction)];
  const header: BlockHeader = {
    version: template.version,
    prevBlockHash: template.tip.hash,
    merkleRoot: merkleRoot(views.map((view) => view.txid(hash)), hash).root,
    time: template.time,
    bits: template.bits,
    nonce: 0,
  };
  const start = BLOCK_HEADER_SIZE + compactSizeSize(views.length);
  const bytes = new Uint8Array(views.reduce((size, view) => size + view.size, start));
  const writer = new Writer(bytes);
  BlockHeader.write(writer, header);
  writer.compactSize(views.length);
  for (const view of views) TransactionView.write(writer, view);
  return bytes;
}
