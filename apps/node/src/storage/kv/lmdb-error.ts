import { getSystemErrorName } from 'node:util';
import { fileError, NodeError } from '../../node-error.ts';

/**
 * What LMDB says of a file that it cannot read, `MDB_CORRUPTED: Located page was wrong type` say, and
 * of the next attempt with the same look at it, `MDB_BAD_TXN`.
 */
const CORRUPT = /^MDB_(?:CORRUPTED|PAGE_NOTFOUND|INVALID|VERSION_MISMATCH|BAD_CHECKSUM|BAD_TXN)/;

/**
 * An error of lmdb or of `node:fs` as the one error that people see. lmdb passes on what the system
 * says as a number, 28 for `ENOSPC`, and has negative numbers of its own.
 *
 * @throws what it is given if that is neither, and so a bug
 */
export function lmdbError(error: unknown, path: string): NodeError {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (CORRUPT.test(String(message))) {
    return new NodeError('corrupt', `${path} is damaged, or no database: ${String(message)}`, {
      cause: error,
    });
  }
  if (code === undefined) throw error;
  if (typeof code !== 'number' || code <= 0) return fileError(error, path);
  const name = getSystemErrorName(-code);
  // Behind a colon it says what it was about to do.
  const text = String(message).split(':')[0]!.toLowerCase();
  return fileError({ code: name, message: `${name}: ${text}, write`, cause: error }, path);
}
