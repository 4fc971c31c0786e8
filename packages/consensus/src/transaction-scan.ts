import { readU32 } from './u32.ts';

/**
 * Moves over the bytes of a transaction whose structure is known to be sound, as those of a
 * `BlockView` are. It decodes nothing: a block has thousands of inputs, and most questions about
 * them are answered by some of their bytes.
 */
export class TransactionScan {
  readonly bytes: Uint8Array;
  /** Where it stands. */
  offset: number;

  /** Stands before the number of inputs, behind the marker and flag of BIP 144. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    // A marker reads as no inputs. A transaction without inputs is followed by a flag of 0.
    this.offset = bytes[4] === 0 && bytes[5] !== 0 ? 6 : 4;
  }

  /** A CompactSize: the number of inputs or outputs, or the length of a script. */
  compactSize(): number {
    const { bytes, offset } = this;
    const first = bytes[offset]!;
    if (first < 0xfd) {
      this.offset = offset + 1;
      return first;
    }
    if (first === 0xfd) {
      this.offset = offset + 3;
      return bytes[offset + 1]! | (bytes[offset + 2]! << 8);
    }
    // What is sound is at most 32 MiB, so the 8 bytes of the longest form end with 4 zeros.
    this.offset = offset + (first === 0xfe ? 5 : 9);
    return readU32(bytes, offset + 1);
  }
}

/** Bytes of an outpoint: txid and index (Core `COutPoint`, primitives/transaction.h). */
export const OUTPOINT_SIZE = 36;

/** Whether it has one input, and that spends no output (Core `CTransaction::IsCoinBase`). */
export function isCoinbase(bytes: Uint8Array): boolean {
  const scan = new TransactionScan(bytes);
  return scan.compactSize() === 1 && isNullOutpoint(bytes, scan.offset);
}

/** Whether the outpoint at `offset` names no output (Core `COutPoint::IsNull`). */
export function isNullOutpoint(bytes: Uint8Array, offset: number): boolean {
  if (readU32(bytes, offset + 32) !== 0xffff_ffff) return false;
  for (let i = 0; i < 32; i++) if (bytes[offset + i] !== 0) return false;
  return true;
}

/** Whether every input has the final sequence number, and so switches the lock time off. */
export function hasFinalSequences(bytes: Uint8Array): boolean {
  const scan = new TransactionScan(bytes);
  for (let left = scan.compactSize(); left > 0; left--) {
    scan.offset += OUTPOINT_SIZE;
    const scriptLength = scan.compactSize();
    scan.offset += scriptLength;
    if (readU32(bytes, scan.offset) !== 0xffff_ffff) return false;
    scan.offset += 4;
  }
  return true;
}
