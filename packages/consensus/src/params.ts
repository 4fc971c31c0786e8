import { fromHex, hashFromHex, type Network } from '@btcp2p/wire';
import { assumeutxoData, type AssumeutxoData } from './assumeutxo.ts';
import {
  ALWAYS_ACTIVE,
  NEVER_ACTIVE,
  NO_TIMEOUT,
  versionBitsDeployments,
  type Bip9Deployment,
  type VersionBitsDeployment,
} from './bip9-deployment.ts';
import { heightNames, type BuriedDeployment } from './buried-deployments.ts';
import { BlockScriptFlags } from './script-flags.ts';

/** What a chain's rules depend on (Core `Consensus::Params`, consensus/params.h). */
export interface ConsensusParams {
  readonly chain: Network['chain'];
  /** 32 bytes in wire order. */
  readonly genesisHash: Uint8Array;
  /** The easiest target that a header may claim. */
  readonly powLimit: bigint;
  /** How long the blocks of one retarget period should take, seconds. */
  readonly powTargetTimespan: number;
  /** How long one block should take, seconds. */
  readonly powTargetSpacing: number;
  /** Whether a block 20 minutes after its parent must have the easiest target. */
  readonly powAllowMinDifficultyBlocks: boolean;
  /** Whether BIP 94 holds: retarget from the period's first bits, and no time warp. */
  readonly enforceBIP94: boolean;
  /** Whether the target never changes at the end of a period. */
  readonly powNoRetargeting: boolean;
  /** First block whose coinbase starts with its height, and whose version is at least 2 (BIP 34). */
  readonly bip34Height: number;
  /** The block at that height, in wire order, if BIP 30 need not be checked above it; else all 0. */
  readonly bip34Hash: Uint8Array;
  /** First block of a version of at least 4 (BIP 65). */
  readonly bip65Height: number;
  /** First block of a version of at least 3 (BIP 66). */
  readonly bip66Height: number;
  /** First block whose lock times are compared with the median time past (BIP 68, 112, 113). */
  readonly csvHeight: number;
  /** First block that may commit to witnesses (BIP 141). */
  readonly segwitHeight: number;
  /** Blocks of the chain that break script rules of today, and the rules that each is under. */
  readonly scriptFlagExceptions: readonly ScriptFlagException[];
  /** Changes of rules whose state comes from the versions of blocks (BIP 9). */
  readonly deployments: Readonly<Record<VersionBitsDeployment, Bip9Deployment>>;
  /** Below this height, version bits without a meaning are no reason to warn. */
  readonly minBip9WarningHeight: number;
  /** The script that a solution in each block must satisfy (BIP 325); undefined but on signets. */
  readonly signetChallenge: Uint8Array | undefined;
  /** Blocks after which the subsidy halves. */
  readonly subsidyHalvingInterval: number;
  /** The work that the best chain is known to have, so that a poorer one is not believed. */
  readonly minimumChainWork: bigint;
  /** A block whose ancestors' scripts are taken as valid: its hash in wire order; all 0 for none. */
  readonly defaultAssumeValid: Uint8Array;
  /** Snapshots of the coins that may be loaded, lowest first. */
  readonly assumeutxo: readonly AssumeutxoData[];
  /** How headers are synchronised against cheap chains (Core `HeadersSyncParams`). */
  readonly headersSync: {
    /** One header in so many leaves one bit of commitment in memory. */
    readonly commitmentPeriod: number;
    /** Headers that are downloaded again before any is accepted. */
    readonly redownloadBufferSize: number;
  };
}

/** A block to which other script rules apply than to its neighbours. */
export interface ScriptFlagException {
  /** 32 bytes in wire order. */
  readonly hash: Uint8Array;
  /** The rules without those that come with a height. */
  readonly flags: BlockScriptFlags;
}

/** What `-vbparams` says of a deployment (Core `VersionBitsParameters`, kernel/chainparams.h). */
export interface VersionBitsParameters {
  /** As in {@link Bip9Deployment}. */
  readonly startTime: bigint;
  readonly timeout: bigint;
  /** 0 by default. */
  readonly minActivationHeight?: number;
}

/** What may be chosen for a test network. On other networks a choice is ignored, as Core does. */
export interface ConsensusParamsOptions {
  /** Regtest: where deployments start (Core `-testactivationheight`). */
  readonly activationHeights?: Readonly<Partial<Record<BuriedDeployment, number>>>;
  /** Regtest: when version bits count (Core `-vbparams`). */
  readonly versionBits?: Readonly<Partial<Record<VersionBitsDeployment, VersionBitsParameters>>>;
  /** Regtest: whether BIP 94 holds (Core `-test=bip94`). */
  readonly enforceBIP94?: boolean;
  /** Signet: the script of another network than the default one (Core `-signetchallenge`). */
  readonly signetChallenge?: Uint8Array;
}

const TWO_WEEKS = 14 * 24 * 60 * 60;

const NO_HASH = /* @__PURE__ */ new Uint8Array(32);

