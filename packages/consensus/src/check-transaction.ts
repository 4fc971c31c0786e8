import {
  MAX_BLOCK_WEIGHT,
  strippedBytes,
  WITNESS_SCALE_FACTOR,
  type Transaction,
} from '@btcp2p/wire';
import { countSigOps } from './sigops.ts';
import { MAX_MONEY } from './subsidy.ts';
import { isNullOutpoint, OUTPOINT_SIZE, TransactionScan } from './transaction-scan.ts';
import { readU32 } from './u32.ts';

/** Why a transaction is refused whatever it spends, in Core's words (consensus/tx_check.cpp). */
export type TransactionRejectReason =
  | 'bad-txns-vin-empty'
  | 'bad-txns-vout-empty'
  | 'bad-txns-oversize'
  | 'bad-txns-vout-negative'
  | 'bad-txns-vout-toolarge'
  | 'bad-txns-txouttotal-toolarge'
  | 'bad-txns-inputs-duplicate'
  | 'bad-cb-length'
  | 'bad-txns-prevout-null';

/** What is wrong with a transaction whatever it spends, if anything (Core `CheckTransaction`). */
export function checkTransaction(transaction: Transaction): TransactionRejectReason | undefined {
  // Without inputs and witness, its bytes would read as the form of BIP 144.
  if (transaction.inputs.length === 0) return 'bad-txns-vin-empty';
  if (transaction.outputs.length === 0) return 'bad-txns-vout-empty';
  const bytes = strippedBytes(transaction);
  if (bytes.length * WITNESS_SCALE_FACTOR > MAX_BLOCK_WEIGHT) return 'bad-txns-oversize';
  return inspectTransaction(bytes).reason;
}

/** The answer of {@link inspectTransaction}. */
export interface Inspection {
  readonly reason: TransactionRejectReason | undefined;
  /** Legacy signature operations of all its scripts; what was counted so far if there is a reason. */
  readonly sigOps: number;
}

/**
 * Checks a transaction's bytes in one pass, and counts signature operations on the way. It does not
 * look at their number: in a block, that of all transactions together is checked before.
 *
 * @param bytes of sound structure, with or without witnesses
 */
export function inspectTransaction(bytes: Uint8Array): Inspection {
  const scan = new TransactionScan(bytes);
  const inputCount = scan.compactSize();
  if (inputCount === 0) return { reason: 'bad-txns-vin-empty', sigOps: 0 };
  const inputs: number[] = [];
  let sigOps = 0;
  for (let i = 0; i < inputCount; i++) {
    inputs.push(scan.offset);
    scan.offset += OUTPOINT_SIZE;
    sigOps += scanScript(scan);
    scan.offset += 4;
  }
  const outputCount = scan.compactSize();
  if (outputCount === 0) return { reason: 'bad-txns-vout-empty', sigOps };
  let total = 0;
  for (let i = 0; i < outputCount; i++) {
    const value = readValue(bytes, scan.offset);
    total += value;
    const reason = checkValue(value, total);
    if (reason !== undefined) return { reason, sigOps };
    scan.offset += 8;
    sigOps += scanScript(scan);
  }
  return { reason: checkInputs(bytes, inputs), sigOps };
}

function scanScript(scan: TransactionScan): number {
  const length = scan.compactSize();
  const start = scan.offset;
  scan.offset += length;
  return countSigOps(scan.bytes, start, scan.offset);
}

const MAX_VALUE = /* @__PURE__ */ Number(MAX_MONEY);

/**
 * A signed 64-bit value as a double: exact up to 2^53, which is 4 times the most that is valid.
 */
function readValue(bytes: Uint8Array, offset: number): number {
  return (readU32(bytes, offset + 4) | 0) * 0x1_0000_0000 + readU32(bytes, offset);
}

function checkValue(value: number, total: number): TransactionRejectReason | undefined {
  if (value < 0) return 'bad-txns-vout-negative';
  if (value > MAX_VALUE) return 'bad-txns-vout-toolarge';
  return total > MAX_VALUE ? 'bad-txns-txouttotal-toolarge' : undefined;
}

function checkInputs(
  bytes: Uint8Array,
  inputs: readonly number[],
): TransactionRejectReason | undefined {
  if (hasDuplicateOutpoint(bytes, inputs)) return 'bad-txns-inputs-duplicate';
  const first = inputs[0]!;
  if (inputs.length === 1 && isNullOutpoint(bytes, first)) {
    const scan = new TransactionScan(bytes);
    scan.offset = first + OUTPOINT_SIZE;
    const scriptLength = scan.compactSize();
    return scriptLength < 2 || scriptLength > 100 ? 'bad-cb-length' : undefined;
  }
  return inputs.some((at) => isNullOutpoint(bytes, at)) ? 'bad-txns-prevout-null' : undefined;
}

/** Up to so many inputs, comparing each with each is quickest. */
const FEW = 8;

/**
 * Whether two inputs spend one output (CVE-2018-17144). A transaction can have 24,000 inputs, so
 * many of them are sorted by 53-bit keys, and only where two keys agree by all of their bytes:
 * whatever the inputs, time grows little faster than their number.
 */
function hasDuplicateOutpoint(bytes: Uint8Array, inputs: readonly number[]): boolean {
  if (inputs.length > FEW) {
    return hasEqualKeys(bytes, inputs) && hasEqualNeighbours(bytes, inputs);
  }
  for (let i = 1; i < inputs.length; i++) {
    for (let j = 0; j < i; j++) {
      if (compareOutpoints(bytes, inputs[i]!, inputs[j]!) === 0) return true;
    }
  }
  return false;
}

/** Outputs of one transaction differ in the first 32 bits of the key, others nearly always do. */
function hasEqualKeys(bytes: Uint8Array, inputs: readonly number[]): boolean {
  const keys = new Float64Array(inputs.length);
  for (let i = 0; i < inputs.length; i++) {
    const at = inputs[i]!;
    const high = (readU32(bytes, at) ^ readU32(bytes, at + 32)) >>> 0;
    keys[i] = high * 0x20_0000 + (readU32(bytes, at + 4) >>> 11);
  }
  keys.sort();
  for (let i = 1; i < keys.length; i++) if (keys[i] === keys[i - 1]) return true;
  return false;
}

function hasEqualNeighbours(bytes: Uint8Array, inputs: readonly number[]): boolean {
  const sorted = inputs.toSorted((a, b) => compareOutpoints(bytes, a, b));
  return sorted.some((at, i) => i > 0 && compareOutpoints(bytes, at, sorted[i - 1]!) === 0);
}

function compareOutpoints(bytes: Uint8Array, a: number, b: number): number {
  for (let i = 0; i < OUTPOINT_SIZE; i++) {
    const difference = bytes[a + i]! - bytes[b + i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
