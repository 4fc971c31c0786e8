import { nativeVerifier, ScriptCheckPool, wasmVerifier } from '@btcp2p/reactor';
import { nobleVerifier, type SignatureVerifier } from '@btcp2p/script';
import { expectedDataDirectory, hasData } from '@btcp2p/testdata';
import type { Bench, Case, Contender, LeftOut, Plan } from '../bench.ts';
import { bitcore } from '../rivals/bitcore.ts';
import { benchBitcoin, coreBench } from '../rivals/core-bench.ts';
import { kinds, madeUpSpends, spendsOf, type Spends, verifyAll, verifyAllBy } from '../spends.ts';
import { atLeast, reaches } from '../target.ts';
import { timed } from '../timed.ts';
import { microsecondsEach, perSecond, type Unit } from '../unit.ts';
import { OURS } from './our-library.ts';

/** Blocks whose inputs are nearly all of one kind, but for the last. */
const BLOCKS = [
  { folder: 'blocks', name: 'main-210000', title: 'P2PKH, 210,000' },
  { folder: 'blocks', name: 'main-403200', title: 'P2PKH and P2SH, 403,200' },
  { folder: 'blocks-testnet3', name: 'test3-928816', title: 'P2WPKH, testnet3 928,816' },
  { folder: 'blocks', name: 'main-757753', title: 'mixed, 757,753' },
];

/** Inputs of a real block that are verified: noble takes 2 ms for each. */
const MAX_INPUTS = 300;

/** As Core's `ConnectBlockAllEcdsa` and `ConnectBlockAllSchnorr` (bench/connectblock.cpp) have. */
const CORE_TRANSACTIONS = 1_000;

const ROUNDS = 9;

const { source, verifier: native } = nativeVerifier();

/** Scripts and signatures. */
export const script: Bench = {
  name: 'script',
  about:
    'Whether inputs may spend their outputs: the interpreter of @btcp2p/script with ' +
    '`nativeScriptHashes` of @btcp2p/reactor, from the bytes of transactions and the outputs spent. ' +
    `Ours is with \`nativeVerifier\`, which in this run is that of ${source}, in one thread. ` +
    '`2 threads` is `ScriptCheckPool` with one helper.',
  prepare,
};

function prepare(): Plan | LeftOut {
  if (BLOCKS.some(({ folder, name }) => !hasData(`${folder}/${name}.prevouts.bin`))) {
    return { leftOut: `no real blocks in ${expectedDataDirectory()} (set BTCP2P_DATA)` };
  }
  const core = benchBitcoin();
  const pool = new ScriptCheckPool({ helpers: 1 });
  function* cases(): Generator<Case> {
    for (const { name, title } of BLOCKS) {
      const spends = spendsOf(name, MAX_INPUTS);
      yield realBlock(title, spends, pool);
      if (source === 'secp256k1') yield share(title, spends);
      if (name === 'main-210000' || name === 'test3-928816') yield overhead(title, spends);
    }
    yield* likeCore('P2WPKH', 'ConnectBlockAllEcdsa', core, pool);
    yield* likeCore('P2TR', 'ConnectBlockAllSchnorr', core, pool);
  }
  return {
    cases: cases(),
    absent: [
      ...(core === undefined ? ['Bitcoin Core (set BENCH_BITCOIN)'] : []),
      ...(wasmVerifier() === undefined ? ['tiny-secp256k1'] : []),
    ],
    close: () => pool.close(),
  };
}

function ours(name: string, spends: Spends, verifier: SignatureVerifier): Contender {
  return timed({ name, run: () => verifyAll(spends, verifier), answer: String });
}

function pooled(spends: Spends, pool: ScriptCheckPool): Contender {
  return timed({
    name: 'btcp2p, 2 threads', run: () => verifyAllBy(pool, spends), answer: String,
  });
}

