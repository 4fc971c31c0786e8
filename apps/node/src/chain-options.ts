import { availableParallelism } from 'node:os';
import {
  parseTestActivationHeight,
  parseVersionBitsParameters,
  type BuriedDeployment,
  type ConsensusParamsOptions,
  type VersionBitsDeployment,
  type VersionBitsParameters,
} from '@btcp2p/consensus';
import { fromHex, hashFromHex, type Chain } from '@btcp2p/wire';
import { NodeError } from './node-error.ts';
import {
  DEFAULT_CHECKBLOCKS,
  DEFAULT_CHECKLEVEL,
  DEFAULT_DB_CACHE_BATCH,
  DEFAULT_DB_CACHE_MIB,
  MAX_SCRIPTCHECK_THREADS,
  MIN_DB_CACHE_MIB,
  MIN_PRUNE_TARGET_MIB,
} from './options.ts';
import type { Settings } from './settings.ts';

const MIB = 1_048_576;

/** What the user wants of blocks, coins and indexes. */
export interface ChainOptions {
  /** What is chosen for a test chain: `-testactivationheight`, `-vbparams`, `-test`, `-signetchallenge`. */
  readonly consensus: ConsensusParamsOptions;
  /** `-assumevalid`: 32 bytes in wire order, all 0 for none; undefined: the chain's own. */
  readonly assumeValid: Uint8Array | undefined;
  /** `-dbcache` in bytes. */
  readonly dbCache: number;
  /** `-dbbatchsize` in bytes. */
  readonly dbBatchSize: number;
  /** `-par`: threads that check scripts besides the chain's own, 0 to 15. */
  readonly scriptThreads: number;
  /** `-prune`: undefined if nothing is deleted, `manual` if only when asked, else bytes to keep to. */
  readonly prune: number | 'manual' | undefined;
  /** `-fastprune` */
  readonly fastPrune: boolean;
  readonly txIndex: boolean;
  /** `-blockfilterindex=basic` */
  readonly blockFilterIndex: boolean;
  /** `-peerblockfilters` */
  readonly peerBlockFilters: boolean;
  readonly reindex: boolean;
  readonly reindexChainstate: boolean;
  /** `-loadblock`: as given, so relative to the working directory. */
  readonly loadBlock: readonly string[];
  /** What is checked at start, and whether it must be there to be checked. */
  readonly check: { readonly blocks: number; readonly level: number; readonly isRequired: boolean };
  /** `-checkblockindex`: after so many changes; 0: never. */
  readonly checkBlockIndex: number;
}

/** @throws NodeError `option` */
export function chainOptions(settings: Settings, chain: Chain): ChainOptions {
  const blockFilterIndex = hasBlockFilterIndex(settings);
  const peerBlockFilters = settings.flag('peerblockfilters') ?? false;
  if (peerBlockFilters && !blockFilterIndex) {
    throw new NodeError('option', 'Cannot set -peerblockfilters without -blockfilterindex.');
  }
  const txIndex = settings.flag('txindex') ?? false;
  const reindexChainstate = settings.flag('reindex-chainstate') ?? false;
  const isPruning = (settings.integer('prune') ?? 0n) !== 0n;
  if (isPruning && txIndex) throw new NodeError('option', 'Prune mode is incompatible with -txindex.');
  if (isPruning && reindexChainstate) {
    throw new NodeError(
      'option',
      'Prune mode is incompatible with -reindex-chainstate. Use full -reindex instead.',
    );
  }
  const regtest = chain === 'regtest';
  return {
    consensus: { ...consensusOptions(settings, chain) },
    assumeValid: assumeValid(settings),
    dbCache: Math.max(MIN_DB_CACHE_MIB, number(settings, 'dbcache', DEFAULT_DB_CACHE_MIB)) * MIB,
    dbBatchSize: number(settings, 'dbbatchsize', DEFAULT_DB_CACHE_BATCH),
    scriptThreads: scriptThreads(number(settings, 'par', 0)),
    prune: pruneTarget(settings),
    fastPrune: regtest && (settings.flag('fastprune') ?? false),
    txIndex,
    blockFilterIndex,
    peerBlockFilters,
    reindex: settings.flag('reindex') ?? false,
    reindexChainstate,
    loadBlock: settings.list('loadblock'),
    check: {
      blocks: number(settings, 'checkblocks', DEFAULT_CHECKBLOCKS),
      level: number(settings, 'checklevel', DEFAULT_CHECKLEVEL),
      isRequired: settings.isSet('checkblocks') || settings.isSet('checklevel'),
    },
    checkBlockIndex:
      settings.text('checkblockindex') === '' ? 1 : number(settings, 'checkblockindex', regtest ? 1 : 0),
  };
}

