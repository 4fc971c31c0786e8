import { DecodeError } from './decode-error.ts';
import { MAX_SIZE } from './limits.ts';

/** Where a scan over serialised transactions stands, and what it learnt of the last one. */
export interface Scan {
  readonly bytes: Uint8Array;
  offset: number;
  /** Where the witnesses of the last transaction start; 0 if it has none. */
  witnessOffset: number;
  /** Bytes of the last transaction without witnesses. */
  stripped: number;
}

/** The same memory as a plain `Uint8Array`: the `slice` of a Node.js `Buffer` does not copy. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === Uint8Array) return bytes;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Moves over a CompactSize and returns it, with the checks of `Reader.compactSize`. */
export function scanCompactSize(scan: Scan): number {
  const { bytes, offset } = scan;
  if (offset >= bytes.length) throw new DecodeError('truncated', bytes.length);
  const first = bytes[offset]!;
  if (first < 0xfd) {
    scan.offset = offset + 1;
    return first;
  }
  const width = first === 0xfd ? 2 : first === 0xfe ? 4 : 8;
  if (offset + 1 + width > bytes.length) throw new DecodeError('truncated', offset + 1);
  let value = 0;
  // A double holds 2^53 exactly; what is above MAX_SIZE is refused anyway.
  for (let i = width; i > 0; i--) value = value * 256 + bytes[offset + i]!;
  const least = width === 2 ? 0xfd : width === 4 ? 0x1_0000 : 0x1_0000_0000;
  if (value < least) throw new DecodeError('non-canonical-size', offset);
  if (value > MAX_SIZE) throw new DecodeError('size-too-large', offset);
  scan.offset = offset + 1 + width;
  return value;
}

/** Moves over a transaction, checking what `Transaction.read` checks and in the same order. */
export function scanTransaction(scan: Scan): void {
  const start = scan.offset;
  scan.offset = start + 4;
  if (scan.offset > scan.bytes.length) throw new DecodeError('truncated', start);
  scan.witnessOffset = 0;
  const inputCount = scanCount(scan, 41);
  if (inputCount > 0) {
    scanInputs(scan, inputCount);
    scanOutputs(scan);
  } else {
    scanExtended(scan);
  }
  if (scan.offset + 4 > scan.bytes.length) throw new DecodeError('truncated', scan.offset);
  scan.stripped =
    scan.witnessOffset === 0 ? scan.offset + 4 - start : scan.witnessOffset - start - 2 + 4;
  scan.offset += 4;
}

/** Moves over what follows an empty input list: flags and the form of BIP 144, or nothing. */
function scanExtended(scan: Scan): void {
  const flagsOffset = scan.offset;
  if (flagsOffset >= scan.bytes.length) throw new DecodeError('truncated', flagsOffset);
  const flags = scan.bytes[flagsOffset]!;
  scan.offset += 1;
  if (flags === 0) return;
  const inputCount = scanCount(scan, 41);
  scanInputs(scan, inputCount);
  scanOutputs(scan);
  if ((flags & 1) !== 0) {
    scan.witnessOffset = scan.offset;
    if (!scanWitnesses(scan, inputCount)) throw new DecodeError('superfluous-witness', flagsOffset);
  }
  if ((flags & ~1) !== 0) throw new DecodeError('unknown-transaction-flags', flagsOffset);
}

function scanCount(scan: Scan, minSize: number): number {
  const start = scan.offset;
  const count = scanCompactSize(scan);
  if (count * minSize > scan.bytes.length - scan.offset) throw new DecodeError('truncated', start);
  return count;
}

function scanInputs(scan: Scan, count: number): void {
  const { bytes } = scan;
  let offset = scan.offset;
  for (let i = 0; i < count; i++) {
    offset += 36;
    const short = bytes[offset];
    // Nearly every script is shorter than 253 bytes: one byte says so.
    if (short !== undefined && short < 0xfd) {
      offset += 1 + short + 4;
    } else {
      scan.offset = offset;
      const length = scanCompactSize(scan);
      offset = scan.offset + length + 4;
    }
    if (offset > bytes.length) throw new DecodeError('truncated', scan.offset);
  }
  scan.offset = offset;
}

function scanOutputs(scan: Scan): void {
  const { bytes } = scan;
  const count = scanCount(scan, 9);
  let offset = scan.offset;
  for (let i = 0; i < count; i++) {
    offset += 8;
    const short = bytes[offset];
    if (short !== undefined && short < 0xfd) {
      offset += 1 + short;
    } else {
      scan.offset = offset;
      const length = scanCompactSize(scan);
      offset = scan.offset + length;
    }
    if (offset > bytes.length) throw new DecodeError('truncated', scan.offset);
  }
  scan.offset = offset;
}

/** Returns whether any witness has an item. */
function scanWitnesses(scan: Scan, inputCount: number): boolean {
  let any = false;
  for (let i = 0; i < inputCount; i++) {
    const items = scanCount(scan, 1);
    if (items > 0) any = true;
    for (let item = 0; item < items; item++) {
      const length = scanCompactSize(scan);
      if (length > scan.bytes.length - scan.offset) throw new DecodeError('truncated', scan.offset);
      scan.offset += length;
    }
  }
  return any;
}
