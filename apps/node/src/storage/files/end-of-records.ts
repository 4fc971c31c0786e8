import { FileWindow } from './file-window.ts';
import { STORAGE_HEADER_BYTES, type RecordFormat } from './record.ts';

/** What is known of the records of a file. */
export interface RecordLimits extends RecordFormat {
  /** More bytes than this no record has, so that a larger length is damage. */
  readonly maxLength: number;
  /** Bytes behind each record that its length does not count. */
  readonly trailer: number;
}

/**
 * Where the next record of a file goes: behind all that are there. What is left of a torn record, and
 * zeros to the end of the file, which bitcoind reserves, may be written over. Anything else may be of
 * use to somebody: then it is the end of the file.
 *
 * @param size bytes of the open file
 * @param from where a record ends that is known to be there
 */
export function endOfRecords(fd: number, size: number, from: number, limits: RecordLimits): number {
  if (from >= size) return from;
  const window = new FileWindow(fd, size, limits);
  let at = from;
  while (size - at >= STORAGE_HEADER_BYTES) {
    if (!window.isMagic(at)) return window.isZeroFrom(at) ? at : size;
    const length = window.u32(at + 4);
    if (length > limits.maxLength) return size;
    const next = at + STORAGE_HEADER_BYTES + length + limits.trailer;
    if (next > size) break;
    at = next;
  }
  return at;
}
