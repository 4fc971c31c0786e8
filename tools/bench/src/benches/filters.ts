import type { Golomb } from '@btcp2p/bcoin-peer';
import { BASIC_FILTER_P, basicFilter, GcsFilter } from '@btcp2p/bip158';
import { blockFile, expectedDataDirectory, hasData } from '@btcp2p/testdata';
import { BlockView } from '@btcp2p/wire';
import type { Bench, Case, Contender, LeftOut, Plan } from '../bench.ts';
import { digest } from '../digest.ts';
import { benchBitcoin, coreBench } from '../rivals/core-bench.ts';
import { tryGolomb } from '../rivals/golomb.ts';
import { atLeast } from '../target.ts';
import { timed } from '../timed.ts';
import { milliseconds } from '../unit.ts';
import { OURS, transactionsOf } from './our-library.ts';

/** A block of 2014 with 461 transactions, of which all spent outputs are known. */
const BLOCK = 'main-300025';

/** The key of Core's benches. */
const KEY = new Uint8Array(32);

/** What the cases of this bench are made of. */
interface Rivals {
  readonly golomb: Golomb | undefined;
  readonly core: string | undefined;
}

/** Compact block filters, in this process. */
export const filters: Bench = {
  name: 'filters',
  about:
    'Compact block filters (BIP 158): @btcp2p/bip158, which is JavaScript without big integers. ' +
    'Core\'s benches make 100,000 elements of 32 bytes that two bytes tell apart, so that 65,536 are ' +
    'different: a filter of 172 kB, ten times that of a block. golomb is by the author of bcoin; its ' +
    'SipHash is C++ where that was built, and JavaScript here.',
  prepare,
};

function prepare(): Plan | LeftOut {
  if (!hasData(`blocks/${BLOCK}.bin`)) {
    return { leftOut: `no real blocks in ${expectedDataDirectory()} (set BTCP2P_DATA)` };
  }
  const golomb = tryGolomb();
  const core = benchBitcoin();
  const rivals = { golomb: typeof golomb === 'string' ? undefined : golomb, core };
  return {
    cases: [ofBlock(rivals), construct(rivals), decode(rivals), match(rivals), matchAny(rivals)],
    absent: [
      ...(typeof golomb === 'string' ? [golomb] : []),
      ...(core === undefined ? ['Bitcoin Core (set BENCH_BITCOIN)'] : []),
    ],
  };
}

/** The elements of Core's benches (bench/gcs_filter.cpp), without those that are there twice. */
function coreElements(): Uint8Array[] {
  return Array.from({ length: 2 ** 16 }, (_, i) => {
    const element = new Uint8Array(32);
    element.set([i, i >> 8]);
    return element;
  });
}

function ofBlock({ golomb }: Rivals): Case {
  const file = blockFile(BLOCK);
  const block = BlockView.of(file.bytes);
  const hash = block.hash();
  const spent = file.prevouts!.map(({ script }) => script);
  const created = transactionsOf(file.bytes).flatMap(({ outputs }) => outputs);
  const scripts = created.map(({ scriptPubKey }) => scriptPubKey).filter(
    (script) => script.length > 0 && script[0] !== 0x6a,
  );
  return {
    name: `filter of a block, ${file.height}`,
    unit: milliseconds,
    ours: timed({
      name: OURS,
      run: () => basicFilter(block, spent, hash).bytes,
      answer: digestOf,
    }),
    rivals: ofGolomb(golomb, ({ fromItems, buffer }) => {
      const elements = [...scripts, ...spent].map(buffer);
      const key = buffer(hash).subarray(0, 16);
      return { run: () => fromItems(BASIC_FILTER_P, key, elements).toNBytes(), answer: digestOf };
    }),
    method:
      `from a block and the scripts that it spends (${spent.length}) to the bytes of its filter. Ours ` +
      'looks for the output scripts in the block\'s bytes; golomb knows no blocks, and is given all ' +
      'scripts.',
  };
}

