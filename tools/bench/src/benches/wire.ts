import { blockFile, expectedDataDirectory, hasData, headersFile } from '@btcp2p/testdata';
import type { Bench, Case, LeftOut, Plan } from '../bench.ts';
import { bcoinLibrary, tryBcoin } from '../rivals/bcoin-library.ts';
import { bitcoinjs } from '../rivals/bitcoinjs.ts';
import { benchBitcoin } from '../rivals/core-bench.ts';
import { scure } from '../rivals/scure.ts';
import { addressCases } from './address-cases.ts';
import { blockCases } from './block-cases.ts';
import { framingCases } from './framing-cases.ts';

/** Core's bench works on the first of these, which has no witnesses; the second is of 2024. */
const HEIGHTS = [413_567, 831_328] as const;

/** Bytes and objects: blocks, framing, addresses. */
export const wire: Bench = {
  name: 'wire',
  about:
    'Bytes to objects and back, on two real blocks: 413,567 of 2016 (1.0 MB, 1,557 transactions, no ' +
    'witnesses) and 831,328 of 2024 (2.0 MB, 1,979 transactions, with witnesses).',
  prepare,
};

function prepare(): Plan | LeftOut {
  if (HEIGHTS.some((height) => !hasData(`blocks/main-${height}.bin`))) {
    return { leftOut: `no real blocks in ${expectedDataDirectory()} (set BTCP2P_DATA)` };
  }
  const bcoin = tryBcoin();
  const coreBinary = benchBitcoin();
  const absent = [
    ...(typeof bcoin === 'string' ? [bcoin] : []),
    ...(coreBinary === undefined ? ['Bitcoin Core (set BENCH_BITCOIN)'] : []),
  ];
  const loaded = typeof bcoin === 'string' ? undefined : bcoin;
  const libraries = [bitcoinjs, scure, ...(loaded === undefined ? [] : [bcoinLibrary(loaded)])];
  const [first] = HEIGHTS;
  const blocks = HEIGHTS.map((height) => ({
    height,
    bytes: blockFile(`main-${height}`).bytes,
    libraries,
    coreBinary: height === first ? coreBinary : undefined,
    hasTargets: height === first,
  }));
  const headers = headersFile('mainnet_194270-404640');
  function* cases(): Generator<Case> {
    for (const block of blocks) yield* blockCases(block);
    yield* framingCases(blocks[0]!.bytes, headers, loaded);
    yield* addressCases(loaded);
  }
  return { cases: cases(), absent };
}