/** What the networks other than regtest share. */
const COMMON = {
  powTargetTimespan: TWO_WEEKS,
  powTargetSpacing: 10 * 60,
  powAllowMinDifficultyBlocks: false,
  enforceBIP94: false,
  powNoRetargeting: false,
  subsidyHalvingInterval: 210_000,
  bip34Hash: NO_HASH,
  scriptFlagExceptions: [],
  minBip9WarningHeight: 0,
  signetChallenge: undefined,
};

/** BIP 34, 65, 66, 68 and 141 hold from the first block after genesis. */
const ACTIVE_FROM_1 = {
  bip34Height: 1,
  bip65Height: 1,
  bip66Height: 1,
  csvHeight: 1,
  segwitHeight: 1,
};

/** Of a period of 2,016 blocks, 90% and 75%. */
const THRESHOLD_MAIN = 1_815;
const THRESHOLD_TEST = 1_512;

/** A deployment for tests alone, which no network but regtest can activate. */
const TESTDUMMY: Bip9Deployment = {
  bit: 28,
  startTime: NEVER_ACTIVE,
  timeout: NO_TIMEOUT,
  minActivationHeight: 0,
  period: 2_016,
  threshold: THRESHOLD_TEST,
};

/** BIP 341 and BIP 342 on the networks that have never been without. */
const TAPROOT: Bip9Deployment = { ...TESTDUMMY, bit: 2, startTime: ALWAYS_ACTIVE };

/** The same where it was signalled for, from 24 April to 11 August 2021. */
const TAPROOT_2021: Bip9Deployment = {
  ...TAPROOT,
  startTime: 1_619_222_400n,
  timeout: 1_628_640_000n,
};

/** 224 ones: the target of difficulty 1, before its bits round it down. */
const POW_LIMIT = (1n << 224n) - 1n;

// All values: Core kernel/chainparams.cpp.

const main: ConsensusParams = {
  ...COMMON,
  chain: 'main',
  genesisHash: /* @__PURE__ */ hashFromHex(
    '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
  ),
  powLimit: POW_LIMIT,
  bip34Height: 227_931,
  bip34Hash: /* @__PURE__ */ hashFromHex(
    '000000000000024b89b42a942fe0d9fea3bb44ab7bd1b19115dd6a759c0808b8',
  ),
  bip65Height: 388_381,
  bip66Height: 363_725,
  csvHeight: 419_328,
  segwitHeight: 481_824,
  scriptFlagExceptions: [
    // The one block that breaks BIP 16, and the one that breaks taproot.
    {
      hash: /* @__PURE__ */ hashFromHex(
        '00000000000002dc756eebf4f49723ed8d30cc28a5f108eb94b1ba88ac4f9c22',
      ),
      flags: BlockScriptFlags.NONE,
    },
    {
      hash: /* @__PURE__ */ hashFromHex(
        '0000000000000000000f14c35b2d841e986ab5441de8c585d5ffe55ea1e395ad',
      ),
      flags: BlockScriptFlags.P2SH | BlockScriptFlags.WITNESS,
    },
  ],
  deployments: {
    testdummy: { ...TESTDUMMY, threshold: THRESHOLD_MAIN },
    taproot: { ...TAPROOT_2021, minActivationHeight: 709_632, threshold: THRESHOLD_MAIN },
  },
  minBip9WarningHeight: 483_840,
  minimumChainWork: 0xdee8_e2a3_09ad_8a98_2043_3c68n,
  defaultAssumeValid: /* @__PURE__ */ hashFromHex(
    '00000000000000000000611fd22f2df7c8fbd0688745c3a6c3bb5109cc2a12cb',
  ),
  assumeutxo: assumeutxoData.main,
  headersSync: { commitmentPeriod: 632, redownloadBufferSize: 15_009 },
};

const test: ConsensusParams = {
  ...COMMON,
  chain: 'test',
  genesisHash: /* @__PURE__ */ hashFromHex(
    '000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943',
  ),
  powLimit: POW_LIMIT,
  powAllowMinDifficultyBlocks: true,
  bip34Height: 21_111,
  bip34Hash: /* @__PURE__ */ hashFromHex(
    '0000000023b3a96d3484e5abb3755c413e7d41500f8e2a5c3f0dd01299cd8ef8',
  ),
  bip65Height: 581_885,
  bip66Height: 330_776,
  csvHeight: 770_112,
  segwitHeight: 834_624,
  scriptFlagExceptions: [
    // The one block that breaks BIP 16.
    {
      hash: /* @__PURE__ */ hashFromHex(
        '00000000dd30457c001f4095d208cc1296b0eed002427aa599874af7a432b105',
      ),
      flags: BlockScriptFlags.NONE,
    },
  ],
  deployments: { testdummy: TESTDUMMY, taproot: TAPROOT_2021 },
  minBip9WarningHeight: 836_640,
  minimumChainWork: 0x16dd_270d_d94f_ac1d_7632n,
  defaultAssumeValid: /* @__PURE__ */ hashFromHex(
    '0000000000000065c6c38258e201971a3fdfcc2ceee0dd6e85a6c022d45dee34',
  ),
  assumeutxo: assumeutxoData.test,
  headersSync: { commitmentPeriod: 628, redownloadBufferSize: 13_460 },
};

