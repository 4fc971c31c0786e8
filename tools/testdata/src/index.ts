/**
 * Finds the real Bitcoin data that tests read, and reads its formats. The data is not part of the
 * repository: tests that need it say so, and are reported as skipped where it is absent. Also, how
 * tests measure memory.
 *
 * @example
 * import { expect, test } from '@jest/globals';
 * import { describeWithData, headersFile } from '@btcp2p/testdata';
 *
 * describeWithData('mainnet', () => {
 *   const headers = headersFile('mainnet_0-10236');
 *   test('80 bytes each', () => expect(headers.length).toBe(10_237 * 80));
 * });
 *
 * @packageDocumentation
 */
export {
  bitcoind,
  dataDirectory,
  dataFile,
  dataPath,
  dataText,
  expectedDataDirectory,
  hasData,
} from './data-directory.ts';
export { describeWithBitcoind, describeWithData } from './describe.ts';
export { memoryHeld, memoryOf } from './memory.ts';
export {
  blkFile,
  blockFile,
  blockFiles,
  fromHex,
  headersFile,
  hexLines,
  jsonFile,
  jsonLines,
  pack,
  retargetHeaders,
  txFiles,
} from './readers.ts';
export type { BlockFile, Prevout, RetargetHeader, TxFile } from './readers.ts';