function number(settings: Settings, option: string, otherwise: number): number {
  return Number(settings.integer(option) ?? otherwise);
}

/** Core `ChainstateManager` has a thread of its own, which counts as one of those of `-par`. */
function scriptThreads(par: number): number {
  const threads = par <= 0 ? par + availableParallelism() : par;
  return Math.min(MAX_SCRIPTCHECK_THREADS, Math.max(0, threads - 1));
}

/** Only one type of filters exists: `basic`. */
function hasBlockFilterIndex(settings: Settings): boolean {
  const value = settings.text('blockfilterindex') ?? '0';
  if (value === '' || value === '1') return true;
  if (value === '0') return false;
  const names = settings.list('blockfilterindex');
  const unknown = names.find((name) => name !== 'basic');
  if (unknown !== undefined) {
    throw new NodeError('option', `Unknown -blockfilterindex value ${unknown}.`);
  }
  return names.length > 0;
}

function pruneTarget(settings: Settings): ChainOptions['prune'] {
  const mebibytes = number(settings, 'prune', 0);
  if (mebibytes < 0) {
    throw new NodeError('option', 'Prune cannot be configured with a negative value.');
  }
  if (mebibytes === 0) return undefined;
  if (mebibytes === 1) return 'manual';
  if (mebibytes < MIN_PRUNE_TARGET_MIB) {
    throw new NodeError(
      'option',
      `Prune configured below the minimum of ${MIN_PRUNE_TARGET_MIB} MiB.  Please use a higher number.`,
    );
  }
  return mebibytes * MIB;
}

/** Up to 64 hex digits, `0x` in front allowed (Core `uint256::FromUserHex`). */
function userHex(text: string): string | undefined {
  const digits = text.replace(/^0x/, '');
  return /^[0-9a-fA-F]{0,64}$/.test(digits) ? digits.padStart(64, '0') : undefined;
}

/**
 * `-minimumchainwork`
 *
 * @throws NodeError `option`
 */
export function minimumChainWork(settings: Settings): bigint | undefined {
  const text = settings.text('minimumchainwork');
  if (text === undefined) return undefined;
  const digits = userHex(text);
  if (digits !== undefined) return BigInt(`0x${digits}`);
  throw new NodeError('option', `Invalid minimum work specified (${text}), must be up to 64 hex digits`);
}

function assumeValid(settings: Settings): Uint8Array | undefined {
  const text = settings.text('assumevalid');
  if (text === undefined) return undefined;
  const digits = userHex(text);
  if (digits !== undefined) return hashFromHex(digits);
  throw new NodeError(
    'option',
    `Invalid assumevalid block hash specified (${text}), must be up to 64 hex digits ` +
      '(or 0 to disable)',
  );
}

/** Each chain has its own, and does not look at those of others (Core chainparams.cpp). */
function consensusOptions(settings: Settings, chain: Chain): ConsensusParamsOptions {
  const tests = settings.list('test');
  if (tests.length > 0 && chain !== 'regtest') {
    throw new NodeError('option', '-test=<option> can only be used with regtest');
  }
  if (chain === 'signet') return signetOptions(settings);
  if (chain !== 'regtest') return {};
  for (const name of tests.filter((each) => each !== 'bip94')) {
    settings.notice(`Unrecognised option "${name}" provided in -test=<option>.`, 'warning');
  }
  const activationHeights: Partial<Record<BuriedDeployment, number>> = {};
  for (const argument of settings.list('testactivationheight')) {
    const parsed = parseTestActivationHeight(argument);
    if (parsed.status === 'invalid') throw new NodeError('option', parsed.error);
    activationHeights[parsed.deployment] = parsed.height;
  }
  const versionBits: Partial<Record<VersionBitsDeployment, VersionBitsParameters>> = {};
  for (const argument of settings.list('vbparams')) {
    const parsed = parseVersionBitsParameters(argument);
    if (parsed.status === 'invalid') throw new NodeError('option', parsed.error);
    versionBits[parsed.deployment] = parsed.parameters;
  }
  return { activationHeights, versionBits, enforceBIP94: tests.includes('bip94') };
}

function signetOptions(settings: Settings): ConsensusParamsOptions {
  const challenges = settings.list('signetchallenge');
  const [challenge] = challenges;
  if (challenge === undefined) return {};
  if (challenges.length > 1) {
    throw new NodeError('option', '-signetchallenge cannot be multiple values.');
  }
  if (challenge.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(challenge)) {
    throw new NodeError('option', `-signetchallenge must be hex, not '${challenge}'.`);
  }
  return { signetChallenge: fromHex(challenge) };
}