const testnet4: ConsensusParams = {
  ...COMMON,
  ...ACTIVE_FROM_1,
  chain: 'testnet4',
  genesisHash: /* @__PURE__ */ hashFromHex(
    '00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043',
  ),
  powLimit: POW_LIMIT,
  powAllowMinDifficultyBlocks: true,
  enforceBIP94: true,
  deployments: { testdummy: TESTDUMMY, taproot: TAPROOT },
  minimumChainWork: 0x034a_4690_fe59_2dc4_9c7cn,
  defaultAssumeValid: /* @__PURE__ */ hashFromHex(
    '000000000000000180a58e7fa3b0db84b5ea76377524894f53660d93ac839d9b',
  ),
  assumeutxo: assumeutxoData.testnet4,
  headersSync: { commitmentPeriod: 275, redownloadBufferSize: 7_017 },
};

const signet: ConsensusParams = {
  ...COMMON,
  ...ACTIVE_FROM_1,
  chain: 'signet',
  genesisHash: /* @__PURE__ */ hashFromHex(
    '00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6',
  ),
  powLimit: 0x0377_aen << 216n,
  deployments: {
    testdummy: { ...TESTDUMMY, threshold: THRESHOLD_MAIN },
    taproot: { ...TAPROOT, threshold: THRESHOLD_MAIN },
  },
  // Either of two keys.
  signetChallenge: /* @__PURE__ */ fromHex(
    '512103ad5e0edad18cb1f0fc0d28a3d4f1f3e445640337489abb10404f2d1e086be430' +
      '210359ef5021964fe22d6f8e05b2463c9540ce96883fe3b278760f048f5189f2e6c452ae',
  ),
  minimumChainWork: 0x067d_328e_681an,
  defaultAssumeValid: /* @__PURE__ */ hashFromHex(
    '000000128586e26813922680309f04e1de713c7542fee86ed908f56368aefe2e',
  ),
  assumeutxo: assumeutxoData.signet,
  headersSync: { commitmentPeriod: 390, redownloadBufferSize: 9_584 },
};

const regtest: ConsensusParams = {
  ...COMMON,
  ...ACTIVE_FROM_1,
  chain: 'regtest',
  genesisHash: /* @__PURE__ */ hashFromHex(
    '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
  ),
  powLimit: (1n << 255n) - 1n,
  powTargetTimespan: 24 * 60 * 60,
  powAllowMinDifficultyBlocks: true,
  powNoRetargeting: true,
  segwitHeight: 0,
  deployments: {
    testdummy: { ...TESTDUMMY, startTime: 0n, period: 144, threshold: 108 },
    taproot: { ...TAPROOT, period: 144, threshold: 108 },
  },
  subsidyHalvingInterval: 150,
  minimumChainWork: 0n,
  defaultAssumeValid: NO_HASH,
  assumeutxo: assumeutxoData.regtest,
  headersSync: { commitmentPeriod: 275, redownloadBufferSize: 7_017 },
};

const byChain: Readonly<Record<Network['chain'], ConsensusParams>> = {
  main,
  test,
  testnet4,
  signet,
  regtest,
};

/**
 * The parameters of a network, with what `options` choose for a test network. Spread them to change
 * anything else: `{ ...consensusParams(regtest), subsidyHalvingInterval: 10 }`.
 */
export function consensusParams(
  network: Network,
  options: ConsensusParamsOptions = {},
): ConsensusParams {
  const params = byChain[network.chain];
  if (Object.keys(options).length === 0) return params;
  if (network.chain === 'regtest') return regtestParams(params, options);
  const { signetChallenge } = options;
  if (network.chain !== 'signet' || signetChallenge === undefined) return params;
  // Nothing is known of how long such a chain is.
  return { ...params, signetChallenge, minimumChainWork: 0n, defaultAssumeValid: NO_HASH };
}

function regtestParams(
  params: ConsensusParams,
  options: ConsensusParamsOptions,
): ConsensusParams {
  const { activationHeights = {}, versionBits = {}, enforceBIP94 = false } = options;
  const heights: Partial<Record<(typeof heightNames)[BuriedDeployment], number>> = {};
  for (const [name, height] of Object.entries(activationHeights)) {
    heights[heightNames[name as BuriedDeployment]] = height;
  }
  const deployments = { ...params.deployments };
  for (const name of versionBitsDeployments) {
    const chosen = versionBits[name];
    if (chosen === undefined) continue;
    deployments[name] = { ...deployments[name], minActivationHeight: 0, ...chosen };
  }
  return { ...params, ...heights, deployments, enforceBIP94 };
}

/** Blocks of one retarget period: 2,016, on regtest 144 (Core `DifficultyAdjustmentInterval`). */
export function difficultyAdjustmentInterval(params: ConsensusParams): number {
  return Math.floor(params.powTargetTimespan / params.powTargetSpacing);
}