function realBlock(title: string, spends: Spends, pool: ScriptCheckPool): Case {
  const wasm = wasmVerifier();
  return {
    name: `verify inputs, ${title}`,
    unit: perSecond('inputs', spends.inputs),
    rounds: ROUNDS,
    ours: ours(OURS, spends, native),
    rivals: [
      pooled(spends, pool),
      ...(wasm === undefined ? [] : [ours('btcp2p, with tiny-secp256k1', spends, wasm)]),
      ours('btcp2p, noble only', spends, nobleVerifier),
      bitcore(spends, 2, true),
    ],
    method:
      'decodes the first transactions of the block, of about 300 inputs, and verifies each input. ' +
      'bitcore-lib has them decoded, and takes so long for one that a sample is of two inputs.',
    targets: [atLeast(10, 'bitcore-lib')],
  };
}

/** What part of the time is spent in calls of the verifier. */
const percent: Unit = { name: '% of the time', better: 'higher', of: (part) => part * 100 };

function share(title: string, spends: Spends): Case {
  let inside = 0;
  const clocked = <A extends unknown[]>(call: (...args: A) => boolean) => (...args: A): boolean => {
    const start = performance.now();
    const result = call(...args);
    inside += performance.now() - start;
    return result;
  };
  const verifier: SignatureVerifier = {
    verifyEcdsa: clocked(native.verifyEcdsa),
    verifySchnorr: clocked(native.verifySchnorr),
    checkTapTweak: clocked(native.checkTapTweak),
  };
  return {
    name: `time inside of libsecp256k1, ${title}`,
    unit: percent,
    rounds: ROUNDS,
    ours: {
      ...ours(OURS, spends, verifier),
      sample() {
        inside = 0;
        const start = performance.now();
        verifyAll(spends, verifier);
        return inside / (performance.now() - start);
      },
    },
    rivals: [],
    method: 'what part of the same is spent in calls of libsecp256k1.',
    targets: [reaches(80, percent)],
  };
}

const yes: SignatureVerifier = {
  verifyEcdsa: () => true, verifySchnorr: () => true, checkTapTweak: () => true,
};

function overhead(title: string, spends: Spends): Case {
  return {
    name: `all but signatures, ${title}`,
    unit: microsecondsEach('input', spends.inputs),
    rounds: ROUNDS,
    ours: ours(OURS, spends, yes),
    rivals: [bitcore(spends, 20, false)],
    method:
      'the same with signatures that are taken to hold: scripts, and the hashes that are signed. Ours ' +
      'also decodes the transactions.',
  };
}

/** What Core's benches are of, as nearly as can be. */
function* likeCore(
  kind: keyof typeof kinds, connect: string, core: string | undefined, pool: ScriptCheckPool,
): Generator<Case> {
  const few = madeUpSpends(kinds[kind], 60);
  const isEcdsa = kind === 'P2WPKH';
  yield {
    name: `verify inputs, made-up ${kind}`,
    unit: microsecondsEach('input', few.inputs),
    rounds: ROUNDS,
    ours: ours(OURS, few, native),
    rivals: core === undefined || !isEcdsa ? [] : [scaled(core, 'VerifyScriptBench', few.inputs)],
    method:
      'transactions of five inputs. Core\'s bench verifies the only input of one transaction, decoded ' +
      'and with its hashes computed before.',
  };
  const many = madeUpSpends(kinds[kind], CORE_TRANSACTIONS);
  yield {
    name: `verify a block, made-up ${kind}`,
    unit: perSecond('inputs', many.inputs),
    rounds: 5,
    ours: { ...pooled(many, pool), name: 'btcp2p, 2 threads' },
    rivals: [
      ours('btcp2p, 1 thread', many, native),
      ...(core === undefined ? [] : [coreBench(core, `Core ${connect}`, connect)]),
    ],
    method:
      '1,000 transactions of five inputs. Core\'s bench connects such a block, coins included, in as ' +
      'many threads as its tests have: two beside its own.',
  };
}

/** A bench of Core's that is of one input, for as many as an iteration has. */
function scaled(core: string, coreName: string, count: number): Contender {
  const contender = coreBench(core, `Core ${coreName}`, coreName);
  return { ...contender, sample: async () => (await contender.sample()) * count };
}