function construct({ golomb, core }: Rivals): Case {
  const elements = coreElements();
  return {
    name: 'filter of 65,536 elements',
    unit: milliseconds,
    ours: timed({
      name: OURS,
      run: () => GcsFilter.of(elements, KEY).bytes,
      answer: digestOf,
    }),
    rivals: [
      ...ofGolomb(golomb, ({ fromItems, buffer }) => {
        const [key, buffers] = [buffer(KEY).subarray(0, 16), elements.map(buffer)];
        return { run: () => fromItems(BASIC_FILTER_P, key, buffers).toNBytes(), answer: digestOf };
      }),
      ...ofCore(core, 'GCSFilterConstruct'),
    ],
    method:
      'from elements to the bytes of a filter. Core is given a set, golomb and ours find out first ' +
      'which elements are there twice.',
  };
}

function decode({ core }: Rivals): Case {
  const { bytes } = GcsFilter.of(coreElements(), KEY);
  return {
    name: 'decode and check a filter of 65,536',
    unit: milliseconds,
    ours: timed({
      name: OURS,
      run: () => GcsFilter.decode(bytes, KEY),
      answer: ({ count }) => String(count),
    }),
    rivals: ofCore(core, 'GCSFilterDecode'),
    method: 'from bytes to a filter of which it is known that all its elements are there.',
    targets: [atLeast(1, 'Core GCSFilterDecode')],
  };
}

function match({ golomb, core }: Rivals): Case {
  const { bytes } = GcsFilter.of(coreElements(), KEY);
  const filter = GcsFilter.trusted(bytes, KEY);
  const element = new Uint8Array(0);
  return {
    name: 'match one with a filter of 65,536',
    unit: milliseconds,
    ours: timed({ name: OURS, run: () => filter.match(element), answer: String }),
    rivals: [
      ...ofGolomb(golomb, ({ fromNBytes, buffer }) => {
        const [theirs, key] = [fromNBytes(BASIC_FILTER_P, buffer(bytes)), buffer(KEY).subarray(0, 16)];
        return { run: () => theirs.match(key, buffer(element)), answer: String };
      }),
      ...ofCore(core, 'GCSFilterMatch'),
    ],
    method: 'whether an empty element may be in it, which is answered after a part of the filter.',
    targets: [atLeast(1, 'Core GCSFilterMatch')],
  };
}

function matchAny({ golomb }: Rivals): Case {
  const { bytes } = GcsFilter.of(coreElements().slice(0, 8_192), KEY);
  const filter = GcsFilter.trusted(bytes, KEY);
  const wanted = Array.from({ length: 1_000 }, (_, i) => (
    Uint8Array.of(0, 20, i, i >> 8, ...new Uint8Array(18))
  ));
  return {
    name: 'match any of 1,000 scripts with a filter of 8,192',
    unit: milliseconds,
    ours: timed({ name: OURS, run: () => filter.matchAny(wanted), answer: String }),
    rivals: ofGolomb(golomb, ({ fromNBytes, buffer }) => {
      const [theirs, key] = [fromNBytes(BASIC_FILTER_P, buffer(bytes)), buffer(KEY).subarray(0, 16)];
      const buffers = wanted.map(buffer);
      return { run: () => theirs.matchAny(key, buffers), answer: String };
    }),
    method: 'what a wallet asks of each block: scripts of 22 bytes of which none is in the filter.',
  };
}

function digestOf(bytes: Uint8Array): string {
  return digest([bytes]);
}

function ofGolomb<T>(
  golomb: Golomb | undefined,
  use: (golomb: Golomb) => { readonly run: () => T; readonly answer: (result: T) => string },
): Contender[] {
  if (golomb === undefined) return [];
  return [timed({ name: 'golomb', version: golomb.version, ...use(golomb) })];
}

function ofCore(binary: string | undefined, name: string): Contender[] {
  return binary === undefined ? [] : [coreBench(binary, `Core ${name}`, name)];
}
